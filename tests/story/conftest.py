"""The stage of every story in this folder."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from prepop.sandbox.faults import Faults
from prepop.sandbox.server import SandboxServer
from prepop.sandbox.tenant import SandboxTenant
from tests.directory.samba import DomainController
from tests.story.stage import PASSWORD, Stage

_numbers = count()


@pytest.fixture
def stage(
    samba_dc: DomainController,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:
    """An empty OU and an empty tenant that throttles and fails as real ones do."""
    monkeypatch.setenv(PASSWORD, samba_dc.reader_password)
    ou = f"OU=Story{next(_numbers)},{samba_dc.base}"
    samba_dc.add(ou, {"objectClass": ["organizationalUnit"]})
    tenant = SandboxTenant(
        domains=("example.com", "contoso.onmicrosoft.com"), faults=Faults.default(7), scale=50
    )
    with SandboxServer(tenant) as server:
        yield Stage(samba_dc, tenant, server.url, tmp_path, ou, capsys)

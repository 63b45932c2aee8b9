"""The stage of every story in this folder."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.openapi import Description, Witness
from tests.sources.samba import DomainController
from tests.story.stage import PASSWORD, Stage

_numbers = count()


@pytest.fixture
def stage(
    samba_dc: DomainController,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    graph_description_if_any: Description | None,
) -> Iterator[Stage]:
    """An empty OU and an empty tenant that throttles and fails as real ones do.

    Every exchange with the tenant is judged by Microsoft's description, where that is at hand.
    """
    monkeypatch.setenv(PASSWORD, samba_dc.reader_password)
    ou = f"OU=Story{next(_numbers)},{samba_dc.base}"
    samba_dc.add(ou, {"objectClass": ["organizationalUnit"]})
    tenant = SandboxTenant(
        domains=("example.com", "contoso.onmicrosoft.com"), faults=Faults.default(7), scale=50
    )
    problems: list[str] = []

    def judged(app: ASGIApp) -> ASGIApp:
        return Witness(app, graph_description_if_any, problems) if graph_description_if_any else app

    with SandboxServer(tenant, wrap=judged) as server:
        yield Stage(samba_dc, tenant, server.url, tmp_path, ou, capsys)
    assert problems == []

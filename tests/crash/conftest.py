"""The second night, for every test of this folder that plays it in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from prepop.sandbox.graph.server import LoopbackServer
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.crash.stage import House, Night, Watched, first_night


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A company after its first sync, and the server before its tenant."""
    watched = Watched(SandboxTenant())
    with LoopbackServer(watched) as server:
        template = first_night(tmp_path_factory.mktemp("night") / "template", server.url, watched)
        yield House(template, watched, server)


@pytest.fixture
def night(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Night:
    """The second night, not yet begun."""
    return house.night(tmp_path, capsys, monkeypatch)

"""`demo` and `sandbox`: what they leave in their folder is whole before anybody is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from prepop.cli.console import Console
from prepop.cli.place import CONFIG, EXPORT, MAPPING, Place
from prepop.cli.sandbox import serve
from prepop.sandbox.graph.server import LoopbackServer
from prepop.sandbox.people.directory import SampleDirectory, sample


class _Cut(Exception):
    """The disk was full."""


def test_an_export_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writing that breaks off leaves the earlier export as it was, and no half of a new one."""
    place = Place(tmp_path, sample(5, 1))
    place.write("http://127.0.0.1:1")
    before = (tmp_path / EXPORT).read_bytes()

    def half(_: SampleDirectory, path: Path) -> None:
        path.write_text("dn: CN=half", encoding="utf-8")
        raise _Cut

    monkeypatch.setattr(SampleDirectory, "write_ldif", half)
    with pytest.raises(_Cut):
        replace(place, people=sample(6, 1)).write("http://127.0.0.1:2")
    assert (tmp_path / EXPORT).read_bytes() == before
    assert {one.name for one in tmp_path.iterdir()} == {CONFIG, MAPPING, EXPORT}
    assert "127.0.0.1:1" in (tmp_path / CONFIG).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Heard(Console):
    """Ends the serving as soon as its address is said."""

    def answer(self, text: str, document: Mapping[str, object] | None = None) -> None:
        raise KeyboardInterrupt


def test_the_files_of_a_sandbox_are_there_before_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Config, mapping and export stand in the folder when the server begins to serve."""
    seen: set[str] = set()
    start = LoopbackServer.__enter__

    def enter(self: LoopbackServer) -> LoopbackServer:
        seen.update(one.name for one in tmp_path.iterdir())
        return start(self)

    monkeypatch.setattr(LoopbackServer, "__enter__", enter)
    with pytest.raises(KeyboardInterrupt):
        serve(0, 5, 1, tmp_path, _Heard(), calm=True)
    assert seen == {CONFIG, MAPPING, EXPORT}
    assert (tmp_path / CONFIG).read_text(encoding="utf-8").startswith("# prepop sandbox wrote this:")

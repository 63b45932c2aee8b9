"""Forgetting after a night: it comes last, and what cannot be forgotten hides nothing of the night."""

import errno
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from prepop.sandbox.graph.faults import not_found
from prepop.store.journal import StoredJournal
from tests.crash.stage import Night

OLD = ("20200101T000000Z-aaaa", "20200102T000000Z-bbbb", "20200103T000000Z-cccc")


@pytest.fixture
def stuck(night: Night, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three run folders older than keep_days; of the one in the middle nothing can be removed."""
    reports = night.world.folder / "reports"
    for name in OLD:
        (reports / name).mkdir()
        (reports / name / "plan.json").write_text("{}", encoding="utf-8")
    unlink = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.parent.name == OLD[1]:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    return reports


def _left(reports: Path) -> set[str]:
    return {one.parent.name for one in reports.glob("*/plan.json")} & set(OLD)


def test_a_folder_that_cannot_be_purged(night: Night, stuck: Path) -> None:
    """The night is done, shown and written; then it is said what stayed, and the exit code is 2."""
    code, out, err = night.prepop("sync", "--json")
    assert code == 2
    answer = json.loads(out)
    assert (
        json.loads((stuck / answer["run"] / "summary.json").read_text(encoding="utf-8"))["run"]
        == answer["run"]
    )
    (said,) = [line for line in err.splitlines() if "purging" in line]
    assert OLD[1] in said
    assert "Permission denied" in said
    assert "prepop purge --older-than 90" in err
    assert _left(stuck) == {OLD[1]}, "the folders beside it are purged all the same"
    assert json.loads(night.prepop("runs", "--json")[1])["runs"][0]["exit_code"] == 0
    assert set(night.results()) == {"done"}
    night.whole()


def test_it_hides_no_failure(night: Night, stuck: Path) -> None:
    """A night of which some changes failed ends with 20 all the same."""
    night.world.tenant.faults.next("PATCH users/.*/phoneMethods", not_found(), 1_000_000)
    code, out, err = night.prepop("sync")
    assert code == 20
    assert "failed" in out
    assert OLD[1] in err


def _full(*_: object) -> int:
    raise sqlite3.OperationalError("database or disk is full")


def _no_right(*_: object) -> int:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "reports")


def test_a_journal_that_cannot_be_purged(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up at the very end: the answer was given, then exit 2 with what to do."""
    from prepop.store.database import explained

    monkeypatch.setattr(StoredJournal, "purge", explained("purging old runs")(_full))
    code, out, err = night.prepop("sync")
    assert code == 2
    assert "done" in out
    assert "purging old runs" in err
    monkeypatch.undo()


@pytest.mark.parametrize("name", ["20201399T996161Z-aaaa", "20200101T000000Z-aaaa.kept", "notes"])
def test_a_folder_that_is_no_run_is_left_alone(night: Night, name: str) -> None:
    """Only folders that are named as a run are purged; a name that is no moment is no bug."""
    other = night.world.folder / "reports" / name
    other.mkdir()
    (other / "mine.txt").write_text("keep", encoding="utf-8")
    assert night.prepop("purge", "--older-than", "0")[0] == 0
    assert (other / "mine.txt").exists()


@pytest.mark.parametrize("what", ["iterdir", "is_dir"])
def test_reports_that_cannot_be_read(night: Night, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """A report.dir that may not be read is an error with a way on, not a bug."""
    real: Callable[[Path], object] = getattr(Path, what)

    def refused(path: Path) -> object:
        reports = night.world.folder / "reports"
        return _no_right() if path == reports or path.parent == reports else real(path)

    monkeypatch.setattr(Path, what, refused)
    code, _, err = night.prepop("purge", "--older-than", "0")
    assert code == 2
    assert "report.dir" in err

"""What reports tell of runs that the state does not know."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from prepop.model import Method
from prepop.store.lost import recall
from tests.store.made import A, change, opened, plan

FIRST, SECOND, THIRD = (f"2026112{day}T020000Z-abcd" for day in (1, 2, 3))
HEAD = "run,account_upn,account_id,method,verdict,outcome"


def table(path: Path, *rows: Sequence[str], head: str = HEAD) -> None:
    """A report.csv with what matters here."""
    path.parent.mkdir(parents=True)
    lines = [head, *(",".join(("r", "u", *row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Three runs, a preview, and things that are no runs."""
    table(
        tmp_path / FIRST / "report.csv",
        ("a", "mobile", "add", "done"),
        ("b", "mobile", "add", "failed"),
        ("c", "email", "replace", "done"),
        ("d", "mobile", "left-alone", ""),
        ("e", "office", "add", "already-true"),
        ("f", "office", "add", "done"),
    )
    table(tmp_path / SECOND / "applied" / "report.csv", ("f", "office", "remove", "done"))
    table(tmp_path / THIRD / "report.csv", ("g", "mobile", "add"), head=HEAD.removesuffix(",outcome"))
    table(tmp_path / "copy" / "report.csv", ("h", "mobile", "add", "done"))
    (tmp_path / "20261124T020000Z-abcd").mkdir()
    (tmp_path / "20261125T020000Z-abcd").write_bytes(b"")
    return tmp_path


def test_what_runs_wrote(reports: Path) -> None:
    """Only what was done counts, and not what prepop itself took away again; previews tell nothing."""
    found = recall(reports, ())
    assert found.runs == (FIRST, SECOND)
    assert found.written.keys() == {("a", Method.MOBILE), ("c", Method.EMAIL)}
    assert {one.run for one in found.written.values()} == {FIRST}
    assert recall(reports, {FIRST}).runs == (SECOND,)
    assert recall(reports / "nowhere", ()).runs == ()


def test_a_damaged_table_tells_nothing(reports: Path) -> None:
    """What cannot be read of a table is not known; the other runs are."""
    (reports / SECOND / "applied" / "report.csv").write_bytes(b"\xff\xfe\x00" * 10)
    assert recall(reports, ()).runs == (FIRST,)


def test_it_is_remembered_once_and_as_nobodys(reports: Path, tmp_path: Path) -> None:
    """The ledger takes it as what nobody holds now, beside what it knows better, and is not told again."""
    one = change(1, None, A)
    with opened(tmp_path / "state") as kept:
        kept.begin(plan(one, run="20261130T020000Z-abcd"))
        found = recall(reports, kept.journal.known_runs())
        kept.journal.remember(found.runs, list(found.written.values()))
        kept.journal.remember(found.runs, list(found.written.values()))
        assert kept.ledger.written.keys() == {("a", Method.MOBILE), ("c", Method.EMAIL)}
        entry = kept.ledger.written["a", Method.MOBILE]
        assert not kept.ledger.is_ours(entry, A)
        assert recall(reports, kept.journal.known_runs()).runs == ()
        kept.journal.forget("a", list(Method))
        assert recall(reports, kept.journal.known_runs()).runs == ()

"""A state folder that an older prepop wrote: nothing in it is lost, and reading it does not change it."""

import sqlite3
from pathlib import Path

import pytest

from prepop.model import Ending, Method, Operator, Outcome, Result
from prepop.store import database
from prepop.store.database import NAME, SCHEMA, open_database, prepare_folder
from prepop.store.journal import StoredJournal
from tests.store.made import KEY, A, Clock, change, opened, plan

FIRST = (Path(__file__).parent / "schema_1.sql").read_text(encoding="utf-8")
DONE, FAILED, REST = change(1, None, A), change(2, None, A), change(3, None, A)
MADE = plan(DONE, FAILED, REST)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A state folder of schema 1: one run that the limit stopped, one with failures alone, one at work."""
    prepare_folder(tmp_path)
    with opened(
        tmp_path
    ) as kept:  # today's program writes the values, then they move into yesterday's tables
        for run, ends in (("stopped", 20), ("failures", 20), ("open", None)):
            kept.journal.begin(
                MADE, run=run, digest="d", path=Path("plan.json"), accepted={"too-many-additions": 3}
            )
            answered = [(DONE, Outcome(DONE.id, Result.DONE, 201))]
            answered += [(FAILED, Outcome(FAILED.id, Result.FAILED, 403, "accessDenied"))]
            if run == "failures":
                needs = Outcome(REST.id, Result.NOT_TRIED, note="what it needs was not done")
                answered.append((REST, needs))
            kept.journal.settled(run, answered)
            if ends is not None:
                kept.journal.finish(run, ends)
    connection = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    for table in ("run", "change", "attempt", "ledger", "sighting", "about"):
        connection.execute(f"ALTER TABLE {table} RENAME TO new_{table}")
    for statement in FIRST.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    for table in ("about", "run", "change", "attempt", "ledger", "sighting"):
        names = ", ".join(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))
        connection.execute(f"INSERT INTO {table} SELECT {names} FROM new_{table}")  # noqa: S608 - our own names
    for table in ("attempt", "change", "run", "ledger", "sighting", "about"):
        connection.execute(f"DROP TABLE new_{table}")
    for table in ("extra", "held", "refusal", "forgotten", "telling", "mail"):  # of later schemas
        connection.execute(f"DROP TABLE {table}")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    return tmp_path


def _version(folder: Path) -> int:
    connection = sqlite3.connect(folder / NAME)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return int(version)


@pytest.mark.parametrize("query_only", [True, False])
def test_nothing_is_lost(older: Path, query_only: bool) -> None:
    """Runs, changes, outcomes and the ledger are there, for who reads and for who writes."""
    with opened(older, query_only=query_only) as kept:
        runs = kept.journal.runs()
        assert [one.id for one in runs] == ["open", "failures", "stopped"]
        assert {one.operator for one in runs} == {Operator()}
        assert runs[0].accepted == {"too-many-additions": 3}
        assert kept.journal.changes("open", "intended")[0].after == A
        assert kept.journal.outcomes("stopped")[FAILED.id] == Outcome(
            FAILED.id, Result.FAILED, 403, "accessDenied"
        )
        assert (DONE.account.id, Method.MOBILE) in kept.ledger.written


def test_a_stopped_run_of_yesterday_is_no_applied_one(older: Path) -> None:
    """How a run ended is known of older runs too: by what was left without a note."""
    with opened(older, query_only=True) as kept:
        endings = {one.id: (one.ending, one.stopped_by) for one in kept.journal.runs()}
    assert endings == {
        "open": (None, ""),
        "failures": (Ending.FAILURES, ""),
        "stopped": (Ending.STOPPED, "limits.failures"),
    }


def test_reading_changes_nothing(older: Path) -> None:
    """A command that may not write leaves the file as it was, and can still not write."""
    before = (older / NAME).read_bytes()
    with opened(older, query_only=True) as kept:
        assert len(kept.journal.runs()) == 3
        with pytest.raises(Exception, match="readonly"):
            kept.journal.finish("open", 0)
    assert (older / NAME).read_bytes() == before
    assert _version(older) == 1


def test_writing_brings_it_up(older: Path) -> None:
    """The first run of this prepop makes the file of this schema, once, and goes on in it."""
    with opened(older) as kept:
        kept.begin(plan(change(4, None, A)))
    assert _version(older) == SCHEMA
    with opened(older) as kept:
        assert len(kept.journal.runs()) == 4


def test_bringing_up_is_all_or_nothing(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one step fails the file stays what it was."""
    monkeypatch.setattr(database, "_STEPS", {1: (*database._STEPS[1], "ALTER TABLE nowhere ADD COLUMN x")})
    before = (older / NAME).read_bytes()
    with pytest.raises(Exception, match="nowhere"):
        open_database(older, KEY, query_only=False)
    assert _version(older) == 1
    monkeypatch.undo()
    assert len((older / NAME).read_bytes()) == len(before)
    with opened(older) as kept:
        assert len(kept.journal.runs()) == 3


def test_who_ran_and_what_stopped_it_is_kept(tmp_path: Path) -> None:
    """User, host, the limit, and Graph's own words outlive the process."""
    prepare_folder(tmp_path)
    who = Operator("svc-prepop", "sync01.corp.example")
    connection = open_database(tmp_path, KEY, query_only=False)
    journal = StoredJournal(connection, KEY, Clock(), who)
    journal.begin(MADE, run="r", digest="d", path=Path("plan.json"), accepted={})
    told = Outcome(FAILED.id, Result.FAILED, 403, "accessDenied", "id", "Graph said: no.")
    journal.settled("r", [(FAILED, told)])
    journal.finish("r", 20, "limits.failures")
    connection.close()
    with opened(tmp_path, query_only=True) as kept:
        (record,) = kept.journal.runs()
        assert (record.operator, record.ending) == (who, Ending.STOPPED)
        assert record.stopped_by == "limits.failures"
        assert kept.journal.outcomes("r")[FAILED.id] == told

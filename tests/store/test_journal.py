"""The journal and the ledger: what was meant, sent, and became of it."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from prepop.errors import StateError
from prepop.model import ExtraRead, ExtraSize, LastRun, Ledger, Method, Outcome, Result
from prepop.rules.values.keys import comparison_key
from prepop.store.database import NAME
from tests.store.made import CREATED, A, B, C, Kept, change, full, opened, outcome, plan, renamed

MOBILE = Method.MOBILE
ADD, REPLACE, REMOVE = change(1, None, A), change(2, A, B), change(3, A, None)
MADE = plan(ADD, REPLACE, REMOVE)
ALL = [ADD, REPLACE, REMOVE]


def ledger(kept: Kept) -> dict[str, bool]:
    """Account ids in the ledger, and whether A is what was written."""
    return {
        account: kept.ledger.is_ours(entry, comparison_key(MOBILE, A))
        for (account, _), entry in kept.ledger.written.items()
    }


def test_from_intended_to_settled(tmp_path: Path) -> None:
    """A change goes from intended over sent to settled, and each step outlives the process."""
    ids = [one.id for one in ALL]
    with opened(tmp_path) as kept:
        kept.begin(MADE)
    with opened(tmp_path) as kept:
        assert kept.states(MADE.run) == {"intended": ids, "sent": [], "settled": [], "unknown": []}
        kept.journal.sent(MADE.run, ids[:2])
    with opened(tmp_path) as kept:
        assert kept.states(MADE.run) == {"intended": ids[2:], "sent": ids[:2], "settled": [], "unknown": []}
        kept.journal.settled(MADE.run, [outcome(ADD, Result.DONE), outcome(REPLACE, Result.UNKNOWN)])
    with opened(tmp_path) as kept:
        states = {"intended": ids[2:], "sent": [], "settled": [ids[0]], "unknown": [ids[1]]}
        assert kept.states(MADE.run) == states
        (record,) = kept.journal.runs()
        assert (record.finished, record.exit_code) == (None, None)
        assert kept.journal.last_run("tenant") is None, "an open run is not a complete one"
        kept.journal.finish(MADE.run, 20)
    with opened(tmp_path, query_only=True) as kept:
        (record,) = kept.journal.runs()
        assert (record.id, record.finished, record.exit_code) == (MADE.run, CREATED, 20)
        assert {key: one.result for key, one in kept.journal.outcomes(MADE.run).items()} == {
            ids[0]: Result.DONE,
            ids[1]: Result.UNKNOWN,
            ids[2]: Result.NOT_TRIED,
        }
        assert kept.journal.last_run("tenant") == LastRun(MADE.run, 10, 12, "m" * 64)
        assert kept.journal.last_run("another tenant") is None


def test_changes_come_back_whole(tmp_path: Path) -> None:
    """What is read back from the journal is the change that was written, but for its evidence."""
    with opened(tmp_path) as kept:
        kept.begin(full())
        bare = tuple(replace(one, evidence=type(one.evidence)()) for one in full().changes)
        assert kept.journal.changes(full().run, "intended") == bare


@pytest.mark.parametrize("result", list(Result))
@pytest.mark.parametrize(("one", "owned"), [(ADD, False), (REPLACE, True), (REMOVE, True)])
def test_what_enters_the_ledger(tmp_path: Path, result: Result, one: object, owned: bool) -> None:
    """Done enters the ledger, a removal leaves it, and nothing else changes what is ours.

    A removal that somebody else was faster with leaves it too: the value is not ours any more.
    """
    this = next(change_ for change_ in ALL if change_ is one)
    with opened(tmp_path) as kept:
        if owned:
            earlier = renamed(plan(change(int(this.account.id[-1]), None, A)), "earlier")
            kept.begin(earlier)
            kept.journal.settled("earlier", [outcome(earlier.changes[0], Result.DONE)])
        before = kept.ledger.written
        kept.begin(plan(this))
        kept.journal.sent(MADE.run, [this.id])
        kept.journal.settled(MADE.run, [outcome(this, result)])
        entry = kept.ledger.written.get((this.account.id, MOBILE))
        if result is Result.DONE and this.after:
            assert entry is not None
            assert kept.ledger.is_ours(entry, comparison_key(MOBILE, this.after))
            assert entry.run == MADE.run
        elif this is REMOVE and result in (Result.DONE, Result.ALREADY_TRUE):
            assert entry is None
        else:
            assert kept.ledger.written == before


def test_done_and_ledger_are_one_transaction(tmp_path: Path) -> None:
    """If the ledger cannot be written, the change is not done either."""
    with opened(tmp_path) as kept:
        kept.begin(MADE)
        kept.journal.sent(MADE.run, [one.id for one in ALL])
        with sqlite3.connect(tmp_path / NAME) as other:
            other.execute(
                "CREATE TRIGGER full BEFORE INSERT ON ledger WHEN NEW.account_id = "
                f"'{REPLACE.account.id}' BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        other.close()
        with pytest.raises(StateError):
            kept.journal.settled(MADE.run, [outcome(ADD, Result.DONE), outcome(REPLACE, Result.DONE)])
        assert kept.states(MADE.run)["sent"] == [one.id for one in ALL]
        assert kept.journal.outcomes(MADE.run) == {}
        assert kept.ledger.written == {}


def test_unknown_is_settled_later(tmp_path: Path) -> None:
    """What was unknown can still become done, and then it is ours."""
    with opened(tmp_path) as kept:
        kept.begin(MADE)
        kept.journal.sent(MADE.run, [ADD.id])
        kept.journal.settled(MADE.run, [outcome(ADD, Result.UNKNOWN)])
        assert ledger(kept) == {}
        kept.journal.finish(MADE.run, 20)
        assert [one.id for one in kept.journal.changes(MADE.run, "sent", "unknown")] == [ADD.id]
        kept.journal.settled(MADE.run, [(ADD, Outcome(ADD.id, Result.DONE, note="read back"))])
        assert ledger(kept) == {ADD.account.id: True}
        assert kept.journal.changes(MADE.run, "sent", "unknown") == ()


def test_a_replacement_makes_the_old_value_a_strangers(tmp_path: Path) -> None:
    """The ledger knows the newest value only: what was ours before is not ours now."""
    with opened(tmp_path) as kept:
        for run, one in (("a", change(1, None, A)), ("b", change(1, A, B))):
            kept.begin(plan(one, run=run))
            kept.journal.settled(run, [outcome(one, Result.DONE)])
        assert ledger(kept) == {ADD.account.id: False}


def test_phones_and_addresses_do_not_meet(tmp_path: Path) -> None:
    """An entry of a phone is not an entry of an address, whatever the text."""
    with opened(tmp_path) as kept:
        kept.begin(MADE)
        kept.journal.settled(MADE.run, [outcome(ADD, Result.DONE)])
        entry = kept.ledger.written[ADD.account.id, MOBILE]
        assert kept.ledger.is_ours(entry, comparison_key(MOBILE, A))
        assert not kept.ledger.is_ours(replace(entry, method=Method.EMAIL), comparison_key(MOBILE, A))
        assert not kept.ledger.is_ours(entry, comparison_key(MOBILE, C))


def test_every_attempt_is_kept(tmp_path: Path) -> None:
    """A change that is sent three times has three attempts, each with its time."""
    with opened(tmp_path) as kept:
        kept.begin(MADE)
        for _ in range(3):
            kept.journal.sent(MADE.run, [ADD.id, REPLACE.id])
            kept.clock.moment += timedelta(seconds=1)
    with sqlite3.connect(tmp_path / NAME) as raw:
        rows = raw.execute("SELECT number, sent FROM attempt WHERE change_id = ? ORDER BY 1", (ADD.id,))
        assert [number for number, _ in rows] == [1, 2, 3]
    raw.close()


def test_sightings_begin_anew_when_a_value_changes(tmp_path: Path) -> None:
    """Since when a value is known: kept while it stays, begun anew when it changes, even back."""
    day, who = timedelta(days=1), REPLACE.person.anchor

    with opened(tmp_path) as kept:

        def night(number: int, value: str) -> None:
            kept.clock.moment = CREATED + number * day
            key = comparison_key(MOBILE, value)
            kept.begin(renamed(plan(), f"run{number}"), seen=[(who, MOBILE, key)])

        night(0, A)
        night(1, A)
        night(2, B)
        night(3, B)
        night(4, A)
        night(5, A)
    for reader in range(2):  # asked twice of two readers: the answer is the database's
        with opened(tmp_path, query_only=bool(reader)) as kept:
            assert kept.ledger.first_seen(who, MOBILE, comparison_key(MOBILE, A)) == CREATED + 4 * day
            assert kept.ledger.first_seen(who, MOBILE, comparison_key(MOBILE, B)) is None
            assert kept.ledger.first_seen(who, Method.OFFICE, comparison_key(MOBILE, A)) is None


async def _in_a_thread(held: Ledger) -> object:
    return await asyncio.to_thread(held.first_seen, "anchor", MOBILE, "key")


def test_the_ledger_answers_in_the_thread_that_decides(tmp_path: Path) -> None:
    """Deciding runs in a thread of its own and asks the ledger there: what was read is a value."""
    with opened(tmp_path) as kept:
        kept.begin(plan(), seen=[("anchor", MOBILE, "key")])
        seen = asyncio.run(_in_a_thread(kept.ledger))
        assert seen == CREATED


def test_nothing_of_a_person_lies_open(tmp_path: Path) -> None:
    """No number, address or name of a person can be read in the files of the state."""
    with opened(tmp_path) as kept:
        kept.begin(full(), seen=[(full().changes[0].person.anchor, MOBILE, comparison_key(MOBILE, A))])
        kept.journal.settled(full().run, [outcome(one, Result.DONE) for one in full().changes])
        files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    files += b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for text in (
        A,
        B,
        A.replace(" ", ""),
        A.split()[1],
        "jürgen@example.net",
        "Person 1",
        "user1@example.org",
    ):
        assert text.encode() not in files
    assert full().changes[0].account.id.encode() in files, "the test looks at nothing"


def test_runs_are_newest_first(tmp_path: Path) -> None:
    """Runs are listed newest first, those that began at one moment in the order in which they began."""
    with opened(tmp_path) as kept:
        for run in ("a", "b"):
            kept.begin(renamed(plan(), run))
        kept.clock.moment += timedelta(hours=1)
        kept.begin(replace(renamed(plan(), "c"), tenant="other"))
        assert [one.id for one in kept.journal.runs()] == ["c", "b", "a"]
        assert [one.id for one in kept.journal.runs("tenant")] == ["b", "a"]


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    """The newest run is the one that began last, whatever the clock said: guards compare with that one."""
    with opened(tmp_path) as kept:
        for run, mapping in (("a", "1" * 64), ("b", "2" * 64)):
            kept.begin(replace(renamed(plan(), run), mapping_digest=mapping))
            kept.journal.finish(run, 0)
            kept.clock.moment -= timedelta(days=1)
        assert [one.id for one in kept.journal.runs()] == ["b", "a"]
        assert kept.journal.last_run("tenant") == LastRun("b", 10, 12, "2" * 64)


def test_sizes_of_extra_files_are_remembered(tmp_path: Path) -> None:
    """The next run compares rows and header with the newest complete run, and no older one."""
    with opened(tmp_path) as kept:
        for run, rows in (("a", 7), ("b", 8)):
            read = ExtraRead("hr", rows, ("Personnel no.", "E-Mail, privat"), {"kind": "csv"})
            kept.begin(replace(renamed(plan(), run), extras=(read,)))
            kept.journal.finish(run, 0)
        last = kept.journal.last_run("tenant")
        assert last is not None
        assert last.extras == (ExtraSize("hr", 8, ("Personnel no.", "E-Mail, privat")),)

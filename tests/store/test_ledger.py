"""What the ledger remembers of refusals, and what is forgotten on purpose."""

import sqlite3
from datetime import timedelta
from pathlib import Path

from prepop.model import Change, Method, Operator, Outcome, Result
from prepop.store.database import NAME, open_database
from prepop.store.journal import StoredJournal
from tests.store.made import CREATED, KEY, A, B, Clock, Kept, change, opened, outcome, plan, renamed

ONE, TWO = change(1, None, A), change(2, None, A)
NO = Outcome(ONE.id, Result.FAILED, 403, "accessDenied", "r", message="a unit")


def night(kept: Kept, number: int, said: Outcome = NO, one: Change = ONE, *, single: bool = True) -> None:
    """A run in which account 1 is refused."""
    run = f"run{number}"
    kept.begin(renamed(plan(one, TWO), run))
    kept.journal.settled(run, [(one, said)])
    kept.journal.refused(run, [(one, said)], {one.id} if single else ())
    kept.journal.finish(run, 20)
    kept.clock.moment += timedelta(days=1)


def runs_of(kept: Kept, one: Change = ONE) -> int:
    """On how many runs it was refused, as far as that is known to be of this account."""
    found = kept.journal.refused_before([one]).get(one.id)
    return found.runs if found else 0


def test_refusals_are_counted_in_runs(tmp_path: Path) -> None:
    """One a run, in a row, also over the life of a process; with Graph's words and the time."""
    for number in range(1, 4):
        with opened(tmp_path) as kept:
            kept.clock.moment += timedelta(days=number)
            night(kept, number)
            kept.journal.refused(f"run{number}", [(ONE, NO)], {ONE.id})  # twice in one run
    with opened(tmp_path, query_only=True) as kept:
        (found,) = kept.ledger.refusals.values()
        assert (found.status, found.code, found.message) == (403, "accessDenied", "a unit")
        assert (found.runs, found.run, found.at.date()) == (3, "run3", (CREATED + timedelta(days=4)).date())
        assert runs_of(kept) == 3


def test_what_begins_anew(tmp_path: Path) -> None:
    """Another value, and another answer of Graph, begin to count anew; what came true is no refusal."""
    with opened(tmp_path) as kept:
        night(kept, 1)
        night(kept, 2)
        assert runs_of(kept, change(1, None, B)) == 0
        night(kept, 3, Outcome(ONE.id, Result.FAILED, 400, "badRequest"))
        assert runs_of(kept) == 1
        night(kept, 4, one=change(1, None, B))
        assert (runs_of(kept), runs_of(kept, change(1, None, B))) == (0, 1)
        kept.begin(renamed(plan(ONE), "run5"))
        kept.journal.settled("run5", [outcome(ONE, Result.DONE)])
        assert kept.ledger.refusals == {}


def test_a_refusal_of_everybody_is_no_accounts_own(tmp_path: Path) -> None:
    """What may be a missing permission is known of an account only once a later write came true."""
    with opened(tmp_path) as kept:
        night(kept, 1, single=False)
        night(kept, 2, single=False)
        night(kept, 3, single=False)
        assert runs_of(kept) == 0
        kept.begin(renamed(plan(TWO), "run4"))
        kept.journal.settled("run4", [outcome(TWO, Result.DONE)])
        assert runs_of(kept) == 3


def test_another_tenants_writes_prove_nothing(tmp_path: Path) -> None:
    """A state folder may hold several tenants: a permission is one tenant's."""
    with opened(tmp_path) as kept:
        night(kept, 1, single=False)
        kept.journal._connection.execute("UPDATE refusal SET tenant = 'other'")
        kept.begin(renamed(plan(TWO), "run2"))
        kept.journal.settled("run2", [outcome(TWO, Result.DONE)])
        assert runs_of(kept) == 0


def test_what_is_purged(tmp_path: Path) -> None:
    """Refusals that are older than what is purged go too."""
    with opened(tmp_path) as kept:
        night(kept, 1)
        kept.journal.purge(CREATED)
        assert runs_of(kept) == 1
        kept.journal.purge(CREATED + timedelta(days=2))
        assert runs_of(kept) == 0


def test_forgetting(tmp_path: Path) -> None:
    """`forget` takes out what was written and refused, of the methods that are named; who did it stays."""
    with opened(tmp_path) as kept:
        mail = change(1, None, "a@example.net", Method.EMAIL)
        kept.begin(plan(ONE, mail))
        kept.journal.settled(plan().run, [outcome(ONE, Result.DONE), outcome(mail, Result.DONE)])
        by = Operator("jane", "host1")
        journal = StoredJournal(kept.journal._connection, KEY, kept.clock, by)
        assert journal.forget(ONE.account.id, [Method.OFFICE]) == ()
        assert journal.forget(ONE.account.id, [Method.MOBILE, Method.OFFICE]) == (Method.MOBILE,)
        assert list(kept.ledger.written) == [(ONE.account.id, Method.EMAIL)]
        assert journal.forget(ONE.account.id, list(Method)) == (Method.EMAIL,)
        assert kept.ledger.written == {}
        rows = kept.journal._connection.execute("SELECT method, os_user, host FROM forgotten").fetchall()
        assert rows == [("mobile", "jane", "host1"), ("email", "jane", "host1")]


def test_a_state_of_an_earlier_schema(tmp_path: Path) -> None:
    """A state folder of before refusals were kept is brought up, keeps what it holds, and remembers them."""
    with opened(tmp_path) as kept:
        kept.begin(plan(TWO))
        kept.journal.settled(plan().run, [outcome(TWO, Result.DONE)])
        kept.journal.finish(plan().run, 0)
    with sqlite3.connect(tmp_path / NAME) as old:
        for statement in (
            "DROP TABLE held", "DROP TABLE extra", "DROP TABLE mail", "DROP TABLE telling",
            "ALTER TABLE change DROP COLUMN mail",
            "DROP TABLE refusal", "DROP TABLE forgotten", "PRAGMA user_version = 2",
        ):  # fmt: skip
            old.execute(statement)
    old.close()
    looked = open_database(tmp_path, KEY, query_only=True)
    assert StoredJournal(looked, KEY, Clock()).ledger().written.keys() == {(TWO.account.id, Method.MOBILE)}
    looked.close()
    with opened(tmp_path) as kept:
        assert kept.ledger.written.keys() == {(TWO.account.id, Method.MOBILE)}
        night(kept, 1)
        assert runs_of(kept) == 1


def test_the_schema_is_the_same_either_way(tmp_path: Path) -> None:
    """A new database and one that was brought up have the same tables and columns."""

    def columns(folder: Path) -> dict[str, list[object]]:
        with opened(folder) as kept:
            asked = kept.journal._connection.execute
            return {
                name: [row[1:4] for row in asked(f"PRAGMA table_info({name})").fetchall()]
                for name in ("refusal", "forgotten", "held", "extra", "mail", "telling", "change")
            }

    new = columns(tmp_path)
    with sqlite3.connect(tmp_path / NAME) as old:
        for statement in (
            "DROP TABLE held",
            "DROP TABLE extra",
            "DROP TABLE mail",
            "DROP TABLE telling",
            "ALTER TABLE change DROP COLUMN mail",
            "DROP TABLE refusal",
            "DROP TABLE forgotten",
            "PRAGMA user_version = 2",
        ):
            old.execute(statement)
    old.close()
    assert columns(tmp_path) == new

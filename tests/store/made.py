"""Plans, keys and journals for tests of the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prepop.model import (
    AccountStanding,
    Action,
    Change,
    DirectoryRead,
    Evidence,
    Finding,
    Ledger,
    LeftAlone,
    Method,
    Outcome,
    Plan,
    Policy,
    Result,
    Standing,
    TenantRead,
    Totals,
)
from prepop.reasons import FindingCode, Reason
from prepop.rules.decisions.difference import account_ref, person_ref
from prepop.store.database import open_database, prepare_folder
from prepop.store.journal import StoredJournal
from prepop.store.key import Key
from prepop.store.mails import StoredMails
from tests.rules.decisions.world import account, mobiles, person

CREATED = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
KEY = Key(b"k" * 32)
A, B, C = mobiles()[:3]


def change(
    number: int,
    before: str | None,
    after: str | None,
    method: Method = Method.MOBILE,
    needs: str | None = None,
) -> Change:
    """A change of account `number`."""
    action = Action.ADD if before is None else Action.REPLACE if after else Action.REMOVE
    its = account_ref(account(number))
    return Change(
        id=f"{its.id}/{method}",
        action=action,
        method=method,
        account=its,
        person=person_ref(person(number)),
        before=before,
        after=after,
        source="mobile" if after else "",
        policy=Policy.FOLLOW,
        needs=needs,
        evidence=Evidence(raw=after or "", normal=after or "", region="GB", notes=("as read",)),
    )


def plan(*changes: Change, run: str = "20261122T020000Z-abcd") -> Plan:
    """A plan of these changes, with something in each of its fields."""
    return Plan(
        run=run,
        created=CREATED,
        tenant="tenant",
        config_digest="c" * 64,
        mapping_digest="m" * 64,
        directory=(DirectoryRead("", 10, {"kind": "ldap"}),),
        cloud=TenantRead("Contoso", accounts=12),
        totals=Totals(people=10, accounts=12, changes=len(changes)),
        findings=(
            Finding(FindingCode.TOO_MANY_ADDITIONS, 4, 3, 10, "Four.", "Look."),
            Finding(FindingCode.MAPPING_CHANGED, None, None, None, "Other mapping.", "Look."),
        ),
        changes=changes,
        left_alone=(
            LeftAlone(
                Method.EMAIL,
                account_ref(account(1)),
                person_ref(person(1)),
                Reason.NO_VALUE,
                "nothing",
                Evidence(department="Vertrieb Süd"),
            ),
            LeftAlone(None, None, person_ref(person(2)), Reason.NO_ACCOUNT),
        ),
        standings=(
            AccountStanding(account_ref(account(1)), "Vertrieb Süd", Standing.SHORT, Standing.ABLE, True),
        ),
    )


def full() -> Plan:
    """A plan with every kind of change."""
    first = change(1, None, A)
    return plan(
        first,
        change(1, None, B, Method.ALTERNATE_MOBILE, needs=first.id),
        change(2, A, B),
        change(3, A, None),
        change(4, None, "jürgen@example.net", Method.EMAIL),
    )


@dataclass
class Clock:
    """A clock that goes on only when it is told to."""

    moment: datetime = CREATED

    def now(self) -> datetime:
        return self.moment

    def elapsed(self) -> float:
        return (self.moment - CREATED).total_seconds()

    async def pause(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Kept:
    """An open database."""

    journal: StoredJournal
    mails: StoredMails
    clock: Clock

    @property
    def ledger(self) -> Ledger:
        """What it holds now."""
        return self.journal.ledger()

    def begin(self, made: Plan, **more: object) -> None:
        """Open a run under the plan's own id."""
        self.journal.begin(made, run=made.run, digest="d", path=Path("plan.json"), accepted={}, **more)  # type: ignore[arg-type]

    def states(self, run: str) -> dict[str, list[str]]:
        """Change ids by state."""
        return {
            state: [one.id for one in self.journal.changes(run, state)]
            for state in ("intended", "sent", "settled", "unknown")
        }


@contextmanager
def opened(folder: Path, key: Key = KEY, *, query_only: bool = False) -> Iterator[Kept]:
    """Open a state folder as a command does."""
    if not query_only:
        prepare_folder(folder)
    connection = open_database(folder, key, query_only=query_only)
    clock = Clock()
    try:
        yield Kept(StoredJournal(connection, key, clock), StoredMails(connection, key, clock), clock)
    finally:
        connection.close()


def outcome(one: Change, result: Result) -> tuple[Change, Outcome]:
    """An outcome as `settled` takes it."""
    return one, Outcome(one.id, result, 201, "", "request", "")


def renamed(made: Plan, run: str) -> Plan:
    """The same plan of another run."""
    return replace(made, run=run)

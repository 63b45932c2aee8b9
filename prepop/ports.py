"""What the steps ask of the world. Edges and the sandbox implement these; steps see nothing else.

Reading is complete or raises `Incomplete`; it never returns a part. The tenant side is async because
one run keeps several requests in flight; the directory side is plain and runs in a thread.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from prepop.model import (
    NOBODY,
    Account,
    Change,
    Delivery,
    DirectoryReading,
    Ending,
    ExtraReading,
    Families,
    Mail,
    Mailbox,
    Method,
    MethodsPolicy,
    Operator,
    Outcome,
    Plan,
    Present,
    Privileged,
    Refusal,
    Registration,
    RunKind,
    Sending,
    TenantFacts,
    Unreadable,
    Untold,
    WriteAnswer,
)

#: The most requests that one `$batch` takes: GRAPH section 5.
BATCH = 20


class Progress(Protocol):
    """Where a step says how far it is. Called from any thread; must be cheap."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """`stage` is a short phrase (`reading people`), `total` None where not known yet."""


class DirectorySource(Protocol):
    """One directory: Active Directory over LDAP, or an export file."""

    name: str

    def read(self, attributes: Collection[str], progress: Progress) -> DirectoryReading:
        """Read every person with these mapping attributes (any case).

        Raises ConfigError for an attribute or base that does not exist, Incomplete for anything that
        keeps the reading from being whole, SignInError for a refused bind.
        """

    def administrators(self, progress: Progress) -> DirectoryReading:
        """Only the people who have adminCount now, wherever they stand; without mapping attributes.

        Raises as `read`.
        """


class ExtraSource(Protocol):
    """One extra file beside the directory."""

    name: str

    def read(self, columns: Collection[str], now: datetime) -> ExtraReading:
        """Every row with its key and these columns (any case).

        Raises ConfigError for a column or sheet that is not there, Incomplete for a file that is too old,
        being written, cut or damaged.
        """


class TenantReader(Protocol):
    """Reads of one tenant. Every method raises Incomplete (or SignInError) where it cannot answer in full."""

    async def facts(self) -> TenantFacts:
        """Tenant id, verified domains, what this cloud offers."""

    async def accounts(self, progress: Progress) -> tuple[Account, ...]:
        """All users of the tenant, guests and disabled included."""

    async def registrations(self, progress: Progress) -> Mapping[str, Registration] | str:
        """The registration report by account id, or why this tenant has none (no P1/P2, no consent)."""

    async def managers(self, account_ids: Sequence[str]) -> Mapping[str, str]:
        """The UPN of whom each account reports to, of as many as can be read. Never raises Incomplete."""

    async def mailboxes(self, account_ids: Sequence[str]) -> Mapping[str, Mailbox]:
        """Where each of these accounts reads mail; one that has no mailbox, or is gone, has address "".

        An account that could not be read is not there. Raises Incomplete where none can be.
        """

    async def reported_admins(self) -> frozenset[str] | str:
        """Ids of whom the registration report calls an administrator, or why that is not known."""

    async def privileged(self) -> Privileged:
        """Who holds a role, or could. Never raises for a refused read: `unread` says so."""

    async def members(self, group: str) -> frozenset[str]:
        """Account ids in a group (object id or display name), nested members counted.

        Raises UsageError where no group, or more than one, has that name.
        """

    async def methods_policy(self) -> MethodsPolicy:
        """Who may use which method. Never raises for a refused read: `unread` says so."""

    async def present(
        self, asked: Mapping[str, Families], progress: Progress
    ) -> Mapping[str, Present | Unreadable | None]:
        """Live methods by account id; None for an account that is gone (404).

        An account that alone cannot be read is Unreadable. Raises Incomplete where a permission is missing
        (403 of everybody), and where Graph does not answer.
        """


class MethodWriter(Protocol):
    """The one thing that changes a tenant. Only `steps.apply` ever holds one."""

    async def write(self, changes: Sequence[Change], until: Mapping[str, float]) -> Mapping[str, WriteAnswer]:
        """Send at most BATCH independent changes at once; an answer for each, by change id.

        until: by change id the moment (`Clock.elapsed`) after which it must not leave, however long it
        is held up; then it comes back as `stale`.
        A throttled change (429) is sent again inside until it is answered otherwise: it never happened.
        Everything that leaves doubt comes back with acted=None; nothing is raised but SignInError.
        """


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as the journal knows it.

    finished: None while it is open. exit_code of an open run: that with which it stopped for now (25, 130),
    None while it is under way, or where its process ended without a word.
    config_digest, mapping_digest: of the config and mapping under which its plan was made.
    operator: who started it, and accepted what is `accepted`. stopped_by: the key of the limit that did.
    """

    id: str
    kind: RunKind
    plan_run: str
    plan_path: Path
    tenant: str
    started: datetime
    finished: datetime | None
    exit_code: int | None
    accepted: Mapping[str, int]
    config_digest: str
    mapping_digest: str
    operator: Operator = NOBODY
    stopped_by: str = ""

    @property
    def ending(self) -> Ending | None:
        """How it ended; of an open run how it stopped for now. None: under way, or cut off without a word."""
        return Ending.told_by(self.exit_code, self.stopped_by)


class PastRuns(Protocol):
    """What the journal knows of runs. All methods raise StateError where the database fails."""

    def runs(self, tenant: str | None = None) -> tuple[RunRecord, ...]:
        """All runs, newest first; of one tenant where it is named."""

    def changes(self, run: str, *states: str) -> tuple[Change, ...]:
        """The changes of a run that are in one of these states, in plan order; none with purged values."""

    def outcomes(self, run: str) -> Mapping[str, Outcome]:
        """What became of every change of a run that is settled or unknown, by change id."""

    def sendings(self, run: str) -> Mapping[str, Sending]:
        """When each change of a run was sent last, by change id; what never was is not there."""


class Journal(PastRuns, Protocol):
    """The run on disk: every change is written down before it is sent, and its outcome after.

    All methods are durable when they return. They raise StateError where the disk or the database fails.
    """

    def begin(
        self,
        plan: Plan,
        *,
        run: str,
        digest: str,
        path: Path,
        accepted: Mapping[str, int],
        seen: Iterable[tuple[str, Method, str]] = (),
        kind: RunKind = RunKind.APPLY,
    ) -> None:
        """Open a run with all its changes as `intended`.

        seen: (anchor, method, comparison key) of the values that the directory holds now.
        """

    def sent(self, run: str, change_ids: Sequence[str]) -> None:
        """These are about to leave."""

    def unsent(self, run: str, change_ids: Sequence[str]) -> None:
        """These certainly did not leave after all: whatever shows is not this run's doing."""

    def settled(self, run: str, outcomes: Sequence[tuple[Change, Outcome]]) -> None:
        """What became of these; `done` enters the ledger (a removal leaves it)."""

    def refused(self, run: str, refusals: Sequence[tuple[Change, Outcome]], single: Collection[str]) -> None:
        """Graph refused these in this run. single: ids of those that are of one account beyond doubt; of the
        others that is known once a later write comes true.
        """

    def refused_before(self, changes: Iterable[Change]) -> Mapping[str, Refusal]:
        """By change id: what Graph refused of these in earlier runs, though it took other writes."""

    def noticed(self, present: Mapping[str, Present | None]) -> None:
        """Live readings by account id: what they show as another value is not ours any more, even if ours
        comes back. What was sent or written too recently to show is not judged.
        """

    def paused(self, run: str, exit_code: int | None) -> None:
        """The run stays open, and this is how it ended for now; None: it is under way again."""

    def finish(self, run: str, exit_code: int, stopped_by: str = "") -> None:
        """Close the run; what is still `intended` is `not-tried`. stopped_by: key of the limit that did."""


class Mails(Protocol):
    """What people hear by mail of their own changes, on disk: nobody twice. All raise StateError."""

    def tells(self, run: str) -> None:
        """People hear of the changes of this run."""

    def cut_off(self) -> int:
        """Mails that were about to leave when a process ended are `unknown` from now on; so many were."""

    def untold(self, tenant: str, most: int, *, removals: bool) -> tuple[tuple[Untold, ...], int]:
        """Who was not told yet of a change that came true, the longest waiting first, so many at most; and
        how many wait besides. Without removals: whose only change is a removal is never told.
        """

    def begin(self, run: str, mail_id: str, untold: Untold) -> None:
        """This mail is about to leave."""

    def never(self, run: str, mail_id: str, untold: Untold, why: Delivery, note: str) -> None:
        """There is no sending it."""

    def ended(self, mail_id: str, state: Delivery, note: str) -> None:
        """What became of it."""

    def put_back(self, mail_id: str, untold: Untold) -> None:
        """It certainly did not leave, and may later."""

    def counts(self, run: str) -> Mapping[Delivery, int]:
        """What became of the mails that this run sent."""


class Post(Protocol):
    """A mail server that takes mails."""

    def send(self, mail: Mail, about_to_leave: Callable[[], None]) -> "Posted":
        """Send one. about_to_leave: called once, right before the part that cannot be taken back."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of one sending. later: it was not taken, and may be another day. note: the server's code."""

    state: Delivery
    later: bool = False
    note: str = ""
    over: bool = False
    """No other mail will get through now: the server cannot be reached, or does not let us in."""

"""Decisions: what is wanted, what a plan does about it, and what becomes of that. Frozen and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from prepop.model.extras import ExtraRead
from prepop.model.facts import Holding
from prepop.model.methods import Method
from prepop.model.policy import NO_PROVIDER, Telephony
from prepop.reasons import FindingCode, Reason, Severity


class Policy(StrEnum):
    """What may happen to a method that exists: CONTRACT section 5."""

    FILL = "fill"
    FOLLOW = "follow"
    OVERWRITE = "overwrite"


class Action(StrEnum):
    """What a change does to its method."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


# ---------------------------------------------------------------- what is wanted


@dataclass(frozen=True, slots=True)
class Usable:
    """A value that may be registered: `value` in normal form, from `attribute`, written there as `raw`.

    notes: what was repaired or assumed on the way (`country DE from c`, `doubled country prefix removed`).
    region: the number's ISO region, "" for an address.
    """

    value: str
    attribute: str
    raw: str
    region: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unusable:
    """No value can be registered, and why. `attribute` and `raw` are "" where there was nothing at all.

    region: of a number that exists but that this method may not have, as in `Usable`; else "".
    """

    reason: Reason
    detail: str = ""
    attribute: str = ""
    raw: str = ""
    notes: tuple[str, ...] = ()
    region: str = ""

    @property
    def nothing_there(self) -> bool:
        """True where it is known that there is no value; a file that could not be asked knows nothing."""
        return self.reason is Reason.NO_VALUE and not self.attribute


Candidate = Usable | Unusable


@dataclass(frozen=True, slots=True)
class Wanted:
    """What mapping makes of one person for one method: the result, and everything that was looked at.

    `candidates` are in the order in which they were tried: one for each value of each attribute.
    """

    method: Method
    result: Candidate
    candidates: tuple[Candidate, ...] = ()


# ---------------------------------------------------------------- what is decided


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account as files and reports name it."""

    id: str
    upn: str
    name: str


@dataclass(frozen=True, slots=True)
class PersonRef:
    """A person as files and reports name it."""

    anchor: str
    dn: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict was based on, for reports. Empty strings where there is nothing to show.

    raw: the directory's value as written; normal: its normal form; present: the registered value;
    source: the attribute; region: the number's country; department: of the account, else the OU.
    """

    raw: str = ""
    normal: str = ""
    present: str = ""
    source: str = ""
    region: str = ""
    department: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One method of one account that is to be added, replaced or removed.

    id: the same in every plan of the same input: account id and method.
    before: the value that was read, None for an addition; after: None for a removal.
    source: the attribute the value came from ("" for a removal); "from" in files.
    needs: id of the change that must be done first, or None.
    confirmed: how the present value is known, "live" or "report".
    """

    id: str
    action: Action
    method: Method
    account: AccountRef
    person: PersonRef
    before: str | None
    after: str | None
    source: str
    policy: Policy
    needs: str | None = None
    confirmed: str = "live"
    evidence: Evidence = Evidence()


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A method, or a whole account or person, that was considered and is not changed."""

    method: Method | None
    account: AccountRef | None
    person: PersonRef | None
    reason: Reason
    detail: str = ""
    evidence: Evidence = Evidence()


Verdict = Change | LeftAlone


@dataclass(frozen=True, slots=True)
class Finding:
    """What a guard says of a plan.

    measured, limit, population: the count, what was allowed, out of how many; None where no count applies.
    text: what was found; next: what to do, with the exact `--accept` where that lifts it.
    """

    code: FindingCode
    measured: int | None
    limit: int | None
    population: int | None
    text: str
    next: str

    @property
    def level(self) -> Severity:
        """Whether it refuses applying."""
        return self.code.severity


class Standing(StrEnum):
    """Whether an SSPR-enabled account in scope can reset its password: now, or after the plan."""

    ABLE = "able"
    SHORT = "short"  # fewer usable methods than the tenant asks
    UNKNOWN = "unknown"  # the registration report does not list the account


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """How one account in scope stands before and after the plan.

    department: of the account, else its OU. only_sms_voice: it can reset after the plan, and could not
    without the SMS or calls that Microsoft ends and nobody carries on (GRAPH section 0b). person: False where
    it belongs to nobody who was read.
    language, manager: what the person prefers, and the UPN of whom they report to, where that was read.
    prompted_today, prompted_after: it signs in with nothing but SMS or calls that end, and so meets the
    prompt for a passkey; an address is no way to sign in.
    """

    account: AccountRef
    department: str
    today: Standing
    after: Standing
    only_sms_voice: bool
    person: bool = True
    prompted_today: bool = False
    prompted_after: bool = False
    language: str = ""
    manager: str = ""


@dataclass(frozen=True, slots=True)
class DirectoryRead:
    """One directory that a plan was made from.

    name: as the config names it, "" where there is only one. said: where its people came from, as its
    source describes it: kind, server or file, bases, filter, ...; no secrets.
    """

    name: str
    people: int
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TenantRead:
    """The tenant that a plan was made for, as the report tells it.

    accounts: all that were listed. screen: how present methods were looked at (`cloud.screen`).
    registrations: why the registration report is not readable, "" where it was read.
    gates: what Graph cannot tell, as the config has it. telephony: who carries SMS and calls on.
    policy: what keeps the methods policy from saying of everybody which methods count, as half a sentence; ""
    where it says so.
    """

    name: str
    environment: str = ""
    accounts: int = 0
    screen: str = ""
    registrations: str = ""
    gates: int = 1
    telephony: Telephony = NO_PROVIDER
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """The funnel in numbers, from everybody who was read down to the requests that applying takes at best.

    people, accounts: of the whole reading. in_scope, matched, unmatched, with_usable_value: people.
    changes_beyond_limit: changes that `--limit` leaves for later. already_registered, left_alone: verdicts,
    those of accounts that need nothing too, which a plan does not list.
    """

    people: int
    accounts: int
    in_scope: int = 0
    matched: int = 0
    unmatched: int = 0
    with_usable_value: int = 0
    accounts_without_person: int = 0
    accounts_changed: int = 0
    accounts_read_live: int = 0
    changes: int = 0
    additions: int = 0
    replacements: int = 0
    removals: int = 0
    changes_beyond_limit: int = 0
    already_registered: int = 0
    left_alone: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was decided in one planning, ready to be saved, shown and applied.

    created: UTC. directory, cloud: what was read; directory is () where none was, as for a rollback.
    undoes: the run that this plan undoes, None for any other. Such a plan gives back what may not be
    prepop's own.
    held: what the people who were read have, in numbers, for the guards of the next run.
    extras: every extra file that was read.
    standings: every SSPR-enabled account in scope, or () where the report is not readable.
    """

    run: str
    created: datetime
    tenant: str
    config_digest: str
    mapping_digest: str
    directory: tuple[DirectoryRead, ...]
    cloud: TenantRead
    totals: Totals
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    left_alone: tuple[LeftAlone, ...]
    standings: tuple[AccountStanding, ...] = ()
    undoes: str | None = None
    held: tuple[Holding, ...] = ()
    extras: tuple[ExtraRead, ...] = ()

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that refuse applying."""
        return tuple(finding for finding in self.findings if finding.level is Severity.BLOCK)

    @property
    def kind(self) -> "RunKind":
        """What a run that applies this plan is."""
        return RunKind.APPLY if self.undoes is None else RunKind.ROLLBACK


# ---------------------------------------------------------------- what becomes of it


class Result(StrEnum):
    """What became of a change: CONTRACT section 9."""

    DONE = "done"
    ALREADY_TRUE = "already-true"
    MOVED_ON = "moved-on"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_TRIED = "not-tried"

    @property
    def came_true(self) -> bool:
        """True where the method holds what the change wanted, whoever wrote it."""
        return self in (Result.DONE, Result.ALREADY_TRUE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change, with what Graph said: status, error code, request-id, and a note.

    note: what a person should read; Graph's own words too, masked, where it was no success.
    message: those words alone, by which a refusal is remembered.
    """

    change_id: str
    result: Result
    status: int | None = None
    code: str = ""
    request_id: str = ""
    note: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """What the tenant answered to one write.

    acted: True: it was done (2xx). False: it was refused and nothing happened. None: not known (connection
    lost, 5xx, 409, answer missing or unreadable): read back before anything else.
    code: Graph's error code; message: its words, masked.
    taken: refused, as what may be there by now is: read before it counts as failed.
    late: what was done may show late: read once more before it counts as failed.
    stale: it was held up for so long that it never left, or (429) was refused until then; what was read
    before it is too old.
    """

    acted: bool | None
    status: int | None = None
    code: str = ""
    message: str = ""
    request_id: str = ""
    taken: bool = False
    late: bool = False
    stale: bool = False


class RunKind(StrEnum):
    """Whether a run brought a plan about or undid an earlier run."""

    APPLY = "apply"
    ROLLBACK = "rollback"

"""The facts and decisions that prepop passes about: frozen, typed, no behaviour beyond their own shape.

Words are CONTRACT section 1: person, account, anchor, method, wanted, present, change, left alone,
finding, outcome, run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from prepop.reasons import FindingCode, Reason, Severity


class Method(StrEnum):
    """One slot of an account. The order is the order in which methods are written."""

    MOBILE = "mobile"
    ALTERNATE_MOBILE = "alternateMobile"
    OFFICE = "office"
    EMAIL = "email"

    @property
    def is_phone(self) -> bool:
        """True for the three phone methods."""
        return self is not Method.EMAIL


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


# ---------------------------------------------------------------- what is read


@dataclass(frozen=True, slots=True)
class Person:
    """One directory entry of somebody who can sign in.

    anchor: base64 of mS-DS-ConsistencyGuid, else of objectGUID (16 bytes each); "" where neither is readable.
    guid: objectGUID as text, for messages and as an identity that never changes.
    own_addresses: userPrincipalName, mail and proxyAddresses without their `smtp:`, as written.
    values: raw text values of the mapping's attributes, keyed by the attribute's name in lower case;
        only attributes that have a value are there.
    when_changed: of the whole entry, not of one value; None where the source does not say.
    """

    directory: str
    dn: str
    anchor: str
    guid: str
    sid: str = ""
    upn: str = ""
    sam: str = ""
    name: str = ""
    disabled: bool = False
    admin_count: bool = False
    when_changed: datetime | None = None
    own_addresses: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DirectoryReading:
    """A complete reading of one directory. A reading that broke off is an error, never a shorter list.

    `described` says for the report where it came from, without secrets: kind, server or file, bases,
    filter, highest USN where known. `self_writable`: the attributes that people may write on themselves,
    each with how many of those who were looked at.
    """

    directory: str
    people: tuple[Person, ...]
    described: Mapping[str, str] = field(default_factory=dict)
    self_writable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """One cloud user. `id` (the object id) is the only address used in requests.

    immutable_id: onPremisesImmutableId. own_addresses: userPrincipalName, mail and proxyAddresses
    without their `smtp:`. plans: service plan ids with capability Enabled or Warning. restricted: a member of
    a restricted management administrative unit, where no app may write.
    """

    id: str
    upn: str
    name: str = ""
    enabled: bool = True
    guest: bool = False
    immutable_id: str = ""
    sid: str = ""
    sam: str = ""
    dn: str = ""
    synced: bool = False
    department: str = ""
    country: str = ""
    own_addresses: tuple[str, ...] = ()
    plans: frozenset[str] = frozenset()
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Registration:
    """One row of the registration report: kinds of methods, never values; up to hours old.

    `methods` are Graph's own words (`mobilePhone`, `alternateMobilePhone`, `officePhone`, `email`,
    `microsoftAuthenticatorPush`, ...): GRAPH section 4.
    """

    account_id: str
    sspr_enabled: bool
    sspr_registered: bool
    sspr_capable: bool
    is_admin: bool
    methods: frozenset[str]

    def shows(self, method: Method) -> bool:
        """True where the report lists this method."""
        return REPORT_NAMES[method] in self.methods


REPORT_NAMES: Mapping[Method, str] = {
    Method.MOBILE: "mobilePhone",
    Method.ALTERNATE_MOBILE: "alternateMobilePhone",
    Method.OFFICE: "officePhone",
    Method.EMAIL: "email",
}


@dataclass(frozen=True, slots=True)
class Present:
    """Methods of one account, read live. A family that was not asked for is None, not empty.

    phones: raw number by phone method; email: address or "" for none.
    """

    phones: Mapping[Method, str] | None = None
    email: str | None = None

    def was_read(self, method: Method) -> bool:
        """True where this method's value, or its absence, is known."""
        return (self.phones if method.is_phone else self.email) is not None

    def value(self, method: Method) -> str | None:
        """The registered value as Graph wrote it, or None where there is none. Only where it was read."""
        if method.is_phone:
            assert self.phones is not None  # noqa: S101 - a caller's mistake, not a state of the world
            return self.phones.get(method)
        assert self.email is not None  # noqa: S101
        return self.email or None


@dataclass(frozen=True, slots=True)
class TenantFacts:
    """What the tenant says of itself. `domains`: verified domains in lower case."""

    id: str
    name: str
    domains: frozenset[str]
    email_methods: bool = True  # False in China: GRAPH section 1, availability


@dataclass(frozen=True, slots=True)
class Privileged:
    """Account ids that hold a role (active or eligible, direct or through nested groups) or are members
    or owners of role-assignable groups, each with a word on why. `unread`: why the reading is not
    complete; "" when it is. An incomplete reading protects nobody and blocks the plan.
    """

    why: Mapping[str, str]
    unread: str = ""


@dataclass(frozen=True, slots=True)
class SmsSignIn:
    """Who the methods policy lets sign in by SMS. `readable` False: unknown.

    everyone: the target is all users but the ids in `excluded`; otherwise `accounts` are the ids that the
    targets resolve to, excluded ones taken off.
    """

    readable: bool
    everyone: bool = False
    accounts: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TenantReading:
    """A complete reading of the tenant, but for live values.

    registrations: by account id; None where the report is not readable (`registrations_unread` says why).
    members: for each group that the scope names, its member account ids (nested members counted).
    """

    facts: TenantFacts
    accounts: tuple[Account, ...]
    registrations: Mapping[str, Registration] | None
    registrations_unread: str
    privileged: Privileged
    members: Mapping[str, frozenset[str]]
    sms_sign_in: SmsSignIn


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

    department: of the account, else its OU. only_sms_voice: after the plan nothing but SMS or voice
    reaches it (GRAPH section 0b).
    """

    account: AccountRef
    department: str
    today: Standing
    after: Standing
    only_sms_voice: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was decided in one planning, ready to be saved, shown and applied.

    created: UTC. directory, cloud: what was read, as words and numbers for the report; no secrets.
    totals: named counts of the funnel (people read, in scope, matched, ...).
    standings: every SSPR-enabled account in scope, or () where the report is not readable.
    """

    run: str
    created: datetime
    tenant: str
    config_digest: str
    mapping_digest: str
    directory: Mapping[str, str | int]
    cloud: Mapping[str, str | int]
    totals: Mapping[str, int]
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    left_alone: tuple[LeftAlone, ...]
    standings: tuple[AccountStanding, ...] = ()

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that refuse applying."""
        return tuple(f for f in self.findings if f.level is Severity.BLOCK)


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
    """What became of one change, with what Graph said: status, error code, request-id, and a note."""

    change_id: str
    result: Result
    status: int | None = None
    code: str = ""
    request_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """What the tenant answered to one write.

    acted: True: it was done (2xx). False: it was refused and nothing happened. None: not known (connection
    lost, 5xx, 409, answer missing or unreadable): read back before anything else.
    code: Graph's error code; message: its words, for the log only.
    taken: refused, as what may be there by now is: read before it counts as failed.
    late: what was done may show late: read once more before it counts as failed.
    """

    acted: bool | None
    status: int | None = None
    code: str = ""
    message: str = ""
    request_id: str = ""
    taken: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """One entry of the ledger: prepop wrote this value into this method of this account.

    `fingerprint` is a keyed hash of the value in normal form (the comparison key, see rules.normalise).
    """

    account_id: str
    method: Method
    fingerprint: str
    run: str
    at: datetime


class RunKind(StrEnum):
    """Whether a run brought a plan about or undid an earlier run."""

    APPLY = "apply"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class LastRun:
    """What the last complete run read, for the guards that compare with it."""

    run: str
    people: int
    accounts: int
    mapping_digest: str

"""Facts: what directory, tenant and state were found to say. Frozen, and complete or not made at all."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from prepop.model.extras import ExtraSize, Joined
from prepop.model.methods import Family, Method, report_name
from prepop.model.policy import MethodsPolicy


@dataclass(frozen=True, slots=True)
class Person:
    """One directory entry of somebody who can sign in.

    anchor: base64 of mS-DS-ConsistencyGuid, else of objectGUID (16 bytes each); "" where neither is readable.
    guid: objectGUID as text, for messages and as an identity that never changes.
    own_addresses: userPrincipalName, mail and proxyAddresses without their `smtp:`, as written.
    values: raw text values of the mapping's attributes (and of those that extra files are joined by), keyed
        by the attribute's name in lower case (`mobile`, `hr:private mail`); only those that have a value.
    extras: what each extra file has of this person, by its name in lower case.
    when_changed: of the whole entry, not of one value; None where the source does not say.
    named_only: the source holds neither an anchor nor a GUID of this person, so that the name finds the
        account; dn may be "" and `disabled` not known then.
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
    named_only: bool = False
    extras: Mapping[str, Joined] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """What tells this person from others from night to night: the anchor, else the next best."""
        return self.anchor or self.guid or self.sid or self.upn


@dataclass(frozen=True, slots=True)
class DirectoryReading:
    """A complete reading of one directory. A reading that broke off is an error, never a shorter list.

    `described` says for the report where it came from, without secrets: kind, server or file, bases,
    filter, highest USN where known. `self_writable`: the attributes that people may write on themselves,
    each with how many of those who were looked at.
    admins_unseen: why it is not proved that administrators (adminCount) would be seen; "" where it is, or
    where the source cannot tell and `described` says so.
    """

    directory: str
    people: tuple[Person, ...]
    described: Mapping[str, str] = field(default_factory=dict)
    self_writable: tuple[str, ...] = ()
    admins_unseen: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """One cloud user. `id` (the object id) is the only address used in requests.

    immutable_id: onPremisesImmutableId. own_addresses: userPrincipalName, mail and proxyAddresses
    without their `smtp:`. plans: service plan ids with capability Enabled or Warning. restricted: a
    member of a restricted management administrative unit, where no app may write. language: what the person
    prefers, as in a browser ("de-DE"), or "".
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
    language: str = ""


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
        return report_name(method) in self.methods


@dataclass(frozen=True, slots=True)
class Present:
    """Methods of one account, read live. A family that was not asked for is None, not empty.

    phones: raw number by phone method; email: address or "" for none. created: when Graph says that a method
    was created (UTC); what it does not say of is not there.
    """

    phones: Mapping[Method, str] | None = None
    email: str | None = None
    created: Mapping[Method, datetime] = field(default_factory=dict)

    def was_read(self, method: Method) -> bool:
        """True where this method's value, or its absence, is known."""
        match method.family:
            case Family.PHONE:
                return self.phones is not None
            case Family.EMAIL:
                return self.email is not None
            case _:
                assert_never(method.family)

    def value(self, method: Method) -> str | None:
        """The registered value as Graph wrote it, or None where there is none.

        Raises LookupError where it was not read: what is not known is not "none".
        """
        match method.family:
            case Family.PHONE if self.phones is not None:
                return self.phones.get(method)
            case Family.EMAIL if self.email is not None:
                return self.email or None
            case Family.PHONE | Family.EMAIL:
                raise LookupError(f"the {method} of this account was not read")
            case _:
                assert_never(method.family)


@dataclass(frozen=True, slots=True)
class Families:
    """Which families of methods of an account are to be read live. Each costs one request."""

    phones: bool
    email: bool

    @property
    def each(self) -> tuple[Family, ...]:
        """The families that are asked for."""
        asked = ((Family.PHONE, self.phones), (Family.EMAIL, self.email))
        return tuple(family for family, wanted in asked if wanted)

    @classmethod
    def of(cls, families: Collection[Family]) -> "Families":
        """These families, and no other."""
        phones = email = False
        for family in families:
            match family:
                case Family.PHONE:
                    phones = True
                case Family.EMAIL:
                    email = True
                case _:
                    assert_never(family)
        return cls(phones, email)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An account of which the methods alone cannot be read.

    why: what was asked and what Graph said, masked. outage: it may be the service's trouble and not the
    account's, as a 5xx after all tries.
    """

    why: str
    outage: bool = False


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
    policy: MethodsPolicy


# ---------------------------------------------------------------- what the state holds


@dataclass(frozen=True, slots=True)
class Written:
    """One entry of the ledger: prepop wrote this value into this method of this account.

    `fingerprint` is a keyed hash of the value in normal form (the comparison key, see rules.values.keys).
    """

    account_id: str
    method: Method
    fingerprint: str
    run: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Graph refused of one account, run after run, while it took what prepop wrote elsewhere.

    fingerprint: of the value, as in `Written`; "" of a removal. status, code, message: what Graph said, its
    words masked. runs: so many in a row, the last of them `run`, at that moment.
    """

    account_id: str
    method: Method
    fingerprint: str
    status: int | None
    code: str
    message: str
    runs: int
    run: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """Since when complete, applied runs have seen the value with this fingerprint."""

    fingerprint: str
    since: datetime


def _no_fingerprint(method: Method, key: str) -> str:
    """That of a ledger without entries: like none."""
    return ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What prepop itself wrote, ever, as it stood when it was read. Losing it makes prepop touch less.

    written: by account id and method, the newest entry whose last outcome was `done`. It stays where
    somebody has changed the value since; then no value is the entry's.
    sightings: by anchor and method. refusals: by account id and method, the newest; a refusal that may be of
    everybody is none. fingerprint: the keyed hash under which all three hold a comparison key.
    """

    written: Mapping[tuple[str, Method], Written] = field(default_factory=dict)
    sightings: Mapping[tuple[str, Method], Sighting] = field(default_factory=dict)
    fingerprint: Callable[[Method, str], str] = field(default=_no_fingerprint, repr=False)
    refusals: Mapping[tuple[str, Method], Refusal] = field(default_factory=dict)

    def refused(self, account_id: str, method: Method, key: str | None) -> Refusal | None:
        """The refusal of this value (in comparison form; None: of a removal), or None."""
        found = self.refusals.get((account_id, method))
        if found is None:
            return None
        return found if found.fingerprint == ("" if key is None else self.fingerprint(method, key)) else None

    def is_ours(self, entry: Written, key: str) -> bool:
        """True where `key` (comparison form of a value) is the value of this entry."""
        return self.fingerprint(entry.method, key) == entry.fingerprint

    def first_seen(self, anchor: str, method: Method, key: str) -> datetime | None:
        """When a complete, applied run first saw this value for this person; None where never."""
        seen = self.sightings.get((anchor, method))
        if seen is None or seen.fingerprint != self.fingerprint(method, key):
            return None
        return seen.since


@dataclass(frozen=True, slots=True)
class Sending:
    """When a change was sent last: at (UTC), and how long ago that is by the journal's clock."""

    at: datetime
    age: timedelta


@dataclass(frozen=True, slots=True)
class Holding:
    """How many people of one unit (the DN of their container, in lower case) have an attribute. No values."""

    attribute: str
    unit: str
    people: int
    holders: int


@dataclass(frozen=True, slots=True)
class LastRun:
    """What the last complete run read, for the guards that compare with it.

    held, extras: () where it is not known.
    """

    run: str
    people: int
    accounts: int
    mapping_digest: str
    held: tuple[Holding, ...] = ()
    extras: tuple[ExtraSize, ...] = ()

"""Small people, accounts and readings for tests of deciding, and a ledger that is a dict."""

import uuid
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache

import phonenumbers
from hypothesis import HealthCheck, settings

from prepop.model import (
    REPORT_NAMES,
    Account,
    Families,
    Family,
    Ledger,
    Method,
    MethodsPolicy,
    Person,
    Policy,
    Present,
    Privileged,
    Refusal,
    Registration,
    Sighting,
    SmsSignIn,
    TenantFacts,
    TenantReading,
    Written,
)
from prepop.options import MappingRules, MatchBy, MethodRule, Region, Remove, Scope, Screen, Trust
from prepop.rules.decisions.planning import Considered, Decided, Facts, consider, decide
from prepop.rules.values.keys import Kind, PhoneNumber, comparison_key, phone

CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties: no deadline, since the machine may be busy."""

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
ATTRIBUTES: Mapping[Method, str] = {
    Method.MOBILE: "mobile",
    Method.ALTERNATE_MOBILE: "pager",
    Method.OFFICE: "telephonenumber",
    Method.EMAIL: "extensionattribute1",
}

Registered = dict[str, dict[Method, str]]  # account id -> what it has


@cache
def numbers(*kinds: Kind) -> tuple[str, ...]:
    """Example numbers of all regions in normal form, of these kinds, each once."""
    found: list[str] = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
                number = phone(text, None)
                if isinstance(number, PhoneNumber) and number.kind in kinds:
                    found.append(number.text)
    return tuple(dict.fromkeys(found))


def mobiles() -> tuple[str, ...]:
    """Some 200 mobile numbers."""
    return numbers(Kind.MOBILE)


def offices() -> tuple[str, ...]:
    """Some 200 fixed lines."""
    return numbers(Kind.FIXED)


def person(number: int, **values: str) -> Person:
    """Person `number` with one value for each of mobile, pager, telephonenumber, extensionattribute1."""
    raw = uuid.UUID(int=number + 1).bytes
    return Person(
        directory="corp",
        dn=f"CN=Person {number},OU=Staff,DC=example,DC=org",
        anchor=b64encode(raw).decode(),
        guid=str(uuid.UUID(bytes_le=raw)),
        sid=f"S-1-5-21-1-2-3-{1000 + number}",
        upn=f"user{number}@corp.example.org",
        sam=f"user{number}",
        name=f"Person {number}",
        values={name: (value,) for name, value in values.items() if value},
    )


def account(number: int) -> Account:
    """The account that belongs to person `number`."""
    one = person(number)
    return Account(
        id=f"00000000-0000-4000-8000-{number:012d}",
        upn=f"user{number}@example.org",
        name=one.name,
        immutable_id=one.anchor,
        sid=one.sid,
        synced=True,
    )


def rules(policy: Policy = Policy.FILL, remove: Remove = Remove.NEVER, *methods: Method) -> MappingRules:
    """One rule a method, all with this policy; all four methods unless some are named."""
    return MappingRules(
        Region(),
        tuple(
            MethodRule(method, (ATTRIBUTES[method],), policy, remove) for method in (methods or tuple(Method))
        ),
    )


@dataclass
class Books:
    """A ledger that keeps comparison keys as they are."""

    entries: dict[tuple[str, Method], Written] = field(default_factory=dict)
    sightings: dict[tuple[str, Method], tuple[str, datetime]] = field(default_factory=dict)
    refusals: dict[tuple[str, Method], Refusal] = field(default_factory=dict)

    def wrote(self, account_id: str, method: Method, value: str) -> "Books":
        """Enter a value as written by prepop."""
        key = comparison_key(method, value)
        self.entries[account_id, method] = Written(account_id, method, key, "earlier", NOW)
        return self

    @property
    def ledger(self) -> Ledger:
        """The ledger's contents, under fingerprints that are the keys themselves."""
        sightings = {where: Sighting(key, since) for where, (key, since) in self.sightings.items()}
        return Ledger(dict(self.entries), sightings, lambda _method, key: key, self.refusals)


def report(accounts: Iterable[Account], registered: Registered) -> dict[str, Registration]:
    """A registration report that is up to date."""
    return {
        one.id: Registration(
            one.id, True, bool(kinds), bool(kinds), False, frozenset(REPORT_NAMES[kind] for kind in kinds)
        )
        for one in accounts
        for kinds in (registered.get(one.id, {}),)
    }


def reading(
    accounts: Sequence[Account],
    registrations: Mapping[str, Registration] | None = None,
    *,
    privileged: Mapping[str, str] | None = None,
    members: Mapping[str, frozenset[str]] | None = None,
    email_methods: bool = True,
) -> TenantReading:
    """A complete reading of a tenant with these accounts."""
    return TenantReading(
        facts=TenantFacts("tenant", "Contoso", frozenset({"example.org"}), email_methods),
        accounts=tuple(accounts),
        registrations=registrations,
        registrations_unread="" if registrations is not None else "no P1",
        privileged=Privileged(privileged or {}),
        members=members or {},
        policy=MethodsPolicy(sms_sign_in=SmsSignIn(readable=True)),
    )


def facts(
    people: Sequence[Person],
    tenant: TenantReading,
    mapping: MappingRules | None = None,
    *,
    ledger: Books | None = None,
    screen: Screen = Screen.LIVE,
    scope: Scope | None = None,
    trust: Trust | None = None,
    users: Sequence[str] = (),
    groups: Sequence[str] = (),
) -> Facts:
    """Everything that planning looks at, with the defaults of the config."""
    return Facts(
        people=people,
        tenant=tenant,
        rules=mapping or rules(),
        scope=scope or Scope(match=(MatchBy.ANCHOR, MatchBy.SID)),
        trust=trust or Trust(shared_value_max=1_000),
        screen=screen,
        ledger=(ledger or Books()).ledger,
        now=NOW,
        users=users,
        groups=groups,
    )


def present(asked: Mapping[str, Families], registered: Registered) -> dict[str, Present | None]:
    """What a live read of just these families answers."""
    answers: dict[str, Present | None] = {}
    for account_id, families in asked.items():
        has = registered.get(account_id, {})
        answers[account_id] = Present(
            {method: value for method, value in has.items() if method.family is Family.PHONE}
            if families.phones
            else None,
            has.get(Method.EMAIL, "") if families.email else None,
        )
    return answers


def planned(
    given: Facts, registered: Registered | None = None, limit: int | None = None
) -> tuple[Considered, Decided]:
    """Consider, read live what is asked for, decide."""
    considered = consider(given)
    return considered, decide(given, considered, present(considered.asked, registered or {}), limit)


def applied(decided: Decided, registered: Registered, ledger: Books | None = None) -> Registered:
    """What the accounts have after every change was done; the ledger is kept."""
    after = {account_id: dict(has) for account_id, has in registered.items()}
    for change in decided.changes:
        has = after.setdefault(change.account.id, {})
        assert has.get(change.method) == change.before
        if change.after is None:
            assert not (change.method is Method.MOBILE and Method.ALTERNATE_MOBILE in has), "Graph refuses"
            del has[change.method]
            if ledger is not None:
                ledger.entries.pop((change.account.id, change.method), None)
        else:
            alternate = change.method is Method.ALTERNATE_MOBILE and change.before is None
            assert not alternate or Method.MOBILE in has, "Graph refuses an alternate without a mobile"
            has[change.method] = change.after
            if ledger is not None:
                ledger.wrote(change.account.id, change.method, change.after)
    return after


def without_anchor(one: Person) -> Person:
    """The same person, whose anchor cannot be read."""
    return replace(one, anchor="")

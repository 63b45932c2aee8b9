"""What the methods policy of an emulated tenant makes of a plan: who is able after it, and what is found."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from prepop.cloud import OpenTenant
from prepop.model import (
    REPORT_NAMES,
    Action,
    Change,
    Method,
    MethodsPolicy,
    Registration,
    Standing,
)
from prepop.reasons import FindingCode
from prepop.rules.decisions.difference import Pair, account_ref
from prepop.rules.decisions.guards import guard
from prepop.rules.decisions.permitted import open_question
from prepop.rules.decisions.standings import standings
from prepop.rules.decisions.telephony import said, telephony
from prepop.sandbox.graph.records import PolicyRecord, ProviderRecord, Target
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.cloud.test_sandbox import rehearsal
from tests.rules.decisions.test_guards import QUIET, changes
from tests.rules.decisions.world import account, person

ALL = {Method.MOBILE, Method.OFFICE, Method.EMAIL}
Setting = Callable[[SandboxTenant, str], None]


def by(change: Callable[[PolicyRecord], None]) -> Setting:
    """A setting that looks at no group."""
    return lambda tenant, user: change(tenant.policy)


def off(*names: str) -> Setting:
    """These methods are switched off."""

    def set_(tenant: SandboxTenant, user: str) -> None:
        for name in names:
            getattr(tenant.policy, name).enabled = False

    return set_


def only_for(*names: str, inside: bool, nested: bool = False, exclude: bool = False) -> Setting:
    """These methods are for (or not for) a group that the account is in, perhaps through another group."""

    def set_(tenant: SandboxTenant, user: str) -> None:
        members = [user] if inside else []
        if nested:
            members = [tenant.new_group("Inner", members).id]
        group = tenant.new_group("Outer", members).id
        for name in names:
            config = getattr(tenant.policy, name)
            if exclude:
                config.exclude = [group]
            else:
                config.include = [Target(group)]

    return set_


def migration(state: str | None, then: Setting) -> Setting:
    """A state of migration, and more."""

    def set_(tenant: SandboxTenant, user: str) -> None:
        tenant.policy.migration = state
        then(tenant, user)

    return set_


EVERYTHING = ("sms", "voice", "email")
TABLE: dict[str, tuple[Setting, set[Method], set[Method]]] = {
    # name: the policy, which of the additions make the account able, which of them are found useless
    "all on": (by(lambda policy: None), ALL, set()),
    "all off": (off(*EVERYTHING), set(), set(Method)),
    "sms off": (off("sms"), ALL, set()),
    "voice off": (off("voice"), ALL - {Method.OFFICE}, {Method.OFFICE, Method.ALTERNATE_MOBILE}),
    "sms and voice off": (off("sms", "voice"), {Method.EMAIL}, set(Method) - {Method.EMAIL}),
    "email off": (off("email"), ALL - {Method.EMAIL}, {Method.EMAIL}),
    "no target": (by(lambda policy: policy.email.include.clear()), ALL - {Method.EMAIL}, {Method.EMAIL}),
    "for its group": (only_for(*EVERYTHING, inside=True), ALL, set()),
    "for another group": (only_for(*EVERYTHING, inside=False), set(), set(Method)),
    "for a nested group": (only_for(*EVERYTHING, inside=True, nested=True), ALL, set()),
    "excluded": (only_for("email", inside=True, exclude=True), ALL - {Method.EMAIL}, {Method.EMAIL}),
    "excluded by a nested group": (
        only_for("email", inside=True, nested=True, exclude=True),
        ALL - {Method.EMAIL},
        {Method.EMAIL},
    ),
    "others excluded": (only_for("email", inside=False, exclude=True), ALL, set()),
    "office calls off": (
        by(lambda policy: setattr(policy, "office_allowed", False)),
        ALL - {Method.OFFICE},
        {Method.OFFICE},
    ),
    "a group that is gone": (
        by(lambda policy: setattr(policy.email, "include", [Target("11111111-2222-4333-8444-555555555555")])),
        ALL - {Method.EMAIL},
        {Method.EMAIL},
    ),
    "absent migration is complete": (migration(None, off("email")), ALL - {Method.EMAIL}, {Method.EMAIL}),
    "before the migration": (migration("preMigration", off(*EVERYTHING)), ALL, set()),
    "migration under way": (migration("migrationInProgress", off(*EVERYTHING)), ALL, set()),
}


def added(method: Method, policy: MethodsPolicy, user: str, *, admin: bool = False) -> tuple[bool, int]:
    """Whether the account is able once it has this method, and how many changes `method-disabled` counts."""
    one = replace(account(1), id=user)
    change: Change = replace(changes(Action.ADD, 1, method)[0], account=account_ref(one))
    rows = {user: Registration(user, True, False, False, admin, frozenset())}
    pair = Pair(person(1), one, (), "Sales")
    (row,) = standings([pair], rows, {}, [change], 1, policy)
    assert row.today is Standing.SHORT
    found = [
        f for f in guard([change], replace(QUIET, policy=policy)) if f.code is FindingCode.METHOD_DISABLED
    ]
    return row.after is Standing.ABLE, sum(one.measured or 0 for one in found)


def look(setting: Setting) -> tuple[MethodsPolicy, str]:
    """The policy as the reader sees it, and the account that it is asked about."""
    with rehearsal(None, users=3) as here:
        user = list(here.tenant.users)[1]
        setting(here.tenant, user)

        async def read(tenant: OpenTenant) -> object:
            return await tenant.reader.methods_policy()

        policy = here.run(read)
    assert isinstance(policy, MethodsPolicy)
    return policy, user


@pytest.mark.parametrize("case", TABLE)
def test_a_method_counts_only_where_the_policy_lets_the_account_use_it(case: str) -> None:
    """Each policy of the table: which methods make able, and which are `method-disabled`."""
    setting, able, useless = TABLE[case]
    policy, user = look(setting)
    results = {method: added(method, policy, user) for method in Method}
    assert {method for method, (can, _) in results.items() if can} == able
    assert {method for method, (_, count) in results.items() if count == 1} == useless
    assert all(count <= 1 for _, count in results.values())
    assert bool(open_question(policy)) is ("migration" in case and "complete" not in case)


def test_a_policy_that_cannot_be_read_forbids_nothing_and_is_said() -> None:
    """Unread: every method counts, nothing is found, and the sentence tells why; so for unreadable groups."""
    unread = MethodsPolicy(unread="Graph answered 403")
    assert [added(method, unread, "x")[1] for method in Method] == [0, 0, 0, 0]
    assert added(Method.EMAIL, unread, "x")[0]
    assert "Graph answered 403" in open_question(unread)
    policy, user = look(off("sms"))
    part = replace(policy, methods={k: v for k, v in policy.methods.items() if k != "email"})
    assert added(Method.EMAIL, part, user) == (True, 0)
    assert "email" in open_question(part)


def test_what_the_policy_forbids_does_not_count_today_either() -> None:
    """A registered address under a policy without email makes nobody able; an administrator's does."""
    policy, user = look(off("email"))
    one = replace(account(1), id=user)
    for admin, standing in ((False, Standing.SHORT), (True, Standing.ABLE)):
        rows = {user: Registration(user, True, True, True, admin, frozenset({"email"}))}
        (row,) = standings([Pair(person(1), one, (), "")], rows, {}, (), 1, policy)
        assert (row.today, row.after) == (standing, standing)


def test_a_removal_is_never_method_disabled() -> None:
    """Taking away what cannot be used anyway is no mistake."""
    policy, user = look(off(*EVERYTHING))
    gone = replace(changes(Action.REMOVE, 1)[0], account=account_ref(replace(account(1), id=user)))
    assert [f.code for f in guard([gone], replace(QUIET, policy=policy))] == []


PHONES = {Method.MOBILE, Method.ALTERNATE_MOBILE, Method.OFFICE}
BY_CALL = {Method.ALTERNATE_MOBILE, Method.OFFICE}


def carried_by(**providers: ProviderRecord) -> Setting:
    """Which of sms and voice a telephony provider carries."""

    def set_(tenant: SandboxTenant, user: str) -> None:
        for name, provider in providers.items():
            getattr(tenant.policy, name).provider = provider

    return set_


def both(first: Setting, second: Setting) -> Setting:
    """Two settings, one after the other."""

    def set_(tenant: SandboxTenant, user: str) -> None:
        first(tenant, user)
        second(tenant, user)

    return set_


WHOLE, HALF, TRIAL = ProviderRecord(), ProviderRecord(percent=50), ProviderRecord(evaluation=True)
FEBRUARY: dict[str, tuple[bool | None, Setting, set[Method]]] = {
    # name: what the config says, the policy, the methods that end on 1 February 2027 for the account
    "nobody": (None, by(lambda policy: None), PHONES),
    "a provider": (None, carried_by(sms=WHOLE, voice=WHOLE), set()),
    "on trial": (None, carried_by(sms=TRIAL, voice=TRIAL), PHONES),
    "half": (None, carried_by(sms=HALF, voice=HALF), PHONES),
    "sms alone": (None, carried_by(sms=WHOLE), BY_CALL),
    "voice alone": (None, carried_by(voice=WHOLE), set()),
    "sms whole, voice on trial": (None, carried_by(sms=WHOLE, voice=TRIAL), BY_CALL),
    "sms carried, for others": (
        None,
        both(carried_by(sms=WHOLE), only_for("sms", inside=False)),
        PHONES,
    ),
    "voice carried, for a nested group": (
        None,
        both(carried_by(voice=WHOLE), only_for("voice", inside=True, nested=True)),
        set(),
    ),
    "the config says yes": (True, by(lambda policy: None), set()),
    "the config says no": (False, carried_by(sms=WHOLE, voice=WHOLE), PHONES),
}


@pytest.mark.parametrize("case", FEBRUARY)
def test_sms_and_voice_go_on_only_where_a_provider_carries_all_of_it(case: str) -> None:
    """Each provider of the table: whose numbers are found to stop, and who would lose the reset."""
    option, setting, ending = FEBRUARY[case]
    policy, user = look(setting)
    who = telephony(option, policy)
    for method in Method:
        situation = replace(QUIET, policy=policy, telephony=who)
        change = replace(changes(Action.ADD, 1, method)[0], account=account_ref(replace(account(1), id=user)))
        found = [f for f in guard([change], situation) if f.code is FindingCode.SMS_RETIRES]
        assert bool(found) is (method in ending), (method, case)
    registered = frozenset(REPORT_NAMES[method] for method in PHONES - {Method.ALTERNATE_MOBILE})
    rows = {user: Registration(user, True, True, True, False, registered)}
    pair = Pair(person(1), replace(account(1), id=user), (), "Sales")
    (row,) = standings([pair], rows, {}, [], 1, policy, who)
    assert row.only_sms_voice is (ending >= PHONES)


def test_a_policy_that_cannot_be_read_names_no_provider() -> None:
    """Then nobody is said to carry SMS and voice on, and the sentence says that it is not known."""
    who = telephony(None, MethodsPolicy(unread="Graph answered 403"))
    assert not who.whole
    assert "not known" in said(who)


def test_with_two_gates_what_is_left_must_still_be_two() -> None:
    """A mobile and an address reset today; without the mobile one method is left of two."""
    policy, user = look(by(lambda policy: None))
    rows = {user: Registration(user, True, True, True, False, frozenset({"mobilePhone", "email"}))}
    pair = Pair(person(1), replace(account(1), id=user), (), "Sales")
    for gates, loses in ((1, False), (2, True)):
        (row,) = standings([pair], rows, {}, [], gates, policy, telephony(None, policy))
        assert row.only_sms_voice is loses


def test_what_does_not_count_for_a_reset_keeps_nobody() -> None:
    """A passkey beside the mobile signs in, and does not reset."""
    policy, user = look(by(lambda policy: None))
    rows = {
        user: Registration(user, True, True, True, False, frozenset({"mobilePhone", "passKeyDeviceBound"}))
    }
    pair = Pair(person(1), replace(account(1), id=user), (), "Sales")
    (row,) = standings([pair], rows, {}, [], 1, policy, telephony(None, policy))
    assert row.only_sms_voice

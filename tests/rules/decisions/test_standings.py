"""Who can reset their password today and after the plan."""

from dataclasses import replace

import pytest

from prepop.model import (
    Action,
    Carriage,
    Change,
    Method,
    Policy,
    Present,
    Privileged,
    Registration,
    Standing,
    Telephony,
)
from prepop.options import Scope
from prepop.rules.decisions.difference import Pair, account_ref, person_ref
from prepop.rules.decisions.matching import Match
from prepop.rules.decisions.scope import Selection, without_person
from prepop.rules.decisions.standings import standings
from tests.rules.decisions.world import account, mobiles, offices, person

ABLE, SHORT, UNKNOWN = Standing.ABLE, Standing.SHORT, Standing.UNKNOWN
ID = account(1).id
PHONE, FIXED = mobiles()[0], offices()[0]


def change(method: Method, action: Action = Action.ADD, after: str | None = None) -> Change:
    """A change of account 1."""
    value = after or ("jane@example.net" if method is Method.EMAIL else PHONE)
    return Change(
        f"{ID}/{method}",
        action,
        method,
        account_ref(account(1)),
        person_ref(person(1)),
        None if action is Action.ADD else value,
        None if action is Action.REMOVE else value,
        "x",
        Policy.FILL,
    )


def stand(
    methods: set[str],
    *changes: Change,
    gates: int = 1,
    present: Present | None = None,
    own: str = "jane@example.org",
) -> tuple[Standing, Standing, bool]:
    """How account 1 stands today and after, and whether only SMS and voice reach it then."""
    pair = Pair(person(1), replace(account(1), own_addresses=(own,)), (), "Sales")
    rows = {ID: Registration(ID, True, True, True, False, frozenset(methods))}
    (row,) = standings([pair], rows, {ID: present} if present else {}, changes, gates)
    assert (row.account.id, row.department) == (ID, "Sales")
    return row.today, row.after, row.only_sms_voice


@pytest.mark.parametrize(
    ("methods", "gates", "standing"),
    [
        (set(), 1, SHORT),
        ({"mobilePhone"}, 1, ABLE),
        ({"mobilePhone"}, 2, SHORT),
        ({"mobilePhone", "email"}, 2, ABLE),
        ({"officePhone"}, 1, ABLE),
        ({"alternateMobilePhone"}, 1, SHORT),
        ({"mobilePhone", "alternateMobilePhone"}, 2, SHORT),
        ({"softwareOneTimePasscode"}, 1, ABLE),
        ({"securityQuestion"}, 1, ABLE),
        ({"microsoftAuthenticatorPush"}, 1, SHORT),
        ({"microsoftAuthenticatorPush", "email"}, 2, ABLE),
        ({"windowsHelloForBusiness", "passKeyDeviceBound"}, 1, SHORT),
    ],
)
def test_what_counts_for_a_reset(methods: set[str], gates: int, standing: Standing) -> None:
    """Mobile, office, email, code and questions count; an alternate never; push only beside another."""
    assert stand(methods, gates=gates)[:2] == (standing, standing)


@pytest.mark.parametrize(
    ("methods", "changes", "answer"),
    [
        (set(), [change(Method.MOBILE)], (SHORT, ABLE, True)),
        (set(), [change(Method.EMAIL)], (SHORT, ABLE, False)),
        (set(), [change(Method.OFFICE, after=FIXED)], (SHORT, ABLE, True)),
        (set(), [change(Method.OFFICE, after=f"{FIXED}x12")], (SHORT, SHORT, False)),
        (set(), [change(Method.MOBILE), change(Method.ALTERNATE_MOBILE)], (SHORT, ABLE, True)),
        ({"mobilePhone"}, [change(Method.MOBILE, Action.REMOVE)], (ABLE, SHORT, False)),
        ({"mobilePhone", "email"}, [change(Method.MOBILE, Action.REMOVE)], (ABLE, ABLE, False)),
        ({"mobilePhone"}, [change(Method.MOBILE, Action.REPLACE)], (ABLE, ABLE, True)),
        ({"windowsHelloForBusiness"}, [change(Method.MOBILE)], (SHORT, ABLE, True)),
    ],
)
def test_what_a_plan_makes_of_it(
    methods: set[str], changes: list[Change], answer: tuple[Standing, Standing, bool]
) -> None:
    """A plan adds and takes away methods; after it only SMS and voice may be left."""
    assert stand(methods, *changes) == answer


@pytest.mark.parametrize(
    ("methods", "changes", "asked"),
    [
        (set(), [], (False, False)),
        (set(), [change(Method.MOBILE)], (False, True)),
        (set(), [change(Method.EMAIL)], (False, False)),
        ({"mobilePhone", "email", "securityQuestion"}, [], (True, True)),
        ({"mobilePhone", "temporaryAccessPass"}, [], (True, True)),
        ({"mobilePhone", "windowsHelloForBusiness"}, [], (False, False)),
        ({"alternateMobilePhone"}, [], (True, True)),
        ({"mobilePhone"}, [change(Method.MOBILE, Action.REMOVE)], (True, False)),
        ({"softwareOneTimePasscode"}, [change(Method.MOBILE)], (False, False)),
    ],
)
def test_who_must_register_a_passkey(
    methods: set[str], changes: list[Change], asked: tuple[bool, bool]
) -> None:
    """Who signs in with nothing but SMS or calls: an address, a question and a temporary pass help nobody."""
    pair = Pair(person(1), account(1), (), "Sales")
    rows = {ID: Registration(ID, True, True, True, False, frozenset(methods))}
    (row,) = standings([pair], rows, {}, changes, 1)
    assert (row.prompted_today, row.prompted_after) == asked
    carriers = Telephony(Carriage.PROVIDER, Carriage.PROVIDER)
    (row,) = standings([pair], rows, {}, changes, 1, carriers=carriers)
    assert (row.prompted_today, row.prompted_after) == (False, False), "a provider carries them on"


def test_live_reads_put_the_report_right() -> None:
    """What was read live counts for more than a report that is hours old."""
    gone = Present({}, None)
    assert stand({"mobilePhone"}, present=gone)[0] is SHORT
    there = Present({Method.MOBILE: PHONE}, None)
    assert stand(set(), present=there)[0] is ABLE
    email_unread = Present({}, None)
    assert stand({"email"}, present=email_unread)[0] is ABLE


def test_an_office_phone_with_extension_does_not_help() -> None:
    """A registered extension cannot be called for a reset; a replacement without one helps."""
    extension = Present({Method.OFFICE: f"{FIXED} x12"}, None)
    assert stand({"officePhone"}, present=extension)[0] is SHORT
    assert stand({"officePhone"}, present=Present({Method.OFFICE: FIXED}, None))[0] is ABLE
    plain = change(Method.OFFICE, Action.REPLACE, FIXED)
    assert stand({"officePhone"}, plain, present=extension)[:2] == (SHORT, ABLE)


def test_the_own_mailbox_does_not_help() -> None:
    """An address at the mailbox that one is locked out of is no way to reset."""
    assert stand({"email"}, present=Present(None, "JANE@example.org"))[0] is SHORT
    assert stand({"email"}, present=Present(None, "jane@example.net"))[0] is ABLE
    pair = Pair(replace(person(1), own_addresses=("jane@corp.example.org",)), account(1), (), "Sales")
    rows = {ID: Registration(ID, True, True, True, False, frozenset({"email"}))}
    (row,) = standings([pair], rows, {ID: Present(None, "Jane@corp.example.org")}, [], 1)
    assert row.today is SHORT, "the mailbox that only the directory names is the person's too"
    assert stand({"email"}, present=Present(None, "Jane+reset@example.org"))[0] is SHORT, (
        "a tag leads to the same mailbox"
    )


def test_who_is_listed() -> None:
    """Who is not enabled for SSPR is not listed; who the report misses is unknown; no report, no rows."""
    pairs = [Pair(person(n), account(n), (), "") for n in (3, 2, 1)]
    off = Registration(account(2).id, False, False, False, False, frozenset())
    on = Registration(account(1).id, True, False, False, False, frozenset())
    rows = standings(pairs, {account(2).id: off, account(1).id: on}, {}, (), 1)
    assert [(row.account.id, row.today, row.after) for row in rows] == [
        (account(1).id, SHORT, SHORT),
        (account(3).id, UNKNOWN, UNKNOWN),
    ]
    assert not any(row.only_sms_voice for row in rows), "of whom nothing is known nothing is said"
    assert standings(pairs, None, {}, (), 1) == ()


def test_accounts_that_nobody_was_read_for_count_too() -> None:
    """Shares are of all: an account in scope without a person stands as it is, and is marked."""
    rows = {
        account(n).id: Registration(account(n).id, n != 4, False, False, False, frozenset(kinds))
        for n, kinds in ((1, set()), (2, {"email"}), (4, {"email"}))
    }
    pairs = [Pair(person(1), account(1), (), "")]
    strangers = [account(n) for n in (2, 3, 4)]
    found = standings(pairs, rows, {}, [change(Method.EMAIL)], 1, without_person=strangers)
    assert [(row.account.id, row.today, row.after, row.person) for row in found] == [
        (account(1).id, SHORT, ABLE, True),
        (account(2).id, ABLE, ABLE, False),
        (account(3).id, UNKNOWN, UNKNOWN, False),
    ]


def test_who_of_the_accounts_without_person_is_in_scope() -> None:
    """Enabled, synchronised, no guest, chosen, and neither protected, excluded, privileged nor restricted."""
    kinds = [
        account(1),
        account(2),
        replace(account(3), enabled=False),
        replace(account(4), synced=False),
        replace(account(5), guest=True),
        replace(account(6), restricted=True),
        *(account(n) for n in (7, 8, 9)),
    ]
    ids = {n: account(n).id for n in range(1, 10)}
    selection = Selection(None, frozenset(), frozenset({ids[7]}), frozenset({ids[8]}))
    matches = [Match(person(1), account(1))]
    admins = Privileged({ids[9]: "a role"})
    assert [one.id for one in without_person(kinds, matches, Scope(), selection, admins)] == [ids[2]]
    both = without_person(kinds, matches, Scope(privileged=True), selection, admins)
    assert {one.id for one in both} == {ids[2], ids[9]}
    chosen = replace(selection, chosen=frozenset({ids[1]}))
    assert without_person(kinds, matches, Scope(), chosen, admins) == ()

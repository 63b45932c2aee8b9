"""Who may be changed at all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import pytest

from prepop.errors import UsageError
from prepop.model import Account, Action, Change, Method, Person, PersonRef, Policy, Privileged
from prepop.options import MatchBy, Scope
from prepop.reasons import Reason
from prepop.rules.decisions.difference import account_ref
from prepop.rules.decisions.matching import Match, match
from prepop.rules.decisions.scope import (
    Selection,
    find,
    is_named,
    left_out,
    named_accounts,
    refuse_unknown,
    select,
    unknown_names,
)
from tests.rules.decisions.world import account, person

PEOPLE = [person(n) for n in range(5)]
ACCOUNTS = [account(n) for n in range(5)]
MEMBERS = {
    "pilot": frozenset({account(1).id, account(2).id}),
    "board": frozenset({account(2).id, account(3).id}),
    "empty": frozenset[str](),
}


def matched(people: Sequence[Person] = PEOPLE, accounts: Sequence[Account] = ACCOUNTS) -> tuple[Match, ...]:
    """Everybody with their accounts."""
    return match(people, accounts, (MatchBy.ANCHOR, MatchBy.SID))


def chosen(
    scope: Scope,
    users: Sequence[str] = (),
    groups: Sequence[str] = (),
    people: Sequence[Person] = PEOPLE,
    accounts: Sequence[Account] = ACCOUNTS,
) -> list[int]:
    """Which of the people are in scope, by number."""
    matches = matched(people, accounts)
    selection = select(scope, users, groups, matches, accounts, MEMBERS)
    return [number for number, one in enumerate(matches) if selection.has(one)]


def name(number: int) -> str:
    """A UPN in the tenant."""
    return account(number).upn


@pytest.mark.parametrize(
    ("scope", "users", "groups", "who"),
    [
        (Scope(), [], [], [0, 1, 2, 3, 4]),
        (Scope(groups=("pilot",)), [], [], [1, 2]),
        (Scope(groups=("pilot", "board")), [], [], [1, 2, 3]),
        (Scope(groups=("empty",)), [], [], []),
        (Scope(users=(name(0),)), [], [], [0]),
        (Scope(users=(name(0),), groups=("pilot",)), [], [], [0, 1, 2]),
        (Scope(), [name(3)], [], [3]),
        (Scope(), [name(3)], ["pilot"], [1, 2, 3]),
        (Scope(groups=("pilot",)), [name(3)], [], []),
        (Scope(groups=("pilot",)), [name(2)], [], [2]),
        (Scope(groups=("pilot",)), [], ["board"], [2]),
        (Scope(users=(name(0), name(1))), [name(1), name(2)], [], [1]),
        (Scope(users=(name(2),)), [], ["board"], [2]),
    ],
)
def test_the_command_line_narrows_the_scope(
    scope: Scope, users: list[str], groups: list[str], who: list[int]
) -> None:
    """Groups and users of the scope add up; those of the command line take away."""
    assert chosen(scope, users, groups) == who


@pytest.mark.parametrize(
    "written",
    [
        "user3@example.org",
        "USER3@Example.ORG",
        " user3@example.org ",
        account(3).id,
        account(3).id.upper(),
        "user3@corp.example.org",
        "user3",
        "USER3",
        person(3).dn,
        person(3).dn.lower(),
        person(3).guid,
        person(3).anchor,
    ],
)
def test_every_form_of_a_user(written: str) -> None:
    """UPN of the tenant or directory, object id, sAMAccountName, DN, GUID and anchor name the person."""
    assert chosen(Scope(), [written]) == [3]


def test_an_anchor_is_read_as_it_is_written() -> None:
    """Base64 knows upper and lower case, so another spelling of an anchor is another anchor."""
    lettered = replace(person(3), anchor="AbCdEfGhIjKlMnOpQrStUg==")
    with pytest.raises(UsageError):
        chosen(Scope(), ["aBcDeFgHiJkLmNoPqRsTuG=="], people=[lettered], accounts=[])


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_a_blank_user_names_nobody(blank: str) -> None:
    """`--user ""`, an unset variable of a script, is an error and never everybody without an anchor."""
    people = [replace(one, anchor="", guid="", sam="", upn="") for one in PEOPLE]
    accounts = [replace(one, immutable_id="") for one in ACCOUNTS]
    with pytest.raises(UsageError, match="not found"):
        chosen(Scope(), [blank], people=people, accounts=accounts)


def test_an_export_without_object_guid() -> None:
    """If an export holds no objectGUID, naming one person still chooses that person alone."""
    people = [replace(one, guid="") for one in PEOPLE]
    assert chosen(Scope(), ["user3"], people=people) == [3]


def test_a_person_without_account_is_shown() -> None:
    """A person who is named and has no account is in scope, so that the plan says why nothing happens."""
    assert chosen(Scope(), ["user4"], accounts=ACCOUNTS[:4]) == [4]


@pytest.mark.parametrize("scope", [Scope(), Scope(users=("nobody@example.org",))])
def test_all_unknown_users_are_named(scope: Scope) -> None:
    """Users who are not found are an error that names each of them, in config and command line."""
    with pytest.raises(UsageError) as error:
        chosen(scope, ["ghost@example.org", name(1)])
    assert '"ghost@example.org"' in error.value.message
    assert ('"nobody@example.org"' in error.value.message) == bool(scope.users)
    assert name(1) not in error.value.message
    assert error.value.exit_code == 2


def test_a_name_that_two_people_have() -> None:
    """A sAMAccountName of two forests is refused for choosing, and protects both where it protects."""
    people = [*PEOPLE, replace(person(9), sam="user1")]
    accounts = [*ACCOUNTS, account(9)]
    with pytest.raises(UsageError, match='"user1" names 2 people'):
        chosen(Scope(), ["user1"], people=people, accounts=accounts)
    matches = matched(people, accounts)
    selection = select(Scope(protected=("user1",)), (), (), matches, accounts, MEMBERS)
    assert selection.protected == {account(1).id, account(9).id}


def test_one_name_of_two_accounts_of_two_people() -> None:
    """If one person's cloud name is another person's directory name, it is refused."""
    people = [replace(person(0), upn=name(1)), person(1)]
    with pytest.raises(UsageError, match="names 2 people"):
        chosen(Scope(), [name(1)], people=people)


def test_find_names_the_owner_of_an_account() -> None:
    """An object id leads to the person, a DN to the account."""
    by_account = find(account(2).id, matched(), ACCOUNTS)
    assert by_account == find(person(2).dn, matched(), ACCOUNTS)
    assert by_account.accounts == {account(2).id}
    assert len(by_account.people) == 1


@pytest.mark.parametrize("written", ["ADMIN", "cn=admin,dc=example,dc=org"])
def test_a_name_that_only_the_tenant_knows(written: str) -> None:
    """A list of names has no sAMAccountName and no DN; the account has both, and so is protected by them."""
    row = replace(person(1), anchor="", guid="", sid="", dn="", sam="", named_only=True, upn=account(1).upn)
    known = replace(account(1), sam="admin", dn="CN=Admin,DC=example,DC=org")
    matches = match([row], [known], (MatchBy.UPN,))
    assert select(Scope(protected=(written,)), (), (), matches, [known], {}).protected == {known.id}
    assert find(written, matches, [known]).accounts == {known.id}


def test_unknown_names_of_protection() -> None:
    """A protected name that is nobody's is told, since it protects nobody."""
    assert unknown_names([name(1), "typo@example.org", " "], matched(), ACCOUNTS) == ("typo@example.org", " ")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("user3@exmaple.org", "user3@example.org"),
        ("USER3@example.com", "user3@example.org"),
        ("CN=Person 3,OU=Staf,DC=example,DC=org", "CN=Person 3,OU=Staff,DC=example,DC=org"),
        ("nobody@example.org", ""),
        ("someone", ""),
    ],
)
def test_the_likely_spelling(typed: str, meant: str) -> None:
    """A name that fits nobody comes with the one that is near it, as keys do, and never with a stranger's."""
    for protected in (True, False):
        with pytest.raises(UsageError) as error:  # noqa: PT012 - two ways of naming, one way of telling
            if protected:
                refuse_unknown("scope.protected", [name(1), typed], matched(), ACCOUNTS)
            else:
                find(typed, matched(), ACCOUNTS)
        assert f'"{typed}"' in error.value.message
        assert ("did you mean" in error.value.message) == bool(meant)
        assert meant in error.value.message
        assert name(1) not in error.value.message
        assert {typed, meant} <= {*error.value.plain, ""}
        assert ("scope.protected" in error.value.message) is protected


# ---------------------------------------------------------------- precedence

FLAGS = (
    "protected",
    "excluded",
    "role",
    "adminCount",
    "restricted",
    "guest",
    "person-disabled",
    "account-disabled",
)
REASONS = dict(
    zip(
        FLAGS,
        (
            Reason.PROTECTED,
            Reason.EXCLUDED,
            Reason.PRIVILEGED_ROLE,
            Reason.PRIVILEGED_DIRECTORY,
            Reason.RESTRICTED_UNIT,
            Reason.GUEST,
            Reason.PERSON_DISABLED,
            Reason.ACCOUNT_DISABLED,
        ),
        strict=True,
    )
)


def verdict(flags: frozenset[str], scope: Scope, *, inside: bool = True) -> Reason | None:
    """Why an account with these flags is left alone."""
    one = replace(person(1), disabled="person-disabled" in flags, admin_count="adminCount" in flags)
    its = replace(
        account(1),
        guest="guest" in flags,
        enabled="account-disabled" not in flags,
        restricted="restricted" in flags,
    )
    ids = frozenset({its.id})
    selection = Selection(
        None if inside else frozenset(),
        frozenset(),
        ids if "excluded" in flags else frozenset(),
        ids if "protected" in flags else frozenset(),
    )
    roles: Mapping[str, str] = {its.id: "Helpdesk Administrator"} if "role" in flags else {}
    answer = left_out(Match(one, its), scope, selection, Privileged(roles))
    return answer[0] if answer else None


LETS = {
    "role": "privileged",
    "adminCount": "privileged",
    "guest": "guests",
    "person-disabled": "disabled",
    "account-disabled": "disabled",
}


@pytest.mark.parametrize(("privileged", "guests", "disabled"), list(product((False, True), repeat=3)))
def test_the_first_reason_that_applies(privileged: bool, guests: bool, disabled: bool) -> None:
    """Of several reasons the first in this order is told; a reason counts unless the scope lets it pass."""
    scope = Scope(privileged=privileged, guests=guests, disabled=disabled)
    for chosen_flags in product((False, True), repeat=len(FLAGS)):
        flags = frozenset(flag for flag, there in zip(FLAGS, chosen_flags, strict=True) if there)
        counting = [
            flag for flag in FLAGS if flag in flags and not (flag in LETS and getattr(scope, LETS[flag]))
        ]
        assert verdict(flags, scope) == (REASONS[counting[0]] if counting else None), flags
        assert verdict(flags, scope, inside=False) is Reason.OUT_OF_SCOPE


def test_who_has_no_account_is_outside_of_a_pilot() -> None:
    """A person without an account is in no group, and is chosen by name alone."""
    people = [*PEOPLE, person(9)]
    assert chosen(Scope(groups=("pilot",)), people=people) == [1, 2]
    assert chosen(Scope(users=(person(9).upn,)), people=people) == [5]


def test_nothing_lets_protected_and_excluded_pass() -> None:
    """No switch of the scope lets protected or excluded accounts be touched."""
    everything = Scope(privileged=True, guests=True, disabled=True)
    assert verdict(frozenset({"protected"}), everything) is Reason.PROTECTED
    assert verdict(frozenset({"excluded"}), everything) is Reason.EXCLUDED


def test_who_has_no_account_is_told_why() -> None:
    """The reason of the match is kept for a person in scope who has no account."""
    everybody = Selection(None, frozenset(), frozenset(), frozenset())
    none = Match(person(1), None, Reason.MATCH_AMBIGUOUS, "2 people find the same account")
    assert left_out(none, Scope(), everybody, Privileged({})) == (none.reason, none.detail)


@pytest.mark.parametrize(
    ("typed", "bears"),
    [("straße", "strasse"), ("\u212aelvin", "kelvin"), ("\ufb01nn", "finn"), ("ma\u017fon", "mason")],
)
def test_a_name_that_only_folding_makes_equal_names_somebody_else(typed: str, bears: str) -> None:
    """Neither by UPN nor by short name nor by DN is one person taken for the other."""
    sam = replace(person(1), sam=bears, dn=f"CN={bears},DC=x", upn=f"{bears}@x")
    its = replace(account(1), upn=f"{bears}@x", sam=bears, dn=f"CN={bears},DC=x")
    for entry in (typed, f"CN={typed},DC=x", f"{typed}@x"):
        with pytest.raises(UsageError, match="not found"):
            find(entry, matched([sam], [its]), [its])
        assert named_accounts([entry], [], [its]) == frozenset()
    for entry in (bears.upper(), f"cn={bears},dc=X", f"{bears}@X"):
        assert find(entry, matched([sam], [its]), [its]).accounts == {its.id}
        assert named_accounts([entry], [], [its]) == {its.id}


def test_a_change_is_named_as_a_person_is() -> None:
    """By UPN, object id or DN in any case, by anchor as it is written; an empty name means nobody."""
    change = Change(
        id="c",
        action=Action.ADD,
        method=Method.MOBILE,
        account=account_ref(account(1)),
        person=PersonRef(person(1).anchor, ""),
        before=None,
        after="x",
        source="mobile",
        policy=Policy.FILL,
    )
    for entry in (account(1).upn.upper(), account(1).id.upper(), person(1).anchor):
        assert is_named(change, [entry])
        assert named_accounts([entry], [change], []) == {account(1).id}
    for entry in ("", "=", person(1).anchor.swapcase(), account(2).upn):
        assert not is_named(change, [entry])
        assert named_accounts([entry], [change], []) == frozenset()

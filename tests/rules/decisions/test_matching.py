"""Which account belongs to which person."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prepop.model import Account, Person
from prepop.options import MatchBy
from prepop.reasons import Reason
from prepop.rules.decisions.matching import match
from tests.rules.decisions.world import CALM, account, person

ANCHOR, SID, UPN = MatchBy.ANCHOR, MatchBy.SID, MatchBy.UPN
BOTH = (ANCHOR, SID)
ALL = (ANCHOR, SID, UPN)
A, B = account(1), account(2)


def found(people: list[Person], accounts: list[Account], by: tuple[MatchBy, ...] = BOTH) -> list[str]:
    """The account id, or the reason, of each person."""
    answers = match(people, accounts, by)
    assert [one.person for one in answers] == people
    return [one.account.id if one.account else str(one.reason) for one in answers]


CASES = {
    "anchor finds A, sid finds nothing": (person(1), [replace(A, sid="")], BOTH, A.id),
    "anchor finds A, sid finds A": (person(1), [A, B], BOTH, A.id),
    "anchor finds A, sid finds B": (
        person(1),
        [replace(A, sid=B.sid), replace(B, sid=A.sid)],
        BOTH,
        "match-ambiguous",
    ),
    "anchor finds nothing, sid finds A": (person(1), [replace(A, immutable_id="other")], BOTH, A.id),
    "anchor finds A, which bears another sid": (
        person(1),
        [replace(A, sid="S-1-5-21-1-2-3-999")],
        BOTH,
        "match-ambiguous",
    ),
    "anchor finds A, and the config does not look at sids": (
        person(1),
        [replace(A, sid="S-1-5-21-1-2-3-999")],
        (ANCHOR,),
        A.id,
    ),
    "sid finds A, whose anchor is the objectGUID of the person": (
        replace(person(1), anchor=person(9).anchor),
        [A],
        BOTH,
        A.id,
    ),
    "sid finds A, which bears another GUID": (
        person(1),
        [replace(A, immutable_id=person(9).anchor)],
        BOTH,
        "match-ambiguous",
    ),
    "sid finds A, and the config does not look at anchors": (
        person(1),
        [replace(A, immutable_id=person(9).anchor)],
        (SID,),
        A.id,
    ),
    "nothing finds anything": (person(1), [B], BOTH, "no-account"),
    "a person without anchor is found by sid": (replace(person(1), anchor=""), [A], BOTH, A.id),
    "a person without anchor and sid": (replace(person(1), anchor="", sid=""), [A], BOTH, "no-account"),
    "empty keys never meet": (
        replace(person(1), anchor="", sid="", upn=""),
        [replace(A, immutable_id="", sid="", upn="")],
        ALL,
        "no-account",
    ),
    "a list of names finds A by the name": (
        replace(person(1), anchor="", guid="", sid="", dn="", named_only=True, upn="USER1@example.org"),
        [A, B],
        ALL,
        A.id,
    ),
    "a list of names, and no name in the scope": (
        replace(person(1), anchor="", guid="", sid="", named_only=True, upn="user1@example.org"),
        [A],
        BOTH,
        "no-account",
    ),
    "a list of names whose SID the account does not bear": (
        replace(person(1), anchor="", guid="", sid=B.sid, named_only=True, upn="user1@example.org"),
        [A],
        (UPN,),
        "match-ambiguous",
    ),
    "a list of names whose SID finds another account": (
        replace(person(1), anchor="", guid="", sid=B.sid, named_only=True, upn="user1@example.org"),
        [A, B],
        ALL,
        "match-ambiguous",
    ),
    "a list of names whose SID the account bears": (
        replace(person(1), anchor="", guid="", named_only=True, upn="user1@example.org"),
        [A],
        ALL,
        A.id,
    ),
    "a list that holds an anchor, which is not the account's": (
        replace(person(9), sid="", upn="user1@example.org"),
        [A],
        (UPN,),
        "match-ambiguous",
    ),
    "two accounts bear the anchor": (
        person(1),
        [A, replace(B, immutable_id=A.immutable_id)],
        BOTH,
        "match-ambiguous",
    ),
    "two accounts bear the sid, the anchor finds one": (
        person(1),
        [A, replace(B, sid=A.sid)],
        BOTH,
        "match-ambiguous",
    ),
    "upn alone finds a cloud account without anchor": (
        person(1),
        [replace(A, immutable_id="", sid="", upn="USER1@corp.example.ORG")],
        ALL,
        A.id,
    ),
    "upn finds an account that bears another anchor": (
        person(1),
        [replace(A, immutable_id="other", sid="", upn="user1@corp.example.org")],
        ALL,
        "match-ambiguous",
    ),
    "upn finds an account that bears another sid": (
        person(1),
        [replace(A, immutable_id="", sid="S-1-5-21-1-2-3-999", upn="user1@corp.example.org")],
        ALL,
        "match-ambiguous",
    ),
    "upn is not asked unless the config says so": (
        person(1),
        [replace(A, immutable_id="", sid="", upn="user1@corp.example.org")],
        BOTH,
        "no-account",
    ),
    "upn finds another account than the anchor": (
        person(1),
        [A, replace(B, upn="user1@corp.example.org")],
        ALL,
        "match-ambiguous",
    ),
    "sid is not asked unless the config says so": (
        person(1),
        [replace(A, immutable_id="other")],
        (ANCHOR,),
        "no-account",
    ),
}


@pytest.mark.parametrize(("who", "accounts", "by", "answer"), CASES.values(), ids=CASES)
def test_one_person(who: Person, accounts: list[Account], by: tuple[MatchBy, ...], answer: str) -> None:
    """Each line of the table is answered as it says, in either order of accounts."""
    assert found([who], accounts, by) == [answer]
    assert found([who], accounts[::-1], by) == [answer]


CLOUD = replace(A, immutable_id="", sid="", upn="user1@corp.example.org")
"""A cloud-only account that bears the name of person 1."""


def test_a_person_without_sid_is_found_by_anchor() -> None:
    """A security identifier that the directory does not show is held against nobody whose anchor fits."""
    assert found([replace(person(1), sid="")], [A]) == [A.id]
    assert found([person(1)], [replace(A, sid="")]) == [A.id]


def test_a_mere_name_gives_no_account_that_bears_a_sid() -> None:
    """A name alone does not prove that the account's security identifier is the person's."""
    unseen = replace(person(1), anchor="", sid="")
    assert found([unseen], [replace(CLOUD, sid=A.sid)], ALL) == ["match-ambiguous"]
    assert found([unseen], [CLOUD], ALL) == [A.id]


def test_a_name_that_two_people_bear_finds_nobody() -> None:
    """Also where one of them has another account by a better key: the other gets no cloud-only account."""
    elsewhere = replace(person(2), upn=person(1).upn)
    nowhere = replace(person(1), anchor="", sid="")
    for people in ([nowhere, elsewhere], [elsewhere, nowhere]):
        assert found(people, [CLOUD, B], ALL) == ["match-ambiguous"] * 2
    assert found([nowhere, replace(person(3), upn=nowhere.upn.upper())], [CLOUD], ALL) == [
        "match-ambiguous",
        "match-ambiguous",
    ]
    assert found([nowhere, person(2)], [CLOUD, B], ALL) == [A.id, B.id]


def test_a_name_that_two_people_bear_takes_nothing_from_their_better_keys() -> None:
    """Two entries with one name, each with an account of its own by anchor, keep them."""
    assert found([person(1), replace(person(2), upn=person(1).upn)], [A, B], ALL) == [A.id, B.id]


def test_a_name_is_enough_for_an_account_that_bears_the_persons_own_keys() -> None:
    """Where only names are asked, an anchor and a security identifier that fit speak for the account."""
    mine = replace(A, upn=person(1).upn)
    for theirs in (mine, replace(mine, sid=""), replace(mine, immutable_id="")):
        assert found([person(1)], [theirs], (UPN,)) == [A.id]


def test_an_anchor_of_another_kind_tells_nothing() -> None:
    """A tenant whose anchor is no GUID: what stands there is not held against the SID."""
    for text in ("4711", f"*{B.immutable_id}", "not base64 at all"):
        assert found([person(1)], [replace(A, immutable_id=text)]) == [A.id]
    assert found([person(1)], [replace(A, immutable_id=B.immutable_id)]) == ["match-ambiguous"]


def test_a_name_yields_to_a_better_key() -> None:
    """An account that somebody's anchor or SID finds is nobody's by name, whatever the order of keys."""
    owner, bearer = person(1), replace(person(7), upn="boss@example.org", anchor="", sid="")
    for account_ in (replace(A, upn=bearer.upn), replace(A, upn=bearer.upn, immutable_id="")):
        for by in (ALL, (UPN, ANCHOR, SID), (UPN, SID, ANCHOR)):
            assert found([owner, bearer], [account_], by) == [A.id, "match-ambiguous"]
            assert found([bearer, owner], [account_], by) == ["match-ambiguous", A.id]


def test_a_name_asked_first_takes_nothing_from_a_better_key() -> None:
    """The order in `scope.match` does not make a mere name of an anchor that fits."""
    mine = replace(A, upn=person(1).upn, sid="S-1-5-21-1-2-3-999")
    assert found([person(1)], [mine], (UPN, ANCHOR)) == found([person(1)], [mine], (ANCHOR, UPN)) == [A.id]


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("straße@example.org", "strasse@example.org"),
        ("\u212aelvin@example.org", "kelvin@example.org"),
        ("\ufb01nn@example.org", "finn@example.org"),
        ("ma\u017fon@example.org", "mason@example.org"),
        ("MÜLLER@example.org", "müller@example.org"),
    ],
)
def test_names_are_the_same_but_for_the_case_of_ascii_letters(here: str, there: str) -> None:
    """What Unicode calls equal without regard to case may be two people."""
    who = replace(person(1), anchor="", sid="", upn=here)
    assert found([who], [replace(CLOUD, upn=there)], ALL) == ["no-account"]
    assert found([who], [replace(CLOUD, upn=here)], ALL) == [A.id]
    twin = replace(person(2), anchor="", sid="", upn=there)
    both = [replace(CLOUD, upn=here), replace(B, immutable_id="", sid="", upn=there)]
    assert found([who, twin], both, ALL) == [A.id, B.id]


def test_two_people_with_one_anchor() -> None:
    """Two people with one anchor are both left alone; a third person is not."""
    twin = replace(person(2), anchor=person(1).anchor)
    assert found([person(1), twin, person(3)], [A, B, account(3)]) == [
        "match-ambiguous",
        "match-ambiguous",
        account(3).id,
    ]


def test_two_people_find_one_account() -> None:
    """An account that one person finds by anchor and another by SID belongs to neither."""
    other = replace(person(2), sid=A.sid)
    assert found([replace(person(1), sid=""), other], [A]) == ["match-ambiguous"] * 2


def test_a_contradiction_taints_both_accounts() -> None:
    """If a person's anchor finds B and the SID finds A, the person who finds A by anchor is in doubt too."""
    torn = replace(person(2), sid=A.sid)
    assert found([replace(person(1), sid=""), torn], [A, B]) == ["match-ambiguous"] * 2


def test_a_person_renamed_to_anothers_name() -> None:
    """Who takes somebody's UPN neither gets the account nor keeps its owner from it."""
    mine = replace(A, upn="boss@example.org")
    thief = replace(person(7), upn="boss@example.org")
    assert found([person(1), thief], [mine], ALL) == [A.id, "match-ambiguous"]


def test_anothers_anchor_written_on_a_fresh_person() -> None:
    """Who may write mS-DS-ConsistencyGuid gets nobody's account by it, also where the owner is not read."""
    planted = replace(person(7), anchor=A.immutable_id)
    assert found([planted], [A]) == ["match-ambiguous"]
    assert found([person(1), planted], [A]) == ["match-ambiguous"] * 2


def test_a_copy_of_a_domain() -> None:
    """A person made in a copied domain has the SID of somebody made in the real one, and not the account."""
    copied = replace(person(7), sid=A.sid)
    assert found([copied], [A]) == ["match-ambiguous"]


def test_no_account_says_whether_an_anchor_is_missing() -> None:
    """A person without a readable anchor is told so."""
    (answer,) = match([replace(person(1), anchor="", sid="")], [A], BOTH)
    assert (answer.reason, answer.detail) == (Reason.NO_ACCOUNT, "the person has no readable anchor")


def test_two_people_with_one_anchor_are_both_left_alone() -> None:
    """Also where each has an account of their own by another key: one of the two entries is a copy."""
    twins = [replace(person(n), anchor=person(7).anchor) for n in (1, 2)]
    accounts = [replace(one, immutable_id="") for one in (A, B)]
    assert found(twins, accounts) == ["match-ambiguous"] * 2
    assert found(twins[:1], accounts) == [A.id]


SMALL = st.sampled_from(["", "x", "y", "z"])
PEOPLE = st.lists(st.tuples(SMALL, SMALL, SMALL), max_size=5)
ACCOUNTS = st.lists(st.tuples(SMALL, SMALL, SMALL), max_size=5)


@CALM
@given(PEOPLE, ACCOUNTS, st.permutations(ALL))
@example([("y", "", "y")], [("y", "", ""), ("y", "", "y")], [SID, UPN, ANCHOR])
def test_order_does_not_matter(
    keys: list[tuple[str, str, str]],
    others: list[tuple[str, str, str]],
    by: list[MatchBy],
) -> None:
    """Each person gets the same account whatever the order of people and accounts; no account goes twice."""
    people = [
        replace(person(n), anchor=anchor, sid=sid, upn=upn) for n, (anchor, sid, upn) in enumerate(keys)
    ]
    accounts = [
        replace(account(n), immutable_id=anchor, sid=sid, upn=upn)
        for n, (anchor, sid, upn) in enumerate(others)
    ]
    straight = {one.person.dn: one for one in match(people, accounts, by)}
    turned = {one.person.dn: one for one in match(people[::-1], accounts[::-1], by)}
    assert straight == turned
    taken = [one.account.id for one in straight.values() if one.account]
    assert len(taken) == len(set(taken))
    for one in straight.values():
        assert (one.account is None) == (one.reason is not None)
        if one.account is not None:
            shared = [
                key
                for key, other in (
                    (one.person.anchor, one.account.immutable_id),
                    (one.person.sid, one.account.sid),
                    (one.person.upn, one.account.upn),
                )
                if key and key == other
            ]
            assert shared, "an account was taken that shares no key with the person"


def test_two_rows_with_one_name() -> None:
    """Two rows of a list with one name: nobody; a row and a person whose account it is: not the row."""
    row = replace(person(1), anchor="", guid="", sid="", dn="", named_only=True, upn="user1@example.org")
    other = replace(row, upn="User1@Example.org")
    assert found([row, other], [A], ALL) == ["match-ambiguous"] * 2
    assert found([row, person(1)], [A], ALL) == ["match-ambiguous", A.id]


def test_why_a_row_of_a_list_finds_nobody() -> None:
    """A row without a name, and a name that nobody has, each say so."""
    row = replace(person(1), anchor="", guid="", sid="", dn="", named_only=True, upn="x@example.org")
    told = [one.detail for one in match([row, replace(row, upn="")], [A], ALL)]
    assert told == ["no account has this user principal name", "there is no user principal name"]

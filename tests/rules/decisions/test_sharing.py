"""Who shares a value, also with somebody whose text cannot be read."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepop.model import Family, Method, Person
from prepop.options import Extension, MappingRules, MethodRule, Region, Trust
from prepop.reasons import Reason
from prepop.rules.decisions.sharing import holdings, shared, value_key
from tests.rules.decisions.world import CALM, account, facts, mobiles, person, planned, reading, rules
from tests.rules.values.numbers import any_text

RULES = MappingRules(
    Region(("c",)),
    (
        MethodRule(Method.MOBILE, ("mobile", "otherMobile")),
        MethodRule(Method.OFFICE, ("telephoneNumber",)),
        MethodRule(Method.EMAIL, ("extensionAttribute1",)),
    ),
)
NUMBER = value_key(Method.MOBILE, "+44 7911123456")
ADDRESS = value_key(Method.EMAIL, "jane@example.org")


def somebody(country: str = "", **values: Sequence[str]) -> Person:
    """A person with these attributes, whose country is known where it is given."""
    held = {name.lower(): tuple(texts) for name, texts in values.items()}
    return Person("corp", "CN=J,DC=x", "", "", values=held | ({"c": (country,)} if country else {}))


FIRST = somebody("GB", mobile=["07911 123456"])


@pytest.mark.parametrize(
    "text",
    [
        "07911 123456",  # no country is known for this person
        "7911 123456",
        "07911 123456 (ask Jane)",
        "07911/123456 und 07922 654321",
        "07922 654321 / 07911 123456",
        "+44 7922 654321; +44 (0)7911-123456",
        "07922654321\n07911123456",
        "0791112345607922654321",
        "0792265432107911123456",
        "0792265432107911123456079226543210",
        "home 07911 123456, work 020 7946 0018",
        "\u0660\u0667\u0669\u0661\u0661 \u0661\u0662\u0663\u0664\u0665\u0666",
        "+44 44 07911 123456 or so",
    ],
)
@pytest.mark.parametrize("attribute", ["mobile", "otherMobile", "telephoneNumber"])
def test_who_holds_a_number_in_a_text_that_cannot_be_read_shares_it(text: str, attribute: str) -> None:
    """Without a country, with a note, beside a second number: nobody gets the number."""
    other = somebody("", **{attribute: [text]})
    for people in ([FIRST, other], [other, FIRST]):
        assert shared(people, RULES, 1) == {NUMBER: 2}
        assert shared(people, RULES, 2) == {}


@pytest.mark.parametrize(
    "text",
    ["", "ask me", "07911 12345", "07911 123457 (ask Jane)", "123456", "07911", "+44 7911 12 (34) 5"],
)
def test_other_digits_share_nothing(text: str) -> None:
    """A text that cannot be read and has other digits, or a part of them, stands in nobody's way."""
    assert shared([FIRST, somebody(mobile=[text])], RULES, 1) == {}


def test_one_person_holds_a_number_once() -> None:
    """Their own number beside it in a text that cannot be read makes nobody a second holder."""
    again = somebody("GB", mobile=["07911 123456"], otherMobile=["07911 123456 (or 07922 654321)"])
    assert shared([again], RULES, 1) == {}
    assert shared([again, somebody(mobile=["7911123456 x"], otherMobile=["07911123456"])], RULES, 1) == {
        NUMBER: 2
    }


def test_extensions_that_are_kept_stay_apart() -> None:
    """The line of a company in a text that cannot be read shares no number with an extension."""
    keep = MappingRules(Region(), (MethodRule(Method.OFFICE, ("tel",), extension=Extension.KEEP),))
    people = [somebody(tel=["+1 206 342 0100 x12"]), somebody(tel=["206 342 0100 x13 and so on"])]
    assert shared(people, keep, 1) == {}


@pytest.mark.parametrize(
    "text",
    [
        "jane@example.org; bob@example.org",
        "jane@example.org (private)",
        "Bob <bob@example.org>, Jane <JANE@EXAMPLE.ORG>",
        "mail: bob@example.org or jane@example.org",
    ],
)
def test_an_address_among_others_is_held(text: str) -> None:
    """One of several addresses in a text, or one with a note, is that address."""
    first = somebody(extensionAttribute1=["Jane@example.org"])
    assert shared([first, somebody(extensionAttribute1=[text])], RULES, 1) == {ADDRESS: 2}


def test_a_number_that_somebody_unreadable_has_is_left_alone() -> None:
    """The whole way: the first holder is not given the number."""
    number = mobiles()[0]
    _, _, national = number.partition(" ")
    texts = [number, f"{national} (reception)", mobiles()[1]]
    people = [person(place, mobile=text) for place, text in enumerate(texts, 1)]
    given_ = facts(
        people,
        reading([account(n) for n in (1, 2, 3)]),
        rules(),
        trust=Trust(shared_value_max=1),
    )
    _, decided = planned(given_)
    assert [one.account.id for one in decided.changes] == [account(3).id]
    (why,) = [alone for alone in decided.left_alone if alone.evidence.normal == number]
    assert (why.reason, why.detail) == (Reason.VALUE_SHARED, "2 people have it")


@CALM
@given(st.lists(st.lists(any_text, max_size=2), max_size=4))
def test_any_texts_in_any_order(texts: list[list[str]]) -> None:
    """Whatever people hold, counting ends, and the order of people decides nothing."""
    people = [somebody("GB", mobile=held, extensionAttribute1=held) for held in texts]
    counted = shared(people, RULES, 1)
    assert counted == shared(people[::-1], RULES, 1)
    for (family, _), count in counted.items():
        assert family in Family
        assert 1 < count <= len(people)
    for one in people:
        assert all(key for _, key in holdings(one, RULES).values)

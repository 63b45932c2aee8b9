"""Whose row it is: the one person's whose attribute is the same text; in doubt nobody's."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepop.model import Joining, Person
from prepop.rules.extras.joining import Fit, JoinedPeople, join
from prepop.rules.extras.keys import compared, masked, one_form, without_zeros
from prepop.rules.extras.telling import facts, sentence
from tests.rules.decisions.world import CALM, person
from tests.rules.extras.made import MAIL, hr, row, staff


def got(joined: JoinedPeople) -> list[str]:
    """What each person was given."""
    return ["".join(one.values.get(f"hr:{MAIL}", ())) for one in joined.people]


def how(joined: JoinedPeople) -> list[Joining]:
    """What the file says of each person."""
    return [one.extras["hr"].how for one in joined.people]


def fit_of(joined: JoinedPeople) -> Fit:
    """The only file's."""
    (fit,) = joined.fits
    return fit


def test_a_row_and_its_person() -> None:
    """Blanks around and case aside, the same text; the row's number and file are kept."""
    joined = join(
        staff("E-417", "e-418", ""), [hr([row(2, " e-417 ", "a@x.org"), row(3, "E-419", "c@x.org")])]
    )
    assert got(joined) == ["a@x.org", "", ""]
    assert how(joined) == [Joining.ROW, Joining.NO_ROW, Joining.NO_KEY]
    assert (joined.people[0].extras["hr"].row, joined.people[0].extras["hr"].file) == (2, "hr-export.csv")
    fit = fit_of(joined)
    assert (fit.rows, fit.people, fit.fitting, fit.people_alone, fit.keyless, fit.rows_alone) == (
        2,
        3,
        1,
        1,
        1,
        1,
    )


@pytest.mark.parametrize(
    ("people", "keys", "given"),
    [
        (["1", "2"], ["1", "1", "2"], ["", "b"]),
        (["1", "1", "2"], ["1", "2"], ["", "", "b"]),
        (["E1", "e1"], ["E1"], ["", ""]),
        (["1", "1"], ["1", "1"], ["", ""]),
    ],
    ids=["two rows", "two people", "two but for case", "two of both"],
)
def test_a_key_that_is_not_one_persons(people: list[str], keys: list[str], given: list[str]) -> None:
    """Nobody with such a key gets anything; the others are not concerned."""
    joined = join(
        staff(*people),
        [hr([row(at + 2, key, key.replace("2", "b") + "@x.org") for at, key in enumerate(keys)])],
    )
    assert [text.removesuffix("@x.org") for text in got(joined)] == given
    several = [one for one in joined.people if one.extras["hr"].how is Joining.SEVERAL]
    assert len(several) == given.count("") == fit_of(joined).several
    assert all(one.extras["hr"].why and one.extras["hr"].row is None for one in several)


def test_which_rows_it_is_about() -> None:
    """The reason names rows, never the key."""
    two_rows = join(staff("4711"), [hr([row(3, "4711", "a@x.org"), row(9, "4711", "b@x.org")])])
    assert two_rows.people[0].extras["hr"].why == "rows 3, 9 of hr-export.csv have this person's key"
    two_people = join(staff("4711", "4711"), [hr([row(3, "4711", "a@x.org")])])
    assert two_people.people[0].extras["hr"].why == "2 people have the key of row 3 of hr-export.csv"


@pytest.mark.parametrize(
    ("people", "keys", "fits"),
    [
        (["00417", "12345"], ["417", "12345"], True),
        (["417", "12345"], ["00417", "12345"], True),
        (["00417", "00418"], ["000417", "000418"], True),
        (["00417", "418"], ["417", "418"], False),
        (["417", "418"], ["00417", "418"], False),
        (["00417", "00418"], ["417", "0418"], False),
        (["0417", "00418"], ["417", "418"], False),
        (["E00417"], ["E417"], False),
    ],
    ids=[
        "bare file",
        "padded file",
        "two lengths",
        "mixed people",
        "mixed file",
        "one length",
        "lengths",
        "letters",
    ],
)
def test_leading_zeros(people: list[str], keys: list[str], fits: bool) -> None:
    """Leading zeros say nothing only where each side writes its numbers in one form throughout."""
    joined = join(staff(*people), [hr([row(at + 2, key, "a@x.org") for at, key in enumerate(keys)])])
    fit = fit_of(joined)
    assert (joined.people[0].extras["hr"].how is Joining.ROW) is fits
    if not fits and people[0].isdigit():
        assert fit.by_zeros >= 1
        assert fit.rows_alone == 0


def test_the_same_number_in_both_forms_is_nobodys() -> None:
    """00417 and 417 in one file may be one person's two rows, and on two people one number's two holders."""
    assert got(join(staff("00417"), [hr([row(2, "00417", "a@x.org"), row(3, "417", "b@x.org")])])) == [""]
    assert got(join(staff("00417", "417"), [hr([row(2, "417", "a@x.org")])])) == ["", ""]


@pytest.mark.parametrize(
    "attribute", ["userPrincipalName", "sAMAccountName", "objectGUID", "MAIL", "employeeNumber"]
)
def test_any_attribute(attribute: str) -> None:
    """Identities that each person has need not be asked for; any other attribute is compared as it is."""
    one = replace(person(1), values={"mail": ("Jane@Corp.example",), "employeenumber": ("77",)})
    keys = {
        "userPrincipalName": one.upn.upper(), "sAMAccountName": one.sam, "MAIL": "jane@corp.example",
        "objectGUID": "{" + one.guid.upper() + "}", "employeeNumber": "77",
    }  # fmt: skip
    assert got(join([one], [hr([row(2, keys[attribute], "a@x.org")], attribute)])) == ["a@x.org"]


def test_spellings_of_a_guid() -> None:
    """In braces or not, in either case; what only looks like one is compared as it is."""
    one = person(1)
    for key in (one.guid.upper(), "{" + one.guid + "}", f" {one.guid} "):
        assert how(join([one], [hr([row(2, key, "a@x.org")], "objectGUID")])) == [Joining.ROW]
    assert how(join([one], [hr([row(2, one.guid[:-1], "a@x.org")], "objectGUID")])) == [Joining.NO_ROW]


def test_three_examples_are_enough() -> None:
    """However many stand alone, three of each are named."""
    fit = fit_of(join(staff(*"ABCDE"), [hr([row(at, f"X{at}") for at in range(2, 8)])]))
    assert (fit.people_alone, len(fit.example_people)) == (5, 3)
    assert (fit.rows_alone, len(fit.example_rows)) == (6, 3)


def test_a_person_with_several_keys() -> None:
    """Which of them is meant is not known."""
    one = replace(person(1), values={"employeeid": ("1", "2")})
    assert how(join([one], [hr([row(2, "1", "a@x.org")])])) == [Joining.SEVERAL]
    assert how(join([one], [hr([row(2, "9", "a@x.org")])])) == [Joining.NO_ROW]
    same = replace(one, values={"employeeid": ("E1", " e1 ")})
    assert how(join([same], [hr([row(2, "E1", "a@x.org")])])) == [Joining.ROW]


def test_two_files_side_by_side() -> None:
    """Each file adds what it holds; a row of one says nothing of the other."""
    joined = join(staff("1"), [hr([row(2, "1", "a@x.org")]), hr([row(5, "2", "b@x.org")], name="Pay")])
    (one,) = joined.people
    assert one.values == {"employeeid": ("1",), f"hr:{MAIL}": ("a@x.org",)}
    assert one.extras["pay"].how is Joining.NO_ROW
    assert [other.values for other in joined.beside] == [{f"pay:{MAIL}": ("b@x.org",)}]


def test_rows_of_nobody_still_hold_values() -> None:
    """What stands in rows that nobody was given is somebody's: it counts for what strangers share."""
    rows = [row(2, "1", "a@x.org"), row(3, "", "b@x.org"), row(4, "9", "c@x.org"), row(5, "8")]
    joined = join(staff("1"), [hr(rows)])
    assert [one.values[f"hr:{MAIL}"] for one in joined.beside] == [("b@x.org",), ("c@x.org",)]
    assert not any(one.identity for one in joined.beside)


def test_what_is_told_is_masked() -> None:
    """Counts and examples, and of an example no more than tells it apart."""
    rows = [row(2, "10001", "a@x.org"), row(3, "10007"), row(4, "")]
    joined = join(staff("10001", "10002", "", "10009", "10009"), [hr([*rows, row(5, "10009")])])
    assert facts(fit_of(joined)) == {
        "joined by": "Personnel no. = employeeID",
        "people with a row": "1 of 5",
        "people without a row": "1 (such as u•••@corp.example.org)",
        "people without employeeID": "1",
        "rows without a person": "1 (such as row 3: •••07)",
        "rows without a key": "1",
        "people whose key is not theirs alone": "2",
    }
    assert sentence(fit_of(joined)).startswith(
        "Personnel no. fits employeeID in 1 of 4 rows (people with a row: "
    )
    assert [masked(key) for key in ("1234", "12345", "")] == ["••••", "•••45", ""]


KEYS = st.sampled_from(["", "1", "01", "001", "2", "02", "10", "010", "E1", "e1", "417", "00417", "00418"])


@CALM
@given(st.lists(KEYS, max_size=7), st.lists(KEYS, max_size=7), st.randoms())
def test_properties(people: list[str], keys: list[str], dice: object) -> None:
    """Whatever the keys: nobody gets a value of a row whose key is not theirs, no row is given twice, and the
    order of rows and people changes nothing."""
    rows = [row(at + 2, key, f"p{at}@x.org") for at, key in enumerate(keys)]
    joined = join(staff(*people), [hr(rows)])
    given = Counter(text for text in got(joined) if text)
    assert all(count == 1 for count in given.values())
    by_mail = {f"p{at}@x.org": key for at, key in enumerate(keys)}
    for key, text in zip(people, got(joined), strict=True):
        if text:
            assert without_zeros(compared(by_mail[text])) == without_zeros(compared(key))
            if compared(by_mail[text]) != compared(key):
                assert one_form(map(compared, filter(None, keys)))
                assert one_form(map(compared, filter(None, people)))
    shuffled, order = list(rows), list(range(len(people)))
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    dice.shuffle(order)  # type: ignore[attr-defined]
    everybody = staff(*people)
    again = join([everybody[at] for at in order], [hr(shuffled)])
    assert _by_name(joined.people) == _by_name(again.people)
    fit = fit_of(joined)
    assert fit.fitting + fit.people_alone + fit.keyless + fit.several == fit.people
    assert fit.fitting + len(joined.beside) == fit.rows


def _by_name(people: tuple[Person, ...]) -> dict[str, object]:
    return {one.sam: (one.values, one.extras["hr"].how, one.extras["hr"].row) for one in people}


@CALM
@given(st.lists(st.integers(1, 6).map(str), max_size=6), st.lists(st.integers(1, 6).map(str), max_size=6))
def test_the_order_of_files(first: list[str], second: list[str]) -> None:
    """What two files give does not depend on which is read first."""
    one = hr([row(at + 2, key, f"a{at}@x.org") for at, key in enumerate(first)])
    other = hr([row(at + 2, key, f"b{at}@x.org") for at, key in enumerate(second)], name="pay")
    people = staff("1", "2", "3")
    forth, back = join(people, [one, other]), join(people, [other, one])
    assert forth.people == back.people

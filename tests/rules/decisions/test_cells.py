"""Values of extra files: what a column gives a person, and what it leaves alone."""

from dataclasses import replace

import pytest

from prepop.model import CellKind, Joined, Joining, Method, Person, Unusable, Usable, Wanted
from prepop.options import MappingRules, MethodRule, Region, Remove, Trust
from prepop.reasons import Reason
from prepop.rules.decisions.cells import only_reading, place_of
from prepop.rules.decisions.mapping import region_of, wanted
from prepop.rules.decisions.sharing import shared
from tests.rules.decisions.world import person


def with_cell(
    text: str,
    kind: CellKind | None = None,
    how: Joining = Joining.ROW,
    column: str = "mobile",
    country: str = "GB",
) -> Person:
    """Somebody whose row 12 has this in a column."""
    kinds = {column: kind} if kind else {}
    row = 12 if how is Joining.ROW else None
    values = {"c": (country,)} if country else {}
    if text:
        values[f"hr:{column}"] = (text,)
    said = Joined(
        "hr.xlsx", "No.", "employeeID", how, row, kinds, "rows 3, 9 of hr.xlsx have this person's key"
    )
    return replace(person(1), values=values, extras={"hr": said})


def made(one: Person, method: Method = Method.MOBILE, *attributes: str) -> Wanted:
    """What a mapping of that column makes of it."""
    names = attributes or ("hr:Mobile" if method is Method.MOBILE else "hr:Mail",)
    rules = MappingRules(Region(("c",)), (MethodRule(method, names, remove=Remove.OWN),))
    (answer,) = wanted(one, None, rules, Trust(), frozenset())
    return answer


def test_text_is_text() -> None:
    """A column is an attribute: its text is read as any other, and `from` names it as the mapping does."""
    result = made(with_cell("07911 123456")).result
    assert isinstance(result, Usable)
    assert (result.value, result.attribute) == ("+44 7911123456", "hr:Mobile")
    assert place_of(with_cell("x"), "HR:Mobile") == "hr.xlsx, row 12, column Mobile"
    assert place_of(with_cell("x"), "mobile") == ""


@pytest.mark.parametrize(
    ("digits", "region", "read"),
    [
        ("447911123456", "GB", "447911123456"),
        ("7911123456", "GB", "7911123456"),
        ("15124815793", "DE", None),
        ("4915124815793", "DE", "4915124815793"),
        ("2064478123", "US", "2064478123"),
        ("12064478123", "US", "12064478123"),
        ("33612345678", "GB", None),
        ("447911123456", None, None),
        ("33312345678", "IT", None),
        ("417", "GB", None),
    ],
)
def test_a_number_cell(digits: str, region: str | None, read: str | None) -> None:
    """A number has lost a plus or zeros: it is read where country code and length leave one reading, and that
    one is of the person's own country.
    """
    assert only_reading(digits, region) == read


def test_a_number_cell_in_a_mapping() -> None:
    """One reading is taken and noted; several are left alone with what to do."""
    result = made(with_cell("447911123456", CellKind.NUMBER)).result
    assert isinstance(result, Usable)
    assert (result.value, result.raw) == ("+44 7911123456", "447911123456")
    assert "the cell is a number, and has one reading" in result.notes
    left = made(with_cell("447911123456", CellKind.NUMBER, country="")).result
    assert isinstance(left, Unusable)
    assert (left.reason, left.detail) == (
        Reason.PHONE_UNREADABLE, "the cell is a number; format the column as text",
    )  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in CellKind if kind is not CellKind.NUMBER])
@pytest.mark.parametrize("text", ["+44 7911 123456", ""])
def test_another_cell_is_left_alone(kind: CellKind, text: str) -> None:
    """A date, a formula, an error, a merged cell has no value, whatever shows there; and is no absence."""
    phone = made(with_cell(text, kind)).result
    assert isinstance(phone, Unusable)
    assert (phone.reason, phone.detail, phone.raw) == (Reason.PHONE_UNREADABLE, kind.value, text)
    assert not phone.nothing_there
    mail = made(with_cell("a@example.org", kind, column="mail"), Method.EMAIL).result
    assert isinstance(mail, Unusable)
    assert (mail.reason, mail.detail) == (Reason.EMAIL_INVALID, kind.value)


def test_a_key_of_several_gives_nothing() -> None:
    """key-several with the rows it is about; another attribute may still have a value."""
    one = with_cell("", how=Joining.SEVERAL)
    left = made(one).result
    assert isinstance(left, Unusable)
    assert (left.reason, left.detail) == (Reason.KEY_SEVERAL, "rows 3, 9 of hr.xlsx have this person's key")
    both = replace(one, values={**one.values, "mobile": ("+44 7911 123456",)})
    assert isinstance(made(both, Method.MOBILE, "hr:Mobile", "mobile").result, Usable)


@pytest.mark.parametrize(
    ("one", "gone"),
    [
        (with_cell(""), True),
        (with_cell("", how=Joining.NO_ROW), True),
        (with_cell("", how=Joining.NO_KEY), False),
        (with_cell("", how=Joining.SEVERAL), False),
        (with_cell("", CellKind.ERROR), False),
        (with_cell("", CellKind.FORMULA), False),
    ],
    ids=["an empty cell", "no row", "no key", "a key of several", "an error", "a formula"],
)
def test_what_takes_a_value_away(one: Person, gone: bool) -> None:
    """remove = "own" follows a file that says there is no value, and none that could not say."""
    want = made(one)
    assert isinstance(want.result, Unusable)
    assert want.result.nothing_there is gone


@pytest.mark.parametrize("kind", [CellKind.ERROR, CellKind.FORMULA, CellKind.MERGED])
def test_a_country_that_cannot_be_read(kind: CellKind) -> None:
    """A country that stands there and cannot be read is not no country: no other is taken for it."""
    one = with_cell("DE", kind, column="land", country="")
    region, why = region_of(one, Region(("hr:Land",), default="GB"))
    assert (region, why) == (None, f"hr:Land: {kind}")
    assert (
        region_of(with_cell("DE", column="land", country=""), Region(("hr:Land",), default="GB"))[0] == "DE"
    )


def test_values_are_shared_across_directory_and_files() -> None:
    """A number in somebody's attribute and in a stranger's row is two people's."""
    rules = MappingRules(Region(), (MethodRule(Method.MOBILE, ("mobile", "hr:Mobile")),))
    one = replace(person(1), values={"mobile": ("+44 7911 123456",)})
    row = Person("hr", "", "", "", values={"hr:mobile": ("+447911123456",)})
    assert list(shared([one, row], rules, 1).values()) == [2]
    assert shared([one], rules, 1) == {}

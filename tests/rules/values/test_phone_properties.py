"""Phone numbers: what holds for every text, and a second engine as witness."""

import random
import re
from types import ModuleType

import phonenumbers
import rphonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, ValidationResult
from phonenumbers.phonenumberutil import _maybe_strip_national_prefix_carrier_code, _test_number_length

from prepop.model import Method
from prepop.reasons import Reason
from prepop.rules.values import phones
from prepop.rules.values.keys import PhoneNumber, Rejected, comparison_key, phone
from prepop.rules.values.phones import doubts
from prepop.rules.values.phones.plans import Kind, place, plan_of_region
from tests.bench.values.countries import neighbours
from tests.bench.values.drawing import draw
from tests.bench.values.spellings import forms, ordinary
from tests.rules.values.numbers import REGIONS, any_number, any_text, examples, placeholder, spellings

_OF_LIBRARY = phonenumbers.PhoneNumberType
KINDS = {
    _OF_LIBRARY.MOBILE: Kind.MOBILE,
    _OF_LIBRARY.FIXED_LINE: Kind.FIXED,
    _OF_LIBRARY.FIXED_LINE_OR_MOBILE: Kind.FIXED_OR_MOBILE,
    _OF_LIBRARY.TOLL_FREE: Kind.TOLL_FREE,
    _OF_LIBRARY.PREMIUM_RATE: Kind.PREMIUM,
    _OF_LIBRARY.SHARED_COST: Kind.SHARED_COST,
    _OF_LIBRARY.VOIP: Kind.VOIP,
    _OF_LIBRARY.PERSONAL_NUMBER: Kind.PERSONAL,
    _OF_LIBRARY.PAGER: Kind.PAGER,
    _OF_LIBRARY.UAN: Kind.COMPANY,
    _OF_LIBRARY.VOICEMAIL: Kind.VOICEMAIL,
}
_NO_LENGTH = (
    ValidationResult.TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
    ValidationResult.INVALID_LENGTH,
)
NORMAL = re.compile(r"\+[1-9]\d{0,2} \d{2,14}")
some_region = st.sampled_from(
    [None, "GB", "US", "DE", "IT", "AT", "FR", "MX", "BR", "AR", "LU", "NO", "RU", "XX"]
)


@settings(deadline=None)  # the machine may be busy
@given(any_text, some_region)
def test_any_text_has_an_answer(text: str, region: str | None) -> None:
    """Nothing raises; a number is in Graph's form and is the normal form of itself."""
    found = phone(text, region)
    comparison_key(Method.MOBILE, text)
    if isinstance(found, PhoneNumber):
        assert NORMAL.fullmatch(found.text)
        assert len(found.text) <= 1 + 15 + 1
        again = phone(found.text, None)
        assert isinstance(again, PhoneNumber)
        assert (again.text, again.region, again.kind) == (found.text, found.region, found.kind)
        assert comparison_key(Method.MOBILE, found.key) == found.key
    elif len(found.detail) > 0:
        assert found.detail != text


@settings(deadline=None)  # the machine may be busy
@given(any_number(), st.data())
def test_blanks_and_dashes_change_nothing(number: phonenumbers.PhoneNumber, data: st.DataObject) -> None:
    """Marks between the digits of an international number do not decide what it is.

    But where they cut through the country code, there is none to be read.
    """
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    plain = phone(e164, None)
    marks = [
        data.draw(st.sampled_from(["", "", "", " ", "-", "\u00a0", "\u2011", ".", "_", "'"]))
        for _ in e164[1:]
    ]
    spaced = "+" + "".join(digit + mark for digit, mark in zip(e164[1:], marks, strict=True))
    found = phone(spaced, None)
    if isinstance(found, Rejected):  # spaced so oddly that it might be two short numbers: left alone
        cut = any(marks[: len(str(number.country_code)) - 1])
        allowed = {Reason.PHONE_SEVERAL, *([plain.reason] if isinstance(plain, Rejected) else [])}
        assert found.reason in (allowed | {Reason.PHONE_INVALID} if cut else allowed)
    else:
        assert found == plain


_MARKS = (" ", "-", ".", "/", "  ", "\u00a0", "_", "'", ",", ";", " - ", ". ", "\t", "(", ")", "[")
_NOTES = ("(work)", " mobile", " (24h)", " bis 17 Uhr", " (1)", "Tel. ", "mob: ", " (privat)", "手机", " 0")


def test_a_mark_a_bracket_or_a_note_never_makes_another_number() -> None:
    """Whatever is added to a text that is a number, it stays that number or becomes none.

    Seeded: usual spellings of numbers of all regions, read in their own region, a neighbour's or none.
    """
    dice = random.Random(3)
    regions = [region for region in REGIONS if region not in ("AC", "TA")]
    kept = 0
    for _ in range(250):
        region = dice.choice(regions)
        form = forms(draw(dice, region, mobile=dice.random() < 0.6), region)
        column = dice.choice((region, region, region, None, dice.choice(neighbours(region))))
        for _, text in ordinary(form, dice):
            plain = phone(text, column)
            if isinstance(plain, Rejected):
                continue
            for _ in range(2):
                written = _spoilt(text, dice)
                found = phone(written, column)
                if isinstance(found, PhoneNumber):
                    assert found.text == plain.text, (written, column)
                    kept += 1
    assert kept > 3_000


def _spoilt(text: str, dice: random.Random) -> str:
    """A text with a pair of brackets around some of it, a note before or behind it, or marks in it."""
    what = dice.random()
    if what < 0.2:
        begin, end = sorted(dice.sample(range(len(text) + 1), 2))
        return f"{text[:begin]}({text[begin:end]}){text[end:]}"
    if what < 0.3:
        note = dice.choice(_NOTES)
        return text + note if note[0] in " (" and note != " 0" else note + text
    for _ in range(dice.choice((1, 1, 2))):
        place = dice.randrange(len(text) + 1)
        text = text[:place] + dice.choice(_MARKS) + text[place:]
    return text


@settings(deadline=None)  # the machine may be busy
@given(
    any_number(),
    any_number(),
    st.integers(0, 7),
    st.integers(0, 7),
    st.sampled_from(
        [
            " ",
            ";",
            ",",
            "/",
            " / ",
            "|",
            "\n",
            " or ",
            " - ",
            "-",
            ". ",
            " und ",
            "\t",
            "; mob ",
            ") (",
            " x ",
            "·",
        ]
    ),
)
def test_two_numbers_never_make_a_third(
    first: phonenumbers.PhoneNumber, second: phonenumbers.PhoneNumber, one: int, other: int, between: str
) -> None:
    """Whatever stands between two numbers, the result is the first or none, never digits of both.

    Numbers of less than six digits are left out: behind blanks they cannot be told from a last group.
    """
    region = phonenumbers.region_code_for_number(first)
    last = spellings(second)[other]
    if sum(character.isdigit() for character in last) < 6:
        return
    found = phone(spellings(first)[one] + between + last, region)
    if isinstance(found, PhoneNumber):
        assert found.key.partition("x")[0] == phonenumbers.format_number(first, PhoneNumberFormat.E164)


def test_numbers_with_a_blank_between_are_never_one() -> None:
    """Seeded pairs of numbers of one region, however spelt and whatever blank parts them, stay two.

    In a region of their own, or in none: in a foreign one two numbers of four digits may well be one number
    in its usual grouping (7230 3103 in Mongolia, and twice on Tokelau), which nothing in the text tells.
    """
    dice = random.Random(1)
    of_region: dict[str, list[phonenumbers.PhoneNumber]] = {}
    for region, number in examples():
        of_region.setdefault(region, []).append(number)
    for _ in range(4_000):
        region = dice.choice(REGIONS)
        one, other = (dice.choice(spellings(dice.choice(of_region[region]))) for _ in range(2))
        text = one + dice.choice(("  ", " ", "\t", "\n", "\u00a0", "\u202f")) + other
        found = phone(text, dice.choice((region, region, None)))
        assert isinstance(found, Rejected), (text, region)


@settings(deadline=None)  # the machine may be busy
@given(any_number(), st.integers(0, 7), st.text(st.characters(categories=["L"]), min_size=1, max_size=8))
def test_letters_never_become_digits(number: phonenumbers.PhoneNumber, which: int, letters: str) -> None:
    """A word before or behind a number leaves the number as it is, or leaves none."""
    region = phonenumbers.region_code_for_number(number)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    text = spellings(number)[which]
    for written in (f"{text} {letters}", f"{text} ({letters})", f"{letters} {text}", f"{letters}{text}"):
        found = phone(written, region)
        assert isinstance(found, Rejected) or found.key == e164


def test_a_second_engine_agrees_on_every_example() -> None:
    """phonenumbers' examples of all regions, in eight spellings, as rphonenumbers reads them."""
    compared = set()
    for region, number in examples():
        for text in spellings(number):
            # 00 is no prefix in many regions: there the witness is asked for what it stands for
            witness = rphonenumbers.parse(f"+{text[2:]}" if text == spellings(number)[3] else text, region)
            assert rphonenumbers.is_valid_number(witness)
            found = phone(text, region)
            if isinstance(found, Rejected):
                assert found.reason is Reason.PHONE_PLACEHOLDER, (region, text)
                assert placeholder(number)
                continue
            assert found.key == rphonenumbers.format_number(witness, rphonenumbers.PhoneNumberFormat.E164)
            assert found.region == rphonenumbers.region_code_for_number(witness)
            compared.add(region)
    assert len(compared) > 230


def test_regions_and_kinds_are_those_of_the_library() -> None:
    """One pass over the plans tells what number_type and region_code_for_number tell."""
    dice = random.Random(2)
    for _, number in examples():
        national = phonenumbers.national_significant_number(number)
        spoilt = national[:2] + "".join(dice.choices("0123456789", k=dice.randint(2, 9)))
        for digits in (national, spoilt):
            other = phonenumbers.PhoneNumber(number.country_code, int(digits))
            zeros = len(digits) - len(digits.lstrip("0")) if int(digits) else len(digits) - 1
            if zeros:
                other.italian_leading_zero, other.number_of_leading_zeros = True, zeros
            assert phonenumbers.national_significant_number(other) == digits
            kind = phonenumbers.number_type(other)
            found = place(number.country_code or 0, digits)
            if kind == phonenumbers.PhoneNumberType.UNKNOWN:
                assert found is None, digits
            else:
                assert found is not None
                assert found[0] == phonenumbers.region_code_for_number(other)
                assert found[1] is KINDS[kind]


def test_trunk_prefixes_go_as_in_the_library() -> None:
    """What stands before a national number is taken off as the library's own reading takes it off."""
    dice = random.Random(4)
    for region, number in examples():
        plan = plan_of_region(region)
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        assert plan is not None
        assert metadata is not None
        national = phonenumbers.national_significant_number(number)
        prefixes = ("", plan.trunk, "0", "8", "15", plan.trunk + str(dice.randint(10, 99)))
        for digits in (*(prefix + national for prefix in prefixes), national[2:], national + "1"):
            _, stripped, _ = _maybe_strip_national_prefix_carrier_code(digits, metadata)
            if _test_number_length(stripped, metadata) in _NO_LENGTH:
                stripped = digits
            assert plan.without_front(digits)[0] == stripped, (region, digits)


def test_a_missing_plus_never_makes_another_number() -> None:
    """An international number without its + is read as itself in its own region, or not at all."""
    read = 0
    for region, number in examples():
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        found = phone(e164[1:], region)
        if isinstance(found, PhoneNumber):
            assert found.key == e164
            read += 1
    assert read > 1_000


def test_numbers_of_no_country_are_refused() -> None:
    """Satellite and universal numbers of all non-geographic codes are no method of a person."""
    for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS:
        number = phonenumbers.example_number_for_non_geo_entity(code)
        assert number is not None
        found = phone(phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL), "GB")
        assert isinstance(found, Rejected)
        assert found.reason in (Reason.PHONE_TYPE, Reason.PHONE_PLACEHOLDER)


def test_the_librarys_invalid_numbers_are_invalid() -> None:
    """What the phone library gives as an example of no number becomes none under any repair."""
    for region in REGIONS:
        number = phonenumbers.invalid_example_number(region)
        assert number is not None
        found = phone(phonenumbers.format_number(number, PhoneNumberFormat.E164), region)
        assert isinstance(found, Rejected), region


def _read(text: str, region: str | None) -> str:
    found = phone(text, region)
    return found.reason.value if isinstance(found, Rejected) else found.text


def _examples(module: ModuleType) -> list[tuple[str, str, str]]:
    """Region, text and outcome of each line of the table in a module's docstring."""
    return re.findall(r"^    (any|[A-Z]{2}) {2,}(\S.*?) {2,}(\S.*?)(?: {2,}|$)", module.__doc__ or "", re.M)


def test_the_tables_of_examples_are_true() -> None:
    """What the modules' first pages say of a text is what becomes of it."""
    shown = _examples(phones)
    assert len(shown) > 10
    for region, text, outcome in shown:
        found = _read(text, None if region == "any" else region)
        assert found == outcome or (outcome == "left alone" and found.startswith("phone-")), text
    contradicted = _examples(doubts)
    assert len(contradicted) > 8
    for region, text, _ in contradicted:
        assert _read(text, region) == "phone-unreadable", text

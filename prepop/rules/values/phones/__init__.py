"""Phone numbers in the form that Graph documents: `+CC NSN` (CONTRACT section 6; GRAPH section 1).

A text is taken apart by `phone_text`; what is left are digits, and here they are held against the
numbering plans of `phonenumbers`. All readings of the digits are tried, and only if exactly one of them
is a valid number is there a number at all:

    +44 (0)20 7946 0018       with and without the bracketed zero   (Italy keeps it, Britain does not)
    0044 20 7946 0018         00 as + ; else the region's own international prefix
    44 20 7946 0018           region GB: national, or as +44; 4915123430842 is valid as both in Germany
    +48 0048 501 234 567      as it stands; then without the second country code
    +52 1 55 1234 5678        as it stands; then without the 1 of old Mexican mobiles

Never is a country guessed from the number of digits: without + or 00 the region must be given.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import phonenumbers
from phonenumbers import CountryCodeSource, NumberParseException

from prepop.reasons import Reason
from prepop.rules.values.masking import COUNTRY_CODE
from prepop.rules.values.phones.plans import Kind, place, split
from prepop.rules.values.phones.text import LONGEST_TEXT, PhoneText, Rejected, read

# E.164: at most 15 digits with country code. (The library lets 17 + 3 through.)
_LONGEST_NUMBER = 15
# Two numbers without anything but blanks between them are only looked for from here on.
_FEWEST_DIGITS_OF_TWO = 12
_FEWEST_DIGITS_OF_ONE = 6
# Behind a blank, five digits or more after a whole number of seven or more: `030 90182 90183`. No usual
# grouping has that (measured on the examples of all regions in every spelling); German and Austrian numbers
# with a direct line do where the company's own number is short: `+49 89 636 48018`.
# Behind any other mark they may have five: `+49 711 8998-12345`.
_FEWEST_DIGITS_OF_A_WHOLE = 7
_FEWEST_DIGITS_BEHIND = 5
# Where there is a trunk zero and a number comes without it, so few digits may be a local number, whose area
# code is not written: 6641234 is a line in Vienna, and +43 6641234 somebody's mobile.
_MOST_DIGITS_OF_A_LOCAL = 8
# Two of five digits each, as long as a number of North America: "20367 20621" are two extensions, or two
# numbers of a small island, unless a number is usually written so (India).
_TWO_EXTENSIONS = 10
_GROUP = re.compile(r"\d+")
# Texts remembered, about 300 bytes each. A run reads everybody's values twice, in the same order; a cache
# that forgets the oldest would have forgotten each of them in time, so this one stops taking in when full.
_MEMO = 400_000

_TWO_READINGS = "it can be read as two different numbers: with + and country code it cannot"
_LOCAL = "it has no trunk zero, and may be a local number without its area code"
_REGIONS = frozenset(phonenumbers.SUPPORTED_REGIONS)
_MEXICO = "52"


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number that exists in its numbering plan. text: `+CC NSN`; extension: digits or ""; region: ISO.

    assumed: the text itself names no country; it was read as a number of the region that was given.
    """

    text: str
    region: str
    kind: Kind
    extension: str = ""
    notes: tuple[str, ...] = ()
    assumed: bool = False

    @property
    def key(self) -> str:
        """The form under which it is compared: `normalise.comparison_key`."""
        return f"{self.text.replace(' ', '')}{f'x{self.extension}' if self.extension else ''}"


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read the digits that gives a valid number. region "" for numbers of no country."""

    code: int
    national: str
    region: str
    kind: Kind
    note: str = ""
    assumed: bool = False

    @property
    def same(self) -> tuple[int, str]:
        return self.code, self.national


_remembered: dict[tuple[str, str | None], PhoneNumber | Rejected] = {}


def phone(text: str, region: str | None) -> PhoneNumber | Rejected:
    """Bring one directory value into normal form, or say why it has none.

    region: the ISO region whose plan a number without + belongs to; None where it is not known.
    Reasons: phone-unreadable, -several, -no-country, -invalid, -placeholder, -type (no country; fax).
    What a method makes of kind, extension and region is for `mapping`. Never raises.
    """
    found = _remembered.get((text, region))
    if found is None:
        found = _read(text, region)
        if len(_remembered) < _MEMO and len(text) <= LONGEST_TEXT:
            _remembered[text, region] = found
    return found


def _read(text: str, region: str | None) -> PhoneNumber | Rejected:
    written = read(text)
    if isinstance(written, Rejected):
        return written
    digits = written.digits
    if _same_digits(digits) or digits.lstrip("0") in _TYPED_IN_A_ROW:
        return Rejected(Reason.PHONE_PLACEHOLDER, _PLACEHOLDER_DETAIL, written.notes)
    region = region.upper() if region else None
    if region not in _REGIONS:
        region = None
    if region is None and not written.plus and not digits.startswith("00"):
        return Rejected(Reason.PHONE_NO_COUNTRY, f"{len(digits)} digits without +", written.notes)

    readings = _distinct(_as_written(written, region)) or _distinct(_repaired(written))
    if len(readings) > 1:
        return Rejected(Reason.PHONE_UNREADABLE, _TWO_READINGS, written.notes)
    if not readings:
        if _ROW.search(digits):
            return Rejected(Reason.PHONE_PLACEHOLDER, _PLACEHOLDER_DETAIL, written.notes)
        if _two_in_a_row(written, region):
            return Rejected(Reason.PHONE_SEVERAL, "two numbers in a row", written.notes)
        return Rejected(Reason.PHONE_INVALID, _why_invalid(written, region), written.notes)
    reading = readings[0]
    if not reading.region:
        return Rejected(Reason.PHONE_TYPE, f"+{reading.code} belongs to no country", written.notes)
    if _is_placeholder(reading):
        return Rejected(Reason.PHONE_PLACEHOLDER, _PLACEHOLDER_DETAIL, written.notes)
    if written.paused and _national(written.extension, region or reading.region) is not None:
        return Rejected(Reason.PHONE_SEVERAL, "an extension, or a second number", written.notes)
    if len(digits) >= _FEWEST_DIGITS_OF_TWO and _two_in_a_row(written, region):
        return Rejected(Reason.PHONE_SEVERAL, "it can also be read as two numbers in a row", written.notes)
    if reading.assumed and (doubt := _doubt(written, reading)):
        return Rejected(Reason.PHONE_UNREADABLE, doubt, written.notes)
    notes = (*written.notes, reading.note) if reading.note else written.notes
    text = f"+{reading.code} {reading.national}"
    return PhoneNumber(text, reading.region, reading.kind, written.extension, notes, reading.assumed)


# ---------------------------------------------------------------- readings


def _as_written(written: PhoneText, region: str | None) -> Iterator[_Reading | None]:
    """The readings of the digits as they stand."""
    digits = written.digits
    if written.plus:
        yield from _with_and_without_zero(digits, written.trunk)
    elif digits.startswith("00"):
        yield from _with_and_without_zero(digits[2:], None if written.trunk is None else written.trunk - 2)
        if region is not None:  # Australia dials 0011, Korea 001 and 002, ...
            yield _national(digits, region)
    elif region is not None:
        yield _national(digits, region)
        if digits.startswith(str(phonenumbers.country_code_for_region(region))):
            note = f"+ added: it begins with the country code of {region}"
            for reading in _with_and_without_zero(digits, written.trunk):
                yield replace(reading, note=note, assumed=True) if reading else None


def _with_and_without_zero(digits: str, trunk: int | None) -> Iterator[_Reading | None]:
    """As behind a +; where a zero in brackets stands behind the country code also without it."""
    yield _international(digits)
    code = COUNTRY_CODE.match(f"+{digits}")
    if code is not None and trunk == code.end() - 1:
        yield _international(digits[:trunk] + digits[trunk + 1 :])


def _repaired(written: PhoneText) -> Iterator[_Reading | None]:
    """Readings of an international number that does not exist as it stands, but that people read rightly."""
    digits = written.digits
    if not written.plus:
        if not digits.startswith("00"):
            return
        digits = digits[2:]
    elif digits.startswith("00"):
        yield _international(digits[2:], "00 behind the + left out")
    for length in (1, 2, 3):
        code = digits[:length]
        if not phonenumbers.region_codes_for_country_code(int(code or "0")):
            continue
        rest = digits[length:]
        for again in (f"00{code}", f"011{code}", code):
            if rest.startswith(again):
                yield _international(code + rest.removeprefix(again), "second country code left out")
        if code == _MEXICO and rest.startswith("1"):
            # Until 2019 Mexican mobiles were dialled +52 1 from abroad.
            yield _international(code + rest[1:], "1 of old Mexican mobile numbers left out")


def _international(digits: str, note: str = "") -> _Reading | None:
    """Country code and national number, as behind a +."""
    if (
        not digits or digits[0] == "0" or len(digits) > _LONGEST_NUMBER + 1
    ):  # one trunk zero may be among them
        return None
    if (parts := split(digits)) is not None:
        return _reading(*parts, note)
    return _valid(f"+{digits}", None, note)


def _national(digits: str, region: str) -> _Reading | None:
    """As dialled in a region: national, or with the region's own international prefix."""
    if len(digits) > _LONGEST_NUMBER + 5:  # such a prefix, and a carrier's code, may be among them
        return None
    return _valid(digits, region)


def _valid(digits: str, region: str | None, note: str = "") -> _Reading | None:
    try:
        number = phonenumbers.parse(digits, region, keep_raw_input=region is not None)
    except NumberParseException:
        return None
    if number.country_code_source == CountryCodeSource.FROM_NUMBER_WITHOUT_PLUS_SIGN:
        return None  # the library guesses by length; our own rule is: one valid reading
    if number.country_code_source == CountryCodeSource.FROM_NUMBER_WITH_IDD and digits[:2] != "00":
        plan = phonenumbers.PhoneMetadata.metadata_for_region(region or "")
        if plan is None or plan.international_prefix == "0":
            return None  # Cape Verde, Samoa: a single 0 is as likely the trunk zero of somebody's own country
    if number.country_code is None:
        return None
    assumed = number.country_code_source == CountryCodeSource.FROM_DEFAULT_COUNTRY
    return _reading(number.country_code, phonenumbers.national_significant_number(number), note, assumed)


def _reading(code: int, national: str, note: str, assumed: bool = False) -> _Reading | None:
    found = place(code, national)
    if found is None or len(str(code)) + len(national) > _LONGEST_NUMBER:
        return None
    region, kind = found
    return _Reading(code, national, region if region in _REGIONS else "", kind, note, assumed)


def _distinct(readings: Iterator[_Reading | None]) -> list[_Reading]:
    found: dict[tuple[int, str], _Reading] = {}
    for reading in readings:
        if reading is not None:
            found.setdefault(reading.same, reading)
    return list(found.values())


def _two_in_a_row(written: PhoneText, region: str | None) -> bool:
    """Whether the groups fall into two numbers: `030 123456 030 654321` is no number of 16 digits.

    Somewhere the first groups must be a valid number already, and what follows one more: a number on its
    own, or behind a blank so many digits that no grouping of one number has them behind a whole number.
    """
    groups = written.groups
    for cut in range(1, len(groups)):
        first, second = "".join(groups[:cut]), "".join(groups[cut:])
        if len(first) < _FEWEST_DIGITS_OF_ONE or len(second) < _FEWEST_DIGITS_BEHIND:
            continue
        heads = _distinct(_as_written(PhoneText((first,), written.plus, None, "", ()), region))
        if not heads:
            continue
        fewest = _FEWEST_DIGITS_BEHIND if cut in written.blanks else _FEWEST_DIGITS_BEHIND + 1
        if len(second) >= fewest and any(len(head.national) >= _FEWEST_DIGITS_OF_A_WHOLE for head in heads):
            return True
        if _begins_anew(second, region or heads[0].region):
            return True
    return False


def _begins_anew(digits: str, region: str) -> bool:
    """Whether digits behind a number are a valid number of the same region.

    They must begin as a number does (with a trunk zero or 00), or where the region has no trunk zero be
    of full length; else many a number of three groups would be taken for two.
    """
    zero = digits.startswith("0")
    if len(digits) < (_FEWEST_DIGITS_OF_ONE if zero else _FEWEST_DIGITS_OF_ONE + 1):
        return False
    if not zero and _has_trunk_zero(region):
        return False
    return bool(_distinct(_as_written(PhoneText((digits,), False, None, "", ()), region or None)))


def _has_trunk_zero(region: str) -> bool:
    return region in _REGIONS and phonenumbers.ndd_prefix_for_region(region, True) == "0"


def _doubt(written: PhoneText, reading: _Reading) -> str:
    """Why a number of the region that was given may as well be something else there; "" where it may not."""
    digits, sizes = written.digits, [len(group) for group in written.groups]
    if digits == reading.national and digits[0] != "0" and _has_trunk_zero(reading.region):
        grouped_as_there = sizes == [3, 3, 4] and _national(digits, "US") is not None
        if len(digits) <= _MOST_DIGITS_OF_A_LOCAL or grouped_as_there:
            usual = _usual_groups(reading)
            # In Mongolia nobody writes the zero; the Philippines and Nigeria group as North America does.
            if usual[0][0] == "0" and len(digits) <= _MOST_DIGITS_OF_A_LOCAL:
                return _LOCAL
            if usual[0][0] == "0" and usual[0] != f"0{written.groups[0]}":
                return _TWO_READINGS
    half = _TWO_EXTENSIONS // 2
    if len(digits) == _TWO_EXTENSIONS and half in (sum(sizes[:cut]) for cut in written.blanks):
        usual = _usual_groups(reading)
        trunk = len("".join(usual)) - len(digits)
        if half + trunk not in (len("".join(usual[:cut])) for cut in range(1, len(usual))):
            return "it may be two short numbers in a row"
    return ""


def _usual_groups(reading: _Reading) -> list[str]:
    """The digits of a number as they are grouped, with the trunk zero, in its own country."""
    number = phonenumbers.parse(f"+{reading.code}{reading.national}")
    return _GROUP.findall(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))


def _why_invalid(written: PhoneText, region: str | None) -> str:
    digits = written.digits
    if written.plus or digits.startswith("00"):
        return f"{len(digits)} digits with country code; no such number in that country"
    return f"{len(digits)} digits; no such number in {region}"


# ---------------------------------------------------------------- placeholders

_PLACEHOLDER_DETAIL = "it looks typed in to fill the field"
_TYPED_IN_A_ROW = frozenset(
    re.findall(
        r"\w+", "12345 123456 1234567 12345678 123456789 1234567890 987654321 9876543210 87654321 7654321"
    )
)
_ROW = re.compile(r"1234567|7654321|(\d)\1{6}")
# Set aside for films and examples: NANP, ATIS-0300115 (555-0100 to 555-0199).
_NORTH_AMERICAN_EXAMPLE = re.compile(r"\d{3}55501\d\d")


def _same_digits(digits: str) -> bool:
    return len(set(digits)) == 1 and (digits[0] == "0" or len(digits) >= 3)


def _is_placeholder(reading: _Reading) -> bool:
    if _ROW.search(reading.national) or _same_digits(reading.national):
        return True
    return reading.code == 1 and _NORTH_AMERICAN_EXAMPLE.fullmatch(reading.national) is not None

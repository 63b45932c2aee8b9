"""What contradicts a reading: other readings of the same text that a person would find as likely.

A text may allow one reading only and still say something else. Each rule below gives the reading that
speaks against the one found, or a sentence where there is no such number to name.

    in      text                    reads as             but
    CN      +138 2481 5793          +1 382 481 5793      138 2481 5793 is a mobile there: is the + right?
    DE      00151 24815793          +1 512 481 5793      0151 24815793 with the zero typed twice
    DE      +49 49 171 38291746     +49 49171 38291746   the code typed twice
    AT      1 (206) 342-0135        a line in Vienna     +1 206 342 0135 without its +
    FI      45 20 24 81 57          a Finnish mobile     +45 20 24 81 57 without its +
    IT      0 331 636 1378          a line in Varese     a mobile behind an outside line's 0
    AT      6641234                 a mobile             a line in Vienna without its area code
    US      20367 20621             +1 203 672 0621      two extensions
    US      206.34.20.135           +1 206 342 0135      a machine's address

A grouping decides where it can: whoever writes the groups that are usual in a country means that country.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from prepop.rules.values.phones.plans import (
    Kind,
    NumberingPlan,
    country_code,
    plan_of_code,
)
from prepop.rules.values.phones.readings import (
    How,
    PhoneReading,
    as_written,
    at_home,
    behind_code,
    number_at,
)
from prepop.rules.values.phones.shapes import OCTET
from prepop.rules.values.phones.text import PhoneText, as_text

# Where there is a trunk zero and a number comes without it, so few digits may be a local number, whose area
# code is not written: 6641234 is a line in Vienna, and +43 6641234 somebody's mobile.
_MOST_DIGITS_OF_A_LOCAL = 8
_PERSONAL = (Kind.MOBILE, Kind.FIXED_OR_MOBILE, Kind.FIXED)
_OCTETS, _DOTS = 4, (".",) * 3
_NORTH_AMERICA = 1
_FROM_AUSTRALIA = "0011"  # dialled there before a foreign number; elsewhere +1 and a 1 more
_ITALY = 39
_MOBILE_IN_ITALY = 10  # digits; a few have nine
_OPERATOR_IN_ITALY = 4  # digits, with such a zero
_AS_IN_NORTH_AMERICA = (3, 3, 4)
# "20367 20621" are two extensions, or two numbers of a small island, unless a number is usually written so.
_TWO_EXTENSIONS = (5, 5)
# So many digits more than usual, and a number that holds its own country code again is one typed twice.
_OVERLONG = 3
# So many digits more than usual a fixed number may have (with a direct line) and still look like one.
_SPREAD = 2

LOCAL = "it has no trunk zero, and may be a local number without its area code"
TWO_READINGS = "it can be read as two different numbers: with + and country code it cannot"
TWO_EXTENSIONS = "it may be two short numbers in a row"
OVERLONG = "it has no trunk zero, and more digits than numbers there have"
HOST = "it may be a machine's address"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a reading is not taken, and the reading that speaks against it, where there is one."""

    why: str
    rival: PhoneReading | None = None


def doubt(text: PhoneText, reading: PhoneReading, home: NumberingPlan | None) -> Doubt | None:
    """The first thing that contradicts the only reading of a text; None where nothing does."""
    if reading.meant and text.apart(1) and (found := _joined(text, reading, home)):
        return found
    if reading.meant and reading.how is How.HOME:
        return None
    if reading.how is How.BRACKET:
        return _without_brackets(text, reading, home)
    if reading.code_end and (found := _code_twice(text, reading)):
        return found
    if reading.how is How.ZEROS and text.digits.startswith(_FROM_AUSTRALIA):
        rival = behind_code(text, len(_FROM_AUSTRALIA), How.OWN_PREFIX)
        if rival is not None and rival.same != reading.same:
            return Doubt(TWO_READINGS, rival)
    if found := _zero_before_mobile(text, reading):
        return found
    if reading.how in (How.PLUS, How.ZEROS, How.OWN_PREFIX):
        if home is None or text.trunk:
            return None
        if reading.code == home.code and (len(text.groups) == 1 or text.apart(reading.code_end)):
            return None
        return _own_number(text, reading, home)
    if reading.how is How.HOME and home is not None:
        return next(_at_home(text, reading, home), None)
    return None


def preferred(
    text: PhoneText, readings: list[PhoneReading], home: NumberingPlan | None
) -> PhoneReading | None:
    """The one of several readings that a person would take; None where none of them stands out.

    Only one case is decided: the own country's code without its +, against a number there that nobody writes
    so. Either the code stands apart, in groups that the other number does not have, or the other is a fixed
    number without its trunk zero, and the one with the code a mobile: `4915123456789` in Germany.
    """
    by_how = {reading.how: reading for reading in readings}
    with_code, bare = by_how.get(How.OWN_CODE), by_how.get(How.HOME)
    if len(readings) != 2 or with_code is None or bare is None or home is None:
        return None
    if home.bare_is_usual(bare.national) or text.groups in home.usual_groups(bare.national):
        return None
    if text.apart(with_code.code_end) or (with_code.kind is Kind.MOBILE and bare.kind is not Kind.MOBILE):
        return with_code
    return None


def _undoubted(text: PhoneText, home: NumberingPlan | None) -> PhoneReading | None:
    """The number that a text is beyond doubt."""
    readings = as_written(text, home)
    return readings[0] if len(readings) == 1 and doubt(text, readings[0], home) is None else None


def _joined(text: PhoneText, reading: PhoneReading, home: NumberingPlan | None) -> Doubt | None:
    """`0 01 512 481 5793`: where the first digit and the next belong together, it is another number."""
    joined = " ".join((text.groups[0] + text.groups[1], *text.groups[2:]))
    for other in (as_text(joined, plus=text.plus), as_text(text.digits, plus=text.plus)):
        rivals = [rival for rival in as_written(other, home) if text.apart(rival.code_end)]
        rival = rivals[0] if rivals else _undoubted(other, home)
        if rival is not None and rival.same != reading.same:
            return Doubt("the first digit may belong to what follows", rival)
    return None


def _without_brackets(text: PhoneText, reading: PhoneReading, home: NumberingPlan | None) -> Doubt | None:
    """`44 (0)342 0100`: where the brackets mean nothing, it is a number of the person's own country."""
    rival = _undoubted(as_text(" ".join(text.groups), plus=False), home)
    if rival is None or rival.same == reading.same:
        return None
    return Doubt("the zero in brackets may belong to the number", rival)


# ---------------------------------------------------------------- behind a + or a prefix


def _own_number(text: PhoneText, reading: PhoneReading, home: NumberingPlan) -> Doubt | None:
    """Whether the person's own country reads the digits without the + (or with one zero less) as its own."""
    start = 1 if text.digits[0] == "0" and not text.plus else 0
    if reading.how is How.OWN_PREFIX and not start:
        return None  # it would have been a second reading
    own = at_home(text, home, start)
    if own is None or own.same == reading.same or own.kind not in _PERSONAL:
        return None
    if reading.code == home.code and text.groups not in home.usual_groups(own.national):
        return None  # `+390 990 305`: its own code it has, unless the groups are those without
    if text.apart(reading.code_end):
        # The country code stands apart. Against it speak only groups as the own country has them: all of
        # them, or the area code where the others are nobody's.
        groups, usual = _from(text, start), home.usual_groups(own.national)
        area_as_usual = groups[0] in {each[0] for each in usual} and not usually_grouped(text, reading)
        if groups not in usual and not area_as_usual:
            return None
    elif len(text.groups) == 1 and not reading.meant and not _likely(own, home):
        # In one run clean lists hold foreign numbers; in groups a country code would stand apart.
        return None
    why = "the + may be wrong" if text.plus else "a zero may have been typed twice"
    return Doubt(f"{why}: without it, it is a number of {home.region}", own)


def _likely(own: PhoneReading, home: NumberingPlan) -> bool:
    """Whether a person would take digits in one run for a number of their own country.

    Of its mobiles, or of fixed numbers as they are written there: with the trunk prefix where that is usual,
    and not of a length that nobody has. Germany's plan has a number for nearly every dozen of digits: else
    hardly any foreign number without blanks could stand with a German.
    """
    if own.kind in (Kind.MOBILE, Kind.FIXED_OR_MOBILE):
        return True
    written_so = own.front > 0 or home.bare_is_usual(own.national)
    return written_so and len(own.national) <= home.usual_length + _SPREAD


def _code_twice(text: PhoneText, reading: PhoneReading) -> Doubt | None:
    """`+49 49 171 38291746`, or without blanks where the number would be overlong or the other a mobile.

    A trunk zero between the two, as in `+49 (0)49 171 38291746`, tells nothing, nor does the code once more.
    """
    code = str(reading.code)
    between = text.digits[reading.code_end : reading.front]
    if not reading.national.startswith(code) or between.strip("0") not in ("", code):
        return None
    once = number_at(reading.code, reading.national.removeprefix(code))
    if once is None or once.same == reading.same:
        return None
    plan = plan_of_code(reading.code)
    usual = plan.usual_length if plan is not None else 0
    twice_apart = text.apart(reading.code_end) and text.apart(reading.front + len(code))
    if twice_apart or once.kind is Kind.MOBILE or len(reading.national) > usual + _OVERLONG:
        return Doubt("the country code may have been typed twice", once)
    return None


def _zero_before_mobile(text: PhoneText, reading: PhoneReading) -> Doubt | None:
    """`0331 248 1579` in Italy, whose mobiles had a zero until 2001. Hardly any fixed number is so long."""
    whole = text.whole(reading.front, reading.front + _OPERATOR_IN_ITALY)
    if not whole and not text.apart(reading.front + 1):  # a zero by itself is the one that mobiles had
        return None  # 031 7768 7152 is in Como
    if reading.code != _ITALY or reading.national[0] != "0" or len(reading.national) <= _MOBILE_IN_ITALY:
        return None
    rival = number_at(reading.code, reading.national[1:])
    return Doubt(TWO_READINGS, rival) if rival is not None and rival.kind is Kind.MOBILE else None


# ---------------------------------------------------------------- a number of the person's own country


def _at_home(text: PhoneText, reading: PhoneReading, home: NumberingPlan) -> Iterator[Doubt]:
    digits, groups = text.digits, text.groups
    bare = digits == reading.national
    sizes = tuple(len(group) for group in groups)
    if sizes == _TWO_EXTENSIONS and " " in text.between[1]:
        usually_so = home.has_five_and_five and reading.kind is Kind.MOBILE
        if not usually_so and groups not in home.usual_groups(reading.national):
            yield Doubt(TWO_EXTENSIONS)
    if may_be_host(text) and groups not in home.usual_groups(reading.national):
        yield Doubt(HOST)
    if sizes[0] == 1 and reading.front == 0 and groups not in home.usual_groups(reading.national):
        yield from _outside_line(text, reading, home)
    if reading.national[0] == "0" and (rival := _zero_less(text, reading, home)):
        yield Doubt(TWO_READINGS, rival)
    if reading.front and (rival := _code_behind_zero(text, reading, home)):
        yield Doubt("the zero may stand before the country code", rival)
    if not bare:
        return  # with its trunk prefix: it can only be meant as one of this country
    bare_is_usual = home.bare_is_usual(reading.national)
    if bare_is_usual and (len(groups) == 1 or groups in home.usual_groups(reading.national)):
        return
    if text.cuts and digits.startswith(str(home.code)):
        # `4 9 30 901820`: cut through, the country code would not be seen.
        rival = behind_code(as_text(digits, plus=False), 0, How.OWN_CODE)
        if rival is not None and rival.same != reading.same:
            yield Doubt(TWO_READINGS, rival)
    if not bare_is_usual:
        if len(digits) <= _MOST_DIGITS_OF_A_LOCAL and home.may_be_local(digits):
            yield Doubt(LOCAL)
        if len(digits) > home.usual_length + _OVERLONG:
            yield Doubt(OVERLONG)
        rival = number_at(_NORTH_AMERICA, digits) if sizes == _AS_IN_NORTH_AMERICA else None
        if rival is not None and groups not in home.usual_groups(reading.national):
            yield Doubt(TWO_READINGS, rival)
    yield from _foreign_without_plus(text, reading, home, bare_is_usual)


def _zero_less(text: PhoneText, reading: PhoneReading, home: NumberingPlan) -> PhoneReading | None:
    """`0078 439 5728` in Japan, where some numbers begin with two zeros: a trunk zero may stand twice."""
    if not home.trunk or not text.digits.startswith(home.trunk * 2):
        return None
    rival = number_at(home.code, text.digits[1:])
    return rival if rival is not None and rival.same != reading.same else None


def _code_behind_zero(text: PhoneText, reading: PhoneReading, home: NumberingPlan) -> PhoneReading | None:
    """`049 151 24815793` in Germany: one zero of 0049 is gone. (0491 and 046 are area codes, too.)"""
    code = str(home.code)
    if not reading.national.startswith(code) or text.groups in home.usual_groups(reading.national):
        return None
    rival = number_at(home.code, reading.national.removeprefix(code))
    if rival is None or rival.same == reading.same:
        return None
    overlong = len(reading.national) > home.usual_length + _OVERLONG
    return rival if rival.kind is Kind.MOBILE or overlong else None


def _outside_line(text: PhoneText, reading: PhoneReading, home: NumberingPlan) -> Iterator[Doubt]:
    """`0 431 636 1378`: a first digit that stands apart may dial an outside line."""
    rival = at_home(text, home, 1)
    if rival is not None and rival.same != reading.same:
        yield Doubt("the first digit may dial an outside line", rival)


def _foreign_without_plus(
    text: PhoneText, reading: PhoneReading, home: NumberingPlan, bare_is_usual: bool
) -> Iterator[Doubt]:
    """A number without the usual trunk prefix that begins with another country's code."""
    code = country_code(text.digits[:3])
    if code is None or code == home.code:
        return
    rival = behind_code(text, 0, How.OWN_CODE)
    if rival is None or rival.same == reading.same:
        return
    # In one run it is told by its length, where all mobiles of the plan have the same: 67 612 345 in
    # Montenegro. Where lengths vary (Germany, Indonesia) it may as well be the other.
    run = len(text.groups) == 1 and not bare_is_usual
    if text.apart(rival.code_end) or (run and not (reading.kind is Kind.MOBILE and home.mobiles_are_alike)):
        yield Doubt("the + before a country code may be missing", rival)


def may_be_host(text: PhoneText) -> bool:
    """Whether a text has the form of a machine's address. Some countries write phone numbers so."""
    return (
        len(text.groups) == _OCTETS and text.between[1:] == _DOTS and all(map(OCTET.fullmatch, text.groups))
    )


# ---------------------------------------------------------------- groups


def _from(text: PhoneText, start: int) -> tuple[str, ...]:
    """The groups without the first digits."""
    first = text.groups[0][start:]
    return (first, *text.groups[1:]) if first else text.groups[1:]


def usually_grouped(text: PhoneText, reading: PhoneReading) -> bool:
    """Whether the national digits stand in the groups that are usual for such a number."""
    plan = plan_of_code(reading.code)
    if plan is None:
        return False
    groups, place_of = text.groups, 0
    while groups and place_of < reading.code_end:
        place_of += len(groups[0])
        groups = groups[1:]
    return place_of == reading.code_end and groups in plan.usual_groups(reading.national)

"""Phone numbers in the form that Graph documents: `+CC NSN` (CONTRACT section 6; GRAPH section 1).

The premise: a number on the wrong account is an account given to a stranger, and a number left alone costs
somebody a minute. So a text is a number only where it can be read in one way, and nobody would think of
another.

    text         takes a text apart: label, digits and their groups, extension, note. What it cannot account
                 for makes the value unreadable, a second number makes it several.
    shapes       texts that are no phone number at all: addresses of machines, dates, prices
    words        labels, fillers and words for an extension, in many languages
    plans        what the numbering plans say: valid or not, kind, region, trunk prefix, usual groups
    readings     every way in which the groups of a text allow its digits to be a valid number, and no other
    doubts       what contradicts the only reading, or makes one of two stand out
    pairs        two numbers in a row, with nothing but blanks between them
    placeholders what people type in to fill the field
    regions      countries as directories name them; region_names is the table of their names

The steps, in `weigh`: take apart; read as written; where that gives nothing, read what is meant by the known
ways of writing that say nothing as they stand; where there is exactly one number, look for what contradicts
it. Nothing is decided by the number of digits alone, and never is a country guessed: without + or 00 the
region must be given.

    region  text                      comes out as       because
    any     +44 (0)20 7946 0018       +44 2079460018     Britain drops the trunk zero, and Italy keeps it
    any     0044 20 7946 0018         +44 2079460018     00 stands for the +; two zeros that stand together
    DE      0 0151 24815793           +49 15124815793    a 0 that stands apart dials an outside line
    DE      00151 24815793            left alone         +1 512 481 5793, or a zero typed twice
    DE      41 (0)44 668 18 00        +41 446681800      a bracketed zero shows a country code before it
    DE      (41) 44 668 18 00         left alone         a German number without its zero, or a Swiss one
    CN      +138 2481 5793            left alone         the + is in doubt: it is a Chinese mobile without it
    US      +(479) 612-3456           left alone         the bracket cuts through what would be Norway's code
    GB      442079460018              +44 2079460018     valid only with its + added
    any     +48 0048 501 234 867      +48 501234867      the code twice; as it stands it is no number
    MX      044 55 4324 5671          +52 5543245671     an old trunk prefix

`considered` names the readings of a text for `explain`. How often each kind of slip comes out right, is left
alone, or becomes a stranger's number is measured by `python -m tests.bench.values`.
"""

from dataclasses import dataclass

from prepop.reasons import Reason
from prepop.rules.values.phones.doubts import TWO_READINGS, doubt, preferred
from prepop.rules.values.phones.pairs import also_two, may_go_on, two_in_a_row
from prepop.rules.values.phones.placeholders import TYPED_IN, digits_fill_a_field, number_fills_a_field
from prepop.rules.values.phones.plans import Kind, NumberingPlan, plan_of_region
from prepop.rules.values.phones.readings import PhoneReading, as_written, repaired
from prepop.rules.values.phones.text import LONGEST_TEXT, PhoneText, Rejected, read

# Texts remembered, about 300 bytes each. A run reads everybody's values twice, in the same order; a cache
# that forgets the oldest would have forgotten each of them in time, so this one stops taking in when full.
_MEMO = 400_000


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
        """The form under which it is compared: `keys.comparison_key`."""
        return f"{self.text.replace(' ', '')}{f'x{self.extension}' if self.extension else ''}"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What became of a text, and the readings that were weighed: those found, then those against them."""

    outcome: PhoneNumber | Rejected
    readings: tuple[PhoneReading, ...] = ()


_remembered: dict[tuple[str, str | None], PhoneNumber | Rejected] = {}


def phone(text: str, region: str | None) -> PhoneNumber | Rejected:
    """Bring one directory value into normal form, or say why it has none.

    region: the ISO region whose plan a number without + belongs to; None where it is not known.
    Reasons: phone-unreadable, -several, -no-country, -invalid, -placeholder, -type (no country; fax).
    What a method makes of kind, extension and region is for `mapping`. Never raises.
    """
    found = _remembered.get((text, region))
    if found is None:
        found = weigh(text, region).outcome
        if len(_remembered) < _MEMO and len(text) <= LONGEST_TEXT:
            _remembered[text, region] = found
    return found


def forget() -> None:
    """Let go of what was remembered: in a large tenant it is half a kilobyte a person."""
    _remembered.clear()


def weigh(text: str, region: str | None) -> Weighed:
    """`phone`, with the readings that led there. Nothing is remembered."""
    written = read(text)
    if isinstance(written, Rejected):
        return Weighed(written)
    if digits_fill_a_field(written.digits):
        return _left(Reason.PHONE_PLACEHOLDER, TYPED_IN, written)
    home = plan_of_region(region.upper()) if region else None
    if home is None and not written.plus and not written.digits.startswith("00"):
        return _left(Reason.PHONE_NO_COUNTRY, f"{len(written.digits)} digits without +", written)
    readings = as_written(written, home) or repaired(written, home)
    if not readings:
        return _nothing(written, home)
    reading = readings[0]
    if len(readings) > 1:
        stands_out = preferred(written, readings, home)
        if stands_out is None:
            return _left(Reason.PHONE_UNREADABLE, TWO_READINGS, written, *readings)
        reading = stands_out
    return _one(written, reading, home, tuple(readings))


def considered(text: str, region: str | None) -> tuple[str, ...]:
    """The readings of a text, a sentence each, for `explain`. They hold whole numbers.

    Those that were found come first, then those that speak against them.
    """
    return tuple(
        f"+{reading.code} {reading.national}, {reading.kind} number of {reading.region or 'no country'}, "
        f"{reading.how.value}"
        for reading in weigh(text, region).readings
    )


def _one(
    written: PhoneText, reading: PhoneReading, home: NumberingPlan | None, readings: tuple[PhoneReading, ...]
) -> Weighed:
    """Exactly one number: unless it is no person's, or something contradicts it."""
    if not reading.region:
        return _left(Reason.PHONE_TYPE, f"+{reading.code} belongs to no country", written, *readings)
    if number_fills_a_field(reading.code, reading.national):
        return _left(Reason.PHONE_PLACEHOLDER, TYPED_IN, written, *readings)
    if written.paused and may_go_on(written, reading, home):
        return _left(Reason.PHONE_SEVERAL, "an extension, or a second number", written, *readings)
    if also_two(written, reading, home):
        why = "it can also be read as two numbers in a row"
        return _left(Reason.PHONE_SEVERAL, why, written, *readings)
    if found := doubt(written, reading, home):
        rivals = (found.rival,) if found.rival is not None else ()
        return _left(Reason.PHONE_UNREADABLE, found.why, written, *readings, *rivals)
    notes = (*written.notes, reading.note) if reading.note else written.notes
    extension = written.extension or reading.extension
    number = PhoneNumber(
        f"+{reading.code} {reading.national}", reading.region, reading.kind, extension, notes, reading.assumed
    )
    return Weighed(number, readings)


def _nothing(written: PhoneText, home: NumberingPlan | None) -> Weighed:
    """No reading is a valid number."""
    digits = written.digits
    if digits_fill_a_field(digits, anywhere=True):
        return _left(Reason.PHONE_PLACEHOLDER, TYPED_IN, written)
    if two_in_a_row(written, home):
        return _left(Reason.PHONE_SEVERAL, "two numbers in a row", written)
    if written.plus or digits.startswith("00"):
        why = f"{len(digits)} digits with country code; no such number in that country"
    else:
        why = f"{len(digits)} digits; no such number in {home.region if home else 'any country'}"
    return _left(Reason.PHONE_INVALID, why, written)


def _left(reason: Reason, detail: str, written: PhoneText, *readings: PhoneReading) -> Weighed:
    return Weighed(Rejected(reason, detail, written.notes), readings)

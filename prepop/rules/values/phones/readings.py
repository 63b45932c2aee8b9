"""The readings of a text: every way in which its groups allow its digits to be a number.

A prefix (`00`, the region's own, a country code, a trunk prefix) is read only where the text does not cut
through it. `as_written` gives what the text says; `repaired` gives what is meant by the known ways of
writing that say nothing as they stand, and is asked only then. Which of several is taken is for `doubts`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from prepop.rules.values.phones.plans import (
    REGIONS,
    Kind,
    NumberingPlan,
    country_code,
    place,
    plan_of_code,
)
from prepop.rules.values.phones.text import PhoneText, as_text

# E.164: at most 15 digits with country code. (The library lets 17 + 3 through.)
_LONGEST_NUMBER = 15
# A prefix, a carrier's code and a trunk zero may stand before such a number.
_LONGEST_DIALLED = 20

_MEXICO, _RUSSIA, _CHINA = 52, 7, 86
# What was dialled before a number until the plan was changed, and what is left of it now.
_OLD_PREFIXES = {
    "MX": (("044", ""), ("045", ""), ("01", "")),  # mobiles and other towns, until August 2019
    "CL": (("09", "9"),),  # mobiles, until 2016
}
_EXTENSION_LENGTHS = range(2, 6)


class How(Enum):
    """What in the text makes the number one: what stands before the national digits."""

    PLUS = "behind the +"
    ZEROS = "00 read as +"
    OWN_PREFIX = "behind what is dialled there before a foreign number"
    HOME = "as a number of that country"
    OWN_CODE = "with a + before the country code"
    BRACKET = "a zero in brackets shows the country code before it"


@dataclass(frozen=True, slots=True)
class PhoneReading:
    """One way to read the digits that gives a valid number. region "" for numbers of no country.

    front: how many of the text's digits stand before the national number, trunk prefix and all.
    code_end: where its country code ends among the text's digits; 0 where the text has none.
    meant: the text says nothing as it stands, and this is what is meant (`repaired`).
    """

    code: int
    national: str
    region: str
    kind: Kind
    how: How
    front: int
    code_end: int = 0
    note: str = ""
    extension: str = ""
    meant: bool = False

    @property
    def same(self) -> tuple[int, str]:
        """What tells two numbers apart."""
        return self.code, self.national

    @property
    def assumed(self) -> bool:
        """The text names no country, and was read as one of the region that was given."""
        return self.how in (How.HOME, How.OWN_CODE)


def as_written(text: PhoneText, home: NumberingPlan | None) -> list[PhoneReading]:
    """What the text says, one reading for each number."""
    if text.trunk:
        return _distinct(_with_bracketed_zero(text, home))
    if text.plus:
        return _distinct((behind_code(text, 0, How.PLUS),))
    digits = text.digits
    found: list[PhoneReading | None] = []
    if digits[:2] == "00" and text.whole(0, 2):
        found.append(behind_code(text, 2, How.ZEROS))
        if home is not None and digits.startswith(str(home.code), 2):
            # Another country's carriers may be dialled so, but nobody means them.
            return _distinct(found)
    if home is not None:
        prefix = home.idd.match(digits) if home.idd is not None else None
        if prefix is not None and prefix[0] != "00" and text.whole(0, prefix.end()):
            found.append(behind_code(text, prefix.end(), How.OWN_PREFIX))
        found.append(at_home(text, home))
        if digits.startswith(str(home.code)):
            found.append(behind_code(text, 0, How.OWN_CODE, _own_code_note(home)))
    return _distinct(found)


def behind_code(text: PhoneText, start: int, how: How, note: str = "") -> PhoneReading | None:
    """Country code and national number from a place among the digits on."""
    digits = text.digits
    code = country_code(digits[start : start + 3])
    if code is None or len(digits) - start > _LONGEST_NUMBER + 1:  # one trunk zero may be among them
        return None
    end = start + len(str(code))
    if text.cuts and (not text.whole(start, end) or text.bound(start, end)):
        return None
    plan = plan_of_code(code)
    if plan is None:
        return None
    national, gone = plan.without_front(digits[end:])
    if gone and not _whole_front(text, plan, end, gone):
        return None
    return _reading(code, national, how, end + gone, end, note)


def at_home(text: PhoneText, home: NumberingPlan, start: int = 0, note: str = "") -> PhoneReading | None:
    """As dialled in a region: the national number, with or without the trunk prefix."""
    if len(text.digits) - start > _LONGEST_DIALLED:
        return None
    national, gone = home.without_front(text.digits[start:])
    if gone and not _whole_front(text, home, start, gone):
        return None
    return _reading(home.code, national, How.HOME, start + gone, 0, note)


def number_at(code: int, digits: str) -> PhoneReading | None:
    """Digits behind a country code, where nothing of the text matters."""
    plan = plan_of_code(code)
    return None if plan is None else _reading(code, plan.without_front(digits)[0], How.PLUS, 0, 0)


def repaired(text: PhoneText, home: NumberingPlan | None) -> list[PhoneReading]:
    """What is meant by a text that says nothing as it stands, where people read it rightly."""
    found = _distinct((*_repaired_abroad(text, home), *_repaired_home(text, home)))
    return [replace(reading, meant=True) for reading in found]


# ---------------------------------------------------------------- what the text says


def _with_bracketed_zero(text: PhoneText, home: NumberingPlan | None) -> Iterator[PhoneReading | None]:
    """`41 (0)44 668 18 00`: what stands before the zero is a country code. Only Italy keeps the zero."""
    digits, trunk = text.digits, text.trunk or 0
    for start, how, note in _fronts(text, home):
        code = country_code(digits[start:trunk])
        plan = None if code is None else plan_of_code(code)
        if code is None or plan is None or len(str(code)) != trunk - start:
            continue
        if text.whole(0, start) and text.whole(start, trunk):
            for rest in (digits[trunk:], digits[trunk + 1 :]):
                national, _ = plan.without_front(rest)
                yield _reading(code, national, how, len(digits) - len(national), trunk, note)


def _fronts(text: PhoneText, home: NumberingPlan | None) -> Iterator[tuple[int, How, str]]:
    """What may stand before the country code of a bracketed zero, and how long it is."""
    digits = text.digits
    if text.plus:
        yield 0, How.PLUS, ""
        return
    if digits[:2] == "00":
        yield 2, How.ZEROS, ""
    if home is not None and home.idd is not None and (prefix := home.idd.match(digits)):
        yield prefix.end(), How.OWN_PREFIX, ""
    if home is not None and digits[: text.trunk] == str(home.code):
        yield 0, How.OWN_CODE, _own_code_note(home)
    yield 0, How.BRACKET, "+ added: the zero in brackets shows a country code before it"


def _own_code_note(home: NumberingPlan) -> str:
    return f"+ added: it begins with the country code of {home.region}"


def _whole_front(text: PhoneText, plan: NumberingPlan, start: int, gone: int) -> bool:
    """Whether the text cuts through a trunk prefix; a carrier's code behind it may stand apart."""
    trunk = start + len(plan.trunk)
    return not any(start < cut < start + gone and cut != trunk for cut in text.cuts)


def _reading(
    code: int, national: str, how: How, front: int, code_end: int, note: str = ""
) -> PhoneReading | None:
    found = place(code, national)
    if found is None or len(str(code)) + len(national) > _LONGEST_NUMBER:
        return None
    region, kind = found
    return PhoneReading(code, national, region if region in REGIONS else "", kind, how, front, code_end, note)


def _distinct(
    readings: tuple[PhoneReading | None, ...] | list[PhoneReading | None] | Iterator[PhoneReading | None],
) -> list[PhoneReading]:
    found: dict[tuple[int, str], PhoneReading] = {}
    for reading in readings:
        if reading is not None:
            found.setdefault(reading.same, reading)
    return list(found.values())


# ---------------------------------------------------------------- what is meant


def _repaired_abroad(text: PhoneText, home: NumberingPlan | None) -> Iterator[PhoneReading | None]:
    """Behind a + or 00: the code twice, 00 behind the +, the 1 of old Mexican mobiles."""
    digits = text.digits
    if text.plus:
        start, how, own = 0, How.PLUS, ""
        if digits[:2] == "00":
            yield behind_code(text, 2, how, "00 behind the + left out")
    elif digits[:2] == "00" and text.whole(0, 2):
        start, how, own = 2, How.ZEROS, ""
    elif home is not None and digits.startswith(str(home.code)):
        start, how, own = 0, How.OWN_CODE, _own_code_note(home)
    else:
        return
    code = country_code(digits[start : start + 3])
    if code is None:
        return
    end = start + len(str(code))
    if not text.whole(start, end) or text.bound(start, end):
        return
    if how is not How.OWN_CODE:
        again_bare = how is How.PLUS or home is None or code != home.code
        for again in (f"00{code}", f"011{code}", *([str(code)] if again_bare else [])):
            if digits.startswith(again, end) and text.whole(end, end + len(again)):
                note = "second country code left out"
                yield _behind_more(code, text, end + len(again), end, how, note)
    if code == _MEXICO and digits[end : end + 1] == "1":
        # Until 2019 Mexican mobiles were dialled +52 1 from abroad.
        note = own or "1 of old Mexican mobile numbers left out"
        yield _behind_more(code, text, end + 1, end, how, note)


def _behind_more(
    code: int, text: PhoneText, front: int, code_end: int, how: How, note: str
) -> PhoneReading | None:
    """A number behind its country code and what is left out behind that."""
    found = number_at(code, text.digits[front:])
    return None if found is None else replace(found, how=how, front=front, code_end=code_end, note=note)


def _repaired_home(text: PhoneText, home: NumberingPlan | None) -> Iterator[PhoneReading | None]:
    """An outside line's 0, a mistyped 8, old trunk prefixes, a Chinese extension."""
    if home is None:
        return
    digits = text.digits
    if text.plus:
        if home.code == _RUSSIA and digits[:1] == "8" and text.apart(1):
            yield at_home(text, home, note="8 behind the + read as the trunk prefix")
        return
    if digits[:1] == "0" and text.apart(1) and (not home.trunk or digits.startswith(home.trunk, 1)):
        yield at_home(text, home, 1, "0 of an outside line left out")
    for old, new in _OLD_PREFIXES.get(home.region, ()):
        if digits.startswith(old) and text.whole(0, len(old)):
            national = new + digits[len(old) :]
            yield _reading(home.code, national, How.HOME, len(old), 0, f"old prefix {old} left out")
    yield _chinese_extension(text, home)


def _chinese_extension(text: PhoneText, home: NumberingPlan) -> PhoneReading | None:
    """`010-6234 5678-123`: in China an extension stands behind a dash. Lengths there leave no doubt."""
    if home.code != _CHINA or len(text.groups) < 2 or text.between[-1] != "-" or text.extension:
        return None
    if len(text.groups[-1]) not in _EXTENSION_LENGTHS:
        return None
    if not text.digits.startswith(home.trunk):
        return None
    before = text.shape().rpartition("-")[0]
    readings = as_written(as_text(before, plus=False), home)
    if len(readings) != 1 or readings[0].kind is not Kind.FIXED:
        return None
    return replace(readings[0], extension=text.groups[-1])

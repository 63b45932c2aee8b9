"""Two numbers in one text, with nothing but blanks or dashes between them: `030 123456 030 654321`.

Such a text may be one number as well, a stranger's. What marks and words part is for `text`.
"""

from prepop.rules.values.phones.doubts import usually_grouped
from prepop.rules.values.phones.plans import NumberingPlan, place, plan_of_region
from prepop.rules.values.phones.readings import PhoneReading, as_written, at_home
from prepop.rules.values.phones.text import PhoneText, as_text

# Two numbers without anything but blanks between them are only looked for from here on.
_FEWEST_DIGITS_OF_TWO = 12
_FEWEST_DIGITS_OF_ONE = 6
# Behind a blank, five digits or more after a whole number of seven or more: `030 90182 90183`. No usual
# grouping has that (measured on the examples of all regions in every spelling); German and Austrian numbers
# with a direct line do where the company's own number is short: `+49 89 636 48018`.
# Behind any other mark they may have five: `+49 711 8998-12345`.
_FEWEST_DIGITS_OF_A_WHOLE = 7
_FEWEST_DIGITS_BEHIND = 5


def may_go_on(text: PhoneText, reading: PhoneReading, home: NumberingPlan | None) -> bool:
    """Whether digits behind a comma may be a number of their own, or the end of this one: `20 7946,0018`."""
    plan = home or plan_of_region(reading.region)
    if reading.meant or (plan is not None and at_home(as_text(text.extension, plus=False), plan)):
        return True
    longer = (text.shape() + text.extension, text.digits + text.extension)
    return any(as_written(as_text(each, plus=text.plus), home) for each in longer)


def two_in_a_row(text: PhoneText, home: NumberingPlan | None) -> bool:
    """Whether the groups of a text that is no number fall into two: `030 123456 030 654321`.

    Somewhere the first groups must be a valid number already, and what follows one more: a number on its
    own, or behind a blank so many digits that no grouping of one number has them behind a whole number.
    """
    for cut in range(1, len(text.groups)):
        first, second = _cut(text, cut)
        if len(first.digits) < _FEWEST_DIGITS_OF_ONE or len(second.digits) < _FEWEST_DIGITS_BEHIND:
            continue
        heads = as_written(first, home)
        if any(_is_followed(text, cut, second, len(head.national), home, head.region) for head in heads):
            return True
    return False


def also_two(text: PhoneText, reading: PhoneReading, home: NumberingPlan | None) -> bool:
    """Whether a text that is one number can also be read as two in a row, the first with the same front."""
    if len(text.groups) < 2 or text.trunk:
        return False
    if len(text.groups) == 2 and len(text.between[1]) > 1:
        # Whoever writes a number in one run does not group its end: `+38111234567 - 89`.
        head = text.groups[0][reading.front :]
        if len(head) >= _FEWEST_DIGITS_OF_A_WHOLE and place(reading.code, head) is not None:
            return True
    if len(text.digits) < _FEWEST_DIGITS_OF_TWO:
        return False
    return _falls_in_two(text, reading, home) and not usually_grouped(text, reading)


def _falls_in_two(text: PhoneText, reading: PhoneReading, home: NumberingPlan | None) -> bool:
    place_of = 0
    for cut in range(1, len(text.groups)):
        place_of += len(text.groups[cut - 1])
        head, rest = text.digits[reading.front : place_of], len(text.digits) - place_of
        if place_of < _FEWEST_DIGITS_OF_ONE or rest < _FEWEST_DIGITS_BEHIND or place_of <= reading.front:
            continue
        if place(reading.code, head) is None:
            continue
        _, second = _cut(text, cut)
        # By hand a last group of five falls into two: `083 15 36 603 13`.
        whole = len(head) if cut == len(text.groups) - 1 else 0
        if _is_followed(text, cut, second, whole, home, reading.region):
            return True
    return False


def _is_followed(
    text: PhoneText, cut: int, second: PhoneText, length: int, home: NumberingPlan | None, region: str
) -> bool:
    """Whether what stands behind a whole number of this length is a second one."""
    fewest = _FEWEST_DIGITS_BEHIND if " " in text.between[cut] else _FEWEST_DIGITS_BEHIND + 1
    if length >= _FEWEST_DIGITS_OF_A_WHOLE and len(second.digits) >= fewest:
        return True
    return _begins_anew(second, home or plan_of_region(region))


def _begins_anew(text: PhoneText, home: NumberingPlan | None) -> bool:
    """Whether digits behind a number are a valid number of the same region.

    They must begin as a number does (with a trunk zero or 00), or where the region has no trunk zero be
    of full length; else many a number of three groups would be taken for two.
    """
    zero = text.digits.startswith("0")
    if len(text.digits) < (_FEWEST_DIGITS_OF_ONE if zero else _FEWEST_DIGITS_OF_ONE + 1):
        return False
    if home is None or (not zero and home.trunk == "0"):
        return False
    return bool(as_written(text, home))


def _cut(text: PhoneText, cut: int) -> tuple[PhoneText, PhoneText]:
    """The groups before and behind a place, each in one run."""
    first, second = "".join(text.groups[:cut]), "".join(text.groups[cut:])
    return as_text(first, plus=text.plus), as_text(second, plus=False)

"""Numbers in words, for everything that a person reads: singular and plural, durations, shares, lists."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

# GRAPH section 6, "Identity and access": 3,000 writes in 150 seconds for one app in one tenant.
QUOTA_WRITES = 3000
QUOTA_SECONDS = 150


def day(on: date) -> str:
    """A date as a person writes it: `1 February 2027`."""
    return f"{on.day} {on:%B %Y}"


# GRAPH section 0b: when the SMS and voice calls that Microsoft itself provides end.
SMS_ENDS = date(2027, 2, 1)
SMS_RETIRES = day(SMS_ENDS)
SMS_LAST_DAY = day(SMS_ENDS - timedelta(days=1))


def counted(number: int, one: str, many: str = "") -> str:
    """`1 person`, `2,000 people`; `many` is `one` + s where it is not given."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def share(part: int, whole: int) -> str:
    """A share in per cent that never rounds something to nothing, or nearly all to all: `<1%`, `>99%`."""
    if not whole:
        return "-"
    per_cent = 100 * part / whole
    if 0 < per_cent < 1:
        return "<1%"
    if 99 < per_cent < 100:
        return ">99%"
    return f"{per_cent:.0f}%"


def duration(seconds: float) -> str:
    """The two largest units of a time: `under a second`, `25 seconds`, `8 minutes 20 seconds`."""
    if seconds < 1:
        return "under a second"
    rest = round(seconds)
    parts: list[str] = []
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        number, rest = divmod(rest, size)
        if number or parts:
            parts.append(counted(number, name) if number else "")
    return " ".join(part for part in parts[:2] if part)


def under_quota(writes: int) -> float:
    """Seconds that so many writes take at the documented quota."""
    return writes * QUOTA_SECONDS / QUOTA_WRITES


def cut(items: Sequence[str], most: int) -> str:
    """`a, b, c ... and 39 more`."""
    shown = ", ".join(items[:most])
    return f"{shown} ... and {len(items) - most:,} more" if len(items) > most else shown


# Characters that do something instead of being seen: C0, DEL, C1, line and paragraph separators, marks that
# turn the direction of writing (Unicode TR9), halves of a surrogate pair and noncharacters, which neither
# UTF-8 nor XML can hold.
_UNSEEN = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufffe\\uffff]"
)


def visible(text: str) -> str:
    """Text of a directory as one line that does nothing to the screen, page or file it stands in.

    A control character becomes its picture (line feed: U+240A), anything else that cannot be seen its code
    in brackets: `[U+202E]`. Right-to-left letters stay as they are.
    """
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(_picture, text)


def _picture(unseen: re.Match[str]) -> str:
    code = ord(unseen[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"[U+{code:04X}]"


def shortened(text: str, most: int) -> str:
    """Text cut to `most` characters, with a mark that it was."""
    return text if len(text) <= most else text[: most - 1] + "\u2026"

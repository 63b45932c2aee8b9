"""When two names are the same, or nearly. Two notions of the same, and never `casefold`, which makes names of
two people one: `straße` and `strasse`, `ﬁnn` and `finn`, `maſon` and `mason`, a Kelvin sign and a k.
"""

import difflib
import string
from collections.abc import Iterable

_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def ascii_case(text: str) -> str:
    """What whose account it is, and whether two addresses are one, is decided by (CONTRACT section 4): the
    same text but for the case of ASCII letters.
    """
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def other_case(text: str) -> str:
    """What names that somebody typed are found by, and parts of distinguished names: the same text but for
    the case of letters that have exactly one other case (`MÜLLER` is `Müller`).
    """
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def _lower(letter: str) -> str:
    small = letter.lower()
    return small if small.upper() == letter else letter


def near(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """The known word that is likely meant, or "". likeness: 0 to 1; higher where names share much of them."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=likeness)
    return by_lower[found[0]] if found else ""

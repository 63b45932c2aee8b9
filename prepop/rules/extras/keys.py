"""When the key of a row and an attribute of a person are the same text (CONTRACT section 5)."""

import re
from collections.abc import Iterable, Iterator

from prepop.model import Person
from prepop.rules.values.masking import DOT
from prepop.rules.values.names import ascii_case, other_case

_GUID = re.compile(r"\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?")
_GUID_LENGTH = 36
_SHOWN = 2  # letters at the end of a key that is long enough


def keys_of(people: Iterable[Person], attribute: str) -> Iterator[tuple[str, ...]]:
    """The keys that each person has, as they are compared, each once; several only where the attribute holds
    several.
    """
    texts: Iterator[tuple[str, ...]]
    match ascii_case(attribute):
        case "objectguid":
            texts = ((person.guid,) for person in people)
        case "userprincipalname":
            texts = ((person.upn,) for person in people)
        case "samaccountname":
            texts = ((person.sam,) for person in people)
        case name:
            texts = (person.values.get(name, ()) for person in people)
    for values in texts:
        keys = tuple([key for key in map(compared, values) if key])
        yield keys if len(keys) < 2 else tuple(dict.fromkeys(keys))


def compared(text: str) -> str:
    """A key as it is compared: blanks around and case aside, a GUID without its braces."""
    plain = other_case(text.strip())
    guid = _GUID.fullmatch(plain) if len(plain) >= _GUID_LENGTH else None
    return guid[1] if guid else plain


def without_zeros(key: str) -> str:
    """A number without leading zeros; any other key as it is."""
    if key[:1] != "0" or not (key.isascii() and key.isdigit()):
        return key
    return key.lstrip("0") or "0"


def one_form(keys: Iterable[str]) -> bool:
    """Whether numbers are written in one way throughout: without leading zeros, or all to one length.

    Only then do leading zeros say nothing: else 00417 and 417 may be two people's.
    """
    numbers = [key for key in keys if key.isascii() and key.isdigit()]
    padded = any(key != without_zeros(key) for key in numbers)
    return not padded or len({len(key) for key in numbers}) == 1


def masked(key: str) -> str:
    """A key as it is shown: its end, where that leaves most of it unsaid."""
    shown = _SHOWN if len(key) > 2 * _SHOWN else 0
    return DOT * (len(key) - shown) + key[len(key) - shown :]

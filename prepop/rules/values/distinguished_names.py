"""Distinguished names: RFC 4514 text, as far as finding somebody's OU needs it.

Case does not matter, nor blanks around commas and equals signs, nor how a character is escaped
(`\\,` and `\\2C` are the same).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from prepop.rules.values.names import other_case

_FIRST_RDN = re.compile(r"\s*((?:\\.|[^\\,])*+)(?:,|$)", re.DOTALL)
_ESCAPED = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)


def ancestors(dn: str) -> Iterator[tuple[str, ...]]:
    """The containers of an entry, nearest first, each in a form that can be compared."""
    first = _FIRST_RDN.match(dn)
    above = rdns(dn[first.end() :]) if first else ()
    for start in range(len(above)):
        yield above[start:]


def above(dn: str) -> Iterator[str]:
    """The DNs of what an entry stands in, nearest first, as written."""
    while (first := _FIRST_RDN.match(dn)) and first.end() < len(dn):
        dn = dn[first.end() :].lstrip()
        yield dn


@lru_cache(maxsize=8192)  # a directory has few containers, each with many people
def rdns(dn: str) -> tuple[str, ...]:
    """The parts of a DN, first to last, in a form that can be compared."""
    return tuple(f"{name}={other_case(value)}" for name, value in _parts(dn))


def organisational_unit(dn: str) -> str:
    """The innermost OU of a DN as `OU=Sales`, so that it is not taken for a department; "" without one."""
    return next((f"OU={value}" for name, value in _parts(dn) if name == "ou"), "")


def _parts(dn: str) -> Iterator[tuple[str, str]]:
    """Name in lower case and value of each part, first to last."""
    position = 0
    while position < len(dn) and (found := _FIRST_RDN.match(dn, position)):
        name, _, value = found[1].partition("=")
        yield name.strip().lower(), _unescape(_strip(value))
        position = found.end()


def _strip(value: str) -> str:
    """Blanks around a value go; an escaped one at its end stays (RFC 4514 section 2.4)."""
    bare = value.strip()
    odd_backslashes = (len(bare) - len(bare.rstrip("\\"))) % 2
    return bare + " " if odd_backslashes else bare


def _unescape(value: str) -> str:
    def unescaped(found: re.Match[str]) -> str:
        if found[1]:
            return bytes.fromhex(found[1].replace("\\", "")).decode("utf-8", "replace")
        return found[2]

    return _ESCAPED.sub(unescaped, value)

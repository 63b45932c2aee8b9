"""Valid numbers at random: every number of a plan is as likely as any other of the same length.

The phone library says by a pattern which digits are a mobile or a fixed number. Here the pattern is taken
apart, counted out (how many texts of each length it matches) and drawn from by these counts, so that the
numbers of a plan come as they are and not as variants of one example.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber
from phonenumbers.phonemetadata import PhoneNumberDesc

_DIGITS = "0123456789"
# So far from the usual length of the library's example; a German number of 15 digits is valid, and nobody's.
_AROUND_USUAL = 2
# What people type in to fill a field is left alone on purpose.
_TYPED_IN = re.compile(r"1234567|7654321|(\d)\1{6}|^\d{3}55501\d\d$")
_TRIES = 200

# A pattern as a tree: texts to choose from, one after the other, or alternatives.
# (What the standard library calls these is private to it, and has no types.)
Node = tuple[str, tuple[Any, ...]]


def draw(dice: random.Random, region: str, *, mobile: bool) -> PhoneNumber:
    """A valid mobile or fixed number of a region; the other kind where the region has none of this one."""
    for desc, example in _plans(region, mobile):
        usual = len(example)
        lengths = [
            n for n in desc.possible_length if abs(n - usual) <= _AROUND_USUAL and _tree(desc)[1].get(n)
        ]
        for _ in range(_TRIES if lengths else 0):
            national = _text(_tree(desc)[0], dice.choice(lengths), dice)
            number = _number(region, national)
            if phonenumbers.is_valid_number_for_region(number, region) and not _TYPED_IN.search(national):
                return number
    raise LookupError(f"no number of {region} could be drawn")


def _plans(region: str, mobile: bool) -> Iterator[tuple[PhoneNumberDesc, str]]:
    plan = PhoneMetadata.metadata_for_region(region)
    assert plan is not None
    for desc in (plan.mobile, plan.fixed_line) if mobile else (plan.fixed_line, plan.mobile):
        if desc is not None and desc.national_number_pattern and desc.example_number:
            yield desc, desc.example_number


def _number(region: str, national: str) -> PhoneNumber:
    number = PhoneNumber(phonenumbers.country_code_for_region(region), int(national))
    zeros = len(national) - len(national.lstrip("0"))
    if zeros:
        number.italian_leading_zero, number.number_of_leading_zeros = True, zeros
    return number


@cache
def _trees() -> dict[str, tuple[Node, Counter[int]]]:
    return {}


def _tree(desc: PhoneNumberDesc) -> tuple[Node, Counter[int]]:
    pattern = desc.national_number_pattern or ""
    if pattern not in _trees():
        node = _sequence(list(parser.parse(pattern)))
        _trees()[pattern] = node, _count(node)
    return _trees()[pattern]


def _sequence(items: Any) -> Node:
    return "all", tuple(_node(*item) for item in items)


def _node(kind: object, what: Any) -> Node:
    match kind:
        case op.LITERAL:
            return "one", (chr(what),)
        case op.IN:
            return "one", tuple(_set(what))
        case op.SUBPATTERN:
            return _sequence(list(what[3]))
        case op.BRANCH:
            return "any", tuple(_sequence(list(part)) for part in what[1])
        case op.MAX_REPEAT:
            least, most, part = what
            once = _sequence(list(part))
            return "any", tuple(("all", (once,) * times) for times in range(least, most + 1))
    raise NotImplementedError(kind)


def _set(items: Any) -> Iterator[str]:
    for kind, what in items:
        if kind is op.LITERAL:
            yield chr(what)
        elif kind is op.RANGE:
            yield from map(chr, range(what[0], what[1] + 1))
        else:  # \d, the only class in the plans
            yield from _DIGITS


@cache
def _count(node: Node) -> Counter[int]:
    """How many texts of each length a tree matches."""
    kind, parts = node
    if kind == "one":
        return Counter({1: len(parts)})
    if kind == "any":
        return sum((_count(part) for part in parts), Counter())
    total = Counter({0: 1})
    for part in parts:
        found: Counter[int] = Counter()
        for length, ways in total.items():
            for more, other in _count(part).items():
                found[length + more] += ways * other
        total = found
    return total


def _text(node: Node, length: int, dice: random.Random) -> str:
    """One of the texts of a length, each as likely as the others."""
    kind, parts = node
    if kind == "one":
        return str(dice.choice(parts))
    if kind == "any":
        weights = [_count(part)[length] for part in parts]
        return _text(dice.choices(parts, weights)[0], length, dice)
    if not parts:
        return ""
    head, rest = parts[0], ("all", parts[1:])
    sizes = [size for size in _count(head) if _count(rest)[length - size]]
    weights = [_count(head)[size] * _count(rest)[length - size] for size in sizes]
    size = dice.choices(sizes, weights)[0]
    return _text(head, size, dice) + _text(rest, length - size, dice)

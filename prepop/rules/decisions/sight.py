"""What the reader could see in the last complete run and cannot see now: for the finding `values-vanished`.

A value that the reader may not see looks exactly as if it were not there, and `remove = "own"` would take it
for gone. Single values come and go; many at once, or all of a unit, are rights that were lost, or a column
that was not exported. Only numbers are compared: how many people a unit has, and how many of them have an
attribute.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prepop.model import DirectoryReading, Holding
from prepop.options import Limit, MappingRules
from prepop.rules.decisions.bounds import allowed
from prepop.rules.values.distinguished_names import above

_UNIT = 5
"""From so many people on, a unit in which all lose a value is no chance."""
_FEW = 4
"""So many people may lose a value in a small directory, whatever the share says."""


@dataclass(frozen=True, slots=True)
class Vanished:
    """One attribute: how many people had it and lost it, of how many, and the units in which all did."""

    attribute: str
    lost: int
    had: int
    bound: int | None
    units: tuple[str, ...]


def held(readings: Sequence[DirectoryReading], rules: MappingRules) -> tuple[Holding, ...]:
    """How many people of each unit have each attribute of the mapping; sorted."""
    people: Counter[str] = Counter()
    holders: Counter[tuple[str, str]] = Counter()
    wanted = {name.lower() for name in rules.attributes}
    for reading in readings:
        for person in reading.people:
            unit = next(above(person.dn), "").lower()
            people[unit] += 1
            holders.update((name, unit) for name in wanted & person.values.keys())
    return tuple(
        Holding(name, unit, people[unit], holders[name, unit])
        for name in sorted(wanted)
        for unit in sorted(people)
    )


def vanished(before: Sequence[Holding], now: Sequence[Holding], limit: Limit) -> Iterator[Vanished]:
    """Each attribute of both runs that too many people lost; who left a unit with the value did not."""
    there = {(one.attribute, one.unit): one for one in now}
    by_attribute: dict[str, list[tuple[Holding, Holding]]] = {}
    for was in before:
        if (same := there.get((was.attribute, was.unit))) is not None:
            by_attribute.setdefault(was.attribute, []).append((was, same))
    for attribute, units in by_attribute.items():
        lost = sum(_lost(was, same) for was, same in units)
        had = sum(was.holders for was, _ in units)
        all_lost = (unit for unit in units if unit[0].holders >= _UNIT and not unit[1].holders)
        bare = tuple(was.unit for was, same in all_lost if _lost(was, same))
        share = allowed(limit, had, 0)
        bound = None if share is None else max(share, _FEW)
        if bare or (bound is not None and lost > bound):
            yield Vanished(attribute, lost, had, bound, bare)


def _lost(was: Holding, same: Holding) -> int:
    return max(0, was.holders - same.holders - max(0, was.people - same.people))


def nobody_has_any(now: Sequence[Holding]) -> bool:
    """True where people were read, more than a few, and not one has a value in any attribute."""
    return bool(now) and not any(one.holders for one in now) and _people(now) >= _UNIT


def _people(now: Sequence[Holding]) -> int:
    return sum(one.people for one in now if one.attribute == now[0].attribute)

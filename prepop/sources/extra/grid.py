"""A header and rows, from whatever kind of file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from prepop.model import CellKind


@dataclass(frozen=True, slots=True)
class Line:
    """One row that holds anything: its number, its cells, and what those are that are no text, by place."""

    number: int
    cells: Sequence[str]
    kinds: Mapping[int, CellKind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grid:
    """header: the names of the columns, without blanks around. described: facts of the file, for reports."""

    header: Sequence[str]
    lines: Sequence[Line]
    described: Mapping[str, str]


def twice(header: Sequence[str], needed: Collection[str]) -> list[str]:
    """The names, of those that are needed (in lower case), that more than one column has."""
    lower = [name.lower() for name in header]
    return [name for name in needed if lower.count(name) > 1]

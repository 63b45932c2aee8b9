"""Whose row it is. A row belongs to the one person whose attribute is the same text as its key.

    rows with the key   people with it   the person gets
    1                   1                what the row holds
    0                   any              nothing: the file has no row of them
    more                any              nothing: key-several
    any                 more             nothing, each of them: key-several

Keys that differ by leading zeros only count as one for that, for they may be. They join only where each side
writes its numbers in one form throughout (`keys.one_form`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from prepop.model import ExtraReading, ExtraRow, Joined, Joining, Person
from prepop.rules.extras.keys import compared, keys_of, masked, one_form, without_zeros
from prepop.rules.phrases import cut
from prepop.rules.values.masking import mask

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the rows of a file and the people who were read belong together.

    rows, people: of both all. fitting: people who have a row. people_alone: with a key that no row has;
    keyless: without a key. rows_alone: with a key that nobody has; rows_keyless: without one. several: people
    who get nothing since a key is not theirs alone. by_zeros: rows that would fit but for leading zeros;
    zeros_aside: leading zeros say nothing here. examples: of rows and of people that stand alone, masked.
    """

    name: str
    file: str
    key: str
    attribute: str
    rows: int
    people: int
    fitting: int
    people_alone: int
    keyless: int
    rows_alone: int
    rows_keyless: int
    several: int
    by_zeros: int
    zeros_aside: bool
    example_rows: tuple[str, ...] = ()
    example_people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JoinedPeople:
    """People: in their order, with what their rows hold. beside: what stands in rows that are
    nobody's, a person without a name for each, since somebody has these numbers too. fits: for each file.
    """

    people: tuple[Person, ...]
    beside: tuple[Person, ...]
    fits: tuple[Fit, ...]


def join(people: Sequence[Person], extras: Iterable[ExtraReading]) -> JoinedPeople:
    """Give each person what the extra files have of them."""
    everybody, beside, fits = tuple(people), [], []
    for extra in extras:
        files = _File(extra, everybody)
        everybody, others, fit = files.joined()
        beside += others
        fits.append(fit)
    return JoinedPeople(everybody, tuple(beside), tuple(fits))


class _File:
    """One file beside everybody who was read."""

    def __init__(self, extra: ExtraReading, people: Sequence[Person]) -> None:
        self._extra = extra
        self._people = people
        self._keys = [keys_of(person, extra.attribute) for person in people]
        self._rows: dict[str, list[ExtraRow]] = {}
        for row in extra.rows:
            if row.key:
                self._rows.setdefault(without_zeros(compared(row.key)), []).append(row)
        self._holders: dict[str, int] = {}
        for keys in self._keys:
            for key in {without_zeros(key) for key in keys}:
                self._holders[key] = self._holders.get(key, 0) + 1
        self._zeros_aside = one_form(compared(row.key) for row in extra.rows if row.key) and one_form(
            key for keys in self._keys for key in keys
        )

    def joined(self) -> tuple[tuple[Person, ...], list[Person], Fit]:
        extra, name = self._extra, self._extra.name.lower()
        people: list[Person] = []
        taken: set[int] = set()
        by_zeros: set[int] = set()
        alone: list[Person] = []
        counts = dict.fromkeys(Joining, 0)
        for person, keys in zip(self._people, self._keys, strict=True):
            how, row, why = self._row_of(keys)
            if how is Joining.NO_ROW and row is not None:
                by_zeros.add(row.number)
                row = None
            counts[how] += 1
            if how is Joining.NO_ROW:
                alone.append(person)
            said = Joined(
                extra.file,
                extra.key,
                extra.attribute,
                how,
                row.number if row else None,
                row.kinds if row else {},
                why,
            )
            values = dict(person.values)
            if row is not None:
                taken.add(row.number)
                values |= {f"{name}:{column}": (text,) for column, text in row.values.items()}
            people.append(replace(person, values=values, extras={**person.extras, name: said}))
        rest = [row for row in extra.rows if row.number not in taken]
        nobodys = [row for row in rest if row.key and not self._holders.get(without_zeros(compared(row.key)))]
        fit = Fit(
            name=extra.name,
            file=extra.file,
            key=extra.key,
            attribute=extra.attribute,
            rows=len(extra.rows),
            people=len(people),
            fitting=counts[Joining.ROW],
            people_alone=counts[Joining.NO_ROW],
            keyless=counts[Joining.NO_KEY],
            rows_alone=len(nobodys),
            rows_keyless=sum(not row.key for row in rest),
            several=counts[Joining.SEVERAL],
            by_zeros=len(by_zeros),
            zeros_aside=self._zeros_aside,
            example_rows=tuple(f"row {row.number}: {masked(row.key)}" for row in nobodys[:_EXAMPLES]),
            example_people=tuple(_named(person) for person in alone[:_EXAMPLES]),
        )
        return tuple(people), [_nobody(extra, row) for row in rest if row.values], fit

    def _row_of(self, keys: frozenset[str]) -> tuple[Joining, ExtraRow | None, str]:
        """What the file says of somebody with these keys. NO_ROW with a row: it differs by leading zeros."""
        if not keys:
            return Joining.NO_KEY, None, ""
        rows = [
            row for key in sorted({without_zeros(key) for key in keys}) for row in self._rows.get(key, ())
        ]
        if not rows:
            return Joining.NO_ROW, None, ""
        if len(keys) > 1:
            return Joining.SEVERAL, None, f"the person has {len(keys)} values of {self._extra.attribute}"
        (key,) = keys
        if len(rows) > 1:
            numbers = cut([str(row.number) for row in rows], 6)
            return Joining.SEVERAL, None, f"rows {numbers} of {self._extra.file} have this person's key"
        holders = self._holders[without_zeros(key)]
        if holders > 1:
            why = f"{holders} people have the key of row {rows[0].number} of {self._extra.file}"
            return Joining.SEVERAL, None, why
        if compared(rows[0].key) == key or self._zeros_aside:
            return Joining.ROW, rows[0], ""
        return Joining.NO_ROW, rows[0], ""


def _named(person: Person) -> str:
    return mask(person.upn or person.sam or person.dn)


def _nobody(extra: ExtraReading, row: ExtraRow) -> Person:
    name = extra.name.lower()
    values: Mapping[str, tuple[str, ...]] = {
        f"{name}:{column}": (text,) for column, text in row.values.items()
    }
    return Person(extra.name, "", "", "", values=values)

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
from dataclasses import dataclass, fields
from itertools import chain
from operator import attrgetter

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
        self._keys = list(keys_of(people, extra.attribute))
        # by their key without leading zeros
        self._rows: dict[str, ExtraRow] = {}
        self._doubles: dict[str, list[ExtraRow]] = {}
        written = []
        for row in extra.rows:
            if row.key:
                key = compared(row.key)
                written.append(key)
                bare = without_zeros(key)
                if (first := self._rows.setdefault(bare, row)) is not row:
                    self._doubles.setdefault(bare, [first]).append(row)
        self._holders: dict[str, int] = {}
        for keys in self._keys:
            # a person counts once for a key, in however many forms they have it
            for bare in keys if len(keys) < 2 else {without_zeros(key) for key in keys}:
                bare = without_zeros(bare)
                self._holders[bare] = self._holders.get(bare, 0) + 1
        self._zeros_aside = one_form(written) and one_form(chain.from_iterable(self._keys))
        self._nothing = {
            how: Joined(extra.file, extra.key, extra.attribute, how)
            for how in (Joining.NO_KEY, Joining.NO_ROW)
        }

    def joined(self) -> tuple[tuple[Person, ...], list[Person], Fit]:
        """The people with what their rows hold, the rows that are nobody's, and the numbers."""
        name = self._extra.name.lower()
        people: list[Person] = []
        taken: set[int] = set()
        by_zeros: set[int] = set()
        alone: list[Person] = []
        counts = dict.fromkeys(Joining, 0)
        for person, keys in zip(self._people, self._keys, strict=True):
            how, row, why = self._row_of(keys)
            values = person.values
            if how is Joining.NO_ROW:
                alone.append(person)
                if row is not None:
                    by_zeros.add(row.number)
                    row = None
            elif row is not None:
                taken.add(row.number)
                values = dict(values)
                for column, text in row.values.items():
                    values[f"{name}:{column}"] = (text,)
            counts[how] += 1
            said = self._said(how, row, why)
            people.append(_with(person, values, {**person.extras, name: said}))
        rest = [row for row in self._extra.rows if row.number not in taken]
        fit = self._fit(counts, rest, alone, len(by_zeros))
        return tuple(people), [_nobody(self._extra, row) for row in rest if row.values], fit

    def _said(self, how: Joining, row: ExtraRow | None, why: str) -> Joined:
        if how in self._nothing:
            return self._nothing[how]
        extra = self._extra
        if row is None:
            return Joined(extra.file, extra.key, extra.attribute, how, why=why)
        return Joined(extra.file, extra.key, extra.attribute, how, row.number, row.kinds)

    def _row_of(self, keys: tuple[str, ...]) -> tuple[Joining, ExtraRow | None, str]:
        """What the file says of somebody with these keys. NO_ROW with a row: it differs by leading zeros."""
        if not keys:
            return Joining.NO_KEY, None, ""
        if len(keys) > 1:
            if not any(without_zeros(key) in self._rows for key in keys):
                return Joining.NO_ROW, None, ""
            return Joining.SEVERAL, None, f"the person has {len(keys)} values of {self._extra.attribute}"
        (key,) = keys
        bare = without_zeros(key)
        row = self._rows.get(bare)
        if row is None:
            return Joining.NO_ROW, None, ""
        if bare in self._doubles:
            numbers = cut([str(double.number) for double in self._doubles[bare]], 6)
            return Joining.SEVERAL, None, f"rows {numbers} of {self._extra.file} have this person's key"
        if (holders := self._holders[bare]) > 1:
            why = f"{holders} people have the key of row {row.number} of {self._extra.file}"
            return Joining.SEVERAL, None, why
        if self._zeros_aside or compared(row.key) == key:
            return Joining.ROW, row, ""
        return Joining.NO_ROW, row, ""

    def _fit(
        self, counts: Mapping[Joining, int], rest: Sequence[ExtraRow], alone: Sequence[Person], by_zeros: int
    ) -> Fit:
        extra = self._extra
        nobodys = [row for row in rest if row.key and without_zeros(compared(row.key)) not in self._holders]
        return Fit(
            name=extra.name,
            file=extra.file,
            key=extra.key,
            attribute=extra.attribute,
            rows=len(extra.rows),
            people=len(self._people),
            fitting=counts[Joining.ROW],
            people_alone=counts[Joining.NO_ROW],
            keyless=counts[Joining.NO_KEY],
            rows_alone=len(nobodys),
            rows_keyless=sum(not row.key for row in rest),
            several=counts[Joining.SEVERAL],
            by_zeros=by_zeros,
            zeros_aside=self._zeros_aside,
            example_rows=tuple(f"row {row.number}: {masked(row.key)}" for row in nobodys[:_EXAMPLES]),
            example_people=tuple(_named(person) for person in alone[:_EXAMPLES]),
        )


_FIELDS = [each.name for each in fields(Person)]
_parts = attrgetter(*_FIELDS)
_VALUES, _EXTRAS = _FIELDS.index("values"), _FIELDS.index("extras")


def _with(person: Person, values: Mapping[str, tuple[str, ...]], extras: Mapping[str, Joined]) -> Person:
    """As dataclasses.replace, in half the time: this is done for everybody."""
    parts = list(_parts(person))
    parts[_VALUES], parts[_EXTRAS] = values, extras
    return Person(*parts)


def _named(person: Person) -> str:
    return mask(person.upn or person.sam or person.dn)


def _nobody(extra: ExtraReading, row: ExtraRow) -> Person:
    name = extra.name.lower()
    values: Mapping[str, tuple[str, ...]] = {
        f"{name}:{column}": (text,) for column, text in row.values.items()
    }
    return Person(extra.name, "", "", "", values=values)

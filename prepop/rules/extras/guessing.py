"""Which column of a file names the person, and by which attribute: the two that fit most rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prepop.model import ExtraReading, Person
from prepop.rules.extras.keys import compared, keys_of, without_zeros

#: What an HR system and a directory have in common, the likeliest first.
CANDIDATES = (
    "employeeID",
    "employeeNumber",
    "userPrincipalName",
    "sAMAccountName",
    "mail",
    "objectGUID",
)


@dataclass(frozen=True, slots=True)
class KeyGuess:
    """fitting: so many of the rows name somebody who was read."""

    column: str
    attribute: str
    fitting: int
    rows: int


def guess(reading: ExtraReading, people: Sequence[Person], attributes: Iterable[str]) -> KeyGuess | None:
    """The column and attribute that fit most rows; None where no two fit any.

    reading: with every column among its values.
    """
    best: KeyGuess | None = None
    for attribute in attributes:
        keys = {without_zeros(key) for whole in keys_of(people, attribute) for key in whole}
        for column in reading.header:
            texts = (row.values.get(column.lower(), "") for row in reading.rows)
            fitting = sum(without_zeros(compared(text)) in keys for text in texts if text)
            if fitting and (best is None or fitting > best.fitting):
                best = KeyGuess(column, attribute, fitting, len(reading.rows))
    return best

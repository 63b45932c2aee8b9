"""Small files of HR for tests of deciding."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from prepop.model import CellKind, ExtraReading, ExtraRow, Person
from tests.rules.decisions.world import person

MAIL = "private mail"


def row(number: int, key: str, mail: str = "", kinds: Mapping[str, CellKind] | None = None) -> ExtraRow:
    """A row with an address."""
    return ExtraRow(number, key, {MAIL: mail} if mail else {}, kinds or {})


def hr(rows: Iterable[ExtraRow], attribute: str = "employeeID", name: str = "hr") -> ExtraReading:
    """A file with these rows."""
    return ExtraReading(
        name,
        f"{name}-export.csv",
        "Personnel no.",
        attribute,
        ("Personnel no.", "Private mail"),
        tuple(rows),
        {"kind": "csv"},
        datetime(2026, 11, 21, tzinfo=UTC),
    )


def staff(*keys: str) -> list[Person]:
    """One person for each key; "" for one without."""
    return [person(number, employeeid=key) for number, key in enumerate(keys)]

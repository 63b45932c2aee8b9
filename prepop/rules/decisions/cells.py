"""Values of extra files that are not what somebody wrote there: cells that are no text, keys of several.

A number cell has lost what stood before its digits: a plus, two zeros, a trunk zero. It is read only where
one of these gives a number of the person's own country and no other of them gives any.
"""

from typing import assert_never

from prepop.model import CellKind, Family, Joined, Joining, Method, Person, Unusable
from prepop.reasons import Reason
from prepop.rules.values.keys import PhoneNumber, phone
from prepop.rules.values.phones.plans import plan_of_region


def is_column(attribute: str) -> bool:
    """Whether the mapping means a column of an extra file (`hr:Private mail`)."""
    return ":" in attribute


def joined_of(person: Person, attribute: str) -> Joined | None:
    """What the extra file of a column has of this person; None for an attribute of the directory."""
    file, colon, _ = attribute.partition(":")
    return person.extras.get(file.lower()) if colon else None


def place_of(person: Person, attribute: str) -> str:
    """Where a value stands: `hr-export.csv, row 12, column Private mail`; "" for the directory."""
    joined = joined_of(person, attribute)
    if joined is None or joined.row is None:
        return ""
    return f"{joined.file}, row {joined.row}, column {attribute.partition(':')[2]}"


def cell_amiss(person: Person, attribute: str, method: Method) -> Unusable | None:
    """Why a column has no value that can be used, whatever stands there; None where its text decides."""
    joined = joined_of(person, attribute)
    if joined is None:
        return None
    match joined.how:
        case Joining.ROW:
            kind = _kind(joined, attribute)
            if kind is None or kind is CellKind.NUMBER:
                return None
            raw = "".join(person.values.get(attribute.lower(), ()))
            return Unusable(_UNREADABLE[method.family], kind, attribute, raw)
        case Joining.SEVERAL:
            return Unusable(Reason.KEY_SEVERAL, joined.why, attribute)
        case Joining.NO_KEY:
            why = f"{joined.file} cannot be asked: the directory has no {joined.attribute} of this person"
            return Unusable(Reason.NO_VALUE, why, attribute)
        case Joining.NO_ROW:
            return None
        case _:
            assert_never(joined.how)


_UNREADABLE = {Family.PHONE: Reason.PHONE_UNREADABLE, Family.EMAIL: Reason.EMAIL_INVALID}


def is_number(person: Person, attribute: str) -> bool:
    """Whether the cell of a column is a number."""
    joined = joined_of(person, attribute)
    return joined is not None and _kind(joined, attribute) is CellKind.NUMBER


def lost_text(person: Person, attribute: str) -> str:
    """Why the text of a cell is not what somebody wrote, "" where it is; a number is."""
    joined = joined_of(person, attribute)
    kind = _kind(joined, attribute) if joined else None
    return "" if kind is None or kind is CellKind.NUMBER else kind.value


def _kind(joined: Joined, attribute: str) -> CellKind | None:
    return joined.kinds.get(attribute.partition(":")[2].lower())


def only_reading(digits: str, region: str | None) -> str | None:
    """How a number cell's digits stood there before they were a number, where that can have been one only."""
    home = plan_of_region(region) if region else None
    if home is None:
        return None
    found: dict[str, str] = {}
    # behind a plus it may be anybody's: the own country is no argument against that
    for before, country in (("", region), ("0", region), ("+", None)):
        number = phone(before + digits, country)
        if isinstance(number, PhoneNumber):
            found.setdefault(number.key, before + digits)
    if len(found) != 1:
        return None
    ((key, text),) = found.items()
    return text if key.startswith(f"+{home.code}") else None

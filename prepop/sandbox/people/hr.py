"""What the personnel system of the sample knows, as a CSV file: private addresses that no directory shows.

It writes personnel numbers without the leading zeros that the directory has, heads its list with a title, and
keeps people who left. Some rows have nothing, an address of the organisation, one that is none, or that of
somebody else of the family; a few people have two rows.
"""

import random
from collections.abc import Iterator
from pathlib import Path

from prepop.sandbox.people.directory import SampleDirectory
from prepop.sandbox.people.entries import DOMAIN, INVALID_ADDRESSES, StaffEntry

HEADER = ("Personnel no.", "Surname", "Private mail", "Left on")
KEY, MAIL, ATTRIBUTE = "Personnel no.", "Private mail", "employeeID"


def write_hr_file(directory: SampleDirectory, path: Path, seed: int = 1) -> None:
    """Write the list as Excel saves CSV UTF-8 where a comma is no delimiter."""
    lines = ["Staff list, internal;;;", ";;;", ";".join(HEADER), *_rows(directory, seed)]
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("utf-8-sig"))


def _rows(directory: SampleDirectory, seed: int) -> Iterator[str]:
    dice = random.Random(f"hr {seed}")
    family = ""
    for entry in directory.people:
        number = entry.values[ATTRIBUTE][0].lstrip("0")
        roll, own = dice.random(), _private(entry, dice)
        if roll < 0.10:
            continue  # people whom HR does not know: contractors
        mail, family = _mail(dice.random(), own, entry, dice, family)
        yield f"{number};{_surname(entry)};{mail};"
        if roll < 0.12:
            yield f"{number};{_surname(entry)};{own};"
    for n in range(2 + len(directory.people) // 40):
        yield f"{900_000 + n};Leaver;left{n}@example.net;2026-0{1 + n % 9}-28"


def _mail(roll: float, own: str, entry: StaffEntry, dice: random.Random, family: str) -> tuple[str, str]:
    """What stands there, and the address that the next of a family has too."""
    if roll < 0.80:
        return own, family
    if roll < 0.90:
        return "", family
    if roll < 0.93:
        return f"{entry.sam}.old@{DOMAIN}", family
    if roll < 0.96:
        return dice.choice(INVALID_ADDRESSES), family
    return (family, "") if family else (own, own)


def _private(entry: StaffEntry, dice: random.Random) -> str:
    """The address that the directory has too, for some; for most another."""
    if entry.email and dice.random() < 0.3:
        return entry.email
    return f"{entry.sam}.{dice.randrange(1000)}@{dice.choice(('example.org', 'example.net'))}"


def _surname(entry: StaffEntry) -> str:
    return '"' + entry.name.replace('"', '""').replace("\n", " ") + '"'

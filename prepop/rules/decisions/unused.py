"""What of the mapping fits nobody who was read, in words; for the finding `mapping-unused`.

A misspelt unit or a column that was not exported makes no error: its people fall to the default, or have no
value. So it is said. Nothing is said where nobody was read.
"""

from collections.abc import Iterator, Sequence

from prepop.model import DirectoryReading
from prepop.options import MappingRules
from prepop.rules.phrases import counted
from prepop.rules.values.distinguished_names import above, rdns

_LOST = "?"  # what an ASCII export writes for every other letter (Export-Csv of Windows PowerShell)


def unused(readings: Sequence[DirectoryReading], rules: MappingRules) -> tuple[str, ...]:
    """Each `[region] ou` entry in which nobody stands, each attribute of which nobody has a value, and each
    directory whose distinguished names have lost letters."""
    if not any(reading.people for reading in readings):
        return ()
    return (*_units(readings, rules), *_attributes(readings, rules), *_lost_letters(readings))


def _units(readings: Sequence[DirectoryReading], rules: MappingRules) -> Iterator[str]:
    if not rules.region.ou:
        return
    # a directory has few containers, each with many people
    containers = {next(above(person.dn), "") for reading in readings for person in reading.people}
    there = {parts[at:] for parts in map(rdns, containers) for at in range(len(parts))}
    for dn, _ in rules.region.ou:
        if rdns(dn) not in there:
            yield f'[region] ou "{dn}" (nobody stands in it)'


def _attributes(readings: Sequence[DirectoryReading], rules: MappingRules) -> Iterator[str]:
    missing = {name.lower(): name for name in rules.attributes}
    for reading in readings:
        for person in reading.people:
            for name in missing.keys() & person.values.keys():
                del missing[name]
            if not missing:
                return
    for name in missing.values():
        yield f"{name} (nobody has a value)"


def _lost_letters(readings: Sequence[DirectoryReading]) -> Iterator[str]:
    """A directory server loses none, and an export that holds any letter beyond ASCII has lost none."""
    for reading in readings:
        names = [person.dn for person in reading.people]
        lost = [dn for dn in names if _LOST in dn]
        if lost and reading.described.get("kind") != "ldap" and all(dn.isascii() for dn in names):
            yield (
                f"the distinguished names of {counted(len(lost), 'person', 'people')} in {reading.directory} "
                f'("{_LOST}" for a letter that the export lost, as in {next(above(lost[0]), lost[0])})'
            )

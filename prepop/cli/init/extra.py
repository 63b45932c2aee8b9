"""An extra file in `prepop init`: its columns, and the key that fits most rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prepop.errors import PrepopError
from prepop.model import ExtraReading, Person
from prepop.rules.phrases import cut

#: How many columns are shown.
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class FileLook:
    """What was found in a file. key: the column that names the person, "" where it cannot be read."""

    ok: bool | None
    says: str
    key: str = ""
    attribute: str = "employeeID"


def look(path: Path, people: Sequence[Person] | None) -> FileLook:
    """Show the columns, and guess the key. people: None where nobody was read to try it on."""
    from prepop.rules.extras.guessing import CANDIDATES, guess

    try:
        reading = _read(path)
    except PrepopError as error:
        return FileLook(
            False, "; ".join(error.message.splitlines()) + (f". {error.hint}" if error.hint else "")
        )
    says = f"{path.name} has the columns {cut(reading.header, _SHOWN)}"
    first = reading.header[0]
    if not people:
        return FileLook(None, f'{says}; "{first}" is taken for the key, untried: see [[extra]]', first)
    found = guess(reading, people, CANDIDATES)
    if found is None:
        return FileLook(False, f"{says}; none of them fits {cut(CANDIDATES, 9)} of anybody", first)
    fits = f"{found.column} = {found.attribute} fits {found.fitting:,} of {found.rows:,} rows"
    return FileLook(True, f"{says}; {fits}{_mapped(reading)}", found.column, found.attribute)


def _mapped(reading: ExtraReading) -> str:
    """How the mapping would name the column that holds addresses, where one does."""
    counts = {
        name: sum("@" in row.values.get(name.lower(), "") for row in reading.rows) for name in reading.header
    }
    most = max(counts, key=lambda name: counts[name])
    if not counts[most]:
        return '; a mapping names its columns as "hr:COLUMN"'
    return f'; a mapping names its columns so: [email] from = ["hr:{most}"]'


def _read(path: Path) -> ExtraReading:
    """Every column of the file, of any age."""
    from prepop.options import ExtraOptions
    from prepop.sources.extra import open_extra
    from prepop.sources.extra.file import header_of

    header = header_of(path)
    options = ExtraOptions("hr", path, header[0], "employeeID", max_age_hours=0)
    return open_extra(options).read(header, datetime.now(UTC))

"""Extra files: read before anything else, then given to the people whose rows they are."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from prepop.model import DirectoryReading, ExtraReading, LastRun, Person
from prepop.options import MappingRules, Settings
from prepop.ports import ExtraSource
from prepop.rules.extras.joining import Fit, join
from prepop.rules.extras.telling import sentence

log = logging.getLogger(__name__)


async def read_extras(
    sources: Sequence[ExtraSource], mapping: MappingRules, now: datetime
) -> tuple[ExtraReading, ...]:
    """Read every extra file. Raises what `ExtraSource.read` raises."""
    return tuple(
        [await asyncio.to_thread(source.read, mapping.columns_of(source.name), now) for source in sources]
    )


def look_over(files: Sequence[ExtraReading], settings: Settings, last: LastRun | None) -> None:
    """Every file of the config is there; another header than in the last complete run is said."""
    if missing := {extra.name for extra in settings.extras} - {file.name for file in files}:
        raise ValueError(f"extra files that nobody read: {missing}")  # their values would look as if gone
    for file in files:
        _say_header(file, last)


def _say_header(file: ExtraReading, last: LastRun | None) -> None:
    """Another header than last time is said: another export than the one that was looked at."""
    before = next((size for size in last.extras if size.name == file.name), None) if last else None
    if before is None or before.header == file.header:
        return
    gone = [name for name in before.header if name not in file.header]
    new = [name for name in file.header if name not in before.header]
    parts = [f"{what}: {', '.join(names)}" for what, names in (("gone", gone), ("new", new)) if names]
    log.warning(
        "extra file %s has another header than in the last complete run (%s)",
        file.name,
        "; ".join(parts) or "in another order",
    )


def with_extras(
    readings: Sequence[DirectoryReading], files: Sequence[ExtraReading]
) -> tuple[tuple[DirectoryReading, ...], tuple[Person, ...], tuple[Fit, ...]]:
    """The readings whose people have what the files hold of them, the rows that are nobody's, and how the
    files fit. Whose row it is is decided over all directories together.
    """
    if not files:
        return tuple(readings), (), ()
    joined = join([person for reading in readings for person in reading.people], files)
    for fit in joined.fits:
        log.info("extra file %s: %s", fit.name, sentence(fit))
    people = iter(joined.people)
    with_values = tuple(
        replace(reading, people=tuple(next(people) for _ in reading.people)) for reading in readings
    )
    return with_values, joined.beside, joined.fits

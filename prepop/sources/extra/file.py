"""One extra file: read whole, in its age, under a header that has what the mapping names, or not at all."""

import hashlib
import logging
import os
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prepop.errors import ConfigError, Incomplete
from prepop.model import CellKind, ExtraReading, ExtraRow
from prepop.options import ExtraOptions
from prepop.rules.phrases import cut
from prepop.rules.values.lengths import bounded
from prepop.rules.values.names import near
from prepop.sources.extra.grid import Grid, Line

log = logging.getLogger(__name__)

_AHEAD = timedelta(hours=1)
"""So far may the clock of the machine that wrote the file be ahead."""
_NO_KEY = (CellKind.ROUNDED, CellKind.DATE, CellKind.FORMULA, CellKind.ERROR, CellKind.MERGED)


class ExtraFile:
    """One `[[extra]]` block."""

    def __init__(self, options: ExtraOptions) -> None:
        """Nothing is opened before `read`."""
        self.name = options.name
        self._options = options

    def read(self, columns: Collection[str], now: datetime) -> ExtraReading:
        """See `ports.ExtraSource`."""
        path, key = self._options.path, self._options.key
        content, written = self._content(now)
        wanted = {column.lower(): column for column in columns}
        grid = self._grid(content, {key.lower(), *wanted})
        places = {name.lower(): at for at, name in reversed(list(enumerate(grid.header))) if name}
        self._refuse_missing(grid, places, [key, *wanted.values()])
        asked = {name: places[name] for name in wanted}
        rows = tuple(_rows(grid, places[key.lower()], asked))
        log.info("%s: %d rows", path, len(rows))
        return ExtraReading(
            name=self.name,
            file=path.name,
            key=key,
            attribute=self._options.attribute,
            header=tuple(bounded(name) for name in grid.header if name),
            rows=rows,
            described={
                **grid.described,
                "file": str(path),
                "sha256": hashlib.sha256(content).hexdigest(),
                "rows": str(len(rows)),
            },
            written=written,
        )

    def grid(self, needed: Collection[str]) -> Grid:
        """Everything in the file. needed: names of columns in lower case that may head one column only."""
        return self._grid(self._content(datetime.now(UTC))[0], needed)

    def _grid(self, content: bytes, needed: Collection[str]) -> Grid:
        path = self._options.path
        if path.suffix.lower() == ".xlsx":
            from prepop.sources.extra.workbook import read_workbook

            return read_workbook(path, content, self._options.sheet, needed)
        from prepop.sources.extra.table import read_table

        return read_table(path, content, needed)

    def _content(self, now: datetime) -> tuple[bytes, datetime]:
        """The bytes, and when they were written. Raises Incomplete for a file that is too old, or that
        changes under the reading."""
        path, hours = self._options.path, self._options.max_age_hours
        try:
            with path.open("rb") as file:
                before = os.fstat(file.fileno())
                content = file.read()
                after = os.fstat(file.fileno())
        except OSError as error:
            raise ConfigError(
                [f'extra file "{self.name}": {path} cannot be read: {error.strerror}']
            ) from error
        told = (before.st_size, before.st_mtime_ns)
        if told != (after.st_size, after.st_mtime_ns) or len(content) != after.st_size:
            raise Incomplete(
                f'extra file "{self.name}": {path} is being written while it is read',
                hint="run prepop when the export is over; write it under another name and rename it then",
            )
        written = datetime.fromtimestamp(after.st_mtime, UTC)
        age = now - written
        if hours and age > timedelta(hours=hours):
            raise Incomplete(
                f'extra file "{self.name}": {path} was written {written:%Y-%m-%d %H:%M} UTC, '
                f"{age // timedelta(hours=1):,} hours ago; extra.max_age_hours allows {hours}",
                hint="see why the job that writes it did not run; what it said days ago is not today's truth",
            )
        if hours and -age > _AHEAD:
            raise Incomplete(
                f'extra file "{self.name}": {path} was written {written:%Y-%m-%d %H:%M} UTC: that is to come',
                hint="set the clocks right: its age cannot be told",
            )
        return content, written

    def _refuse_missing(self, grid: Grid, places: Mapping[str, int], needed: Collection[str]) -> None:
        """All columns that are named and not there, at once."""
        path = self._options.path
        heads = [name for name in grid.header if name]
        mistakes = []
        for name in dict.fromkeys(needed):
            if name.lower() in places:
                continue
            meant = near(name, heads, likeness=0.7)
            hint = f'Did you mean "{meant}"?' if meant else f"It has {cut(heads, 12) or 'none'}."
            where = "extra.key" if name == self._options.key else f'mapping: "{self.name}:{name}"'
            mistakes.append(f'{path}: {where}: no column "{name}". {hint}')
        if mistakes:
            raise ConfigError(mistakes, hint="export the columns again, or name the ones that are there")


def header_of(path: Path) -> tuple[str, ...]:
    """The columns of a file of which nothing is known yet. Raises as `ExtraFile.read`."""
    file = ExtraFile(ExtraOptions("file", path, "", "", max_age_hours=0))
    names = tuple(dict.fromkeys(name for name in file.grid(set()).header if name))
    if not names:
        raise ConfigError([f"{path}: the first line that holds anything names no columns"])
    return names


def _rows(grid: Grid, key: int, asked: Mapping[str, int]) -> Iterator[ExtraRow]:
    for line in grid.lines:
        yield ExtraRow(line.number, _key(line, key), _values(line, asked), _kinds(line, asked))


def _key(line: Line, at: int) -> str:
    """The key's text; "" for one that has lost digits, or is not what somebody wrote there."""
    if line.kinds.get(at) in _NO_KEY:
        return ""
    return bounded(line.cells[at].strip())


def _values(line: Line, asked: Mapping[str, int]) -> dict[str, str]:
    found = {}
    for name, at in asked.items():
        if (text := line.cells[at]) and not text.isspace():
            found[name] = bounded(text)
    return found


def _kinds(line: Line, asked: Mapping[str, int]) -> Mapping[str, CellKind]:
    if not line.kinds:
        return _NONE
    return {name: line.kinds[at] for name, at in asked.items() if at in line.kinds}


_NONE: Mapping[str, CellKind] = {}

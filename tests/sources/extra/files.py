"""Extra files for tests: written here, opened as the program opens them."""

import os
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import xlsxwriter

from prepop.model import ExtraReading
from prepop.options import ExtraOptions
from prepop.sources.extra import open_extra

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)
COLUMNS = ("Private mail", "Private mobile")
HEADER = ("Personnel no.", "Name", *COLUMNS)

Cells = Sequence[object]


def opened(path: Path, **said: object) -> ExtraOptions:
    """The block that describes a file, whose key is the number of the personnel."""
    block = {"name": "hr", "path": path, "key": "Personnel no.", "attribute": "employeeID", **said}
    return ExtraOptions(**block)  # type: ignore[arg-type]


def written(path: Path, content: bytes | str, age: timedelta = timedelta(hours=1)) -> Path:
    """A file of that age at NOW."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    moment = (NOW - age).timestamp()
    os.utime(path, (moment, moment))
    return path


def reading(path: Path, columns: Collection[str] = COLUMNS, **said: object) -> ExtraReading:
    """What the program reads there at NOW."""
    return open_extra(opened(path, **said)).read(columns, NOW)


def workbook(path: Path, rows: Sequence[Cells]) -> Path:
    """A workbook of one sheet: text as text, numbers as numbers; a text that begins with = is a formula."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Staff")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            match cell:
                case str() if cell.startswith("="):
                    sheet.write_formula(at, column, cell, None, "")
                case str():
                    sheet.write_string(at, column, cell)
                case datetime():
                    sheet.write_datetime(at, column, cell.replace(tzinfo=None), day)
                case None:
                    pass
                case _:
                    sheet.write(at, column, cell)
    book.close()
    moment = (NOW - timedelta(hours=1)).timestamp()
    os.utime(path, (moment, moment))
    return path

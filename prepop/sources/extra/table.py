"""An extra file in CSV: what the directory's CSV source knows of encodings, delimiters, quotes and damage."""

import csv
import io
import re
from collections.abc import Collection
from pathlib import Path

from prepop.sources.extra.grid import Grid, Line
from prepop.sources.sheet import read_sheet

#: Lines of nothing but dashes, which SAP draws around a list between bars; an empty line keeps the numbers.
_RULES = re.compile(rb"^-{5,}[ \t]*(?=\r?$)", re.MULTILINE)


def read_table(path: Path, content: bytes, needed: Collection[str]) -> Grid:
    """Read the file. needed: names of columns in lower case. Raises Incomplete where it was cut."""
    sheet = read_sheet(path, _RULES.sub(b"", content), needed, once=needed)
    rows = csv.reader(io.StringIO(sheet.text, newline=""), delimiter=sheet.delimiter, strict=True)
    next(rows, None)
    whole = (row for row in rows if row)
    lines = [Line(number, row) for number, row in zip(sheet.lines, whole, strict=True) if number is not None]
    return Grid(sheet.header, lines, {"kind": "csv"})

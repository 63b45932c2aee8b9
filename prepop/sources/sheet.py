"""A text file of rows, as csvde, Export-Csv, AdFind and Excel write it: a header, and rows that are whole.

What the tools put around the rows is known: `#TYPE` of Windows PowerShell, `sep=;` of Excel, the banner of
AdFind and its closing count. Every row must have as many cells as the header; a row too short, an open quote
or a last line without an end means that the file was cut, and a cut file is never taken for a shorter one.
"""

import codecs
import csv
import io
import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from prepop.errors import ConfigError, Incomplete
from prepop.sources.entries import empty_file
from prepop.sources.mistaken import refuse_mistaken, shown

log = logging.getLogger(__name__)

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .xls
_DELIMITERS = ",;\t|"
_SEP = re.compile(r'"?sep=(?P<mark>[^"\r\n])"?[ \t]*', re.IGNORECASE)  # Excel, on the first line
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n)")
_BANNER = 30  # so many lines down a header is looked for
_TAIL = 200
#: What AdFind says behind the last row, in so many characters at the end.
_CLOSING = re.compile(
    r"^(?:(?P<count>\d+) Objects? returned|The command completed successfully)\.?\s*\Z", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A header and the rest. `text` begins with the header; `lines` has the line on which each row ends,
    None for a row without any text (Excel keeps those)."""

    header: Sequence[str]
    text: str
    delimiter: str
    lines: Sequence[int | None]

    @property
    def rows(self) -> int:
        """How many rows hold anything."""
        return sum(line is not None for line in self.lines)


def read_sheet(
    path: Path,
    content: bytes,
    known: Collection[str],
    asked: Collection[str] = (),
    once: Collection[str] | None = None,
) -> Sheet:
    """Decode the file and check that every row is whole.

    known: names of columns in lower case, by which a header is told from what stands above it.
    asked: attributes of the mapping, for messages. once: names in lower case that may head one column only,
    None for each. Raises Incomplete for a file that was cut, ConfigError for one that is not such a file.
    """
    text = _text(path, content)
    if "\0" in text:
        raise cut(path, text[: text.index("\0")].count("\n") + 1, "a zero byte")
    if text and not text.endswith(("\n", "\r")):
        raise cut(path, text.count("\n") + 1, "the last line has no end")
    start, delimiter = _start(path, text, known, asked)
    skipped, counted = text[:start].count("\n"), None
    text = text[start:]
    while closing := _CLOSING.search(text, max(len(text) - _TAIL, 0)):
        counted = int(closing["count"]) if closing["count"] else counted
        text = text[: closing.start()].rstrip("\r\n") + "\r\n"
    lines: list[int | None] = []
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = _header(path, next(rows, []), once)
        for row in rows:
            number = rows.line_num + skipped
            if row and len(row) != len(header):
                raise cut(path, number, f"{len(row)} fields where the header has {len(header)}")
            if row:
                lines.append(number if any(map(str.strip, row)) else None)
    except csv.Error as error:  # a quote that never ends, most often
        raise cut(path, rows.line_num + skipped, str(error)) from error
    sheet = Sheet(header, text, delimiter, lines)
    if counted is not None and counted != sheet.rows:
        raise Incomplete(
            f"{path}: {sheet.rows} rows, but the tool that wrote it counted {counted}", hint="export it again"
        )
    return sheet


def cut(path: Path, number: int, what: str) -> Incomplete:
    """The error for a file that is not whole."""
    return Incomplete(
        f"{path}, line {number}: {what}: the file was cut short or damaged",
        hint="export it again; a file that is typed by hand ends with a line break",
    )


def _start(path: Path, text: str, known: Collection[str], asked: Collection[str]) -> tuple[int, str]:
    """Where the header begins, and what stands between its cells."""
    delimiter = ""
    above: list[tuple[int, int, str]] = []
    for number, found in enumerate(islice(_LINE.finditer(text), _BANNER), 1):
        begins, bare = found.start(), found[1]
        if not bare.strip(_DELIMITERS + " ") or bare.startswith("#TYPE"):
            continue
        if not above and (told := _SEP.fullmatch(bare)):
            delimiter = told["mark"]
            continue
        cells = _cells(bare, delimiter)
        if any(cell.strip().lower() in known for cell in cells):
            # lines with as many cells are rows of a file whose header stands elsewhere; a title has one
            rows = (_cells(earlier, delimiter) for _, _, earlier in above)
            if any(len(row) == len(cells) and sum(map(bool, map(str.strip, row))) > 1 for row in rows):
                break
            if above:
                log.info("%s: the header is on line %d; above it: %s", path, number, shown(above[0][2]))
            return begins, delimiter or _delimiter(bare)
        above.append((number, begins, bare))
    if not above:
        raise empty_file(path)
    number, begins, line = above[0]
    refuse_mistaken(path, number, line, asked)
    if line[:3].lower() == "dn:" or line.startswith(("# extended LDIF", "version: 1")):
        raise ConfigError(
            [f"{path}, line {number}: this is LDIF, no CSV"], hint='set kind = "ldif" for this directory'
        )
    return begins, delimiter or _delimiter(line)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter or _delimiter(line)), [])
    except csv.Error:  # a cell longer than any header
        return [line]


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=re.sub(r'"[^"]*"', "", line).count)


def _header(path: Path, cells: Sequence[str], once: Collection[str] | None) -> list[str]:
    """The names of the columns, each once; a column may have none."""
    header = [name.strip() for name in cells]
    lower = [name.lower() for name in header if name and (once is None or name.lower() in once)]
    twice = sorted({name for name in header if lower.count(name.lower()) > 1})
    if twice:
        raise ConfigError([f"{path}: the header has {', '.join(twice)} twice: which one is meant?"])
    return header


def _text(path: Path, content: bytes) -> str:
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if content.startswith(_WORKBOOKS):  # no text at all
        refuse_mistaken(path, 1, content[:4].decode("latin-1"))
    if not utf16 and b"\0" in content[:4]:
        raise ConfigError(
            [f"{path}: UTF-16 without a byte order mark"], hint="export in UTF-8, or with csvde -u"
        )
    try:
        return content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Incomplete(
            f"{path}, line {line}: not {'UTF-16' if utf16 else 'UTF-8'} text",
            hint="export again with csvde -u, or Export-Csv -Encoding utf8; in Excel save as CSV UTF-8",
        ) from error

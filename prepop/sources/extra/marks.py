"""What the reader of workbooks does not tell: cells with formulas or errors, and rows that are hidden.

It gives an error as nothing, and a formula whose result was not stored too (LIBRARIES section 4): such values
would look as if they were gone. So the sheet's own XML is looked at (elements `row`, `c` and `f` of
SpreadsheetML), but only where it has any of these.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from prepop.model import CellKind

#: A workbook that unpacks to more is no list of people.
LARGEST = 1 << 30
#: So many cells lie between A1 and the last one at most: the reader keeps room for each of them.
_MOST_CELLS = 100_000_000
_PLACE = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
_WORDS = (b"hidden", b'"e"', b"'e'")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_ROW = re.compile(rb"[<:]row\s[^>]*?\br=[\"'](\d{1,7})[\"']")
_THREE_LETTERS = re.compile(rb"r=[\"'][A-Za-z]{3}\d")
_TWO_LETTERS = 26 + 26 * 26
_OFFICE = "/officeDocument"


DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, expat.ExpatError, StopIteration, EOFError),
    *(LookupError, ValueError, NotImplementedError, RuntimeError),
)
"""What comes of damage: of the zip, of its parts, and of what these say."""


@dataclass(slots=True)
class Marks:
    """cells: by row and column, both counted from 0. hidden: how many rows that have cells are hidden."""

    cells: dict[tuple[int, int], CellKind] = field(default_factory=dict)
    hidden: int = 0


def marks(content: bytes, sheet: str) -> Marks:
    """The marks of one sheet; looked at before the reader loads it.

    Raises one of `DAMAGE` for a damaged file, OverflowError for one whose cells stand too far apart.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(_part_of(archive, sheet))
    _refuse_far(xml)
    found = Marks()
    if any(word in xml for word in _WORDS) or _FORMULA.search(xml):
        _look(xml, found)
    return found


def _refuse_far(xml: bytes) -> None:
    """Raises OverflowError where the last cell stands too far from the first."""
    last = _ROW.match(xml, max(xml.rfind(b"<row"), xml.rfind(b":row"), 0))
    if last and int(last[1]) * _TWO_LETTERS <= _MOST_CELLS and not _THREE_LETTERS.search(xml):
        return  # at a glance, as nearly always
    columns = rows = 0
    for place in _PLACE.finditer(xml):
        columns = max(columns, _column(place[1].decode()) + 1)
        rows = max(rows, int(place[2]))
    if columns * rows > _MOST_CELLS:
        raise OverflowError(f"{rows:,} rows and {columns:,} columns")


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part of the file that holds a sheet."""
    book = next(target for kind, target in _relations(archive, "").values() if kind.endswith(_OFFICE))
    ids: dict[str, str] = {}

    def element(name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            ids[attributes["name"]] = next(
                value for key, value in attributes.items() if _local(key) == "id" and ":" in key
            )

    _parse(archive.read(book), element)
    return _relations(archive, book)[ids[sheet]][1]


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """By id: the kind of another part that belongs to this one, and where it is. part: "" for the whole."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def element(name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"])).lstrip("/")
            found[attributes["Id"]] = (attributes["Type"], target)

    _parse(archive.read(posixpath.join(folder, "_rels", f"{name}.rels")), element)
    return found


def _look(xml: bytes, found: Marks) -> None:
    """A row or cell without a place of its own follows the one before it."""
    row = column = -1
    hidden = False

    def element(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal row, column, hidden
        match name:
            case "row":
                row = int(attributes.get("r", row + 2)) - 1
                column = -1
                hidden = attributes.get("hidden") in ("1", "true")
            case "c":
                found.hidden += hidden
                hidden = False
                place = attributes.get("r")
                column = _column(place) if place else column + 1
                if attributes.get("t") == "e":
                    found.cells[row, column] = CellKind.ERROR
            case "f":
                found.cells[row, column] = CellKind.FORMULA
            case _:
                pass

    _parse(xml, element)


def _column(place: str) -> int:
    """Of `AB12` the number 27: columns are counted from 0."""
    number = 0
    for letter in place:
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter.upper()) - ord("A") + 1
    return number - 1


def _parse(xml: bytes, element: Callable[[str, Mapping[str, str]], None]) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: element(_local(name), attributes)
    parser.Parse(xml, True)


def _local(name: str) -> str:
    return name.rpartition(":")[2]

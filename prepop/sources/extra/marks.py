"""What the reader of workbooks does not tell: cells with formulas or errors, and rows that are hidden.

It gives an error as nothing, and a formula whose result was not stored too: such values would look as if they
were gone. So the sheet's own XML is looked at (elements `row`, `c` and `f` of SpreadsheetML), but only where
it has any of these.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from prepop.model import CellKind

#: A sheet that unpacks to more is no list of people.
LARGEST = 1 << 30
_ANY = re.compile(rb"<(?:\w+:)?f[\s/>]|\st\s*=\s*[\"']e[\"']|\shidden\s*=")
_OFFICE = "/officeDocument"


@dataclass(slots=True)
class Marks:
    """cells: by row and column, both counted from 0. hidden: how many rows that have cells are hidden."""

    cells: dict[tuple[int, int], CellKind] = field(default_factory=dict)
    hidden: int = 0


def marks(content: bytes, sheet: str) -> Marks:
    """The marks of one sheet. Raises zipfile.BadZipFile, expat.ExpatError or KeyError for a damaged file,
    OverflowError for one that unpacks to more than `LARGEST`."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = _part_of(archive, sheet)
        if archive.getinfo(part).file_size > LARGEST:
            raise OverflowError(part)
        xml = archive.read(part)
    found = Marks()
    if _ANY.search(xml):
        _look(xml, found)
    return found


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

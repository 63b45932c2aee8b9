"""An extra file in XLSX. What a cell is, is kept: a number has lost its leading zeros, and more.

Hidden and filtered rows are rows like the others. A hidden sheet is read only where it is named. A value in
merged cells is nobody's, for it may be meant for several people.
"""

import io
import zipfile
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from prepop.errors import ConfigError, Incomplete
from prepop.model import CellKind
from prepop.rules.phrases import cut
from prepop.rules.values.names import near
from prepop.sources.entries import empty_file
from prepop.sources.extra.grid import Grid, Line, twice
from prepop.sources.extra.marks import DAMAGE, LARGEST, Marks, marks

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

Cell = int | float | str | bool | time | date | datetime | timedelta

_OLD = b"\xd0\xcf\x11\xe0"  # .xls, and what a password makes of an .xlsx
_ZIP = b"PK\x03\x04"
_BANNER = 30  # so many rows down a header is looked for
_WHOLE = 10**15  # from here on a number of a workbook has lost digits (IEEE 754)


def read_workbook(path: Path, content: bytes, sheet: str, needed: Collection[str]) -> Grid:
    """Read one sheet. sheet: its name, "" for the first. needed: names of columns in lower case.

    Raises ConfigError for a sheet that is not there and a header that leaves it open which column is meant,
    Incomplete for a damaged file.
    """
    if not content:
        raise empty_file(path)
    if not content.startswith(_ZIP):
        what = "an .xls file, or one with a password" if content.startswith(_OLD) else "no workbook"
        raise ConfigError(
            [f"{path}: this is {what}, not an .xlsx file that can be read"],
            hint="save it in Excel as .xlsx, without a password; a CSV file is named .csv",
        )
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        _refuse_bombs(path, content)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        name = _chosen(path, book, sheet)
        found = marks(content, name)
        page = book.get_sheet_by_name(name)
        rows: list[list[Cell]] = page.to_python(skip_empty_area=False)
    except OverflowError as error:
        raise Incomplete(
            f"{path}, sheet {name}: {error}, more than a list of people has: a cell stands far off",
            hint="delete the rows below and the columns beside the list, and save the file",
        ) from error
    except (CalamineError, *DAMAGE) as error:
        raise Incomplete(
            f"{path}: the workbook is cut short or damaged ({type(error).__name__})",
            hint="export it again; open it in Excel and save it, if another program wrote it",
        ) from error
    at = _header_row(rows, needed)
    if at is None:
        raise empty_file(path)
    header = [_text(cell)[0] for cell in rows[at]]
    merged = page.merged_cell_ranges or []
    _refuse_doubt(f"{path}, sheet {page.name}", header, at, needed, merged)
    for (top, left), (bottom, right) in merged:
        for row in range(max(top, at + 1), min(bottom, len(rows) - 1) + 1):
            for column in range(left, right + 1):
                found.cells[row, column] = CellKind.MERGED
    described = {"kind": "xlsx", "sheet": page.name}
    if found.hidden:
        described["hidden rows"] = f"{found.hidden:,}, read like the others"
    places = [place for place, name in enumerate(header) if not needed or name.lower() in needed]
    return Grid(header, list(_lines(rows, at, found, places)), described)


def _refuse_bombs(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        whole = sum(part.file_size for part in archive.infolist())
    if whole > LARGEST:
        raise Incomplete(
            f"{path}: the workbook unpacks to {whole >> 20:,} MB, more than a list of people has",
            hint="leave in it the one sheet that is needed",
        )


def _chosen(path: Path, book: "CalamineWorkbook", named: str) -> str:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [about for about in book.sheets_metadata if about.typ is SheetTypeEnum.WorkSheet]
    names = [about.name for about in sheets]
    if named:
        if named not in names:
            meant = near(named, names)
            hint = f'Did you mean "{meant}"?' if meant else f"It has {cut(names, 6)}."
            raise ConfigError([f'{path}: extra.sheet: there is no sheet "{named}". {hint}'])
        return named
    if not sheets:
        raise empty_file(path)
    if sheets[0].visible is not SheetVisibleEnum.Visible:
        raise ConfigError(
            [f'{path}: the first sheet, "{names[0]}", is hidden: which one is meant?'],
            hint=f"name it in extra.sheet: {cut(names, 6)}",
        )
    return names[0]


def _header_row(rows: Sequence[Sequence[Cell]], needed: Collection[str]) -> int | None:
    """The first row with a name that is needed, else the first with anything; None where nothing is."""
    first = None
    for at, row in enumerate(rows[:_BANNER]):
        texts = [_text(cell)[0].lower() for cell in row]
        if any(text in needed for text in texts):
            return at
        if first is None and any(texts):
            first = at
    if first is None:
        return next((at for at, row in enumerate(rows) if any(_text(cell)[0] for cell in row)), None)
    return first


def _refuse_doubt(
    where: str,
    header: Sequence[str],
    at: int,
    needed: Collection[str],
    merged: Sequence[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    """A head over several columns says of none of them what it holds."""
    mistakes = [
        f'{where}: the header has "{name}" twice: which one is meant?' for name in twice(header, needed)
    ]
    for (top, left), (bottom, right) in merged:
        if top <= at <= bottom and right > left and header[left].lower() in needed:
            mistakes.append(
                f'{where}: the head "{header[left]}" is merged over {right - left + 1} columns: '
                "which one is meant?"
            )
    if mistakes:
        raise ConfigError(mistakes, hint="split merged heads, and give each column a name of its own")


def _lines(
    rows: Sequence[Sequence[Cell]], header: int, found: Marks, places: Collection[int]
) -> Iterator[Line]:
    """The rows that hold anything. places: the columns that are needed; the cells of others stay empty."""
    by_row: dict[int, dict[int, CellKind]] = {}
    for (row, column), kind in found.cells.items():
        by_row.setdefault(row, {})[column] = kind
    width = max(map(len, rows), default=0)
    for at in range(header + 1, len(rows)):
        cells = [""] * width
        kinds: dict[int, CellKind] = {}
        row_cells = rows[at]
        for place in places:
            cell = row_cells[place]
            if type(cell) is str:  # nearly all of them
                cells[place] = cell.strip()
                continue
            cells[place], what = _text(cell)
            if what is not None:
                kinds[place] = what
        marked = by_row.get(at, {})
        kinds |= marked
        if any(kind is not CellKind.MERGED for kind in kinds.values()) or any(map(_fills, row_cells)):
            yield Line(at + 1, cells, kinds)


def _fills(cell: Cell) -> bool:
    return not isinstance(cell, str) or bool(cell.strip())


def _text(cell: Cell) -> tuple[str, CellKind | None]:
    """What a cell shows, without blanks around, and what it is where it is no text."""
    match cell:
        case str():
            return cell.strip(), None
        case bool():
            return str(cell).upper(), None
        case int() | float():
            if abs(cell) < _WHOLE and cell == int(cell):  # so that what is no number at all is no whole one
                return str(int(cell)), CellKind.NUMBER
            return repr(cell), CellKind.ROUNDED
        case timedelta():
            return str(cell), CellKind.DATE
        case _:
            return cell.isoformat(), CellKind.DATE

"""Workbooks: what a cell is, is kept; what leaves it open whose a value is, is refused."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from prepop.errors import ConfigError, Incomplete, PrepopError
from prepop.model import CellKind
from prepop.sources.extra.file import header_of
from prepop.sources.extra.marks import marks
from tests.sources.extra.files import HEADER, reading, workbook, written

DAY = datetime(2020, 1, 2, tzinfo=UTC)
PREFIXED = (
    "worksheet", "dimension", "sheetViews", "sheetView", "sheetFormatPr", "sheetData", "row", "c", "f", "v",
    "pageMargins",
)  # fmt: skip
ROW = ("00417", "Z", "z@example.org", "+44 7911 123456")


@pytest.mark.parametrize(
    ("cell", "text", "kind"),
    [
        ("0151 234567", "0151 234567", None),
        ("447911123456", "447911123456", None),
        (447911123456, "447911123456", CellKind.NUMBER),
        (417.0, "417", CellKind.NUMBER),
        (999_999_999_999_999, "999999999999999", CellKind.NUMBER),
        (1_000_000_000_000_000, "1000000000000000.0", CellKind.ROUNDED),
        (1.5, "1.5", CellKind.ROUNDED),
        (4479111234567890, "4479111234567890.0", CellKind.ROUNDED),
        (DAY, "2020-01-02", CellKind.DATE),
        ("=A2", None, CellKind.FORMULA),
        ("=1/0", None, CellKind.FORMULA),
        (True, "TRUE", None),
        (None, None, None),
    ],
)
def test_what_a_cell_is(tmp_path: Path, cell: object, text: str | None, kind: CellKind | None) -> None:
    """A number, a date, a formula are told from text, also where the result was not stored."""
    path = workbook(tmp_path / "hr.xlsx", [HEADER, ("00417", "Z", "z@example.org", cell)])
    (row,) = reading(path).rows
    assert row.values.get("private mobile") == text
    assert row.kinds.get("private mobile") == kind


def test_an_error_is_not_nothing(tmp_path: Path) -> None:
    """A pasted #N/A would look as if the value were gone."""
    path = tmp_path / "hr.xlsx"
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append((*ROW[:3], "#N/A"))
    assert book.active["D2"].data_type == "e"
    book.save(path)
    (row,) = reading(path, max_age_hours=0).rows
    assert "private mobile" not in row.values
    assert row.kinds == {"private mobile": CellKind.ERROR}


@pytest.mark.parametrize(
    ("key", "read"),
    [("00417", "00417"), (417, "417"), (1.5, ""), (10**16, ""), ("=A1", ""), (DAY, "")],
)
def test_a_key(tmp_path: Path, key: object, read: str) -> None:
    """A whole number can be a key; what has lost digits, or was computed, is none."""
    path = workbook(tmp_path / "hr.xlsx", [HEADER, (key, *ROW[1:])])
    assert [row.key for row in reading(path).rows] == [read]


def test_rows_keep_their_number(tmp_path: Path) -> None:
    """A title, empty rows and a first column that is empty change no row's number, as Excel shows it."""
    rows = [("Staff list",), (), (None, *HEADER), (None, *ROW), (), (None, "00418", "Y")]
    found = reading(workbook(tmp_path / "hr.xlsx", rows))
    assert [(row.number, row.key) for row in found.rows] == [(4, "00417"), (6, "00418")]


def test_sheets(tmp_path: Path) -> None:
    """The first sheet unless one is named; a hidden first one is a question, and so is a wrong name."""
    path = tmp_path / "hr.xlsx"
    book = xlsxwriter.Workbook(path)
    hidden, staff = book.add_worksheet("Old"), book.add_worksheet("Staff")
    staff.activate()
    hidden.hide()
    for sheet, key in ((hidden, "1"), (staff, "2")):
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, (key, *ROW[1:]))
    book.close()
    with pytest.raises(ConfigError, match='the first sheet, "Old", is hidden'):
        reading(path, max_age_hours=0)
    assert [row.key for row in reading(path, sheet="Staff", max_age_hours=0).rows] == ["2"]
    assert [row.key for row in reading(path, sheet="Old", max_age_hours=0).rows] == ["1"]
    with pytest.raises(ConfigError, match='there is no sheet "Stuff"'):
        reading(path, sheet="Stuff", max_age_hours=0)


@pytest.mark.parametrize(
    ("cells", "allowed"), [((0, 2, 0, 3), False), ((0, 0, 0, 1), False), ((0, 4, 0, 5), True)]
)
def test_a_merged_head(tmp_path: Path, cells: tuple[int, int, int, int], allowed: bool) -> None:
    """A head over several columns says of none of them what it holds; nobody minds where none is needed."""
    path = tmp_path / "hr.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    heads = [*HEADER, "Address", ""]
    sheet.write_row(0, 0, heads)
    sheet.write_row(1, 0, ROW)
    sheet.merge_range(*cells, heads[cells[1]])
    book.close()
    if allowed:
        assert len(reading(path, max_age_hours=0).rows) == 1
        return
    with pytest.raises(ConfigError) as raised:
        reading(path, max_age_hours=0)
    assert f'the head "{heads[cells[1]]}" is merged over 2 columns: which one is meant?' in str(raised.value)


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", Incomplete, "the file is empty"),
        (b"Personnel no.;x\r\n", ConfigError, "this is no workbook"),
        (b"\xd0\xcf\x11\xe0rest", ConfigError, "an .xls file, or one with a password"),
        (b"PK\x03\x04rest", Incomplete, "the workbook is cut short or damaged"),
    ],
)
def test_what_is_no_workbook(tmp_path: Path, content: bytes, error: type[Exception], said: str) -> None:
    """Another kind of file is a mistake, a damaged one no reading."""
    with pytest.raises(error, match=said):
        reading(written(tmp_path / "hr.xlsx", content))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A file that unpacks to gigabytes is refused by what its directory says."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/a.xml", "w") as part:
        for _ in range(1100):
            part.write(bytes(1 << 20))
    with pytest.raises(Incomplete, match="unpacks to 1,100 MB"):
        reading(written(tmp_path / "hr.xlsx", packed.getvalue()))


@given(st.data())
def test_damage_is_never_a_shorter_list(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Of a workbook with one byte changed, or cut, either everything is read or nothing."""
    path = tmp_path_factory.getbasetemp() / "whole.xlsx"
    if not path.exists():
        workbook(path, [HEADER, *((f"{at:05d}", "Z", f"p{at}@example.org") for at in range(40))])
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = data.draw(st.sampled_from([whole[:at], whole[:at] + b"\xff" + whole[at + 1 :]]))
    damaged = written(path.with_name("damaged.xlsx"), changed)
    try:
        found = reading(damaged)
    except PrepopError:
        return
    assert len(found.rows) == 40


def test_another_writers_prefixes(tmp_path: Path) -> None:
    """Some programs write `x:c` for `c`, and leave the places of cells out."""
    path = workbook(tmp_path / "hr.xlsx", [HEADER, (*ROW[:3], "=A2")])
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = part.decode().replace("<worksheet xmlns=", "<x:worksheet xmlns:x=")
                for tag in PREFIXED:
                    text = text.replace(f"<{tag}>", f"<x:{tag}>").replace(f"<{tag} ", f"<x:{tag} ")
                    text = text.replace(f"</{tag}>", f"</x:{tag}>").replace(f"<{tag}/>", f"<x:{tag}/>")
                part = text.encode()
            new.writestr(name, part)
    (row,) = reading(written(tmp_path / "other.xlsx", packed.getvalue())).rows
    assert row.key == "00417"
    assert row.kinds == {"private mobile": CellKind.FORMULA}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([(1_048_575, 16_383)], "1,048,576 rows and 16,384 columns"),
        ([(0, 16_383), (6_200, 0)], "6,201 rows and 16,384 columns"),
        ([(1_048_575, 100)], "1,048,576 rows and 101 columns"),
        ([(1_048_575, 10)], ""),
        ([(100, 16_383)], ""),
    ],
)
def test_a_cell_far_off(tmp_path: Path, cells: list[tuple[int, int]], said: str) -> None:
    """One cell in the last corner would make the list a grid of billions; a long or a wide list is one."""
    path = tmp_path / "hr.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Staff")
    sheet.write_row(0, 0, HEADER)
    for row, column in cells:
        sheet.write_string(row, column, "x")
    book.close()
    if not said:
        assert len(marks(path.read_bytes(), "Staff").cells) == 0
        return
    with pytest.raises(Incomplete, match=f"{said}, more than a list of people has"):
        reading(path, max_age_hours=0)


def test_heads_of_another_list(tmp_path: Path) -> None:
    """Where no head is one that is needed, the first row that holds anything is taken for the header."""
    path = workbook(tmp_path / "hr.xlsx", [(), ("No.", "E-mail"), ("1", "a@example.org")])
    with pytest.raises(ConfigError, match=r"extra\.key: no column .*It has No\., E-mail\."):
        reading(path)
    late = workbook(tmp_path / "late.xlsx", [*[()] * 40, ("No.", "E-mail")])
    with pytest.raises(ConfigError, match=r"It has No\., E-mail\."):
        reading(late)
    with pytest.raises(Incomplete, match="the file is empty"):
        reading(workbook(tmp_path / "none.xlsx", []))
    assert header_of(path) == ("No.", "E-mail")


def test_a_number_beyond_all(tmp_path: Path) -> None:
    """What is no number that a machine has is one that lost its digits, and no key."""
    path = workbook(tmp_path / "hr.xlsx", [HEADER, (417, *ROW[1:3], 417)])
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<v>417</v>", b"<v>1e999</v>"))
    (row,) = reading(written(tmp_path / "other.xlsx", packed.getvalue())).rows
    assert (row.key, row.kinds["private mobile"]) == ("", CellKind.ROUNDED)

"""One extra file: whole, in its age, with every column that is named; or an error that says what to do."""

import codecs
import os
from datetime import timedelta
from pathlib import Path

import pytest

from prepop.errors import ConfigError, Incomplete
from tests.sources.extra.files import COLUMNS, NOW, reading, workbook, written

HERE = Path(__file__).parent
CSV = (
    "Personnel no.;Name;Private mail;Private mobile\r\n"
    '00417;"Weiß, Zoë"; zoe@example.org ;+44 7911 123456\r\n'
    ";;;\r\n"
    "00418;Doe;;\r\n"
)


def test_a_table(tmp_path: Path) -> None:
    """Rows keep the number of their line, their key without blanks, and what is not blank."""
    found = reading(written(tmp_path / "hr.csv", CSV))
    first, second = found.rows
    assert (first.number, first.key, second.number, second.key) == (2, "00417", 4, "00418")
    assert first.values == {"private mail": " zoe@example.org ", "private mobile": "+44 7911 123456"}
    assert second.values == {}
    assert found.header == ("Personnel no.", "Name", "Private mail", "Private mobile")
    assert found.described["rows"] == "2"
    assert (found.name, found.file, found.key, found.attribute) == (
        "hr", "hr.csv", "Personnel no.", "employeeID",
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + CSV.encode(),
        CSV.encode("utf-16"),
        CSV.replace(";", "\t").encode(),
        ("#TYPE System.Management.Automation.PSCustomObject\r\n" + CSV).encode(),
        ("sep=;\r\n" + CSV).encode(),
        ("Staff list, internal;;;\r\n;;;\r\n" + CSV).encode(),
        ("Report ZHR_LIST\r\nDate 26.11.2026\r\n\r\n" + CSV).encode(),
        CSV.replace("Name;", "Name;Name;")
        .replace(";;;", ";;;;")
        .replace('Zoë"', 'Zoë";x')
        .replace(";Doe", ";Doe;")
        .encode(),
    ],
    ids=["bom", "utf-16", "tabs", "powershell", "excel", "title", "sap", "a head twice that nobody needs"],
)
def test_what_other_programs_put_around_rows(tmp_path: Path, content: bytes) -> None:
    """Encodings, delimiters, banners and titles are known; a head twice matters only where it is needed."""
    found = reading(written(tmp_path / "hr.csv", content))
    assert [row.key for row in found.rows] == ["00417", "00418"]
    assert found.rows[0].values["private mobile"] == "+44 7911 123456"


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", Incomplete, "the file is empty"),
        (CSV[:-9].encode(), Incomplete, "the last line has no end"),
        ((CSV + "00419;x\r\n").encode(), Incomplete, "line 5: 2 fields where the header has 4"),
        ((CSV + '00419;"x;;\r\n').encode(), Incomplete, "line 5"),
        (CSV.encode("latin-1"), Incomplete, "line 2: not UTF-8 text"),
        (CSV.replace("Personnel no.", "Pers. no.").encode(), ConfigError, "extra.key: no column"),
        (
            CSV.replace("Private mail", "Private e-mail").encode(), ConfigError,
            'mapping: "hr:Private mail": no column "Private mail". Did you mean "Private e-mail"?',
        ),
        (
            CSV.replace("Name", "private MAIL").encode(), ConfigError,
            "the header has Private mail, private MAIL twice: which one is meant?",
        ),
        (b"<html><body>Sign in</body></html>\r\n", ConfigError, "this is a web page"),
        (b"PK\x03\x04....\n", ConfigError, "this is an Excel workbook"),
    ],
    ids=["empty", "cut", "short", "quote", "latin", "key", "near", "twice", "web", "workbook"],
)  # fmt: skip
def test_what_is_no_such_file(tmp_path: Path, content: bytes, error: type[Exception], said: str) -> None:
    """Damage ends the reading (40), another kind of file is a mistake (2); each says where and what."""
    path = written(tmp_path / "hr.csv", content)
    with pytest.raises(error) as raised:
        reading(path)
    assert said in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_list_that_sap_drew(tmp_path: Path) -> None:
    """A list as SAP saves it unconverted: bars, padding, and lines of dashes around head and rows."""
    rule = "-" * 60
    text = "\r\n".join(
        (
            "26.11.2026                Dynamic List Display                 1",
            rule,
            "|Personnel no.|Name      |Private mail      |Private mobile   |",
            rule,
            "|00000417     |Weiß      |zoe@example.org   |+44 7911 123456  |",
            "|00000418     |Doe       |                  |                 |",
            rule,
            "",
        )
    )
    found = reading(written(tmp_path / "hr.csv", text))
    assert [(row.number, row.key) for row in found.rows] == [(5, "00000417"), (6, "00000418")]
    assert found.rows[0].values["private mail"].strip() == "zoe@example.org"
    assert found.rows[1].values == {}


def test_all_missing_columns_at_once(tmp_path: Path) -> None:
    """Whoever mends the mapping hears of each column that is not there."""
    path = written(tmp_path / "hr.csv", "A;B\r\n1;2\r\n")
    with pytest.raises(ConfigError) as raised:
        reading(path)
    assert len(raised.value.mistakes) == 3
    assert "It has A, B." in raised.value.mistakes[0]


def test_only_the_header(tmp_path: Path) -> None:
    """A file without rows is read, as such: a guard speaks of it."""
    assert reading(written(tmp_path / "hr.csv", CSV[:48])).rows == ()


@pytest.mark.parametrize(("hours", "allowed"), [(48, 48), (49, 0), (0, 48), (-1, 48)])
def test_an_age_that_is_allowed(tmp_path: Path, hours: int, allowed: int) -> None:
    """Up to max_age_hours, and any age where that is 0."""
    path = written(tmp_path / "hr.csv", CSV, timedelta(hours=hours))
    found = reading(path, max_age_hours=allowed)
    assert found.written == NOW - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(hours=48, seconds=1), "2026-11-24 02:59 UTC, 48 hours ago; extra.max_age_hours allows 48"),
        (timedelta(days=-3), "2026-11-29 03:00 UTC: that is to come"),
    ],
)  # fmt: skip
def test_another_age_is_no_reading(tmp_path: Path, age: timedelta, said: str) -> None:
    """What a file said days ago is not the truth of today; an age that cannot be told is none."""
    path = written(tmp_path / "hr.csv", CSV, age)
    with pytest.raises(Incomplete, match="extra file") as raised:
        reading(path)
    assert said in str(raised.value)


def test_a_file_that_is_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that grows under the reading is not read."""
    path = written(tmp_path / "hr.csv", CSV)
    real, looks = os.fstat, []

    def fstat(number: int) -> os.stat_result:
        looks.append(number)
        if len(looks) == 2:
            with path.open("ab") as file:
                file.write(b"00419;Late;;\r\n")
        return real(number)

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(Incomplete, match="is being written while it is read"):
        reading(path)


def test_a_file_that_went(tmp_path: Path) -> None:
    """Between the look at the config and the reading it may go."""
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        reading(tmp_path / "hr.csv")


def test_what_another_program_wrote() -> None:
    """Both files that LibreOffice 7.4 made of hr.fods give the same keys and texts, row for row.

    soffice --headless --convert-to xlsx hr.fods
    soffice --headless --convert-to 'csv:Text - txt - csv (StarCalc):59,34,76,1,,1031,true,true' hr.fods
    """
    book = reading(HERE / "hr.xlsx", max_age_hours=0)
    table = reading(HERE / "hr.csv", max_age_hours=0)
    assert [(row.number, row.key) for row in book.rows] == [(row.number, row.key) for row in table.rows]
    assert [row.key for row in book.rows] == ["00417", "00418", "00419", "00420", "421", "00422"]
    assert book.rows[0].values == table.rows[0].values
    assert {row.number: {column: kind.name for column, kind in row.kinds.items()} for row in book.rows} == {
        4: {},
        5: {"private mobile": "NUMBER"},
        6: {"private mobile": "DATE"},
        7: {"private mail": "FORMULA", "private mobile": "FORMULA"},
        8: {"private mail": "MERGED", "private mobile": "ROUNDED"},
        9: {"private mail": "MERGED"},
    }
    assert book.described["hidden rows"] == "1, read like the others"


def test_the_same_rows_in_both_forms(tmp_path: Path) -> None:
    """What is text is the same text in a workbook as in a table."""
    rows = [("Personnel no.", "Name", *COLUMNS), ("00417", "Z", "z@example.org", "+44 7911 123456")]
    book = reading(workbook(tmp_path / "hr.xlsx", rows))
    text = "\r\n".join(",".join(row) for row in rows) + "\r\n"
    table = reading(written(tmp_path / "hr.csv", text))
    assert book.rows == table.rows

"""CSV in the dialects of csvde and Export-Csv, whole and damaged."""

import base64
import codecs
import contextlib
import csv
import io
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prepop.errors import ConfigError, Exit, Incomplete
from prepop.model import DirectoryReading, Person
from prepop.options import DirectoryKind, DirectoryOptions
from prepop.sources import open_directory
from prepop.sources.entries import Entry, person
from tests.sources.people import ODD_NAMES, Heard, guid, raw

ASKED = ("mobile", "otherMobile")
OWN = bytes(range(16))
PEOPLE = [
    raw(
        n,
        otherMobile=["+44 7400 123456", "+44 7400 123457"] if n % 2 else None,
        mS_DS_ConsistencyGuid=OWN if n == 3 else None,
        adminCount="1" if n == 4 else None,
        userAccountControl="514" if n == 5 else "512",
        mobile="2065550100;2065550101" if n == 6 else "+49 1512 3456789",
    )
    for n in range(len(ODD_NAMES))
]
WANTED = tuple(person(entry, directory="corp", asked=ASKED) for entry in PEOPLE)

COLUMNS = (
    *("objectClass", "objectGUID", "mS-DS-ConsistencyGuid", "objectSid", "userPrincipalName"),
    *("sAMAccountName", "displayName", "mail", "proxyAddresses", "userAccountControl", "adminCount"),
    *("whenChanged", "mobile", "otherMobile"),
)


def hexed(value: bytes) -> str:
    return f"X'{value.hex()}'"


def sheet(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    delimiter: str = ",",
    quoting: int = csv.QUOTE_MINIMAL,
) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\r\n")  # type: ignore[arg-type]
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def csvde(entries: Sequence[Entry] = PEOPLE, columns: Sequence[str] = COLUMNS) -> str:
    """As csvde writes it: DN first, quotes where needed, bytes in hex, several values with semicolons."""

    def cell(name: str, values: tuple[bytes, ...]) -> str:
        if name in ("objectGUID", "mS-DS-ConsistencyGuid", "objectSid"):
            return "".join(hexed(value) for value in values)
        texts = [value.decode() for value in values]
        return texts[-1] if name == "objectClass" else ";".join(texts)

    rows = [[e.dn, *(cell(name, e.attributes.get(name.lower(), ())) for name in columns)] for e in entries]
    return sheet(["DN", *columns], rows)


POWERSHELL: Mapping[str, Callable[[Person], str]] = {
    "DistinguishedName": lambda p: p.dn,
    "DisplayName": lambda p: p.name,
    "EmailAddress": lambda p: p.own_addresses[1],
    "Enabled": lambda p: str(not p.disabled),
    "MobilePhone": lambda p: p.values["mobile"][0],
    "mS-DS-ConsistencyGuid": lambda p: str(uuid.UUID(bytes_le=OWN)) if p.guid == str(guid(3)) else "",
    "ObjectClass": lambda p: "user",
    "ObjectGUID": lambda p: p.guid,
    "otherMobile": lambda p: ";".join(p.values.get("othermobile", ())),
    "proxyAddresses": lambda p: ";".join(f"smtp:{address}" for address in p.own_addresses[1:]),
    "SamAccountName": lambda p: p.sam,
    "SID": lambda p: p.sid,
    "UserPrincipalName": lambda p: p.upn,
    "whenChanged": lambda p: "2026-01-02T04:04:05.0000000+01:00",
    "adminCount": lambda p: "1" if p.admin_count else "",
}


def powershell(*, delimiter: str = ",", without: Sequence[str] = (), **cells: str) -> str:
    """As Export-Csv writes it: everything quoted, GUIDs and SIDs as text, a Boolean for the state."""
    header = [name for name in POWERSHELL if name not in without]
    rows = [[cells.get(name) or POWERSHELL[name](person) for name in header] for person in WANTED]
    return sheet(header, rows, delimiter=delimiter, quoting=csv.QUOTE_ALL)


def read(path: Path, asked: Sequence[str] = ASKED) -> DirectoryReading:
    options = DirectoryOptions(name="corp", kind=DirectoryKind.CSV, path=path)
    return open_directory(options).read(asked, Heard())


def people(path: Path, content: str | bytes, asked: Sequence[str] = ASKED) -> tuple[Person, ...]:
    file = path / "export.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(file, asked).people


DIALECTS: dict[str, str | bytes] = {
    "csvde": csvde(),
    "csvde -u": codecs.BOM_UTF16_LE + csvde().encode("utf-16-le"),
    "csvde, LF": csvde().replace("\r\n", "\n"),
    "Export-Csv": powershell(),
    "Export-Csv of Windows PowerShell": "#TYPE Microsoft.ActiveDirectory.Management.ADUser\r\n"
    + powershell(),
    "Export-Csv -UseCulture": powershell(delimiter=";"),
    "Export-Csv -Delimiter `t": powershell(delimiter="\t"),
    "Export-Csv -Encoding utf8BOM": codecs.BOM_UTF8 + powershell().encode(),
    "Export-Csv -Encoding Unicode": codecs.BOM_UTF16_LE + powershell().encode("utf-16-le"),
    "blank lines": csvde().replace("\r\n", "\r\n\r\n"),
    "base64 GUIDs": csvde().replace(hexed(OWN), base64.b64encode(OWN).decode()),
    "GUIDs in braces": powershell().replace(f'"{guid(2)}"', f'"{{{str(guid(2)).upper()}}}"'),
    "columns in lower case": csvde().replace(csvde().split("\r\n")[0], csvde().split("\r\n")[0].lower()),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_same_people(dialect: str, tmp_path: Path) -> None:
    """Whatever tool wrote the file, the people are the same, and the same as over LDAP."""
    assert people(tmp_path, DIALECTS[dialect]) == WANTED


def test_text_stays_text(tmp_path: Path) -> None:
    """Numbers keep their plus and zeros, Namibia stays NA, and nothing becomes a missing value."""
    entry = raw(0, mobile="+447400123456", c="NA", employeeID="007", displayName="null", otherMobile="NaN")
    (found,) = people(
        tmp_path, csvde([entry], [*COLUMNS, "c", "employeeID"]), ("mobile", "c", "employeeID", "otherMobile")
    )
    assert found.values == {
        "mobile": ("+447400123456",),
        "c": ("NA",),
        "employeeid": ("007",),
        "othermobile": ("NaN",),
    }
    assert found.name == "null"


def test_semicolons(tmp_path: Path) -> None:
    """A semicolon separates values of attributes that hold several; elsewhere it belongs to the value."""
    entry = raw(0, mobile="2065550100;2065550101")
    text = csvde([replace(entry, attributes={**entry.attributes, "othermobile": (b"a\\;b", b"c", b" ")})])
    (found,) = people(tmp_path, text)
    assert found.values == {"mobile": ("2065550100;2065550101",), "othermobile": ("a;b", "c")}


def test_line_breaks_in_cells(tmp_path: Path) -> None:
    """A quoted cell may hold line breaks, quotes and delimiters; line numbers count file lines."""
    odd = raw(0, displayName='two\r\nlines, "quoted"')
    bad = raw(1, whenChanged=None, mobile=None)
    (found, _) = people(tmp_path, csvde([odd, bad]))
    assert found.name == 'two\r\nlines, "quoted"'
    broken = csvde([odd, replace(bad, attributes={**bad.attributes, "useraccountcontrol": (b"x",)})])
    with pytest.raises(Incomplete, match=r"export\.csv, line 4: CN=.*userAccountControl"):
        people(tmp_path, broken)


def test_hex_text(tmp_path: Path) -> None:
    """csvde writes text outside the code page in hex; it is UTF-8."""
    text = csvde([raw(0)]).replace('"Doe, Jane"', hexed("Jürgen".encode()))
    (found,) = people(tmp_path, text)
    assert found.name == "Jürgen"


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("20260102030405.0Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("1/2/2026 3:04:05 AM", None),
        ("02.01.2026 03:04:05", None),
        ("2026-01-02 03:04:05", None),
        ("", None),
    ],
)
def test_times(cell: str, moment: datetime | None, tmp_path: Path) -> None:
    """A time without zone or in a local order is not guessed; the person has none."""
    (found,) = people(tmp_path, csvde([raw(0, whenChanged=cell or None)]))
    assert found.when_changed == moment


def test_an_odd_consistency_guid(tmp_path: Path) -> None:
    """Bytes that are not 16 give no anchor, as over LDAP; text that is no GUID at all is refused."""
    (found,) = people(tmp_path, csvde([raw(0, mS_DS_ConsistencyGuid=b"short")]))
    assert found.anchor == ""
    with pytest.raises(Incomplete, match="ms-ds-consistencyguid: 'junk' is neither"):
        people(tmp_path, csvde([raw(0, mS_DS_ConsistencyGuid=OWN)]).replace(hexed(OWN), "junk"))


def test_not_only_people(tmp_path: Path) -> None:
    """csvde lists groups, computers and contacts too; without objectClass, names in $ are machines."""
    others = [raw(n, objectClass=cls) for n, cls in enumerate(["group", "computer", "contact"], 1)]
    assert len(people(tmp_path, csvde([raw(0), *others]))) == 1
    assert len(people(tmp_path, csvde([raw(0, objectClass="inetOrgPerson")]))) == 1
    machine = raw(1, sAMAccountName="gmsa1$")
    assert len(people(tmp_path, csvde([raw(0), machine], [c for c in COLUMNS if c != "objectClass"]))) == 1


# ---------------------------------------------------------------- columns that are missing


def test_no_anchor_column(tmp_path: Path) -> None:
    """Without objectGUID and mS-DS-ConsistencyGuid nobody's account can be found: a mistake, exit 2."""
    with pytest.raises(ConfigError, match="no column objectGUID or mS-DS-ConsistencyGuid") as caught:
        people(tmp_path, powershell(without=("ObjectGUID", "mS-DS-ConsistencyGuid")))
    assert caught.value.exit_code is Exit.USAGE
    assert "export the GUIDs" in caught.value.hint


def test_missing_columns_come_together(tmp_path: Path) -> None:
    """Every missing column is named, a mapped one with the likely spelling."""
    text = powershell(without=("DistinguishedName", "Enabled", "ObjectGUID", "mS-DS-ConsistencyGuid"))
    with pytest.raises(ConfigError) as caught:
        people(tmp_path, text, ("otherMobil", "extensionAttribute1"))
    file = tmp_path / "export.csv"
    assert caught.value.mistakes == (
        f"{file}: no column DN or DistinguishedName",
        f"{file}: no column objectGUID or mS-DS-ConsistencyGuid",
        f"{file}: no column userAccountControl or Enabled, so nobody is known to be enabled",
        f'{file}: mapping or [[extra]]: no column "otherMobil". Did you mean "otherMobile"?',
        f'{file}: mapping or [[extra]]: no column "extensionAttribute1".',
    )


def test_columns_that_are_missed_but_not_needed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without adminCount, SID or ConsistencyGuid the file is read, and the log says what is missing."""
    with caplog.at_level(logging.WARNING):
        people(tmp_path, powershell(without=("adminCount", "SID", "mS-DS-ConsistencyGuid")))
    assert [record.message.partition(": no column ")[2].partition(":")[0] for record in caplog.records] == [
        "mS-DS-ConsistencyGuid",
        "adminCount",
        "objectSid",
    ]
    assert "administrators of the directory are not known" in caplog.text


def test_values_that_powershell_did_not_write(tmp_path: Path) -> None:
    """A type name instead of values is refused, for all such columns at once, with what to type."""
    collection = "Microsoft.ActiveDirectory.Management.ADPropertyValueCollection"
    with pytest.raises(ConfigError) as caught:
        people(
            tmp_path,
            powershell(**{"proxyAddresses": collection, "mS-DS-ConsistencyGuid": "System.Byte[]"}),
        )
    assert [m.rpartition(": PowerShell")[0].rpartition(" ")[2] for m in caught.value.mistakes] == [
        "mS-DS-ConsistencyGuid",
        "proxyAddresses",
    ]
    assert "-join ';'" in caught.value.hint
    assert "[guid]" in caught.value.hint


# ---------------------------------------------------------------- damage


def test_a_cut_file_is_never_a_shorter_one(tmp_path: Path) -> None:
    """A file cut anywhere inside a row is refused, with file and line; the rows before do not count."""
    for whole in (csvde().encode(), powershell().encode()):
        start = whole.rindex(b"\r\n", 0, -2) + 2
        for length in range(start + 1, len(whole) - 1, 7):
            with pytest.raises(Incomplete, match=r"export\.csv, line \d+: "):
                people(tmp_path, whole[:length])


def test_a_cut_last_value_is_no_shorter_number(tmp_path: Path) -> None:
    """A cut in the last cell leaves the right number of cells, but no end of line."""
    whole = csvde([raw(0)], [name for name in COLUMNS if name != "otherMobile"])
    assert whole.endswith(",+49 1512 3456789\r\n")
    for cut in (2, 3, 5):
        with pytest.raises(Incomplete, match="line 2: the last line has no end"):
            people(tmp_path, whole[:-cut], ("mobile",))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda text: text + "a,b\r\n", "line 9: 2 fields where the header has 15"),
        (lambda text: text + "," * 15 + "\r\n", "line 9: 16 fields where the header has 15"),
        (lambda text: text + "," * 13 + "x,\r\n", "line 9: no DN"),
        (lambda text: text + '"open' + "," * 14 + "\r\n", "unexpected end of data"),
        (lambda text: text.replace("S-1-5", "S-1-x"), "objectsid: .* is neither"),
        (lambda text: text.replace("True", "Wahr"), "Enabled is 'Wahr'"),
        (lambda text: text.replace("Jane", "J\0ne"), "line 2: a zero byte"),
    ],
)
def test_damaged_rows(damage: Callable[[str], str], says: str, tmp_path: Path) -> None:
    """Rows too short or too long, open quotes and unreadable identities end the reading."""
    with pytest.raises(Incomplete, match=says):
        people(tmp_path, damage(powershell()))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (csvde().encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (csvde().replace("DN,", "DN,DN,", 1).encode(), "has DN twice"),
        (csvde().replace("mail,", "Mobile,", 1).encode(), "has Mobile, mobile twice"),
    ],
)
def test_files_that_are_no_export(content: bytes, says: str, tmp_path: Path) -> None:
    """Other codings and headers with a name twice are mistakes, exit 2."""
    with pytest.raises(ConfigError, match=says):
        people(tmp_path, content)


@pytest.mark.parametrize("kind", [DirectoryKind.CSV, DirectoryKind.LDIF])
@pytest.mark.parametrize("content", [b"", b"\r\n", b"\n\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_a_file_with_nothing_in_it(kind: DirectoryKind, content: bytes, tmp_path: Path) -> None:
    """An export that wrote nothing is no reading of an empty directory: exit 40, the same in both forms."""
    file = tmp_path / "export"
    file.write_bytes(content)
    with pytest.raises(Incomplete, match="the file is empty") as caught:
        open_directory(DirectoryOptions(name="corp", kind=kind, path=file)).read(ASKED, Heard())
    assert caught.value.hint == "export it again, and see what the tool that writes it says"


def test_another_coding(tmp_path: Path) -> None:
    """A file in a Windows code page is refused with its line, not read with wrong letters."""
    with pytest.raises(Incomplete, match=r"export\.csv, line 2: not UTF-8 text") as caught:
        people(tmp_path, csvde([raw(2)]).encode("cp1252"))
    assert "utf8" in caught.value.hint


def test_no_such_file(tmp_path: Path) -> None:
    """A path that leads nowhere is a mistake in the config."""
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none.csv")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.binary(max_size=3))
def test_damage_is_refused_or_read_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes
) -> None:
    """Bytes put anywhere into a good file give people or one of our own errors, nothing else."""
    good = csvde().encode()
    place = at % len(good)
    with contextlib.suppress(Incomplete, ConfigError):
        people(tmp_path_factory.mktemp("junk"), good[:place] + junk + good[place + 1 :])

"""People from a CSV file: what `csvde` and PowerShell's `Get-ADUser | Export-Csv` write.

Columns are LDAP attributes or the names that Get-ADUser gives them; case does not matter. Cells become
what LDAP would deliver, so that one decoder (`entries`) decides what they mean:

    X'00ff'               bytes (csvde)
    d3b07384-...          a GUID in objectGUID or mS-DS-ConsistencyGuid (PowerShell); base64 of 16 bytes too
    S-1-5-21-...          a SID
    True, False           in Enabled, instead of userAccountControl
    a;b                   two values, in attributes that hold several (`SEVERAL`) and only there; `\\;` is a
                          semicolon. In any other column a semicolon belongs to the value

Cut files and cells that PowerShell did not write out (`System.Byte[]`) are refused, never taken for empty.
"""

import base64
import codecs
import csv
import difflib
import hashlib
import io
import logging
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prepop.errors import ConfigError, Incomplete
from prepop.model import DirectoryReading, Person
from prepop.options import DirectoryOptions
from prepop.ports import Progress
from prepop.sources.entries import (
    CONSISTENCY_GUID,
    GUID,
    NO_ADMIN_COUNT,
    STANDARD_ATTRIBUTES,
    Entry,
    empty_file,
    generalised_time,
    guid_bytes,
    is_person,
    person,
    sid_bytes,
)

log = logging.getLogger(__name__)

#: Attributes of Active Directory's schema that hold several values: here a semicolon separates.
SEVERAL = frozenset(
    {
        "objectclass",
        "proxyaddresses",
        "othermobile",
        "othertelephone",
        "otherhomephone",
        "otherfacsimiletelephonenumber",
        "otherpager",
        "otheripphone",
        "othermailbox",
    }
)

#: What Get-ADUser calls an attribute, where the name differs (documentation of Get-ADUser, Set-ADUser).
POWERSHELL_NAMES: Mapping[str, str] = {
    "sid": "objectsid",
    "emailaddress": "mail",
    "mobilephone": "mobile",
    "officephone": "telephonenumber",
    "fax": "facsimiletelephonenumber",
    "country": "c",
    "city": "l",
    "state": "st",
    "office": "physicaldeliveryofficename",
    "modified": "whenchanged",
    "name": "cn",
}

_NOT_WRITTEN_OUT = re.compile(
    r"Microsoft\.ActiveDirectory\.Management\.ADPropertyValueCollection|System\.\w+(\.\w+)*\[\]"
)
_HEX = re.compile(r"[Xx]'((?:[0-9A-Fa-f]{2})*)'")


class Table:
    """One CSV export as a directory."""

    def __init__(self, options: DirectoryOptions) -> None:
        """`options.path` names the file; nothing is opened before `read`."""
        if options.path is None:
            raise ConfigError([f'directory "{options.name}": kind = "csv" needs a path'])
        self.name = options.name
        self._path = options.path

    def read(self, attributes: Collection[str], progress: Progress) -> DirectoryReading:
        """Read every person in the file. Raises ConfigError (columns that are missing) or Incomplete."""
        path = self._path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ConfigError(
                [f'directory "{self.name}": path {path} cannot be read: {error.strerror}']
            ) from error
        sheet = _sheet(path, content)
        columns = _columns(path, sheet.header, attributes)
        people: list[Person] = []
        for count, entry in enumerate(_entries(path, sheet, columns), 1):
            if count % 1000 == 0:
                progress("reading people", count, len(sheet.lines))
            if is_person(entry):
                people.append(person(entry, directory=self.name, asked=attributes))
        progress("reading people", len(sheet.lines), len(sheet.lines))
        log.info("%s: %d rows, %d people", path, len(sheet.lines), len(people))
        return DirectoryReading(
            directory=self.name,
            people=tuple(people),
            described={
                "kind": "csv",
                "file": str(path),
                "sha256": hashlib.sha256(content).hexdigest(),
                "rows": str(len(sheet.lines)),
            },
        )


# ---------------------------------------------------------------- the file as a sheet of text


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A header and the rest; `lines` has the line on which each row ends."""

    header: Sequence[str]
    text: str
    delimiter: str
    lines: Sequence[int]


def _sheet(path: Path, content: bytes) -> _Sheet:
    """Decode the file and check that every row is whole."""
    text = _text(path, content)
    skipped = 0
    if text.startswith("#TYPE"):  # Export-Csv of Windows PowerShell
        text, skipped = text.partition("\n")[2], 1
    if "\0" in text:
        raise _cut(path, text[: text.index("\0")].count("\n") + 1, "a zero byte")
    if text and not text.endswith(("\n", "\r")):
        raise _cut(path, text.count("\n") + 1 + skipped, "the last line has no end")
    first = text.partition("\n")[0]
    unquoted = re.sub(r'"[^"]*"', "", first)
    delimiter = max(",;\t", key=unquoted.count)
    lines: list[int] = []
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = _header(path, next(rows, []))
        for row in rows:
            if row and len(row) != len(header):
                raise _cut(
                    path, rows.line_num + skipped, f"{len(row)} fields where the header has {len(header)}"
                )
            if row:
                lines.append(rows.line_num + skipped)
    except csv.Error as error:  # a quote that never ends, most often
        raise _cut(path, rows.line_num + skipped, str(error)) from error
    return _Sheet(header, text, delimiter, lines)


def _header(path: Path, cells: Sequence[str]) -> list[str]:
    """The names of the columns, each once."""
    header = [name.strip() for name in cells]
    if not header:
        raise empty_file(path)
    lower = [name.lower() for name in header]
    twice = sorted({name for name in header if lower.count(name.lower()) > 1})
    if twice:
        raise ConfigError([f"{path}: the header has {', '.join(twice)} twice: which one is meant?"])
    return header


def _text(path: Path, content: bytes) -> str:
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
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
            hint="export again with csvde -u, or Export-Csv -Encoding utf8",
        ) from error


def _cut(path: Path, number: int, what: str) -> Incomplete:
    return Incomplete(
        f"{path}, line {number}: {what}: the file was cut short or damaged", hint="export it again"
    )


# ---------------------------------------------------------------- columns


def _columns(path: Path, header: Sequence[str], asked: Collection[str]) -> dict[str, int]:
    """Which column holds which attribute (lower case; `dn` and `enabled` besides). All mistakes at once."""
    places = {name.lower(): at for at, name in enumerate(header)}
    for theirs, ours in POWERSHELL_NAMES.items():
        if theirs in places:
            places.setdefault(ours, places[theirs])
    if "dn" not in places and "distinguishedname" in places:
        places["dn"] = places["distinguishedname"]
    mistakes = []
    hints = []
    if "dn" not in places:
        mistakes.append(f"{path}: no column DN or DistinguishedName")
    if GUID not in places and CONSISTENCY_GUID not in places:
        mistakes.append(f"{path}: no column objectGUID or mS-DS-ConsistencyGuid")
        hints.append("export the GUIDs too: they tell whose account is whose")
    if "useraccountcontrol" not in places and "enabled" not in places:
        mistakes.append(f"{path}: no column userAccountControl or Enabled, so nobody is known to be enabled")
    for name in asked:
        if name.lower() not in places:
            near = difflib.get_close_matches(name.lower(), list(places), n=1, cutoff=0.75)
            guess = f' Did you mean "{header[places[near[0]]]}"?' if near else ""
            mistakes.append(f'{path}: mapping: no column "{name}".{guess}')
            hints.append("export the columns that the mapping names, or name others in the mapping")
    if mistakes:
        raise ConfigError(mistakes, hint="; ".join(dict.fromkeys(hints)))
    for name in ("mS-DS-ConsistencyGuid", "adminCount", "objectSid"):
        if name.lower() not in places:
            meaning = f": {NO_ADMIN_COUNT}" if name == "adminCount" else ""
            log.warning("%s: no column %s%s", path, name, meaning)
    wanted = {name.lower() for name in (*STANDARD_ATTRIBUTES, *asked)} | {"dn", "enabled"}
    return {name: at for name, at in places.items() if name in wanted}


# ---------------------------------------------------------------- rows


def _entries(path: Path, sheet: _Sheet, columns: Mapping[str, int]) -> Iterator[Entry]:
    """The rows as LDAP would deliver them."""
    import pandas as pd

    try:
        frame = pd.read_csv(
            io.StringIO(sheet.text, newline=""),
            sep=sheet.delimiter,
            header=0,
            names=list(range(len(sheet.header))),
            dtype="str",
            keep_default_na=False,
            na_filter=False,
            index_col=False,
        )
    except pd.errors.ParserError as error:
        raise _cut(path, sheet.lines[-1], str(error)) from error
    if len(frame) != len(sheet.lines):
        raise _cut(path, sheet.lines[-1], f"{len(frame)} rows could be read of {len(sheet.lines)}")
    # a column at a time: PowerShell leaves a whole column unwritten, and all of them are named at once
    unwritten = [
        sheet.header[at]
        for at in dict.fromkeys(columns.values())
        if frame[at].str.fullmatch(_NOT_WRITTEN_OUT.pattern).any()
    ]
    if unwritten:
        raise ConfigError(
            [f"{path}: column {name}: PowerShell wrote the type instead of the values" for name in unwritten],
            hint="expand it: Select-Object *, @{n='proxyAddresses';e={$_.proxyAddresses -join ';'}}, "
            "@{n='mS-DS-ConsistencyGuid';e={[guid]$_.'mS-DS-ConsistencyGuid'}}",
        )
    for number, row in zip(sheet.lines, frame.itertuples(index=False, name=None), strict=True):
        cells = {name: row[at] for name, at in columns.items()}
        yield _entry(f"{path}, line {number}", cells)


def _entry(place: str, cells: dict[str, str]) -> Entry:
    dn = b"".join(_values("dn", cells.pop("dn"))).decode("utf-8", "replace")
    if not dn:
        raise Incomplete(f"{place}: no DN: the row is damaged", hint="export it again")
    enabled = cells.pop("enabled", "").strip()
    attributes: dict[str, tuple[bytes, ...]] = {}
    for name, cell in cells.items():
        if not cell.strip():
            continue
        if name in (GUID, CONSISTENCY_GUID, "objectsid"):
            attributes[name] = (_identity(f"{place}: {dn}: {name}", cell.strip()),)
        elif name == "whenchanged":
            if moment := _moment(cell.strip()):
                attributes[name] = (moment.strftime("%Y%m%d%H%M%S.0Z").encode(),)
        else:
            attributes[name] = tuple(_values(name, cell))
    if "useraccountcontrol" not in attributes and enabled:
        if enabled.lower() not in ("true", "false"):
            raise Incomplete(f"{place}: {dn}: Enabled is {enabled[:20]!r}, neither True nor False")
        attributes["useraccountcontrol"] = (b"512" if enabled.lower() == "true" else b"514",)
    if "objectclass" not in cells:  # Get-ADUser lists users; managed accounts and trusts end in $
        machine = attributes.get("samaccountname", (b"",))[0].endswith(b"$")
        attributes["objectclass"] = (b"computer",) if machine else (b"user",)
    return Entry(dn, attributes, place=place)


def _values(name: str, cell: str) -> list[bytes]:
    """The values of one cell; empty ones are none."""
    parts = re.split(r"(?<!\\);", cell) if name in SEVERAL else [cell]
    texts = (part.replace("\\;", ";") if name in SEVERAL else part for part in parts)
    return [_bytes(text) for text in texts if text.strip()]


def _bytes(text: str) -> bytes:
    found = _HEX.fullmatch(text.strip())
    return bytes.fromhex(found[1]) if found else text.encode("utf-8")


def _identity(what: str, cell: str) -> bytes:
    """A GUID or SID in any of its spellings, as the bytes that the directory stores."""
    if _HEX.fullmatch(cell):
        return _bytes(cell)
    stored = guid_bytes(cell) or sid_bytes(cell)
    if stored:
        return stored
    try:
        decoded = base64.b64decode(cell, validate=True)
    except ValueError:  # binascii.Error is one, letters beyond ASCII another
        decoded = b""
    if len(decoded) == 16 or (decoded[:1] == b"\x01" and len(decoded) >= 12):
        return decoded
    raise Incomplete(f"{what}: {cell[:40]!r} is neither X'..' nor a GUID, a SID or base64 of one")


def _moment(cell: str) -> datetime | None:
    """A time that can mean one moment only. `1/2/2026 3:04 AM`, as PowerShell writes it, is none."""
    if moment := generalised_time(cell):
        return moment
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None

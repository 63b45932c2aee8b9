"""People from a CSV file: what `csvde`, AdFind and PowerShell's `Get-ADUser | Export-Csv` write, or a list
of user principal names with numbers or addresses, which is what people have.

Columns are LDAP attributes or the names that Get-ADUser gives them; case does not matter. Cells become
what LDAP would deliver, so that one decoder (`entries`) decides what they mean:

    X'00ff'               bytes (csvde)
    d3b07384-...          a GUID in objectGUID or mS-DS-ConsistencyGuid (PowerShell); base64 of 16 bytes too
    S-1-5-21-...          a SID
    True, False           in Enabled, instead of userAccountControl
    a;b                   two values, in attributes that hold several (`SEVERAL`) and only there; `\\;` is a
                          semicolon. In any other column a semicolon belongs to the value

A list of names needs no DN, GUID or state where `scope.match` names "upn": then the account's own state
decides, what the file does not say is told by the reading, and a GUID or SID that it does hold counts.

Cut files and cells that PowerShell did not write out (`System.Byte[]`) are refused, never taken for empty.
"""

import base64
import difflib
import hashlib
import io
import logging
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from prepop.errors import ConfigError, Incomplete
from prepop.model import DirectoryReading, Person
from prepop.options import DirectoryOptions, MatchBy
from prepop.ports import Progress
from prepop.sources.entries import (
    ADMINISTRATORS,
    ANCHORS,
    CONSISTENCY_GUID,
    DISABLED,
    GUID,
    NO_ADMIN_COUNT,
    STANDARD_ATTRIBUTES,
    UNITS,
    Entry,
    generalised_time,
    guid_bytes,
    is_person,
    person,
    say_nobody,
    sid_bytes,
)
from prepop.sources.sheet import Sheet, cut, read_sheet

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

UPN = "userprincipalname"

#: What Get-ADUser calls an attribute, where the name differs (documentation of Get-ADUser, Set-ADUser), and
#: how lists head the user principal name.
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
    "upn": UPN,
    "user principal name": UPN,
}

_NOT_WRITTEN_OUT = re.compile(
    r"Microsoft\.ActiveDirectory\.Management\.ADPropertyValueCollection|System\.\w+(\.\w+)*\[\]"
)
_HEX = re.compile(r"[Xx]'((?:[0-9A-Fa-f]{2})*)'")


class Table:
    """One CSV export as a directory."""

    def __init__(self, options: DirectoryOptions, match: Collection[MatchBy] = ()) -> None:
        """`options.path` names the file; nothing is opened before `read`. match: `scope.match`."""
        if options.path is None:
            raise ConfigError([f'directory "{options.name}": kind = "csv" needs a path'])
        self.name = options.name
        self._path = options.path
        self._match = match

    def administrators(self, progress: Progress) -> DirectoryReading:
        """Who has adminCount in the export as it is now."""
        whole = self.read((), progress)
        return replace(whole, people=tuple(found for found in whole.people if found.admin_count))

    def read(self, attributes: Collection[str], progress: Progress) -> DirectoryReading:
        """Read every person in the file. Raises ConfigError (columns that are missing) or Incomplete."""
        path = self._path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ConfigError(
                [f'directory "{self.name}": path {path} cannot be read: {error.strerror}']
            ) from error
        wanted = {name.lower() for name in (*STANDARD_ATTRIBUTES, *attributes)}
        known = wanted | POWERSHELL_NAMES.keys() | {"dn", "distinguishedname", "enabled", "employeeid"}
        sheet = read_sheet(path, content, known, attributes)
        columns = _columns(path, sheet, attributes, by_name=MatchBy.UPN in self._match)
        people: list[Person] = []
        others: Counter[bytes] = Counter()
        for count, entry in enumerate(_entries(path, sheet, columns.places), 1):
            if count % 1000 == 0:
                progress("reading people", count, sheet.rows)
            if is_person(entry):
                people.append(person(entry, directory=self.name, asked=attributes, by_name=columns.by_name))
            else:
                others[entry.attributes["objectclass"][-1]] += 1
        if others and not people:
            say_nobody(path, others)
        progress("reading people", sheet.rows, sheet.rows)
        log.info("%s: %d rows, %d people", path, sheet.rows, len(people))
        return DirectoryReading(
            directory=self.name,
            people=tuple(people),
            described={
                "kind": "csv",
                "file": str(path),
                "sha256": hashlib.sha256(content).hexdigest(),
                "rows": str(sheet.rows),
                **columns.unknown,
            },
        )


# ---------------------------------------------------------------- columns


@dataclass(frozen=True, slots=True)
class _Columns:
    """places: which column holds which attribute (lower case; `dn` and `enabled` besides). unknown: what
    the file does not say, as facts of the reading. by_name: a name is enough to tell whose row it is."""

    places: Mapping[str, int]
    unknown: Mapping[str, str]
    by_name: bool


def _columns(path: Path, sheet: Sheet, asked: Collection[str], *, by_name: bool) -> _Columns:
    """Look for the columns that are needed; all mistakes at once. by_name: `scope.match` names "upn"."""
    places = {name.lower(): at for at, name in enumerate(sheet.header) if name}
    for theirs, ours in POWERSHELL_NAMES.items():
        if theirs in places:
            places.setdefault(ours, places[theirs])
    if "dn" not in places and "distinguishedname" in places:
        places["dn"] = places["distinguishedname"]
    by_name = by_name and UPN in places
    mistakes: list[str] = []
    hints: list[str] = []
    heads = [name for name in sheet.header if UPN in (name.lower(), POWERSHELL_NAMES.get(name.lower()))]
    if len(heads) > 1:  # whose row it is must not depend on which one is looked at
        mistakes.append(f"{path}: the header has {' and '.join(heads)}: which one is meant?")
        hints.append("leave in the one that is the name for signing in")
    unknown: dict[str, str] = {}
    needed = (
        ("dn" in places, "no column DN or DistinguishedName", UNITS),
        (
            GUID in places or CONSISTENCY_GUID in places,
            "no column objectGUID or mS-DS-ConsistencyGuid",
            ANCHORS,
        ),
        (
            "useraccountcontrol" in places or "enabled" in places,
            "no column userAccountControl or Enabled, so nobody is known to be enabled",
            DISABLED,
        ),
    )
    if all(there for there, _, _ in needed):  # a whole export: a row that lacks one of them is damaged
        by_name = False
    for there, mistake, meaning in needed:
        if not there and by_name:
            unknown |= meaning
        elif not there:
            mistakes.append(f"{path}: {mistake}")
            hints.append(_name_hint(places))
    for name in asked:
        if name.lower() not in places:
            near = difflib.get_close_matches(name.lower(), list(places), n=1, cutoff=0.75)
            guess = f' Did you mean "{sheet.header[places[near[0]]]}"?' if near else ""
            mistakes.append(f'{path}: mapping or [[extra]]: no column "{name}".{guess}')
            hints.append("export the columns that the mapping names, or name others in the mapping")
    if mistakes:
        raise ConfigError(mistakes, hint="; ".join(dict.fromkeys(hints)))
    if "admincount" not in places:
        unknown |= ADMINISTRATORS
    for name in ("mS-DS-ConsistencyGuid", "adminCount", "objectSid"):
        if name.lower() not in places:
            follows = f": {NO_ADMIN_COUNT}" if name == "adminCount" else ""
            log.warning("%s: no column %s%s", path, name, follows)
    wanted = {name.lower() for name in (*STANDARD_ATTRIBUTES, *asked)} | {"dn", "enabled"}
    return _Columns({name: at for name, at in places.items() if name in wanted}, unknown, by_name)


def _name_hint(places: Collection[str]) -> str:
    """What to do about a file that cannot tell whose row it is."""
    guids = "export the GUIDs too: they tell whose account is whose"
    if UPN in places:
        return f'{guids}; or, where the file is a list of names, let scope.match name "upn" as well'
    for key in ("samaccountname", "employeeid", "employeenumber", "mail"):
        if key in places:
            return (
                f"{guids}; or put a column UserPrincipalName beside {key}, which finds no account by itself "
                "(Import-Csv list.csv | Select-Object *,@{n='UserPrincipalName';e={(Get-ADUser -Filter "
                f"\"{key} -eq '$($_.{key})'\").UserPrincipalName}}}} | "
                'Export-Csv -Encoding utf8 people.csv), and let scope.match name "upn"'
            )
    return guids


# ---------------------------------------------------------------- rows


def _entries(path: Path, sheet: Sheet, columns: Mapping[str, int]) -> Iterator[Entry]:
    """The rows that hold anything, as LDAP would deliver them."""
    import pandas as pd

    if not sheet.lines:
        return
    last = max((line for line in sheet.lines if line is not None), default=1)
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
        raise cut(path, last, str(error)) from error
    if len(frame) != len(sheet.lines):
        raise cut(path, last, f"{len(frame)} rows could be read of {len(sheet.lines)}")
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
        if number is not None:
            yield _entry(f"{path}, line {number}", {name: row[at] for name, at in columns.items()})


def _entry(place: str, cells: dict[str, str]) -> Entry:
    """One row. Where the file has DNs each row needs one; else the name stands for it in messages."""
    dn = ""
    if "dn" in cells:
        dn = b"".join(_values("dn", cells.pop("dn"))).decode("utf-8", "replace")
        if not dn:
            raise Incomplete(f"{place}: no DN: the row is damaged", hint="export it again")
    who = f"{place}: {dn}" if dn else place
    enabled = cells.pop("enabled", "").strip()
    attributes: dict[str, tuple[bytes, ...]] = {}
    for name, cell in cells.items():
        if not cell.strip():
            continue
        if name in (GUID, CONSISTENCY_GUID, "objectsid"):
            attributes[name] = (_identity(f"{who}: {name}", cell.strip()),)
        elif name == "whenchanged":
            if moment := _moment(cell.strip()):
                attributes[name] = (moment.strftime("%Y%m%d%H%M%S.0Z").encode(),)
        elif name in (UPN, "samaccountname"):
            attributes[name] = (_bytes(cell.strip()),)
        else:
            attributes[name] = tuple(_values(name, cell))
    if "useraccountcontrol" not in attributes and enabled:
        if enabled.lower() not in ("true", "false"):
            raise Incomplete(f"{who}: Enabled is {enabled[:20]!r}, neither True nor False")
        attributes["useraccountcontrol"] = (b"512" if enabled.lower() == "true" else b"514",)
    if "objectclass" not in cells:  # Get-ADUser lists users; managed accounts and trusts end in $
        machine = attributes.get("samaccountname", (b"",))[0].endswith(b"$")
        attributes["objectclass"] = (b"computer",) if machine else (b"user",)
    return Entry(dn, attributes, place=place)


def _values(name: str, cell: str) -> list[bytes]:
    """The values of one cell, without empty ones."""
    parts = re.split(r"(?<!\\);", cell) if name in SEVERAL else [cell]
    texts = (part.replace("\\;", ";") if name in SEVERAL else part for part in parts)
    # whoever joins values puts blanks behind the semicolon; in a single value they are the directory's own
    return [_bytes(text.strip() if len(parts) > 1 else text) for text in texts if text.strip()]


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
    """A time that can mean one moment only; not `1/2/2026 3:04 AM`, as PowerShell writes it."""
    if moment := generalised_time(cell):
        return moment
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None

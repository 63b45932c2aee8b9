"""Writes a sample directory as OpenLDAP's `ldapsearch` prints it (RFC 2849)."""

import base64
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from prepop.sandbox.people.entries import StaffEntry

_WIDTH = 76  # ldapsearch folds here


def write(path: Path, base: str, entries: Iterable[StaffEntry]) -> None:
    """Write these entries; the file ends with the words of a search that was answered in full."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        head = (
            "extended LDIF",
            "",
            "LDAPv3",
            f"base <{base}> with scope subtree",
            "filter: (objectClass=*)",
            "",
        )
        file.writelines(f"# {line}".rstrip() + "\n" for line in head)
        file.write("\n")
        count = 0
        for entry in entries:
            file.writelines(f"{line}\n" for line in _lines(entry))
            file.write("\n")
            count += 1
        file.write("# search result\nsearch: 2\nresult: 0 Success\n\n")
        file.write(f"# numResponses: {count + 1}\n# numEntries: {count}\n")


def _lines(entry: StaffEntry) -> Iterator[str]:
    yield from _line("dn", entry.dn)
    for name in entry.classes:
        yield from _line("objectClass", name)
    yield from _line("objectGUID", entry.guid)
    yield from _line("objectSid", entry.sid)
    if entry.consistency is not None:
        yield from _line("mS-DS-ConsistencyGuid", entry.consistency)
    if entry.upn:
        yield from _line("userPrincipalName", entry.upn)
    if entry.sam:
        yield from _line("sAMAccountName", entry.sam)
        yield from _line("userAccountControl", str(_control(entry)))
    yield from _line("displayName", entry.name)
    if entry.admin_count:
        yield from _line("adminCount", "1")
    yield from _line("whenChanged", _time(entry.when_changed))
    if entry.department:
        yield from _line("department", entry.department)
    for name, values in entry.values.items():
        for value in values:
            yield from _line(name, value)


def _control(entry: StaffEntry) -> int:
    """userAccountControl: a normal account or a workstation, and the disabled bit (MS-ADTS 2.2.16)."""
    kind = 0x1000 if "computer" in entry.classes else 0x200
    return kind | (0x2 if entry.disabled else 0)


def _time(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S.0Z")


def _safe(value: str) -> bool:
    """SAFE-STRING of RFC 2849, and no blank at the end."""
    if not value or value[0] in " :<" or value[-1] == " ":
        return not value
    return value.isascii() and value.isprintable()


def _line(name: str, value: str | bytes) -> Iterator[str]:
    if isinstance(value, str) and _safe(value):
        text = f"{name}: {value}"
    else:
        raw = value if isinstance(value, bytes) else value.encode()
        text = f"{name}:: {base64.b64encode(raw).decode()}"
    yield text[:_WIDTH]
    for start in range(_WIDTH, len(text), _WIDTH - 1):
        yield " " + text[start : start + _WIDTH - 1]

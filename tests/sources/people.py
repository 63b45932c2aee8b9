"""Made-up entries for the tests of this room, in the shape in which LDAP delivers them.

Phone numbers are example numbers of the numbering plans or from ranges reserved for fiction.
"""

import base64
import uuid
from collections.abc import Mapping

from prepop.ports import Progress
from prepop.sources.entries import Entry, sid_bytes

BASE = "OU=Staff,DC=corp,DC=example"

#: Names that real directories hold: comma, quotes, umlaut, right to left, semicolon, leading blank.
ODD_NAMES = (
    "Doe, Jane",
    'Anna "Annie" Roe',
    "Jürgen Groß",
    "نور الدين",
    "O'Brien; Pat",
    "<b>Bold</b> + Sons",
    "Ünsal 田中",
)


def guid(number: int) -> uuid.UUID:
    """A GUID that is the same in every run."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{number}.corp.example")


def anchor(number: int) -> str:
    """The anchor of `raw(number)` where it has no mS-DS-ConsistencyGuid."""
    return base64.b64encode(guid(number).bytes_le).decode()


def escaped(name: str) -> str:
    """A name as it stands in a DN (RFC 4514)."""
    return "".join("\\" + letter if letter in ',+"\\<>;=' else letter for letter in name)


def raw(number: int, **more: str | bytes | list[str] | None) -> Entry:
    """Person `number`; `more` sets attributes (underscores are dashes), None takes one away."""
    name = ODD_NAMES[number % len(ODD_NAMES)]
    sid = sid_bytes(f"S-1-5-21-1004336348-1177238915-682003330-{1000 + number}")
    assert sid is not None
    attributes: dict[str, tuple[bytes, ...]] = {
        "objectclass": (b"top", b"person", b"organizationalPerson", b"user"),
        "objectguid": (guid(number).bytes_le,),
        "objectsid": (sid,),
        "userprincipalname": (f"user{number}@corp.example".encode(),),
        "samaccountname": (f"user{number}".encode(),),
        "displayname": (name.encode(),),
        "mail": (f"user{number}@example.org".encode(),),
        "proxyaddresses": (f"SMTP:user{number}@example.org".encode(), f"smtp:u{number}@example.net".encode()),
        "useraccountcontrol": (b"512",),
        "whenchanged": (b"20260102030405.0Z",),
        "mobile": (b"+49 1512 3456789",),
    }
    for key, value in more.items():
        attribute = key.replace("_", "-").lower()
        if value is None:
            attributes.pop(attribute, None)
        else:
            values = value if isinstance(value, list) else [value]
            attributes[attribute] = tuple(v.encode() if isinstance(v, str) else v for v in values)
    return Entry(f"CN={escaped(name)} {number},{BASE}", attributes)


def ldif_entry(entry: Entry, *, changetype: str = "", fold: int = 76) -> str:
    """One entry as LDIF, base64 where RFC 2849 asks for it, folded."""
    lines = [_ldif_line("dn", entry.dn.encode(), fold)]
    if changetype:
        lines.append(f"changetype: {changetype}")
    attributes: Mapping[str, tuple[bytes, ...]] = entry.attributes
    lines += [_ldif_line(name, value, fold) for name, values in attributes.items() for value in values]
    return "\n".join(lines) + "\n"


def _ldif_line(name: str, value: bytes, fold: int) -> str:
    safe = all(32 <= byte < 127 for byte in value) and value[:1] not in (b" ", b":", b"<")
    line = f"{name}: {value.decode()}" if safe else f"{name}:: {base64.b64encode(value).decode()}"
    rest = [line[at : at + fold - 1] for at in range(fold, len(line), fold - 1)]
    return "\n ".join([line[:fold], *rest])


class Heard:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int | None]] = []

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        self.steps.append((stage, done, total))


_: Progress = Heard()

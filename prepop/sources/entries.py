"""From a raw directory entry to a `Person`: pure decoding, the same for LDAP, LDIF and CSV.

Every source brings its entries into the shape in which LDAP delivers them (bytes, attribute names in
lower case), so that one decoder decides what an entry means. Nothing is guessed: what cannot be read
ends the whole reading, because a person who was misread is worse than a night without a run.

Sources of the rules: MS-DTYP 2.3.4.2 (GUIDs), 2.4.2.2 (SIDs), MS-ADTS 2.2.16 (userAccountControl bits),
RFC 4517 section 3.3.13 (generalised time).
"""

import base64
import logging
import re
import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

from prepop.errors import Incomplete
from prepop.model import Person
from prepop.rules.values.lengths import bounded

log = logging.getLogger(__name__)

Raw = Mapping[str, tuple[bytes, ...]]

#: What every person is made of, besides the attributes of the mapping.
STANDARD_ATTRIBUTES: tuple[str, ...] = (
    "objectClass",
    "objectGUID",
    "mS-DS-ConsistencyGuid",
    "objectSid",
    "userPrincipalName",
    "sAMAccountName",
    "displayName",
    "cn",
    "mail",
    "proxyAddresses",
    "userAccountControl",
    "adminCount",
    "whenChanged",
)

GUID = "objectguid"
CONSISTENCY_GUID = "ms-ds-consistencyguid"

#: What it means that an export does not say who is an administrator: said by every form of export.
_ONLY_BY_ROLE = "they are left alone only where they hold a role in the tenant"
NO_ADMIN_COUNT = f"administrators of the directory are not known: {_ONLY_BY_ROLE}"

#: What a source may not say, and what follows: facts of a reading for reports, each under such a name.
NOT_KNOWN = "not known: "
ADMINISTRATORS = {f"{NOT_KNOWN}administrators of the directory": _ONLY_BY_ROLE}
UNITS = {f"{NOT_KNOWN}organisational units": "[region] ou fits nobody"}
ANCHORS = {f"{NOT_KNOWN}anchors": "the user principal name alone says whose account it is"}
DISABLED = {f"{NOT_KNOWN}disabled people of the directory": "the account's own state decides"}

#: Classes of people. csvde writes the most special class alone.
PEOPLE = frozenset({b"user", b"inetorgperson"})

#: Classes whose members sign in but are nobody. The managed accounts derive from computer.
NOT_PEOPLE = frozenset(
    {
        b"computer",
        b"contact",
        b"msds-managedserviceaccount",
        b"msds-groupmanagedserviceaccount",
        b"msds-delegatedmanagedserviceaccount",
    }
)

_CLASS = re.compile(rb"[a-z0-9-]+")
_OWN_ADDRESS = re.compile(r"smtp:\s*([^\s;|,]+)", re.IGNORECASE)

_DISABLED = 0x2
_TRUST_ACCOUNT = 0x800  # the account of a trusted domain: a user object that is nobody
_GENERALISED_TIME = re.compile(
    r"(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:(\d\d))?)?(?:[.,]\d+)?(Z|[+-]\d\d(?:\d\d)?)"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it was read. `place` says where, for messages (`export.ldif, line 12`)."""

    dn: str
    attributes: Raw
    place: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "dn", bounded(self.dn))

    def __str__(self) -> str:
        return f"{self.place}: {self.dn}" if self.place else self.dn


def empty_file(path: Path) -> Incomplete:
    """For an export with nothing in it: its tool failed. It must not count as an empty OU."""
    return Incomplete(
        f"{path}: the file is empty: nothing was exported",
        hint="export it again, and see what the tool that writes it says",
    )


def is_person(entry: Entry) -> bool:
    """True for user objects that stand for a human: not for computers, contacts, managed or trust accounts.

    Classes may stand joined in one value, with blanks or marks around them: a name of a class has none.
    Raises Incomplete where the entry does not say what it is.
    """
    values = entry.attributes.get("objectclass", ())
    classes = frozenset().union(*map(_class_names, values))
    if values and not classes:
        raise Incomplete(
            f"{entry}: objectClass has no value: the file has the names of attributes without their values",
            hint="export again with values: leave -A (attributes only) out of the ldapsearch command",
        )
    if not classes:
        raise Incomplete(
            f"{entry}: no objectClass, so it is not known whether this is a person",
            hint="export again with objectClass among the attributes",
        )
    if not classes & PEOPLE or classes & NOT_PEOPLE:
        return False
    control = entry.attributes.get("useraccountcontrol", ())
    return not (control and _integer(entry, "userAccountControl") & _TRUST_ACCOUNT)


def say_nobody(path: Path, others: Counter[bytes]) -> None:
    """Logs what is in an export that has entries but no people. `others`: their special classes."""
    kinds = ", ".join(
        f"{count:,} {name.decode('utf-8', 'replace')[:40]!r}" for name, count in others.most_common(3)
    )
    log.warning("%s: nobody in it is a person (classes user, inetOrgPerson): it has %s", path, kinds)


@lru_cache(maxsize=1024)
def _class_names(value: bytes) -> frozenset[bytes]:
    return frozenset(_CLASS.findall(value.lower()))


def person(entry: Entry, *, directory: str, asked: Collection[str], by_name: bool = False) -> Person:
    """Decode one entry. `asked` are the mapping's attributes in any case; only their values are kept.

    by_name: the entry may lack DN, anchor and state, because a name finds its account.
    Several values come out sorted, because LDAP keeps them in no order and the same directory must
    give the same plan. Raises Incomplete, with the entry and the attribute, for what cannot be read.
    """
    if "useraccountcontrol" not in entry.attributes and not by_name:
        raise Incomplete(
            f"{entry}: no userAccountControl, so it is not known whether this person is disabled",
            hint="let the reading account read userAccountControl, or export it too",
        )
    upn = _one(entry, "userPrincipalName")
    addresses = [upn, _one(entry, "mail")]
    # several may stand in one value, joined in any way: better one too many than one that is not seen
    addresses += sorted(
        bounded(address)
        for text in _whole_texts(entry, "proxyAddresses")
        for address in _OWN_ADDRESS.findall(text)
    )
    values = {name.lower(): tuple(sorted(_texts(entry, name))) for name in asked}
    named_only = by_name and not entry.attributes.keys() & {GUID, CONSISTENCY_GUID}
    return Person(
        directory=directory,
        dn=entry.dn,
        anchor="" if named_only else _anchor(entry),
        guid=guid_text(entry),
        sid=_sid(entry),
        upn=upn,
        sam=_one(entry, "sAMAccountName"),
        name=_one(entry, "displayName") or _one(entry, "cn"),
        disabled=bool(_integer(entry, "userAccountControl") & _DISABLED),
        admin_count=_integer(entry, "adminCount") >= 1,
        when_changed=_when_changed(entry),
        own_addresses=tuple(dict.fromkeys(address for address in addresses if address)),
        values={name: texts for name, texts in values.items() if texts},
        named_only=named_only,
    )


# ---------------------------------------------------------------- identity


def guid_text(entry: Entry) -> str:
    """objectGUID as text (`d3b07384-...`), "" where there is none. Raises Incomplete if it is malformed."""
    values = entry.attributes.get(GUID, ())
    if not values:
        return ""
    if len(values) != 1 or len(values[0]) != 16:
        raise Incomplete(f"{entry}: objectGUID is not one value of 16 bytes")
    return str(uuid.UUID(bytes_le=values[0]))


def _anchor(entry: Entry) -> str:
    """Base64 of mS-DS-ConsistencyGuid, else of objectGUID: CONTRACT section 1.

    A ConsistencyGuid that is not 16 bytes gives no anchor at all: the synchronisation uses it as it
    is, so falling back to objectGUID could name somebody else's account.
    """
    chosen = entry.attributes.get(CONSISTENCY_GUID) or entry.attributes.get(GUID) or ()
    if not chosen:
        raise Incomplete(
            f"{entry}: neither objectGUID nor mS-DS-ConsistencyGuid can be read",
            hint="let the reading account read both, or export them too",
        )
    if len(chosen) != 1 or len(chosen[0]) != 16:
        return ""
    return base64.b64encode(chosen[0]).decode("ascii")


def _sid(entry: Entry) -> str:
    values = entry.attributes.get("objectsid", ())
    if not values:
        return ""
    raw = values[0]
    if len(values) != 1 or len(raw) < 8 or raw[0] != 1 or len(raw) != 8 + 4 * raw[1]:
        raise Incomplete(f"{entry}: objectSid is not a security identifier")
    parts = (int.from_bytes(raw[at : at + 4], "little") for at in range(8, len(raw), 4))
    return "-".join(["S-1", str(int.from_bytes(raw[2:8], "big")), *map(str, parts)])


def guid_bytes(text: str) -> bytes | None:
    """`d3b07384-...`, in braces or not, as the 16 bytes that Active Directory stores; None for other text."""
    bare = text.strip().strip("{}")
    if not re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", bare):
        return None
    return uuid.UUID(bare).bytes_le


def sid_bytes(text: str) -> bytes | None:
    """`S-1-5-21-...` as the bytes that Active Directory stores; None for other text."""
    if not re.fullmatch(r"S-1-\d{1,15}(-\d{1,10}){1,15}", text.strip()):
        return None
    authority, *parts = (int(part) for part in text.strip().split("-")[2:])
    if authority >= 1 << 48 or any(part >= 1 << 32 for part in parts):
        return None
    head = bytes([1, len(parts)]) + authority.to_bytes(6, "big")
    return head + b"".join(part.to_bytes(4, "little") for part in parts)


# ---------------------------------------------------------------- values


def _texts(entry: Entry, name: str) -> list[str]:
    """The values of one attribute as text, blank ones left out, and none too long."""
    return [bounded(text) for text in _whole_texts(entry, name)]


def _whole_texts(entry: Entry, name: str) -> list[str]:
    texts = []
    for value in entry.attributes.get(name.lower(), ()):
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Incomplete(
                f"{entry}: attribute {name}: a value is not UTF-8 text (byte {error.start})",
                hint="correct the value in the directory, or leave the attribute out of the mapping",
            ) from error
        if text.strip():
            texts.append(text)
    return texts


def _one(entry: Entry, name: str) -> str:
    """The value of a single-valued attribute, "" where there is none."""
    texts = _texts(entry, name)
    return texts[0] if texts else ""


def _integer(entry: Entry, name: str) -> int:
    text = _one(entry, name)
    try:
        return int(text) if text else 0
    except ValueError as error:
        raise Incomplete(f"{entry}: attribute {name}: not a whole number") from error


def _when_changed(entry: Entry) -> datetime | None:
    text = _one(entry, "whenChanged")
    if not text:
        return None
    if (moment := generalised_time(text)) is None:
        raise Incomplete(f"{entry}: attribute whenChanged: {text[:40]!r} is not a time")
    return moment


def generalised_time(text: str) -> datetime | None:
    """`20260102030405.0Z` (also with an offset, also without seconds) as UTC; None for other text."""
    found = _GENERALISED_TIME.fullmatch(text.strip())
    if not found:
        return None
    *numbers, zone = found.groups(default="0")
    offset = timedelta()
    if zone != "Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5] or 0))
        offset = -offset if zone[0] == "-" else offset
    try:
        year, month, day, hour, minute, second = map(int, numbers)
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=timezone(offset))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

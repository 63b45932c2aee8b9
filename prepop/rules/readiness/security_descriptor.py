"""Who may do what to an entry of Active Directory: its security descriptor, read from bytes.

A self-relative SECURITY_DESCRIPTOR (MS-DTYP 2.4.6) is a header of 20 bytes with offsets; at one of them
lies the DACL (2.4.5), a list of entries (2.4.4), each: type, flags, size, mask, for object entries one or
two GUIDs, SID.

    right wanted             the mask has        the object GUID is absent, or
    an extended right        CONTROL_ACCESS      the right's rightsGuid
    writing one attribute    WRITE_PROPERTY      the attribute's id, or that of its property set

The first entry that fits one of the holder's SIDs decides (2.5.3.2); none means no. Entries that are only
there to be inherited do not count on the entry itself.
"""

import struct
import uuid
from collections.abc import Collection
from dataclasses import dataclass

#: MS-ADTS 5.1.3.2, access rights of directory objects.
CONTROL_ACCESS = 0x100
WRITE_PROPERTY = 0x20
_ALL = 0xF01FF
#: Generic bits and what they stand for in a directory: MS-ADTS 5.1.3.2.
_GENERIC = {0x10000000: _ALL, 0x20000000: 0x20004, 0x40000000: 0x20028, 0x80000000: 0x20094}

_DACL_PRESENT, _DACL_PROTECTED, _SELF_RELATIVE = 0x4, 0x1000, 0x8000
_INHERIT_ONLY, _INHERITED = 0x8, 0x10
_ALLOWED, _DENIED, _ALLOWED_OBJECT, _DENIED_OBJECT = 0x0, 0x1, 0x5, 0x6
_OBJECT_GUID, _INHERITED_GUID = 0x1, 0x2

SELF = "S-1-5-10"  # the entry itself, whoever that is: MS-DTYP 2.4.2.4, PRINCIPAL_SELF
EVERYONE = "S-1-1-0"
AUTHENTICATED = "S-1-5-11"
#: Whom everybody is who has signed in as an account of the domain.
ANYBODY = frozenset({EVERYONE, AUTHENTICATED})


class Malformed(ValueError):
    """These bytes are not a self-relative security descriptor."""


@dataclass(frozen=True, slots=True)
class Ace:
    """One entry of a DACL. Types that neither allow nor deny (audit, callback) are left out when parsing.

    object_id: rightsGuid, attribute or property set that it is about, None for everything.
    """

    allow: bool
    mask: int
    sid: str
    flags: int = 0
    object_id: uuid.UUID | None = None

    @property
    def inherited(self) -> bool:
        """True where it is inherited."""
        return bool(self.flags & _INHERITED)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What is needed of a security descriptor. `aces` None: no DACL at all, which lets everybody do
    everything.

    protected: nothing is inherited from above.
    """

    aces: tuple[Ace, ...] | None
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Right:
    """Something that can be granted. ids: the GUIDs that an entry about it may have; always with its own
    first.
    """

    name: str
    mask: int
    ids: tuple[uuid.UUID, ...]


def extended(name: str, rights_guid: str) -> Right:
    """An extended right (controlAccessRight), by its rightsGuid."""
    return Right(name, CONTROL_ACCESS, (uuid.UUID(rights_guid),))


def write(name: str, schema_id: uuid.UUID, property_set: uuid.UUID | None = None) -> Right:
    """Writing one attribute, by schemaIDGUID and, where it belongs to a property set,
    attributeSecurityGUID.
    """
    return Right(name, WRITE_PROPERTY, (schema_id, *((property_set,) if property_set else ())))


#: What writing passwords back takes: Microsoft, "Tutorial: Enable Microsoft Entra self-service password reset
#: writeback to an on-premises environment"; GUIDs: MS-ADTS 5.1.3.2.1 and MS-ADA1/3 (schemaIDGUID).
RESET_PASSWORD = extended("Reset password", "00299570-246d-11d0-a768-00aa006e0529")
CHANGE_PASSWORD = extended("Change password", "ab721a53-1e2f-11d0-9819-00aa0040529b")
UNEXPIRE_PASSWORD = extended("Unexpire password", "ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501")
WRITE_LOCKOUT_TIME = write("Write lockoutTime", uuid.UUID("28630ebf-41d5-11d1-a9c1-0000f80367c1"))
#: pwdLastSet is of the property set User-Account-Restrictions.
WRITE_PWD_LAST_SET = write(
    "Write pwdLastSet",
    uuid.UUID("bf967a0a-0de6-11d0-a285-00aa003049e2"),
    uuid.UUID("4c164200-20c0-11d0-a768-00aa006e0529"),
)
ON_PEOPLE = (RESET_PASSWORD, CHANGE_PASSWORD, WRITE_LOCKOUT_TIME, WRITE_PWD_LAST_SET)


# ---------------------------------------------------------------- asking


@dataclass(frozen=True, slots=True)
class Grant:
    """Whether a right is held, and by what: `inherited` True where the entry that decided came from above.

    denied: an entry forbids it; otherwise a no means that nothing grants it.
    """

    allowed: bool
    inherited: bool = False
    denied: bool = False


def held(descriptor: Descriptor, sids: Collection[str], right: Right) -> Grant:
    """Has somebody with these SIDs (their own and their groups') this right on the entry itself?"""
    if descriptor.aces is None:
        return Grant(True)
    for ace in descriptor.aces:
        if ace.flags & _INHERIT_ONLY or ace.sid not in sids or not ace.mask & right.mask:
            continue
        if ace.object_id in (None, *right.ids):
            return Grant(ace.allow, ace.inherited, not ace.allow)
    return Grant(False)


# ---------------------------------------------------------------- parsing


def parse(raw: bytes) -> Descriptor:
    """Read a self-relative security descriptor. Raises Malformed for other bytes."""
    if len(raw) < 20:
        raise Malformed(f"{len(raw)} bytes are too few")
    revision, _, control, _, _, _, at = struct.unpack_from("<BBHIIII", raw)
    if revision != 1 or not control & _SELF_RELATIVE:
        raise Malformed("not self-relative, or of an unknown revision")
    protected = bool(control & _DACL_PROTECTED)
    if not control & _DACL_PRESENT or at == 0:
        return Descriptor(None, protected)
    return Descriptor(_acl(raw, at), protected)


def _acl(raw: bytes, at: int) -> tuple[Ace, ...]:
    if at + 8 > len(raw):
        raise Malformed("the DACL lies outside")
    _, _, size, count, _ = struct.unpack_from("<BBHHH", raw, at)
    end, at = at + size, at + 8
    if end > len(raw):
        raise Malformed("the DACL is cut off")
    aces: list[Ace] = []
    for _ in range(count):
        if at + 4 > end:
            raise Malformed("the DACL holds fewer entries than it says")
        kind, flags, length = struct.unpack_from("<BBH", raw, at)
        if length < 4 or at + length > end:
            raise Malformed("an entry is cut off")
        if kind in (_ALLOWED, _DENIED, _ALLOWED_OBJECT, _DENIED_OBJECT):
            aces.append(_ace(raw[at : at + length], kind, flags))
        at += length
    return tuple(aces)


def _ace(raw: bytes, kind: int, flags: int) -> Ace:
    """MS-DTYP 2.4.4.2 (ACCESS_ALLOWED_ACE) and 2.4.4.3 (ACCESS_ALLOWED_OBJECT_ACE)."""
    if len(raw) < 8:
        raise Malformed("an entry has no mask")
    at = 8
    guids: list[uuid.UUID | None] = [None, None]
    if kind in (_ALLOWED_OBJECT, _DENIED_OBJECT):
        present = int.from_bytes(raw[8:12], "little")
        at = 12
        for place, bit in enumerate((_OBJECT_GUID, _INHERITED_GUID)):
            if present & bit:
                if at + 16 > len(raw):
                    raise Malformed("an entry's GUID is cut off")
                guids[place] = uuid.UUID(bytes_le=raw[at : at + 16])
                at += 16
    mask = int.from_bytes(raw[4:8], "little")
    for generic, meant in _GENERIC.items():
        if mask & generic:
            mask |= meant
    return Ace(kind in (_ALLOWED, _ALLOWED_OBJECT), mask, sid(raw[at:]), flags, guids[0])


def sid(raw: bytes) -> str:
    """A SID (MS-DTYP 2.4.2.2) as text, from bytes that begin with it. Raises Malformed."""
    if len(raw) < 8 or raw[0] != 1 or len(raw) < 8 + 4 * raw[1]:
        raise Malformed("no security identifier")
    parts = struct.unpack_from(f"<{raw[1]}I", raw, 8)
    return "-".join(["S-1", str(int.from_bytes(raw[2:8], "big")), *map(str, parts)])

"""Security descriptors: what prepop reads from bytes that Samba's own code made."""

import struct
import uuid
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepop.rules.readiness.security_descriptor import (
    ANYBODY,
    RESET_PASSWORD,
    SELF,
    UNEXPIRE_PASSWORD,
    WRITE_LOCKOUT_TIME,
    WRITE_PWD_LAST_SET,
    Grant,
    Malformed,
    Right,
    held,
    parse,
    sid,
    write,
)
from tests.rules.readiness.descriptors import packed

US = "S-1-5-21-1-2-3-1105"
THEM = "S-1-5-21-1-2-3-1106"
GROUP = "S-1-5-21-1-2-3-2000"
RESET = "00299570-246d-11d0-a768-00aa006e0529"
LOCKOUT = "28630ebf-41d5-11d1-a9c1-0000f80367c1"
RESTRICTIONS = "4c164200-20c0-11d0-a768-00aa006e0529"
USER = "bf967aba-0de6-11d0-a285-00aa003049e2"
PERSONAL_INFORMATION = uuid.UUID("77b5b886-944a-11d1-aebd-0000f80367c1")  # property set: MS-ADTS 3.1.1.2.3.3
YES, NO = Grant(True), Grant(False)
HERITED, DENIED = Grant(True, inherited=True), Grant(False, denied=True)
MOBILE = write("Write mobile", uuid.UUID("f0f8ffa3-1191-11d0-a060-00aa006c33ed"), PERSONAL_INFORMATION)

#: SDDL of a DACL, the right, whether the entry itself has it for US with GROUP.
HELD: list[tuple[str, Right, Grant]] = [
    ("D:", RESET_PASSWORD, NO),
    (f"D:(OA;;CR;{RESET};;{US})", RESET_PASSWORD, YES),
    (f"D:(OA;;CR;{RESET};;{GROUP})", RESET_PASSWORD, YES),
    (f"D:(OA;;CR;{RESET};;{THEM})", RESET_PASSWORD, NO),
    (f"D:(OA;;CR;{RESET};;{US})", UNEXPIRE_PASSWORD, NO),
    (f"D:(OA;ID;CR;{RESET};;{US})", RESET_PASSWORD, HERITED),
    (f"D:(A;;CR;;;{US})", RESET_PASSWORD, YES),  # all extended rights
    (f"D:(A;;WP;;;{US})", RESET_PASSWORD, NO),
    (f"D:(A;;WP;;;{US})", WRITE_LOCKOUT_TIME, YES),  # all properties
    (f"D:(A;;GA;;;{US})", RESET_PASSWORD, YES),  # full control, as generic bits
    (f"D:(A;;GW;;;{US})", WRITE_LOCKOUT_TIME, YES),
    (f"D:(A;;GR;;;{US})", WRITE_LOCKOUT_TIME, NO),
    (f"D:(OA;;RP;{LOCKOUT};;{US})", WRITE_LOCKOUT_TIME, NO),  # reading is not writing
    (f"D:(OA;;WP;{LOCKOUT};;{US})", WRITE_LOCKOUT_TIME, YES),
    (f"D:(OA;;WP;{RESTRICTIONS};;{US})", WRITE_PWD_LAST_SET, YES),  # by its property set
    (f"D:(OA;;WP;{RESTRICTIONS};;{US})", WRITE_LOCKOUT_TIME, NO),
    (f"D:(OA;CIIO;CR;{RESET};{USER};{US})", RESET_PASSWORD, NO),  # only for what is below
    (f"D:(OA;CI;CR;{RESET};;{US})", RESET_PASSWORD, YES),
    (f"D:(OD;;CR;{RESET};;{GROUP})(OA;;CR;{RESET};;{US})", RESET_PASSWORD, DENIED),
    (f"D:(OA;;CR;{RESET};;{US})(OD;;CR;{RESET};;{GROUP})", RESET_PASSWORD, YES),  # the first decides
    (f"D:(OD;;CR;{RESET};;{THEM})(OA;;CR;{RESET};;{US})", RESET_PASSWORD, YES),
    (f"D:(OD;CIIO;CR;{RESET};;{US})(OA;;CR;{RESET};;{US})", RESET_PASSWORD, YES),
    (f"D:(D;;WP;;;{US})(OA;;CR;{RESET};;{US})", RESET_PASSWORD, YES),  # denies something else
]


def test_right_is_held_as_the_entries_say() -> None:
    """Each kind of entry, by itself and in an order, decides as MS-DTYP says."""
    for (text, right, expected), raw in zip(HELD, packed([text for text, _, _ in HELD]), strict=True):
        assert held(parse(raw), {US, GROUP}, right) == expected, text


def test_protected_dacl_and_absent_dacl() -> None:
    """P stops inheritance; no DACL at all lets everybody do everything, an empty one nobody anything."""
    open_, empty, protected = packed(["O:SY", "D:", "D:P(A;;GA;;;SY)"])
    assert held(parse(open_), {US}, RESET_PASSWORD).allowed
    assert not held(parse(empty), {US}, RESET_PASSWORD).allowed
    assert parse(protected).protected
    assert not parse(empty).protected


def test_default_of_people_lets_them_write_their_own_phone() -> None:
    """C21: the default descriptor of the class user (MS-ADSC) opens Personal-Information to SELF."""
    (raw,) = packed([f"D:(OA;;RPWP;{PERSONAL_INFORMATION};;PS)(OA;;RP;{PERSONAL_INFORMATION};;AU)"])
    assert held(parse(raw), {SELF, *ANYBODY}, MOBILE).allowed
    assert not held(parse(raw), ANYBODY, MOBILE).allowed
    assert not held(parse(raw), {SELF}, RESET_PASSWORD).allowed


def test_an_entry_that_ends_the_list_is_read_to_its_end() -> None:
    """One of four bytes, of a kind that nobody knows, is passed over (MS-DTYP 2.4.4.1); three are cut off."""
    entry = bytes((0x14, 0, 4, 0))
    acl = struct.pack("<BBHHH", 4, 0, 8 + len(entry), 1, 0) + entry
    head = struct.pack("<BBHIIII", 1, 0, 0x8004, 0, 0, 0, 20)
    assert parse(head + acl).aces == ()
    with pytest.raises(Malformed):
        parse(head + struct.pack("<BBHHH", 4, 0, 11, 1, 0) + entry[:3])


def test_reading_agrees_with_sambas_own_list_of_entries() -> None:
    """Several hundred made-up DACLs: as many entries, in the same order, for the same people, as Samba
    says.
    """
    dice = Random(7)
    texts = []
    for _ in range(300):
        entries = []
        for _ in range(dice.randrange(0, 9)):
            allow, guid = dice.choice("AD"), dice.choice([RESET, LOCKOUT, ""])
            flags, mask = dice.choice(["", "CI", "CIIO", "ID"]), dice.choice(["CR", "WP", "RP"])
            who = dice.choice([US, THEM, GROUP])
            head = f"O{allow}" if guid else allow
            entries.append(f"({head};{flags};{mask};{guid};;{who})")
        texts.append("D:" + "".join(entries))
    bits = {"CR": 0x100, "WP": 0x20, "RP": 0x10}
    for text, raw in zip(texts, packed(texts), strict=True):
        read = parse(raw).aces
        said = [one.rstrip(")").split(";") for one in text[3:].split("(")] if len(text) > 2 else []
        assert read is not None
        assert [(ace.allow, ace.mask, str(ace.object_id or ""), ace.sid, ace.inherited) for ace in read] == [
            (part[0][-1] == "A", bits[part[2]], part[3], part[5], part[1] == "ID") for part in said
        ], text


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Bytes that are no descriptor raise Malformed, and nothing else."""
    try:
        parse(raw)
    except Malformed:
        return


@given(st.data())
def test_damaged_descriptor_is_read_or_refused(data: st.DataObject) -> None:
    """A real descriptor with one byte changed, or cut off anywhere, is read or refused, never a crash."""
    assert len(parse(_REAL).aces or ()) == 2
    raw = bytearray(_REAL)
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    except Malformed:
        return


#: `D:PAI(OA;CI;CR;00299570-…;;S-1-5-21-1-2-3-1105)(A;;RPLCRC;;;AU)` as Samba packs it.
_REAL = bytes.fromhex(
    "0100049400000000000000000000000014000000040054000200000005023800000100000100000070952900"
    "6d24d011a76800aa006e05290105000000000005150000000100000002000000030000005104000000001400"
    "1400020001010000000000050b000000"
)


def test_sid_as_text() -> None:
    """A SID of the NT authority with its sub-authorities; too few bytes are refused."""
    raw = bytes.fromhex("010500000000000515000000010000000200000003000000510400 00".replace(" ", ""))
    assert sid(raw) == US
    with pytest.raises(Malformed):
        sid(raw[:-1])

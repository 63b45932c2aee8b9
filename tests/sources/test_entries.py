"""What a raw entry means: identity, state, time and values."""

import base64
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepop.errors import Incomplete
from prepop.model import Person
from prepop.sources.entries import Entry, generalised_time, guid_bytes, is_person, person, sid_bytes
from tests.sources.people import guid, raw

ASKED = ("mobile", "otherMobile")


def read(entry: Entry) -> Person:
    return person(entry, directory="corp", asked=ASKED)


def test_every_fact_of_an_ordinary_entry() -> None:
    """Each attribute lands in its field, decoded."""
    assert read(raw(0)) == Person(
        directory="corp",
        dn="CN=Doe\\, Jane 0,OU=Staff,DC=corp,DC=example",
        anchor=base64.b64encode(guid(0).bytes_le).decode(),
        guid=str(guid(0)),
        sid="S-1-5-21-1004336348-1177238915-682003330-1000",
        upn="user0@corp.example",
        sam="user0",
        name="Doe, Jane",
        when_changed=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        own_addresses=("user0@corp.example", "user0@example.org", "u0@example.net"),
        values={"mobile": ("+49 1512 3456789",)},
    )


def test_guid_bytes_are_little_endian() -> None:
    """Active Directory stores the first three fields of a GUID turned round (MS-DTYP 2.3.4.2)."""
    stored = bytes.fromhex("8473b0d3 aabb ccdd 0102 030405060708".replace(" ", ""))
    assert read(raw(0, objectGUID=stored)).guid == "d3b07384-bbaa-ddcc-0102-030405060708"
    assert guid_bytes("{D3B07384-BBAA-DDCC-0102-030405060708}") == stored


def test_consistency_guid_comes_before_object_guid() -> None:
    """The anchor is the bytes of mS-DS-ConsistencyGuid as stored, where there are 16 of them."""
    own = bytes(range(16))
    assert read(raw(1, mS_DS_ConsistencyGuid=own)).anchor == base64.b64encode(own).decode()


@pytest.mark.parametrize("odd", [b"\x00" * 15, b"\x00" * 17, b"d3b07384-bbaa-ddcc-0102-030405060708"])
def test_an_odd_consistency_guid_gives_no_anchor(odd: bytes) -> None:
    """A ConsistencyGuid that is not 16 bytes never falls back to another identity."""
    found = read(raw(1, mS_DS_ConsistencyGuid=odd))
    assert found.anchor == ""
    assert found.guid == str(guid(1))


def test_no_identity_is_no_reading() -> None:
    """An entry whose GUIDs cannot be read ends the reading instead of being left out."""
    with pytest.raises(Incomplete, match="neither objectGUID nor mS-DS-ConsistencyGuid"):
        read(raw(0, objectGUID=None))


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("objectSid", b"\x01\x05\x00"),
        ("userAccountControl", b"many"),
        ("adminCount", b"?"),
        ("whenChanged", b"yesterday"),
        ("objectGUID", b"short"),
        ("mobile", b"+49 \xff\xfe"),
        ("proxyAddresses", b"smtp:\xc3"),
    ],
)
def test_what_cannot_be_read_is_named(attribute: str, value: bytes) -> None:
    """An unreadable value ends the reading with DN and attribute, and without the value of a phone."""
    with pytest.raises(Incomplete) as caught:
        read(raw(0, **{attribute: value}))
    assert "CN=Doe\\, Jane 0" in caught.value.message
    assert attribute in caught.value.message
    assert "+49" not in caught.value.message


def test_an_unmapped_attribute_may_hold_anything() -> None:
    """Attributes that nobody asked for are neither kept nor decoded."""
    assert "description" not in read(raw(0, description=b"\xff")).values


@pytest.mark.parametrize(
    ("control", "disabled"), [("512", False), ("514", True), ("66048", False), ("66050", True)]
)
def test_disabled_is_bit_two(control: str, disabled: bool) -> None:
    """userAccountControl bit 0x2 disables, whatever else is set."""
    assert read(raw(0, userAccountControl=control)).disabled is disabled


def test_unknown_state_is_not_enabled() -> None:
    """Without userAccountControl nobody is taken for enabled."""
    with pytest.raises(Incomplete, match="userAccountControl"):
        read(raw(0, userAccountControl=None))


@pytest.mark.parametrize(("count", "admin"), [(None, False), ("0", False), ("1", True), ("2", True)])
def test_admin_count(count: str | None, admin: bool) -> None:
    """adminCount of one or more marks an administrator."""
    assert read(raw(0, adminCount=count)).admin_count is admin


@pytest.mark.parametrize(
    "cls",
    [
        "computer",
        "Contact",
        "msDS-ManagedServiceAccount",
        "msDS-GroupManagedServiceAccount",
        "msDS-DelegatedManagedServiceAccount",
    ],
)
def test_machines_and_contacts_are_not_people(cls: str) -> None:
    """Classes that sign in, or look like people, but are nobody, are left out."""
    assert is_person(raw(0))
    assert not is_person(raw(0, objectClass=["top", "person", "user", cls]))


def test_groups_and_trusts_are_not_people() -> None:
    """A group is no user; the account of a trusted domain is a user object that is nobody."""
    assert not is_person(raw(0, objectClass=["top", "group"]))
    assert not is_person(raw(0, userAccountControl="2080"))
    with pytest.raises(Incomplete, match="objectClass"):
        is_person(raw(0, objectClass=None))


def test_values_do_not_depend_on_order() -> None:
    """LDAP keeps several values in no order; a Person has them sorted, blank ones left out."""
    one = read(raw(0, otherMobile=["b", "a", " "]))
    two = read(raw(0, otherMobile=[" ", "a", "b"]))
    assert one == two
    assert one.values["othermobile"] == ("a", "b")


def test_only_mail_addresses_are_own_addresses() -> None:
    """Of proxyAddresses only smtp ones count, without prefix, each once."""
    found = read(raw(0, proxyAddresses=["x500:/o=Corp", "SMTP:user0@example.org", "smtp:z@example.net"]))
    assert found.own_addresses == ("user0@corp.example", "user0@example.org", "z@example.net")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20260102030405.0Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("20260102030405Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("202601020304Z", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        ("20260102030405.0+0130", datetime(2026, 1, 2, 1, 34, 5, tzinfo=UTC)),
        ("20260102030405-02", datetime(2026, 1, 2, 5, 4, 5, tzinfo=UTC)),
        ("20261302030405Z", None),
        ("20260102030405", None),
        ("00010101000000+0100", None),
        ("", None),
    ],
)
def test_generalised_time(text: str, moment: datetime | None) -> None:
    """RFC 4517 section 3.3.13, with and without seconds and offset."""
    assert generalised_time(text) == moment


@given(st.uuids(), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=15))
def test_text_and_bytes_are_one_identity(some: uuid.UUID, parts: list[int]) -> None:
    """GUID and SID texts, as exports write them, become the bytes that the directory stores, and back."""
    sid = "S-1-5-" + "-".join(map(str, parts))
    stored = sid_bytes(sid)
    assert stored is not None
    found = read(raw(0, objectGUID=guid_bytes(str(some)), objectSid=stored))
    assert (found.guid, found.sid) == (str(some), sid)


@given(st.text(max_size=40))
def test_other_text_is_no_identity(text: str) -> None:
    """Text that is neither GUID nor SID gives None, never an exception."""
    assert guid_bytes(text) is None or len(guid_bytes(text) or b"") == 16
    stored = sid_bytes(text)
    assert stored is None or text.strip().startswith("S-1-")


def test_endless_texts_are_cut_where_they_enter() -> None:
    """A display name, a DN or a value of megabytes costs nobody else anything, and means nothing."""
    long = "x" * 5_000_000
    entry = raw(
        0,
        displayName=long.encode(),
        userPrincipalName=long.encode(),
        mobile=f"+44 7911 123456{' ' * 5_000_000}".encode(),
        proxyAddresses=f"smtp:jane@example.org {'x' * 5_000_000} smtp:joan@example.org".encode(),
    )
    found = read(Entry(f"CN={long},OU=Staff,DC=corp,DC=example", entry.attributes))
    assert {"jane@example.org", "joan@example.org"} <= set(found.own_addresses)
    texts = [found.dn, found.name, found.upn, *found.values["mobile"], *found.own_addresses]
    assert max(map(len, texts)) < 3000
    assert found.dn.endswith(",OU=Staff,DC=corp,DC=example")
    assert "cut" in found.values["mobile"][0]

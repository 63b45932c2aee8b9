"""One directory entry after another, with the mess that real directories hold."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from prepop.sandbox.people.numbers import REGIONS, ZERO_TRUNK, Number, Numbers, distinct, spellings

DOMAIN = "example.com"  # the company's own; private addresses stand at example.org and example.net
SUFFIX = "DC=corp,DC=example,DC=com"
_NOW = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)

DEPARTMENTS = ("Sales", "Finance", "IT", "Human Resources", "Research & Development", "Production", "Legal")
CITIES = {
    "GB": "London",
    "DE": "München",
    "US": "New York",
    "FR": "Paris",
    "IT": "Milano",
    "ES": "Madrid",
    "NL": "Utrecht",
    "PL": "Łódź",
    "SE": "Göteborg",
    "CH": "Zürich",
    "IN": "Pune",
    "JP": "東京",
}
NAMES = (
    "Jane Smith",
    "Tom Baker",
    "Anna Müller",
    "Jürgen Groß",
    "Zoë O'Neil",
    "José Núñez",
    "Łukasz Żak",
    "Søren Ødegård",
    "Ольга Иванова",
    "محمد علي",
    "יעל כהן",
    "李 雷",
    "山田 太郎",
    "Ayşe Yılmaz",
    "Đặng Minh",
    "Smith, John",
    'Peter "Pete" Jones',
    "Anne-Marie du Pont",
    "Sinéad Ní Bhriain",
    "Nguyen + Sons",
)
ODD_NAMES = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.org")',
    "O\\Brien; Ltd",
    "#hash <tag>",
    "  Space  Odd",
    "\u202eright to left",
    "A" * 50,
    "Tab\there",
    "100% & more",
    "@cmd",
)
PLACEHOLDERS = (
    "0000000000",
    "+00 000 000000",
    "1234567890",
    "+44 0000000000",
    "99999999",
    "-",
    "n/a",
    "TBC",
    ".",
)
INVALID_ADDRESSES = (
    "jane(at)example.org",
    "no address",
    "a@@example.org",
    "x@example..org",
    "@example.net",
    "jane@",
)


@dataclass(slots=True)
class StaffEntry:
    """One directory entry. Attributes by their LDAP name, values as text.

    guid, sid: as their bytes. consistency: mS-DS-ConsistencyGuid, or None. region: where the person is,
    whatever c says. story: for each attribute that is special, why, in a word; numbers: the valid
    numbers that the entry really means, by attribute.
    """

    dn: str
    classes: tuple[str, ...]
    guid: bytes
    sid: bytes
    upn: str
    sam: str
    name: str
    consistency: bytes | None = None
    disabled: bool = False
    admin_count: bool = False
    when_changed: datetime = _NOW
    region: str = ""
    department: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)
    story: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)

    @property
    def anchor(self) -> bytes:
        """What Entra Connect makes the account's immutable id of."""
        return self.consistency or self.guid

    @property
    def email(self) -> str:
        """The private address that the entry really means, or ""."""
        return (
            self.values.get("extensionAttribute1", [""])[0] if "extensionAttribute1" not in self.story else ""
        )


def escaped(value: str) -> str:
    """A value inside a DN: RFC 4514 section 2.4."""
    out = "".join(f"\\{ch}" if ch in ',+"\\<>;=' else ch for ch in value).replace("\t", "\\09")
    if out.startswith((" ", "#")):
        out = "\\" + out
    return out[:-1] + "\\ " if out.endswith(" ") else out


def sid(rid: int) -> bytes:
    """objectSid in the sample's domain, as bytes (MS-DTYP 2.4.2.2)."""
    parts = (21, 1004336348, 1177238915, 682003330, rid)
    return bytes((1, 5, 0, 0, 0, 0, 0, 5)) + b"".join(p.to_bytes(4, "little") for p in parts)


def sid_text(raw: bytes) -> str:
    """A SID as text: `S-1-5-21-...`."""
    subs = [int.from_bytes(raw[i : i + 4], "little") for i in range(8, len(raw), 4)]
    return "-".join(["S", str(raw[0]), str(int.from_bytes(raw[2:8], "big")), *map(str, subs)])


class Staff:
    """Makes people, one after the other, from one source of chance."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.numbers = Numbers(dice)
        self._switchboards: dict[str, Number] = {}
        self._family = ""

    def person(self, n: int) -> StaffEntry:
        """The n-th person, with everything that may be odd about one."""
        dice = self.dice
        region = dice.choices(list(REGIONS), weights=[20, 15, 12, *[3] * (len(REGIONS) - 3)])[0]
        department = dice.choice(DEPARTMENTS)
        name = dice.choice(ODD_NAMES) if dice.random() < 0.02 else dice.choice(NAMES)
        shown = f"{name} {n}"
        city = CITIES.get(region, REGIONS[region])
        rdns = (
            f"CN={escaped(shown)}",
            f"OU={escaped(department)}",
            f"OU={escaped(city)}",
            "OU=Staff",
            SUFFIX,
        )
        sam = f"p{n:06d}"
        entry = StaffEntry(
            dn=",".join(rdns),
            classes=("top", "person", "organizationalPerson", "user"),
            guid=dice.randbytes(16),
            sid=sid(10_000 + n),
            upn=f"{sam}@{DOMAIN}",
            sam=sam,
            name=shown,
            disabled=dice.random() < 0.04,
            admin_count=dice.random() < 0.005 or n == 7,
            when_changed=_NOW - timedelta(minutes=dice.randrange(60 * 24 * 900)),
            region=region,
            department=department,
        )
        if dice.random() < 0.2:
            entry.consistency = dice.randbytes(16)
        mail = f"{sam}.mail@{DOMAIN}"
        entry.values["employeeID"] = [f"{n:06d}"]
        entry.values["mail"] = [mail]
        entry.values["proxyAddresses"] = [f"SMTP:{mail}", f"smtp:{entry.upn}", f"x500:/o=Corp/cn={sam}"]
        self._country(entry)
        self._mobile(entry)
        self._office(entry)
        self._address(entry, mail)
        return entry

    def _country(self, entry: StaffEntry) -> None:
        roll = self.dice.random()
        if roll < 0.02:
            entry.story["c"] = "missing"
        elif roll < 0.03:
            other = self.dice.choice([r for r in ZERO_TRUNK if r != entry.region])
            entry.values |= {"c": [other], "co": [REGIONS[other]]}
            entry.story["c"] = "wrong"
        elif roll < 0.10:
            entry.values["co"] = [REGIONS[entry.region]]
        else:
            entry.values |= {"c": [entry.region], "co": [REGIONS[entry.region]]}

    def _spelled(self, number: Number, entry: StaffEntry) -> str:
        """One of the spellings; where c is missing or wrong, half of them with the country code."""
        if "c" in entry.story and self.dice.random() < 0.5:
            return number.e164
        return self.dice.choice(spellings(number))

    def _put(self, entry: StaffEntry, attribute: str, number: Number, text: str | None = None) -> None:
        entry.values.setdefault(attribute, []).append(text or self._spelled(number, entry))
        entry.numbers[attribute] = number

    def _tell(self, entry: StaffEntry, attribute: str, story: str, *values: str) -> None:
        entry.values[attribute] = list(values)
        entry.story[attribute] = story

    def _mobile(self, entry: StaffEntry) -> None:
        dice, region, roll = self.dice, entry.region, self.dice.random()
        first = self.numbers.mobile(region)
        if roll < 0.70:
            self._put(entry, "mobile", first)
            if dice.random() < 0.05:
                self._put(entry, "otherMobile", self.numbers.mobile(region))
        elif roll < 0.82:
            return
        elif roll < 0.85:
            self._put(entry, "otherMobile", first)
        elif roll < 0.87:
            second = self.numbers.mobile(region)
            self._tell(entry, "otherMobile", "several", self._spelled(first, entry), second.e164)
        elif roll < 0.90:
            line = self.numbers.landline(region if distinct(region) else "GB")
            self._tell(entry, "mobile", "landline", f"+{line.code} {line.groups()}")
        elif roll < 0.92:
            second, joint = self.numbers.mobile(region), dice.choice((" / ", "; ", " or ", ", ", "\n"))
            self._tell(entry, "mobile", "two", f"{first.e164}{joint}{second.e164}")
        elif roll < 0.94:
            note = dice.choice((" (work)", " privat", " - ask Jane first", " since May", " ☎ only mornings"))
            self._tell(entry, "mobile", "note", f"+{first.code} {first.groups()}{note}")
        elif roll < 0.96:
            self._tell(entry, "mobile", "placeholder", dice.choice(PLACEHOLDERS))
        elif roll < 0.98:
            self._tell(entry, "mobile", "cut short", first.e164[:-4])
        elif roll < 0.985:
            self._tell(entry, "mobile", "toll-free", self.numbers.toll_free(dice.choice(("GB", "US"))).e164)
        elif roll < 0.99:
            self._tell(entry, "mobile", "satellite", f"+8816{dice.randrange(10**7):08d}")
        else:
            self._tell(entry, "mobile", "text", dice.choice(("see card", "O7911 123456", "ask reception")))

    def _office(self, entry: StaffEntry) -> None:
        dice, region, roll = self.dice, entry.region, self.dice.random()
        if roll < 0.45:
            self._put(entry, "telephoneNumber", self.numbers.landline(region))
        elif roll < 0.70:
            return
        elif roll < 0.84:
            if region not in self._switchboards:
                self._switchboards[region] = self.numbers.landline(region)
            board = self._switchboards[region]
            self._tell(entry, "telephoneNumber", "shared", f"+{board.code} {board.groups()}")
        elif roll < 0.94:
            line, inner = self.numbers.landline(region), dice.randrange(100, 9999)
            written = dice.choice((" ext. {}", " x{}", "x{}", " ext {}", ";ext={}"))
            self._tell(
                entry, "telephoneNumber", "extension", f"+{line.code} {line.groups()}{written.format(inner)}"
            )
        elif roll < 0.97:
            self._put(entry, "telephoneNumber", self.numbers.mobile(region))
        else:
            self._tell(entry, "telephoneNumber", "placeholder", dice.choice(PLACEHOLDERS))

    def _address(self, entry: StaffEntry, mail: str) -> None:
        dice, roll, key = self.dice, self.dice.random(), "extensionAttribute1"
        at = dice.choice(
            ("example.org", "example.net", "mail.example.org", "Home.Example.NET", "bücher.example.net")
        )
        own = f"{entry.sam}.{dice.randrange(1000)}@{at}"
        if roll < 0.55:
            entry.values[key] = [own]
        elif roll < 0.80:
            return
        elif roll < 0.85:
            self._tell(entry, key, "own", dice.choice((mail, entry.upn.upper())))
        elif roll < 0.89:
            self._tell(entry, key, "tenant", f"{entry.sam}.old@{DOMAIN}")
        elif roll < 0.94:
            self._tell(entry, key, "invalid", dice.choice(INVALID_ADDRESSES))
        elif roll < 0.96:
            self._tell(entry, key, "two", f"{own}; {entry.sam}@example.net")
        elif roll < 0.98:
            if not self._family:  # two people with one address, now and then
                self._family = own
                self._tell(entry, key, "shared", own)
            else:
                self._tell(entry, key, "shared", self._family)
                self._family = ""
        else:
            entry.values[key] = [f"{entry.sam}+reset@example.org"]

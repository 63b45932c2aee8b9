"""Phones as public reports have them (digits changed), each through the whole command.

All cases are people of one export, so that one `prepop plan` answers them all. A case is the country as the
directory states it, the attribute that holds the text, the text, and what is right: a number, or a reason to
leave it alone. What is someone else's number is right nowhere.
"""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import Quotas
from prepop.settings.template import demo_config

_MAPPING = """
[region]
from = ["c", "co"]
default = "DE"
[mobile]
from = ["mobile", "ipPhone"]
[office]
from = ["telephoneNumber"]
extension = "keep"
"""
UNREADABLE, INVALID, SEVERAL = "phone-unreadable", "phone-invalid", "phone-several"
NO_COUNTRY = "phone-no-country"

# country | attribute | text | what is right
_CASES = rf"""
# a 00 that arises only by gluing
DE | mobile | 0 0151 24815793 | +49 15124815793
DE | mobile | 0-0151-24815793 | +49 15124815793
DE | mobile | (0)0151 24815793 | +49 15124815793
DE | mobile | 0 (0151) 24815793 | +49 15124815793
DE | mobile | 0 0176 24815793 | +49 17624815793
DE | mobile | 0015124815793 | {UNREADABLE}
DE | telephoneNumber | 0 040 311248157 | {UNREADABLE}
DE | telephoneNumber | 0-0371-26248157 | {UNREADABLE}
# a plus before a number that lacks its country code
CN | mobile | +138 2481 5793 | {UNREADABLE}
RU | telephoneNumber | +8 (495) 248-15-79 | +7 4952481579
US | mobile | +(479) 612-3456 | {INVALID}
US | mobile | +(659) 812-3456 | {INVALID}
CA | telephoneNumber | +(647) 505-2806 | {INVALID}
# a country that is stated
RUS | mobile | 912 248-15-79 | +7 9122481579
Schweiz | telephoneNumber | 044 248 15 79 | +41 442481579
Suisse | telephoneNumber | 044 248 15 79 | +41 442481579
CHE | telephoneNumber | 044 248 15 79 | +41 442481579
756 | telephoneNumber | 044 248 15 79 | +41 442481579
Österreich | mobile | 0664 24815793 | +43 66424815793
España | mobile | 612 48 15 79 | +34 612481579
Swiss Confederation | telephoneNumber | 044 248 15 79 | +41 442481579
Narnia | mobile | 0151 24815793 | {NO_COUNTRY}
# the country code shows, the plus is gone
DE | telephoneNumber | 41 (0)44 668 18 00 | +41 446681800
DE | telephoneNumber | (41) 44 668 18 00 | {UNREADABLE}
DE | telephoneNumber | 44 (0) 20 7946 0355 | +44 2079460355
AT | telephoneNumber | 1 (206) 342-0135 | {UNREADABLE}
AT | telephoneNumber | 1-206-342-0135 | {UNREADABLE}
FI | mobile | 45 20 24 81 57 | {UNREADABLE}
ID | mobile | 81 90-2481-5793 | {UNREADABLE}
AT | mobile | 65 (0) 9123 4815 | {UNREADABLE}
# 00 and the own country's code, then a slip
SG | mobile | 0065 65 9128 4567 | {INVALID}
TH | mobile | 0066 89 8842 18161 | {INVALID}
# a trunk zero typed twice; the own code twice
DE | mobile | 00160 9174 8236 | {INVALID}
DE | telephoneNumber | +49 49 171 38291746 | {UNREADABLE}
DE | telephoneNumber | +49 (0)49 171 38291746 | {UNREADABLE}
DE | telephoneNumber | 0049 0 49 17138291746 | {UNREADABLE}
DE | telephoneNumber | +494949 17138291746 | {UNREADABLE}
DE | telephoneNumber | +49 (0)4915 123926 | +49 4915123926
# the zero that Italy's mobiles had until 2001, apart
IT | mobile | +39 0 312 149 3129 | {UNREADABLE}
IT | telephoneNumber | +39 0.312.1493129 | {UNREADABLE}
IT | telephoneNumber | +39 031 21493129 | +39 03121493129
# no phone number
DE | ipPhone | 172.16.74.157 | {UNREADABLE}
CN | ipPhone | 192.168.96.118 | {UNREADABLE}
EG | ipPhone | 10.50.248.105 | {UNREADABLE}
DE | ipPhone | 00:1b:44:11:3a:b7 | {UNREADABLE}
DE | ipPhone | 2001:db8::8a2e:370:7334 | {UNREADABLE}
DK | mobile | 2020-11-19 | {UNREADABLE}
LV | mobile | 20.06.1976 | {UNREADABLE}
DE | mobile | 20201119103000 | {UNREADABLE}
DE | mobile | 1.234.567,89 | {UNREADABLE}
DK | mobile | 20:30-21:00 | {UNREADABLE}
DE | mobile | 31798124-7503-4051-8971-879720928712 | {UNREADABLE}
FR | mobile | 06.24.81.57.93 | +33 624815793
NO | mobile | 472.83.149 | +47 47283149
# labels
PL | mobile | kom. 501 234 867 | +48 501234867
RU | mobile | моб. 8 912 248-15-79 | +7 9122481579
RU | mobile | т. 912 248-15-79 | +7 9122481579
CN | mobile | 手机 138 2481 5793 | +86 13824815793
JP | mobile | 携帯 090-2481-5793 | +81 9024815793
JP | mobile | 携帯090-2481-5793 | +81 9024815793
ID | mobile | HP 0812-5087-8591 | +62 81250878591
ID | mobile | H/P: 0812-5087-8591 | +62 81250878591
TR | mobile | Cep 0532 248 15 79 | +90 5322481579
PT | mobile | Tlm 912 481 579 | +351 912481579
PT | mobile | Telem. 912 481 579 | +351 912481579
GR | mobile | κιν. 6912 481 579 | +30 6912481579
GB | telephoneNumber | DDI 020 7946 0018 | +44 2079460018
GB | telephoneNumber | DD: 020 7946 0018 | +44 2079460018
DE | mobile | Diensthandy 0151 24815793 | +49 15124815793
DE | mobile | Firmenhandy 0151 24815793 | +49 15124815793
FR | mobile | Port. 06 24 81 57 93 | +33 624815793
# words for an extension
JP | telephoneNumber | 03-3248-1579 内線123 | +81 332481579x123
CN | telephoneNumber | 010-62481579 分机123 | +86 1062481579x123
CN | telephoneNumber | 010-62481579转123 | +86 1062481579x123
CN | telephoneNumber | 010-62481579-123 | +86 1062481579x123
TH | telephoneNumber | 02 248 1579 ต่อ 123 | +66 22481579x123
US | telephoneNumber | 206-342-0135 loc. 123 | +1 2063420135x123
US | telephoneNumber | 206-342-0135 local 123 | +1 2063420135x123
TR | telephoneNumber | 0212 248 15 79 dahili 123 | +90 2122481579x123
BR | telephoneNumber | (11) 2648-1579 ramal 123 | +55 1126481579x123
PL | telephoneNumber | 22 248 15 79 wew. 123 | +48 222481579x123
AT | telephoneNumber | 01 24815793 Kl. 12 | +43 124815793x12
# old prefixes, separators, what a call manager writes
MX | mobile | 044 55 4324 5671 | +52 5543245671
MX | mobile | 045 55 4324 5671 | +52 5543245671
MX | telephoneNumber | 01 55 4324 5671 | +52 5543245671
CL | mobile | 09 8265 4321 | +56 982654321
BR | telephoneNumber | 0xx11 2648-1579 | +55 1126481579
BR | mobile | (0xx11) 96248-1579 | +55 11962481579
US | mobile | \+12063420135 | +1 2063420135
DE | mobile | 0151_24815793 | +49 15124815793
DE | mobile | 0151'24815793 | +49 15124815793
FR | mobile | 06/24/81/57/93 | +33 624815793
# usual there
AL | mobile | 067 88 27 777 | +355 678827777
UA | mobile | 098 03 661 25 | +380 980366125
NO | mobile | 901 15 278 | +47 90115278
IN | mobile | 62957 88008 | +91 6295788008
IN | mobile | 847-818-8329 | +91 8478188329
BR | mobile | 0055 11 96248 1579 | +55 11962481579
CO | mobile | 0057 302 731 9144 | +57 3027319144
TH | mobile | 0066 89 884 1816 | +66 898841816
KR | mobile | 0082 10 2481 5793 | +82 1024815793
SG | mobile | 0065 9128 4567 | +65 91284567
LT | mobile | 61248157 | +370 61248157
SI | mobile | 31248157 | +386 31248157
MD | mobile | 62112345 | +373 62112345
MK | mobile | 72345678 | +389 72345678
ME | mobile | 67622901 | +382 67622901
AM | mobile | 77123456 | +374 77123456
UY | mobile | 94231234 | +598 94231234
SL | mobile | 25123456 | +232 25123456
JE | mobile | 44 7797 622771 | +44 7797622771
MG | mobile | 261 32 71 747 32 | +261 327174732
ID | mobile | 62 812 5087 85914 | +62 812508785914
MX | mobile | 5215543245671 | +52 5543245671
DE | mobile | 4915123846719 | +49 15123846719
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One person of the export. upn: made of the case's place."""

    place: int
    country: str
    attribute: str
    text: str
    right: str

    @property
    def upn(self) -> str:
        return f"case{self.place}@contoso.onmicrosoft.com"

    @property
    def guid(self) -> bytes:
        return uuid.uuid5(uuid.NAMESPACE_DNS, self.upn).bytes_le

    @property
    def method(self) -> str:
        return "office" if self.attribute == "telephoneNumber" else "mobile"

    def entry(self) -> str:
        """The person as ldifde writes one."""
        lines = {
            "dn": f"CN=case{self.place},OU=Staff,DC=corp,DC=example",
            "objectClass": "user",
            "cn": f"case{self.place}",
            "sAMAccountName": f"case{self.place}",
            "userPrincipalName": self.upn,
            "userAccountControl": "512",
            "co": self.country,
            self.attribute: self.text,
        }
        written = [f"{name}:: {base64.b64encode(value.encode()).decode()}" for name, value in lines.items()]
        return "\n".join([*written, f"objectGUID:: {base64.b64encode(self.guid).decode()}", "", ""])


CASES = [
    Case(place, *(part.strip() for part in line.split(" | ")))
    for place, line in enumerate(_CASES.strip().splitlines())
    if not line.startswith("#")
]


@dataclass(frozen=True, slots=True)
class Planned:
    """What the command made of all cases, and the config with which it can be asked more. by: UPN."""

    config: Path
    after: Mapping[str, str]
    reason: Mapping[str, str]
    detail: Mapping[str, str]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> object:
    """An export of all cases, and a tenant that has an account for each."""
    folder = tmp_path_factory.mktemp("field")
    tenant = SandboxTenant(domains=("contoso.onmicrosoft.com",), faults=Faults.none(), quotas=Quotas.off())
    for case in CASES:
        tenant.new_user(case.upn, immutable_id=base64.b64encode(case.guid).decode())
    (folder / "people.ldif").write_text("".join(case.entry() for case in CASES), encoding="utf-8")
    (folder / "mapping.toml").write_text(_MAPPING, encoding="utf-8")
    with SandboxServer(tenant) as server:
        text = demo_config(Path("people.ldif"), Path("mapping.toml"), server.url)
        text = text.replace("[limits]", "[trust]\nshared_value_max = 1000\n\n[limits]")
        (folder / "prepop.toml").write_text(text, encoding="utf-8")
        yield folder / "prepop.toml"


@pytest.fixture(scope="module")
def planned(config: Path) -> Planned:
    """One `prepop plan` for all cases."""
    out = config.parent / "out"
    assert main(["plan", "-q", "--out", str(out), "-c", str(config)]) == 0
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    left = {one["account"]["upn"]: one for one in plan["left_alone"] if one["account"]}
    return Planned(
        config,
        {one["account"]["upn"]: one["after"] for one in plan["changes"]},
        {upn: one["reason"] for upn, one in left.items() if one["reason"] != "no-value"}
        | {one["account"]["upn"]: one["reason"] for one in plan["left_alone"] if one["reason"] != "no-value"},
        {one["account"]["upn"]: one["detail"] for one in plan["left_alone"] if one["reason"] != "no-value"},
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.country} {case.text}")
def test_each_text_is_the_persons_number_or_left_alone(case: Case, planned: Planned) -> None:
    """No text of the field becomes somebody else's number, and what anyone would accept is accepted."""
    found = planned.after.get(case.upn) or planned.reason[case.upn]
    assert found == case.right


def test_the_text_of_a_country_that_is_none_is_told(planned: Planned) -> None:
    """A country that is stated and not understood stands in the detail, and the default does not count."""
    case = next(case for case in CASES if case.country == "Narnia")
    assert planned.detail[case.upn].startswith('co says "Narnia", which names no country that is known')


@pytest.mark.parametrize(
    ("text", "country", "readings", "word"),
    [
        ("0015124815793", "DE, from co", ["+1 ", "+49 "], "typed twice"),
        ("+138 2481 5793", "CN, from co", ["+1 ", "+86 "], "the + may be wrong"),
        ("1 (206) 342-0135", "AT, from co", ["+43 ", "+1 "], "the + before a country code may be missing"),
        ("0 0151 24815793", "DE, from co", ["+49 "], ""),
        ("0066 89 8842 18161", "TH, from co", [], "no such number"),
    ],
)
def test_explain_shows_the_readings_and_why_none_or_one_was_taken(
    config: Path, capsys: pytest.CaptureFixture[str], text: str, country: str, readings: list[str], word: str
) -> None:
    """Which country text decided, each reading of the digits (masked), and the reason."""
    case = next(case for case in CASES if case.text == text)
    capsys.readouterr()
    assert main(["explain", case.upn, "--json", "-c", str(config)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["person"]["country"] == country
    method = next(one for one in said["methods"] if one["method"] == case.method)
    (tried,) = method["directory"]
    assert [reading.partition(" ")[0] + " " for reading in tried["readings"]] == readings
    assert all("••" in reading for reading in tried["readings"])
    assert word in tried["why"]
    assert bool(tried["normal"]) is not bool(word)

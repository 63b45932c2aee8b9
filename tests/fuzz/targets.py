"""What is fuzzed. A target takes a source of chance, makes an input from it and sees what becomes of it.

A target returns for a right answer or a PrepopError, and lets anything else through.
"""

import asyncio
import copy
import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from prepop.cloud.reading import Reading
from prepop.cloud.signin.environments import place
from prepop.cloud.tenant import GraphTenant
from prepop.cloud.urls import Addresses
from prepop.cloud.wire.answers import Fate, NoAnswer, Request
from prepop.cloud.wire.batch import Batches
from prepop.cloud.wire.pacer import Pacer
from prepop.cloud.wire.transport import Transport, _answer
from prepop.cloud.writer import GraphWriter
from prepop.errors import PrepopError
from prepop.model import (
    Account,
    Families,
    Method,
    MethodsPolicy,
    Plan,
    Present,
    Privileged,
    Unreadable,
    WriteAnswer,
)
from prepop.options import CloudOptions, Credential, DirectoryKind, DirectoryOptions
from prepop.rules.values.keys import EmailAddress, PhoneNumber, comparison_key, email, phone
from prepop.rules.values.masking import mask, mask_within
from prepop.sandbox.graph import batch
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.service import answer, parse
from prepop.sandbox.graph.throttle import Quotas
from prepop.sandbox.graph.wire import Ask
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of
from prepop.sandbox.people.numbers import Numbers, spellings
from prepop.settings import load
from prepop.settings.samples import default_mapping
from prepop.settings.template import config_template, demo_config
from prepop.sources import open_directory
from prepop.sources.entries import Entry, is_person, person
from prepop.store import plan_file
from tests.cloud.opening import Time, change, quiet
from tests.fuzz import mutate
from tests.fuzz.extra import spoiled_book, spoiled_table
from tests.settings.conftest import RIGHT, RIGHT_MAPPING

ATTRIBUTES = ("mobile", "otherMobile", "telephoneNumber", "extensionAttribute1", "c", "co")
Target = Callable[[random.Random], None]


@dataclass(slots=True)
class Targets:
    """All targets, with one folder for what must be a file."""

    folder: Path
    input: str | bytes = ""  # what the last run of a target was given

    def all(self) -> Mapping[str, tuple[int, Target]]:
        """Share in a thousand, and target, by name."""
        return {
            "ldif": (100, self.ldif),
            "csv": (80, self.csv),
            "extra table": (20, self.extra_table),
            "workbook": (20, self.workbook),
            "config": (75, self.config),
            "mapping": (75, self.mapping),
            "plan": (100, self.plan),
            "phone": (230, self.phone),
            "email": (100, self.email),
            "ldap entry": (100, self.ldap_entry),
            "graph": (100, self.graph),
        }

    # ------------------------------------------------------------ directories

    def ldif(self, dice: random.Random) -> None:
        """An export with its bytes spoiled."""
        self._directory(dice, LDIF, DirectoryKind.LDIF)

    def csv(self, dice: random.Random) -> None:
        """A table with its bytes spoiled."""
        self._directory(dice, CSV, DirectoryKind.CSV)

    def extra_table(self, dice: random.Random) -> None:
        """A file of HR with its bytes spoiled."""
        self.input = spoiled_table(dice, self.folder)

    def workbook(self, dice: random.Random) -> None:
        """A workbook of HR, one part of which is spoiled."""
        self.input = spoiled_book(dice, self.folder)

    def _directory(self, dice: random.Random, base: bytes, kind: DirectoryKind) -> None:
        self.input = mutate.raw(dice, base)
        path = self.folder / f"people.{kind}"
        path.write_bytes(self.input)
        with suppress(PrepopError):
            reading = open_directory(DirectoryOptions(kind=kind, path=path)).read(ATTRIBUTES, quiet)
            for one in reading.people:
                assert isinstance(one.dn, str)
                assert all(name == name.lower() and values for name, values in one.values.items())

    def ldap_entry(self, dice: random.Random) -> None:
        """An entry as a server might send it: any bytes in any attribute."""
        attributes = {
            name: tuple(mutate.raw(dice, value) if dice.random() < 0.4 else value for value in values)
            for name, values in ENTRY.items()
            if dice.random() < 0.95
        }
        self.input = repr(attributes)
        entry = Entry(mutate.text(dice, "CN=Jane,DC=example"), attributes)
        with suppress(PrepopError):
            if is_person(entry):
                found = person(entry, directory="corp", asked=ATTRIBUTES)
                assert len(found.anchor) in (0, 24)

    # ------------------------------------------------------------ settings and plans

    def config(self, dice: random.Random) -> None:
        """A config spoiled, beside a mapping that is right."""
        text = mutate.text(dice, dice.choice(CONFIGS))
        self._settings(text, RIGHT_MAPPING, text)

    def mapping(self, dice: random.Random) -> None:
        """A mapping spoiled, beside a config that is right."""
        text = mutate.text(dice, dice.choice(MAPPINGS))
        self._settings(RIGHT, text, text)

    def _settings(self, config: str, mapping: str, shown: str) -> None:
        self.input = shown
        (self.folder / "prepop.toml").write_bytes(config.encode("utf-8", "surrogatepass"))
        (self.folder / "map.toml").write_bytes(mapping.encode("utf-8", "surrogatepass"))
        with suppress(PrepopError):
            settings = load(self.folder / "prepop.toml", {})
            assert len(settings.config_digest) == len(settings.mapping_digest) == 64

    def plan(self, dice: random.Random) -> None:
        """A plan file edited: it is refused, or what it says differs from its digest, or it is the same."""
        self.input = mutate.raw(dice, PLAN)
        path = self.folder / "plan.json"
        path.write_bytes(self.input)
        with suppress(PrepopError):
            plan, said, real = plan_file.load(path)
            if said == real:
                assert {one.after for one in plan.changes} == {one.after for one in GOOD_PLAN.changes}
            plan_file.document(plan)

    # ------------------------------------------------------------ values

    def phone(self, dice: random.Random) -> None:
        """A text as people write numbers, and worse."""
        text = mutate.text(dice, dice.choice(PHONES))
        self.input = text
        found = phone(text, dice.choice((None, "GB", "DE", "US", "IT", "ZZ")))
        key = comparison_key(Method.MOBILE, text)
        assert isinstance(key, str)
        if isinstance(found, PhoneNumber):
            again = phone(found.text, None)
            # the groups say that 039 is Monza's; without them it may be a mobile with an old zero
            if not found.text.startswith("+39 0"):
                assert isinstance(again, PhoneNumber), "its own normal form cannot be read"
            assert not isinstance(again, PhoneNumber) or again.text == found.text
            code, _, national = found.text.partition(" ")
            assert code.startswith("+"), found.text
            assert (code[1:] + national).isascii()
            assert (code[1:] + national).isdigit()
            assert comparison_key(Method.MOBILE, found.text.replace(" ", "")) == comparison_key(
                Method.MOBILE, found.text
            )
            assert national not in mask(found.text)
            assert national not in mask_within(f"writing {found.text} failed")
        mask(text)
        mask_within(text)

    def email(self, dice: random.Random) -> None:
        """A text as people write addresses, and worse."""
        text = mutate.text(dice, dice.choice(EMAILS))
        self.input = text
        found = email(text)
        assert isinstance(comparison_key(Method.EMAIL, text), str)
        if isinstance(found, EmailAddress):
            local, at, domain = found.text.rpartition("@")
            assert at
            assert local
            assert domain == domain.lower()
            assert "." in domain
            assert found.text.isascii()
            assert not any(character.isspace() for character in domain)
            again = email(found.text)
            assert isinstance(again, EmailAddress), "its own normal form cannot be read"
            assert again.text == found.text
        mask(text)
        mask_within(text)

    # ------------------------------------------------------------ Graph

    def graph(self, dice: random.Random) -> None:
        """Everything that is asked of Graph, with the bytes of answers spoiled."""
        sender = Spoilt(dice)
        time = Time()
        pacer = Pacer(2, clock=time.elapsed, sleep=time.pause, chance=lambda: 1.0)
        reader = GraphTenant(Reading(sender, pacer, PLACE.base), WHERE, email_methods=True)
        ids = list(TENANT.users)[:25]

        async def present() -> None:
            asked = {one: Families(phones=True, email=True) for one in ids}
            found = await reader.present(asked, quiet)
            assert found.keys() == asked.keys()
            for one in found.values():
                assert one is None or isinstance(one, Present | Unreadable)
                for value in (
                    [] if not isinstance(one, Present) else [*(one.phones or {}).values(), one.email]
                ):
                    assert isinstance(value, str)

        async def accounts() -> None:
            for one in await reader.accounts(quiet):
                assert isinstance(one, Account)
                assert one.id
                assert isinstance(one.upn, str)

        async def registrations() -> None:
            found = await reader.registrations(quiet)
            assert isinstance(found, str) or all(isinstance(one, str) for one in found)

        async def privileged() -> None:
            assert isinstance(await reader.privileged(), Privileged)

        async def sms() -> None:
            assert isinstance(await reader.methods_policy(), MethodsPolicy)

        async def facts() -> None:
            found = await reader.facts()
            assert found.id
            assert all(isinstance(one, str) for one in found.domains)

        async def members() -> None:
            assert all(isinstance(one, str) for one in await reader.members("SSPR pilot"))

        async def write() -> None:
            changes = [change(n, account=one) for n, one in enumerate(ids[:8])]
            answers = await GraphWriter(Batches(sender, pacer, PLACE.base)).write(changes, {})
            assert answers.keys() == {one.id for one in changes}
            assert all(isinstance(one, WriteAnswer) for one in answers.values())

        jobs: Sequence[Callable[[], Awaitable[None]]]
        jobs = (present, accounts, registrations, privileged, sms, facts, members, write)

        async def main() -> None:
            with suppress(PrepopError):
                await dice.choice(jobs)()

        RUNNER.run(main())
        self.input = "\n".join(sender.said)


@dataclass(slots=True)
class Spoilt:
    """An emulated tenant whose answers are spoiled on their way. `said`: what came out."""

    dice: random.Random
    said: list[str] = field(default_factory=list)

    async def ready(self) -> None:
        """Nothing is to be waited for."""

    async def send(self, request: Request) -> Fate:
        """Answer one request."""
        status, headers, text = _asked(request)
        if len(self.said) < 60 and self.dice.random() < 0.5:
            if self.dice.random() < 0.05:
                return NoAnswer("spoilt")
            text = _json(self.dice, text) if self.dice.random() < 0.7 else mutate.text(self.dice, text)
            if self.dice.random() < 0.1:
                status = self.dice.choice((200, 201, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503, 999))
            if self.dice.random() < 0.1:
                headers = {
                    "retry-after": mutate.text(self.dice, "1.5"),
                    "date": mutate.text(self.dice, "Sun"),
                }
        self.said.append(f"{request.method} {request.url} {status} {headers} {text[:3000]}")
        clean = {
            key: value.encode("ascii", "ignore").decode().translate(dict.fromkeys(range(32)))
            for key, value in headers.items()
        }
        return _answer(httpx.Response(status, headers=clean, content=text.encode("utf-8", "surrogatepass")))


_kept: dict[tuple[str, str, bytes | None], tuple[int, dict[str, str], str]] = {}


def _asked(request: Request) -> tuple[int, dict[str, str], str]:
    """The emulated tenant's answer; the same question has the same answer, whatever was written."""
    known = _kept.get((request.method, request.url, request.body))
    if known is None:
        url = urlsplit(request.url)
        below = url.path.partition("/v1.0")[2]
        body = json.loads(request.body) if request.body else None
        if below == "/$batch":
            found = batch.run(TENANT, batch.read(body, PLACE.base))
        else:
            segments, query = parse(f"{below}?{url.query}")
            ask = Ask(request.method, [unquote(one) for one in segments], query, {}, body, PLACE.base)
            found = answer(TENANT, ask, None)
        known = (found.status, dict(found.headers), json.dumps(found.body))
        if len(_kept) < 5000:
            _kept[request.method, request.url, request.body] = known
    return known


ODD: tuple[object, ...] = (
    None, True, 0, -1, 1.5, 10**400, "", "x", "\ud800", "+1 2065550100", [], {}, [None], [[]], {"id": None},
    [{"id": 5}], "https://elsewhere.example.org/v1.0/users", "a" * 2000,
)  # fmt: skip


def _json(dice: random.Random, text: str) -> str:
    """The same JSON with a few of its parts taken away or replaced by what nobody expects."""
    whole = json.loads(text)
    for _ in range(dice.choice((1, 1, 2, 5))):
        here = whole
        for _ in range(12):
            inner = list(here.values()) if isinstance(here, dict) else here if isinstance(here, list) else []
            deeper = [one for one in inner if isinstance(one, dict | list) and one]
            if not deeper or dice.random() < 0.2:
                break
            here = dice.choice(deeper)
        if isinstance(here, dict) and here:
            key = dice.choice(list(here))
            if dice.random() < 0.3:
                del here[key]
            else:
                here[key] = copy.deepcopy(dice.choice(ODD))
        elif isinstance(here, list) and here:
            here[dice.randrange(len(here))] = copy.deepcopy(dice.choice(ODD))
        else:
            whole = copy.deepcopy(dice.choice(ODD))
    return json.dumps(whole)


# ---------------------------------------------------------------- what is spoiled

_PEOPLE = sample(9, 5)
TENANT = tenant_of(sample(40, 5), 5, faults=Faults.none(), quotas=Quotas.off(), scale=1e9)
PLACE = place(CloudOptions("contoso", endpoint="http://127.0.0.1:9", credential=Credential.NONE))
WHERE = Addresses(Transport(PLACE, None, connections=1).client)
RUNNER = asyncio.Runner()


def _ldif() -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.ldif"
        _PEOPLE.write_ldif(path)
        return path.read_bytes()


def _csv() -> bytes:
    head = ("ObjectGUID", "DistinguishedName", "SamAccountName", "Enabled", "mobile", "otherMobile", "c")
    rows = [[*head, "whenChanged"]]
    for one in _PEOPLE.people:
        guid = f"{one.guid.hex()[:8]}-1111-2222-3333-{one.guid.hex()[:12]}"
        mobile = one.values.get("mobile", [""])[0]
        rows.append([guid, one.dn, one.sam, "True", mobile, "", one.region, "2026-11-01T02:00:00Z"])
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    return ("\r\n".join(quoted) + "\r\n").encode()


LDIF = _ldif()
CSV = _csv()
ENTRY: Mapping[str, tuple[bytes, ...]] = {
    "objectclass": (b"top", b"person", b"organizationalPerson", b"user"),
    "objectguid": (bytes(range(16)),),
    "ms-ds-consistencyguid": (bytes(range(16, 32)),),
    "objectsid": (bytes((1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0)),),
    "useraccountcontrol": (b"512",),
    "userprincipalname": (b"jane@example.com",),
    "samaccountname": (b"jane",),
    "displayname": ("Jané".encode(),),
    "mail": (b"jane@example.com",),
    "proxyaddresses": (b"SMTP:jane@example.com", b"smtp:j@example.com", b"x500:/o=x"),
    "admincount": (b"1",),
    "whenchanged": (b"20261101020000.0Z",),
    "mobile": (b"+44 7400 123456", b"07400 123457"),
    "c": (b"GB",),
}
_TEMPLATE = config_template(mapping="map.toml")
CONFIGS = (RIGHT, _TEMPLATE, demo_config(Path("people.ldif"), Path("map.toml"), "http://127.0.0.1:8080"))
MAPPINGS = (
    RIGHT_MAPPING,
    default_mapping(),
    '[region]\nfrom = ["c"]\nou = { "OU=Berlin,DC=example" = "DE" }\ndefault = "US"\n'
    '[mobile]\nfrom = ["mobile"]\nseveral = "first"\npolicy = "follow"\nremove = "own"\n'
    '[email]\nfrom = ["extensionAttribute1"]\n',
)
_NUMBERS = Numbers(random.Random(8))
PHONES = tuple(
    spelt
    for region in ("GB", "DE", "US", "IT", "FR", "IN", "BR")
    for spelt in spellings(_NUMBERS.mobile(region))
)
EMAILS = (
    "jane@example.org",
    "Jane.Doe+x@Example.ORG",
    '"jane doe"@example.net',
    "jane@bücher.example.org",
    "Jane Doe <jane@example.org>",
    "mailto:jane@example.org",
    "jane@xn--bcher-kva.example.org",
    "用户@example.org",
)


def _plan() -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        plan_file.save(GOOD_PLAN, path)
        return path.read_bytes()


def _good_plan() -> Plan:
    from tests.reports import samples

    return samples.plural()


GOOD_PLAN = _good_plan()
PLAN = _plan()

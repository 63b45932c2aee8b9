"""A small company on the night after its first sync: everything that a run can do is due in it.

    world = World.made(folder)            # directory, tenant and state after the first sync
    night = world.again(another_folder)   # the same once more, to be spoiled

The second night adds, replaces and removes methods of every kind, mobiles with the alternates that need
them among them; some people registered values themselves and keep them.
"""

import copy
import json
import random
import shutil
import uuid
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from prepop.clock import SystemClock
from prepop.model import Method
from prepop.sandbox.graph.app import app
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.records import User
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.people import ldif
from prepop.sandbox.people.entries import SUFFIX, StaffEntry, sid
from prepop.sandbox.people.numbers import Numbers
from prepop.store.database import open_database
from prepop.store.journal import StoredJournal
from prepop.store.key import key

PEOPLE = 16
ATTRIBUTES = {
    Method.MOBILE: "mobile",
    Method.ALTERNATE_MOBILE: "otherMobile",
    Method.OFFICE: "telephoneNumber",
    Method.EMAIL: "extensionAttribute1",
}
MAPPING = "\n".join(
    f'[{method}]\nfrom = ["{name}"]\npolicy = "follow"\nremove = "own"\n'
    for method, name in ATTRIBUTES.items()
)

Methods = dict[tuple[str, Method], str]


class Current:
    """Serves whichever tenant stands here now, so that one server does for many trials."""

    def __init__(self, tenant: SandboxTenant) -> None:
        self.tenant = tenant

    @property
    def tenant(self) -> SandboxTenant:
        """The tenant that answers."""
        return self._tenant

    @tenant.setter
    def tenant(self, tenant: SandboxTenant) -> None:
        self._tenant = tenant
        self._app: ASGIApp = app(tenant)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


@dataclass(slots=True)
class World:
    """A folder with config, mapping, export and state, and the tenant that belongs to it.

    wanted: what the directory wants of each account now, without what its user keeps.
    """

    folder: Path
    tenant: SandboxTenant
    wanted: Methods = field(default_factory=dict)
    own: Methods = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The config file."""
        return self.folder / "prepop.toml"

    def again(self, folder: Path) -> "World":
        """A copy of everything in another folder."""
        shutil.copytree(self.folder, folder)
        return World(folder, copy.deepcopy(self.tenant), dict(self.wanted), dict(self.own))

    def present(self) -> Methods:
        """What the tenant has."""
        found: Methods = {(u, m): v for u, phones in self.tenant.phones.items() for m, v in phones.items()}
        return found | {(u, Method.EMAIL): v for u, v in self.tenant.emails.items()}

    def written(self) -> Counter[tuple[str, Method]]:
        """How often each method was really written since the last `forget_writes`."""
        return Counter((write.user, write.method) for write in self.tenant.writes)

    def ledger_disagrees(self) -> list[str]:
        """Where the ledger says something else than the tenant: account, method, in words."""
        state = self.folder / "state"
        its_key = key(state, {}, make=False)
        connection = open_database(state, its_key, query_only=True)
        try:
            ledger = StoredJournal(connection, its_key, SystemClock()).ledger()
            entries = ledger.written
            from prepop.rules.values.keys import comparison_key

            present = self.present()
            wrong = [
                f"{where} is in the ledger, with another value in the tenant"
                for where, entry in entries.items()
                if where not in present or not ledger.is_ours(entry, comparison_key(where[1], present[where]))
            ]
            wrong += [f"{w} was written and is not in the ledger" for w in self.wanted if w not in entries]
            return wrong + [f"{w} is the user's own and in the ledger" for w in self.own if w in entries]
        finally:
            connection.close()

    def write_config(self, url: str, extra: str = "") -> None:
        """Write config and mapping."""
        (self.folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
        self.config.write_text(
            f"""
mapping = "mapping.toml"
[directory]
kind = "ldif"
path = "people.ldif"
[cloud]
tenant = "contoso.onmicrosoft.com"
endpoint = {json.dumps(url)}
credential = "none"
screen = "live"
requests_in_flight = 1
[limits]
additions = "500"
replacements = "500"
removals = "500"
failures = "500"
[report]
dir = "reports"
formats = ["json"]
{extra}
""",
            encoding="utf-8",
        )


class Company:
    """Makes the people of both nights, from one seed."""

    def __init__(self, seed: int = 1, people: int = PEOPLE) -> None:
        dice = random.Random(seed)
        self.numbers = Numbers(dice)
        self.entries = [self._hired(n, dice) for n in range(people)]
        self.own: Methods = {}

    def _hired(self, n: int, dice: random.Random) -> StaffEntry:
        entry = StaffEntry(
            dn=f"CN=Person {n},OU=Staff,{SUFFIX}",
            classes=("top", "person", "organizationalPerson", "user"),
            guid=dice.randbytes(16),
            sid=sid(10_000 + n),
            upn=f"person{n}@example.com",
            sam=f"person{n}",
            name=f"Person {n}",
        )
        if n % 6 != 3:  # 3: hired by the second night
            self._fill(entry, n, "a")
        return entry

    def _fill(self, entry: StaffEntry, n: int, when: str) -> None:
        entry.values = {
            "mobile": [self.numbers.mobile("GB").normal],
            "telephoneNumber": [self.numbers.landline("DE").normal],
            "extensionAttribute1": [f"private.{when}{n}@example.org"],
        }
        if n % 6 in (1, 5) or n % 12 == 3:
            entry.values["otherMobile"] = [self.numbers.mobile("FR").normal]

    def account(self, entry: StaffEntry) -> str:
        """The object id of a person's account."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, entry.guid.hex()))

    def tenant(self) -> SandboxTenant:
        """The tenant before the first night, with what some users registered themselves."""
        made = SandboxTenant(
            domains=("example.com", "contoso.onmicrosoft.com"), faults=Faults.none(), scale=1e6
        )
        for n, entry in enumerate(self.entries):
            user = User(id=self.account(entry), upn=entry.upn, name=entry.name, mail=entry.upn)
            user.immutable_id, user.synced = b64encode(entry.guid).decode(), True
            made.add_user(user)
            if n % 6 == 4:
                self.own[user.id, Method.MOBILE] = self.numbers.mobile("IT").normal
        for (user_id, method), value in self.own.items():
            made.register(user_id, method, value)
        made.refresh_report()
        return made

    def move(self) -> None:
        """The second night: by sixes replaced, removed, as it was, hired, user's own, a bit of each."""
        for n, entry in enumerate(self.entries):
            if n % 6 in (0, 3, 4):
                self._fill(entry, n, "b")
            elif n % 6 == 1:
                entry.values = {}
            elif n % 6 == 5:
                entry.values["extensionAttribute1"] = [f"private.c{n}@example.org"]
                del entry.values["telephoneNumber"]
                del entry.values["otherMobile"]

    def wanted(self) -> Methods:
        """What the directory wants now, but for what users registered themselves."""
        found: Methods = {}
        for entry in self.entries:
            for method, name in ATTRIBUTES.items():
                where = (self.account(entry), method)
                if where not in self.own and name in entry.values:
                    found[where] = entry.values[name][0]
        return found

    def write(self, folder: Path) -> None:
        """Write the export."""
        ldif.write(folder / "people.ldif", SUFFIX, self.entries)

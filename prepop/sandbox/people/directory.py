"""A sample directory of as many people as asked, and the tenant that belongs to it.

    here = sample(500, seed=1)
    here.write_ldif(Path("people.ldif"))        # what `directory.kind = "ldif"` reads
    there = tenant(here, seed=1)                # what `SandboxServer` serves
    later = move_a_few(here, seed=1)            # the same directory some weeks on

Everything follows from the number of people and the seed. It fits the default mapping: mobile from
mobile and otherMobile, office from telephoneNumber, email from extensionAttribute1, region from c and co.
"""

import base64
import copy
import random
import uuid
from dataclasses import dataclass
from pathlib import Path

from prepop.model import Method
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.records import P1_PLAN, GroupRecord, User, premium_p2
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import Quotas
from prepop.sandbox.people import ldif
from prepop.sandbox.people.entries import DOMAIN, SUFFIX, Staff, StaffEntry, escaped, sid, sid_text

INITIAL_DOMAIN = "contoso.onmicrosoft.com"
_LANGUAGES = {"DE": "de-DE", "AT": "de-AT", "FR": "fr-FR", "ES": "es-ES", "IT": "it-IT", "US": "en-US"}


@dataclass(slots=True)
class SampleDirectory:
    """people: who can sign in; others: computers, contacts and service accounts, which are no people.

    moved: after `move_a_few`, what changed, in words without values.
    """

    people: list[StaffEntry]
    others: list[StaffEntry]
    base: str = SUFFIX
    moved: tuple[str, ...] = ()

    def write_ldif(self, path: Path) -> None:
        """Write everything as `ldapsearch` prints it."""
        ldif.write(path, self.base, [*self.people, *self.others])

    def person(self, sam: str) -> StaffEntry:
        """The person with this sAMAccountName. Raises KeyError."""
        for entry in self.people:
            if entry.sam == sam:
                return entry
        raise KeyError(sam)


def sample(people: int, seed: int = 1) -> SampleDirectory:
    """A directory of this many people, with what is no person besides."""
    staff = Staff(random.Random(f"people {seed}"))
    entries = [staff.person(n) for n in range(1, people + 1)]
    return SampleDirectory(entries, [_other(staff.dice, n) for n in range(3 + people // 100)])


def _other(dice: random.Random, n: int) -> StaffEntry:
    """A computer, a contact or a managed service account."""
    user = ("top", "person", "organizationalPerson", "user")
    name, classes = (
        (f"PC{n:04d}", (*user, "computer")),
        (f"Contact {n}", ("top", "person", "organizationalPerson", "contact")),
        (f"svc{n:04d}", (*user, "computer", "msDS-GroupManagedServiceAccount")),
    )[n % 3]
    entry = StaffEntry(
        dn=f"CN={escaped(name)},OU=Other,{SUFFIX}",
        classes=classes,
        guid=dice.randbytes(16),
        sid=sid(900_000 + n),
        upn="",
        sam="" if "contact" in classes else f"{name}$",
        name=name,
    )
    if "contact" in classes:
        entry.values["mobile"] = ["+44 7400000000"]
    return entry


def move_a_few(directory: SampleDirectory, seed: int = 1, count: int = 6) -> SampleDirectory:
    """The same directory later: some new numbers, some first ones, some gone, a new private address."""
    later = copy.deepcopy(directory)
    dice = random.Random(f"later {seed}")
    staff = Staff(dice)
    taken = {n.e164 for entry in later.people for n in entry.numbers.values()}
    plain = [e for e in later.people if not e.disabled and not e.admin_count and "c" not in e.story]
    with_mobile = [e for e in plain if "mobile" in e.numbers]
    without = [e for e in plain if not e.values.get("mobile") and not e.values.get("otherMobile")]
    dice.shuffle(with_mobile)
    dice.shuffle(without)
    moved: list[str] = []
    for n in range(count):
        pool, what = (
            (without, "has a mobile now"),
            (with_mobile, "has another mobile"),
            (with_mobile, "has no mobile any more"),
        )[n % 3]
        if not pool:
            continue
        entry = pool.pop()
        entry.values.pop("mobile", None)
        entry.numbers.pop("mobile", None)
        if n % 3 != 2:
            number = staff.numbers.mobile(entry.region)
            while number.e164 in taken:
                number = staff.numbers.mobile(entry.region)
            entry.values["mobile"], entry.numbers["mobile"] = [number.normal], number
        moved.append(f"{entry.sam} {what}")
    later.moved = tuple(moved)
    return later


# ---------------------------------------------------------------- the tenant that belongs to it


def tenant(
    directory: SampleDirectory,
    seed: int = 1,
    *,
    faults: Faults | None = None,
    quotas: Quotas | None = None,
    scale: float = 20.0,
    cloud: str = "global",
) -> SandboxTenant:
    """The tenant into which this directory is synchronised, with what its users registered themselves.

    faults: those of the seed where none are given. scale: the tenant's seconds in a real one, so that
    its quotas need little waiting.
    """
    made = SandboxTenant(
        domains=(DOMAIN, INITIAL_DOMAIN),
        cloud=cloud,
        faults=faults if faults is not None else Faults.default(seed),
        quotas=quotas,
        scale=scale,
    )
    made.skus = [premium_p2(len(directory.people) + 100)]
    dice = random.Random(f"tenant {seed}")
    for entry in directory.people:
        if dice.random() < 0.03:
            continue  # a person with no account
        user = made.add_user(_account(entry, dice))
        _register(made, entry, user, dice)
    _strangers(made, len(directory.people), dice)
    _privileges(made, dice)
    _departments(made)
    _managers(made)
    made.refresh_report()
    return made


def _managers(made: SandboxTenant) -> None:
    """The first of each department leads it, and reports to nobody."""
    leads: dict[str, str] = {}
    for user in made.users.values():
        if user.synced and user.department:
            lead = leads.setdefault(user.department, user.id)
            user.manager = lead if lead != user.id else ""


def _account(entry: StaffEntry, dice: random.Random) -> User:
    """The user that Entra Connect makes of a person; a few bear an anchor of an older kind, no GUID, so that
    the SID alone finds them.
    """
    user = User(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, entry.guid.hex())),
        upn=entry.upn,
        name=entry.name,
        enabled=not entry.disabled and dice.random() >= 0.01,
        mail=entry.values["mail"][0],
        proxy_addresses=tuple(p for p in entry.values["proxyAddresses"] if not p.startswith("x500:")),
        immutable_id=base64.b64encode(entry.anchor).decode(),
        sid=sid_text(entry.sid),
        sam=entry.sam,
        dn=entry.dn,
        synced=True,
        department=entry.department,
        country=entry.values.get("co", [""])[0],
        usage_location=entry.region,
        language=_LANGUAGES.get(entry.region, "en-GB"),
    )
    if dice.random() < 0.01:
        user.immutable_id = dice.randbytes(16).hex()
    if dice.random() < 0.95:
        user.plans[P1_PLAN] = "Enabled"
    user.authenticator = dice.random() < 0.3
    return user


def _register(made: SandboxTenant, entry: StaffEntry, user: User, dice: random.Random) -> None:
    """What the user registered before: the same value, the same in another spelling, or another one."""
    roll, number = dice.random(), entry.numbers.get("mobile")
    if number is not None and roll < 0.08:
        made.register(user.id, Method.MOBILE, number.normal)
    elif number is not None and roll < 0.12:
        made.register(user.id, Method.MOBILE, dice.choice((number.e164, f"+{number.code} {number.groups()}")))
    elif number is not None and roll < 0.17:
        other = number.national[:-2] + f"{(int(number.national[-2:]) + 37) % 100:02d}"
        made.register(user.id, Method.MOBILE, f"+{number.code} {other}")
        if dice.random() < 0.3:
            made.register(user.id, Method.ALTERNATE_MOBILE, number.normal)
    if user.id in made.phones and Method.MOBILE in made.phones[user.id] and dice.random() < 0.5:
        user.default_method = Method.MOBILE
    roll, address = dice.random(), entry.email
    if address and roll < 0.06:
        made.register(user.id, Method.EMAIL, address.upper() if roll < 0.02 else address)
    elif roll < 0.09:
        made.register(user.id, Method.EMAIL, f"{entry.sam}.self@example.org")
    office = entry.numbers.get("telephoneNumber")
    if office is not None and dice.random() < 0.05:
        made.register(user.id, Method.OFFICE, office.normal)


def _strangers(made: SandboxTenant, people: int, dice: random.Random) -> None:
    """Accounts with no person: cloud-only users, guests, the sync account, an emergency account."""
    for n in range(2 + people // 50):
        made.new_user(f"cloud{n:04d}@{DOMAIN}").plans[P1_PLAN] = "Enabled"
    for n in range(2 + people // 33):
        guest = made.new_user(f"guest{n:04d}_example.org#EXT#@{INITIAL_DOMAIN}", guest=True)
        guest.mail = f"guest{n:04d}@example.org"
        if dice.random() < 0.2:
            guest.authenticator = True
    sync = made.new_user(f"Sync_DC1_0123456789ab@{INITIAL_DOMAIN}")
    sync.name = "On-Premises Directory Synchronization Service Account"
    made.assign("Directory Synchronization Accounts", sync.id)
    made.assign("Global Administrator", made.new_user(f"breakglass@{INITIAL_DOMAIN}").id)


def _privileges(made: SandboxTenant, dice: random.Random) -> None:
    """Roles active, eligible and through nested groups; owners and members of role-assignable groups."""
    members = [u.id for u in made.users.values() if u.synced and u.enabled]
    dice.shuffle(members)
    some = max(1, len(members) // 300)

    def take() -> list[str]:
        taken, members[:some] = members[:some], []
        return taken

    for ident in take():
        made.assign("User Administrator", ident)
    for ident in take():
        made.assign("Global Administrator", ident, eligible=True)
    inner = made.new_group("Helpdesk night shift", take())
    outer = made.new_group("Helpdesk", [*take(), inner.id], role_assignable=True)
    made.assign("Helpdesk Administrator", outer.id)
    idle = made.new_group("Role-assignable, no role yet", take(), role_assignable=True)
    idle.owners.extend(take())


def _departments(made: SandboxTenant) -> None:
    """A group for each department, and a pilot: every tenth person, half of them in a nested group."""
    synced = [u for u in made.users.values() if u.synced]
    by_department: dict[str, list[str]] = {}
    for user in synced:
        by_department.setdefault(user.department, []).append(user.id)
    for name, members in by_department.items():
        made.new_group(f"Dept {name}", members)
    pilot = [u.id for u in synced[::10]]
    wave: GroupRecord = made.new_group("SSPR pilot, second wave", pilot[1::2])
    made.new_group("SSPR pilot", [*pilot[::2], wave.id])

"""How much a plan costs: `python -m tests.bench plan [PEOPLE ...]` (10000, 100000, 1000000).

An export of so many people (four countries, a mobile and an office number each, in five spellings; 5 % mess)
and a tenant that has all but 2 % of it, served by a process of its own. For each size: the first plan with
all forms of reports, a quiet one (nothing to write), and a plain script with pandas and phonenumbers that
only reads and normalises the same numbers. CPU seconds and peak memory are of the measured process.
"""

import base64
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prepop.model import Method
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.records import P1_PLAN, User, premium_p2
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.people.entries import StaffEntry, sid, sid_text
from prepop.sandbox.people.ldif import write as write_ldif
from prepop.settings.template import demo_config

BASE = "DC=corp,DC=example,DC=com"
COLUMNS = ("userPrincipalName", "c", "mobile", "telephoneNumber")
MESS = ("n/a", "ask HR", "0000000000", "+49", "0151")
# region, country code, trunk prefix, a mobile's and an office's first digits, how many digits follow
PLANS = (
    ("GB", "44", "0", "7400", 6, "2079", 6),
    ("DE", "49", "0", "1512", 7, "3090", 6),
    ("FR", "33", "0", "612", 6, "142", 6),
    ("NL", "31", "0", "612", 6, "202", 6),
)
MAPPING = """
[region]
from = ["c"]
[mobile]
from = ["mobile"]
[office]
from = ["telephoneNumber"]
"""


@dataclass(frozen=True, slots=True)
class Staff:
    """One person: texts as the directory has them, numbers as the tenant has them; None: not registered."""

    number: int
    region: str
    mobile: str
    office: str
    registered: tuple[str, str] | None

    @property
    def guid(self) -> bytes:
        return uuid.uuid5(uuid.NAMESPACE_OID, f"staff {self.number}").bytes_le

    @property
    def upn(self) -> str:
        return f"person{self.number}@corp.example.com"


def staff(people: int, missing: int) -> Iterator[Staff]:
    """So many people, each of whom has their own numbers; `missing` per cent are not registered."""
    for n in range(people):
        region, code, trunk, mobile, m, office, o = PLANS[n % len(PLANS)]
        own = f"{n // len(PLANS):0{max(m, o)}d}"
        nationals = (mobile + own[-m:], office + own[-o:])
        texts = [_spelled(code, trunk, national, n // 7 % 5) for national in nationals]
        if n % 40 == 3:
            texts[n // 40 % 2] = MESS[n // 40 % len(MESS)]
        if n % 40 == 23:
            texts[n // 40 % 2] = ""
        there = None if n % 100 < missing else (f"+{code} {nationals[0]}", f"+{code} {nationals[1]}")
        yield Staff(n, region, texts[0], texts[1], there)


def _spelled(code: str, trunk: str, national: str, way: int) -> str:
    match way:
        case 0:
            return f"+{code}{national}"
        case 1:
            return f"+{code} ({trunk}) {national[:3]} {national[3:]}"
        case 2:
            return f"{trunk}{national[:3]} {national[3:6]} {national[6:]}"
        case 3:
            return f"00{code} {national[:3]}-{national[3:]}"
        case _:
            return f"{trunk}{national[:4]}/{national[4:]}"


def world(folder: Path, people: int, missing: int) -> None:
    """The export, the same as CSV for the plain script, the mapping."""
    write_ldif(folder / "people.ldif", BASE, (_entry(one) for one in staff(people, missing)))
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows((one.upn, one.region, one.mobile, one.office) for one in staff(people, missing))
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")


def _entry(one: Staff) -> StaffEntry:
    values = {
        "mail": [one.upn],
        "c": [one.region],
        "mobile": [one.mobile],
        "telephoneNumber": [one.office],
    }
    return StaffEntry(
        dn=f"CN=Person {one.number},OU=U{one.number % 50},OU=Staff,{BASE}",
        classes=("top", "person", "organizationalPerson", "user"),
        guid=one.guid,
        sid=sid(100_000 + one.number),
        upn=one.upn,
        sam=f"p{one.number}",
        name=f"Person {one.number}",
        admin_count=one.number == 0,
        department=f"Department {one.number % 30}",
        values={name: found for name, found in values.items() if found != [""]},
    )


def tenant(people: int, missing: int) -> SandboxTenant:
    """The tenant of these people, without faults and with a quota that is no limit."""
    made = SandboxTenant(
        domains=("corp.example.com", "contoso.onmicrosoft.com"), faults=Faults.none(), scale=100_000
    )
    made.skus = [premium_p2(people + 100)]
    for one in staff(people, missing):
        user = made.add_user(
            User(
                id=str(uuid.UUID(bytes_le=one.guid)),
                upn=one.upn,
                name=f"Person {one.number}",
                mail=one.upn,
                immutable_id=base64.b64encode(one.guid).decode(),
                sid=sid_text(sid(100_000 + one.number)),
                sam=f"p{one.number}",
                synced=True,
                usage_location=one.region,
            )
        )
        user.plans[P1_PLAN] = "Enabled"
        if one.registered:
            made.register(user.id, Method.MOBILE, one.registered[0])
            made.register(user.id, Method.OFFICE, one.registered[1])
    made.refresh_report()
    return made


def _serve(people: int, missing: int) -> None:
    """Until standard input ends."""
    with SandboxServer(tenant(people, missing)) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


def _plain(table: Path) -> None:
    """What one would write in an afternoon: pandas reads, phonenumbers normalises, and no more."""
    import pandas as pd
    import phonenumbers

    frame = pd.read_csv(table, dtype=str, keep_default_na=False)
    for column in ("mobile", "telephoneNumber"):
        made = []
        for text, region in zip(frame[column], frame["c"], strict=True):
            try:
                number = phonenumbers.parse(text, region)
            except phonenumbers.NumberParseException:
                made.append("")
                continue
            whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            made.append(whole if phonenumbers.is_valid_number(number) else "")
        frame[column] = made
    frame.to_csv(table.with_suffix(".normal.csv"), index=False)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: CPU and wall seconds, peak memory in MB, and what it wrote, in MB."""

    cpu: float
    wall: float
    memory: float
    written: float = 0.0


def _measured(command: list[str], answers: tuple[int, ...], folder: Path | None = None) -> Cost:
    began = time.monotonic()
    # a program that is installed keeps what was compiled, whatever the environment here says
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=kept)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in answers, process.returncode
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6 if folder else 0.0
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss / 1024, size)


def measure(people: int, missing: int) -> tuple[Cost, Cost]:
    """A plan's cost and the plain script's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world(folder, people, missing)
        command = [sys.executable, "-m", __spec__.name, "--serve", str(people), str(missing)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            config = demo_config(Path("people.ldif"), Path("mapping.toml"), url, verb="demo")
            (folder / "prepop.toml").write_text(config, encoding="utf-8")
            plan = [sys.executable, "-m", "prepop", "plan", "-c", str(folder / "prepop.toml")]
            out = folder / "out"
            cost = _measured([*plan, "--out", str(out), "--quiet"], (0,), out)
            server.communicate("")
        writes = json.loads((out / "summary.json").read_text(encoding="utf-8"))["writes"]["total"]
        assert bool(writes) is bool(missing), writes
        plain = _measured([sys.executable, "-m", __spec__.name, "--plain", str(folder / "people.csv")], (0,))
        return cost, plain


def main(sizes: list[int]) -> None:
    """A table, a row for each size and night."""
    sys.stdout.write(
        "people      night   CPU s   people/CPU s   wall s   peak MB   written MB   of the script\n"
    )
    for people in sizes:
        for night, missing in (("first", 2), ("quiet", 0)):
            cost, plain = measure(people, missing)
            sys.stdout.write(
                f"{people:<11,} {night} {cost.cpu:7.1f} {people / cost.cpu:14,.0f} {cost.wall:8.1f} "
                f"{cost.memory:9,.0f} {cost.written:12.1f} {cost.cpu / plain.cpu:12.2f} x "
                f"({plain.cpu:.1f} s)\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--serve", people, missing]:
            _serve(int(people), int(missing))
        case ["--plain", table]:
            _plain(Path(table))
        case words:
            main([int(word) for word in words] or [10_000, 100_000, 1_000_000])

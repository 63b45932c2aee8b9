"""`demo` and `sandbox`: the real program on an embedded directory and an emulated tenant.

Nothing here is a shortcut: the demo writes a config, a mapping and an LDIF export, and then calls the
same verbs that a person would type.
"""

import logging
import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from prepop.cli import verbs
from prepop.cli.console import Console
from prepop.cli.context import open_house
from prepop.cli.publish import PLAN, Shown
from prepop.errors import Exit, OutputError, UsageError
from prepop.files import owner_only_folder, write_owner_only, write_through
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.people.directory import SampleDirectory, move_a_few, sample
from prepop.sandbox.people.directory import tenant as tenant_of
from prepop.settings.samples import default_mapping
from prepop.settings.template import demo_config
from prepop.steps.plan import Asked
from prepop.store.plan_file import load

log = logging.getLogger(__name__)

EMAIL = """
[email]                             # the sample directory keeps private addresses here
from = ["extensionAttribute1"]
"""

CONFIG, MAPPING, EXPORT = "prepop.toml", "mapping.toml", "people.ldif"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with everything that one rehearsal needs."""

    folder: Path
    people: SampleDirectory
    verb: str = "demo"

    def write(self, endpoint: str) -> Path:
        """Write config, mapping and export; an existing mapping stays, so that one can play with it."""
        owner_only_folder(self.folder)
        config = self.folder / CONFIG
        # the export first: whoever sees the config finds what it names
        write_through(self.folder / EXPORT, self.people.write_ldif)
        if not (self.folder / MAPPING).exists():
            write_owner_only(self.folder / MAPPING, (default_mapping() + EMAIL).encode())
        text = demo_config(Path(EXPORT), Path(MAPPING), endpoint, verb=self.verb)
        write_owner_only(config, text.encode())
        return config


async def rehearse(count: int, seed: int, out: Path, shown: Shown) -> Exit:
    """Plan, apply, plan again, change a few people, plan once more; the story that a first week tells."""
    folder = _fresh(out)
    place = Place(folder, sample(count, seed))
    tenant = tenant_of(place.people, seed)
    say = _teller(shown.console)
    answers: dict[str, Mapping[str, object]] = {}
    if shown.console.as_json:
        shown = replace(shown, console=_Kept(as_json=True, quiet=shown.console.quiet, kept=answers))
    with SandboxServer(tenant) as server:
        config = place.write(server.url)
        house = open_house(config, {})
        say(
            f"An emulated tenant answers at {server.url}, with {len(tenant.users)} accounts.\n"
            f"It throttles, fails and drops connections as a real one does.\n"
            f"An LDIF export of a directory with {count} people lies in {out / EXPORT}.",
            "",
        )
        say(
            "First a plan. It reads both sides and writes nothing to either.",
            f"prepop plan --out {out / 'first'}",
        )
        await verbs.plan(house, Asked(), folder / "first", shown, exit_code=False)
        _, _, digest = load(folder / "first" / PLAN)
        before = len(tenant.writes)
        say(
            f"The tenant counts {before} writes. A reviewer reads {out / 'first' / 'report.html'}, signs,\n"
            "and the plan is applied as it stands.",
            f"prepop apply {out / 'first' / 'plan.json'} --digest {digest}",
        )
        code = await verbs.apply(house, folder / "first" / PLAN, digest, {}, None, shown)
        say(
            f"The tenant counts {len(tenant.writes)} writes; along the way it threw "
            f"{tenant.faults.met.total()} faults.\nThe same again finds nothing left to do.",
            f"prepop plan --out {out / 'second'}",
        )
        await verbs.plan(house, Asked(), folder / "second", shown, exit_code=False)
        Place(folder, move_a_few(place.people, seed)).write(server.url)
        say(
            "Overnight a few people change in the directory. The next plan has those and no others.",
            f"prepop plan --out {out / 'third'}",
        )
        await verbs.plan(house, Asked(), folder / "third", shown, exit_code=False)
    say(
        f"That is the whole job. Open {out / 'first' / 'report.html'} in a browser.\n"
        f"To play on: prepop sandbox --people {count} --seed {seed}, then\n"
        f"prepop plan -c prepop-sandbox/{CONFIG}",
        "",
    )
    if answers:
        Console(as_json=True).answer("", answers)
    return code


@dataclass(frozen=True, slots=True)
class _Kept(Console):
    """Keeps the answers of several verbs, so that a rehearsal too is one JSON document."""

    kept: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def answer(self, text: str, document: Mapping[str, object] | None = None) -> None:
        """Keep one answer under the name of its act."""
        acts = ("plan", "apply", "second_plan", "third_plan")
        self.kept[acts[len(self.kept)]] = document or {"answer": text}


def _teller(console: Console) -> Callable[[str, str], None]:
    """Between the answers, what is going on; on standard error where the answers are JSON."""
    stream = sys.stderr if console.as_json else sys.stdout

    def say(text: str, command: str) -> None:
        if console.quiet:
            return
        rule = "─" * min(console.width, 100)
        stream.write(f"\n{rule}\n{text}\n" + (f"\n$ {command}\n" if command else "") + "\n")
        stream.flush()

    return say


def _fresh(out: Path) -> Path:
    """Clear what an earlier rehearsal left; refuse a folder that is something else."""
    folder = out.absolute()
    if not folder.exists():
        return folder
    known = {CONFIG, MAPPING, EXPORT, "state", "reports", "first", "second", "third"}
    if any(one.name not in known for one in folder.iterdir()):
        raise UsageError(
            f"rehearsing in {folder}: there are files that no rehearsal made",
            hint="name another folder with --out",
        )
    for name in ("state", "reports", "first", "second", "third"):
        try:
            shutil.rmtree(folder / name)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OutputError(f"clearing {folder / name}: {error.strerror or error}") from error
    return folder


def serve(port: int, count: int, seed: int, out: Path, console: Console, *, calm: bool) -> None:
    """Serve a tenant on loopback until Ctrl-C, with a directory and a config that fit it."""
    folder = out.absolute()
    place = Place(folder, sample(count, seed), "sandbox")
    tenant = tenant_of(place.people, seed, faults=Faults.none() if calm else None)
    try:
        server = SandboxServer(tenant, port)
    except OSError as error:
        raise UsageError(
            f"serving the sandbox on 127.0.0.1:{port}: {error.strerror or error}",
            hint="name another port with --port, or 0 for a free one",
        ) from error
    config = place.write(server.url)  # the port is taken already; whoever gets an answer finds the files
    with server:
        console.answer(
            f"The emulated tenant answers at {server.url} with {len(tenant.users)} accounts.\n"
            "Ctrl-C ends it. "
            f"In another terminal: prepop plan -c {out / config.name}",
            {"url": server.url, "config": str(config), "accounts": len(tenant.users)},
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            log.info("the sandbox ends")

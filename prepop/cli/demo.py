"""`prepop demo`: the real program on an embedded directory and an emulated tenant.

Nothing here is a shortcut: the demo writes a config, a mapping and an LDIF export, and then calls the
same verbs that a person would type.
"""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Console, Shown
from prepop.errors import Exit, OutputError, UsageError

if TYPE_CHECKING:
    from prepop.model import Plan


@click.command("demo", cls=options.Verb)
@options.people
@options.seed
@click.option(
    "--out",
    type=options.PATH,
    metavar="DIR",
    default="prepop-demo",
    help="Where the rehearsal leaves its files.",
)
@click.pass_obj
def command(shown: Shown, people: int, seed: int, out: Path) -> Exit:
    """Rehearse everything on an embedded directory and tenant; no network, no credentials.

    Plans, shows the report, applies, plans again (nothing is left), changes a few people in the directory
    and plans once more, at last with a file of HR beside it. The tenant throttles, fails and drops
    connections as a real one does. What it leaves in DIR is a small working place: look at the reports,
    change the mapping, run it again.
    """
    return options.run(rehearse(people, seed, out, shown))


async def rehearse(count: int, seed: int, out: Path, shown: Shown) -> Exit:
    """Plan, apply, plan again, change a few people, plan once more; the story that a first week tells."""
    from prepop.cli.apply import apply
    from prepop.cli.context import open_house
    from prepop.cli.folders import PLAN
    from prepop.cli.place import CONFIG, EXPORT, HR_FILE, WITH_HR, Place
    from prepop.cli.plan import plan
    from prepop.sandbox.graph.server import SandboxServer
    from prepop.sandbox.people.directory import move_a_few, sample
    from prepop.sandbox.people.directory import tenant as tenant_of
    from prepop.steps.plan import Asked
    from prepop.store.plan_file import load

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
        await plan(house, Asked(), folder / "first", shown, exit_code=False)
        _, _, digest = load(folder / "first" / PLAN)
        before = len(tenant.writes)
        say(
            f"The tenant counts {before} writes. A reviewer reads {out / 'first' / 'report.html'}, signs,\n"
            "and the plan is applied as it stands.",
            f"prepop apply {out / 'first' / 'plan.json'} --digest {digest}",
        )
        code = await apply(house, folder / "first" / PLAN, digest, options.Allowed(), shown)
        say(
            f"The tenant counts {len(tenant.writes)} writes; along the way it threw "
            f"{tenant.faults.met.total()} faults.\nThe same again finds nothing left to do.",
            f"prepop plan --out {out / 'second'}",
        )
        await plan(house, Asked(), folder / "second", shown, exit_code=False)
        later = Place(folder, move_a_few(place.people, seed))
        later.write(server.url)
        say(
            "Overnight a few people change in the directory. The next plan has those and no others.",
            f"prepop plan --out {out / 'third'}",
        )
        await plan(house, Asked(), folder / "third", shown, exit_code=False)
        beside = open_house(later.write_hr(server.url, seed), {})
        say(
            f"HR has private addresses that no directory shows: {out / HR_FILE}, with the mess that such\n"
            "lists have. Joined by the number of the personnel, it tells how more people can be reached.",
            f"prepop plan -c {out / WITH_HR} --out {out / 'with-hr'}",
        )
        await plan(beside, Asked(), folder / "with-hr", shown, exit_code=False)
        before, alone, lasting = able(load(folder / "first" / PLAN)[0])
        _, with_hr, longer = able(load(folder / "with-hr" / PLAN)[0])
        say(
            f"Able to reset their own password: {before:,} people before, {alone:,} with the directory\n"
            f"alone, {with_hr:,} with the file of HR; once Microsoft's SMS and calls end, {lasting:,} and "
            f"{longer:,}.",
            "",
        )
    say(
        f"That is the whole job. Open {out / 'first' / 'report.html'} in a browser.\n"
        f"To play on: prepop sandbox --people {count} --seed {seed}, then\n"
        f"prepop plan -c prepop-sandbox/{CONFIG}",
        "",
    )
    if answers:
        Console(as_json=True).answer("", answers)
    return code


def able(made: "Plan") -> tuple[int, int, int]:
    """How many accounts can reset before a plan, after it, and still once SMS and calls have ended."""
    from prepop.model import Standing

    after = [standing for standing in made.standings if standing.after is Standing.ABLE]
    return (
        sum(standing.today is Standing.ABLE for standing in made.standings),
        len(after),
        sum(not standing.only_sms_voice for standing in after),
    )


@dataclass(frozen=True, slots=True)
class _Kept(Console):
    """Keeps the answers of several verbs, so that a rehearsal too is one JSON document."""

    kept: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def answer(self, text: str, document: Mapping[str, object] | None = None) -> None:
        """Keep one answer under the name of its act."""
        acts = ("plan", "apply", "second_plan", "third_plan", "plan_with_hr")
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
    from prepop.cli.place import CONFIG, EXPORT, HR_FILE, HR_MAPPING, MAPPING, WITH_HR

    folder = out.absolute()
    if not folder.exists():
        return folder
    made = ("state", "reports", "first", "second", "third", "with-hr")
    known = {CONFIG, MAPPING, EXPORT, HR_FILE, HR_MAPPING, WITH_HR, *made}
    if any(path.name not in known for path in folder.iterdir()):
        raise UsageError(
            f"rehearsing in {folder}: there are files that no rehearsal made",
            hint="name another folder with --out",
        )
    for name in made:
        try:
            shutil.rmtree(folder / name)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OutputError(f"clearing {folder / name}: {error.strerror or error}") from error
    return folder

"""`prepop plan`: read, decide, report. It holds no writer and changes no state."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit
from prepop.reasons import FindingCode

if TYPE_CHECKING:
    from prepop.cli.context import House, OpenState, Past
    from prepop.model import Plan
    from prepop.ports import Progress, TenantReader
    from prepop.steps.plan import Asked, Planned
    from prepop.store.lost import Recalled


log = logging.getLogger(__name__)


@click.command("plan", cls=options.Verb)
@click.option(
    "--out",
    type=options.PATH,
    metavar="DIR",
    help="Where plan.json and the reports go; else report.dir/RUN.",
)
@options.user
@options.group
@click.option("--limit", type=click.IntRange(0), metavar="N", help="Only the first N changes, in plan order.")
@click.option("--exit-code", is_flag=True, help="End with 10 where changes are pending.")
@click.pass_obj
def command(
    shown: Shown,
    out: Path | None,
    user: tuple[str, ...],
    group: tuple[str, ...],
    limit: int | None,
    exit_code: bool,
) -> Exit:
    """Read directory and tenant, decide, write plan.json and its reports. Writes nothing to the tenant.

    The plan is what a reviewer signs: `prepop apply plan.json --digest D` writes exactly that, as long
    as nobody edited it, config and mapping are the same, and it is at most a day old.
    """
    from prepop.cli.context import house_of

    house = house_of(shown)  # a mistake there is told before all that a plan needs is loaded
    from prepop.steps.plan import Asked

    return options.run(plan(house, Asked(user, group, limit), out, shown, exit_code=exit_code))


async def plan(house: "House", asked: "Asked", out: Path | None, shown: Shown, *, exit_code: bool) -> Exit:
    """Make a plan, save it with its reports, show it. Changes nothing anywhere else."""
    from prepop.cli.context import looking
    from prepop.cli.publish import Reports, previous_plan, save
    from prepop.steps.managers import with_managers

    run = house.new_run()
    async with looking(house, shown.console, run) as look:
        made = (await planned(house, asked, run, look.past, look.reader, look.progress)).plan
        made = await with_managers(made, look.reader)
        folder = out or house.settings.report_dir / run
        digest = save(made, folder)
        look.course.plan = made
        previous = previous_plan(look.past, made)
        look.course.hooks.append(Reports(house, shown, folder, digest, previous=previous))
    code = look.course.exit_code
    return Exit.PENDING if exit_code and made.changes and code is Exit.DONE else code


async def planned(
    house: "House",
    asked: "Asked",
    run: str,
    past: "Past | OpenState",
    reader: "TenantReader",
    progress: "Progress",
) -> "Planned":
    """A plan of this house, with what it was made from."""
    from prepop.model import Ledger
    from prepop.steps.extras import read_extras
    from prepop.steps.plan import make_plan

    # first of all: a column that is gone is a mistake in the mapping, whatever else there is
    extras = await read_extras(house.extras(), house.settings.mapping, house.clock.now())
    facts = await reader.facts()
    lost = lost_to(house, past)
    ledger = past.journal.ledger() if past.journal else Ledger()
    return await make_plan(
        house.settings,
        house.sources(),
        reader,
        replace(ledger, written={**ledger.written, **lost.newer_than(ledger.written)}),
        past.journal.last_run(facts.id) if past.journal else None,
        asked,
        run=run,
        clock=house.clock,
        progress=progress,
        extras=extras,
        # a state that knows no run at all calls nothing its own
        lost_runs=lost.runs if ledger.written else (),
    )


def lost_to(house: "House", past: "Past | OpenState") -> "Recalled":
    """What reports tell of runs that the state does not know; where there are some, that is said."""
    from prepop.store.lost import recall

    known = past.journal.known_runs() if past.journal else frozenset()
    lost = recall(house.settings.report_dir, known)
    if lost.runs:
        log.warning(
            "the state does not know %d runs whose reports are in %s (the newest is %s): it was lost, or "
            "restored from before them. What they wrote and somebody took away since stays away; what was "
            "purged from there may come back: look through the additions before you apply them",
            len(lost.runs),
            house.settings.report_dir,
            lost.runs[-1],
        )
    return lost


def remember_lost(house: "House", state: "OpenState", made: "Plan") -> None:
    """From here on the state knows what reports told of runs that it had lost.

    An older state only once somebody accepted what it would replace and remove; until then it is said.
    """
    from prepop.store.lost import recall

    lost = recall(house.settings.report_dir, state.journal.known_runs())
    older = any(finding.code is FindingCode.STATE_OLDER for finding in made.findings)
    if lost.runs and (older or not state.journal.ledger().written):
        state.journal.remember(lost.runs, list(lost.written.values()))

"""`prepop apply`: write what a plan says, and nothing else."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit

if TYPE_CHECKING:
    from prepop.cli.context import House
    from prepop.reasons import FindingCode


@click.command("apply", cls=options.Verb)
@click.argument(
    "file", metavar="PLAN.json", type=options.PATH, help="The plan that was reviewed, or its folder."
)
@click.option(
    "--digest",
    metavar="D",
    callback=lambda ctx, param, text: options.digest_of(text),
    help="The digest that was signed off.",
)
@options.accept
@options.max_duration
@click.pass_obj
def command(
    shown: Shown,
    file: Path,
    digest: str | None,
    accepted: "dict[FindingCode, int]",
    max_seconds: float | None,
) -> Exit:
    """Write what a plan says, and nothing else.

    Right before each write the present value is read again: what changed since the plan is not
    overwritten. A connection that breaks off is read back before anything is sent again.
    """
    from prepop.cli.context import house_of
    from prepop.cli.folders import PLAN

    allowed = options.Allowed(accepted, max_seconds)
    path = file.absolute() / PLAN if file.is_dir() else file.absolute()
    return options.run(apply(house_of(shown), path, digest, allowed, shown))


async def apply(
    house: "House", path: Path, signed: str | None, allowed: options.Allowed, shown: Shown
) -> Exit:
    """Apply exactly the plan in this file, if nothing speaks against it."""
    from prepop.cli.context import running
    from prepop.cli.publish import Reports, is_folder_name, make_run_folder
    from prepop.cli.telling import tell_people
    from prepop.rules.decisions.validity import Ground, stale, tampered
    from prepop.steps.apply import Order, apply_plan, refuse
    from prepop.steps.settle import settle_open
    from prepop.steps.untouchable import privileged_now
    from prepop.store.plan_file import load

    made, said, real = load(path)
    settings = house.settings
    async with running(house, shown.console, made.run, allowed.max_seconds) as work:
        # the first apply of a plan has the plan's own id, unless somebody turned that into a path
        taken = any(past.id == made.run for past in work.state.journal.runs())
        run = house.new_run() if taken or not is_folder_name(made.run) else made.run
        work.is_run(run)
        tenant = await work.tenant()
        facts = await tenant.reader.facts()
        then = Ground(made.tenant, made.config_digest, made.mapping_digest, made.created)
        now = Ground(facts.id, settings.config_digest, settings.mapping_digest, house.clock.now())
        edited = tampered(str(path), said, real, signed)
        refuse((*edited, *stale(then, now), *made.findings), allowed.accepted)
        untouchable = await privileged_now(
            tenant.reader, house.sources(), settings.scope, made.changes, work.progress
        )
        await settle_open(work.state.journal, tenant.reader, work.progress)
        folder = make_run_folder(house, run)  # now: after the writes it would be too late
        work.course.plan = made
        work.course.hooks.append(Reports(house, shown, folder, real, beside=path.parent, brief=True))
        order = Order(run, real, path, allowed.accepted, untouchable=untouchable)
        work.course.applied = await apply_plan(made, order, work.means(tenant))
        await tell_people(work, tenant)
    return work.course.exit_code

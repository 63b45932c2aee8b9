"""`prepop rollback`: undo what a run did, where the present value is still what it wrote."""

from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit, UsageError

if TYPE_CHECKING:
    from prepop.cli.context import House
    from prepop.ports import PastRuns
    from prepop.reasons import FindingCode
    from prepop.steps.rollback import Undoing


@click.command("rollback", cls=options.Verb)
@click.argument("run", metavar="RUN", help="Id of the run to undo.")
@options.user
@options.accept
@click.option("--apply", "act", is_flag=True, help="Undo it. Without this it is only shown.")
@click.pass_obj
def command(
    shown: Shown, run: str, user: tuple[str, ...], accepted: "dict[FindingCode, int]", act: bool
) -> Exit:
    """Undo what a run did, where the present value is still what it wrote.

    What was added is removed, what was replaced gets its earlier value back. It goes through the same
    guards as any plan. The next sync would write the same again: narrow scope or mapping first.
    """
    from prepop.cli.context import house_of

    house = house_of(shown)
    if act:
        return options.run(undo(house, run, user, options.Allowed(accepted), shown))
    return options.run(preview(house, run, user, shown))


async def preview(house: "House", run: str, users: tuple[str, ...], shown: Shown) -> Exit:
    """Show what undoing this run would do, with a plan that can be applied."""
    from prepop.cli.context import looking
    from prepop.cli.publish import Reports, save
    from prepop.steps.rollback import make_rollback

    new = house.new_run()
    async with looking(house, shown.console, new) as look:
        if look.past.journal is None:
            raise UsageError(f"looking for run {run}: there is no journal in {house.settings.state_dir}")
        undoing = _undoing(house, look.past.journal, run, users, new)
        made = await make_rollback(
            undoing, house.settings, look.past.journal, look.reader, house.sources(), look.progress
        )
        folder = house.settings.report_dir / new
        look.course.plan = made
        look.course.hooks.append(Reports(house, shown, folder, save(made, folder)))
    return look.course.exit_code


async def undo(
    house: "House", run: str, users: tuple[str, ...], allowed: options.Allowed, shown: Shown
) -> Exit:
    """Undo this run."""
    from prepop.cli.context import running
    from prepop.cli.folders import PLAN
    from prepop.cli.publish import Reports, save
    from prepop.cli.telling import tell_people
    from prepop.steps.apply import Order, apply_plan, refuse
    from prepop.steps.rollback import make_rollback
    from prepop.steps.settle import settle_open

    new = house.new_run()
    async with running(house, shown.console, new) as work:
        journal = work.state.journal
        undoing = _undoing(house, journal, run, users, new)
        tenant = await work.tenant()
        await settle_open(journal, tenant.reader, work.progress)
        made = await make_rollback(
            undoing, house.settings, journal, tenant.reader, house.sources(), work.progress
        )
        folder = house.settings.report_dir / new
        digest = save(made, folder)
        work.course.plan = made
        work.course.hooks.append(Reports(house, shown, folder, digest))
        refuse(made.findings, allowed.accepted)
        order = Order(new, digest, folder / PLAN, allowed.accepted)
        work.course.applied = await apply_plan(made, order, work.means(tenant))
        await tell_people(work, tenant)
    return work.course.exit_code


def _undoing(house: "House", past: "PastRuns", run: str, users: tuple[str, ...], new: str) -> "Undoing":
    from prepop.steps.resume import find_run
    from prepop.steps.rollback import Undoing

    return Undoing(find_run(past, run), users, new, house.clock.now())

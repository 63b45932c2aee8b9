"""`prepop sync`: settle, plan, apply; the nightly job."""

import os
from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import ConfigError, Exit

if TYPE_CHECKING:
    from prepop.cli.context import House
    from prepop.reasons import FindingCode
    from prepop.steps.plan import Asked


@click.command("sync", cls=options.Verb)
@options.user
@options.group
@options.accept
@options.max_duration
@click.option("--dry-run", "--what-if", "dry_run", is_flag=True, help="As `plan`: write nothing.")
@click.pass_obj
def command(
    shown: Shown,
    user: tuple[str, ...],
    group: tuple[str, ...],
    accepted: "dict[FindingCode, int]",
    max_seconds: float | None,
    dry_run: bool,
) -> Exit:
    """Plan, check every guard, apply: the nightly job.

    What a broken night left open is settled first by reading back, so that nobody has to look after it.
    """
    from prepop.cli.context import config_file, house_of

    try:
        house = house_of(shown)  # a mistake there is told before all that a plan needs is loaded
    except ConfigError as error:
        from prepop.options import NOTIFY_VARIABLE

        urls = os.environ.get(NOTIFY_VARIABLE, "").split()
        if urls and not dry_run:
            from prepop.cli.notifying import tell_of_config

            tell_of_config(urls, config_file(shown.config, os.environ), len(error.mistakes))
        raise
    from prepop.cli.plan import plan
    from prepop.steps.plan import Asked

    asked = Asked(user, group, None)
    if dry_run:
        return options.run(plan(house, asked, None, shown, exit_code=False))
    return options.run(sync(house, asked, options.Allowed(accepted, max_seconds), shown))


async def sync(house: "House", asked: "Asked", allowed: options.Allowed, shown: Shown) -> Exit:
    """Settle what a broken night left, plan afresh, and apply what nothing speaks against."""
    from prepop.cli.context import running
    from prepop.cli.folders import PLAN
    from prepop.cli.plan import planned, remember_lost
    from prepop.cli.publish import Forgetting, Reports, previous_plan, save
    from prepop.cli.telling import tell_people
    from prepop.steps.apply import Order, apply_plan, refuse
    from prepop.steps.settle import settle_open
    from prepop.store.plan_file import digest as digest_of

    run = house.new_run()
    async with running(house, shown.console, run, allowed.max_seconds) as work:
        tenant = await work.tenant()
        await settle_open(work.state.journal, tenant.reader, work.progress)
        found = await planned(house, asked, run, work.state, tenant.reader, work.progress)
        work.state.journal.noticed(found.present)
        made = found.plan
        folder = house.settings.report_dir / run
        # who runs every quarter of an hour wants no plan of nothing each time: the summary says it
        digest = save(made, folder) if made.changes or made.blocking else digest_of(made)
        previous = previous_plan(work.state, made)
        work.course.plan = made
        work.course.hooks += [
            Reports(house, shown, folder, digest, previous=previous),
            Forgetting(house, work.state),
        ]
        refuse(made.findings, allowed.accepted)
        remember_lost(house, work.state, made)
        order = Order(run, digest, folder / PLAN, allowed.accepted, found.seen)
        work.course.applied = await apply_plan(made, order, work.means(tenant))
        await tell_people(work, tenant)
    return work.course.exit_code

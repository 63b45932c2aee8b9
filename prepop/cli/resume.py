"""`prepop resume`: finish a run that was cut off."""

import logging
from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit, UsageError

if TYPE_CHECKING:
    from prepop.cli.context import House
    from prepop.model import Plan
    from prepop.ports import RunRecord

log = logging.getLogger(__name__)


@click.command("resume", cls=options.Verb)
@click.argument("run", metavar="[RUN]", required=False, help="Id of a run; else the newest open one.")
@options.max_duration
@click.pass_obj
def command(shown: Shown, run: str | None, max_seconds: float | None) -> Exit:
    """Finish a run that was cut off: read back what was sent, then carry on.

    Nothing is sent twice where the first sending had succeeded. A run whose plan is older than a day, or
    whose config or mapping changed since, is read back and closed; `prepop sync` goes on then. With nothing
    open it ends with 0.
    """
    from prepop.cli.context import house_of

    return options.run(resume(house_of(shown), run, max_seconds, shown))


async def resume(house: "House", run: str | None, max_seconds: float | None, shown: Shown) -> Exit:
    """Read back what an open run sent, then carry on or close it. Nothing open: 0."""
    from prepop.cli.context import running
    from prepop.cli.publish import Reports, run_folder
    from prepop.cli.telling import tell_people
    from prepop.steps.apply import refuse
    from prepop.steps.resume import find_open
    from prepop.steps.resume import resume as go_on

    async with running(house, shown.console, run or "resume", max_seconds) as work:
        record = find_open(work.state.journal, run)
        if record is None:
            shown.console.answer(
                f"Nothing to resume: no run is open in the state folder {house.settings.state_dir}.",
                {"run": None, "outcomes": {}},
            )
        else:
            work.is_run(record.id)
            work.course.plan = _plan(record)
            beside = record.plan_path.parent
            folder = run_folder(house, record.id)
            work.course.hooks.append(Reports(house, shown, folder, beside=beside, brief=True))
            tenant = await work.tenant()
            means = work.means(tenant)
            resumed = await go_on(record, house.settings, house.sources(), house.clock.now(), means)
            work.course.applied = resumed.applied
            await tell_people(work, tenant)
            refuse(resumed.refused, {})
    return work.course.exit_code


def _plan(record: "RunRecord") -> "Plan | None":
    """The plan of the run, for its report; None where its file is gone."""
    from prepop.cli.context import plan_of

    try:
        return plan_of(record)[0]
    except UsageError as error:
        log.warning("the report cannot be rendered: %s", error.message)
        return None

"""`prepop report`: render a plan or a run again."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit, UsageError

if TYPE_CHECKING:
    from prepop.cli.context import House

log = logging.getLogger(__name__)


@click.command("report", cls=options.Verb)
@click.argument("what", metavar="PLAN|RUN", help="A plan.json, its folder, or the id of a run.")
@click.option("--out", type=options.PATH, metavar="DIR", help="Where the reports go; else beside the plan.")
@click.pass_obj
def command(shown: Shown, what: str, out: Path | None) -> Exit:
    """Render a plan or a run again; a run that was applied with its outcomes beside the plan."""
    from prepop.cli.context import house_of

    return report(house_of(shown), what, out, shown)


def report(house: "House", what: str, out: Path | None, shown: Shown) -> Exit:
    """Render a plan or a run again, with the outcomes where it was applied."""
    from prepop.cli.context import plan_of
    from prepop.cli.publish import Reports, previous_plan, run_folder
    from prepop.steps.apply import Applied
    from prepop.steps.finish import execution_of
    from prepop.store.plan_file import load

    with house.past() as past:
        runs = past.journal.runs() if past.journal else ()
        record = next((record for record in runs if record.id == what), None)
        path = record.plan_path if record else _file(house, what)
        if record and past.journal and not path.exists() and not past.journal.outcomes(record.id):
            raise UsageError(
                f"rendering again: run {what} found nothing to write, and left no plan",
                hint=f"{run_folder(house, record.id) / 'summary.json'} is what there is of it",
            )
        made, said, real = plan_of(record) if record else load(path, only_shown=True)
        if said != real:
            log.warning("%s was edited after it was made: it can be shown, not applied", path)
        record = record or next((record for record in runs if record.plan_run == made.run), None)
        applied: Applied | None = None
        if past.journal and record:
            code, closed = Exit(record.exit_code or 0), record.finished is not None
            applied = Applied(record.id, past.journal.outcomes(record.id), code, closed=closed)
        folder = out or (run_folder(house, applied.run) if applied else path.parent)
        previous = previous_plan(past, made)
        execution = execution_of(past.journal, record.id) if past.journal and record else None
        reports = Reports(house, shown, folder, real, beside=path.parent, previous=previous)
        reports.show(made, applied, execution)
    return Exit.DONE


def _file(house: "House", what: str) -> Path:
    """The plan file that is meant. Raises UsageError where there is none."""
    from prepop.cli.folders import PLAN

    path = Path(what)
    if not path.exists() and (house.settings.report_dir / what / PLAN).exists():
        return house.settings.report_dir / what / PLAN
    path = path / PLAN if path.is_dir() else path
    if not path.exists():
        raise UsageError(
            f"rendering again: {what} is neither a plan file nor a run",
            hint="name a plan.json, or the id of a run as it stands in every report",
        )
    return path

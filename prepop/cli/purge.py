"""`prepop purge`: forget the values of old runs."""

from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit
from prepop.rules.phrases import counted

if TYPE_CHECKING:
    from prepop.cli.context import House


@click.command("purge", cls=options.Verb)
@click.option(
    "--older-than",
    "days",
    metavar="DAYS",
    required=True,
    callback=lambda ctx, param, text: options.days_of(text),
    help="Age in days: 30d, or 30.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be purged.")
@click.pass_obj
def command(shown: Shown, days: int, dry_run: bool) -> Exit:
    """Forget the values of old runs, in the journal and in report.dir; counts and outcomes stay.

    Plans and reports that were written elsewhere with --out stay: remove them where you put them.
    Every sync does the same with state.keep_days.
    """
    from prepop.cli.context import house_of

    return purge(house_of(shown), days, shown, dry=dry_run)


def purge(house: "House", days: int, shown: Shown, *, dry: bool) -> Exit:
    """Forget the values of runs that are older than so many days, or say what that would take."""
    from prepop.store.purging import forget

    reports, now = house.settings.report_dir, house.clock.now()
    if dry:
        with house.past() as past:
            values, folders = forget(past.journal, reports, now, days, dry=True) if past.journal else (0, 0)
    else:
        with house.state("purge") as state:
            values, folders = forget(state.journal, reports, now, days)
    shown.console.answer(
        f"{'Would purge' if dry else 'Purged'} the values of {counted(values, 'run')} in the journal of "
        f"{house.settings.state_dir} and {counted(folders, 'folder')} in {reports}.\n"
        "Plans and reports that were written elsewhere with --out stay.",
        {"runs": values, "folders": folders, "dry_run": dry},
    )
    return Exit.DONE

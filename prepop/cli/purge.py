"""`prepop purge`: forget the values of old runs."""

from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit

if TYPE_CHECKING:
    from prepop.cli.context import House


@click.command("purge", cls=options.Verb)
@click.option(
    "--older-than", "days", type=click.IntRange(0), metavar="DAYS", required=True, help="Age in days."
)
@click.pass_obj
def command(shown: Shown, days: int) -> Exit:
    """Forget the values of old runs, in the journal and in report.dir; counts and outcomes stay.

    Every sync does the same with state.keep_days.
    """
    from prepop.cli.context import house_of

    return purge(house_of(shown), days, shown)


def purge(house: "House", days: int, shown: Shown) -> Exit:
    """Forget the values of runs that are older than so many days: in the journal and in report.dir."""
    from prepop.store.purging import forget

    with house.state("purge") as state:
        values, folders = forget(state.journal, house.settings.report_dir, house.clock.now(), days)
    text = f"Purged the values of {values} runs in the journal and {folders} folders in report.dir."
    shown.console.answer(text, {"runs": values, "folders": folders})
    return Exit.DONE

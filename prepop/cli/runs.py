"""`prepop runs`: past runs, and one in full."""

from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit, UsageError
from prepop.model import RunKind

if TYPE_CHECKING:
    from prepop.cli.context import House, Past
    from prepop.ports import RunRecord
    from prepop.reports.terminal.runs import RunLine


@click.command("runs", cls=options.Verb)
@click.argument("run", metavar="[RUN]", required=False, help="Show this one in full.")
@click.option(
    "--overdue", is_flag=True, help="For a watchdog: 30 where no run ended well within notify.within."
)
@click.pass_obj
def command(shown: Shown, run: str | None, overdue: bool) -> Exit:
    """List past runs, newest first; one run in full."""
    from prepop.cli.context import house_of

    if overdue and run is not None:
        raise UsageError("runs: --overdue looks at all runs", hint="leave the run's id out")
    house = house_of(shown)
    return watch(house, shown) if overdue else runs(house, run, shown)


def watch(house: "House", shown: Shown) -> Exit:
    """Whether the nightly job still works. Nobody tells of a job that does not start any more.

    A run is good that ended with 0: nothing failed, or there was nothing to do.
    """
    from prepop.rules.phrases import counted

    within, now = house.settings.notify.within, house.clock.now()
    with house.past() as past:
        records = past.journal.runs() if past.journal else ()
    good = [
        record
        for record in records
        if record.kind is RunKind.APPLY and record.finished is not None and record.exit_code == Exit.DONE
    ]
    last = max((record.finished for record in good if record.finished is not None), default=None)
    late = last is None or now - last > within
    hours = counted(int(within.total_seconds() // 3600), "hour")
    if last is None:
        text = f"No run in {house.settings.state_dir} has ended well; one is expected every {hours}."
    else:
        text = f"The last run that ended well ended {last:%Y-%m-%d %H:%M} UTC; one is expected every {hours}."
    ended = last.isoformat() if last else None
    answer = {"overdue": late, "last_good": ended, "within_seconds": int(within.total_seconds())}
    shown.console.answer(("Overdue. " if late else "") + text + "\n", answer)
    return Exit.BLOCKED if late else Exit.DONE


def runs(house: "House", run: str | None, shown: Shown) -> Exit:
    """List past runs, newest first; or one run in full."""
    from prepop.reports.terminal.runs import render_run, render_runs, run_document, runs_document
    from prepop.steps.resume import STATES, find_run

    console = shown.console
    with house.past() as past:
        if run is None:
            records = past.journal.runs() if past.journal else ()
            lines = [_line(past, record) for record in records]
            text = render_runs(lines, house.settings.state_dir, width=console.width, colour=console.colour)
            console.answer(text, {**runs_document(lines), "state": str(house.settings.state_dir)})
            return Exit.DONE
        if past.journal is None:
            raise UsageError(f"looking for run {run}: there is no journal in {house.settings.state_dir}")
        record = find_run(past.journal, run)
        told = _line(past, record)
        changes = past.journal.changes(record.id, *STATES)
        outcomes = past.journal.outcomes(record.id)
    text = render_run(
        told, changes, outcomes, unmask=shown.unmask, width=console.width, colour=console.colour
    )
    console.answer(text, run_document(told, changes, outcomes, unmask=shown.unmask))
    return Exit.DONE


def _line(past: "Past", record: "RunRecord") -> "RunLine":
    from prepop.reports.terminal.runs import RunLine
    from prepop.rules.phrases import visible

    return RunLine(
        id=record.id,
        kind=str(record.kind),
        tenant=record.tenant,
        started=record.started,
        finished=record.finished,
        exit_code=record.exit_code,
        accepted=record.accepted,
        plan=str(record.plan_path),
        counts=past.journal.counts(record.id) if past.journal else {},
        ending=record.ending,
        stopped_by=record.stopped_by,
        operator=visible(str(record.operator)),
        mails={str(state): count for state, count in past.mails.counts(record.id).items()}
        if past.mails
        else {},
    )

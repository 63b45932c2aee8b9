"""How a plan and a run are shown and kept: the plan's file, the reports, and the answer on the screen.

A plan stands with its reports in `report.dir/RUN`, or where `--out` says: that is what is read and signed,
and no run writes there. The reports of a run stand in `report.dir/RUN` under the run's own id. The first
`apply` of a plan bears the plan's id: where the plan stands in that very folder, they go to `applied` in it.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prepop.cli.console import Console
from prepop.cli.context import House
from prepop.errors import Exit, OutputError
from prepop.files import owner_only_folder
from prepop.model import Outcome, Plan
from prepop.steps.apply import Applied

PLAN = "plan.json"
APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class Shown:
    """How an answer is given: where to, and whether values are whole."""

    console: Console
    unmask: bool = False
    config: Path | None = None  # as it was given, for the next command; None: the default


def save(made: Plan, folder: Path) -> str:
    """Write plan.json into the folder; the answer is its digest."""
    from prepop.store import plan_file

    return plan_file.save(made, folder / PLAN)


# ---------------------------------------------------------------- where


def is_folder_name(run: str) -> bool:
    """True where a run of this id has a folder of its own; an id that somebody wrote into a file may not."""
    return run not in ("", ".", "..") and Path(run).name == run and "\\" not in run


def make_run_folder(house: House, run: str) -> Path:
    """Make the folder for the reports of a run that applies a plan which was reviewed. Raises OutputError."""
    own = house.settings.report_dir / run
    folder = own / APPLIED if (own / PLAN).exists() else own
    owner_only_folder(folder)
    return folder


def run_folder(house: House, run: str) -> Path:
    """The folder of a run's reports, as `make_run_folder` made it; `report.dir/RUN` for any other run."""
    own = house.settings.report_dir / run
    return own / APPLIED if (own / APPLIED).is_dir() else own


def typed(path: Path) -> str:
    """A path as one would type it here."""
    short = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return shlex.quote(str(short))


# ---------------------------------------------------------------- showing


def show(
    house: House,
    made: Plan,
    applied: Applied | None,
    folder: Path,
    shown: Shown,
    *,
    previous: Plan | None,
    keep_plan: bool = False,
    beside: Path | None = None,
) -> None:
    """Write the plan (unless it stands there) and its reports, and give the answer.

    beside: where the plan stands, if that is not where its reports go. Raises OutputError; where only a
    report cannot be written, after the answer was given.
    """
    from prepop.reports import render_terminal, summary_document, write_reports
    from prepop.rules.summary import summarise
    from prepop.store.plan_file import digest as digest_of
    from prepop.store.readiness_file import check_in

    digest = digest_of(made) if keep_plan else save(made, folder)
    outcomes: Mapping[str, Outcome] | None = applied.outcomes if applied else None
    summary = summarise(
        made,
        outcomes,
        previous,
        shown.unmask,
        digest=digest,
        plan_file=typed((beside or folder) / PLAN) + (f" -c {typed(shown.config)}" if shown.config else ""),
        run=applied.run if applied else "",
        closed=applied is not None and applied.closed,
        check=check_in(beside or folder),
    )
    console = shown.console
    text = render_terminal(summary, width=console.width, colour=console.colour)
    try:
        written = write_reports(summary, folder, house.settings.formats)
    except OutputError:
        console.answer(text, summary_document(summary))
        raise
    where = f"\nReports in {typed(folder)}\n" if written else ""
    console.answer(text + where, summary_document(summary))


def show_run(
    house: House,
    made: Plan,
    applied: Applied,
    folder: Path,
    shown: Shown,
    *,
    previous: Plan | None = None,
    beside: Path | None = None,
) -> Exit:
    """Show what a run did; the answer is how it ended.

    A report that cannot be written is said and takes its own exit code (2), unless the run ended worse.
    """
    try:
        show(house, made, applied, folder, shown, previous=previous, keep_plan=True, beside=beside)
    except OutputError as error:
        shown.console.error(error)
        return applied.exit_code or error.exit_code
    return applied.exit_code

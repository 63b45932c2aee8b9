"""How a plan and a run are shown and kept: the plan's file, the reports, and the answer on the screen.

A plan stands with its reports in `report.dir/RUN`, or where `--out` says: that is what is read and signed,
and no run writes there. The reports of a run stand in `report.dir/RUN` under the run's own id. The first
`apply` of a plan has the plan's id: where the plan stands in that very folder, they go to `applied` in it.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prepop.cli.console import Shown
from prepop.cli.context import House, OpenState, Past, plan_of
from prepop.cli.folders import APPLIED, PLAN, run_of, typed
from prepop.cli.measuring import certificate_ends
from prepop.errors import Blocked, OutputError, UsageError
from prepop.files import owner_only_folder
from prepop.model import Ending, Execution, Plan, Result, RunKind
from prepop.options import ReportFormat
from prepop.steps.apply import Applied
from prepop.steps.finish import Ended

log = logging.getLogger(__name__)


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
    return run_of(house.settings, run)


# ---------------------------------------------------------------- showing


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports of a plan or a run, in `folder`, and the answer on the screen. A hook of `steps.finish`.

    digest: of the plan, where it is known already. beside: where the plan stands, if that is not where its
    reports go. previous: the plan of the run before, to say what is new. brief: the screen shows what is new
    since the plan was shown; the files have everything.
    """

    house: House
    shown: Shown
    folder: Path
    digest: str = ""
    beside: Path | None = None
    previous: Plan | None = None
    brief: bool = False

    def __call__(self, ended: Ended) -> None:
        """Show what a run decided or did; of one that broke off, `resume` and `runs` tell."""
        if ended.error is not None and not isinstance(ended.error, Blocked):
            return
        if ended.plan is not None:
            self.show(ended.plan, ended.applied, ended.execution)
        elif ended.applied is not None:
            self._counted(ended.applied)

    def show(self, made: Plan, applied: Applied | None, execution: Execution | None) -> None:
        """Write the reports, and give the answer. execution: what the journal says of the run, if it can.

        Raises OutputError where a report cannot be written, after the answer was given.
        """
        from prepop.reports import render_terminal, summary_document, write_reports
        from prepop.rules.summary import summarise
        from prepop.store.plan_file import digest as digest_of
        from prepop.store.readiness_file import check_in

        config = self.shown.config
        beside = self.beside or self.folder
        summary = summarise(
            made,
            applied.outcomes if applied else None,
            self.previous,
            self.shown.unmask,
            digest=self.digest or digest_of(made),
            plan_file=typed(beside / PLAN) + (f" -c {typed(config)}" if config else ""),
            execution=execution or (_executed(applied) if applied else None),
            check=check_in(beside),
            config=typed(config) if config else "",
            credential_ends=certificate_ends(self.house.settings.cloud.certificate_file),
        )
        console = self.shown.console
        text = render_terminal(summary, width=console.width, colour=console.colour, brief=self.brief)
        document = summary_document(summary)
        try:
            written = write_reports(summary, self.folder, self._formats(made, applied))
        except OutputError:
            console.answer(text, document)
            raise
        where = f"\nReports in {typed(self.folder)}\n" if written else ""
        console.answer(
            text + where, {**document, "reports": str(self.folder.absolute())} if written else document
        )

    def _formats(self, made: Plan, applied: Applied | None) -> Sequence[ReportFormat]:
        """A quiet night leaves its summary: rows that nobody will look at are not written three times."""
        formats = self.house.settings.formats
        if applied is None or made.changes or made.blocking:
            return formats
        return (ReportFormat.JSON,) if formats else ()

    def _counted(self, applied: Applied) -> None:
        """A line, where the plan's file is gone and no report can be rendered."""
        counts = Counter(outcome.result for outcome in applied.outcomes.values())
        told = ", ".join(f"{counts[result]} {result}" for result in Result if counts[result]) or "no changes"
        outcomes = {key: str(outcome.result) for key, outcome in sorted(applied.outcomes.items())}
        self.shown.console.answer(f"Run {applied.run}: {told}", {"run": applied.run, "outcomes": outcomes})


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Forgets what is older than `state.keep_days`, after the night's work was shown. A hook."""

    house: House
    state: OpenState

    def __call__(self, ended: Ended) -> None:
        """Only after a night that applied something, or found nothing to apply."""
        from prepop.store.purging import forget

        if ended.applied is None or ended.error is not None:
            return
        settings = self.house.settings
        forget(self.state.journal, settings.report_dir, self.house.clock.now(), settings.keep_days)


def _executed(applied: Applied) -> Execution:
    """What is known of a run without its journal."""
    how = Ending.told_by(applied.exit_code, applied.stopped_by)
    return Execution(applied.run, how, applied.closed, applied.stopped_by)


def previous_plan(past: Past | OpenState, made: Plan) -> Plan | None:
    """The plan of the run before this plan was made, to say what is new; None where its file is gone.

    A rollback read no people: it is compared with nothing, and nothing with it.
    """
    if past.journal is None or made.undoes is not None:
        return None
    for run in past.journal.runs(made.tenant):
        if run.kind is not RunKind.APPLY:
            continue
        if run.plan_run != made.run and run.started <= made.created and run.plan_path.exists():
            try:
                return plan_of(run)[0]
            except UsageError as error:
                log.warning("comparing with run %s: %s", run.id, error.message)
                return None
    return None

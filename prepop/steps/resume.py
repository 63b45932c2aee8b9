"""Resuming: an open run is read back and carried on, as long as what it was decided on still holds.

nothing open                               nothing
plan, config and mapping as they were      what was sent is read back, then the rest is written
plan older than 24 hours, or another       what was sent is read back, the run is closed: what a directory
config or mapping, or a clock before it    said days ago is not written today
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from prepop.errors import Exit, UsageError
from prepop.model import Finding, Outcome, Result
from prepop.options import Settings
from prepop.ports import DirectorySource, PastRuns, RunRecord
from prepop.rules.decisions.refusals import is_failure
from prepop.rules.decisions.validity import Ground, stale
from prepop.rules.values.run_ids import began_at
from prepop.steps.apply import Applied, Leftover, Means, go_on
from prepop.steps.settle import settle, settle_for_good
from prepop.steps.untouchable import privileged_now, protected_now

STATES = ("intended", "sent", "unknown", "settled")

GO_ON = (
    "What the run had sent was read back, and it is closed; the rest was not tried. "
    "`prepop plan` or `prepop sync` goes on from what the directory says today."
)


@dataclass(frozen=True, slots=True)
class Resumed:
    """What became of an open run. refused: why the rest of it was not tried; empty: it was."""

    applied: Applied
    refused: tuple[Finding, ...] = ()


def find_run(past: PastRuns, run: str) -> RunRecord:
    """The run of this id. Raises UsageError where the journal has none."""
    record = next((listed for listed in past.runs() if listed.id == run), None)
    if record is None:
        raise UsageError(
            f"looking for run {run}: the journal has none of that id", hint="prepop runs lists them"
        )
    return record


def find_open(past: PastRuns, run: str | None) -> RunRecord | None:
    """The run that is to be resumed: this one, if something of it is open, else the newest open one."""
    if run is not None:
        record = find_run(past, run)
        return record if record.finished is None or past.changes(record.id, "unknown") else None
    return next((listed for listed in past.runs() if listed.finished is None), None)


async def resume(
    record: RunRecord,
    settings: Settings,
    sources: Sequence[DirectorySource],
    now: datetime,
    means: Means,
) -> Resumed:
    """Finish an open run, or close it where it must not go on.

    Raises UsageError where it is another tenant's, Blocked where roles cannot be read, Incomplete where the
    tenant cannot be.
    """
    reader, journal = means.tenant.reader, means.journal
    facts = await reader.facts()
    if facts.id != record.tenant:
        raise UsageError(
            f"resuming run {record.id}: it is of {record.tenant}, the config of {facts.id}",
            hint="name the config that the run was started with",
        )
    planned = began_at(record.plan_run) or record.started
    then = Ground(record.tenant, record.config_digest, record.mapping_digest, planned)
    today = Ground(facts.id, settings.config_digest, settings.mapping_digest, now)
    if refused := stale(then, today, GO_ON):
        return await _closed(record, means, refused)
    left_open = journal.changes(record.id, "intended", "sent", "unknown")
    untouchable = dict(await privileged_now(reader, sources, settings.scope, left_open, means.progress))
    for account_id in await protected_now(reader, settings.scope, left_open, means.progress):
        untouchable[account_id] = "it is named in scope.protected"
    doubtful = journal.changes(record.id, "sent", "unknown")
    again = await settle(record.id, doubtful, reader, journal, means.progress)
    left = {change.id for change in (*again, *journal.changes(record.id, "intended"))}
    changes = [change for change in journal.changes(record.id, *STATES) if change.id in left]
    settled = {key: outcome for key, outcome in journal.outcomes(record.id).items() if key not in left}
    doubts = [change.id for change in again]
    return Resumed(await go_on(Leftover(record.id, changes, settled, doubts, untouchable), means))


async def _closed(record: RunRecord, means: Means, refused: tuple[Finding, ...]) -> Resumed:
    """Settle what was sent, and close the run; where that was all of it, nothing is refused."""
    journal = means.journal
    await settle_for_good(record.id, means.tenant.reader, journal, means.progress)
    waiting = journal.changes(record.id, "intended")
    outcomes: dict[str, Outcome] = {
        **journal.outcomes(record.id),
        **{change.id: Outcome(change.id, Result.NOT_TRIED) for change in waiting},
    }
    # as it stopped, as `settle_open` has it; where all was sent, as what became of it
    stopped = Exit(record.exit_code or Exit.INTERRUPTED)
    code = stopped if waiting else Exit.SOME_FAILED if any(map(is_failure, outcomes.values())) else Exit.DONE
    if record.finished is None:
        journal.finish(record.id, code)
    return Resumed(Applied(record.id, outcomes, code), refused if waiting else ())

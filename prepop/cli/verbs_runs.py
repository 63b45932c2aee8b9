"""The verbs about past runs: resume, rollback, runs, purge."""

import logging
from collections.abc import Mapping, Sequence

from prepop.cli.context import House, plan_of
from prepop.cli.logs import set_run
from prepop.cli.publish import PLAN, Shown, run_folder, save, show, show_run
from prepop.cli.verbs import Applying, apply_made, ground_now, privileged_now, refused, settle_open, stoppable
from prepop.errors import Blocked, Exit, UsageError
from prepop.model import (
    Action,
    Change,
    LeftAlone,
    Outcome,
    Plan,
    Privileged,
    Result,
    SmsSignIn,
    TenantRead,
    Totals,
)
from prepop.options import Screen
from prepop.ports import Progress, TenantReader
from prepop.reasons import FindingCode
from prepop.reports.terminal.runs import RunLine, render_run, render_runs, run_document, runs_document
from prepop.rules.decisions.guards import Ground, Situation, accept, guard, stale
from prepop.rules.decisions.outcomes import asked
from prepop.rules.decisions.planning import requests_needed
from prepop.rules.decisions.reversal import reversal
from prepop.rules.decisions.scope import is_named, named_accounts
from prepop.steps.apply import Applied, Brake, go_on
from prepop.steps.read import read_live
from prepop.steps.settle import settle
from prepop.store.journal import RunRecord, StoredJournal
from prepop.store.purging import forget

log = logging.getLogger(__name__)


# ---------------------------------------------------------------- resume


async def resume(house: House, run: str | None, max_seconds: float | None, shown: Shown) -> Exit:
    """Finish an open run: read back what was sent, then carry on. Nothing open: 0."""
    with shown.console.progress() as progress, house.state(run or "resume") as state:
        record = _open_run(state.journal, run)
        if record is None:
            shown.console.answer("Nothing to resume: no run is open.", {"run": None, "outcomes": {}})
            return Exit.DONE
        set_run(record.id)
        brake = Brake(house.clock, max_seconds)
        with stoppable(brake):
            async with house.tenant() as tenant:
                facts = await tenant.reader.facts()
                if facts.id != record.tenant:
                    raise UsageError(
                        f"resuming run {record.id}: it is of {record.tenant}, the config of {facts.id}",
                        hint="name the config that the run was started with",
                    )
                _refuse_changed(house, record)
                left_open = state.journal.changes(record.id, "intended", "sent", "unknown")
                untouchable = dict(await privileged_now(house, tenant.reader))
                for one in await _protected(house, tenant.reader, left_open, progress):
                    untouchable[one] = "it is named in scope.protected"
                doubtful = state.journal.changes(record.id, "sent", "unknown")
                again = await settle(record.id, doubtful, tenant.reader, state.journal, progress)
                rest = state.journal.changes(record.id, "intended")
                order = {
                    one.id: place for place, one in enumerate(state.journal.changes(record.id, *_STATES))
                }
                changes = sorted([*again, *rest], key=lambda one: order[one.id])
                left = {one.id for one in changes}
                settled = {k: v for k, v in state.journal.outcomes(record.id).items() if k not in left}
                applied = await go_on(
                    record.id,
                    changes,
                    settled,
                    [one.id for one in again],
                    tenant.reader,
                    tenant.writer(),
                    state.journal,
                    privileged=untouchable,
                    limits=house.settings.limits,
                    in_flight=house.settings.cloud.requests_in_flight,
                    brake=brake,
                    progress=progress,
                )
    return _show_run(house, record, applied, shown)


def _refuse_changed(house: House, record: RunRecord) -> None:
    """What a run has left to do was decided under its own config and mapping, and is done under no other.

    Somebody who stopped a run may have narrowed the scope, or taken `overwrite` back, before going on.
    """
    now = ground_now(house, record.tenant)
    then = Ground(record.tenant, record.config_digest, record.mapping_digest, now.at)
    go_on = "`prepop sync` settles what the run sent, closes it and plans afresh; or restore both files."
    if changed := stale(then, now, go_on):
        raise Blocked(refused(changed))


async def _protected(
    house: House, reader: TenantReader, changes: Sequence[Change], progress: Progress
) -> frozenset[str]:
    """The accounts that scope.protected names now, whatever their names were when the run was planned."""
    names = house.settings.scope.protected
    return named_accounts(names, changes, await reader.accounts(progress)) if names else frozenset()


_STATES = ("intended", "sent", "unknown", "settled")


def _open_run(journal: StoredJournal, run: str | None) -> RunRecord | None:
    runs = journal.runs()
    if run is not None:
        record = _known(runs, run)
        return record if record.finished is None or journal.changes(record.id, "unknown") else None
    return next((one for one in runs if one.finished is None), None)


def _known(runs: Sequence[RunRecord], run: str) -> RunRecord:
    record = next((one for one in runs if one.id == run), None)
    if record is None:
        raise UsageError(
            f"looking for run {run}: the journal has none of that id", hint="prepop runs lists them"
        )
    return record


def _show_run(house: House, record: RunRecord, applied: Applied, shown: Shown) -> Exit:
    """The report of a run that was carried on, or a line where its plan file is gone."""
    try:
        made = plan_of(record)[0]
    except UsageError as error:
        log.warning("the report cannot be rendered: %s", error.message)
        shown.console.answer(_counted(record.id, applied.outcomes), _outcomes(record.id, applied.outcomes))
        return applied.exit_code
    folder = run_folder(house, record.id)
    return show_run(house, made, applied, folder, shown, beside=record.plan_path.parent)


def _counted(run: str, outcomes: Mapping[str, Outcome]) -> str:
    counts = {one: sum(1 for o in outcomes.values() if o.result is one) for one in Result}
    return f"Run {run}: " + (
        ", ".join(f"{number} {one}" for one, number in counts.items() if number) or "no changes"
    )


def _outcomes(run: str, outcomes: Mapping[str, Outcome]) -> Mapping[str, object]:
    return {"run": run, "outcomes": {key: str(one.result) for key, one in sorted(outcomes.items())}}


# ---------------------------------------------------------------- rollback


async def rollback(
    house: House,
    run: str,
    users: Sequence[str],
    accepted: Mapping[FindingCode, int],
    shown: Shown,
    *,
    act: bool,
) -> Exit:
    """Undo what a run did, where the present value is still what it wrote. Without `act` only shown."""
    new = house.new_run()
    if not act:
        set_run(new)
        with shown.console.progress() as progress, house.past() as past:
            if past.journal is None:
                raise UsageError(f"looking for run {run}: there is no journal in {house.settings.state_dir}")
            async with house.tenant() as tenant:
                made = await _undoing(house, past.journal, run, users, tenant.reader, new, progress)
            show(house, made, None, house.settings.report_dir / new, shown, previous=None)
        return Exit.DONE
    with shown.console.progress() as progress, house.state(new) as state:
        set_run(new)
        brake = Brake(house.clock)
        with stoppable(brake):
            async with house.tenant() as tenant:
                _known(state.journal.runs(), run)
                await settle_open(state, tenant.reader, progress)
                made = await _undoing(house, state.journal, run, users, tenant.reader, new, progress)
                folder = house.settings.report_dir / new
                if blocking := accept(made.findings, accepted):
                    show(house, made, None, folder, shown, previous=None)
                    raise Blocked(refused(blocking))
                how = Applying(new, save(made, folder), folder / PLAN, accepted)
                applied = await apply_made(house, state, tenant, made, how, brake, progress)
    return show_run(house, made, applied, folder, shown)


async def _undoing(
    house: House,
    journal: StoredJournal,
    run: str,
    users: Sequence[str],
    reader: TenantReader,
    new: str,
    progress: Progress,
) -> Plan:
    """The plan that undoes a run: through the same guards as any other.

    What the run sent without knowing the answer is undone too, where it is there as it was written.
    """
    record = _known(journal.runs(), run)
    facts = await reader.facts()
    if facts.id != record.tenant:
        raise UsageError(
            f"rolling back run {record.id}: it is of {record.tenant}, the config of {facts.id}",
            hint="name the config that the run was started with",
        )
    outcomes = journal.outcomes(record.id)
    undone = {Result.DONE, Result.UNKNOWN}
    done = [
        one for one in journal.changes(record.id, "settled", "sent", "unknown")
        if (one.id not in outcomes or outcomes[one.id].result in undone) and _chosen(one, users)
    ]  # fmt: skip
    for user in users:
        if not any(_chosen(one, [user]) for one in done):
            raise UsageError(f'rolling back run {run}: it changed nothing of "{user}"')
    if not done and any(one.result is Result.DONE for one in outcomes.values()):
        raise UsageError(f"rolling back run {run}: its values were purged and cannot be given back")
    privileged = Privileged({}) if house.settings.scope.privileged else await reader.privileged()
    present = await read_live(reader, asked(done), lambda stage, count, total: None)
    protected = await _protected(house, reader, done, progress)
    changes, left = reversal(done, present, privileged, protected)
    settings = house.settings
    accounts = len({one.account.id for one in done})
    situation = Situation(
        people=max(accounts, 1),
        accounts=max(accounts, 1),
        in_scope=accounts,
        unmatched=0,
        last=None,
        mapping_digest=settings.mapping_digest,
        limits=settings.limits,
        privileged=privileged,
        privileged_allowed=settings.scope.privileged,
        sms_sign_in=SmsSignIn(readable=False),
        telephony_provider=settings.cloud.telephony_provider,
    )
    return Plan(
        run=new,
        created=house.clock.now(),
        tenant=facts.id,
        config_digest=settings.config_digest,
        mapping_digest=settings.mapping_digest,
        directory=(),
        cloud=TenantRead(
            name=facts.name,
            environment=str(settings.cloud.environment),
            accounts=accounts,
            screen=str(Screen.LIVE),
            registrations="a rollback does not read the registration report",
            gates=settings.cloud.gates,
            telephony_provider=settings.cloud.telephony_provider,
        ),
        totals=_totals(accounts, changes, left),
        findings=guard(changes, situation),
        changes=changes,
        left_alone=left,
        undoes=record.id,
    )


def _chosen(change: Change, users: Sequence[str]) -> bool:
    return not users or is_named(change, users)


def _totals(accounts: int, changes: Sequence[Change], left: Sequence[LeftAlone]) -> Totals:
    count = {action: sum(1 for one in changes if one.action is action) for action in Action}
    return Totals(
        people=accounts,
        accounts=accounts,
        in_scope=accounts,
        matched=accounts,
        with_usable_value=accounts,
        accounts_changed=len({one.account.id for one in changes}),
        accounts_read_live=accounts,
        changes=len(changes),
        additions=count[Action.ADD],
        replacements=count[Action.REPLACE],
        removals=count[Action.REMOVE],
        left_alone=len(left),
        requests=requests_needed(changes),
    )


# ---------------------------------------------------------------- runs, purge


def runs(house: House, run: str | None, shown: Shown) -> Exit:
    """List past runs, newest first; or one run in full."""
    console = shown.console
    with house.past() as past:
        records = past.journal.runs() if past.journal else ()
        if run is None or past.journal is None:
            if run is not None:
                raise UsageError(f"looking for run {run}: there is no journal in {house.settings.state_dir}")
            lines = [_line(past.journal, one) for one in records] if past.journal else []
            console.answer(
                render_runs(lines, width=console.width, colour=console.colour), runs_document(lines)
            )
            return Exit.DONE
        record = _known(records, run)
        told = _line(past.journal, record)
        changes = past.journal.changes(record.id, *_STATES)
        outcomes = past.journal.outcomes(record.id)
        console.answer(
            render_run(
                told, changes, outcomes, unmask=shown.unmask, width=console.width, colour=console.colour
            ),
            run_document(told, changes, outcomes, unmask=shown.unmask),
        )
    return Exit.DONE


def _line(journal: StoredJournal, record: RunRecord) -> RunLine:
    counts = journal.counts(record.id)
    return RunLine(
        id=record.id,
        kind=str(record.kind),
        tenant=record.tenant,
        started=record.started,
        finished=record.finished,
        exit_code=record.exit_code,
        accepted=record.accepted,
        plan=str(record.plan_path),
        counts=counts,
    )


def purge(house: House, days: int, shown: Shown) -> Exit:
    """Forget the values of runs that are older than so many days: in the journal and in report.dir."""
    with house.state("purge") as state:
        values, folders = forget(state.journal, house.settings.report_dir, house.clock.now(), days)
    text = f"Purged the values of {values} runs in the journal and {folders} folders in report.dir."
    shown.console.answer(text, {"runs": values, "folders": folders})
    return Exit.DONE

"""What each verb does, in the order it does it. `cli` reads the words, `steps` does the work."""

import logging
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from prepop.cli.context import House, Past, State, plan_of
from prepop.cli.logs import set_run
from prepop.cli.publish import (
    PLAN,
    Shown,
    is_folder_name,
    make_run_folder,
    run_folder,
    save,
    show,
    show_run,
)
from prepop.errors import Blocked, Exit, PrepopError, UsageError
from prepop.model import Finding, Ledger, Method, Outcome, Plan, Result, Verdict
from prepop.ports import Progress, TenantReader
from prepop.reasons import FindingCode
from prepop.rules.decisions.guards import Ground, accept, roles_unread, stale, tampered
from prepop.steps.apply import Applied, Brake, apply_plan
from prepop.steps.plan import Asked, Planned, make_plan
from prepop.steps.settle import settle

if TYPE_CHECKING:
    from prepop.cloud import OpenTenant

log = logging.getLogger(__name__)


# ---------------------------------------------------------------- plan, sync


async def plan(house: House, asked: Asked, out: Path | None, shown: Shown, *, exit_code: bool) -> Exit:
    """Make a plan, save it with its reports, show it. Changes nothing anywhere else."""
    run = house.new_run()
    set_run(run)
    with shown.console.progress() as progress, house.past() as past:
        async with house.tenant() as tenant:
            planned = await _plan(house, asked, run, past, tenant.reader, progress)
        folder = out or house.settings.report_dir / run
        show(house, planned.plan, None, folder, shown, previous=_previous(past, planned.plan))
    return Exit.PENDING if exit_code and planned.plan.changes else Exit.DONE


async def _plan(
    house: House, asked: Asked, run: str, past: Past | State, reader: TenantReader, progress: Progress
) -> Planned:
    facts = await reader.facts()
    return await make_plan(
        house.settings,
        house.sources(),
        reader,
        past.journal.ledger() if past.journal else Ledger(),
        past.journal.last_run(facts.id) if past.journal else None,
        asked,
        run=run,
        clock=house.clock,
        progress=progress,
    )


async def sync(
    house: House,
    asked: Asked,
    accepted: Mapping[FindingCode, int],
    max_seconds: float | None,
    shown: Shown,
) -> Exit:
    """Settle what a broken night left, plan afresh, and apply what nothing speaks against."""
    run = house.new_run()
    set_run(run)
    with shown.console.progress() as progress, house.state(run) as state:
        brake = Brake(house.clock, max_seconds)
        with stoppable(brake):
            async with house.tenant() as tenant:
                await settle_open(state, tenant.reader, progress)
                planned = await _plan(house, asked, run, state, tenant.reader, progress)
                state.journal.noticed(planned.present)
                made = planned.plan
                folder = house.settings.report_dir / run
                previous = _previous(state, made)
                if blocking := accept(made.findings, accepted):
                    show(house, made, None, folder, shown, previous=previous)
                    raise Blocked(refused(blocking))
                applying = Applying(run, save(made, folder), folder / PLAN, accepted, planned.seen)
                applied = await apply_made(house, state, tenant, made, applying, brake, progress)
        code = show_run(house, made, applied, folder, shown, previous=previous)
        return _forgotten(house, state, code, shown)


def _forgotten(house: House, state: State, code: Exit, shown: Shown) -> Exit:
    """Forget what is older than `state.keep_days`, after the night's work was shown.

    What cannot be forgotten is said and takes its own exit code (2), unless the night itself ended worse.
    """
    from prepop.store.purging import forget

    try:
        forget(state.journal, house.settings.report_dir, house.clock.now(), house.settings.keep_days)
    except PrepopError as error:
        shown.console.error(error)
        return code or error.exit_code
    return code


# ---------------------------------------------------------------- apply


async def apply(
    house: House,
    path: Path,
    signed: str | None,
    accepted: Mapping[FindingCode, int],
    max_seconds: float | None,
    shown: Shown,
) -> Exit:
    """Apply exactly the plan in this file, if nothing speaks against it."""
    from prepop.store.plan_file import load

    made, said, real = load(path)
    edited = tampered(str(path), said, real, signed)
    with shown.console.progress() as progress, house.state(made.run) as state:
        # the first apply of a plan bears the plan's own id, unless somebody made a path of it
        taken = any(past.id == made.run for past in state.journal.runs())
        run = house.new_run() if taken or not is_folder_name(made.run) else made.run
        set_run(run)
        brake = Brake(house.clock, max_seconds)
        with stoppable(brake):
            async with house.tenant() as tenant:
                facts = await tenant.reader.facts()
                then = Ground(made.tenant, made.config_digest, made.mapping_digest, made.created)
                found = (*edited, *stale(then, ground_now(house, facts.id)), *made.findings)
                if blocking := accept(found, accepted):
                    raise Blocked(refused(blocking))
                privileged = await privileged_now(house, tenant.reader)
                await settle_open(state, tenant.reader, progress)
                folder = make_run_folder(house, run)  # now: after the writes it would be too late
                applying = Applying(run, real, path, accepted, privileged=privileged)
                applied = await apply_made(house, state, tenant, made, applying, brake, progress)
    return show_run(house, made, applied, folder, shown, beside=path.parent)


async def privileged_now(house: House, reader: TenantReader) -> Mapping[str, str]:
    """Who came to a role since the plan was made must not be touched because the plan is older."""
    if house.settings.scope.privileged:
        return {}
    privileged = await reader.privileged()
    if unread := roles_unread(privileged, allowed=False):
        raise Blocked(refused(unread))
    return privileged.why


@dataclass(frozen=True, slots=True)
class Applying:
    """How a plan is applied: under which run, from which file, with what accepted."""

    run: str
    digest: str
    path: Path
    accepted: Mapping[FindingCode, int]
    seen: tuple[tuple[str, Method, str], ...] = ()
    privileged: Mapping[str, str] = field(default_factory=dict)


async def apply_made(
    house: House,
    state: State,
    tenant: "OpenTenant",
    made: Plan,
    how: Applying,
    brake: Brake,
    progress: Progress,
) -> Applied:
    """Hand a plan that nothing speaks against to the one step that writes."""
    return await apply_plan(
        made,
        tenant.reader,
        tenant.writer(),
        state.journal,
        run=how.run,
        digest=how.digest,
        path=how.path,
        accepted={str(code): number for code, number in how.accepted.items()},
        seen=how.seen,
        kind=made.kind,
        privileged=how.privileged,
        limits=house.settings.limits,
        in_flight=house.settings.cloud.requests_in_flight,
        brake=brake,
        progress=progress,
    )


def ground_now(house: House, tenant: str) -> Ground:
    """What a plan made now would rest on."""
    settings = house.settings
    return Ground(tenant, settings.config_digest, settings.mapping_digest, house.clock.now())


def refused(blocking: tuple[Finding, ...]) -> str:
    """What a refusal says: every finding that blocks, and what to do about it."""
    return "applying is refused, nothing was written\n" + "\n".join(
        f"        {one.code}: {one.text} {one.next}" for one in blocking
    )


async def settle_open(state: State, reader: TenantReader, progress: Progress) -> None:
    """Read back what open runs sent and close them; what they had not sent is not tried.

    What was sent and is not there has failed for good. Left in doubt it would be read back every night,
    until a person registers that very value and it is taken for ours.
    """
    # a state folder may hold another tenant's runs too: they are its own matter
    tenant = await reader.facts()
    for past in state.journal.runs(tenant.id):
        doubtful = state.journal.changes(past.id, "sent", "unknown")
        if past.finished is None or doubtful:
            absent = await settle(past.id, doubtful, reader, state.journal, progress)
            note = "sent, and not there when it was read back"
            state.journal.settled(past.id, [(c, Outcome(c.id, Result.FAILED, note=note)) for c in absent])
            if past.finished is None:
                # as it stopped; a process that ended without a word was interrupted
                state.journal.finish(past.id, past.exit_code or Exit.INTERRUPTED)


@contextmanager
def stoppable(brake: Brake) -> Iterator[None]:
    """Let SIGINT and SIGTERM stop between two batches of writes; elsewhere, or a second time, at once."""

    def stop(number: int, frame: object) -> None:
        if brake.interrupted or not brake.writing:
            raise KeyboardInterrupt
        brake.interrupted = True
        log.warning("stopping after the requests that are under way; once more to stop at once")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# ---------------------------------------------------------------- explain, report


async def explain(house: House, user: str, shown: Shown) -> Exit:
    """Show one person: raw values, what each rule made of them, what is registered, the verdict and why."""
    from prepop.reports import explanation_document, render_explanation
    from prepop.rules.decisions.difference import person_ref
    from prepop.rules.decisions.mapping import wanted
    from prepop.rules.decisions.scope import find, who
    from prepop.rules.summary.explanation import explain as explanation

    with shown.console.progress() as progress, house.past() as past:
        async with house.tenant() as tenant:
            asked = Asked(users=(user,))
            planned = await _plan(house, asked, house.new_run(), past, tenant.reader, progress)
    facts, considered = planned.facts, planned.considered
    named = find(user, considered.matches, facts.tenant.accounts).people
    found = next((one for one in considered.matches if who(one.person) in named), None)
    if found is None:
        raise UsageError(
            f'explaining "{user}": the account is there, but no person of the directory belongs to it',
            hint="accounts without a person are never changed",
        )
    person, account = found.person, found.account
    pair = next((one for one in considered.pairs if one.person is person), None)
    made = (
        pair.wanted if pair else wanted(person, account, facts.rules, facts.trust, facts.tenant.facts.domains)
    )
    everything: tuple[Verdict, ...] = (*planned.plan.changes, *planned.plan.left_alone)
    told = explanation(
        person,
        account,
        made,
        planned.present.get(account.id) if account else None,
        [one for one in everything if one.person == person_ref(person)],
        shown.unmask,
    )
    console = shown.console
    console.answer(
        render_explanation(told, width=console.width, colour=console.colour), explanation_document(told)
    )
    return Exit.DONE


def report(house: House, what: str, out: Path | None, shown: Shown) -> Exit:
    """Render a plan or a run again, with the outcomes beside the plan where it was applied."""
    from prepop.store.plan_file import load

    path = Path(what)
    with house.past() as past:
        journal = past.journal
        runs = journal.runs() if journal else ()
        record = next((one for one in runs if one.id == what), None)
        if record is not None:
            path = record.plan_path
        elif not path.exists() and (house.settings.report_dir / what / PLAN).exists():
            path = house.settings.report_dir / what / PLAN
        elif path.is_dir():
            path = path / PLAN
        if record is None and not path.exists():
            raise UsageError(
                f"rendering again: {what} is neither a plan file nor a run",
                hint="name a plan.json, or the id of a run as it stands in every report",
            )
        made, said, real = load(path) if record is None else plan_of(record)
        if said != real:
            log.warning("%s was edited after it was made: it can be shown, not applied", path)
        if record is None:
            record = next((one for one in runs if one.plan_run == made.run), None)
        outcomes = journal.outcomes(record.id) if journal and record else None
        applied = (
            Applied(record.id, outcomes, Exit(record.exit_code or 0), closed=record.finished is not None)
            if record and outcomes is not None
            else None
        )
        folder = run_folder(house, applied.run) if applied else path.parent
        show(
            house, made, applied, out or folder, shown,
            previous=_previous(past, made), keep_plan=True, beside=path.parent,
        )  # fmt: skip
    return Exit.DONE


# ---------------------------------------------------------------- what they share


def _previous(past: Past | State, made: Plan) -> Plan | None:
    """The plan of the run before this plan was made, to say what is new; None where its file is gone."""
    if past.journal is None:
        return None
    for run in past.journal.runs(made.tenant):
        if run.plan_run != made.run and run.started <= made.created and run.plan_path.exists():
            try:
                return plan_of(run)[0]
            except UsageError as error:
                log.warning("comparing with run %s: %s", run.id, error.message)
                return None
    return None

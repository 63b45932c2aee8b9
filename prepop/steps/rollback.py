"""Rolling back: the plan that undoes a run. Same guards, same apply as any other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from prepop.errors import UsageError
from prepop.model import (
    NO_POLICY,
    Account,
    Action,
    Change,
    LeftAlone,
    Plan,
    Privileged,
    Result,
    TenantRead,
    Totals,
)
from prepop.options import Screen, Settings
from prepop.ports import DirectorySource, PastRuns, Progress, RunRecord, TenantReader
from prepop.reasons import Reason
from prepop.rules.decisions.guards import guard
from prepop.rules.decisions.outcomes import asked
from prepop.rules.decisions.planning import requests_needed
from prepop.rules.decisions.reversal import reversal, reverse
from prepop.rules.decisions.scope import is_named, named_accounts
from prepop.rules.decisions.situation import Situation
from prepop.rules.decisions.telephony import telephony
from prepop.steps.read import read_live
from prepop.steps.untouchable import privileged_now, protected_now


@dataclass(frozen=True, slots=True)
class Undoing:
    """What is to be undone: a run, or what it changed of these people; `run` is the id of the new run."""

    record: RunRecord
    users: Sequence[str]
    run: str
    now: datetime


async def make_rollback(
    undoing: Undoing,
    settings: Settings,
    past: PastRuns,
    reader: TenantReader,
    sources: Sequence[DirectorySource],
    progress: Progress,
) -> Plan:
    """Make the plan that undoes a run; it reads only.

    What the run sent without knowing the answer is undone too, where it is there as it was written.
    Raises UsageError where the run is another tenant's, changed nothing of a person that is named, or was
    purged; Incomplete where the tenant cannot be read.
    """
    record = undoing.record
    facts = await reader.facts()
    if facts.id != record.tenant:
        raise UsageError(
            f"rolling back run {record.id}: it is of {record.tenant}, the config of {facts.id}",
            hint="name the config that the run was started with",
        )
    done = await _done(undoing, past, reader, progress)
    scope = settings.scope
    privileged = Privileged(await privileged_now(reader, sources, scope, done, progress))
    live = await read_live(reader, asked(done), lambda stage, count, total: None)
    protected = await protected_now(reader, scope, done, progress)
    readable = [change for change in done if change.account.id in live.present]
    changes, left = reversal(readable, live.present, privileged, protected)
    left += tuple(
        LeftAlone(
            change.method,
            change.account,
            change.person,
            Reason.ACCOUNT_UNREADABLE,
            why,
            reverse(change).evidence,
        )
        for change in done
        if (why := live.unreadable.get(change.account.id)) is not None
    )
    accounts = len({change.account.id for change in done})
    situation = Situation(
        people=max(accounts, 1),
        accounts=max(accounts, 1),
        in_scope=accounts,
        unmatched=0,
        last=None,
        mapping_digest=settings.mapping_digest,
        limits=settings.limits,
        privileged=privileged,
        privileged_allowed=scope.privileged,
        policy=NO_POLICY,
        telephony=telephony(settings.cloud.telephony_provider, NO_POLICY),
        today=undoing.now.date(),
    )
    return Plan(
        run=undoing.run,
        created=undoing.now,
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
            telephony=telephony(settings.cloud.telephony_provider, NO_POLICY),
        ),
        totals=_totals(accounts, changes, left),
        findings=guard(changes, situation),
        changes=changes,
        left_alone=left,
        undoes=record.id,
    )


async def _done(undoing: Undoing, past: PastRuns, reader: TenantReader, progress: Progress) -> list[Change]:
    """What the run changed, or may have changed, of the people that are meant."""
    run = undoing.record.id
    outcomes = past.outcomes(run)
    undone = {Result.DONE, Result.UNKNOWN}
    changed = [
        change
        for change in past.changes(run, "settled", "sent", "unknown")
        if change.id not in outcomes or outcomes[change.id].result in undone
    ]
    meant = await _meant(undoing, changed, reader, progress) if undoing.users else None
    done = [change for change in changed if meant is None or change.account.id in meant]
    if not done and any(outcome.result is Result.DONE for outcome in outcomes.values()):
        raise UsageError(f"rolling back run {run}: its values were purged and cannot be given back")
    return done


async def _meant(
    undoing: Undoing, changed: Sequence[Change], reader: TenantReader, progress: Progress
) -> set[str]:
    """The accounts that these people have: by what the run said of them, else by what the tenant knows now.

    Raises UsageError for a name of which the run changed nothing, or that several of its accounts bear.
    """
    meant: set[str] = set()
    accounts: Sequence[Account] | None = None
    for user in undoing.users:
        found = {change.account.id for change in changed if is_named(change, [user])}
        if not found:
            accounts = await reader.accounts(progress) if accounts is None else accounts
            found = set(named_accounts([user], (), accounts)) & {change.account.id for change in changed}
        doing = f"rolling back run {undoing.record.id}"
        if not found:
            raise UsageError(f'{doing}: it changed nothing of "{user}"')
        if len(found) > 1:
            raise UsageError(
                f'{doing}: "{user}" means {len(found)} accounts', hint="name the account by its object id"
            )
        meant |= found
    return meant


def _totals(accounts: int, changes: Sequence[Change], left: Sequence[LeftAlone]) -> Totals:
    count = {action: sum(1 for change in changes if change.action is action) for action in Action}
    return Totals(
        people=accounts,
        accounts=accounts,
        in_scope=accounts,
        matched=accounts,
        with_usable_value=accounts,
        accounts_changed=len({change.account.id for change in changes}),
        accounts_read_live=accounts,
        changes=len(changes),
        additions=count[Action.ADD],
        replacements=count[Action.REPLACE],
        removals=count[Action.REMOVE],
        left_alone=len(left),
        requests=requests_needed(changes),
    )

"""Planning: read, consider, read live what may change, decide, guard. It never holds a writer."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prepop.clock import Clock
from prepop.model import (
    DirectoryRead,
    DirectoryReading,
    ExtraRead,
    ExtraReading,
    LastRun,
    Ledger,
    Method,
    Plan,
    Present,
    TenantRead,
    TenantReading,
)
from prepop.options import Screen, Settings
from prepop.ports import DirectorySource, Progress, TenantReader
from prepop.reasons import Reason
from prepop.rules.decisions.difference import Pair
from prepop.rules.decisions.guards import guard
from prepop.rules.decisions.permitted import open_question
from prepop.rules.decisions.planning import Considered, Facts, consider, decide
from prepop.rules.decisions.scope import synchronised
from prepop.rules.decisions.sight import held, nobody_has_any, vanished
from prepop.rules.decisions.situation import Situation
from prepop.rules.decisions.standings import standings
from prepop.rules.decisions.telephony import telephony
from prepop.rules.decisions.unreadable import refuse_too_many
from prepop.rules.decisions.unused import unused
from prepop.rules.extras.joining import Fit
from prepop.rules.extras.telling import facts as told
from prepop.steps.extras import look_over, with_extras
from prepop.steps.read import read, read_live

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line adds to the config: whom to choose, how many changes to take."""

    users: Sequence[str] = ()
    groups: Sequence[str] = ()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with what it was made from, for `explain` and for the journal.

    seen: (anchor, method, comparison key) of the usable values of people in scope; only where a
    cool-down is set, which alone needs them.
    """

    plan: Plan
    facts: Facts
    considered: Considered
    present: Mapping[str, Present | None]
    seen: tuple[tuple[str, Method, str], ...]


async def make_plan(
    settings: Settings,
    sources: Sequence[DirectorySource],
    reader: TenantReader,
    ledger: Ledger,
    last: LastRun | None,
    asked: Asked,
    *,
    run: str,
    clock: Clock,
    progress: Progress,
    extras: Sequence[ExtraReading],
    lost_runs: Sequence[str] = (),
) -> Planned:
    """Make a plan; it writes nothing, neither to the tenant nor to the state.

    ledger: what the state holds now, read before. What the live reads show of it stands in the answer, for
    the journal of a run that may write.

    extras: every extra file of the config, read before this. lost_runs: see `situation`.

    Raises Incomplete (or SignInError) where something could not be read to the end, UsageError for a
    user or group that is not there, ConfigError for an attribute or base that is not there.
    """
    scope = settings.scope
    look_over(extras, settings, last)
    readings, tenant = await read(
        sources,
        reader,
        settings.asked,
        (*scope.groups, *scope.exclude_groups, *asked.groups),
        privileged_needed=not scope.privileged,
        progress=progress,
    )
    readings, beside, fits = await asyncio.to_thread(with_extras, readings, extras)
    screen = settings.cloud.screen
    if tenant.registrations is None and screen is not Screen.LIVE:
        screen = Screen.LIVE
        log.warning("every account in scope is read live: %s", tenant.registrations_unread)
    facts = Facts(
        people=[person for reading in readings for person in reading.people],
        tenant=tenant,
        rules=settings.mapping,
        scope=scope,
        trust=settings.trust,
        screen=screen,
        ledger=ledger,
        now=clock.now(),
        users=asked.users,
        groups=asked.groups,
        beside=beside,
    )
    # deciding is plain computing: in a thread, so that nothing else waits for it
    considered = await asyncio.to_thread(consider, facts)
    live = await read_live(reader, considered.asked, progress)
    present = live.present
    refuse_too_many({**live.unreadable, **_gone(present)}, settings.limits, len(considered.pairs))
    _say_unreadable(considered.pairs, live.unreadable)
    decided = await asyncio.to_thread(
        decide, facts, considered, present, asked.limit, unreadable=live.unreadable
    )
    everybody = synchronised(tenant.accounts)
    hers = {found.account.id for found in considered.matches if found.account is not None}
    who_carries = telephony(settings.cloud.telephony_provider, tenant.policy)
    there = await asyncio.to_thread(held, readings, settings.mapping)
    situation = Situation(
        people=len(facts.people),
        accounts=len(tenant.accounts),
        in_scope=decided.totals.matched,
        unmatched=decided.totals.unmatched,
        last=last,
        mapping_digest=settings.mapping_digest,
        limits=settings.limits,
        privileged=tenant.privileged,
        privileged_allowed=scope.privileged,
        policy=tenant.policy,
        telephony=who_carries,
        today=facts.now.date(),
        settled_regions=decided.settled_regions,
        self_writable=tuple(attribute for reading in readings for attribute in reading.self_writable),
        synchronised=len(everybody),
        without_person=sum(account.id not in hers for account in everybody),
        vanished=tuple(vanished(last.held, there, settings.limits.source_shrink)) if last else (),
        bare=nobody_has_any(there),
        lost_runs=tuple(lost_runs),
        admins_unseen=tuple(reading.admins_unseen for reading in readings if reading.admins_unseen),
        aside=_aside(considered, asked),
        unused=await asyncio.to_thread(unused, readings, settings.mapping),
        extras={file.name: len(file.rows) for file in extras},
    )
    plan = Plan(
        run=run,
        created=clock.now(),
        tenant=tenant.facts.id,
        config_digest=settings.config_digest,
        mapping_digest=settings.mapping_digest,
        directory=_directories(readings),
        cloud=_tenant(settings, tenant, screen),
        totals=decided.totals,
        findings=guard(decided.changes, situation),
        changes=decided.changes,
        left_alone=decided.left_alone,
        standings=standings(
            considered.pairs,
            tenant.registrations,
            present,
            decided.changes,
            settings.cloud.gates,
            tenant.policy,
            who_carries,
            considered.without_person,
        ),
        held=there,
        extras=tuple(map(_extra, extras, fits)),
    )
    return Planned(plan, facts, considered, present, tuple(_seen(settings, considered.pairs)))


def _aside(considered: Considered, asked: Asked) -> str:
    """Why everybody who has an account is out of scope, as a sentence; "" where somebody is in it.

    Whoever names people on the command line sees each of them answered.
    """
    if considered.pairs or asked.users or asked.groups:
        return ""
    why = Counter(left.reason for left in considered.left_alone if left.account is not None)
    out, excluded = why[Reason.OUT_OF_SCOPE], why[Reason.EXCLUDED]
    if not out + excluded or out + excluded < why.total():
        return ""
    return f"Of the accounts that belong to people, {out:,} are outside the scope and {excluded:,} excluded."


def _say_unreadable(pairs: Iterable[Pair], unreadable: Mapping[str, str]) -> None:
    for pair in pairs:
        if (why := unreadable.get(pair.account.id)) is not None:
            log.warning("account %s (%s) is left alone: %s", pair.account.upn, pair.account.id, why)


def _gone(present: Mapping[str, Present | None]) -> dict[str, str]:
    """Accounts that were just listed and are not found. One may be deleted while the tenant is read.

    What a 404 of these addresses may mean besides is not documented (GRAPH section 1), and a night in
    which many have no account any more must not end as if all were well.
    """
    return {
        account: "Graph answered 404 to an account that it had just listed"
        for account, has in present.items()
        if has is None
    }


def _directories(readings: Sequence[DirectoryReading]) -> tuple[DirectoryRead, ...]:
    """What each directory says of itself; a single one needs no name."""
    return tuple(
        DirectoryRead(
            reading.directory if len(readings) > 1 else "", len(reading.people), dict(reading.described)
        )
        for reading in readings
    )


def _extra(file: ExtraReading, fit: Fit) -> ExtraRead:
    return ExtraRead(file.name, len(file.rows), file.header, {**file.described, **told(fit)})


def _tenant(settings: Settings, tenant: TenantReading, screen: Screen) -> TenantRead:
    return TenantRead(
        name=tenant.facts.name,
        environment=str(settings.cloud.environment),
        accounts=len(tenant.accounts),
        screen=str(screen),
        registrations=tenant.registrations_unread,
        gates=settings.cloud.gates,
        telephony=telephony(settings.cloud.telephony_provider, tenant.policy),
        policy=open_question(tenant.policy),
    )


def _seen(settings: Settings, pairs: Iterable[Pair]) -> Iterable[tuple[str, Method, str]]:
    if not settings.trust.cool_down_days:
        return
    for pair in pairs:
        for method, key in pair.seen:
            yield pair.person.identity, method, key

"""Applying: the only place that makes and holds a writer.

As many accounts are at hand as fill the requests in flight, and so that batches go out full, new ones come
in for those that are through. Round by round:

    read     the present values of the accounts that come in, live, in batches       (`present`)
    compare  after is there already → already-true; before is not there → moved-on
    fresh    where throttling held an account up, what would be replaced or removed is read and compared anew;
             what was held up on its way to the tenant comes back unsent (`stale`), for the same
    wave     the next change of each account at hand: journal `sent`, write, settle.
             One change an account at a time, in plan order, so that a mobile is there before its alternate.

What Graph refused in an earlier run comes last, when everything else is through, so that it takes nobody's
place, and what is refused in the same way again stops nothing (`tally`).

What an answer leaves in doubt (lost connection, 5xx, 409, a missing answer) is read back before anything
else happens to it (`doubt`). One change that fails fails alone, with the changes that need it.
"""

import logging
from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from prepop.errors import Blocked, Exit, Incomplete
from prepop.model import Change, Finding, Method, Outcome, Plan, Result, WriteAnswer
from prepop.options import Limits
from prepop.ports import BATCH, Journal, MethodWriter, Progress, TenantReader
from prepop.reasons import FindingCode
from prepop.rules.decisions.guards import accept
from prepop.rules.decisions.outcomes import outcome_of
from prepop.rules.decisions.refusals import NEEDS_KNOWN, is_failure, is_known
from prepop.steps.brake import Brake
from prepop.steps.doubt import Answered, Doubts
from prepop.steps.present import Comparing, Readings, by_account
from prepop.steps.tally import NEEDS, Tally
from prepop.together import Together

log = logging.getLogger(__name__)

ATTEMPTS = 3
HELD_UP = 8  # times that a change is refused (429) beyond its time; half a minute each, at least
NEVER_LEFT = 100  # times that it comes back without having left at all, behind others that were refused
TOO_OLD = "held up each time for so long that what was read before was too old to write on"


class Tenant(Protocol):
    """A tenant that can be written to. Nobody but this module asks it for a writer."""

    @property
    def reader(self) -> TenantReader:
        """What may be read."""

    def writer(self) -> MethodWriter:
        """What changes it, made when it is asked for."""


@dataclass(frozen=True, slots=True)
class Means:
    """What an applying works with, whatever it applies."""

    tenant: Tenant
    journal: Journal
    limits: Limits
    in_flight: int
    brake: Brake
    progress: Progress


@dataclass(frozen=True, slots=True)
class Order:
    """How a plan is applied: under which run, from which file of which digest, with what accepted.

    seen: (anchor, method, comparison key) of the values that the directory holds now.
    untouchable: accounts that must not be touched although the plan has changes of them, since they came to
    a role, or were protected, after it was made; by id, with why.
    """

    run: str
    digest: str
    path: Path
    accepted: Mapping[FindingCode, int] = field(default_factory=dict)
    seen: Sequence[tuple[str, Method, str]] = ()
    untouchable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leftover:
    """An open run of the journal: `changes` are what is left of it, `settled` what is not.

    doubtful: ids of the changes that were sent before; a refusal may be that sending's success, so it is
    read back. untouchable: as in `Order`.
    """

    run: str
    changes: Sequence[Change]
    settled: Mapping[str, Outcome]
    doubtful: Collection[str]
    untouchable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan: every change's outcome, and the exit code that this makes.

    closed: nothing waits in the run any more; False where `resume` goes on with it.
    stopped_by: the key of the limit that stopped it, with the rest not tried; "" where none did.
    """

    run: str
    outcomes: Mapping[str, Outcome]
    exit_code: Exit
    closed: bool = True
    stopped_by: str = ""


def refuse(findings: Sequence[Finding], accepted: Mapping[FindingCode, int]) -> None:
    """Raise Blocked where a finding that is not accepted speaks against applying, with what to do."""
    if blocking := accept(findings, accepted):
        raise Blocked(
            "applying is refused, nothing was written\n"
            + "\n".join(f"        {finding.code}: {finding.text} {finding.next}" for finding in blocking)
        )


async def apply_plan(plan: Plan, order: Order, means: Means) -> Applied:
    """Apply every change of a plan that was checked and accepted.

    Never raises for a change; a reading that fails leaves its changes `unknown` or `not-tried`.
    Raises StateError where the journal fails: then nothing more is sent.
    """
    means.journal.begin(
        plan,
        run=order.run,
        digest=order.digest,
        path=order.path,
        accepted={str(code): number for code, number in order.accepted.items()},
        seen=order.seen,
        kind=plan.kind,
    )
    return await _carry_out(Leftover(order.run, plan.changes, {}, (), order.untouchable), means)


async def go_on(left: Leftover, means: Means) -> Applied:
    """Carry on an open run of the journal. The promises are those of `apply_plan`."""
    means.journal.paused(left.run, None)  # if its process dies now, how it stopped before says nothing
    return await _carry_out(left, means)


async def _carry_out(left: Leftover, means: Means) -> Applied:
    work = _Work.of(left, means)
    means.brake.writing = True
    work.forbid(left.changes, left.untouchable)
    stopped = await work.apply([change for change in left.changes if change.id not in work.tally.outcomes])
    outcomes = work.tally.outcomes
    for change in left.changes:
        outcomes.setdefault(change.id, Outcome(change.id, Result.NOT_TRIED))
    code = stopped or (Exit.SOME_FAILED if any(map(is_failure, outcomes.values())) else Exit.DONE)
    means.brake.writing = False
    closed = stopped not in (Exit.INTERRUPTED, Exit.OUT_OF_TIME)
    by = work.stopped_by
    if closed:
        means.journal.finish(left.run, code, by)
    else:
        means.journal.paused(left.run, code)
        log.info("run %s stays open; resume goes on with it", left.run)
    return Applied(left.run, outcomes, code, closed=closed, stopped_by=by)


@dataclass(slots=True)
class _Work:
    """One applying, while it goes on."""

    means: Means
    writer: MethodWriter
    tally: Tally
    comparing: Comparing
    doubts: Doubts
    stopped_by: str = ""  # the key of the limit that did
    held_up: Counter[str] = field(default_factory=Counter)  # by change id: refused beyond its time
    came_back: Counter[str] = field(default_factory=Counter)  # by change id: unsent, for whatever reason

    @classmethod
    def of(cls, left: Leftover, means: Means) -> "_Work":
        total = len(left.changes) + len(left.settled)
        known = means.journal.refused_before(left.changes)
        tally = Tally(left.run, means.journal, means.progress, total, dict(left.settled), known)
        tenant = means.tenant
        readings = Readings(tenant.reader, means.brake.clock)
        before = means.journal.sendings(left.run) if left.doubtful else {}
        comparing = Comparing(readings, tally, set(left.doubtful), means.brake.held, before)
        return cls(means, tenant.writer(), tally, comparing, Doubts(readings, tally))

    def forbid(self, changes: Sequence[Change], untouchable: Mapping[str, str]) -> None:
        self.tally.settle(
            [
                (change, Outcome(change.id, Result.MOVED_ON, note=f"not to be touched: {why}"))
                for change in changes
                if (why := untouchable.get(change.account.id)) is not None
            ]
        )

    async def apply(self, changes: Sequence[Change]) -> Exit | None:
        """Write all of them, or say what stopped it: first what nothing speaks against."""
        known = self.tally.known.keys()
        last = [change for change in changes if change.id in known or change.needs in known]
        ids = {change.id for change in last}
        stopped = await self._all([change for change in changes if change.id not in ids])
        if not stopped and last:
            stopped = await self._all(last)
        await self.doubts.look_again()
        self.tally.judge()
        return stopped

    async def _all(self, changes: Sequence[Change]) -> Exit | None:
        stopped: Exit | None = None
        waiting = deque(by_account(changes))
        at_hand: list[deque[Change]] = []  # what is left of each account that was read
        most = BATCH * self.means.in_flight
        while waiting or at_hand:
            if stopped := self._stopped():
                break
            at_hand += await self.comparing.read(_taken(waiting, most - len(at_hand)))
            if stopped := self.means.brake.reason():
                break
            ready, later = await self.comparing.fresh(at_hand)
            ready.sort(
                key=lambda account: self.held_up[account[0].id]
            )  # what is refused keeps nobody waiting
            wave = [account.popleft() for account in ready[:most]]
            back = await self._wave(self._still_wanted(wave))
            self.tally.judge()
            of = {change.id: account for change, account in zip(wave, ready, strict=False)}
            for change in back:
                of[change.id].appendleft(change)
            at_hand = [account for account in ready + later if account]
        return stopped

    def _stopped(self) -> Exit | None:
        if code := self.means.brake.reason():
            return code
        self.stopped_by = self.tally.exceeded(self.means.limits)
        return Exit.SOME_FAILED if self.stopped_by else None

    def _still_wanted(self, wave: Sequence[Change]) -> list[Change]:
        """Leave out what needs a change that did not come true."""
        good: list[Change] = []
        for change in wave:
            first = self.tally.outcomes.get(change.needs) if change.needs else None
            if change.needs and (first is None or not first.result.came_true):
                note = NEEDS_KNOWN if first and is_known(first) else NEEDS
                self.tally.settle([(change, Outcome(change.id, Result.NOT_TRIED, note=note))])
            else:
                good.append(change)
        return good

    async def _wave(self, wave: list[Change]) -> list[Change]:
        """Write one change of each account; what stays in doubt is read back and sent again.

        The answer is what never left, and must be read anew.
        """
        back: list[Change] = []
        for attempt in range(1, ATTEMPTS + 1):
            if not wave:
                break
            self.means.journal.sent(self.tally.run, [change.id for change in wave])
            answers = await self._write(wave)
            back += (unsent := self._unsent(wave, answers, again=attempt > 1))
            self.came_back.update(change.id for change in unsent)
            self.held_up.update(change.id for change in unsent if answers[change.id].status is not None)
            wave = [change for change in wave if change not in back]
            wave = await self._understood(wave, answers, last=attempt == ATTEMPTS, again=attempt > 1)
        return self._in_time(back)

    def _unsent(
        self, wave: Sequence[Change], answers: Mapping[str, WriteAnswer], *, again: bool
    ) -> list[Change]:
        """What was held up for too long to leave, or when the run was stopped. again: it was sent before."""
        stopping = bool(self.means.brake.held())
        back = [
            change
            for change in wave
            if (answer := answers.get(change.id)) is not None
            and (answer.stale or (stopping and answer.acted is False and answer.status in (None, 429)))
        ]
        if again:  # an earlier sending may still come true
            self.comparing.doubtful |= {change.id for change in back}
        never = [change.id for change in back if change.id not in self.comparing.doubtful]
        self.means.journal.unsent(self.tally.run, never)
        return back

    def _in_time(self, back: Sequence[Change]) -> list[Change]:
        """Give up what came back too often."""
        late = [
            change
            for change in back
            if self.held_up[change.id] >= HELD_UP or self.came_back[change.id] >= NEVER_LEFT
        ]
        self.tally.settle([(change, Outcome(change.id, Result.FAILED, 429, note=TOO_OLD)) for change in late])
        return [change for change in back if change not in late]

    async def _write(self, wave: Sequence[Change]) -> Mapping[str, WriteAnswer]:
        async def batch(changes: Sequence[Change]) -> Mapping[str, WriteAnswer]:
            try:
                until = {change.id: self.comparing.readings.until(change) for change in changes}
                return await self.writer.write(changes, until)
            except Incomplete as error:  # a sign-in that ran out in mid-run; what was sent is read back
                log.error("writing: %s", error.message)  # noqa: TRY400 - one line
                return {}

        async with Together() as tasks:
            batches = [tasks.create_task(batch(wave[at : at + BATCH])) for at in range(0, len(wave), BATCH)]
        return {change_id: answer for sending in batches for change_id, answer in sending.result().items()}

    async def _understood(
        self, wave: Sequence[Change], answers: Mapping[str, WriteAnswer], *, last: bool, again: bool
    ) -> list[Change]:
        """Settle what is certain; the answer is what has to be sent again."""
        settled: list[tuple[Change, Outcome]] = []
        doubtful: list[Answered] = []
        refused: list[Answered] = []
        for change in wave:
            answer = answers.get(change.id, WriteAnswer(None))
            if answer.acted:
                settled.append((change, outcome_of(change, Result.DONE, answer)))
            elif answer.acted is False and not again and change.id not in self.comparing.doubtful:
                if answer.taken:
                    refused.append((change, answer))
                else:
                    settled.append((change, outcome_of(change, Result.FAILED, answer)))
            else:
                # a refusal of something that was sent before may be the earlier sending's success
                doubtful.append((change, answer))
        self.tally.settle(settled)
        if refused:
            await self.doubts.overtaken(refused)
        return await self.doubts.read_back(doubtful, last=last) if doubtful else []


def _taken(waiting: deque[deque[Change]], room: int) -> list[Change]:
    """Take the changes of so many accounts, and of a few more where that fills their last batch of reads."""
    taken: list[Change] = []
    reads = 0
    while waiting and (room > 0 or reads % BATCH):
        more = len({change.method.family for change in waiting[0]})
        if room <= 0 and reads % BATCH + more > BATCH:
            break
        taken += waiting.popleft()
        reads += more
        room -= 1
    return taken

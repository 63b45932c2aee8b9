"""Applying: the only place that holds a writer.

As many accounts are at hand as fill the requests in flight, and so that batches go out full, new ones come
in for those that are through. Round by round:

    read     the present values of the accounts that come in, live, in batches       (compare and set)
    compare  after is there already → already-true; before is not there → moved-on
    fresh    where throttling held an account up, what would be replaced or removed is read and compared anew
    wave     the next change of each account at hand: journal `sent`, write, settle.
             One change an account at a time, in plan order, so that a mobile is there before its alternate.

What an answer leaves in doubt (lost connection, 5xx, 409, a missing answer) is read back before anything
else happens to it:

    present is `after`                done (a 409 phoneNumberNotUnique is a half-success: note)
    present is `before`, no answer    sent again, a few times; so with a 5xx
    present is `before`, 409 or 404   read once more at the end of the run, since a write may take seconds to
                                      show (GRAPH section 1, RealmJoin); then failed
    present is something else         moved-on
    cannot be read                    unknown

One change that fails fails alone, with the changes that need it.
"""

import logging
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prepop.clock import Clock
from prepop.errors import Exit, Incomplete
from prepop.model import Action, Change, Method, Outcome, Plan, Present, Result, RunKind, WriteAnswer
from prepop.options import Limits
from prepop.ports import Journal, MethodWriter, Progress, TenantReader
from prepop.rules.decisions.guards import exceeds
from prepop.rules.decisions.outcomes import asked, is_now, outcome_of, seen_after
from prepop.steps.read import Together, read_live

log = logging.getLogger(__name__)

BATCH = 20  # the most that one $batch takes: GRAPH section 5
ATTEMPTS = 3
FRESH_SECONDS = 30.0  # so long what was read may be taken for the present; people change their own methods
SETTLE_SECONDS = 5.0  # RealmJoin waits as long before it believes a read after a 409: GRAPH section 1
_FAILURES = frozenset({Result.FAILED, Result.UNKNOWN, Result.NOT_TRIED})


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan: every change's outcome, and the exit code that this makes.

    closed: nothing waits in the run any more; False where `resume` goes on with it.
    """

    run: str
    outcomes: Mapping[str, Outcome]
    exit_code: Exit
    closed: bool = True


@dataclass(slots=True)
class Brake:
    """Reasons to stop between two batches.

    interrupted: set by a signal. writing: set while changes are sent, when stopping needs care.
    """

    clock: Clock
    max_seconds: float | None = None
    interrupted: bool = False
    writing: bool = False
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.clock.elapsed()

    def spent(self) -> float:
        """Seconds since the step began."""
        return self.clock.elapsed() - self._started

    def reason(self) -> Exit | None:
        """Why to stop now, or None."""
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.max_seconds is not None and self.spent() >= self.max_seconds:
            return Exit.OUT_OF_TIME
        return None


async def apply_plan(
    plan: Plan,
    reader: TenantReader,
    writer: MethodWriter,
    journal: Journal,
    *,
    run: str,
    digest: str,
    path: Path,
    accepted: Mapping[str, int],
    seen: Iterable[tuple[str, Method, str]],
    kind: RunKind = RunKind.APPLY,
    privileged: Mapping[str, str],
    limits: Limits,
    in_flight: int,
    brake: Brake,
    progress: Progress,
) -> Applied:
    """Apply every change of a plan that was checked and accepted.

    privileged: accounts that must not be touched although the plan has changes of them, since they came
    to a role, or were protected, after it was made; by id, with why.
    Never raises for a change; a reading that fails leaves its changes `unknown` or `not-tried`.
    Raises StateError where the journal fails: then nothing more is sent.
    """
    journal.begin(plan, run=run, digest=digest, path=path, accepted=accepted, seen=seen, kind=kind)
    work = _Work(run, reader, writer, journal, brake, progress, len(plan.changes))
    return await _carry_out(work, plan.changes, privileged, limits, in_flight)


async def go_on(
    run: str,
    changes: Sequence[Change],
    settled: Mapping[str, Outcome],
    doubtful: Collection[str],
    reader: TenantReader,
    writer: MethodWriter,
    journal: Journal,
    *,
    privileged: Mapping[str, str],
    limits: Limits,
    in_flight: int,
    brake: Brake,
    progress: Progress,
) -> Applied:
    """Carry on an open run of the journal: `changes` are what is left of it, `settled` what is not.

    doubtful: ids of the changes that were sent before; a refusal may be that sending's success, so it is
    read back. The promises are those of `apply_plan`.
    """
    journal.paused(run, None)  # if its process dies now, how it stopped the time before says nothing
    total = len(changes) + len(settled)
    work = _Work(run, reader, writer, journal, brake, progress, total, frozenset(doubtful), dict(settled))
    return await _carry_out(work, changes, privileged, limits, in_flight)


async def _carry_out(
    work: "_Work", changes: Sequence[Change], privileged: Mapping[str, str], limits: Limits, in_flight: int
) -> Applied:
    work.brake.writing = True
    work.forbid(changes, privileged)
    stopped = await work.apply([c for c in changes if c.id not in work.outcomes], limits, in_flight)
    outcomes = work.outcomes
    for change in changes:
        outcomes.setdefault(change.id, Outcome(change.id, Result.NOT_TRIED))
    code = stopped or _exit_code(outcomes.values())
    work.brake.writing = False
    if stopped in (Exit.INTERRUPTED, Exit.OUT_OF_TIME):
        work.journal.paused(work.run, stopped)
        log.info("run %s stays open; resume goes on with it", work.run)
    else:
        work.journal.finish(work.run, code)
    return Applied(work.run, outcomes, code, closed=code not in (Exit.INTERRUPTED, Exit.OUT_OF_TIME))


def _exit_code(outcomes: Iterable[Outcome]) -> Exit:
    return Exit.SOME_FAILED if any(one.result in _FAILURES for one in outcomes) else Exit.DONE


@dataclass(slots=True)
class _Work:
    """One applying, while it goes on."""

    run: str
    reader: TenantReader
    writer: MethodWriter
    journal: Journal
    brake: Brake
    progress: Progress
    total: int
    doubtful: frozenset[str] = frozenset()
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    late: list[tuple[Change, WriteAnswer, float]] = field(default_factory=list)  # 409s to look at again
    read_at: dict[str, float] = field(default_factory=dict)  # by account id, when it was read

    def forbid(self, changes: Sequence[Change], privileged: Mapping[str, str]) -> None:
        self._settle(
            [
                (
                    one,
                    Outcome(one.id, Result.MOVED_ON, note=f"not to be touched: {privileged[one.account.id]}"),
                )
                for one in changes
                if one.account.id in privileged
            ]
        )

    async def apply(self, changes: Sequence[Change], limits: Limits, in_flight: int) -> Exit | None:
        stopped: Exit | None = None
        waiting = deque(_accounts(changes))
        at_hand: list[deque[Change]] = []  # what is left of each account that was read
        most = BATCH * in_flight
        while waiting or at_hand:
            if stopped := self.brake.reason() or self._failures(limits):
                break
            at_hand += await self._read(_taken(waiting, most - len(at_hand)))
            if stopped := self.brake.reason():
                break
            at_hand = await self._fresh(at_hand)
            wave = [account.popleft() for account in at_hand[:most]]
            await self._wave(self._still_wanted(wave))
            at_hand = [account for account in at_hand if account]
        await self._look_again()
        return stopped

    def _failures(self, limits: Limits) -> Exit | None:
        failed = sum(1 for one in self.outcomes.values() if one.result in _FAILURES)
        if exceeds(limits.failures, failed, self.total, limits.min_population):
            log.error(
                "stopping: %d of %d changes failed, more than limits.failures allows", failed, self.total
            )
            return Exit.SOME_FAILED
        return None

    async def _read(self, changes: Sequence[Change]) -> list[deque[Change]]:
        """Read the accounts of these changes; the answer is what is to be written, by account."""
        if not changes:
            return []
        try:
            present = await self._present(changes)
            self.read_at |= dict.fromkeys(present, self.brake.clock.elapsed())
        except Incomplete as error:
            log.error("reading accounts before writing them: %s", error.message)  # noqa: TRY400 - one line
            self._settle(
                [(c, Outcome(c.id, Result.NOT_TRIED, note="not readable before the write")) for c in changes]
            )
            return []
        ready = self._compared(changes, present)
        self.journal.noticed(present)
        return _accounts(ready)

    async def _fresh(self, at_hand: list[deque[Change]]) -> list[deque[Change]]:
        """The accounts at hand, those anew that were read long ago and have something to lose.

        An addition needs no second look: Graph refuses it where the method exists by now.
        """
        now = self.brake.clock.elapsed()
        old = {
            change.account.id
            for account in at_hand
            for change in account
            if change.action is not Action.ADD and now - self.read_at[change.account.id] > FRESH_SECONDS
        }
        again = [change for account in at_hand for change in account if change.account.id in old]
        return [one for one in at_hand if one[0].account.id not in old] + await self._read(again)

    def _compared(self, changes: Sequence[Change], present: Mapping[str, Present | None]) -> list[Change]:
        """Compare and set: leave out what is true already, what moved on and what is gone."""
        ready: list[Change] = []
        settled: list[tuple[Change, Outcome]] = []
        for change in changes:
            account = present[change.account.id]
            if account is None:
                settled.append((change, Outcome(change.id, Result.FAILED, 404, note="the account is gone")))
            elif is_now(change, change.after, account):
                # what this run sent before, and shows only now, is its own doing
                own = change.id in self.doubtful
                settled.append((change, Outcome(change.id, Result.DONE if own else Result.ALREADY_TRUE)))
            elif not is_now(change, change.before, account):
                settled.append((change, Outcome(change.id, Result.MOVED_ON)))
            else:
                ready.append(change)
        self._settle(settled)
        return ready

    def _still_wanted(self, wave: Sequence[Change]) -> list[Change]:
        """Leave out what needs a change that did not come true."""
        good: list[Change] = []
        for change in wave:
            first = self.outcomes.get(change.needs) if change.needs else None
            if change.needs and (first is None or not first.result.came_true):
                self._settle(
                    [(change, Outcome(change.id, Result.NOT_TRIED, note="what it needs was not done"))]
                )
            else:
                good.append(change)
        return good

    async def _wave(self, wave: list[Change]) -> None:
        """Write one change of each account; what stays in doubt is read back and sent again."""
        for attempt in range(1, ATTEMPTS + 1):
            if not wave:
                return
            self.journal.sent(self.run, [change.id for change in wave])
            answers = await self._write(wave)
            wave = await self._understood(wave, answers, last=attempt == ATTEMPTS, again=attempt > 1)

    async def _write(self, wave: Sequence[Change]) -> Mapping[str, WriteAnswer]:
        async def batch(changes: Sequence[Change]) -> Mapping[str, WriteAnswer]:
            try:
                return await self.writer.write(changes)
            except Incomplete as error:  # a sign-in that ran out in mid-run; what was sent is read back
                log.error("writing: %s", error.message)  # noqa: TRY400 - one line
                return {}

        async with Together() as tasks:
            batches = [tasks.create_task(batch(wave[at : at + BATCH])) for at in range(0, len(wave), BATCH)]
        return {change_id: answer for one in batches for change_id, answer in one.result().items()}

    async def _understood(
        self, wave: Sequence[Change], answers: Mapping[str, WriteAnswer], *, last: bool, again: bool
    ) -> list[Change]:
        """Settle what is certain; the answer is what has to be sent again."""
        settled: list[tuple[Change, Outcome]] = []
        doubtful: list[tuple[Change, WriteAnswer]] = []
        refused: list[tuple[Change, WriteAnswer]] = []
        for change in wave:
            answer = answers.get(change.id, WriteAnswer(None))
            if answer.acted:
                settled.append((change, outcome_of(change, Result.DONE, answer)))
            elif answer.acted is False and not again and change.id not in self.doubtful:
                if answer.status == 400 and change.action is Action.ADD:
                    refused.append((change, answer))
                else:
                    settled.append((change, outcome_of(change, Result.FAILED, answer)))
            else:
                # a refusal of something that was sent before may be the earlier sending's success
                doubtful.append((change, answer))
        self._settle(settled)
        if refused:
            await self._overtaken(refused)
        return await self._read_back(doubtful, last=last) if doubtful else []

    async def _overtaken(self, refused: Sequence[tuple[Change, WriteAnswer]]) -> None:
        """An addition is refused where the method exists by now: the person was quicker, nothing failed.

        No error body is documented for that (GRAPH section 1): the tenant is asked, not the text.
        """
        try:
            present = await self._present([change for change, _ in refused])
        except Incomplete as error:
            log.error("reading after a refusal: %s", error.message)  # noqa: TRY400 - one line
            present = {change.account.id: None for change, _ in refused}
        quicker = {Result.DONE: Result.ALREADY_TRUE, Result.MOVED_ON: Result.MOVED_ON}
        settled: list[tuple[Change, Outcome]] = []
        for change, answer in refused:
            seen = seen_after(change, present[change.account.id])
            result = quicker.get(seen, Result.FAILED) if seen else Result.FAILED
            settled.append((change, outcome_of(change, result, answer)))
        self._settle(settled)
        self.journal.noticed(present)

    async def _read_back(self, doubtful: Sequence[tuple[Change, WriteAnswer]], *, last: bool) -> list[Change]:
        settled: list[tuple[Change, Outcome]] = []
        again: list[Change] = []
        try:
            present = await self._present([change for change, _ in doubtful])
        except Incomplete as error:
            log.error("reading back after an unclear answer: %s", error.message)  # noqa: TRY400 - one line
            self._settle(
                [(change, outcome_of(change, Result.UNKNOWN, answer)) for change, answer in doubtful]
            )
            return []
        for change, answer in doubtful:
            account = present[change.account.id]
            result = seen_after(change, account)
            if result is not None:
                settled.append((change, outcome_of(change, result, answer)))
            elif answer.status in (404, 409) or answer.acted is False:
                self.late.append((change, answer, self.brake.clock.elapsed()))
            elif last:
                settled.append((change, outcome_of(change, Result.UNKNOWN, answer)))
            else:
                again.append(change)
        self._settle(settled)
        self.journal.noticed(present)
        return again

    async def _look_again(self) -> None:
        """Read once more what was refused with a doubt, after the tenant had time to show it."""
        if not self.late:
            return
        newest = max(at for _, _, at in self.late)
        wait = SETTLE_SECONDS - (self.brake.clock.elapsed() - newest)
        if wait > 0:
            await self.brake.clock.pause(wait)
        try:
            present = await self._present([change for change, _, _ in self.late])
        except Incomplete as error:
            log.error("reading back after a conflict: %s", error.message)  # noqa: TRY400 - one line
            self._settle(
                [(change, outcome_of(change, Result.UNKNOWN, answer)) for change, answer, _ in self.late]
            )
            return
        settled: list[tuple[Change, Outcome]] = []
        for change, answer, _ in self.late:
            result = seen_after(change, present[change.account.id]) or Result.FAILED
            settled.append((change, outcome_of(change, result, answer)))
        self._settle(settled)
        self.journal.noticed(present)

    async def _present(self, changes: Sequence[Change]) -> Mapping[str, Present | None]:
        return await read_live(self.reader, asked(changes), lambda stage, done, total: None)

    def _settle(self, outcomes: Sequence[tuple[Change, Outcome]]) -> None:
        if not outcomes:
            return
        self.journal.settled(self.run, outcomes)
        self.outcomes |= {change.id: outcome for change, outcome in outcomes}
        for change, one in outcomes:
            if one.result in (Result.FAILED, Result.UNKNOWN):
                log.warning(
                    "%s %s of account %s: %s (status %s, code %s, request-id %s)",
                    change.action, change.method, change.account.id, one.result,
                    one.status or "none", one.code or "none", one.request_id or "none",
                )  # fmt: skip
        self.progress("writing", len(self.outcomes), self.total)


def _accounts(changes: Iterable[Change]) -> list[deque[Change]]:
    """The changes of each account, in plan order."""
    found: dict[str, deque[Change]] = {}
    for change in changes:
        found.setdefault(change.account.id, deque()).append(change)
    return list(found.values())


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

"""Doubt: an answer that leaves open whether a change was made is read back before anything else happens.

present is `after`                done (a 409 phoneNumberNotUnique is a half-success: note); where it was sent
                                  long ago, or created at another time: already-true
present is `before`, no answer    sent again, a few times; so with a 5xx
present is `before`, 409 or 404   read once more at the end of the run, since a write may take seconds to
                                  show (GRAPH section 1, RealmJoin); then failed
present is something else         moved-on
cannot be read                    unknown
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from prepop.errors import Incomplete
from prepop.model import Change, Outcome, Result, Sending, WriteAnswer
from prepop.rules.decisions.outcomes import is_own, outcome_of, seen_after
from prepop.steps.present import Readings
from prepop.steps.read import LiveReading
from prepop.steps.tally import Tally

log = logging.getLogger(__name__)

SETTLE_SECONDS = 5.0  # RealmJoin waits as long before it believes a read after a 409: GRAPH section 1

Answered = tuple[Change, WriteAnswer]


@dataclass(slots=True)
class Doubts:
    """What is to be read back in one run."""

    readings: Readings
    tally: Tally
    _late: list[tuple[Change, WriteAnswer, float]] = field(default_factory=list)  # to look at again

    async def overtaken(self, refused: Sequence[Answered]) -> None:
        """An addition is refused where the method exists by now: the person was quicker, nothing failed.

        No error body is documented for that (GRAPH section 1): the tenant is asked, not the text.
        """
        try:
            present = (await self.readings.now([change for change, _ in refused])).present
        except Incomplete as error:
            log.error("reading after a refusal: %s", error.message)  # noqa: TRY400 - one line
            present = {}
        quicker = {Result.DONE: Result.ALREADY_TRUE, Result.MOVED_ON: Result.MOVED_ON}
        settled: list[tuple[Change, Outcome]] = []
        for change, answer in refused:
            seen = seen_after(change, present.get(change.account.id))
            result = quicker.get(seen, Result.FAILED) if seen else Result.FAILED
            settled.append((change, outcome_of(change, result, answer)))
        self.tally.settle(settled)
        self.tally.journal.noticed(present)

    async def read_back(self, doubtful: Sequence[Answered], *, last: bool) -> list[Change]:
        """Settle what can be told; the answer is what has to be sent again. last: it is not sent again."""
        settled: list[tuple[Change, Outcome]] = []
        again: list[Change] = []
        try:
            live = await self.readings.now([change for change, _ in doubtful])
        except Incomplete as error:
            log.error("reading back after an unclear answer: %s", error.message)  # noqa: TRY400 - one line
            self.tally.settle(
                [(change, outcome_of(change, Result.UNKNOWN, answer)) for change, answer in doubtful]
            )
            return []
        for change, answer in doubtful:
            if change.account.id in live.unreadable:
                settled.append((change, outcome_of(change, Result.UNKNOWN, answer)))
                continue
            result = seen_after(change, live.present[change.account.id])
            if result is not None:
                settled.append((change, outcome_of(change, result, answer)))
            elif answer.late or answer.acted is False:
                self._late.append((change, answer, self.readings.clock.elapsed()))
            elif last:
                settled.append((change, outcome_of(change, Result.UNKNOWN, answer)))
            else:
                again.append(change)
        self.tally.settle(settled)
        self.tally.journal.noticed(live.present)
        return again

    async def look_again(self) -> None:
        """Read once more what was refused with a doubt, after the tenant had time to show it."""
        if not self._late:
            return
        newest = max(at for _, _, at in self._late)
        wait = SETTLE_SECONDS - (self.readings.clock.elapsed() - newest)
        if wait > 0:
            await self.readings.clock.pause(wait)
        late = [(change, answer) for change, answer, _ in self._late]
        try:
            live = await self.readings.now([change for change, _ in late])
        except Incomplete as error:
            log.error("reading back after a conflict: %s", error.message)  # noqa: TRY400 - one line
            self.tally.settle(
                [(change, outcome_of(change, Result.UNKNOWN, answer)) for change, answer in late]
            )
            return
        self.tally.settle(
            [
                (change, outcome_of(change, self._at_last(change, live, at), answer))
                for change, answer, at in self._late
            ]
        )
        self.tally.journal.noticed(live.present)

    def _at_last(self, change: Change, live: LiveReading, at: float) -> Result:
        """What the last look tells of what was sent at that moment (`Clock.elapsed`) or shortly before."""
        if change.account.id in live.unreadable:
            return Result.UNKNOWN
        account = live.present[change.account.id]
        result = seen_after(change, account) or Result.FAILED
        ago = timedelta(seconds=self.readings.clock.elapsed() - at)
        sending = Sending(self.readings.clock.now() - ago, ago)
        if result is Result.DONE and not is_own(change, account, sending):
            return Result.ALREADY_TRUE
        return result

"""Compare and set: what an account has now, right before it is written, against what the plan saw.

after is there already   already-true; done where this run sent it before
before is not there      moved-on
the account is gone      failed
"""

import logging
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from prepop.clock import Clock
from prepop.errors import Incomplete
from prepop.model import Action, Change, Outcome, Present, Result, Sending
from prepop.ports import BATCH, TenantReader
from prepop.rules.decisions.outcomes import asked, is_now, is_own
from prepop.steps.read import LiveReading, read_live
from prepop.steps.tally import Tally

log = logging.getLogger(__name__)

FRESH_SECONDS = 30.0  # so long what was read may be taken for the present; people change their own methods


@dataclass(slots=True)
class Readings:
    """Reads accounts as they are now, and knows until when that may be acted on.

    The time that an answer takes counts: what it tells may be as old as the question.
    """

    reader: TenantReader
    clock: Clock
    _begun: dict[str, float] = field(default_factory=dict)  # by account id

    async def now(self, changes: Sequence[Change]) -> LiveReading:
        """What the accounts of these changes have now. Raises Incomplete where it cannot be read."""
        begun = self.clock.elapsed()
        live = await read_live(self.reader, asked(changes), lambda stage, done, total: None)
        self._begun |= dict.fromkeys(live.present, begun)
        return live

    def until(self, change: Change) -> float:
        """The moment (`Clock.elapsed`) after which this change must not be sent on what was read.

        An addition needs no second look: Graph refuses it where the method exists by now.
        """
        if change.action is Action.ADD:
            return math.inf
        return self._begun.get(change.account.id, -math.inf) + FRESH_SECONDS


@dataclass(slots=True)
class Comparing:
    """Reads accounts and compares them with the plan.

    doubtful: changes that were sent before; of those of an earlier process, `before` says when.
    held: why the run stops, or "".
    """

    readings: Readings
    tally: Tally
    doubtful: set[str]
    held: Callable[[], str]
    before: Mapping[str, Sending] = field(default_factory=dict)
    _room: int = BATCH * BATCH  # accounts that are read anew at once: so many as stay fresh meanwhile

    async def read(self, changes: Sequence[Change]) -> list[deque[Change]]:
        """Read the accounts of these changes; the answer is what is to be written, by account."""
        if not changes:
            return []
        begun = self.readings.clock.elapsed()
        try:
            live = await self.readings.now(changes)
        except Incomplete as error:
            log.error("reading accounts before writing them: %s", error.message)  # noqa: TRY400 - one line
            if self.held():
                return []  # what was not read waits in the journal for `resume`
            note = "not readable before the write"
            self.tally.settle(
                [(change, Outcome(change.id, Result.NOT_TRIED, note=note)) for change in changes]
            )
            return []
        slow = self.readings.clock.elapsed() - begun > FRESH_SECONDS / 2
        accounts = len({change.account.id for change in changes})
        self._room = max(1, min(self._room, accounts) // 2) if slow else min(BATCH * BATCH, self._room * 2)
        self.tally.settle(
            [
                (change, Outcome(change.id, Result.NOT_TRIED, note=f"not readable before the write: {why}"))
                for change in changes
                if (why := live.unreadable.get(change.account.id)) is not None
            ]
        )
        readable = [change for change in changes if change.account.id in live.present]
        ready = self._compared(readable, live.present)
        self.tally.journal.noticed(live.present)
        return by_account(ready)

    async def fresh(
        self, at_hand: Sequence[deque[Change]]
    ) -> tuple[list[deque[Change]], list[deque[Change]]]:
        """The accounts at hand that may be written, and those that wait for their reading.

        Those that were read long ago and have something to lose are read anew, as many as stay fresh.
        """
        now = self.readings.clock.elapsed()
        old = [group for group in at_hand if any(self.readings.until(change) < now for change in group)]
        young = [group for group in at_hand if all(group is not other for other in old)]
        again, later = old[: self._room], old[self._room :]
        return young + await self.read([change for account in again for change in account]), later

    def _compared(self, changes: Sequence[Change], present: Mapping[str, Present | None]) -> list[Change]:
        """Leave out what is true already, what moved on and what is gone."""
        ready: list[Change] = []
        settled: list[tuple[Change, Outcome]] = []
        for change in changes:
            account = present[change.account.id]
            if account is None:
                settled.append((change, Outcome(change.id, Result.FAILED, 404, note="the account is gone")))
            elif is_now(change, change.after, account):
                # what this run sent before, and shows only now, is its own doing
                own = change.id in self.doubtful and (
                    change.id not in self.before or is_own(change, account, self.before[change.id])
                )
                settled.append((change, Outcome(change.id, Result.DONE if own else Result.ALREADY_TRUE)))
            elif not is_now(change, change.before, account):
                settled.append((change, Outcome(change.id, Result.MOVED_ON)))
            else:
                ready.append(change)
        self.tally.settle(settled)
        return ready


def by_account(changes: Iterable[Change]) -> list[deque[Change]]:
    """The changes of each account, in plan order."""
    found: dict[str, deque[Change]] = {}
    for change in changes:
        found.setdefault(change.account.id, deque()).append(change)
    return list(found.values())

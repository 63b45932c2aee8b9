"""Compare and set: what an account has now, right before it is written, against what the plan saw.

after is there already   already-true; done where this run sent it before
before is not there      moved-on
the account is gone      failed
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from prepop.clock import Clock
from prepop.errors import Incomplete
from prepop.model import Action, Change, Outcome, Present, Result
from prepop.ports import TenantReader
from prepop.rules.decisions.outcomes import asked, is_now
from prepop.steps.read import LiveReading, read_live
from prepop.steps.tally import Tally

log = logging.getLogger(__name__)

FRESH_SECONDS = 30.0  # so long what was read may be taken for the present; people change their own methods


@dataclass(slots=True)
class Comparing:
    """Reads accounts and compares them with the plan.

    doubtful: changes that were sent before. held: why the run stops, or "".
    """

    reader: TenantReader
    tally: Tally
    clock: Clock
    doubtful: frozenset[str]
    held: Callable[[], str]
    _read_at: dict[str, float] = field(default_factory=dict)  # by account id

    async def read(self, changes: Sequence[Change]) -> list[deque[Change]]:
        """Read the accounts of these changes; the answer is what is to be written, by account."""
        if not changes:
            return []
        try:
            live = await read_now(self.reader, changes)
            self._read_at |= dict.fromkeys(live.present, self.clock.elapsed())
        except Incomplete as error:
            log.error("reading accounts before writing them: %s", error.message)  # noqa: TRY400 - one line
            if self.held():
                return []  # what was not read waits in the journal for `resume`
            note = "not readable before the write"
            self.tally.settle([(one, Outcome(one.id, Result.NOT_TRIED, note=note)) for one in changes])
            return []
        self.tally.settle(
            [
                (one, Outcome(one.id, Result.NOT_TRIED, note=f"not readable before the write: {why}"))
                for one in changes
                if (why := live.unreadable.get(one.account.id)) is not None
            ]
        )
        readable = [one for one in changes if one.account.id in live.present]
        ready = self._compared(readable, live.present)
        self.tally.journal.noticed(live.present)
        return by_account(ready)

    async def fresh(self, at_hand: list[deque[Change]]) -> list[deque[Change]]:
        """The accounts at hand, those anew that were read long ago and have something to lose.

        An addition needs no second look: Graph refuses it where the method exists by now.
        """
        now = self.clock.elapsed()
        old = {
            change.account.id
            for account in at_hand
            for change in account
            if change.action is not Action.ADD and now - self._read_at[change.account.id] > FRESH_SECONDS
        }
        again = [change for account in at_hand for change in account if change.account.id in old]
        return [one for one in at_hand if one[0].account.id not in old] + await self.read(again)

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
                own = change.id in self.doubtful
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


async def read_now(reader: TenantReader, changes: Sequence[Change]) -> LiveReading:
    """What the accounts of these changes have now. Raises Incomplete where it cannot be read."""
    return await read_live(reader, asked(changes), lambda stage, done, total: None)

"""Settling: what a broken night left behind is read back, so that nobody has to look after it."""

import logging
from collections.abc import Sequence

from prepop.model import Change, Outcome
from prepop.ports import Journal, Progress, TenantReader
from prepop.rules.decisions.outcomes import asked, seen_after
from prepop.steps.read import read_live

log = logging.getLogger(__name__)


async def settle(
    run: str, doubtful: Sequence[Change], reader: TenantReader, journal: Journal, progress: Progress
) -> tuple[Change, ...]:
    """Read back what a run sent without knowing the answer; the answer is what did not come true.

    What is there as it was written is `done` and enters the ledger; what is neither as it was nor as it
    was written has `moved-on`. Raises Incomplete where the tenant cannot be read.
    """
    if not doubtful:
        return ()
    present = await read_live(reader, asked(doubtful), progress)
    outcomes: list[tuple[Change, Outcome]] = []
    open_: list[Change] = []
    for change in doubtful:
        result = seen_after(change, present[change.account.id])
        if result is None:
            open_.append(change)
        else:
            outcomes.append((change, Outcome(change.id, result, note="settled by reading back")))
    journal.settled(run, outcomes)
    journal.noticed(present)
    log.info("run %s: %d changes that were sent are settled", run, len(outcomes))
    return tuple(open_)

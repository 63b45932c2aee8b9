"""Settling: what a broken night left behind is read back, so that nobody has to look after it."""

import logging
from collections.abc import Sequence

from prepop.errors import Exit
from prepop.model import Change, Outcome, Result
from prepop.ports import Journal, Progress, TenantReader
from prepop.rules.decisions.outcomes import asked, is_own, seen_after
from prepop.steps.read import read_live

log = logging.getLogger(__name__)


async def settle(
    run: str, doubtful: Sequence[Change], reader: TenantReader, journal: Journal, progress: Progress
) -> tuple[Change, ...]:
    """Read back what a run sent without knowing the answer; the answer is what did not come true.

    What is there as it was written is `done` and enters the ledger, if that sending can have done it; else
    the person may have, and it is `already-true`. What is neither as it was nor as it
    was written has `moved-on`; what is of an account that cannot be read stays
    `unknown`. Raises Incomplete where the tenant cannot be read.
    """
    if not doubtful:
        return ()
    live = await read_live(reader, asked(doubtful), progress)
    sendings = journal.sendings(run)
    outcomes: list[tuple[Change, Outcome]] = []
    open_: list[Change] = []
    for change in doubtful:
        if (why := live.unreadable.get(change.account.id)) is not None:
            # it stays in doubt, and is read back again by the next run
            outcomes.append((change, Outcome(change.id, Result.UNKNOWN, note=f"cannot be read back: {why}")))
            continue
        account = live.present[change.account.id]
        result = seen_after(change, account)
        if result is Result.DONE and not is_own(change, account, sendings.get(change.id)):
            result = Result.ALREADY_TRUE
        if result is None:
            open_.append(change)
        else:
            outcomes.append((change, Outcome(change.id, result, note="settled by reading back")))
    journal.settled(run, outcomes)
    journal.noticed(live.present)
    log.info("run %s: %d changes that were sent are settled", run, len(outcomes))
    return tuple(open_)


async def settle_for_good(run: str, reader: TenantReader, journal: Journal, progress: Progress) -> None:
    """Read back what a run sent; what is not there has failed.

    Left in doubt it would be read back every night, until a person registers that very value and it is
    taken for ours.
    """
    doubtful = journal.changes(run, "sent", "unknown")
    absent = await settle(run, doubtful, reader, journal, progress)
    note = "sent, and not there when it was read back"
    journal.settled(run, [(change, Outcome(change.id, Result.FAILED, note=note)) for change in absent])


async def settle_open(journal: Journal, reader: TenantReader, progress: Progress) -> None:
    """Settle open runs and close them; what they had not sent is not tried."""
    # a state folder may hold another tenant's runs too: they are its own matter
    tenant = await reader.facts()
    for past in journal.runs(tenant.id):
        if past.finished is None or journal.changes(past.id, "sent", "unknown"):
            await settle_for_good(past.id, reader, journal, progress)
            if past.finished is None:
                # as it stopped; a process that ended without a word was interrupted
                journal.finish(past.id, past.exit_code or Exit.INTERRUPTED)

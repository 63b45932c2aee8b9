"""The tally of a run: what became of each change so far, in the journal, in the log and on the bars."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from prepop.model import Change, Outcome, Result
from prepop.options import Limits
from prepop.ports import Journal, Progress
from prepop.rules.decisions.guards import exceeds

log = logging.getLogger(__name__)

FAILURES = frozenset({Result.FAILED, Result.UNKNOWN, Result.NOT_TRIED})


@dataclass(slots=True)
class Tally:
    """The outcomes of one run while it goes on. total: how many changes it has."""

    run: str
    journal: Journal
    progress: Progress
    total: int
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def settle(self, outcomes: Sequence[tuple[Change, Outcome]]) -> None:
        """Write down what became of these."""
        if not outcomes:
            return
        self.journal.settled(self.run, outcomes)
        self.outcomes |= {change.id: outcome for change, outcome in outcomes}
        for change, one in outcomes:
            if one.result in (Result.FAILED, Result.UNKNOWN):
                log.warning(
                    "%s %s of account %s (%s): %s (status %s, code %s, request-id %s)%s",
                    change.action, change.method, change.account.upn, change.account.id, one.result,
                    one.status or "none", one.code or "none", one.request_id or "none",
                    f": {one.note}" if one.note else "",
                )  # fmt: skip
        self.progress("writing", len(self.outcomes), self.total)

    def exceeded(self, limits: Limits) -> str:
        """The key of the limit that is exceeded, so that the rest is not tried; else ""."""
        failed = failures(self.outcomes.values())
        if exceeds(limits.failures, failed, self.total, limits.min_population):
            log.error(
                "stopping: %d of %d changes failed, more than limits.failures allows", failed, self.total
            )
            return "limits.failures"
        return ""


def failures(outcomes: Iterable[Outcome]) -> int:
    """How many of these are failures for the exit code."""
    return sum(1 for one in outcomes if one.result in FAILURES)

"""The tally of a run: what became of each change so far, in the journal, in the log and on the bars.

Which refusals are of one account and which of everybody is told wave by wave (`judge`): where others of the
wave succeed, they are single ones. What is known of earlier runs counts against no limit (`refusals`).
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from prepop.model import Change, Outcome, Refusal, Result
from prepop.options import Limits
from prepop.ports import BATCH, Journal, Progress
from prepop.rules.decisions.bounds import exceeds
from prepop.rules.decisions.refusals import (
    FEW,
    KNOWN,
    is_failure,
    is_known,
    is_of_itself,
    is_refusal,
    same_way,
)

log = logging.getLogger(__name__)

NEEDS = "what it needs was not done"
"""The note of a change that was not tried for want of another: that other one counts against a limit."""

_TRIED = frozenset({Result.DONE, Result.FAILED, Result.UNKNOWN})


@dataclass(slots=True)
class Tally:
    """The outcomes of one run while it goes on. total: how many changes it has.

    known: by change id, what Graph refused of these changes in earlier runs.
    """

    run: str
    journal: Journal
    progress: Progress
    total: int
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    known: Mapping[str, Refusal] = field(default_factory=dict)
    _refused: list[tuple[Change, Outcome]] = field(default_factory=list)  # of the wave under way
    _doubted: list[tuple[Change, Outcome]] = field(default_factory=list)  # of waves without success
    _answered: int = 0  # so many of it came true or were refused
    _succeeded: bool = False  # one of it came true
    _before: bool = False  # one of the wave before did
    _single: set[str] = field(default_factory=set)  # ids of changes whose refusal is of one account
    _accounts: set[str] = field(default_factory=set)  # whose

    def settle(self, outcomes: Sequence[tuple[Change, Outcome]]) -> None:
        """Write down what became of these."""
        if not outcomes:
            return
        outcomes = [(change, self._noted(outcome)) for change, outcome in outcomes]
        self.journal.settled(self.run, outcomes)
        self.outcomes |= {change.id: outcome for change, outcome in outcomes}
        for change, outcome in outcomes:
            self._succeeded |= outcome.result is Result.DONE
            self._answered += outcome.result is Result.DONE or is_refusal(outcome)
            if is_refusal(outcome):
                self._refused.append((change, outcome))
            if outcome.result in (Result.FAILED, Result.UNKNOWN):
                log.log(
                    logging.INFO if is_known(outcome) else logging.WARNING,
                    "%s %s of account %s (%s): %s (status %s, code %s, request-id %s)%s",
                    change.action,
                    change.method,
                    change.account.upn,
                    change.account.id,
                    outcome.result,
                    outcome.status or "none",
                    outcome.code or "none",
                    outcome.request_id or "none",
                    f": {outcome.message}" if outcome.message else "",
                )
        self.progress("writing", len(self.outcomes), self.total)

    def _noted(self, outcome: Outcome) -> Outcome:
        before = self.known.get(outcome.change_id)
        if before is None or not same_way(before, outcome):
            return outcome
        return replace(outcome, note="; ".join(word for word in (outcome.note, KNOWN) if word))

    def judge(self) -> None:
        """A wave is through: tell the refusals of single accounts from a refusal of everybody.

        A wave of a few is judged with the one before it. An account that was refused before, now or in an
        earlier run, is refused on its own account; so is what was refused before something came true later.
        Where there are hardly any to compare it with, the answer itself must speak of the account.
        """
        others = self._succeeded or (self._answered < BATCH and self._before)
        single = {
            change.id
            for change, outcome in self._refused
            if others
            or change.id in self.known
            or change.account.id in self._accounts
            or (self._answered <= FEW and is_of_itself(outcome))
        }
        self.journal.refused(self.run, self._refused, single)
        self._single |= single
        self._accounts |= {change.account.id for change, _ in self._refused if change.id in single}
        self._doubted += [(change, outcome) for change, outcome in self._refused if change.id not in single]
        if self._succeeded and self._doubted:
            late = {change.id for change, _ in self._doubted}
            self.journal.refused(self.run, self._doubted, late)
            self._single |= late
            self._accounts |= {change.account.id for change, _ in self._doubted}
            self._doubted = []
        if self._answered:
            self._before = others
        self._refused, self._answered, self._succeeded = [], 0, False

    def exceeded(self, limits: Limits) -> str:
        """The key of the limit that is exceeded, so that the rest is not tried; else ""."""
        missed = [
            outcome for outcome in self.outcomes.values() if is_failure(outcome) and outcome.note != NEEDS
        ]
        refused = sum(1 for outcome in missed if outcome.change_id in self._single)
        failed = len(missed) - refused
        tried = sum(
            1 for outcome in self.outcomes.values() if outcome.result in _TRIED and not is_known(outcome)
        )
        for key, limit, count, population in (
            ("limits.failures", limits.failures, failed, self.total),
            ("limits.refusals", limits.refusals, refused, tried),
        ):
            if exceeds(limit, count, population, limits.min_population):
                log.error("stopping: %d of %d changes failed, more than %s allows", count, population, key)
                return key
        return ""

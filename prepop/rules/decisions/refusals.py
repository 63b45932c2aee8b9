"""What Graph refuses of single accounts, run after run: known, tried last, and at length left alone.

    refused                                     limit it counts against   exit   recorded
    -------                                     -----------------------   ----   --------
    one account's, others of its wave succeed   limits.refusals           20     yes
    in the same way as in a run before          none                      0      one run more
    everybody of a wave                         limits.failures           20     as a doubt
    one of up to three, by 400, 404, 409, 422   limits.refusals           20     yes

A permission that is missing refuses everybody, and so does not become known: such a refusal counts as an
account's own only once a later write of prepop came true. Which is which says the wave that it was in
(`steps.tally`); the account's own unit or its state says the rest, in Graph's words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prepop.model import Change, Ledger, Outcome, Refusal, Result
from prepop.rules.values.keys import comparison_key

STANDING = 3
"""Refusal on so many runs in a row, a change is left alone for `trust.refused_days`."""

NOT_KEPT = "not-kept"
"""Instead of Graph's code: it took the value, and a later run did not find it. Twice so, it is left alone."""

FEW = 3
"""So few changes tell nothing of whether everybody is refused."""

KNOWN = "refused in the same way before"
NEEDS_KNOWN = "what it needs was refused before"

_FAILURES = frozenset({Result.FAILED, Result.UNKNOWN, Result.NOT_TRIED})
# 401 and 407: of the sign-in; 408, 425 and 429: of the moment. None of them is about an account
_OF_NO_ACCOUNT = frozenset({401, 407, 408, 425, 429})
# of the value, or of an account that is not there; a 403 may be a permission that everybody lacks
_OF_ITSELF = frozenset({400, 404, 409, 422})


def is_failure(outcome: Outcome) -> bool:
    """Whether this makes a run end 20: it did not come true, and that is no known refusal."""
    return outcome.result in _FAILURES and not is_known(outcome)


def is_known(outcome: Outcome) -> bool:
    """Whether it is a refusal that was known before, or did not come true for want of such a change."""
    return any(word in outcome.note for word in (KNOWN, NEEDS_KNOWN))


def is_refusal(outcome: Outcome) -> bool:
    """Whether Graph said no to this change: a 4xx that is not about the sign-in or the moment."""
    status = outcome.status
    return (
        outcome.result is Result.FAILED
        and status is not None
        and 400 <= status < 500
        and status not in _OF_NO_ACCOUNT
    )


def is_of_itself(outcome: Outcome) -> bool:
    """Whether the answer speaks of this change alone, whatever became of others."""
    return is_refusal(outcome) and outcome.status in _OF_ITSELF


def same_way(refused: Refusal, outcome: Outcome) -> bool:
    """Whether an outcome is what Graph said before."""
    return is_refusal(outcome) and (refused.status, refused.code) == (outcome.status, outcome.code)


def refused_before(change: Change, ledger: Ledger) -> Refusal | None:
    """The refusal of this very change, None where there was none."""
    key = None if change.after is None else comparison_key(change.method, change.after)
    return ledger.refused(change.account.id, change.method, key)


@dataclass(frozen=True, slots=True)
class Patience:
    """What is known of refusals when a plan is made. days: as `trust.refused_days`, now: UTC."""

    ledger: Ledger
    now: datetime
    days: int

    def why_not(self, change: Change) -> str:
        """Why this change is not tried now, with Graph's words; "" where it is."""
        found = refused_before(change, self.ledger)
        kept_not = found is not None and found.code == NOT_KEPT
        if found is None or found.runs < (2 if kept_not else STANDING):
            return ""
        again = found.at + timedelta(days=self.days)
        if again <= self.now:
            return ""
        if kept_not:
            return f"{found.message}, {found.runs} runs in a row; tried again from {again:%Y-%m-%d %H:%M} UTC"
        said = " ".join(part for part in (str(found.status or ""), found.code) if part)
        said = ": ".join(part for part in (said, found.message) if part)
        return f"Graph said {said}; refused on {found.runs} runs, tried again from {again:%Y-%m-%d %H:%M} UTC"


def tried_last(changes: Sequence[Change], ledger: Ledger) -> frozenset[str]:
    """Ids of the changes that were refused before, and of those that need one of them."""
    refused = {change.id for change in changes if refused_before(change, ledger) is not None}
    return frozenset(refused | {change.id for change in changes if change.needs in refused})

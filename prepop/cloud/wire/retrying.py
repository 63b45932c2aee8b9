"""What is sent again, and for how long: the one place, with tenacity, for reads, batch items and writes.

What each answer means stands in `statuses`. Waiting for the throttling gate is the pacer's (`pacer.py`); here
is only the wait after a fault, and the end of patience: too many faults of one request, or too long without
any answer at all.
"""

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from prepop.cloud.wire import statuses
from prepop.cloud.wire.answers import Fate, GraphAnswer
from prepop.cloud.wire.pacer import Pacer, Turn
from prepop.errors import SignInError

FAULTS = 8  # of one request in a row: with the waits between, about half a minute
FIRST_WAIT = 0.25
LONGEST_WAIT = 30.0
PATIENCE = 900.0  # seconds in which nobody got anything but "too many requests"


class Again(Exception):
    """Internal: this must be sent again. `faults`: which fault of this request it was; 0 for throttling."""

    def __init__(self, last: Fate, faults: int) -> None:
        super().__init__(str(last))
        self.last = last
        self.faults = faults


class Tries:
    """The tries of one request, or of one group of batch items."""

    def __init__(self, pacer: Pacer, *, write: bool = False) -> None:
        self._pacer = pacer
        self._write = write
        self._since = pacer.now()
        self._faults = 0
        self._tokens = 0
        self.attempts = AsyncRetrying(
            sleep=pacer.sleep,
            retry=retry_if_exception_type(Again),
            wait=self._wait,
            stop=self._stop,
            reraise=True,
        )

    def unsettled(self, fate: Fate) -> bool:
        """True where it must be sent again. Raises SignInError where a fresh token is refused too."""
        if self._tokens > 0 and statuses.of_read(fate) is statuses.ReadMeaning.TOKEN:
            raise SignInError(
                f"Graph refused the token: {fate}",
                hint="check cloud.environment and cloud.endpoint: a token is for one cloud only",
            )
        meaning = statuses.of_write(fate) if self._write else statuses.of_read(fate)
        return not meaning.final

    def again(self, fates: list[Fate]) -> Again:
        """What to raise for these unsettled ones, so that tenacity waits and tries again."""
        faulty = [fate for fate in fates if not statuses.asks_for_patience(fate)]
        if not faulty:
            return Again(fates[0], 0)
        if any(statuses.of_read(fate) is statuses.ReadMeaning.TOKEN for fate in faulty):
            self._tokens += 1
        self._faults += 1
        return Again(faulty[0], self._faults)

    def settle(self, turn: Turn, fates: list[Fate]) -> None:
        """Tell the pacer what came of a turn."""
        slower = [fate for fate in fates if statuses.asks_for_patience(fate)]
        if slower:
            told = [fate.retry_after for fate in slower if isinstance(fate, GraphAnswer)]
            known = [seconds for seconds in told if seconds is not None]
            turn.throttled(max(known) if known else None, len(slower) / len(fates))
        answered = sum(isinstance(fate, GraphAnswer) and fate.status < 500 for fate in fates) - len(slower)
        if answered > 0:
            turn.went_well(answered)

    def _wait(self, state: RetryCallState) -> float:
        faults = _again(state).faults
        if not faults:
            return 0.0  # the pacer's gate is shut
        return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (faults - 1)) * (0.5 + self._pacer.chance() / 2)

    def _stop(self, state: RetryCallState) -> bool:
        return _again(state).faults >= FAULTS or self._pacer.stuck(self._since) > PATIENCE


def _again(state: RetryCallState) -> Again:
    assert state.outcome is not None  # noqa: S101 - tenacity asks only after a try
    error = state.outcome.exception()
    assert isinstance(error, Again)  # noqa: S101 - nothing else is tried again
    return error

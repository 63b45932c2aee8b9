"""What is sent again, and for how long: the one place for reads, batch items and writes.

    what came back                        a read                    a write
    429                                   again, when it was told   again, when it was told: it never happened
    401                                   once more, new token      once more, new token: it never happened
    no connection was made                again, after a wait       again, after a wait: it never left
    lost, half an answer, no JSON         again, after a wait       unknown: read back
    5xx, 408, 424, item missing           again, after a wait       unknown: read back
    any other answer                      that is the answer        that is the answer

Each waits for itself (the pacer's clock); where a whole batch was refused, at the pacer's gate. Patience
ends with too many faults of one request, with a wait that would be longer than it, or with too long a time in
which nobody got anything but "too many requests".
"""

import logging
from dataclasses import dataclass

from prepop.cloud.wire.answers import Answer, Fate, NoAnswer
from prepop.cloud.wire.pacer import PATIENCE, Pacer, Turn
from prepop.errors import SignInError

log = logging.getLogger(__name__)

FAULTS = 8  # of one request in a row: with the waits between, about half a minute
FIRST_WAIT = 0.25
LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Heard:
    """When an answer came, and from when on its refused items may be sent again."""

    at: float
    due: float

    @classmethod
    def of(cls, pacer: Pacer) -> "Heard":
        """Now, and at once."""
        return cls(pacer.now(), pacer.now())


class Trials:
    """The tries of one request, or of one item of a batch."""

    def __init__(self, pacer: Pacer, *, write: bool = False) -> None:
        self._pacer = pacer
        self._write = write
        self._since = pacer.now()
        self._refused_since: float | None = None
        self._faults = 0
        self._tokens = 0

    def unsettled(self, fate: Fate) -> bool:
        """True where it must be sent again: the table above.

        Raises SignInError where a fresh token is refused too.
        """
        match fate:
            case NoAnswer():
                return not (self._write and fate.sent)
            case Answer(status=429):
                return True
            case Answer(status=401):
                if self._tokens > 0:
                    raise SignInError(
                        f"Graph refused the token: {fate}",
                        hint="check cloud.environment and cloud.endpoint: a token is for one cloud only",
                    )
                return True
            case _ if self._write:
                return False
            case Answer(status=408 | 424):
                return True
            case _:
                return fate.status >= 500 or (200 <= fate.status < 300 and not fate.readable)

    async def patient(self, fate: Fate, heard: Heard) -> bool:
        """Wait until what is unsettled may be sent again; False where patience is at its end.

        Raises Held where somebody asks to stop.
        """
        due = heard.due
        if throttled(fate):
            if self._refused_since is None:
                self._refused_since = heard.at
            if heard.due - self._refused_since > PATIENCE:
                return False
        else:
            self._refused_since = None
            if isinstance(fate, Answer) and fate.status == 401:
                self._tokens += 1
            self._faults += 1
            if self._faults >= FAULTS:
                return False
            seconds = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (self._faults - 1))
            # what failed beside something refused goes with it
            due = max(heard.due, heard.at + seconds * (0.5 + self._pacer.chance() / 2))
        if self._pacer.stuck(self._since) > PATIENCE:
            return False
        await self._pacer.wait(due)
        return True


def settle(pacer: Pacer, turn: Turn, fates: list[Fate], refusals: int = 0) -> Heard:
    """Tell the pacer what came of a turn, and when its refused ones may be sent again.

    That is after the longest time that one of them was told (GRAPH section 5), or after a guess.
    refusals: how often in a row they were refused before.
    """
    now = pacer.now()
    slower = [fate for fate in fates if throttled(fate)]
    answered = sum(isinstance(fate, Answer) and fate.status < 500 for fate in fates)
    answered -= sum(isinstance(fate, Answer) and fate.status < 500 for fate in slower)
    if not slower:
        turn.answered(answered, 0)
        return Heard(now, now)
    told = [fate.retry_after for fate in slower if isinstance(fate, Answer)]
    known = [seconds for seconds in told if seconds is not None]
    longest = max(known) if known else None
    if longest is not None and longest > PATIENCE:
        log.warning(
            "Graph asks to wait %.0f seconds; prepop waits %.0f at most, and gives up what is to wait longer",
            longest,
            PATIENCE,
        )
    if any(isinstance(fate, Answer) and fate.whole for fate in slower):
        turn.throttled(longest)
        return Heard(now, now)
    turn.answered(answered, len(slower), min(known) if known else None)
    return Heard(now, now + (pacer.guess(refusals) if longest is None else longest))


def throttled(fate: Fate) -> bool:
    """429, and a 5xx that names a time: both ask to wait."""
    return isinstance(fate, Answer) and (
        fate.status == 429 or (fate.status >= 500 and fate.retry_after is not None)
    )

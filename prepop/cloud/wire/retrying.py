"""What is sent again, and for how long: the one place for reads, batch items and writes.

What each answer means stands in `statuses`. Each waits for itself (on the pacer's clock); where a whole batch
was refused, at the pacer's gate. Patience ends with too many faults of one request, with a wait that would be
longer than it, or with too long a time in which nobody got anything but "too many requests".
"""

import logging
from dataclasses import dataclass

from prepop.cloud.wire import statuses
from prepop.cloud.wire.answers import Fate, GraphAnswer
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


class Tries:
    """The tries of one request, or of one item of a batch."""

    def __init__(self, pacer: Pacer, *, write: bool = False) -> None:
        self._pacer = pacer
        self._write = write
        self._since = pacer.now()
        self._refused_since: float | None = None
        self._faults = 0
        self._tokens = 0

    def unsettled(self, fate: Fate) -> bool:
        """True where it must be sent again. Raises SignInError where a fresh token is refused too."""
        if self._tokens > 0 and statuses.of_read(fate) is statuses.ReadMeaning.TOKEN:
            raise SignInError(
                f"Graph refused the token: {fate}",
                hint="check cloud.environment and cloud.endpoint: a token is for one cloud only",
            )
        meaning = statuses.of_write(fate) if self._write else statuses.of_read(fate)
        return not meaning.final

    async def patient(self, fate: Fate, heard: Heard) -> bool:
        """Wait until what is unsettled may be sent again; False where patience has ended.

        Raises HeldUp where somebody asks to stop.
        """
        due = heard.due
        if statuses.asks_for_patience(fate):
            if self._refused_since is None:
                self._refused_since = heard.at
            if heard.due - self._refused_since > PATIENCE:
                return False
        else:
            self._refused_since = None
            if statuses.of_read(fate) is statuses.ReadMeaning.TOKEN:
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
    slower = [fate for fate in fates if statuses.asks_for_patience(fate)]
    answered = sum(isinstance(fate, GraphAnswer) and fate.status < 500 for fate in fates)
    answered -= sum(isinstance(fate, GraphAnswer) and fate.status < 500 for fate in slower)
    if not slower:
        turn.answered(answered, 0)
        return Heard(now, now)
    told = [fate.retry_after for fate in slower if isinstance(fate, GraphAnswer)]
    known = [seconds for seconds in told if seconds is not None]
    longest = max(known) if known else None
    if longest is not None and longest > PATIENCE:
        log.warning(
            "Graph asks to wait %.0f seconds; prepop waits %.0f at most, and gives up what is to wait longer",
            longest,
            PATIENCE,
        )
    if any(isinstance(fate, GraphAnswer) and fate.whole for fate in slower):
        turn.throttled(longest)
        return Heard(now, now)
    turn.answered(answered, len(slower), min(known) if known else None)
    return Heard(now, now + (pacer.guess(refusals) if longest is None else longest))

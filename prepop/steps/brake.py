"""The brake: what stops an applying between two batches."""

from dataclasses import dataclass, field

from prepop.clock import Clock
from prepop.errors import Exit, Stopped


@dataclass(slots=True)
class Brake:
    """Reasons to stop between two batches.

    interrupted: set by a signal. writing: set while changes are sent, when stopping needs care.
    """

    clock: Clock
    max_seconds: float | None = None
    interrupted: bool = False
    writing: bool = False
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.clock.elapsed()

    def spent(self) -> float:
        """Seconds since the step began."""
        return self.clock.elapsed() - self._started

    def reason(self) -> Exit | None:
        """Why to stop now, or None."""
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.max_seconds is not None and self.spent() >= self.max_seconds:
            return Exit.OUT_OF_TIME
        return None

    def heed(self) -> None:
        """Asked wherever a reading waits, and after every page of it. Raises Stopped where it is to end."""
        if not self.writing and (why := self.reason()) is not None:
            raise Stopped(why)

    def held(self) -> str:
        """Why nothing more is to be sent while changes are written, for whoever waits meanwhile; or "".

        Raises as `heed` before anything is written: what was read by then is good for nothing.
        """
        self.heed()
        why = self.reason() if self.writing else None
        if why is None:
            return ""
        return "interrupted" if why is Exit.INTERRUPTED else "the time budget is spent"

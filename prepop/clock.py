"""Time, where the outer floors need it. `rules` gets moments as values and never asks."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is, how much has passed, and waiting."""

    def now(self) -> datetime:
        """The moment in UTC, for files and people."""

    def elapsed(self) -> float:
        """Seconds from an arbitrary start; never steps, whatever happens to the wall clock."""

    async def pause(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        return time.monotonic()

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

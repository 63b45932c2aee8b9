"""How fast prepop sends: one pacer for everything that leaves, learning from what Graph says.

Graph is the scarce resource and nobody knows its limit beforehand: for the method endpoints the
documentation allows anything between 5 requests in 10 seconds and several thousand (GRAPH
section 6). So the pacer starts with what the options allow and learns:

- It counts **items**: a plain request is one, a `$batch` as many as it holds, since throttling is judged
  per item. The *window* is how many items may be under way at once; at first all that the allowed
  requests can hold.
- "Too many requests" halves the window, once for a whole wave: four requests that were under way
  together and all come back throttled are one lesson, not four. Where only a part of a batch came back
  so, only that part of the lesson is taken: one item of twenty costs a fortieth of the window.
- It also shuts one gate for everybody until Retry-After has passed (the longest one heard). Where Graph
  gives no time, the pacer guesses, twice as long each time in a row, with jitter; there is one guess a
  wave, and no task adds its own.
- Every answer that went well lets the window creep up again, by about one item for each window full; four
  times slower below a full batch, where the limit is near and each step too far costs a throttled item.
- Where even one item at a time is throttled, there is a gap between two requests: longer by what Retry-After
  said, up to what the narrowest documented limit needs. It narrows after every ten answers in a row, and is
  gone before the window grows.

Time, sleep and chance come in as functions, so that tests need no real time.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prepop.ports import BATCH

FIRST_GUESS = 1.0  # seconds, where Graph gives no Retry-After
LONGEST_GUESS = 60.0
NEAR = 4.0
LONGEST_GAP = 2.0  # 5 requests in 10 s
SHORTEST_GAP = 0.02
NARROWS = 0.8
CALM = 10  # answers in a row without throttling before the gap narrows
_INSTANT = 1e-6  # a rest of time too short to sleep for

Elapsed = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]
Chance = Callable[[], float]


@dataclass(slots=True)
class Turn:
    """Leave to send one request with at most `items` items in it. Say afterwards what came of it."""

    pacer: "Pacer"
    items: int
    wave: int

    def went_well(self, count: int = 1) -> None:
        """So many items were answered, well or badly, but not throttled."""
        self.pacer._went_well(count)

    def throttled(self, retry_after: float | None, share: float = 1.0) -> None:
        """Graph asked for patience: so many seconds, or None where it did not say; `share` of the items."""
        self.pacer._throttled(self.wave, retry_after, share)


class Pacer:
    """Grants turns. At most `requests` of them are out at a time, with no more items than the window."""

    def __init__(
        self,
        requests: int,
        *,
        clock: Elapsed = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        chance: Chance = random.random,
    ) -> None:
        self.requests = max(1, requests)
        self.sleep = sleep
        self.chance = chance
        self._clock = clock
        self._most = float(self.requests * BATCH)
        self._window = self._most
        self._under_way = 0
        self._items = 0
        self._opens = clock()
        self._wave = 0
        self._guesses = 0
        self._gap = 0.0
        self._calm = 0
        self._progress = clock()
        self._changed = asyncio.Event()

    @property
    def window(self) -> int:
        """How many items may be under way now."""
        return max(1, int(self._window))

    def stuck(self, since: float) -> float:
        """Seconds without any answer but throttling, at the time the gate opens; counted from `since` on."""
        return max(self._clock(), self._opens) - max(self._progress, since)

    def now(self) -> float:
        """The pacer's clock, for `stuck`."""
        return self._clock()

    @asynccontextmanager
    async def turn(self, wanted: int = 1) -> AsyncIterator[Turn]:
        """Wait until something may be sent; hold the turn until the answer is there."""
        granted = await self._enter(wanted)
        try:
            yield Turn(self, granted, self._wave)
        finally:
            self._under_way -= 1
            self._items -= granted
            self._changed.set()

    async def _enter(self, wanted: int) -> int:
        while True:
            shut = self._opens - self._clock()
            if shut > _INSTANT:
                await self.sleep(shut)
                continue
            need = min(wanted, BATCH, self.window)
            if self._under_way < self.requests and (not self._items or self._items + need <= self._window):
                self._under_way += 1
                self._items += need
                self._opens = max(self._opens, self._clock() + self._gap)
                return need
            self._changed.clear()
            await self._changed.wait()

    def _went_well(self, count: int) -> None:
        self._guesses = 0
        self._progress = self._clock()
        if self._gap:
            self._calm += count
            if self._calm >= CALM:
                self._calm = 0
                self._gap = self._gap * NARROWS if self._gap > SHORTEST_GAP else 0.0
            return
        near = NEAR if self._window < BATCH else 1.0
        self._window = min(self._most, self._window + count / (self._window * near))

    def _throttled(self, wave: int, retry_after: float | None, share: float) -> None:
        first = wave == self._wave
        if first:
            self._wave += 1
            if self.window == 1:
                longer = LONGEST_GAP if retry_after is None else self._gap + retry_after
                self._gap = min(LONGEST_GAP, longer)
                self._calm = 0
            self._window = max(1.0, self._window * (1 - share / 2))
        if retry_after is None:
            if not first:
                return  # this wave has had its guess
            retry_after = min(LONGEST_GUESS, FIRST_GUESS * 2.0**self._guesses) * (0.5 + self.chance() / 2)
            self._guesses = min(self._guesses + 1, 16)
        self._opens = max(self._opens, self._clock() + retry_after)

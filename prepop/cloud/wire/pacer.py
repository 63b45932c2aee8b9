"""How fast prepop sends: one pacer for everything that leaves, and one clock for every wait.

How fast is learned for each quota apart (`Lane`) by `flow`; its idea, its sources and what was tried and
given up stand at the top of that file. Here is what needs time:

- At most `requests` requests are under way, whatever their lane.
- A lane begins with one request, and twice as many items after each answer, until all requests are used.
- Where a limit is known, turns of its lane are so far apart as the rate says. A turn that is not taken is not
  saved up: there is no burst after a pause.
- A refused **item** waits alone; what was not refused goes on, at the rate that was learned (the waiting is
  `retrying`'s). Where nearly all was refused, the lane waits for the shortest time that was told as well.
- Where items under way are what is limited (`ceiling`), so many are, and nothing is spread over time.
- Where the **batch** itself is refused, one gate shuts for everybody until Retry-After has passed (the
  longest one heard), and each lane begins anew. Where Graph gives no time, the pacer guesses, twice as
  long each time in a row, with jitter; there is one guess a wave, and no task adds its own.
- Nobody waits longer than there is patience: a gate that is shut for a day raises `HeldUp` at once.
- Every wait is in short pieces; in each, and before each write, the caller's reasons to stop (signal, time
  budget) are asked.

Time, sleep and chance come in as functions, so that tests need no real time.
"""

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

from prepop.cloud.wire.ceiling import LEAST, UNLIKELY, Suspicion
from prepop.cloud.wire.flow import Flow, Lesson
from prepop.model import Traffic
from prepop.ports import BATCH

FIRST_GUESS = 1.0  # seconds, where Graph gives no Retry-After
LONGEST_GUESS = 60.0
PATIENCE = 900.0  # seconds in which nobody got anything but "too many requests"
PIECE = 1.0  # of a wait: so often is asked whether to stop
SHORTEST_ANSWER = 0.02  # no request to Graph is answered sooner
AT_ONCE = 8  # items under way from which on there may be a limit to them
_INSTANT = 1e-6  # a rest of time too short to sleep for

Elapsed = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]
Chance = Callable[[], float]


class Lane(Enum):
    """Quotas that Graph counts apart: GRAPH section 6."""

    READS = auto()
    WRITES = auto()
    REPORTS = auto()


class HeldUp(Exception):
    """Nothing is sent any more: somebody asked to stop, or Graph asks for more patience than there is."""


@dataclass(slots=True)
class _Way:
    """One lane: what is known of its quota, and what is under way on it.

    ceiling: of items under way at once, where that is what is counted; then nothing is known of a rate.
    round_trip: seconds, when that was found out.
    """

    flow: Flow = field(default_factory=Flow)
    ceiling: Flow | None = None
    suspicion: Suspicion = field(default_factory=Suspicion)
    round_trip: float = 1.0
    waiting: int = 0  # turns that wait for room under the ceiling
    window: float = float(BATCH)
    items: int = 0
    latency: float = 0.0
    due: float = -math.inf  # when the next turn may be taken

    @property
    def learner(self) -> Flow:
        """Who learns from what comes of requests now."""
        return self.ceiling or self.flow

    @property
    def most(self) -> float:
        """Items that may be under way."""
        return min(self.window, math.ceil(self.ceiling.rate)) if self.ceiling else self.window


@dataclass(slots=True)
class Turn:
    """Leave to send one request with at most `items` items in it. Say afterwards what came of it."""

    pacer: "Pacer"
    lane: Lane
    items: int
    wave: int
    generation: int
    bound: bool
    under_way: int
    sent: float

    def went_well(self, count: int = 1) -> None:
        """So many items were answered, well or badly, but not refused."""
        self.answered(count, 0)

    def answered(self, admitted: int, refused: int, shortest: float | None = None) -> None:
        """So many items were answered, and so many refused for sending too fast, each to be sent again later.

        shortest: the least number of seconds that a refused one was told to wait.
        """
        self.pacer._answered(self, admitted, refused, shortest)

    def throttled(self, retry_after: float | None) -> None:
        """The request as a whole was refused: so many seconds, or None where Graph did not say."""
        self.pacer._throttled(self, retry_after)


class Pacer:
    """Grants turns. At most `requests` of them are out at a time.

    stop: asked in every wait, and before every write; a text (why) where nothing is to be waited for.
    What can be read at once is read all the same: it tells what became of what was sent.
    """

    def __init__(
        self,
        requests: int,
        *,
        clock: Elapsed = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        chance: Chance = random.random,
        stop: Callable[[], str] | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self.traffic = traffic or Traffic()
        self.requests = max(1, requests)
        self.stop = stop
        self.chance = chance
        self._sleep = sleep
        self._clock = clock
        self._ways = {lane: _Way() for lane in Lane}
        self._under_way = 0
        self._opens = clock()
        self._wave = 0
        self._guesses = 0
        self._progress = clock()
        self._changed = asyncio.Event()

    def now(self) -> float:
        """The pacer's clock."""
        return self._clock()

    def rate(self, lane: Lane) -> float:
        """Items a second that the lane may send; without end while no limit was met."""
        return self._ways[lane].flow.rate

    def stuck(self, since: float) -> float:
        """Seconds without any answer but throttling, at the time the gate opens; counted from `since` on."""
        return max(self._clock(), self._opens) - max(self._progress, since)

    def guess(self, times: int) -> float:
        """Seconds to wait where Graph does not say, after so many refusals in a row before this one."""
        return min(LONGEST_GUESS, FIRST_GUESS * 2.0 ** min(times, 16)) * (0.5 + self.chance() / 2)

    async def wait(self, until: float) -> None:
        """Wait until then. Raises HeldUp where somebody asks to stop meanwhile."""
        while (rest := until - self._clock()) > _INSTANT:
            await self._pause(rest)
        self.heed()

    def _grain(self, way: _Way) -> int:
        """Items of a request: where many are under way, spread over all requests, as they may be too many."""
        if way.ceiling:
            return BATCH
        under_way = way.flow.rate * way.latency
        if self.requests > 1 and AT_ONCE <= under_way < math.inf:
            return min(way.flow.grain, math.ceil(under_way / (self.requests - 1)))
        return way.flow.grain

    async def _pause(self, seconds: float) -> None:
        """One piece of a wait: what it waits for may have changed after it."""
        self.heed()
        await self._sleep(min(seconds, PIECE) if self.stop else seconds)

    def heed(self) -> None:
        """Raises HeldUp where somebody asks to stop."""
        if self.stop and (why := self.stop()):
            raise HeldUp(why)

    @asynccontextmanager
    async def turn(self, wanted: int | Callable[[], int] = 1, lane: Lane = Lane.READS) -> AsyncIterator[Turn]:
        """Wait until something may be sent; hold the turn until the answer is there.

        wanted: items that there are to send, asked anew after each wait; where none are left the turn has 0
        and nothing was taken for it. Raises HeldUp.
        """
        turn = await self._enter(wanted if callable(wanted) else lambda: wanted, lane)
        try:
            yield turn
        finally:
            self._leave(turn)

    def _leave(self, turn: Turn) -> None:
        if turn.items:
            self._under_way -= 1
            self._ways[turn.lane].items -= turn.items
            self._changed.set()

    async def _enter(self, wanted: Callable[[], int], lane: Lane) -> Turn:
        way, bound, full = self._ways[lane], False, False
        if lane is Lane.WRITES:
            self.heed()
        while True:
            now = self._clock()
            need = min(wanted(), BATCH, self._grain(way))
            if way.ceiling and 1 <= way.most - way.items < need:
                need = int(way.most - way.items)
                full = True
            if need <= 0:
                return Turn(self, lane, 0, self._wave, -1, bound, 0, now)
            if self._opens - now > PATIENCE:
                raise HeldUp(f"Graph asked everybody to wait {self._opens - now:.0f} seconds")
            if self._opens - now > _INSTANT:
                await self._pause(self._opens - now)
            elif self._under_way >= self.requests or (way.items and way.items + need > way.most):
                full = self._under_way < self.requests
                way.waiting += full
                self._changed.clear()
                try:
                    await self._changed.wait()
                finally:
                    way.waiting -= full
            elif way.due - now > _INSTANT:
                bound = True
                await self._pause(way.due - now)
            else:
                self._under_way += 1
                self.traffic.requests += 1
                way.items += need
                if way.ceiling:
                    bound = full or way.waiting > 0
                else:
                    way.due = max(way.due, now) + need / way.flow.rate
                return Turn(self, lane, need, self._wave, way.learner.generation, bound, way.items, now)

    def _answered(self, turn: Turn, admitted: int, refused: int, shortest: float | None) -> None:
        now, way = self._clock(), self._ways[turn.lane]
        self.traffic.throttled += refused
        self.traffic.writes += admitted if turn.lane is Lane.WRITES else 0
        if admitted:
            self._guesses = 0
            self._progress = now
            way.window = min(float(self.requests * BATCH), way.window + admitted)
        before = way.learner.generation
        latency = max(now - turn.sent, SHORTEST_ANSWER)
        way.latency += (latency - way.latency) / (8 if way.latency else 1)
        if way.ceiling:
            self._learn_ceiling(way, way.ceiling, turn, admitted, refused)
            return
        rate = turn.under_way / latency
        way.flow.answered(
            Lesson(turn.generation, admitted, refused, rate, turn.bound, sent=turn.sent, now=now)
        )
        if refused and (most := way.suspicion.refused(turn.under_way, admitted, refused)) is not None:
            way.ceiling, way.round_trip = way.flow.as_ceiling(most), way.latency
            way.due = now
        elif way.flow.generation != before:  # what was sent before has used up what there was
            way.due = now + way.flow.grain / way.flow.rate
        if shortest is not None and refused > 1 and refused >= 3 * admitted and shortest <= PATIENCE:
            way.due = max(way.due, now + shortest)

    def _learn_ceiling(self, way: _Way, ceiling: Flow, turn: Turn, admitted: int, refused: int) -> None:
        """As many items under way as a rate of so many a round trip."""
        sent, now = turn.sent / way.round_trip, self._clock() / way.round_trip
        rate = float(turn.under_way)
        room = rate - refused if admitted or 4 * refused < rate else rate / 2
        ceiling.answered(Lesson(turn.generation, admitted, refused, rate, turn.bound, sent, now, room))
        if ceiling.rate < LEAST or ceiling.chance > way.flow.chance + UNLIKELY:
            way.suspicion.was_wrong()
            way.flow.generation = ceiling.generation + 1
            way.ceiling = None

    def _throttled(self, turn: Turn, retry_after: float | None) -> None:
        first = turn.wave == self._wave
        if first:
            self._wave += 1
            for way in self._ways.values():
                way.window = float(BATCH)
            self._answered(turn, 0, 1, None)
        else:
            self.traffic.throttled += 1
        if retry_after is None:
            if not first:
                return  # this wave has had its guess
            retry_after = self.guess(self._guesses)
            self._guesses += 1
        self._opens = max(self._opens, self._clock() + retry_after)

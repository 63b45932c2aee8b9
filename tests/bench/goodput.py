"""How much of a quota is used: prepop's pacer against a sender that knows the limit.

    python -m tests.bench goodput [--seed N]

The pacer, the retrying and the batches are the real ones; Graph is a model of a limit and of a latency, and
time is virtual (`virtual`), so that hours pass in seconds and always the same way. There is always more work
than gets through. Columns: items admitted, what a sender that knows would have got through in the same time,
the share; refused items among all that were sent; items a request.

What the sender that knows gets through: all that may be under way (4 requests of 20 items) at that latency,
as far as the quota lasts: what it has stored at the beginning, and what comes in.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from prepop.cloud.reading import AHEAD
from prepop.cloud.wire.answers import Fate, GraphAnswer, Request
from prepop.cloud.wire.batch import Batches, Item
from prepop.cloud.wire.pacer import Pacer
from prepop.ports import BATCH
from prepop.sandbox.graph.throttle import Bucket
from tests.bench.virtual import run

REQUESTS = 4
GROUPS = AHEAD * REQUESTS  # groups of items at hand, as `reading` has them
ITEM = Item("PATCH", "/users/x/authentication/phoneMethods/y", {"phoneNumber": ""})


@dataclass(frozen=True, slots=True)
class Quota:
    """A token bucket of the throttling page: so many in so many seconds (GRAPH section 6)."""

    capacity: float
    period: float

    @property
    def rate(self) -> float:
        """Items a second that come in."""
        return self.capacity / self.period


WRITES = Quota(3000, 150)
UNITS = Quota(8000, 10)
REPORTS = Quota(5, 10)


@dataclass(frozen=True, slots=True)
class Scene:
    """A tenant to send to for so many seconds.

    quota: its bucket, or None; changes: from when on it comes in how many times as fast. chance: share of
    items that are refused whatever is sent. taken: (from, until, share of the bucket) of another program.
    at_once: items that may be under way; half as many in `narrow` (from, until). told: Retry-After where it
    is not the time until one item is paid.
    """

    name: str
    seconds: float
    latency: float = 0.2
    quota: Quota | None = WRITES
    changes: tuple[tuple[float, float], ...] = ()
    chance: float = 0.0
    taken: tuple[float, float, float] = (0.0, 0.0, 0.0)
    at_once: float = float("inf")
    told: float | None = None
    narrow: tuple[float, float] = (0.0, 0.0)

    @property
    def bucket_alone(self) -> bool:
        """True where every refusal is one that need not have been."""
        return self.quota is not None and not self.chance and not self.taken[2]

    def known(self) -> float:
        """Items that a sender gets through that knows all this."""
        at_once = min((1 - self.chance) * REQUESTS * BATCH, self.at_once)
        narrow = (self.narrow[1] - self.narrow[0]) * max(0.0, at_once - self.at_once / 2)
        most = (at_once * self.seconds - narrow) / self.latency
        if self.quota is None:
            return most
        came, at, rate = self.quota.capacity, 0.0, self.quota.rate
        for since, times in (*self.changes, (self.seconds, 0.0)):
            came += (since - at) * rate
            at, rate = since, self.quota.rate * times
        since, until, share = self.taken
        came -= (until - since) * self.quota.rate * share
        return min(most, came)


SCENES = (
    Scene("bucket as documented (3000 / 150 s)", 1800),
    Scene("... at 50 ms", 1800, latency=0.05),
    Scene("... at 800 ms", 1800, latency=0.8),
    Scene("... Retry-After of 10 s", 1800, told=10),
    Scene("halved, then doubled in mid-run", 1800, changes=((600, 0.5), (1200, 1.0))),
    Scene("doubled, then halved in mid-run", 1800, changes=((600, 2.0), (1200, 1.0))),
    Scene("a second program takes half", 1800, taken=(600, 1200, 0.5)),
    Scene("units (8000 / 10 s) at 50 ms", 120, latency=0.05, quota=UNITS),
    Scene("one in ten at random, 50 ms", 120, latency=0.05, quota=None, chance=0.1, told=0.333),
    Scene("one in ten at random, 200 ms", 300, quota=None, chance=0.1, told=0.333),
    Scene("one in ten at random, 800 ms", 600, latency=0.8, quota=None, chance=0.1, told=0.333),
    Scene("bucket, and one in ten at random", 1800, chance=0.1, told=0.333),
    Scene("one in three at random", 300, quota=None, chance=0.333, told=0.333),
    Scene("50 items at a time", 300, quota=None, at_once=50, told=0.333),
    Scene("10 items at a time", 300, quota=None, at_once=10, told=0.333),
    Scene("50 items at a time, 50 ms", 300, latency=0.05, quota=None, at_once=50, told=0.333),
    Scene("50 items at a time, 800 ms", 600, latency=0.8, quota=None, at_once=50, told=0.333),
    Scene("... and one in ten at random", 300, quota=None, at_once=50, chance=0.1, told=0.333),
    Scene("60 at a time, 30 from 100 to 200 s", 300, quota=None, at_once=60, told=0.333, narrow=(100, 200)),
    Scene("bucket, and 10 items at a time", 1800, at_once=10, told=0.333),
    Scene("bucket, second program, one in ten", 1800, chance=0.1, taken=(600, 1200, 0.5), told=0.333),
    Scene("5 in 10 s", 7200, quota=REPORTS),
    Scene("no limit, 200 ms", 60, quota=None),
)


@dataclass(slots=True)
class Tenant:
    """The model: answers batches, item by item; its answer comes a latency later."""

    scene: Scene
    clock: Callable[[], float]
    dice: random.Random
    admitted: int = 0
    refused: int = 0
    requests: int = 0
    _busy: int = 0
    _bucket: Bucket | None = field(init=False)
    _changes: list[tuple[float, float]] = field(init=False)
    _drunk: float = 0.0

    def __post_init__(self) -> None:
        quota = self.scene.quota
        self._bucket = Bucket(quota.capacity, quota.period, self.clock) if quota else None
        self._changes = list(self.scene.changes)

    async def ready(self) -> None:
        """Nothing is to be waited for."""

    async def send(self, request: Request) -> Fate:
        """A `$batch` answered."""
        assert request.body is not None
        self.requests += 1
        responses: list[dict[str, object]] = []
        busy = 0
        for item in json.loads(request.body)["requests"]:
            wait = self._refused()
            if wait is None:
                busy += 1
                self._busy += 1
                responses.append({"id": item["id"], "status": 204})
            else:
                headers = {"Retry-After": f"{wait:.3f}"}
                responses.append({"id": item["id"], "status": 429, "headers": headers})
        if self.clock() <= self.scene.seconds:
            self.admitted += busy
            self.refused += len(responses) - busy
        await asyncio.sleep(self.scene.latency)
        self._busy -= busy
        return GraphAnswer(200, body={"responses": responses})

    def _refused(self) -> float | None:
        """Seconds to wait, or None: admitted."""
        scene, told = self.scene, self.scene.told
        if self.dice.random() < scene.chance:
            return told or 0.333
        since, until = scene.narrow
        if self._busy >= scene.at_once / (2 if since <= self.clock() < until else 1):
            return told or 0.333
        if self._bucket:
            self._drink(self._bucket)
            if (wait := self._bucket.wait(1)) > 0:
                return told or wait + 0.001
            self._bucket.take(1)
        return None

    def _drink(self, bucket: Bucket) -> None:
        """What happened to the bucket since the last item: another rate, another program."""
        now = self.clock()
        quota = self.scene.quota
        assert quota is not None
        while self._changes and now >= self._changes[0][0]:
            bucket.wait(0)
            bucket._rate = quota.rate * self._changes.pop(0)[1]
        since, until, share = self.scene.taken
        due = max(0.0, min(now, until) - since) * quota.rate * share
        while self._drunk + 1 <= due:
            self._drunk += 1
            if bucket.wait(1) <= 0:
                bucket.take(1)


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a scene."""

    scene: Scene
    admitted: int
    refused: int
    requests: int

    @property
    def share(self) -> float:
        """Of what a sender that knows the limit gets through."""
        return self.admitted / self.scene.known()

    @property
    def waste(self) -> float:
        """Refused items among all that were sent."""
        return self.refused / (self.admitted + self.refused)


def measure(scene: Scene, seed: int = 1) -> Measured:
    """Send to this tenant for its seconds."""

    async def main() -> Measured:
        loop = asyncio.get_running_loop()
        dice = random.Random(f"{seed} pacer")
        tenant = Tenant(scene, loop.time, random.Random(f"{seed} tenant"))
        pacer = Pacer(REQUESTS, clock=loop.time, sleep=asyncio.sleep, chance=dice.random)
        batches = Batches(tenant, pacer, "https://graph.invalid/v1.0")

        async def work() -> None:
            while loop.time() < scene.seconds:
                await batches.run([ITEM] * BATCH, write=True)

        work_done = asyncio.gather(*(work() for _ in range(GROUPS)))
        await asyncio.wait([work_done], timeout=scene.seconds + 1)
        if work_done.done():
            await work_done  # it failed, or the last groups came home in time
        work_done.cancel()
        await asyncio.gather(work_done, return_exceptions=True)
        return Measured(scene, tenant.admitted, tenant.refused, tenant.requests)

    return run(main())


def main(seed: int, only: str) -> None:
    """Measure all scenes and print the table."""
    print(f"{'':36}{'admitted':>9}{'knowing':>9}{'share':>8}{'refused':>9}{'a request':>11}")
    for scene in SCENES:
        if only not in scene.name:
            continue
        one = measure(scene, seed)
        print(
            f"{scene.name:36}{one.admitted:>9}{scene.known():>9.0f}{one.share:>8.1%}{one.waste:>9.2%}"
            f"{(one.admitted + one.refused) / one.requests:>11.1f}",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="scenes with this in their name")
    given = parser.parse_args()
    main(given.seed, given.only)

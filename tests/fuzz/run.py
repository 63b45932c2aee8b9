"""Runs the targets: so many inputs, each from the seed, the target's name and its number alone."""

import logging
import random
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.targets import Target, Targets

PROFILES = {"ci": 20_000, "nightly": 1_000_000}
HANG = 5.0  # seconds of computing that no input may take, however busy the machine is
STILL = 600.0  # seconds of waiting for whatever it may be
SHOWN = 3  # findings of one kind


class Hang(Exception):
    """An input took too long."""


@dataclass(frozen=True, slots=True)
class Found:
    """One input that brought something down, and what it looks like again: target, number, seed."""

    target: str
    number: int
    seed: int
    what: str
    input: str


@dataclass(slots=True)
class Done:
    """What was run, by target, and what was found."""

    ran: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)

    def told(self) -> Iterator[str]:
        """A line for each target, and for what was found."""
        for name, count in self.ran.items():
            yield (
                f"{name:<12}{count:>9,} inputs in {self.seconds[name]:.1f} s, "
                f"the slowest took {self.slowest[name] * 1000:.0f} ms"
            )
        yield f"{self.ran.total():,} inputs, {len(self.found)} findings"
        for one in self.found:
            yield f"--- {one.target} number {one.number}, seed {one.seed}\n{one.what}\ninput: {one.input}"


def fuzz(count: int, seed: int, only: str = "") -> Done:
    """Run so many inputs in all; `only`: of the target of that name."""
    done = Done()

    def alarm(*_: object) -> None:
        raise Hang(f"took more than {HANG} s of computing, or {STILL} s in all")

    before = {number: signal.signal(number, alarm) for number in (signal.SIGPROF, signal.SIGALRM)}
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory() as folder:
            targets = Targets(Path(folder))
            for name, (share, target) in targets.all().items():
                if only in ("", name):
                    for number in range(count if only else count * share // 1000):
                        _one(done, targets, name, target, number, seed)
    finally:
        _timers(0, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
        logging.disable(logging.NOTSET)
    return done


def _timers(computing: float, waiting: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, computing)
    signal.setitimer(signal.ITIMER_REAL, waiting)


def _one(done: Done, targets: Targets, name: str, target: Target, number: int, seed: int) -> None:
    dice = random.Random(f"{seed} {name} {number}")
    started = time.perf_counter()
    _timers(HANG, STILL)
    try:
        target(dice)
    except Exception as error:  # noqa: BLE001 - whatever comes out is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
        if sum(one.target == name and one.what.startswith(kind) for one in done.found) < SHOWN:
            text = "".join(traceback.format_exception(error)[-6:])
            done.found.append(Found(name, number, seed, f"{kind}\n{text}", repr(targets.input)[:2000]))
    _timers(0, 0)
    took = time.perf_counter() - started
    done.ran[name] += 1
    done.seconds[name] += took  # type: ignore[assignment]  # a Counter of seconds
    done.slowest[name] = max(took, done.slowest.get(name, 0.0))

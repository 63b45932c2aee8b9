"""The pacer alone, with a clock, a sleep and a chance of the tests."""

import asyncio
import math

import pytest

from prepop.cloud.wire.flow import SLOWEST
from prepop.cloud.wire.pacer import FIRST_GUESS, LONGEST_GUESS, Held, Lane, Pacer
from prepop.ports import BATCH
from tests.cloud.opening import Time


def paced(requests: int = 4, chance: float = 1.0) -> tuple[Pacer, Time]:
    time = Time()
    return Pacer(requests, clock=time.elapsed, sleep=time.pause, chance=lambda: chance), time


def test_no_more_requests_are_under_way_than_allowed() -> None:
    """Twelve tasks with four turns: never a fifth at a time, and all of them get theirs."""
    most, busy, done = 0, 0, 0

    async def main() -> None:
        pacer, _ = paced(4)

        async def one() -> None:
            nonlocal most, busy, done
            async with pacer.turn(BATCH) as turn:
                assert turn.items == BATCH
                busy += 1
                most = max(most, busy)
                await asyncio.sleep(0)
                busy -= 1
                done += 1
                turn.went_well(turn.items)

        await asyncio.gather(*(one() for _ in range(12)))

    asyncio.run(main())
    assert (most, done) == (4, 12)


def test_retry_after_shuts_one_gate_for_everybody() -> None:
    """2.128 seconds said once are waited once, by every task together, not by each in turn."""

    async def main() -> tuple[Time, list[float]]:
        pacer, time = paced(4)
        began = time.at
        async with pacer.turn() as turn:
            turn.throttled(2.128)
        entered: list[float] = []

        async def one() -> None:
            async with pacer.turn():
                entered.append(time.at - began)

        await asyncio.gather(*(one() for _ in range(3)))
        return time, entered

    time, entered = asyncio.run(main())
    assert entered == pytest.approx([2.128] * 3)
    assert sum(time.slept) == pytest.approx(2.128)


def test_the_longest_time_heard_counts() -> None:
    """A shorter Retry-After heard later does not open the gate early."""

    async def main() -> float:
        pacer, time = paced()
        async with pacer.turn() as first, pacer.turn() as second:
            first.throttled(10)
            second.throttled(1)
        async with pacer.turn():
            return time.at

    assert asyncio.run(main()) == 1010.0


def test_a_refused_item_shuts_no_gate() -> None:
    """One item of twenty is refused for an hour: the others go on at once, and as fast as before."""

    async def main() -> tuple[float, float]:
        pacer, time = paced(4)
        began = time.at
        async with pacer.turn(BATCH) as turn:
            turn.answered(BATCH - 1, 1, 3600)
        async with pacer.turn(BATCH):
            return time.at - began, pacer.rate(Lane.READS)

    assert asyncio.run(main()) == (0.0, math.inf)


def test_a_lane_begins_with_one_request_and_again_after_a_shut_gate() -> None:
    """One, then twice as many: no burst at the beginning, and none when the gate opens."""

    async def main() -> list[int]:
        pacer, _ = paced(4)
        most: list[int] = []
        for _ in range(2):
            for count in (1, 2, 4):
                turns = [await pacer._enter(lambda: BATCH, Lane.READS) for _ in range(count)]
                if count < 4:
                    late = asyncio.create_task(pacer._enter(lambda: BATCH, Lane.READS))
                    await asyncio.sleep(0)
                    most.append(count + late.done())
                    late.cancel()
                for turn in turns:
                    turn.went_well(turn.items)
                    pacer._leave(turn)
            async with pacer.turn() as turn:
                turn.throttled(5)
        return most

    assert asyncio.run(main()) == [1, 2, 1, 2]


def test_no_burst_after_a_pause() -> None:
    """At a known rate a minute of silence is not made up for: the turns stay as far apart as before."""

    async def main() -> float:
        pacer, time = paced(4)
        way = pacer._ways[Lane.WRITES]
        way.flow.rate = 20.0
        for _ in range(3):
            async with pacer.turn(BATCH, Lane.WRITES) as turn:
                turn.went_well(turn.items)
        time.at += 60
        began, sent = time.at, 0
        while sent < 40:
            async with pacer.turn(BATCH, Lane.WRITES) as turn:
                sent += turn.items
                turn.went_well(turn.items)
        return (sent - turn.items) / (time.at - began)

    assert asyncio.run(main()) <= 21


def test_lanes_know_nothing_of_each_other() -> None:
    """Writes that are slow do not slow the reads: they are other quotas."""

    async def main() -> tuple[float, float, float]:
        pacer, time = paced(4)
        for _ in range(8):
            async with pacer.turn(BATCH, Lane.WRITES) as turn:
                turn.answered(0, turn.items, 0.0)
        began = time.at
        async with pacer.turn(BATCH, Lane.READS) as turn:
            turn.went_well(turn.items)
        return pacer.rate(Lane.WRITES), pacer.rate(Lane.READS), time.at - began

    writes, reads, waited = asyncio.run(main())
    assert SLOWEST <= writes < 1
    assert (reads, waited) == (math.inf, 0.0)


@pytest.mark.parametrize("seconds", [86_400.0, 2.5e11, 1e308])
def test_a_gate_that_is_shut_for_a_day_holds_nobody(seconds: float) -> None:
    """A day's Retry-After of a whole batch, or the year 9999: said at once, and not slept."""

    async def main() -> list[float]:
        pacer, time = paced()
        async with pacer.turn() as turn:
            turn.throttled(seconds)
        with pytest.raises(Held, match="asked everybody to wait"):
            async with pacer.turn():
                pass
        return time.slept

    assert asyncio.run(main()) == []


def test_a_reason_to_stop_is_asked_in_every_wait() -> None:
    """Whoever wants to stop is heard within a second, at the gate, in a pause, and before any turn."""

    async def main() -> float:
        time = Time()
        pacer = Pacer(
            4,
            clock=time.elapsed,
            sleep=time.pause,
            chance=lambda: 1.0,
            stop=lambda: "interrupted" if time.at >= 1010 else "",
        )
        async with pacer.turn() as turn:
            turn.throttled(600)
        with pytest.raises(Held, match="interrupted"):
            async with pacer.turn():
                pass
        waited = time.at
        with pytest.raises(Held, match="interrupted"):
            await pacer.wait(time.at + 600)
        with pytest.raises(Held, match="interrupted"):
            async with pacer.turn(lane=Lane.WRITES):
                pass
        assert time.at == waited
        return waited

    assert 1010 <= asyncio.run(main()) <= 1011


def test_guesses_double_with_jitter_and_one_a_wave() -> None:
    """Without Retry-After the waits double up to the longest; others of the same wave add nothing."""

    async def main(chance: float) -> list[float]:
        pacer, time = paced(4, chance)
        waits = []
        for _ in range(9):
            async with pacer.turn() as a:
                async with pacer.turn() as b:
                    b.throttled(None)
                a.throttled(None)
            before = time.at
            async with pacer.turn():
                waits.append(time.at - before)
        return waits

    assert asyncio.run(main(1.0)) == pytest.approx([min(LONGEST_GUESS, FIRST_GUESS * 2**n) for n in range(9)])
    assert asyncio.run(main(0.0)) == pytest.approx(
        [min(LONGEST_GUESS, FIRST_GUESS * 2**n) / 2 for n in range(9)]
    )


def test_success_starts_the_guessing_afresh() -> None:
    """After an answer that went well the next guess is a short one again."""

    async def main() -> float:
        pacer, time = paced()
        for _ in range(3):
            async with pacer.turn() as turn:
                turn.throttled(None)
        async with pacer.turn() as turn:
            turn.went_well()
            turn.throttled(None)
        before = time.at
        async with pacer.turn():
            return time.at - before

    assert asyncio.run(main()) == pytest.approx(FIRST_GUESS)


def test_stuck_counts_to_the_time_the_gate_opens() -> None:
    """Somebody can give up before a long Retry-After rather than after it."""

    async def main() -> tuple[float, float]:
        pacer, _ = paced()
        since = pacer.now()
        async with pacer.turn() as turn:
            turn.throttled(600)
        stuck = pacer.stuck(since)
        async with pacer.turn() as turn:
            turn.went_well()
        return stuck, pacer.stuck(since)

    assert asyncio.run(main()) == (600.0, 0.0)


def test_a_task_that_is_cancelled_gives_its_turn_back() -> None:
    """A cancelled request does not keep its place for ever."""

    async def main() -> bool:
        pacer, _ = paced(1)

        async def hold() -> None:
            async with pacer.turn():
                await asyncio.Event().wait()

        task = asyncio.create_task(hold())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(600), pacer.turn():
            return True

    assert asyncio.run(main())

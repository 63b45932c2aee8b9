"""The pacer alone, with a clock, a sleep and a chance of the tests."""

import asyncio

import pytest

from prepop.cloud.wire.pacer import FIRST_GUESS, LONGEST_GUESS, Pacer
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


def test_a_wave_halves_the_window_once() -> None:
    """Four requests under way together and all throttled are one lesson; the next wave is another."""

    async def main() -> list[int]:
        pacer, _ = paced(4)
        seen = [pacer.window]
        for _ in range(2):
            async with pacer.turn() as a, pacer.turn() as b, pacer.turn() as c:
                for turn in (a, b, c):
                    turn.throttled(1)
            seen.append(pacer.window)
        return seen

    assert asyncio.run(main()) == [80, 40, 20]


def test_a_part_of_a_batch_is_a_part_of_the_lesson() -> None:
    """One item of twenty throttled costs a fortieth of the window, not half of it."""

    async def main() -> float:
        pacer, _ = paced(1)
        async with pacer.turn(BATCH) as turn:
            turn.throttled(1, 1 / BATCH)
        return pacer._window

    assert asyncio.run(main()) == pytest.approx(BATCH * (1 - 1 / 40))


def test_the_window_ends_at_one_item_and_never_at_none() -> None:
    """However often Graph throttles, one item at a time still goes out."""

    async def main() -> tuple[int, int]:
        pacer, _ = paced(2)
        for _ in range(20):
            async with pacer.turn(BATCH) as turn:
                turn.throttled(1)
        async with pacer.turn(BATCH) as turn:
            return pacer.window, turn.items

    assert asyncio.run(main()) == (1, 1)


def test_a_small_window_makes_small_batches() -> None:
    """With room for five items a batch of twenty is granted five, not sent to be throttled by fifteen."""

    async def main() -> int:
        pacer, _ = paced(1)
        for _ in range(2):
            async with pacer.turn() as turn:
                turn.throttled(0)
        async with pacer.turn(BATCH) as turn:
            return turn.items

    assert asyncio.run(main()) == 5


def test_the_window_creeps_up_and_stops_at_the_top() -> None:
    """One window full of answers gives about one item more; never more than the options allow."""

    async def main() -> tuple[float, int]:
        pacer, _ = paced(2)
        async with pacer.turn() as turn:
            turn.throttled(0)
        before = pacer._window
        for _ in range(20):
            async with pacer.turn() as turn:
                turn.went_well()
        grown = pacer._window - before
        for _ in range(400):
            async with pacer.turn(BATCH) as turn:
                turn.went_well(turn.items)
        return grown, pacer.window

    grown, top = asyncio.run(main())
    assert 0.9 < grown <= 1.0
    assert top == 2 * BATCH


def test_near_a_narrow_limit_the_window_creeps_four_times_slower() -> None:
    """Below a full batch it takes four windows full of answers for one item more."""

    async def main() -> float:
        pacer, _ = paced(1)
        async with pacer.turn() as turn:
            turn.throttled(0)
        before = pacer._window
        for _ in range(40):
            async with pacer.turn() as turn:
                turn.went_well()
        return pacer._window - before

    assert 0.9 < asyncio.run(main()) <= 1.0


def test_a_gap_opens_where_even_one_at_a_time_is_too_fast() -> None:
    """At 5 in 10 s, one at a time is throttled: the gap learns the two seconds and keeps nearly to them."""

    async def main() -> tuple[int, float]:
        pacer, time = paced(1)
        due, refused = time.at, 0
        for _ in range(4):
            async with pacer.turn(BATCH) as turn:
                turn.throttled(0)
        began = time.at
        for _ in range(100):
            async with pacer.turn() as turn:
                if time.at < due - 1e-9:
                    refused += 1
                    turn.throttled(due - time.at)
                else:
                    due = time.at + 2
                    turn.went_well()
        return refused, time.at - began

    refused, took = asyncio.run(main())
    assert 0 < refused <= 12
    assert took >= (100 - refused - 1) * 2


def test_guesses_double_with_jitter_and_one_a_wave() -> None:
    """Without Retry-After the waits double up to the longest; others of the same wave add nothing."""

    async def main(chance: float) -> list[float]:
        pacer, time = paced(4, chance)
        waits = []
        for _ in range(9):
            async with pacer.turn() as a:
                if pacer.window > 1:
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
    """Somebody can give up before an hour-long Retry-After rather than after it."""

    async def main() -> tuple[float, float]:
        pacer, _ = paced()
        since = pacer.now()
        async with pacer.turn() as turn:
            turn.throttled(3600)
        stuck = pacer.stuck(since)
        async with pacer.turn() as turn:
            turn.went_well()
        return stuck, pacer.stuck(since)

    assert asyncio.run(main()) == (3600.0, 0.0)


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

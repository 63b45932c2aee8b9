"""What a quota seems to admit: the lessons alone, as numbers."""

import math
import random

import pytest

from prepop.cloud.wire.flow import SLOWEST, Flow, Lesson
from prepop.ports import BATCH


def lessons(flow: Flow, limit: float, chance: float, items: int, at: float, dice: random.Random) -> float:
    """Send so many items one after another to a limit without any storage; the moment after them."""
    sent = 0
    while sent < items:
        size, rate = flow.grain, min(flow.rate, 400.0)
        over = max(0.0, 1 - limit / rate)
        refused = sum(dice.random() < chance or dice.random() < over for _ in range(size))
        at += size / rate
        flow.answered(Lesson(flow.generation, size - refused, refused, 400.0, True, sent=at, now=at))
        sent += size
    return at


@pytest.mark.parametrize("limit", [2.0, 20.0, 150.0])
def test_a_limit_is_found_and_kept(limit: float) -> None:
    """After a few hundred items the rate stays within a tenth or two of the limit."""
    flow, dice = Flow(), random.Random(1)
    at = lessons(flow, limit, 0.0, 1500, 0.0, dice)
    for _ in range(20):
        at = lessons(flow, limit, 0.0, 100, at, dice)
        assert 0.75 * limit <= flow.rate <= 1.3 * limit


@pytest.mark.parametrize("chance", [0.01, 0.1, 0.3])
def test_chance_is_known_for_what_it_is(chance: float) -> None:
    """Refusals that do not go by the rate leave it where it is, and their share is learned."""
    flow, dice = Flow(), random.Random(2)
    lessons(flow, math.inf, chance, 20_000, 0.0, dice)
    assert flow.rate >= 300
    assert flow.chance == pytest.approx(chance, abs=0.07)


def test_chance_that_ends_is_forgotten() -> None:
    """After refusals at random have stopped, a limit is seen as sharply as before."""
    flow, dice = Flow(), random.Random(3)
    at = lessons(flow, math.inf, 0.3, 5000, 0.0, dice)
    lessons(flow, math.inf, 0.0, 5000, at, dice)
    assert flow.chance < 0.02


def test_requests_under_way_together_are_one_lesson() -> None:
    """Four requests that left at one rate and are all refused cut it once."""
    flow = Flow()
    one = Lesson(flow.generation, 0, BATCH, 400.0, False, sent=0.0, now=0.2)
    flow.answered(one)
    rate = flow.rate
    for _ in range(3):
        flow.answered(one)
    assert flow.rate == rate
    assert SLOWEST <= rate < 400


def test_the_rate_is_never_below_the_narrowest_documented_limit() -> None:
    """Refused for ever, a try still leaves every few seconds: steady progress where there is any."""
    flow = Flow()
    for moment in range(200):
        flow.answered(Lesson(flow.generation, 0, 1, 5.0, True, sent=float(moment), now=moment + 0.2))
    assert flow.rate == SLOWEST
    assert flow.grain == 1


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_back_there_is_a_rate(seed: int) -> None:
    """Any order of answers, pauses of days, moments that stand still: rate, grain and share in bounds."""
    flow, dice, now = Flow(), random.Random(seed), 0.0
    mood = 0.0
    for _ in range(3000):
        if dice.random() < 0.01:
            mood = dice.choice([0.0, 0.01, 0.1, 0.5, 0.9, 1.0])
        size = dice.choice([1, flow.grain, BATCH])
        refused = sum(dice.random() < mood for _ in range(size))
        now += dice.choice([0.0, 0.0, 0.05, 1.0, 60.0, 90_000.0])
        generation = flow.generation - (dice.random() < 0.2)
        rate = dice.choice([0.01, 20.0, 4000.0])
        sent = now - dice.choice([0.0, 0.2, 100.0])
        flow.answered(
            Lesson(generation, size - refused, refused, rate, dice.random() < 0.5, sent=sent, now=now)
        )
        assert flow.rate >= SLOWEST
        assert 1 <= flow.grain <= BATCH
        assert 0 <= flow.chance <= 1

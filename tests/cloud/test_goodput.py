"""The pacer, the retrying and the batches together, against a modelled tenant: shares, no seconds.

The scenes are those of `python -m tests.bench goodput`, shorter.
"""

import pytest

from tests.bench.goodput import REPORTS, UNITS, Scene, measure


@pytest.mark.parametrize("latency", [0.05, 0.2, 0.8])
def test_a_bucket_is_used_and_hardly_overrun(latency: float) -> None:
    """Writes at 20 a second: nine tenths of what comes in get through, one item in a hundred is refused."""
    one = measure(Scene("bucket", 1200, latency=latency))
    assert one.share >= 0.9
    assert one.waste < 0.01


@pytest.mark.parametrize(
    "scene",
    [
        Scene("halved, then doubled", 900, changes=((300, 0.5), (600, 1.0))),
        Scene("doubled, then halved", 900, changes=((300, 2.0), (600, 1.0))),
        Scene("a second program takes half", 900, taken=(300, 600, 0.5)),
    ],
    ids=lambda scene: scene.name,
)
def test_a_bucket_that_changes_is_followed(scene: Scene) -> None:
    """Halved, doubled, or drunk from by another program in mid-run: as if it had been known."""
    one = measure(scene)
    assert one.share >= 0.9
    assert one.waste < 0.02


@pytest.mark.parametrize("seed", [1, 2])
def test_chance_is_not_taken_for_a_limit(seed: int) -> None:
    """One item in ten is refused at random: nine tenths of what could get through do, for minutes."""
    one = measure(Scene("random", 60, quota=None, chance=0.1, told=0.333), seed)
    assert one.share >= 0.85
    late = measure(Scene("random", 120, quota=None, chance=0.1, told=0.333), seed)
    assert late.admitted - one.admitted >= 0.9 * late.scene.known() / 2


def test_a_bucket_and_chance_together() -> None:
    """A limit is found behind refusals at random, and used."""
    one = measure(Scene("both", 600, chance=0.1, told=0.333))
    assert one.share >= 0.9
    assert one.waste < 0.2


def test_the_slow_reading_of_the_quota_makes_steady_progress() -> None:
    """5 in 10 s: nine tenths of it, with hardly a refusal once the limit is known."""
    hour, two = measure(Scene("slow", 3600, quota=REPORTS)), measure(Scene("slow", 7200, quota=REPORTS))
    assert hour.share >= 0.9
    assert two.admitted - hour.admitted >= 0.9 * 1800
    assert (two.refused - hour.refused) / (two.admitted - hour.admitted) < 0.01


def test_a_generous_retry_after_costs_nothing_but_its_items_their_time() -> None:
    """Ten seconds told at 20 a second: the items wait, the sending does not."""
    assert measure(Scene("told", 600, told=10)).share >= 0.9


def test_a_day_told_to_one_item_of_many_ends_none_of_the_others() -> None:
    """Items that are told to wait a day are given up; the rest gets through."""
    one = measure(Scene("a day", 60, quota=None, chance=0.001, told=86_400))
    assert one.share >= 0.9


def test_no_limit_is_no_hindrance() -> None:
    """Where nothing is refused all requests are under way, and full."""
    one = measure(Scene("free", 30, quota=None))
    assert one.share >= 0.95
    assert one.admitted / one.requests >= 19


def test_a_wide_bucket_at_a_short_way() -> None:
    """8000 in 10 s at 50 ms, where twice as many could be under way."""
    one = measure(Scene("units", 40, latency=0.05, quota=UNITS))
    assert one.share >= 0.9
    assert one.waste < 0.01


@pytest.mark.parametrize(
    "scene",
    [
        Scene("50 items", 300, quota=None, at_once=50, told=0.333),
        Scene("10 items", 300, quota=None, at_once=10, told=0.333),
        Scene("50 items, far away", 600, latency=0.8, quota=None, at_once=50, told=0.333),
        Scene("60, 30, 60", 300, quota=None, at_once=60, told=0.333, narrow=(100, 200)),
        Scene("and a bucket", 900, at_once=10, told=0.333),
    ],
    ids=lambda scene: scene.name,
)
def test_too_many_at_a_time_is_a_limit_too(scene: Scene) -> None:
    """Where so many items may be under way at once: nine tenths of them are, and hardly one is refused."""
    one = measure(scene)
    assert one.share >= 0.9
    assert one.waste < 0.02


def test_too_many_at_a_time_and_chance() -> None:
    """Both refuse: what gets through is what could."""
    assert measure(Scene("both", 300, quota=None, at_once=50, chance=0.1, told=0.333)).share >= 0.9

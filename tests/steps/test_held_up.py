"""A replacement or removal leaves on a reading of the last 30 seconds, whoever waited in between."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from prepop.model import Action, Change, Families, WriteAnswer
from prepop.ports import Progress
from tests.rules.decisions.world import account
from tests.steps.model_tenant import bench
from tests.steps.test_apply import (
    ALREADY,
    DONE,
    EACH,
    FAILED,
    MOBILE,
    MOVED,
    ONE,
    REMOVE,
    REPLACE,
    ours,
    start,
)
from tests.store.made import A, B, C, change, plan


@EACH
@pytest.mark.parametrize("meanwhile", [None, C], ids=["as it was", "set by the person"])
def test_what_was_held_up_on_its_way(tmp_path: Path, one: Change, meanwhile: str | None) -> None:
    """What throttling held up beyond 30 seconds is read again before it is sent; an addition need not be."""
    with bench(tmp_path, start(one)) as on:
        write = on.tenant.write
        deadlines: list[float] = []

        async def throttled(
            changes: Sequence[Change], until: Mapping[str, float]
        ) -> Mapping[str, WriteAnswer]:
            deadlines.append(until[one.id])
            if len(deadlines) == 1:
                await on.kept.clock.pause(40)
                if meanwhile and one.action is not Action.ADD:
                    on.tenant.has[ONE][MOBILE] = meanwhile
            if on.kept.clock.elapsed() > until[one.id]:
                return {one.id: WriteAnswer(False, stale=True)}
            return await write(changes, until)

        on.tenant.write = throttled  # type: ignore[method-assign]
        applied = on.apply(plan(one))
        expected = DONE if meanwhile is None or one.action is Action.ADD else MOVED
        assert applied.outcomes[one.id].result is expected
        assert on.tenant.has[ONE].get(MOBILE) == (one.after if expected is DONE else meanwhile)
        assert ours(on, one) == (expected is DONE and one.after is not None)
        assert deadlines[0] == (math.inf if one.action is Action.ADD else 30)


def test_the_person_writes_the_very_value_while_it_is_held_up(tmp_path: Path) -> None:
    """What never left is not ours, even if it is there as it was to be written."""
    with bench(tmp_path, start(REPLACE)) as on:

        async def held_up(changes: Sequence[Change], until: Mapping[str, float]) -> Mapping[str, WriteAnswer]:
            await on.kept.clock.pause(40)
            on.tenant.has[ONE][MOBILE] = REPLACE.after or ""
            return {REPLACE.id: WriteAnswer(False, stale=True)}

        on.tenant.write = held_up  # type: ignore[method-assign]
        assert on.apply(plan(REPLACE)).outcomes[REPLACE.id].result is ALREADY
        assert not ours(on, REPLACE)


@pytest.mark.parametrize("one", [REPLACE, REMOVE], ids=lambda one: one.action)
def test_what_is_held_up_for_ever(tmp_path: Path, one: Change) -> None:
    """It is given up after some readings, and fails alone."""
    other = change(2, None, A)
    with bench(tmp_path, start(one)) as on:
        write = on.tenant.write

        async def held_up(changes: Sequence[Change], until: Mapping[str, float]) -> Mapping[str, WriteAnswer]:
            answers = await write(quick, until) if (quick := [c for c in changes if c is other]) else {}
            if one in changes:
                await on.kept.clock.pause(40)
                return {**answers, one.id: WriteAnswer(False, 429, stale=True)}
            return answers

        on.tenant.write = held_up  # type: ignore[method-assign]
        applied = on.apply(plan(one, other))
        assert applied.outcomes[one.id].result is FAILED
        assert "too old" in applied.outcomes[one.id].note
        assert applied.outcomes[other.id].result is DONE
        assert on.kept.clock.elapsed() == 40 * 8
        assert on.tenant.has[ONE] == start(one)[ONE]


def test_an_answer_that_takes_long_is_as_old_as_its_question(tmp_path: Path) -> None:
    """What is read slowly is read in smaller parts, until what it tells is fresh enough to write on."""
    made = plan(*(change(n, B, A) for n in range(1, 9)))
    with bench(tmp_path, {account(n).id: {MOBILE: B} for n in range(1, 9)}) as on:
        reads, write = on.tenant.present, on.tenant.write
        asked: list[int] = []

        async def slow(these: Mapping[str, Families], progress: Progress) -> object:
            asked.append(len(these))
            await on.kept.clock.pause(10 * len(these))
            return await reads(these, progress)

        async def in_time(changes: Sequence[Change], until: Mapping[str, float]) -> Mapping[str, WriteAnswer]:
            late = {one.id for one in changes if on.kept.clock.elapsed() > until[one.id]}
            stale = {id_: WriteAnswer(False, stale=True) for id_ in late}
            left = [one for one in changes if one.id not in late]
            return {**stale, **(await write(left, until) if left else {})}

        on.tenant.present = slow  # type: ignore[method-assign,assignment]
        on.tenant.write = in_time  # type: ignore[method-assign]
        assert {one.result for one in on.apply(made).outcomes.values()} == {DONE}
        assert max(asked[2:]) <= 3

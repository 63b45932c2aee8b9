"""An open run is carried on as long as what it was decided on holds; else it is read back and closed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from prepop.errors import Exit, UsageError
from prepop.model import Change, Method, Result
from prepop.options import CloudOptions, Limits, Scope, Secrets, Settings, Trust
from prepop.reasons import FindingCode
from prepop.steps.resume import Resumed, find_open, find_run, resume
from tests.rules.decisions.world import account, rules
from tests.steps.model_tenant import Bench, bench
from tests.store.made import CREATED, A, change, plan

MOBILE = Method.MOBILE
MADE = plan(change(1, None, A), change(2, None, A))
FIRST, SECOND = MADE.changes
ONE, TWO = account(1).id, account(2).id


def configured() -> Settings:
    """The config under which the run was planned."""
    here = Path()
    return Settings(
        config_file=here, mapping_file=here, mapping=rules(), directories=(), cloud=CloudOptions("tenant"),
        scope=Scope(), limits=Limits(), trust=Trust(), state_dir=here, keep_days=90, report_dir=here,
        formats=(), secrets=Secrets(), config_digest=MADE.config_digest, mapping_digest=MADE.mapping_digest,
    )  # fmt: skip


def resumed(on: Bench, later: timedelta, settings: Settings | None = None) -> Resumed:
    """Resume the open run so much later."""
    record = find_open(on.kept.journal, None)
    assert record is not None
    on.kept.clock.moment = CREATED + later
    return asyncio.run(resume(record, settings or configured(), (), on.kept.clock.now(), on.means()))


def cut_off(on: Bench, *sent: Change) -> None:
    """A run that was cut off when these had been sent."""
    on.kept.begin(MADE)
    on.kept.journal.sent(MADE.run, [one.id for one in sent])


def test_within_a_day_it_goes_on(tmp_path: Path) -> None:
    """What was sent is read back and found, the rest is written."""
    with bench(tmp_path, {ONE: {MOBILE: A}, TWO: {}}) as on:
        cut_off(on, FIRST)
        end = resumed(on, timedelta(hours=23))
        assert end.refused == ()
        # so long after the sending the person may have registered it
        results = [one.result for one in end.applied.outcomes.values()]
        assert results == [Result.ALREADY_TRUE, Result.DONE]
        assert (end.applied.exit_code, end.applied.closed) == (Exit.DONE, True)
        assert on.tenant.has[TWO] == {MOBILE: A}
        assert find_open(on.kept.journal, None) is None


LATE = {
    "60 days later": (timedelta(days=60), {}),
    "a little more than a day": (timedelta(hours=24, seconds=1), {}),
    "a clock before the plan": (timedelta(days=-2), {}),
    "another config": (timedelta(hours=1), {"config_digest": "other"}),
    "another mapping": (timedelta(hours=1), {"mapping_digest": "other"}),
}


@pytest.mark.parametrize(("later", "other"), LATE.values(), ids=LATE)
def test_yesterdays_words_are_not_written_today(
    tmp_path: Path, later: timedelta, other: dict[str, str]
) -> None:
    """What was sent is settled, the rest is not tried, nothing is written, and the run is closed."""
    with bench(tmp_path, {ONE: {MOBILE: A}, TWO: {}}) as on:
        cut_off(on, FIRST)
        end = resumed(on, later, replace(configured(), **other))  # type: ignore[arg-type]
        results = {key: one.result for key, one in end.applied.outcomes.items()}
        ours = Result.DONE if abs(later) <= timedelta(hours=1) else Result.ALREADY_TRUE
        assert results == {FIRST.id: ours, SECOND.id: Result.NOT_TRIED}
        (finding,) = end.refused
        assert finding.code is FindingCode.PLAN_STALE
        assert "prepop sync" in finding.next
        assert on.tenant.batches == []
        assert end.applied.closed
        assert find_open(on.kept.journal, None) is None
        outcomes = on.kept.journal.outcomes(MADE.run)
        assert {key: one.result for key, one in outcomes.items()} == results


def test_a_late_run_of_which_all_was_sent_is_done(tmp_path: Path) -> None:
    """Where nothing is left to write, nothing is refused: it ends as what became of it."""
    with bench(tmp_path, {ONE: {MOBILE: A}, TWO: {}}) as on:
        cut_off(on, FIRST, SECOND)
        end = resumed(on, timedelta(days=60))
        assert end.refused == ()
        assert end.applied.exit_code is Exit.SOME_FAILED
        assert [one.result for one in end.applied.outcomes.values()] == [Result.ALREADY_TRUE, Result.FAILED]
        (record,) = on.kept.journal.runs()
        assert record.exit_code == Exit.SOME_FAILED


def test_a_run_that_is_not_there_is_named() -> None:
    """An id that the journal does not have is a mistake in the command, not an empty answer."""

    class Empty:
        def runs(self, tenant: str | None = None) -> tuple[()]:
            return ()

        def changes(self, run: str, *states: str) -> tuple[()]:
            return ()

        def outcomes(self, run: str) -> dict[str, object]:
            return {}

    with pytest.raises(UsageError, match="none of that id"):
        find_run(Empty(), "20261122T020000Z-0000")  # type: ignore[arg-type]
    assert find_open(Empty(), None) is None  # type: ignore[arg-type]

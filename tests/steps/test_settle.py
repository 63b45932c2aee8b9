"""What a broken night left is settled by reading back, once and for all."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from prepop.errors import Incomplete
from prepop.model import Change, Method, Result, Unreadable
from prepop.rules.values.keys import comparison_key
from prepop.steps.settle import settle_open as settle_all
from tests.rules.decisions.world import account
from tests.steps.model_tenant import Bench, bench, quiet
from tests.store.made import A, B, C, change, outcome, plan

MOBILE = Method.MOBILE
ONE = account(1).id
MADE = plan(change(1, B, A), change(2, None, A))
FIRST, SECOND = MADE.changes


def broken(on: Bench, *sent: Change) -> None:
    """A run that was cut off when these had been sent."""
    on.kept.begin(MADE)
    on.kept.journal.sent(MADE.run, [one.id for one in sent])


def settle_open(on: Bench) -> None:
    """What sync and apply do first."""
    asyncio.run(settle_all(on.kept.journal, on.tenant, quiet))


@pytest.mark.parametrize(
    ("has", "result", "ours"),
    [
        ({MOBILE: A}, Result.DONE, True),
        ({MOBILE: A.replace(" ", "")}, Result.DONE, True),
        ({MOBILE: B}, Result.FAILED, False),
        ({MOBILE: C}, Result.MOVED_ON, False),
        ({}, Result.MOVED_ON, False),
        (None, Result.FAILED, False),
    ],
)
def test_what_was_sent(tmp_path: Path, has: dict[Method, str] | None, result: Result, ours: bool) -> None:
    """Sent and there: done and ours. Not there: failed. Something else: moved on. The rest: not tried."""
    with bench(tmp_path, {ONE: dict(has or {})}) as on:
        if has is None:
            on.tenant.gone.add(ONE)
        broken(on, FIRST)
        settle_open(on)
        outcomes = on.kept.journal.outcomes(MADE.run)
        assert outcomes[FIRST.id].result is result
        assert outcomes[SECOND.id].result is Result.NOT_TRIED
        assert ((ONE, MOBILE) in on.kept.ledger.written) == ours
        (record,) = on.kept.journal.runs()
        assert record.finished is not None
        assert on.tenant.batches == []


def test_an_account_that_cannot_be_read_stays_unknown(tmp_path: Path) -> None:
    """It does not keep the night from beginning, and is read back again by the next one."""
    with bench(tmp_path, {ONE: {MOBILE: A}}) as on:
        on.tenant.trouble = {ONE: Unreadable("reading its phones: Graph answered 400 badRequest")}
        broken(on, FIRST)
        settle_open(on)
        outcome = on.kept.journal.outcomes(MADE.run)[FIRST.id]
        assert outcome.result is Result.UNKNOWN
        assert "400 badRequest" in outcome.note
        on.tenant.trouble = {}
        settle_open(on)
        assert on.kept.journal.outcomes(MADE.run)[FIRST.id].result is Result.DONE


def test_a_value_registered_later_is_not_taken_for_ours(tmp_path: Path) -> None:
    """If a lost write never came true and the user registers that very value later, it is the user's."""
    with bench(tmp_path, {ONE: {MOBILE: B}}) as on:
        broken(on, FIRST)
        settle_open(on)
        on.tenant.has[ONE] = {MOBILE: A}
        settle_open(on)
        assert on.kept.journal.outcomes(MADE.run)[FIRST.id].result is Result.FAILED
        assert on.kept.ledger.written == {}


@pytest.mark.parametrize(
    ("later", "created", "result"),
    [
        (timedelta(minutes=59), None, Result.DONE),
        (timedelta(minutes=61), None, Result.ALREADY_TRUE),
        (timedelta(days=30), None, Result.ALREADY_TRUE),
        (-timedelta(minutes=61), None, Result.ALREADY_TRUE),
        (timedelta(minutes=30), timedelta(minutes=1), Result.DONE),
        (timedelta(days=2), timedelta(minutes=1), Result.DONE),
        (timedelta(minutes=30), timedelta(minutes=20), Result.ALREADY_TRUE),
        (timedelta(minutes=30), -timedelta(days=3), Result.ALREADY_TRUE),
    ],
)
def test_what_the_person_may_have_written_is_not_ours(
    tmp_path: Path, later: timedelta, created: timedelta | None, result: Result
) -> None:
    """Sent, never stored, and registered by the person since: theirs. It counts as ours where it is read back
    within the hour, or where Graph's time of creation is that of the sending.
    """
    added = change(1, None, A)
    with bench(tmp_path, {added.account.id: {MOBILE: A}}) as on:
        on.kept.begin(plan(added))
        on.kept.journal.sent(plan().run, [added.id])
        sent = on.kept.clock.now()
        on.tenant.created = {} if created is None else {(added.account.id, MOBILE): sent + created}
        on.kept.clock.moment += later
        settle_open(on)
        assert on.kept.journal.outcomes(plan().run)[added.id].result is result
        assert bool(on.kept.ledger.written) is (result is Result.DONE)


def test_what_stayed_unknown_is_settled_by_the_next_run(tmp_path: Path) -> None:
    """A change that a closed run could not read back is settled when it can be, and is then ours."""
    with bench(tmp_path, {ONE: {MOBILE: A}}) as on:
        broken(on, FIRST)
        on.kept.journal.settled(MADE.run, [outcome(FIRST, Result.UNKNOWN)])
        on.kept.journal.finish(MADE.run, 20)
        settle_open(on)
        assert on.kept.journal.outcomes(MADE.run)[FIRST.id].result is Result.DONE
        entry = on.kept.ledger.written[ONE, MOBILE]
        assert on.kept.ledger.is_ours(entry, comparison_key(MOBILE, A))
        (record,) = on.kept.journal.runs()
        assert record.exit_code == 20, "what the run ended with is not changed"


def test_another_tenants_run_is_left_alone(tmp_path: Path) -> None:
    """A run of another tenant is not settled by this one, in which its accounts are not."""
    with bench(tmp_path) as on:
        elsewhere = replace(MADE, tenant="another")
        on.kept.begin(elsewhere)
        on.kept.journal.sent(elsewhere.run, [FIRST.id])
        settle_open(on)
        assert on.kept.states(elsewhere.run)["sent"] == [FIRST.id]
        assert on.tenant.reads == 0


def test_nothing_is_settled_on_half_a_reading(tmp_path: Path) -> None:
    """If the tenant cannot be read, the run stays open as it was."""
    with bench(tmp_path, {ONE: {MOBILE: A}}) as on:
        broken(on, FIRST)
        on.tenant.unreadable = {1}
        with pytest.raises(Incomplete):
            settle_open(on)
        assert on.kept.states(MADE.run)["sent"] == [FIRST.id]
        (record,) = on.kept.journal.runs()
        assert record.finished is None

"""Carrying on a run that was cut off, and how work is put together."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from prepop.errors import Exit
from prepop.model import Change, Families, Method, Present, Result, Unreadable
from prepop.options import Limit, Limits
from prepop.ports import Progress
from prepop.steps.apply import Applied, Leftover, go_on
from tests.rules.decisions.world import account
from tests.steps.model_tenant import Bench, Fault, bench
from tests.store.made import A, change, plan

ONE = account(1).id
ADD = change(1, None, A)


def carried_on(on: Bench, *doubtful: str) -> Applied:
    """Carry on a run of one addition, of which nothing is known but that it may have been sent."""
    made = plan(ADD)
    journal = on.kept.journal
    journal.begin(made, run=made.run, digest="d", path=Path("plan.json"), accepted={})
    journal.sent(made.run, list(doubtful))
    return asyncio.run(go_on(Leftover(made.run, made.changes, {}, doubtful), on.means()))


@pytest.mark.parametrize(("doubtful", "result"), [((ADD.id,), Result.DONE), ((), Result.ALREADY_TRUE)])
def test_what_was_sent_before_and_shows_now_is_our_own(
    tmp_path: Path, doubtful: tuple[str, ...], result: Result
) -> None:
    """A value that an earlier sending wrote enters the ledger; one that somebody else wrote does not."""
    with bench(tmp_path, {ONE: {Method.MOBILE: A}}) as on:
        assert carried_on(on, *doubtful).outcomes[ADD.id].result is result
        assert on.tenant.batches == []
        assert bool(on.kept.ledger.written) == bool(doubtful)


@pytest.mark.parametrize(("doubtful", "result"), [((ADD.id,), Result.DONE), ((), Result.ALREADY_TRUE)])
def test_a_refusal_of_what_was_sent_before_may_be_its_success(
    tmp_path: Path, doubtful: tuple[str, ...], result: Result
) -> None:
    """The earlier sending may show only after the second was refused: so the tenant is asked."""
    with bench(tmp_path, {ONE: {}}) as on:
        on.tenant.script[ADD.id] = [Fault.SAME_QUICKER]
        assert carried_on(on, *doubtful).outcomes[ADD.id].result is result


def test_a_refusal_that_cannot_be_looked_into_has_failed(tmp_path: Path) -> None:
    """An addition was refused and cannot be read back: nothing happened, and the next change goes on."""
    other = change(2, None, A)
    with bench(tmp_path) as on:
        on.tenant.script[ADD.id] = [Fault.MALFORMED]
        on.tenant.unreadable = {2}
        results = on.apply(plan(ADD, other)).outcomes
        assert (results[ADD.id].result, results[other.id].result) == (Result.FAILED, Result.DONE)


def test_the_share_of_failures_counts_over_the_whole_run(tmp_path: Path) -> None:
    """Seven failures of a hundred are no tenth, also while only sixty were tried."""
    made = plan(*(change(n, None, A) for n in range(100)))
    with bench(tmp_path) as on:
        for one in made.changes[:7]:
            on.tenant.script[one.id] = [Fault.FORBIDDEN]
        applied = on.apply(made, limits=Limits(failures=Limit(None, 0.1)), in_flight=1)
        results = [one.result for one in applied.outcomes.values()]
        assert (results.count(Result.DONE), results.count(Result.FAILED)) == (93, 7)


def both(number: int) -> list[Change]:
    """Two reads: phones and address."""
    return [change(number, None, A), change(number, None, f"p{number}@example.net", Method.EMAIL)]


def phone(number: int) -> list[Change]:
    """One read."""
    return [change(number, None, A)]


@pytest.mark.parametrize(
    ("accounts", "first"),
    [
        ([both] * 10 + [phone] * 40, 40),  # thirty reads of twenty accounts, and ten more fill the batch
        ([both] * 11 + [phone] * 9 + [both] * 30, 39),  # what would not fit waits
        ([phone] * 50, 20),
    ],
)
def test_reads_before_the_write_go_in_full_batches(
    tmp_path: Path, accounts: list[Callable[[int], list[Change]]], first: int
) -> None:
    """Accounts come in until their reads fill the last batch, never one read into the next."""
    changes = [one for number, make in enumerate(accounts) for one in make(number)]
    with bench(tmp_path) as on:
        sizes: list[int] = []
        reads = on.tenant.present

        async def present(
            asked: Mapping[str, Families], progress: Progress
        ) -> Mapping[str, Present | Unreadable | None]:
            sizes.append(sum(families.phones + families.email for families in asked.values()))
            return await reads(asked, progress)

        on.tenant.present = present  # type: ignore[method-assign]
        applied = on.apply(plan(*changes), in_flight=1)
        assert sizes[0] == first
        assert {one.result for one in applied.outcomes.values()} == {Result.DONE}


def test_nothing_is_written_after_an_interruption_while_reading(tmp_path: Path) -> None:
    """Ctrl-C during the read before a write: the write that it was for does not leave."""
    with bench(tmp_path) as on:
        reads = on.tenant.present

        async def present(
            asked: Mapping[str, Families], progress: Progress
        ) -> Mapping[str, Present | Unreadable | None]:
            on.brake.interrupted = True
            return await reads(asked, progress)

        on.tenant.present = present  # type: ignore[method-assign]
        applied = on.apply(plan(ADD))
        assert (applied.exit_code, applied.closed) == (Exit.INTERRUPTED, False)
        assert on.tenant.batches == []

"""What becomes of each change, whatever the tenant answers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from prepop.errors import Exit, StateError
from prepop.model import Change, Method, Plan, Result, Unreadable, WriteAnswer
from prepop.options import Limit, Limits
from prepop.rules.values.keys import comparison_key
from tests.rules.decisions.world import Registered, account
from tests.steps.model_tenant import USERS_OWN, Bench, Fault, bench
from tests.store.made import A, B, C, change, plan

MOBILE, ALTERNATE = Method.MOBILE, Method.ALTERNATE_MOBILE
ONE = account(1).id
DONE, FAILED, UNKNOWN = Result.DONE, Result.FAILED, Result.UNKNOWN
ALREADY, MOVED, NOT_TRIED = Result.ALREADY_TRUE, Result.MOVED_ON, Result.NOT_TRIED

ADD, REPLACE, REMOVE = change(1, None, A), change(1, B, A), change(1, A, None)
BEFORE: dict[str, Registered] = {
    ADD.action: {ONE: {}},
    REPLACE.action: {ONE: {MOBILE: B}},
    REMOVE.action: {ONE: {MOBILE: A}},
}
EACH = pytest.mark.parametrize("one", [ADD, REPLACE, REMOVE], ids=lambda one: one.action)


def ours(on: Bench, one: Change) -> bool:
    """True where the ledger says that this change's value is ours."""
    entry = on.kept.ledger.written.get((one.account.id, one.method))
    return entry is not None and on.kept.ledger.is_ours(entry, comparison_key(one.method, one.after or ""))


def start(one: Change) -> Registered:
    """What account 1 has before the change."""
    return {id_: dict(has) for id_, has in BEFORE[one.action].items()}


def many(count: int) -> Plan:
    """Additions on so many accounts."""
    return plan(*(change(n, None, A) for n in range(count)))


# one change, the faults of its writes, its outcome, how often it was written, seconds waited
ROWS: list[tuple[str, list[Fault], Result, int, int]] = [
    ("answered", [], DONE, 1, 0),
    ("lost, nothing happened", [Fault.LOST_BEFORE], DONE, 2, 0),
    ("lost, it happened", [Fault.LOST_AFTER], DONE, 1, 0),
    ("no answer in the batch", [Fault.NO_ANSWER], DONE, 1, 0),
    ("503 twice", [Fault.UNAVAILABLE] * 2, DONE, 3, 0),
    ("503 for ever", [Fault.UNAVAILABLE] * 9, UNKNOWN, 3, 0),
    ("lost twice, the second happened", [Fault.LOST_BEFORE, Fault.LOST_AFTER], DONE, 2, 0),
    ("409 that happened", [Fault.HALF], DONE, 1, 0),
    ("409 that shows late", [Fault.HALF_SLOW], DONE, 1, 5),
    ("409 that did not happen", [Fault.CONFLICT], FAILED, 1, 5),
    ("refused", [Fault.FORBIDDEN], FAILED, 1, 0),
    ("lost, then refused", [Fault.LOST_BEFORE, Fault.FORBIDDEN], FAILED, 2, 5),
    ("signed out once", [Fault.SIGNED_OUT], DONE, 2, 0),
    ("signed out for ever", [Fault.SIGNED_OUT] * 9, UNKNOWN, 3, 0),
]


@EACH
@pytest.mark.parametrize(
    ("faults", "result", "writes", "waited"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_one_change(
    tmp_path: Path, one: Change, faults: list[Fault], result: Result, writes: int, waited: int
) -> None:
    """Each answer leads to its outcome; what is not known is read back, never sent on trust."""
    with bench(tmp_path, start(one)) as on:
        on.tenant.script[one.id] = list(faults)
        applied = on.apply(plan(one))
        outcome = applied.outcomes[one.id]
        assert outcome.result is result
        assert len(on.tenant.batches) == writes
        assert on.kept.clock.elapsed() == waited
        assert applied.exit_code == (Exit.DONE if result is DONE else Exit.SOME_FAILED)
        true = on.tenant.has[ONE].get(MOBILE) == one.after
        assert true == (result is DONE)
        assert ours(on, one) == (result is DONE and one.after is not None)
        half = any(fault in (Fault.HALF, Fault.HALF_SLOW) for fault in faults)
        forbidden = faults[-1:] == [Fault.FORBIDDEN]
        said = "Graph said: The user is in a restricted management unit." if forbidden else ""
        assert outcome.note == ("sms-sign-in-not-unique" if half else said)
        if forbidden:
            assert (outcome.status, outcome.code, outcome.request_id) == (403, "accessDenied", "r403")
        if half:
            assert (outcome.status, outcome.request_id) == (409, "r409")


@EACH
def test_a_lost_write_that_shows_late(tmp_path: Path, one: Change) -> None:
    """If a write happened unseen and its repetition is refused, the late look tells that it is done."""
    with bench(tmp_path, start(one)) as on:
        on.tenant.script[one.id] = [Fault.LOST_SLOW]
        applied = on.apply(plan(one))
        assert applied.outcomes[one.id].result is DONE
        assert on.tenant.has[ONE].get(MOBILE) == one.after


def test_what_shows_late_and_was_made_by_somebody_is_theirs(tmp_path: Path) -> None:
    """A lost write whose value shows at last, but was made at another time: the person did it."""
    added = change(1, None, A)
    with bench(tmp_path, {ONE: {}}) as on:
        on.tenant.script[added.id] = [Fault.LOST_SLOW]
        on.tenant.created = {(ONE, MOBILE): on.kept.clock.now() + timedelta(hours=3)}
        assert on.apply(plan(added)).outcomes[added.id].result is ALREADY
        assert on.kept.ledger.written == {}


@EACH
def test_somebody_was_faster_while_it_was_lost(tmp_path: Path, one: Change) -> None:
    """If the user registered a value while the connection was lost, it is kept: moved-on."""
    with bench(tmp_path, start(one)) as on:
        on.tenant.script[one.id] = [Fault.TAKEN]
        applied = on.apply(plan(one))
        assert applied.outcomes[one.id].result is MOVED
        assert on.tenant.has[ONE] == {MOBILE: USERS_OWN}
        assert applied.exit_code is Exit.DONE


@pytest.mark.parametrize(
    ("fault", "result", "code"),
    [
        (Fault.QUICKER, MOVED, Exit.DONE),
        (Fault.SAME_QUICKER, ALREADY, Exit.DONE),
        (Fault.MALFORMED, FAILED, Exit.SOME_FAILED),
    ],
)
def test_an_addition_that_is_refused(tmp_path: Path, fault: Fault, result: Result, code: Exit) -> None:
    """A 400 on an addition is looked into: where the person was quicker nothing failed."""
    with bench(tmp_path, {ONE: {}}) as on:
        on.tenant.script[ADD.id] = [fault]
        applied = on.apply(plan(ADD))
        assert applied.outcomes[ADD.id].result is result
        assert applied.exit_code is code
        assert not ours(on, ADD)
        assert len(on.tenant.batches) == 1


@pytest.mark.parametrize(
    ("one", "has", "result"),
    [
        (ADD, {MOBILE: A}, ALREADY),
        (ADD, {MOBILE: A.replace(" ", "")}, ALREADY),
        (ADD, {MOBILE: C}, MOVED),
        (REPLACE, {MOBILE: A}, ALREADY),
        (REPLACE, {MOBILE: C}, MOVED),
        (REPLACE, {}, MOVED),
        (REPLACE, {MOBILE: B.replace(" ", "")}, DONE),
        (REMOVE, {}, ALREADY),
        (REMOVE, {MOBILE: C}, MOVED),
    ],
)
def test_compare_and_set(tmp_path: Path, one: Change, has: dict[Method, str], result: Result) -> None:
    """Right before the write the present value decides: true already, moved on, or as the plan saw it."""
    with bench(tmp_path, {ONE: dict(has)}) as on:
        applied = on.apply(plan(one))
        assert applied.outcomes[one.id].result is result
        assert applied.exit_code is Exit.DONE
        if result is not DONE:
            assert on.tenant.batches == []
            assert on.tenant.has[ONE] == has
            assert not ours(on, one), "what somebody else wrote is not ours"


@pytest.mark.parametrize(
    ("after", "seconds", "result"),
    [(A, 120, MOVED), (None, 120, MOVED), (A, 1, DONE)],
    ids=["replaced late", "removed late", "replaced at once"],
)
def test_what_was_read_long_ago_is_read_again(
    tmp_path: Path, after: str | None, seconds: int, result: Result
) -> None:
    """A write that throttling holds up between two of one account does not fall on what the user set then."""
    first, second = change(1, B, A), change(1, B, after, Method.OFFICE)
    with bench(tmp_path, {ONE: {MOBILE: B, Method.OFFICE: B}}) as on:
        write = on.tenant.write

        async def held_up(changes: Sequence[Change], until: Mapping[str, float]) -> Mapping[str, WriteAnswer]:
            answers = await write(changes, until)
            if first in changes:
                await on.kept.clock.pause(seconds)
                if seconds > 100:
                    on.tenant.has[ONE][Method.OFFICE] = USERS_OWN
            return answers

        on.tenant.write = held_up  # type: ignore[method-assign]
        applied = on.apply(plan(first, second))
        assert applied.outcomes[first.id].result is DONE
        assert applied.outcomes[second.id].result is result
        assert on.tenant.has[ONE][Method.OFFICE] == (USERS_OWN if result is MOVED else after)


@EACH
def test_an_account_that_is_gone(tmp_path: Path, one: Change) -> None:
    """A deleted account fails alone; the next account is written."""
    other = change(2, None, A)
    with bench(tmp_path, start(one)) as on:
        on.tenant.gone.add(ONE)
        applied = on.apply(plan(one, other))
        assert applied.outcomes[one.id].result is FAILED
        assert applied.outcomes[one.id].status == 404
        assert applied.outcomes[other.id].result is DONE
        assert applied.exit_code is Exit.SOME_FAILED
        assert on.tenant.batches == [[other.id]]


def test_an_account_that_goes_while_it_is_written(tmp_path: Path) -> None:
    """An account that is deleted between the read and the answer has failed, not unknown."""
    with bench(tmp_path, {ONE: {}}) as on:
        on.tenant.script[ADD.id] = [Fault.LOST_BEFORE]
        reads = on.tenant.present

        async def present(*asked: object) -> object:
            if on.tenant.batches:
                on.tenant.gone.add(ONE)
            return await reads(*asked)  # type: ignore[arg-type]

        on.tenant.present = present  # type: ignore[method-assign,assignment]
        assert on.apply(plan(ADD)).outcomes[ADD.id].result is FAILED


def test_privileged_since_the_plan(tmp_path: Path) -> None:
    """Who came to a role after the plan was made is not touched, and the note says why."""
    other = change(2, None, A)
    with bench(tmp_path) as on:
        applied = on.apply(plan(ADD, other), privileged={ONE: "Global Administrator"})
        outcome = applied.outcomes[ADD.id]
        assert (outcome.result, outcome.note) == (MOVED, "not to be touched: Global Administrator")
        assert on.tenant.batches == [[other.id]]
        assert applied.exit_code is Exit.DONE


# ---------------------------------------------------------------- what needs what

PAIR = (change(1, None, A), change(1, None, B, ALTERNATE, needs=ADD.id))


@pytest.mark.parametrize(
    ("fault", "results"),
    [
        (None, [DONE, DONE]),
        (Fault.HALF, [DONE, DONE]),
        (Fault.LOST_AFTER, [DONE, DONE]),
        (Fault.FORBIDDEN, [FAILED, NOT_TRIED]),
        (Fault.CONFLICT, [FAILED, NOT_TRIED]),
        (Fault.TAKEN, [MOVED, NOT_TRIED]),
    ],
)
def test_what_needs_another_change(tmp_path: Path, fault: Fault | None, results: list[Result]) -> None:
    """An alternate mobile goes after its mobile, in a batch of its own, and not without it."""
    with bench(tmp_path) as on:
        on.tenant.script[ADD.id] = [fault] if fault else []
        applied = on.apply(plan(*PAIR))
        assert [applied.outcomes[one.id].result for one in PAIR] == results
        if results[1] is DONE:
            assert on.tenant.batches == [[PAIR[0].id], [PAIR[1].id]]
        else:
            assert PAIR[1].id not in [id_ for batch in on.tenant.batches for id_ in batch]
            assert applied.exit_code is Exit.SOME_FAILED


def test_what_is_needed_is_there_already(tmp_path: Path) -> None:
    """If the user registered the very mobile meanwhile, the alternate is still written."""
    with bench(tmp_path, {ONE: {MOBILE: A}}) as on:
        applied = on.apply(plan(*PAIR))
        assert [applied.outcomes[one.id].result for one in PAIR] == [ALREADY, DONE]


def test_removals_go_in_their_order(tmp_path: Path) -> None:
    """The alternate goes before the mobile, as Graph wants it."""
    alternate = change(1, B, None, ALTERNATE)
    mobile = change(1, A, None, needs=alternate.id)
    with bench(tmp_path, {ONE: {MOBILE: A, ALTERNATE: B}}) as on:
        applied = on.apply(plan(alternate, mobile))
        assert {one.result for one in applied.outcomes.values()} == {DONE}
        assert on.tenant.has[ONE] == {}


def test_batches_hold_twenty_and_one_change_an_account(tmp_path: Path) -> None:
    """45 accounts with two methods each go in six batches, mobiles first, none larger than 20."""
    changes: list[Change] = []
    for number in range(45):
        changes += [change(number, None, A), change(number, None, "a@example.net", Method.EMAIL)]
    with bench(tmp_path) as on:
        applied = on.apply(plan(*changes), in_flight=10)
        assert {one.result for one in applied.outcomes.values()} == {DONE}
        assert [len(batch) for batch in on.tenant.batches] == [20, 20, 5, 20, 20, 5]
        assert on.tenant.reads == 1
        assert sorted(id_ for batch in on.tenant.batches for id_ in batch) == sorted(c.id for c in changes)


def test_one_failure_fails_alone(tmp_path: Path) -> None:
    """One change of many that is refused takes no other along."""
    made = many(30)
    with bench(tmp_path) as on:
        on.tenant.script[made.changes[7].id] = [Fault.FORBIDDEN]
        results = [one.result for one in on.apply(made).outcomes.values()]
        assert (results.count(DONE), results.count(FAILED)) == (29, 1)


# ---------------------------------------------------------------- reading fails


def test_what_cannot_be_read_is_not_written(tmp_path: Path) -> None:
    """If a chunk cannot be read before the write, it is not tried; the next chunk goes on."""
    made = many(60)
    with bench(tmp_path) as on:
        on.tenant.unreadable = {1}
        applied = on.apply(made, limits=Limits(failures=Limit(20)), in_flight=1)
        results = [applied.outcomes[one.id].result for one in made.changes]
        assert results == [NOT_TRIED] * 20 + [DONE] * 40
        assert applied.exit_code is Exit.SOME_FAILED


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.HALF])
def test_what_cannot_be_read_back_is_unknown(tmp_path: Path, fault: Fault) -> None:
    """If the reading back fails, the change is unknown and stands in the journal as such."""
    with bench(tmp_path, {ONE: {}}) as on:
        on.tenant.script[ADD.id] = [fault]
        on.tenant.unreadable = {2}
        applied = on.apply(plan(ADD))
        assert applied.outcomes[ADD.id].result is UNKNOWN
        assert on.kept.states(plan().run)["unknown"] == [ADD.id]
        assert not ours(on, ADD)


BAD = Unreadable("reading its phones: Graph answered 403 accessDenied", outage=False)


def test_one_account_that_cannot_be_read_before_the_write(tmp_path: Path) -> None:
    """Its change is not tried, with what Graph said; everybody else's is done."""
    made = many(3)
    with bench(tmp_path) as on:
        bad = made.changes[1]
        on.tenant.trouble = {bad.account.id: BAD}
        applied = on.apply(made)
        assert {one.id: applied.outcomes[one.id].result for one in made.changes} == {
            one.id: NOT_TRIED if one is bad else DONE for one in made.changes
        }
        assert "403 accessDenied" in applied.outcomes[bad.id].note


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.CONFLICT])
def test_an_account_that_cannot_be_read_back_is_unknown(tmp_path: Path, fault: Fault) -> None:
    """What was sent of an account that cannot be read meanwhile is unknown, never failed or sent again."""
    with bench(tmp_path, {ONE: {}}) as on:
        on.tenant.script[ADD.id] = [fault]
        write = on.tenant.write

        async def troubled(
            changes: Sequence[Change], until: Mapping[str, float]
        ) -> Mapping[str, WriteAnswer]:
            on.tenant.trouble = {ONE: BAD}
            return await write(changes, until)

        on.tenant.write = troubled  # type: ignore[method-assign]
        assert on.apply(plan(ADD)).outcomes[ADD.id].result is UNKNOWN
        assert len(on.tenant.batches) == 1


def test_the_late_look_fails(tmp_path: Path) -> None:
    """If the last look after a conflict fails, the change is unknown, not failed."""
    with bench(tmp_path, {ONE: {}}) as on:
        on.tenant.script[ADD.id] = [Fault.CONFLICT]
        on.tenant.unreadable = {3}
        assert on.apply(plan(ADD)).outcomes[ADD.id].result is UNKNOWN


def test_an_account_that_is_not_answered(tmp_path: Path) -> None:
    """A reading that leaves out an account is no reading: nothing is written on its word."""
    with bench(tmp_path) as on:

        async def present(*asked: object) -> dict[str, None]:
            return {}

        on.tenant.present = present  # type: ignore[method-assign,assignment]
        assert on.apply(plan(ADD)).outcomes[ADD.id].result is NOT_TRIED
        assert on.tenant.batches == []


# ---------------------------------------------------------------- stopping


@pytest.mark.parametrize(("failing", "code", "tried"), [(3, Exit.SOME_FAILED, 60), (4, Exit.SOME_FAILED, 20)])
def test_failures_stop_the_run(tmp_path: Path, failing: int, code: Exit, tried: int) -> None:
    """As many failures as the limit are borne; one more stops after the chunk and closes the run with 20."""
    made = many(60)
    with bench(tmp_path) as on:
        for one in made.changes[:failing]:
            on.tenant.script[one.id] = [Fault.UNAVAILABLE] * 9
        applied = on.apply(made, limits=Limits(failures=Limit(3)), in_flight=1)
        assert applied.exit_code is code
        assert sum(1 for one in applied.outcomes.values() if one.result is not NOT_TRIED) == tried
        (record,) = on.kept.journal.runs()
        assert record.exit_code == 20


def test_no_failure_is_borne(tmp_path: Path) -> None:
    """`failures = 0` stops at the first."""
    made = many(40)
    with bench(tmp_path) as on:
        for one in made.changes[:20]:  # a refusal of everybody is no single account's
            on.tenant.script[one.id] = [Fault.FORBIDDEN]
        applied = on.apply(made, limits=Limits(failures=Limit(0)), in_flight=1)
        assert len(on.tenant.batches) == 1
        assert applied.exit_code is Exit.SOME_FAILED


def _stopping(on: Bench, made: Plan, after: int, code: Exit) -> None:
    """Write until so many batches have left, then stop."""
    write = on.tenant.write

    async def counted(changes: Sequence[Change], until: Mapping[str, float]) -> object:
        answer = await write(changes, until)
        if len(on.tenant.batches) == after:
            if code is Exit.INTERRUPTED:
                on.brake.interrupted = True
            else:
                await on.kept.clock.pause(3600)
        return answer

    on.tenant.write = counted  # type: ignore[method-assign,assignment]
    applied = on.apply(made, in_flight=1)
    results = [applied.outcomes[one.id].result for one in made.changes]
    assert results == [DONE] * 20 * after + [NOT_TRIED] * (len(results) - 20 * after)
    assert applied.exit_code is code
    (record,) = on.kept.journal.runs()
    states = on.kept.states(made.run)
    if 20 * after < len(results):
        assert (record.finished, record.exit_code) == (None, code), "resume goes on"
        assert states["intended"] == [one.id for one in made.changes[20 * after :]]
    assert states["sent"] == []


@pytest.mark.parametrize("code", [Exit.INTERRUPTED, Exit.OUT_OF_TIME])
@pytest.mark.parametrize("after", [1, 2])
def test_stopping_leaves_the_run_open(tmp_path: Path, code: Exit, after: int) -> None:
    """A signal or a spent budget finishes the batch in flight, journals it, and leaves the rest open."""
    with bench(tmp_path, max_seconds=60) as on:
        _stopping(on, many(60), after, code)


def test_no_time_at_all(tmp_path: Path) -> None:
    """A budget of nothing writes nothing and ends with 25."""
    with bench(tmp_path, max_seconds=0) as on:
        applied = on.apply(many(3))
        assert (applied.exit_code, on.tenant.batches, on.tenant.reads) == (Exit.OUT_OF_TIME, [], 0)


def test_a_stop_that_comes_too_late(tmp_path: Path) -> None:
    """If nothing is left when the signal is looked at, the run is done and closed."""
    with bench(tmp_path) as on:
        made = many(3)
        write = on.tenant.write

        async def last(changes: Sequence[Change], until: Mapping[str, float]) -> object:
            on.brake.interrupted = True
            return await write(changes, until)

        on.tenant.write = last  # type: ignore[method-assign,assignment]
        assert on.apply(made).exit_code is Exit.DONE


def test_nothing_to_do(tmp_path: Path) -> None:
    """A plan without changes is a run that is done."""
    with bench(tmp_path) as on:
        assert on.apply(plan()).exit_code is Exit.DONE
        (record,) = on.kept.journal.runs()
        assert record.exit_code == 0


def test_a_journal_that_fails_stops_everything(tmp_path: Path) -> None:
    """If the journal cannot be written, nothing more is sent."""
    with bench(tmp_path) as on:
        on.kept.journal._connection.execute(
            "CREATE TEMP TRIGGER full BEFORE UPDATE ON change WHEN NEW.state = 'sent' "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
        with pytest.raises(StateError):
            on.apply(many(30))
        assert on.tenant.batches == []
        (record,) = on.kept.journal.runs()
        assert record.finished is None

"""What Graph refuses of single accounts: what is a failure, how long it is left alone, what comes last."""

from datetime import timedelta

import pytest

from prepop.model import Change, Ledger, LeftAlone, Method, Outcome, Refusal, Result
from prepop.options import Trust
from prepop.reasons import Reason
from prepop.rules.decisions.refusals import (
    KNOWN,
    NEEDS_KNOWN,
    Patience,
    is_failure,
    is_refusal,
    refused_before,
    same_way,
    tried_last,
)
from prepop.rules.values.keys import comparison_key
from tests.rules.decisions.world import NOW, Books, account, facts, mobiles, person, planned, reading
from tests.store.made import change

A, B = mobiles()[:2]
SAID = "The user is in a restricted management unit."


def refused(
    number: int, value: str | None = A, runs: int = 3, days_ago: float = 1, method: Method = Method.MOBILE
) -> Refusal:
    """A refusal of account `number`, the last of so many."""
    key = "" if value is None else comparison_key(method, value)
    at = NOW - timedelta(days=days_ago)
    return Refusal(account(number).id, method, key, 403, "accessDenied", SAID, runs, "earlier", at)


def books(*refusals: Refusal) -> Books:
    """A ledger that knows these refusals."""
    return Books(refusals={(one.account_id, one.method): one for one in refusals})


@pytest.mark.parametrize(
    ("result", "status", "note", "failure", "refusal"),
    [
        (Result.DONE, 201, "", False, False),
        (Result.MOVED_ON, None, "", False, False),
        (Result.FAILED, 403, "", True, True),
        (Result.FAILED, 400, "", True, True),
        (Result.FAILED, 404, "", True, True),
        (Result.FAILED, 409, "", True, True),
        (Result.FAILED, 401, "", True, False),
        (Result.FAILED, 429, "", True, False),
        (Result.FAILED, 500, "", True, False),
        (Result.FAILED, 503, "", True, False),
        (Result.FAILED, None, "sent, and not there when it was read back", True, False),
        (Result.UNKNOWN, 503, "", True, False),
        (Result.NOT_TRIED, None, "", True, False),
        (Result.FAILED, 403, KNOWN, False, True),
        (Result.FAILED, 400, f"the default method; {KNOWN}", False, True),
        (Result.NOT_TRIED, None, NEEDS_KNOWN, False, False),
    ],
)
def test_what_is_a_failure(
    result: Result, status: int | None, note: str, failure: bool, refusal: bool
) -> None:
    """Graph's no to one change is a refusal; a known one makes no run end 20, all else that missed does."""
    outcome = Outcome("id", result, status, note=note)
    assert (is_failure(outcome), is_refusal(outcome)) == (failure, refusal)


@pytest.mark.parametrize(
    ("outcome", "same"),
    [
        (Outcome("id", Result.FAILED, 403, "accessDenied"), True),
        (Outcome("id", Result.FAILED, 403, "other"), False),
        (Outcome("id", Result.FAILED, 400, "accessDenied"), False),
        (Outcome("id", Result.UNKNOWN, 403, "accessDenied"), False),
    ],
)
def test_the_same_way(outcome: Outcome, same: bool) -> None:
    """Another status or code is another refusal."""
    assert same_way(refused(1), outcome) is same


@pytest.mark.parametrize(
    ("runs", "days_ago", "days", "waits"),
    [
        (2, 0, 7, False),
        (3, 0, 7, True),
        (9, 6.99, 7, True),
        (3, 7, 7, False),
        (3, 0, 0, False),
    ],
)
def test_how_long_it_is_left_alone(runs: int, days_ago: float, days: int, waits: bool) -> None:
    """From the third run on, for trust.refused_days; then it is tried again."""
    ledger = books(refused(1, runs=runs, days_ago=days_ago)).ledger
    why = Patience(ledger, NOW, days).why_not(change(1, None, A))
    assert bool(why) is waits
    if waits:
        assert f"403 accessDenied: {SAID}" in why
        assert f"{NOW + timedelta(days=days - days_ago):%Y-%m-%d}" in why


def test_another_value_is_another_change() -> None:
    """A refusal is of one value, or of a removal, of one method of one account."""
    ledger = books(refused(1), refused(2, None)).ledger
    assert refused_before(change(1, None, A), ledger)
    assert refused_before(change(2, A, None), ledger)
    for other in (change(1, None, B), change(1, A, None), change(2, None, A), change(3, None, A)):
        assert refused_before(other, ledger) is None
    assert refused_before(change(1, None, A, Method.OFFICE), ledger) is None


def test_in_a_plan() -> None:
    """What was refused on three runs is left alone with Graph's words, and its alternate needs a mobile."""
    people = [person(1, mobile=A, pager=B), person(2, mobile=A)]
    given = facts(people, reading([account(1), account(2)]), ledger=books(refused(1)))
    decided = planned(given)[1]
    assert [one.id for one in decided.changes] == [f"{account(2).id}/mobile"]
    left = {one.method: one for one in decided.left_alone if one.account and one.account.id == account(1).id}
    mobile = left[Method.MOBILE]
    assert isinstance(mobile, LeftAlone)
    assert mobile.reason is Reason.REFUSED_BEFORE
    assert SAID in mobile.detail
    assert left[Method.ALTERNATE_MOBILE].reason is Reason.NEEDS_MOBILE
    again = facts(people, reading([account(1), account(2)]), ledger=books(refused(1)), trust=NEVER)
    assert len(planned(again)[1].changes) == 3


NEVER = Trust(shared_value_max=1_000, refused_days=0)


def test_the_order_of_a_plan() -> None:
    """What was refused before comes last, with what needs it, so that a limit on changes serves others."""
    people = [person(number, mobile=A) for number in range(4)]
    people[0] = person(0, mobile=A, pager=B)
    given = facts(people, reading([account(n) for n in range(4)]), ledger=books(refused(0, runs=1)))
    ids = [(one.account.id, one.method) for one in planned(given)[1].changes]
    assert ids == [
        *((account(n).id, Method.MOBILE) for n in (1, 2, 3)),
        (account(0).id, Method.MOBILE),
        (account(0).id, Method.ALTERNATE_MOBILE),
    ]
    assert {one.account.id for one in planned(given, limit=3)[1].changes} == {
        account(n).id for n in (1, 2, 3)
    }


def test_tried_last_without_refusals() -> None:
    """An empty memory puts nothing last."""
    made: list[Change] = [change(1, None, A), change(2, A, None)]
    assert tried_last(made, Ledger()) == frozenset()

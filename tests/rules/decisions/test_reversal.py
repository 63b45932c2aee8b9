"""Undoing a run: what is turned round, in which order, and what is left alone."""

from dataclasses import replace

import pytest

from prepop.model import Action, Change, Method, Policy, Present, Privileged
from prepop.reasons import Reason
from prepop.rules.decisions.difference import account_ref, person_ref
from prepop.rules.decisions.reversal import reversal
from tests.rules.decisions.world import account, mobiles, person

ID = account(1).id
A, B, C = mobiles()[:3]
MOBILE, ALTERNATE = Method.MOBILE, Method.ALTERNATE_MOBILE


def change(
    before: str | None, after: str | None, method: Method = MOBILE, needs: str | None = None
) -> Change:
    """What a run did to account 1."""
    action = Action.ADD if before is None else Action.REMOVE if after is None else Action.REPLACE
    return Change(
        f"{ID}/{method}",
        action,
        method,
        account_ref(account(1)),
        person_ref(person(1)),
        before,
        after,
        "mobile",
        Policy.OVERWRITE,
        needs,
    )


def undone(
    *done: Change,
    has: dict[Method, str] | None,
    privileged: dict[str, str] | None = None,
    protected: tuple[str, ...] = (),
) -> tuple[
    list[tuple[Action, Method, str | None, str | None, str | None]], list[tuple[Method | None, Reason]]
]:
    """What would be written, and what is left alone and why, where account 1 has these phones now."""
    present = None if has is None else Present(has, None)
    turned, left = reversal(done, {ID: present}, Privileged(privileged or {}), protected)
    return (
        [(one.action, one.method, one.before, one.after, one.needs) for one in turned],
        [(one.method, one.reason) for one in left],
    )


@pytest.mark.parametrize(
    ("one", "has", "answer"),
    [
        (change(None, A), A, (Action.REMOVE, MOBILE, A, None, None)),
        (change(B, A), A, (Action.REPLACE, MOBILE, A, B, None)),
        (change(B, A), A.replace(" ", "-"), (Action.REPLACE, MOBILE, A, B, None)),
        (change(B, None), None, (Action.ADD, MOBILE, None, B, None)),
        (change(None, A), B, Reason.CHANGED_SINCE),
        (change(None, A), None, Reason.CHANGED_SINCE),
        (change(B, A), C, Reason.CHANGED_SINCE),
        (change(B, A), B, Reason.CHANGED_SINCE),
        (change(B, None), C, Reason.CHANGED_SINCE),
    ],
)
def test_a_change_is_turned_round_where_its_value_still_stands(
    one: Change, has: str | None, answer: tuple[object, ...] | Reason
) -> None:
    """Only what the run wrote is undone; what somebody changed since, or undid, stays."""
    turned, left = undone(one, has={MOBILE: has} if has else {})
    assert (turned, left) == (([], [(MOBILE, answer)]) if isinstance(answer, Reason) else ([answer], []))


def test_who_is_not_touched() -> None:
    """Undoing too leaves privileged, protected and deleted accounts alone."""
    one = change(None, A)
    assert undone(one, has={MOBILE: A}, privileged={ID: "Helpdesk"}) == (
        [],
        [(MOBILE, Reason.PRIVILEGED_ROLE)],
    )
    assert undone(one, has={MOBILE: A}, protected=(ID,)) == ([], [(MOBILE, Reason.PROTECTED)])
    assert undone(one, has=None) == ([], [(MOBILE, Reason.NO_ACCOUNT)])


ADDED = (change(None, A), change(None, B, ALTERNATE, needs=f"{ID}/{MOBILE}"))


def test_an_alternate_goes_before_its_mobile() -> None:
    """What was added last is removed first: Graph keeps a mobile while an alternate is there."""
    turned, left = undone(*ADDED, has={MOBILE: A, ALTERNATE: B})
    assert turned == [
        (Action.REMOVE, ALTERNATE, B, None, None),
        (Action.REMOVE, MOBILE, A, None, f"{ID}/{ALTERNATE}"),
    ]
    assert left == []


def test_a_mobile_stays_while_somebodys_alternate_needs_it() -> None:
    """Where the alternate was changed since, the mobile that it needs cannot be removed either."""
    turned, left = undone(*ADDED, has={MOBILE: A, ALTERNATE: C})
    assert turned == []
    assert sorted(left, key=str) == sorted(
        [(ALTERNATE, Reason.CHANGED_SINCE), (MOBILE, Reason.NEEDS_MOBILE)], key=str
    )


def test_undoing_twice_gives_nothing() -> None:
    """Turned round once more, a reversal is the change again."""
    one = change(B, A)
    (back,), _ = reversal([one], {ID: Present({MOBILE: A}, None)}, Privileged({}), ())
    (again,), _ = reversal([back], {ID: Present({MOBILE: B}, None)}, Privileged({}), ())
    assert replace(again, evidence=one.evidence) == one


@pytest.mark.parametrize(("before", "after"), [(None, A), (B, A), (B, None)])
def test_a_reversal_shows_both_values(before: str | None, after: str | None) -> None:
    """What comes back and what stands there now, "" for nothing."""
    has = {MOBILE: after} if after else {}
    (back,), _ = reversal([change(before, after)], {ID: Present(has, None)}, Privileged({}), ())
    assert (back.evidence.normal, back.evidence.present) == (before or "", after or "")


@pytest.mark.parametrize(
    ("has", "why"),
    [
        ({MOBILE: B}, "it is already as it was before the run"),
        ({MOBILE: C}, "the present value is not what the run wrote"),
        ({}, "the present value is not what the run wrote"),
    ],
)
def test_what_is_not_undone_says_why(has: dict[Method, str], why: str) -> None:
    """Undone already, and changed since, are told apart."""
    _, (alone,) = reversal([change(B, A)], {ID: Present(has, None)}, Privileged({}), ())
    assert (alone.reason, alone.detail) == (Reason.CHANGED_SINCE, why)

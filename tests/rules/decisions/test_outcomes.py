"""What an answer of the tenant, and a reading back, say of a change."""

import pytest

from prepop.model import Action, Change, Families, Method, Policy, Present, Result, WriteAnswer
from prepop.rules.decisions.difference import account_ref, person_ref
from prepop.rules.decisions.outcomes import DEFAULT_METHOD, NOT_UNIQUE, asked, outcome_of, seen_after
from tests.rules.decisions.world import account, mobiles, person

A, B, C = mobiles()[:3]


def change(before: str | None, after: str | None, method: Method = Method.MOBILE, number: int = 1) -> Change:
    """A change of one account."""
    action = Action.ADD if before is None else Action.REMOVE if after is None else Action.REPLACE
    one = account(number)
    return Change(
        f"{one.id}/{method}",
        action,
        method,
        account_ref(one),
        person_ref(person(number)),
        before,
        after,
        "mobile",
        Policy.FILL,
    )


@pytest.mark.parametrize(
    ("one", "has", "result"),
    [
        (change(None, A), A, Result.DONE),
        (change(None, A), A.replace(" ", ""), Result.DONE),
        (change(None, A), None, None),
        (change(None, A), B, Result.MOVED_ON),
        (change(B, A), A, Result.DONE),
        (change(B, A), B, None),
        (change(B, A), C, Result.MOVED_ON),
        (change(B, A), None, Result.MOVED_ON),
        (change(A, None), None, Result.DONE),
        (change(A, None), A, None),
        (change(A, None), B, Result.MOVED_ON),
    ],
)
def test_reading_back_tells_what_happened(one: Change, has: str | None, result: Result | None) -> None:
    """There as it was written: done. As it was before: nothing happened yet. Anything else: moved on."""
    assert seen_after(one, Present({Method.MOBILE: has} if has else {}, None)) is result
    assert seen_after(one, None) is Result.FAILED


ADD, REMOVE = change(None, A), change(A, None)


@pytest.mark.parametrize(
    ("one", "result", "answer", "note"),
    [
        (ADD, Result.DONE, WriteAnswer(None, 409, NOT_UNIQUE), "sms-sign-in-not-unique"),
        (ADD, Result.DONE, WriteAnswer(None, 409, "conflict"), ""),
        (ADD, Result.DONE, WriteAnswer(True, 201, NOT_UNIQUE), ""),
        (
            ADD,
            Result.DONE,
            WriteAnswer(None, 409, "conflict", f"{NOT_UNIQUE}: ..."),
            "sms-sign-in-not-unique",
        ),
        (ADD, Result.DONE, WriteAnswer(True, 201, message=NOT_UNIQUE), ""),
        (ADD, Result.FAILED, WriteAnswer(None, 409, NOT_UNIQUE), ""),
        (REMOVE, Result.FAILED, WriteAnswer(False, 400), DEFAULT_METHOD),
        (REMOVE, Result.FAILED, WriteAnswer(False, 403), ""),
        (REMOVE, Result.DONE, WriteAnswer(False, 400), ""),
        (ADD, Result.FAILED, WriteAnswer(False, 400), ""),
        (ADD, Result.FAILED, WriteAnswer(False, 403, "x", "No."), "Graph said: No."),
        (REMOVE, Result.FAILED, WriteAnswer(False, 400, "x", "No."), f"{DEFAULT_METHOD}; Graph said: No."),
        (ADD, Result.UNKNOWN, WriteAnswer(None, 503, "x", "Busy."), "Graph said: Busy."),
        (ADD, Result.UNKNOWN, WriteAnswer(None, message="connection lost"), ""),
        (ADD, Result.DONE, WriteAnswer(None, 409, "x", "No."), ""),
    ],
)
def test_notes(one: Change, result: Result, answer: WriteAnswer, note: str) -> None:
    """The half-success of SMS sign-in, and the default method that Graph does not delete; and Graph's
    own words, where it was no success.
    """
    outcome = outcome_of(one, result, answer)
    assert outcome.message == answer.message
    assert (outcome.note, outcome.status, outcome.code) == (note, answer.status, answer.code)


def test_each_family_is_asked_once() -> None:
    """Two phones of one account are one question; an address is another."""
    one, two = account(1).id, account(2).id
    assert asked(
        [
            change(None, A),
            change(None, B, Method.OFFICE),
            change(None, "a@example.net", Method.EMAIL, 2),
        ]
    ) == {one: Families(phones=True, email=False), two: Families(phones=False, email=True)}
    assert asked([change(None, "a@example.net", Method.EMAIL), change(None, A)]) == {
        one: Families(phones=True, email=True)
    }

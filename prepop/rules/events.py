"""What a run tells to a collector of logs, one line each, with a number and a name that stay.

No value of anybody: accounts by their object id, changes by method, action and what came of them, with the
request-id that Graph gave.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from prepop.errors import Exit
from prepop.model import Ending, Execution, Outcome, Plan, Result
from prepop.reasons import Reason


class Event(StrEnum):
    """Number and text: for the documents, and for whoever filters by number."""

    number: int
    text: str

    def __new__(cls, name: str, number: int = 0, text: str = "") -> "Event":
        member = str.__new__(cls, name)
        member._value_ = name
        member.number = number
        member.text = text
        return member

    RUN_BEGAN = ("run-began", 1000, "a run that may write has begun")
    RUN_ENDED = ("run-ended", 1001, "a run ended: how, with which exit code")
    RUN_BLOCKED = ("run-blocked", 1002, "a finding refused the plan: which, at which number")
    FINDING_ACCEPTED = ("finding-accepted", 1003, "a finding was lifted for this run: which, at which number")
    CHANGE_DONE = ("change-done", 1100, "a method was added, replaced or removed")
    CHANGE_FAILED = ("change-failed", 1101, "a change did not come true: what Graph said")
    PRIVILEGED_LEFT_ALONE = ("privileged-left-alone", 1200, "an administrator was left alone")

    @property
    def attention(self) -> bool:
        """Whether somebody should look at it: a warning in the system's own log."""
        return self in (Event.RUN_BLOCKED, Event.CHANGE_FAILED, Event.FINDING_ACCEPTED)


_PRIVILEGED = (Reason.PRIVILEGED_ROLE, Reason.PRIVILEGED_DIRECTORY)
_TRUE = (Result.DONE, Result.ALREADY_TRUE)
Fields = dict[str, str | int]


def events(
    how: Ending,
    code: Exit,
    plan: Plan | None,
    outcomes: Mapping[str, Outcome] | None,
    execution: Execution | None,
) -> Iterator[tuple[Event, Fields]]:
    """Everything that a run's end tells, in order, the end itself last."""
    if execution is not None:
        for finding, number in execution.accepted.items():
            yield Event.FINDING_ACCEPTED, {"finding": finding.value, "number": number}
    if plan is not None and how is Ending.BLOCKED:
        for found in plan.blocking:
            yield Event.RUN_BLOCKED, {"finding": found.code.value, "number": found.measured or 0}
    if plan is not None and outcomes is not None:
        yield from _changes(plan, outcomes)
    if plan is not None:
        for left in plan.left_alone:
            if left.reason in _PRIVILEGED and left.account is not None:
                yield Event.PRIVILEGED_LEFT_ALONE, {"account": left.account.id, "reason": left.reason.value}
    yield Event.RUN_ENDED, {"how": how.value, "exit_code": code.value}


def _changes(plan: Plan, outcomes: Mapping[str, Outcome]) -> Iterator[tuple[Event, Fields]]:
    for change in plan.changes:
        found = outcomes.get(change.id)
        result = found.result if found else Result.NOT_TRIED
        fields: Fields = {
            "account": change.account.id,
            "method": change.method.value,
            "action": change.action.value,
            "outcome": result.value,
            "rollback": int(plan.undoes is not None),
        }
        if found is not None and found.request_id:
            fields["request_id"] = found.request_id
        if found is not None and found.status is not None:
            fields["status"] = found.status
        yield Event.CHANGE_DONE if result in _TRUE else Event.CHANGE_FAILED, fields

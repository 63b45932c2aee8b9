"""Runs to report on: done, stopped, accepted, applied once more, undone."""

from collections.abc import Mapping
from dataclasses import replace

from prepop.model import (
    Change,
    Ending,
    Execution,
    Finding,
    LeftAlone,
    Operator,
    Outcome,
    Plan,
    Result,
    Standing,
    TenantRead,
)
from prepop.reasons import FindingCode, Reason
from tests.reports import samples

OPERATOR = Operator("svc-prepop", "sync01.corp.example")
RUN = "20261122T021500Z-cd34"
REQUEST = "7c1f0e52-1b1f-4a52-9a57-{:012d}"


def executed(ending: Ending | None = Ending.FAILURES, **more: object) -> Execution:
    """How the plan `plural` was carried out: its blocking finding was accepted."""
    accepted = {FindingCode.TOO_MANY_REMOVALS: 1}
    made = Execution(RUN, ending, ending is not None, accepted=accepted, operator=OPERATOR)
    return replace(made, **more)  # type: ignore[arg-type]


def stopped() -> tuple[Plan, Mapping[str, Outcome], Execution]:
    """349 additions, of which 67 came true and 41 failed; then the limit stopped the rest."""
    changes = tuple(
        samples.change(number, after=f"+44 7400{number:06d}", department=f"Department {number % 7}")
        for number in range(1, 350)
    )
    standings = tuple(samples.standing(n, Standing.SHORT, Standing.ABLE, only=True) for n in range(1, 350))
    plan = samples.plan(changes, (), standings, samples.singular().findings, people=349)
    outcomes = {change.id: _outcome(place, change) for place, change in enumerate(changes) if place < 67 + 41}
    execution = Execution(RUN, Ending.STOPPED, True, "limits.failures", operator=OPERATOR)
    return plan, outcomes, execution


def _outcome(place: int, change: Change) -> Outcome:
    request = REQUEST.format(place)
    if place < 67:
        return Outcome(change.id, Result.DONE, 201, request_id=request)
    if place < 67 + 36:
        said = f"Insufficient privileges to complete the operation for user {change.account.id}."
        return Outcome(change.id, Result.FAILED, 403, "accessDenied", request, f"Graph said: {said}")
    return Outcome(
        change.id, Result.UNKNOWN, 503, "serviceUnavailable", request, "Graph said: Try again later."
    )


def rollback() -> Plan:
    """The plan that undoes a run: two methods are taken away, one gets its value back, one moved on."""
    changes = (
        samples.change(1, after=None, before="+44 7400123456"),
        samples.change(2, after=None, before="+49 15123456789", region="DE", department="Berlin"),
        samples.change(3, after="+1 2015550100", before="+1 2015550123", region="US", department="Research"),
    )
    left = (
        LeftAlone(
            changes[0].method,
            samples.account(4),
            samples.person(4),
            Reason.CHANGED_SINCE,
            evidence=replace(changes[0].evidence, raw="", normal="", present="+44 7400123999"),
        ),
    )
    findings = (
        Finding(
            FindingCode.TOO_MANY_REMOVALS,
            2,
            0,
            4,
            "2 accounts would lose a method; allowed are 0 of 4",
            "look at the removals, then prepop rollback 20261121T020000Z-ab12 --apply "
            "--accept too-many-removals=2",
        ),
    )
    made = samples.plan(changes, left, (), findings, people=4)
    unread = "a rollback does not read the registration report"
    return replace(
        made,
        directory=(),
        undoes="20261121T020000Z-ab12",
        cloud=TenantRead("Contoso", accounts=4, screen="live", registrations=unread),
    )


def rolled_back() -> Mapping[str, Outcome]:
    """What became of the changes of `rollback`: all came true."""
    return {one.id: Outcome(one.id, Result.DONE, 204) for one in rollback().changes}

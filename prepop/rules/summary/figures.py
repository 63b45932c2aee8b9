"""A run in figures, for whoever watches many: counts and moments, a few fixed labels, nobody's name."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from prepop.errors import Exit
from prepop.model import Ending, Outcome, Plan, Result, Traffic
from prepop.reasons import FindingCode, Reason
from prepop.rules.phrases import QUOTA_SECONDS, QUOTA_WRITES
from prepop.rules.summary.sms import ability

WRITING = "writing"
STEPS = (
    "reading people",
    "reading accounts",
    "reading the registration report",
    "reading methods",
    WRITING,
)
"""The steps whose time is told: what `ports.Progress` is called with. Others take no time to speak of."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One sample. labels: name and value; every value of a label is one of a fixed list."""

    name: str
    about: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What is known of a run at its end. last_good: when the last one ended with 0, this one too.

    credential_ends: when the certificate of the sign-in runs out, None where that cannot be seen from here.
    """

    how: Ending
    code: Exit
    at: datetime
    seconds: float
    last_good: datetime | None
    credential_ends: datetime | None = None
    plan: Plan | None = None
    outcomes: dict[str, Outcome] | None = None
    traffic: Traffic = field(default_factory=Traffic)


def figures(run: RunFigures) -> Iterator[Figure]:
    """Every figure of a run. Of one that broke off before its plan: how it ended, and when."""
    yield Figure("prepop_run_exit_code", "exit code of the last run", run.code.value)
    for how in Ending:
        ended = (("how", how.value),)
        yield Figure("prepop_run_ended", "1 for how the last run ended", float(how is run.how), ended)
    yield Figure("prepop_run_timestamp_seconds", "when the last run ended", run.at.timestamp())
    yield Figure("prepop_run_duration_seconds", "how long the last run took", run.seconds)
    if run.last_good is not None:
        about = "when the last run that ended with 0 ended"
        yield Figure("prepop_last_good_run_timestamp_seconds", about, run.last_good.timestamp())
    if run.credential_ends is not None:
        about = "when the certificate of the sign-in runs out"
        yield Figure("prepop_credential_expires_timestamp_seconds", about, run.credential_ends.timestamp())
    yield from _of_traffic(run.traffic)
    if run.plan is not None:
        yield from _of_plan(run.plan, run.outcomes)


def _of_traffic(traffic: Traffic) -> Iterator[Figure]:
    yield Figure("prepop_graph_requests", "requests to Graph, a batch as one", traffic.requests)
    about = "requests and items of batches that Graph refused for sending too fast"
    yield Figure("prepop_graph_throttled", about, traffic.throttled)
    if traffic.writes:
        allowed = max(QUOTA_WRITES, QUOTA_WRITES / QUOTA_SECONDS * traffic.seconds(WRITING))
        about = "writes of the last run, of those that Graph documents for the time they took"
        yield Figure("prepop_write_quota_share", about, traffic.writes / allowed)
    for step in STEPS:
        if step in traffic.steps:
            about = "how long a step of the last run took"
            yield Figure("prepop_step_duration_seconds", about, traffic.seconds(step), (("step", step),))


def _of_plan(plan: Plan, outcomes: dict[str, Outcome] | None) -> Iterator[Figure]:
    totals = plan.totals
    yield Figure("prepop_people", "people who were read", totals.people)
    yield Figure("prepop_accounts", "accounts of the tenant", totals.accounts)
    able = ability(plan, outcomes)
    for when, count in (("before", able.today), ("after", able.after)):
        if count is not None:
            about = "accounts in scope that can reset their password"
            yield Figure("prepop_accounts_able", about, count, (("when", when),))
    done = Counter(
        (change.method, change.action, found.result if (found := (outcomes or {}).get(change.id)) else None)
        for change in plan.changes
    )
    for (method, action, result), count in sorted(done.items(), key=str):
        labels = (
            ("method", method.value),
            ("action", action.value),
            (
                "outcome",
                result.value if result else "planned" if outcomes is None else Result.NOT_TRIED.value,
            ),
        )
        yield Figure("prepop_changes", "changes of the last run", count, labels)
    alone = Counter(left.reason for left in plan.left_alone)
    alone[Reason.ALREADY_REGISTERED] = totals.already_registered
    for reason in Reason:
        about = "methods or people left alone"
        yield Figure("prepop_left_alone", about, alone[reason], (("reason", reason.value),))
    there = {finding.code for finding in plan.findings}
    for code in FindingCode:
        about = "1 where the last plan had the finding"
        yield Figure("prepop_finding", about, float(code in there), (("code", code.value),))

"""The first line of a report: whether a plan can be applied, or how the run that applied it ended.

With it what stands right below: what Graph answered where a change did not come true, what was accepted and
by whom, and what is peculiar to a rollback or to a plan that is applied once more.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from prepop.model import Action, Change, Delivery, Ending, Execution, Mailed, Outcome, Plan, Result
from prepop.reasons import FindingCode, Severity
from prepop.rules.decisions.refusals import is_known
from prepop.rules.phrases import counted, visible
from prepop.rules.readiness.telling import Told
from prepop.rules.readiness.words import State, Unread
from prepop.rules.values.masking import mask_within

ENDS_SOON = timedelta(days=30)  # a certificate of the sign-in


class Tone(StrEnum):
    """How the first line is meant: its colour, and on paper its sign."""

    GOOD = "good"
    WARN = "warn"
    BLOCK = "block"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Mark:
    """The first line of every form: whether the plan can be applied, or how the run ended."""

    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that was lifted for this run, at this number only. by: who did, on which host."""

    code: FindingCode
    number: int
    by: str

    @property
    def sentence(self) -> str:
        """Without a full stop."""
        return f"{self.code.value} was accepted at {self.number:,}, by {self.by}"


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What was said to so many changes that did not come true: status, code, Graph's own words, the note."""

    result: str
    said: str
    count: int


MISSED = frozenset({Result.FAILED, Result.UNKNOWN, Result.NOT_TRIED})
"""What makes a run end 20, unless Graph refuses it as before (`decisions.refusals`)."""

# what an answer bears of its one request: with it no two answers would be the same
_OF_ONE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?",
    re.IGNORECASE,
)


def results(changes: Sequence[Change], outcomes: Mapping[str, Outcome]) -> Counter[Result]:
    """How many changes came to which result; one without an outcome was not tried."""
    return Counter(
        found.result if (found := outcomes.get(change.id)) else Result.NOT_TRIED for change in changes
    )


# ---------------------------------------------------------------- the mark


def mark(
    plan: Plan,
    outcomes: Mapping[str, Outcome] | None,
    execution: Execution,
    ready: Told | Unread | None,
) -> Mark:
    """The first line. It is good only where nothing below it warns, blocks or says no."""
    found = _of_plan(plan) if outcomes is None else _of_run(plan, outcomes, execution)
    if plan.undoes is not None:
        found = Mark(found.tone, f"Rollback of run {visible(plan.undoes)}, {_lowered(found.text)}")
    below = _below(plan, execution, ready)
    if found.tone is not Tone.GOOD or not below:
        return found
    return Mark(Tone.WARN, f"{found.text}: {below}")


def _of_plan(plan: Plan) -> Mark:
    if plan.blocking:
        what = ", ".join(dict.fromkeys(finding.code.value for finding in plan.blocking))
        return Mark(Tone.BLOCK, f"Blocked by {what}; prepop refuses to apply this plan as it is")
    if not plan.changes:
        return Mark(Tone.NEUTRAL, "Nothing to do")
    return Mark(Tone.GOOD, "Can be applied, once somebody agrees")


def _of_run(plan: Plan, outcomes: Mapping[str, Outcome], execution: Execution) -> Mark:
    count = results(plan.changes, outcomes)
    known = sum(1 for change in plan.changes if (found := outcomes.get(change.id)) and is_known(found))
    as_before = f"{counted(known, 'change')} that Graph refuses as before" if known else ""
    waits = _missed(count, "not tried" if execution.closed else "not tried yet")
    missed = counted(sum(count[result] for result in MISSED) - known, "failure")
    match execution.ending:
        case Ending.STOPPED:
            by = f" by {execution.stopped_by}" if execution.stopped_by else ""
            return Mark(Tone.BLOCK, f"Stopped{by}{waits}")
        case Ending.BROKEN:
            return Mark(Tone.BLOCK, f"Broken off{waits}")
        case Ending.INTERRUPTED:
            return Mark(Tone.WARN, f"Interrupted{waits}")
        case Ending.OUT_OF_TIME:
            return Mark(Tone.WARN, f"Out of time{waits}")
        case Ending.FAILURES:
            return Mark(Tone.WARN, f"Done but for {missed}" + (f" and {as_before}" if known else ""))
        case None if not execution.closed:
            return Mark(Tone.WARN, f"Not ended, still at work or cut off without a word{waits}")
        case _ if known and execution.ending is Ending.DONE:
            return Mark(Tone.WARN, f"Done but for {as_before}")
        case _ if execution.applied_before and not count[Result.DONE]:
            return Mark(Tone.NEUTRAL, f"Nothing written: already applied in run {execution.applied_before}")
        case _ if not count.total():
            return Mark(Tone.NEUTRAL, "Done: there was nothing to change")
        case _:
            return Mark(Tone.GOOD, "Done")


def _missed(count: Counter[Result], not_tried: str) -> str:
    """`: 41 failed, 241 not tried`"""
    words = ((Result.FAILED, "failed"), (Result.UNKNOWN, "in doubt"), (Result.NOT_TRIED, not_tried))
    said = ", ".join(f"{count[result]:,} {word}" for result, word in words if count[result])
    return f": {said}" if said else ""


def _below(plan: Plan, execution: Execution, ready: Told | Unread | None) -> str:
    """What keeps the mark from being green."""
    warnings = sum(finding.level is Severity.WARN for finding in plan.findings)
    lifted = sum(finding.code in execution.accepted for finding in plan.blocking)
    noes = sum(answer.answer is State.NO for answer in ready.answers) if isinstance(ready, Told) else 0
    parts = [
        f"{counted(warnings, 'warning')} below" if warnings else "",
        counted(lifted, "accepted finding") if lifted else "",
        f"readiness says no to {counted(noes, 'question')}" if noes else "",
        "the check beside the plan cannot be shown" if isinstance(ready, Unread) else "",
    ]
    return ", ".join(part for part in parts if part)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def in_words(ending: Ending | None, stopped_by: str) -> str:
    """How a run ended, for a list of runs; "" where it did not, or without a word."""
    match ending:
        case None:
            return ""
        case Ending.STOPPED:
            return f"stopped by {stopped_by}"
        case Ending.FAILURES:
            return "done but for failures"
        case _:
            return ending.value.replace("-", " ")


# ---------------------------------------------------------------- what became of the changes


def stands_of_run(changes: Sequence[Change], outcomes: Mapping[str, Outcome]) -> str:
    """`67 of 349 changes came true.`"""
    if not changes:
        return "There was nothing to change."
    true = sum(number for result, number in results(changes, outcomes).items() if result.came_true)
    return f"{true:,} of {counted(len(changes), 'change')} came true."


def answers(plan: Plan, outcomes: Mapping[str, Outcome] | None) -> tuple[AnswerLine, ...]:
    """What was answered where a change did not come true, most frequent first; equal answers in one line."""
    if outcomes is None:
        return ()
    said: Counter[tuple[Result, str]] = Counter()
    for change in plan.changes:
        found = outcomes.get(change.id)
        if found is not None and not found.result.came_true and (words := answer_of(found)):
            said[found.result, _OF_ONE.sub("\u2026", mask_within(words))] += 1
    ordered = sorted(said.items(), key=lambda item: (-item[1], item[0]))
    return tuple(AnswerLine(result.value, visible(words), number) for (result, words), number in ordered)


def answer_of(outcome: Outcome) -> str:
    """Status and code, and the note, which has Graph's own words."""
    said = " ".join(part for part in (str(outcome.status or ""), outcome.code) if part)
    return "; ".join(part for part in (said, outcome.note) if part)


# ---------------------------------------------------------------- what else must be known


def accepted(execution: Execution) -> tuple[Accepted, ...]:
    """What was lifted, at which number, by whom."""
    by = visible(str(execution.operator)) or "somebody whose name was not written down"
    return tuple(Accepted(code, number, by) for code, number in execution.accepted.items())


def notes(plan: Plan, outcomes: Mapping[str, Outcome] | None, execution: Execution) -> tuple[str, ...]:
    """Sentences that belong right below the verdict."""
    return tuple(_notes(plan, outcomes, execution))


def _notes(plan: Plan, outcomes: Mapping[str, Outcome] | None, execution: Execution) -> Iterator[str]:
    if outcomes is not None and execution.applied_before:
        yield (
            f"This plan was already applied in run {visible(execution.applied_before)}: "
            "what is there as it was planned is not written again."
        )
    if plan.undoes is not None:
        yield (
            f"The next `prepop sync` writes again what run {visible(plan.undoes)} wrote, unless the "
            "directory, the mapping or the scope says otherwise by then. Change that first."
        )
        yield (
            "A rollback reads no people and no registration report: who can reset the password is not said "
            "here, and the next plan is not compared with it."
        )
    for acceptance in accepted(execution):
        yield f"{acceptance.sentence}."
    if execution.mailed is not None and (said := _mailed(execution.mailed)):
        yield f"Mails to the people themselves: {said}."


def credential(now: datetime, ends: datetime | None) -> Iterator[str]:
    """That the sign-in will not work much longer, or does not any more."""
    if ends is None or ends - now > ENDS_SOON:
        return
    days = max(0, (ends - now).days)
    yield (
        f"The certificate of the sign-in runs out on {ends:%Y-%m-%d}, in {counted(days, 'day')}: then no "
        "run can read the tenant (40). Put a new one to the app registration beside the old, then change "
        "cloud.certificate_file."
    )


def _mailed(mailed: Mailed) -> str:
    """`12 sent, 1 without a mailbox, 3 wait for the next run (the connection failed)`."""
    words = {
        Delivery.SENT: "sent",
        Delivery.REFUSED: "that the mail server will not take",
        Delivery.NO_MAILBOX: "without a mailbox",
        Delivery.UNKNOWN: "cut off, not sent again",
    }
    said = [f"{mailed.counts[state]:,} {word}" for state, word in words.items() if mailed.counts.get(state)]
    if mailed.left:
        why = f" ({mailed.trouble})" if mailed.trouble else ""
        said.append(f"{mailed.left:,} for the next run{why}")
    return ", ".join(said)


def headline_of_rollback(plan: Plan, outcomes: Mapping[str, Outcome] | None) -> str:
    """`3 methods that run X wrote are taken away, 1 gets its earlier value back.`"""
    this = [change for change in plan.changes if outcomes is None or _came_true(outcomes.get(change.id))]
    away = sum(change.action is Action.REMOVE for change in this)
    back = len(this) - away
    would = "would be" if outcomes is None else "was" if away == 1 else "were"
    got = "would get" if outcomes is None else "got"
    run = visible(plan.undoes or "")
    parts = [
        f"{counted(away, 'method')} that run {run} wrote {would} taken away" if away else "",
        f"{counted(back, 'method')} {got} back the value from before it" if back else "",
    ]
    told = ", ".join(part for part in parts if part)
    return f"{told[:1].upper()}{told[1:]}." if told else f"Nothing of run {run} is undone."


def _came_true(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.result.came_true

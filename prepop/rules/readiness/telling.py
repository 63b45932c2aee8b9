"""How one check is told: its order, its headline, what stands open and what is well.

Terminal, JSON and the report's page show what `tell` makes, so that no two of them can disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from prepop.rules.phrases import counted, visible
from prepop.rules.readiness.words import Answer, Group, Readiness, State

_ORDER = {State.NO: 0, State.PARTLY: 1, State.UNKNOWN: 2, State.YES: 3}


@dataclass(frozen=True, slots=True)
class Part:
    """The answers of one group. open: what is not well, failing first; well: the rest."""

    heading: str
    open: tuple[Answer, ...]
    well: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One check as every form shows it.

    made: UTC. headline: the whole in a sentence; counts: how many of each answer, failing first.
    notes: what a reader must know besides, where the check stands in the report of a plan.
    """

    made: datetime
    tenant: str
    headline: str
    counts: tuple[tuple[State, int], ...]
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All of them in order: by group; in each, blocking ones first, then no, partly, unknown, yes."""
        return tuple(one for part in self.parts for one in (*part.open, *part.well))

    @property
    def blocking(self) -> tuple[str, ...]:
        """The ids of what blocks a rollout."""
        return tuple(one.id for one in self.answers if one.blocks)

    @property
    def day(self) -> str:
        """`Check of 21 November 2026`."""
        return f"Check of {self.made.day} {self.made:%B %Y}"

    @property
    def line(self) -> str:
        """The check in one line, for a place that is about something else."""
        return f"{self.day}: {self.headline}"


def tell(check: Readiness) -> Told:
    """Put the answers in order and count them. Their texts come out inert: see `phrases.visible`."""
    answers = [_inert(one) for one in check.answers]
    parts = (_part(group, [one for one in answers if one.group is group]) for group in Group)
    counts = ((state, sum(one.answer is state for one in answers)) for state in _ORDER)
    return Told(
        check.made,
        visible(check.tenant),
        _headline(answers),
        tuple((state, number) for state, number in counts if number),
        tuple(part for part in parts if part.open or part.well),
    )


def as_values(one: Answer) -> Mapping[str, object]:
    """One answer as plain JSON values."""
    return {
        "id": one.id,
        "group": one.group.value,
        "about": one.about or None,
        "question": one.question,
        "answer": one.answer.value,
        "says": one.says,
        "fix": one.fix,
        "blocks": one.blocks,
    }


def _inert(one: Answer) -> Answer:
    return replace(
        one,
        id=visible(one.id),
        about=visible(one.about),
        question=visible(one.question),
        says=visible(one.says),
        fix=visible(one.fix),
    )


def _part(group: Group, answers: Sequence[Answer]) -> Part:
    ordered = sorted(answers, key=lambda one: (not one.blocks, _ORDER[one.answer]))
    return Part(
        group.heading,
        tuple(one for one in ordered if one.answer is not State.YES),
        tuple(one for one in ordered if one.answer is State.YES),
    )


def _headline(answers: Sequence[Answer]) -> str:
    blocking = sum(one.blocks for one in answers)
    unknown = sum(one.answer is State.UNKNOWN for one in answers)
    first = (
        f"{counted(blocking, 'thing')} {'stands' if blocking == 1 else 'stand'} in the way of a rollout."
        if blocking
        else "Nothing that can be read stands in the way of a rollout."
    )
    return f"{first} {counted(unknown, 'answer')} to look up by hand." if unknown else first

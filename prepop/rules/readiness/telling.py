"""How one check is told: its order, its headline, what is open and what is well.

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
        return tuple(answer for part in self.parts for answer in (*part.open, *part.well))

    @property
    def blocking(self) -> tuple[str, ...]:
        """The ids of what blocks a rollout."""
        return tuple(answer.id for answer in self.answers if answer.blocks)

    @property
    def day(self) -> str:
        """`Check of 21 November 2026`."""
        return f"Check of {self.made.day} {self.made:%B %Y}"

    @property
    def line(self) -> str:
        """The check in one line, for use inside another report."""
        return f"{self.day}: {self.headline}"


def tell(check: Readiness) -> Told:
    """Put the answers in order and count them. Their texts come out inert: see `phrases.visible`."""
    answers = [_inert(answer) for answer in check.answers]
    parts = (_part(group, [answer for answer in answers if answer.group is group]) for group in Group)
    counts = ((state, sum(answer.answer is state for answer in answers)) for state in _ORDER)
    return Told(
        check.made,
        visible(check.tenant),
        _headline(answers),
        tuple((state, number) for state, number in counts if number),
        tuple(part for part in parts if part.open or part.well),
    )


def as_values(answer: Answer) -> Mapping[str, object]:
    """One answer as plain JSON values."""
    return {
        "id": answer.id,
        "group": answer.group.value,
        "about": answer.about or None,
        "question": answer.question,
        "answer": answer.answer.value,
        "says": answer.says,
        "fix": answer.fix,
        "blocks": answer.blocks,
    }


def _inert(answer: Answer) -> Answer:
    return replace(
        answer,
        id=visible(answer.id),
        about=visible(answer.about),
        question=visible(answer.question),
        says=visible(answer.says),
        fix=visible(answer.fix),
    )


def _part(group: Group, answers: Sequence[Answer]) -> Part:
    ordered = sorted(answers, key=lambda answer: (not answer.blocks, _ORDER[answer.answer]))
    return Part(
        group.heading,
        tuple(answer for answer in ordered if answer.answer is not State.YES),
        tuple(answer for answer in ordered if answer.answer is State.YES),
    )


def _headline(answers: Sequence[Answer]) -> str:
    blocking = sum(answer.blocks for answer in answers)
    unknown = sum(answer.answer is State.UNKNOWN for answer in answers)
    first = (
        f"{counted(blocking, 'thing')} {'stands' if blocking == 1 else 'stand'} in the way of a rollout."
        if blocking
        else "Nothing that can be read stands in the way of a rollout."
    )
    proved = next((f"{answer.says} " for answer in answers if answer.id == "proof-resets"), "")
    by_hand = f" {counted(unknown, 'answer')} to look up by hand." if unknown else ""
    return f"{proved}{first}{by_hand}"

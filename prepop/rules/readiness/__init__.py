"""Is this directory, this tenant and this app ready for people to reset their own password?

Pure: facts in (`facts`), answers out (`words`), one module for each group of questions.
"""

from prepop.rules.readiness.facts import ReadinessFacts
from prepop.rules.readiness.words import Answer, State

__all__ = ["judge"]


def judge(situation: ReadinessFacts) -> tuple[Answer, ...]:
    """Every question with its answer, in the order of the groups."""
    from prepop.rules.readiness import (
        directory,
        extras,
        licence,
        methods,
        permissions,
        proof,
        reset,
        sync,
        writeback,
    )

    answers: list[Answer] = []
    for room in (proof, directory, extras, sync, licence, reset, methods, writeback, permissions):
        answers += room.answers(situation)
    for answer in answers:
        assert not answer.blocks or answer.answer is State.NO, answer.id  # noqa: S101 - a mistake here, not of the world
    return tuple(answers)

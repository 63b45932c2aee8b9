"""Extra files: can each be read, is it of today, whom does it fit, and are its values usable."""

from collections.abc import Iterator

from prepop.rules.extras.joining import Fit
from prepop.rules.extras.telling import sentence
from prepop.rules.phrases import counted, duration
from prepop.rules.readiness.facts import ExtraFacts, ReadinessFacts
from prepop.rules.readiness.words import Answer, Group, State, Unread

_POOR = 0.8
"""Of the rows of a file so many should be somebody's."""


def answers(situation: ReadinessFacts) -> Iterator[Answer]:
    """For each extra file of the config: `extra-NAME`."""
    for extra in situation.extras:
        yield _extra(situation, extra)


def _extra(situation: ReadinessFacts, extra: ExtraFacts) -> Answer:
    question = f'Can the extra file "{extra.name}" be read, and whom does it fit?'
    group, id_ = Group.DIRECTORY, f"extra-{extra.name}"
    reading = extra.reading
    if isinstance(reading, Unread):
        return Answer(id_, group, question, State.NO, reading.why, reading.look, blocks=True)
    age = duration(max((situation.now - reading.written).total_seconds(), 0))
    says = f"{reading.file} has {counted(len(reading.rows), 'row')}, written {age} ago."
    if not reading.rows:
        return Answer(id_, group, question, State.NO, says, "see what the export was asked for", blocks=True)
    if extra.fit is None:
        return Answer(id_, group, question, State.UNKNOWN, f"{says} Nobody was read whom it could fit.")
    says = f"{says} {sentence(extra.fit)}"
    if not extra.fit.fitting:
        fix = "name in extra.key and extra.attribute the two that hold the same text"
        return Answer(id_, group, question, State.NO, says, fix, blocks=True)
    says += "".join(f" {line}" for line in _values(situation, extra.name))
    fix = _fix(extra.fit)
    return Answer(id_, group, question, State.PARTLY if fix else State.YES, says, fix)


def _fix(fit: Fit) -> str:
    if fit.by_zeros:
        return (
            "write the numbers in one form throughout, with leading zeros or without, in file and directory: "
            "else 00417 and 417 may be two people's"
        )
    if fit.several:
        return "give each person one key, in one row; `prepop plan` lists them (key-several)"
    if fit.fitting < _POOR * fit.rows:
        return "see whether key and attribute are the right two, and whether the file has people who left"
    return ""


def _values(situation: ReadinessFacts, name: str) -> Iterator[str]:
    if isinstance(situation.population, Unread):
        return
    for values in situation.population.values:
        if values.attribute.lower().startswith(f"{name.lower()}:"):
            yield (
                f"{values.attribute} for {values.method}: {values.have:,} people have it, {values.usable:,} "
                "usable."
            )

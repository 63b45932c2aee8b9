"""`prepop check` on a terminal, and as a document for `--json` and for reports.

Groups in their order, failing answers first in each; what is well takes one line.
"""

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from prepop.reports.terminal import heading, printed
from prepop.rules.phrases import counted
from prepop.rules.readiness.words import Answer, Group, State

TITLES = {
    Group.DIRECTORY: "Directory",
    Group.SYNC: "Synchronisation",
    Group.LICENCE: "Licences",
    Group.RESET: "Self-service password reset",
    Group.METHODS: "Authentication methods",
    Group.WRITEBACK: "Password writeback",
    Group.PERMISSIONS: "This app: permissions and quota",
    Group.PROOF: "Proof",
}
_ORDER = {State.NO: 0, State.PARTLY: 1, State.UNKNOWN: 2, State.YES: 3}
_STYLE = {State.NO: "bold red", State.PARTLY: "yellow", State.UNKNOWN: "cyan", State.YES: "green"}


def sorted_answers(answers: Sequence[Answer]) -> list[Answer]:
    """By group; in each, blocking ones first, then no, partly, unknown, yes."""
    groups = {group: place for place, group in enumerate(Group)}
    return sorted(answers, key=lambda one: (groups[one.group], not one.blocks, _ORDER[one.answer]))


def headline(answers: Sequence[Answer]) -> str:
    """The whole in a sentence."""
    blocking = sum(one.blocks for one in answers)
    unknown = sum(one.answer is State.UNKNOWN for one in answers)
    first = (
        f"{counted(blocking, 'thing')} {'stands' if blocking == 1 else 'stand'} in the way of a rollout."
        if blocking
        else "Nothing that can be read stands in the way of a rollout."
    )
    return f"{first} {counted(unknown, 'answer')} to look up by hand." if unknown else first


def render_readiness(answers: Sequence[Answer], tenant: str, *, width: int, colour: bool) -> str:
    """The answers as text for a terminal of that width, with a line feed at the end."""
    return printed(_parts(answers, tenant), width=width, colour=colour)


def _parts(answers: Sequence[Answer], tenant: str) -> Iterable[RenderableType]:
    yield Text("Check, nothing was written" + (f" · tenant {tenant}" if tenant else ""))
    yield Text("\n" + headline(answers), style="bold")
    counts = {state: sum(one.answer is state for one in answers) for state in State}
    yield Text(", ".join(f"{number} {state}" for state, number in counts.items() if number), style="dim")
    group = None
    for one in sorted_answers(answers):
        if one.group is not group:
            group = one.group
            yield heading(TITLES[group])
        yield from _answer(one)


def _answer(one: Answer) -> Iterable[RenderableType]:
    word = "NO, blocks" if one.blocks else one.answer.value
    about = f" [{one.about}]" if one.about else ""
    yield Padding(
        Text.assemble(
            (f"{word:<8}", _STYLE[one.answer]), (f" {one.question}", "bold"), (f"{about}  {one.id}", "dim")
        ),
        (0, 0, 0, 2),
    )  # fmt: skip
    if one.says != "Yes.":
        yield Padding(Text(one.says), (0, 0, 0, 11))
    if one.fix:
        word = "look: " if one.answer is State.UNKNOWN else "fix: "
        yield Padding(Text.assemble((word, "dim"), one.fix), (0, 0, 0, 11))


def readiness_document(answers: Sequence[Answer], tenant: str) -> dict[str, object]:
    """The answers as plain JSON values, for `check --json` and for reports (document `readiness`)."""
    return {
        "format": "prepop-readiness/1",
        "tenant": tenant,
        "headline": headline(answers),
        "blocking": [one.id for one in answers if one.blocks],
        "answers": [
            {
                "id": one.id,
                "group": one.group.value,
                "about": one.about or None,
                "question": one.question,
                "answer": one.answer.value,
                "says": one.says,
                "fix": one.fix,
                "blocks": one.blocks,
            }
            for one in sorted_answers(answers)
        ],
    }

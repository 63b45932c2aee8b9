"""`prepop check` on a terminal: groups in their order, failing answers first; what is well takes one line."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from prepop.reports.terminal import heading, printed
from prepop.rules.readiness.telling import Told
from prepop.rules.readiness.words import Answer, State

_STYLE = {State.NO: "bold red", State.PARTLY: "yellow", State.UNKNOWN: "cyan", State.YES: "green"}


def render_readiness(told: Told, *, width: int, colour: bool) -> str:
    """The answers as text for a terminal of that width, with a line feed at the end."""
    return printed(_parts(told), width=width, colour=colour)


def _parts(told: Told) -> Iterable[RenderableType]:
    yield Text("Check, nothing was written" + (f" · tenant {told.tenant}" if told.tenant else ""))
    yield Text("\n" + told.headline, style="bold")
    yield Text(", ".join(f"{number} {state}" for state, number in told.counts), style="dim")
    for part in told.parts:
        yield heading(part.heading)
        for answer in (*part.open, *part.well):
            yield from _answer(answer)


def _answer(answer: Answer) -> Iterable[RenderableType]:
    word = "NO, blocks" if answer.blocks else answer.answer.value
    about = f" [{answer.about}]" if answer.about else ""
    yield Padding(
        Text.assemble(
            (f"{word:<8}", _STYLE[answer.answer]),
            (f" {answer.question}", "bold"),
            (f"{about}  {answer.id}", "dim"),
        ),
        (0, 0, 0, 2),
    )
    if answer.says != "Yes.":
        yield Padding(Text(answer.says), (0, 0, 0, 11))
    if answer.fix:
        yield Padding(Text.assemble((f"{answer.to_do}: ", "dim"), answer.fix), (0, 0, 0, 11))

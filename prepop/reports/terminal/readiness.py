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
        for one in (*part.open, *part.well):
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
        yield Padding(Text.assemble((f"{one.to_do}: ", "dim"), one.fix), (0, 0, 0, 11))

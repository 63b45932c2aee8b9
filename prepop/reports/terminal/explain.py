"""`prepop explain USER`: one person on a terminal, or as one JSON document."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from prepop.reports.terminal import columns, heading, printed
from prepop.rules.summary.explanation import ExplainedMethod, Explanation, Tried


def render_explanation(explanation: Explanation, *, width: int, colour: bool) -> str:
    """The explanation as text for a terminal of that width, with a line feed at the end."""
    return printed(_parts(explanation), width=width, colour=colour)


def _parts(explanation: Explanation) -> Iterable[RenderableType]:
    who = columns(("left", "dim"), ("left", ""))
    state = "disabled" if explanation.disabled else "enabled"
    who.add_row("person", Text(f"{explanation.name or explanation.upn} ({state})"))
    who.add_row("", Text(explanation.dn))
    who.add_row("anchor", Text(explanation.anchor or "none"))
    if explanation.account_id:
        state = "enabled" if explanation.account_enabled else "disabled"
        who.add_row("account", Text(f"{explanation.account_upn} ({state})"))
        who.add_row("", Text(explanation.account_id))
    else:
        who.add_row("account", Text("none found"))
    if explanation.country:
        who.add_row("country", Text(explanation.country))
    for file in explanation.files:
        who.add_row("extra file", Text(file))
    yield who
    for whole in explanation.whole:
        yield heading("Left alone as a whole")
        yield from _verdict(whole)
    for method in explanation.methods:
        yield heading(method.method)
        yield from _method(method)
    if explanation.masked:
        yield Text("\nNumbers and addresses are masked; --unmask shows them.", style="dim")


def _method(method: ExplainedMethod) -> Iterable[RenderableType]:
    for tried in method.tried:
        yield from _tried(tried)
    registered = "not read" if method.present is None else method.present or "nothing"
    yield _line(f"registered: {registered}")
    if method.wrote:
        yield _line(f"prepop wrote there {method.wrote}")
    if method.verdict:
        yield from _verdict(method)


def _tried(tried: Tried) -> Iterable[RenderableType]:
    if not tried.attribute and not tried.raw:
        yield _line(f"directory: {tried.why or 'nothing'}")
        return
    yield _line(f'{tried.attribute}: "{tried.raw}"')
    if tried.place:
        yield _line(f"- in {tried.place}", by=4, style="dim")
    for reading in tried.readings:
        yield _line(f"- read as {reading}", by=4, style="dim")
    for step in tried.steps:
        yield _line(f"- {step}", by=4, style="dim")
    if tried.normal:
        yield _line(f"= {tried.normal}" + ("" if tried.chosen else " (usable, not chosen)"), by=4)
    else:
        yield _line(f"= not usable, {tried.reason}: {tried.why}", by=4)


def _verdict(method: ExplainedMethod) -> Iterable[RenderableType]:
    word = f"left alone, {method.reason}" if method.reason else method.verdict
    detail = f" ({method.detail})" if method.detail else ""
    yield Padding(Text.assemble((word, "bold"), f": {method.why}{detail}"), (0, 0, 0, 2))
    if method.fix and not method.fix.startswith("nothing"):
        yield _line(f"to put it right: {method.fix}")


def _line(text: str, by: int = 2, style: str = "") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, by))


def explanation_document(explanation: Explanation) -> dict[str, object]:
    """The explanation as plain JSON values."""
    return {
        "format": "prepop-explanation/1",
        "person": {
            "name": explanation.name,
            "dn": explanation.dn,
            "anchor": explanation.anchor,
            "upn": explanation.upn,
            "disabled": explanation.disabled,
            "country": explanation.country,
            "extra_files": list(explanation.files),
        },
        "account": {
            "id": explanation.account_id,
            "upn": explanation.account_upn,
            "enabled": explanation.account_enabled,
        }
        if explanation.account_id
        else None,
        "masked": explanation.masked,
        "left_alone_as_a_whole": [_method_document(method) for method in explanation.whole],
        "methods": [_method_document(method) for method in explanation.methods],
    }


def _method_document(method: ExplainedMethod) -> dict[str, object]:
    return {
        "method": method.method or None,
        "directory": [
            {
                "attribute": tried.attribute,
                "place": tried.place or None,
                "raw": tried.raw,
                "normal": tried.normal,
                "reason": tried.reason,
                "why": tried.why,
                "readings": list(tried.readings),
                "steps": list(tried.steps),
                "chosen": tried.chosen,
            }
            for tried in method.tried
        ],
        "present": method.present,
        "written_by_prepop": method.wrote or None,
        "verdict": method.verdict,
        "reason": method.reason,
        "why": method.why,
        "detail": method.detail,
        "fix": method.fix,
    }

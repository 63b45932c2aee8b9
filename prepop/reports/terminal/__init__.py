"""The summary on a terminal: verdict, findings, funnel, first rows, next command, in a screen of 100 columns.

Plain columns without lines or blocks, so that it also reads on a terminal without colour, of 40 columns, or
with a code page that has no drawing characters. Texts of a directory never pass through rich's markup.
"""

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from prepop.model import Finding
from prepop.reasons import Severity
from prepop.rules.phrases import SMS_RETIRES, counted, share, shortened
from prepop.rules.readiness.telling import Told
from prepop.rules.readiness.words import Unread
from prepop.rules.summary.endings import Tone
from prepop.rules.summary.words import ReasonLine, Row, RowVerdict, Summary, WriteLine

MOST_ROWS = 8
MOST_REASONS = 8
MOST_FINDINGS = 8
MOST_ANSWERS = 5
NARROW = 72

_TONE_STYLE = {
    Tone.GOOD: "bold green",
    Tone.WARN: "bold yellow",
    Tone.BLOCK: "bold red",
    Tone.NEUTRAL: "bold",
}
_LEVEL_STYLE = {Severity.BLOCK: "bold red", Severity.WARN: "yellow"}
_VERDICT_STYLE = {RowVerdict.ADD: "green", RowVerdict.REPLACE: "yellow", RowVerdict.REMOVE: "red"}


def render_terminal(summary: Summary, *, width: int, colour: bool, brief: bool = False) -> str:
    """The summary as text for a terminal of that width, with a line feed at the end.

    brief: only what is new since the plan was shown: how it ended, what was answered, what to do.
    """
    parts = _parts(summary, width, brief=brief)
    return printed(parts, width=width, colour=colour)


def printed(parts: Iterable[RenderableType], *, width: int, colour: bool) -> str:
    """Render parts, without trailing blanks, independent of the terminal that this process has.

    A text that may not be wrapped may be wider than the terminal.
    """
    console = Console(
        file=StringIO(),
        width=max(width, 20),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    with console.capture() as capture:
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, Text) and part.no_wrap is True)
    return "".join(line.rstrip() + "\n" for line in capture.get().splitlines())


def heading(text: str) -> Text:
    """A part's title, with an empty line above."""
    return Text("\n" + text, style="bold")


def columns(*styles: tuple[str, str]) -> Table:
    """A table without lines: for each column how it is justified ("right") and its style."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for justify, style in styles:
        table.add_column(justify="right" if justify == "right" else "left", style=style, overflow="fold")
    return table


def _parts(summary: Summary, width: int, *, brief: bool) -> Iterable[RenderableType]:
    yield Text(summary.mark.text, style=_TONE_STYLE[summary.mark.tone])
    yield _where(summary)
    yield Text("\n" + summary.headline, style="bold")
    yield Text(summary.stands, style="bold")
    yield from (Text(note) for note in summary.notes)
    yield from _ready(summary)
    if summary.about_people and summary.ability.known and summary.ability.population:
        yield _ability(summary)
    yield from (
        Text(sentence, style="dim") for sentence in summary.explained[: 2 if not summary.ability.known else 0]
    )
    if summary.outcomes:
        yield heading("What became of it")
        yield _indented(_counts((line.result, line.count) for line in summary.outcomes))
    if summary.answers:
        yield heading("What was answered")
        shown = summary.answers[:MOST_ANSWERS]
        yield _indented(_counts((f"{line.result} {shortened(line.said, 240)}", line.count) for line in shown))
        yield from _more(len(summary.answers) - MOST_ANSWERS, "answer")
    brief = brief and summary.applied  # what was refused has nothing new but the findings
    if summary.findings:
        yield heading("Findings")
        yield from (_indented(_finding(summary, finding)) for finding in summary.findings[:MOST_FINDINGS])
        yield from _more(len(summary.findings) - MOST_FINDINGS, "finding")
    if not brief:
        yield from _planned(summary, width)
    yield from _first_rows(summary, width)
    yield heading("Next")
    yield from (_step(step) for step in summary.next)


def _planned(summary: Summary, width: int) -> Iterable[RenderableType]:
    """What the plan said already, but for its findings."""
    if summary.security:
        yield heading("Security")
    yield _indented(_counts((concern.title, concern.total) for concern in summary.security))
    if summary.about_people:
        yield heading(SMS_RETIRES)
        yield from (_indented(Text(sentence)) for sentence in summary.sms.sentences)
        yield heading("From people to methods")
        yield _indented(_funnel(summary))
    yield heading(summary.names.writes)
    yield _indented(Text(summary.writes.sentence))
    yield from (_indented(Text(_line(line))) for line in summary.writes.methods)
    if summary.reasons:
        yield heading("Left alone")
        yield from (_indented(_reason(line, width)) for line in summary.reasons[:MOST_REASONS])
        yield from _more(len(summary.reasons) - MOST_REASONS, "reason")
    if summary.since:
        since = summary.since
        yield heading(f"Since run {since.run}")
        yield _indented(Text(f"{counted(since.new, 'verdict')} new, {since.gone:,} gone."))


def _step(step: str) -> RenderableType:
    """A sentence, or a command, which is never folded: it is copied from here."""
    if step.startswith("prepop "):
        return Text(f"  {step}", style="cyan", no_wrap=True)
    return _indented(Text(step))


def _where(summary: Summary) -> Text:
    kind = "Run" if summary.applied else "Preview, nothing was written"
    mapping = next((fact.value for fact in summary.facts if fact.name == "mapping digest"), "")
    parts = [kind, f"tenant {summary.tenant}", f"run {summary.run}", f"mapping {mapping[:12]}"]
    if summary.operator:
        parts.append(f"by {summary.operator}")
    return Text(" \u00b7 ".join(part for part in parts if part), style="dim")


def _ready(summary: Summary) -> Iterable[RenderableType]:
    """The check beside the plan in a line, and where the rest is."""
    match summary.readiness:
        case Told() as told:
            more = "" if summary.ready else " See prepop check."
            yield Text(told.line + more, style="" if summary.ready else "yellow")
        case Unread(why=why, look=look):
            yield Text(f"{why} To have it: {look}.", style="yellow")


def _indented(part: RenderableType, by: int = 2) -> Padding:
    return Padding(part, (0, 0, 0, by))


def _ability(summary: Summary) -> RenderableType:
    able = summary.ability
    table = columns(("right", "bold"), ("right", "dim"), ("left", ""))
    names = summary.names
    never = "cannot with the data there is today"
    lines = ((able.today, names.could), (able.after, names.can), (able.never, never))
    for number, words in lines:
        table.add_row(f"{number:,}", share(number or 0, able.population), words)
    if able.unread:
        of_all = share(able.unread, able.population)
        table.add_row(f"{able.unread:,}", of_all, "have nobody among the people who were read")
    return Padding(table, (1, 0, 0, 2))


def _funnel(summary: Summary) -> Table:
    table = columns(("left", ""), ("right", "bold"), ("left", "dim"))
    for step in summary.funnel:
        if step.key == "blocked" and not step.count:
            continue
        table.add_row(step.title, "not known" if step.count is None else f"{step.count:,}", step.of)
    return table


def _finding(summary: Summary, finding: Finding) -> Group:
    lifted = summary.acceptance(finding)
    word = Text("accepted " if lifted else f"{finding.level.value} ", style=_LEVEL_STYLE[finding.level])
    then = f"accepted at {lifted.number:,}, by {lifted.by}" if lifted else ""
    then = then or (f"next: {finding.next}" if finding.next else "")
    return Group(
        Text.assemble(word, (finding.code.value, "bold"), f": {finding.text}"),
        *([_indented(Text(then))] if then else []),
    )


def _line(line: WriteLine) -> str:
    kinds = ((line.additions, "added"), (line.replacements, "replaced"), (line.removals, "removed"))
    return f"{line.name}: " + ", ".join(f"{number:,} {word}" for number, word in kinds if number)


def _counts(lines: Iterable[tuple[str, int]]) -> Table:
    table = columns(("right", "bold"), ("left", ""))
    for name, count in lines:
        table.add_row(f"{count:,}", name)
    return table


def _reason(line: ReasonLine, width: int) -> Group:
    new = f" ({line.new:,} new)" if line.new else ""
    first = Text.assemble(
        (f"{line.count:,} ", "bold"), (line.reason.value, "bold"), f"{new}: {line.reason.text}"
    )
    if width < NARROW:
        return Group(first)
    words: Sequence[str] = line.remedies or (
        () if line.reason.fix.startswith("nothing") else (line.reason.fix,)
    )
    return Group(first, *(_indented(Text(word, style="dim"), 4) for word in words[:3]))


def _first_rows(summary: Summary, width: int) -> Iterable[RenderableType]:
    changes = [row for row in summary.rows if row.reason is None]
    if not changes:
        return
    bad = [row for row in changes if row.outcome not in ("", "done", "already-true")]
    shown = (bad or changes)[:MOST_ROWS]
    yield heading("Changes that did not come true" if bad else "First changes")
    for row in shown:
        yield _indented(_row(row, width))
    yield from _more(len(bad or changes) - len(shown), "change")


def _row(row: Row, width: int) -> Text:
    line = Text()
    line.append(f"{row.verdict.value:<8}", style=_VERDICT_STYLE.get(row.verdict, ""))
    line.append(f"{row.method:<16}")
    line.append(shortened(row.upn or row.dn, 48 if width >= NARROW else 30))
    between = "  " if width >= NARROW else "\n    "
    if row.verdict is not RowVerdict.ADD:
        line.append(f"{between}{shortened(row.present, 40)}")
    if row.verdict is not RowVerdict.REMOVE:
        line.append(f"{between}-> {shortened(row.normal, 40)}")
    if row.outcome and row.outcome != "done":
        line.append(f"\n    {row.outcome} {shortened(row.answer, 120)}", style="bold")
    return line


def _more(number: int, what: str) -> Iterable[RenderableType]:
    if number > 0:
        yield _indented(Text(f"... and {number:,} more {what}{'' if number == 1 else 's'}", style="dim"))

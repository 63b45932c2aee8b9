"""Past runs on a terminal and as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from prepop.model import Change, Ending, Outcome
from prepop.reports.terminal import heading, printed
from prepop.rules.phrases import visible
from prepop.rules.summary.endings import answer_of, in_words
from prepop.rules.values.masking import mask, mask_within

_MOST = 40  # rows of one run on a screen; --json has all


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run as it is listed.

    counts: changes by result. finished None: open; then exit_code is how it stopped for now, None where its
    process ended without saying so or still works. operator: who started it, and accepted what is `accepted`.
    mails: to people, by what became of them.
    """

    id: str
    kind: str
    tenant: str
    started: datetime
    finished: datetime | None
    exit_code: int | None
    accepted: Mapping[str, int]
    plan: str
    counts: Mapping[str, int]
    ending: Ending | None
    stopped_by: str
    operator: str
    mails: Mapping[str, int] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """`open`, the exit code, and how it ended; of an open run how it stopped for now."""
        words = ["open"] if self.finished is None else []
        if self.exit_code is not None:
            words.append(f"exit {self.exit_code}")
        if said := in_words(self.ending, self.stopped_by):
            words.append(said)
        return ", ".join(words)

    @property
    def told(self) -> str:
        """The counts in words."""
        return ", ".join(f"{number} {result}" for result, number in self.counts.items()) or "no changes"

    @property
    def lifted(self) -> str:
        """The findings that were accepted, each with its number."""
        return ", ".join(f"{code}={number}" for code, number in self.accepted.items())


def render_runs(lines: Sequence[RunLine], state: Path, *, width: int, colour: bool) -> str:
    """All runs, newest first. state: where they were looked for."""
    if not lines:
        return nothing_in(state)
    return printed(_listed(lines), width=width, colour=colour)


def nothing_in(state: Path) -> str:
    """Where no run was found. A job may keep its state elsewhere than the command line looks."""
    return (
        f"No run has written anything yet: there is none in the state folder {visible(str(state))}. "
        "A job may keep its state elsewhere (PREPOP_STATE__DIR in its unit or manifest)."
    )


def _listed(lines: Sequence[RunLine]) -> Iterable[RenderableType]:
    """Each run in a line, and below it what it did, who started it and what was accepted."""
    wide = max(len(line.id) for line in lines)
    yield Text(f"{'run':<{wide}}  {'kind':<8}  {'started (UTC)':<16}  state", style="bold", no_wrap=True)
    for line in lines:
        yield Text(
            f"{line.id:<{wide}}  {line.kind:<8}  {line.started:%Y-%m-%d %H:%M}  {line.state}", no_wrap=True
        )
        below = (
            line.told,
            f"by {visible(line.operator)}" if line.operator else "",
            line.lifted and f"accepted {line.lifted}",
        )
        yield Padding(Text("; ".join(part for part in below if part)), (0, 0, 0, 4))


def render_run(
    line: RunLine,
    changes: Sequence[Change],
    outcomes: Mapping[str, Outcome],
    *,
    unmask: bool,
    width: int,
    colour: bool,
) -> str:
    """One run in full."""
    return printed(_run(line, changes, outcomes, unmask), width=width, colour=colour)


def _run(
    line: RunLine, changes: Sequence[Change], outcomes: Mapping[str, Outcome], unmask: bool
) -> Iterable[RenderableType]:
    ended = f"{line.finished:%Y-%m-%d %H:%M:%S} UTC" if line.finished else "not ended: prepop resume goes on"
    yield heading(f"Run {line.id} ({line.kind}, {line.state})")
    facts = [
        f"tenant   {line.tenant}",
        f"started  {line.started:%Y-%m-%d %H:%M:%S} UTC",
        f"ended    {ended}",
        f"plan     {visible(line.plan)}",
        f"changes  {line.told}",
    ]
    if line.mails:
        facts.append("mails    " + ", ".join(f"{number} {state}" for state, number in line.mails.items()))
    if line.operator:
        facts.insert(1, f"by       {visible(line.operator)}")
    if line.accepted:
        facts.append(f"accepted {line.lifted}" + (f", by {visible(line.operator)}" if line.operator else ""))
    yield Padding(Text("\n".join(facts)), (0, 0, 0, 2))
    rows = [_row(change, outcomes.get(change.id), unmask) for change in changes]
    if rows:
        yield Text()
        yield heading("Changes")
        for row in rows[:_MOST]:
            yield Padding(Text(row), (0, 0, 0, 2))
        if len(rows) > _MOST:
            yield Padding(Text(f"... and {len(rows) - _MOST} more"), (0, 0, 0, 2))
    elif line.counts:
        yield Padding(Text("The values of this run were purged."), (0, 0, 0, 2))


def _row(change: Change, outcome: Outcome | None, unmask: bool) -> str:
    value = change.after or change.before or ""
    shown = visible(value if unmask else mask(value))
    result = str(outcome.result) if outcome else "open"
    said = answer_of(outcome) if outcome and not outcome.result.came_true else ""
    said = said or (outcome.note if outcome else "")
    note = f" ({_sentence(said, unmask)})" if said else ""
    return f"{result:<13}{change.action:<8} {change.method:<16} {visible(change.account.upn)}  {shown}{note}"


def runs_document(lines: Sequence[RunLine]) -> dict[str, object]:
    """All runs as JSON values."""
    return {"runs": [_document(line) for line in lines]}


def run_document(
    line: RunLine, changes: Sequence[Change], outcomes: Mapping[str, Outcome], *, unmask: bool
) -> dict[str, object]:
    """One run with its changes as JSON values."""
    return {
        **_document(line),
        "changes": [_change(change, outcomes.get(change.id), unmask) for change in changes],
    }


def _document(line: RunLine) -> dict[str, object]:
    return {
        "run": line.id,
        "kind": line.kind,
        "tenant": line.tenant,
        "started": line.started.isoformat(),
        "finished": line.finished.isoformat() if line.finished else None,
        "exit_code": line.exit_code,
        "ending": line.ending.value if line.ending else None,
        "stopped_by": line.stopped_by or None,
        "operator": line.operator or None,
        "accepted": dict(line.accepted),
        "plan": line.plan,
        "counts": dict(line.counts),
        "mails": dict(line.mails),
    }


def _change(change: Change, outcome: Outcome | None, unmask: bool) -> dict[str, object]:
    def value(text: str | None) -> str | None:
        return text if text is None or unmask else mask(text)

    return {
        "id": change.id,
        "action": str(change.action),
        "method": str(change.method),
        "account": change.account.upn,
        "before": value(change.before),
        "after": value(change.after),
        "result": str(outcome.result) if outcome else None,
        "status": outcome.status if outcome else None,
        "code": _sentence(outcome.code, unmask) if outcome else "",
        "request_id": _sentence(outcome.request_id, unmask) if outcome else "",
        "note": _sentence(outcome.note, unmask) if outcome else "",
    }


def _sentence(text: str, unmask: bool) -> str:
    """What Graph or a library said of a change."""
    return visible(text if unmask else mask_within(text))

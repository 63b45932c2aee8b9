"""How a run ended, as a notice of a few lines: counts and what to type, and nothing of any person.

No name, no UPN, no value, masked or not: a notice goes where nobody asked who may read it. What an error said
may hold one, so it stands in the log alone.
"""

from dataclasses import dataclass

from prepop.errors import Exit
from prepop.model import Ending
from prepop.options import NotifyWhen
from prepop.rules.phrases import counted, visible
from prepop.rules.summary.words import Summary

_TROUBLE = frozenset(
    {
        Ending.FAILURES,
        Ending.STOPPED,
        Ending.OUT_OF_TIME,
        Ending.INTERRUPTED,
        Ending.BLOCKED,
        Ending.UNREAD,
        Ending.LOCKED,
        Ending.REFUSED,
        Ending.BROKEN,
    }
)
_HOW = {
    Ending.NOTHING: "nothing to do",
    Ending.SHOWN: "shown",
    Ending.DONE: "done",
    Ending.FAILURES: "done but for failures",
    Ending.STOPPED: "stopped",
    Ending.OUT_OF_TIME: "out of time",
    Ending.INTERRUPTED: "interrupted",
    Ending.BLOCKED: "blocked",
    Ending.UNREAD: "could not be read",
    Ending.LOCKED: "another run holds the lock",
    Ending.REFUSED: "refused before it began",
    Ending.BROKEN: "broken off",
}


@dataclass(frozen=True, slots=True)
class RunEnd:
    """What every notice has. tenant: as the config calls it. where: host and config."""

    run: str
    how: Ending
    code: Exit
    tenant: str
    where: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Subject and body, plain text."""

    subject: str
    body: str


def is_wanted(when: NotifyWhen, end: RunEnd, summary: Summary | None) -> bool:
    """Whether this end is told. A number that fails every night is told every night."""
    trouble = end.code is not Exit.DONE or end.how in _TROUBLE
    match when:
        case NotifyWhen.NEVER:
            return False
        case NotifyWhen.ALWAYS:
            return True
        case NotifyWhen.ATTENTION:
            return trouble
        case NotifyWhen.CHANGES:
            return trouble or (
                summary is not None and any(line.result == "done" for line in summary.outcomes)
            )


def notice(end: RunEnd, summary: Summary | None) -> Notice:
    """`prepop · Contoso · stopped: 41 failed`, and below it what a person needs at three in the morning."""
    counts = _counts(summary)
    tenant = visible(summary.tenant if summary else end.tenant)
    subject = f"prepop · {tenant} · {_HOW[end.how]}{f': {counts}' if counts else ''}"
    lines: list[str] = []
    if summary is not None:
        lines += [summary.mark.text, summary.headline, summary.stands, ""]
        lines += [
            f"{found.level}: {found.code}" + (f" ({found.measured:,})" if found.measured else "")
            for found in summary.findings
        ]
    else:
        lines += [f"The run ended with {end.code.value}: {end.code.text.replace('`', '')}.", ""]
        lines.append("The log of the run has what came back.")
    if summary is not None and summary.next:
        lines += ["", "Next:", *(f"  {command}" for command in summary.next)]
    elif end.run:
        lines += ["", "Next:", f"  prepop runs {end.run}"]
    lines += ["", f"Run {end.run or '(none began)'}, exit code {end.code.value}, {end.where}"]
    return Notice(subject, "\n".join(lines) + "\n")


def _counts(summary: Summary | None) -> str:
    if summary is None:
        return ""
    if not summary.outcomes:
        blocked = [found.code.value for found in summary.findings if str(found.level) == "block"]
        return ", ".join(dict.fromkeys(blocked))
    return ", ".join(f"{line.count:,} {line.result}" for line in summary.outcomes if line.count)


def trial(tenant: str, where: str) -> Notice:
    """What `prepop notify --test` sends."""
    return Notice(
        f"prepop · {visible(tenant)} · a trial notice",
        f"This is how prepop will tell of a night that needs a person.\n\nSent by hand, {where}\n",
    )


def of_config(mistakes: int, where: str) -> Notice:
    """Of a run that did not begin: which mistakes there are stands in the log, beside what they quote."""
    return Notice(
        "prepop · the config cannot be used",
        f"{counted(mistakes, 'mistake')} in config, mapping or environment: no run began.\n\n"
        f"Next:\n  prepop check -c FILE says which, and so does the log\n\n"
        f"Exit code {Exit.USAGE.value}, {where}\n",
    )

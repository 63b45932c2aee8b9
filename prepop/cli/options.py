"""The words of a command line: a verb's shape, options that several verbs take, options anywhere, durations,
accepted findings.
"""

import asyncio
import re
from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prepop.errors import Exit, UsageError
from prepop.reasons import FindingCode, Severity

if TYPE_CHECKING:
    from prepop.model import Method

EVERYWHERE = (
    "Every verb also takes -c FILE, --json, -v, -q, --log-format, --no-color and --unmask: prepop --help"
)

# options that every verb takes, before or after it; how many words each consumes
_EVERYWHERE = {
    "-c": 2,
    "--config": 2,
    "--json": 1,
    "-v": 1,
    "--verbose": 1,
    "-q": 1,
    "--quiet": 1,
    "--log-format": 2,
    "--no-color": 1,
    "--unmask": 1,
}


PATH = click.Path(path_type=Path)
"""A file or folder as it is typed; whether it is there is for the verb to say, in its own words."""


class Verb(click.Command):
    """A command of prepop: its docstring is the help, its answer the exit code."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first sentence, whole: the list of verbs wraps it."""
        return " ".join((self.help or "").split("\n\n")[0].split())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Point to the options that stand everywhere."""
        formatter.write_paragraph()
        formatter.write_text(EVERYWHERE)


def run(work: Coroutine[None, None, Exit]) -> Exit:
    """Run a verb's work to its end."""
    return asyncio.run(work)


# ---------------------------------------------------------------- options that several verbs take


user = click.option(
    "--user",
    metavar="USER",
    multiple=True,
    help="Only this person: UPN, object id, sAMAccountName, DN or anchor. Repeatable.",
)
group = click.option(
    "--group",
    metavar="GROUP",
    multiple=True,
    help="Only members of this Entra group: id or name. Repeatable.",
)
people = click.option(
    "--people", metavar="N", type=click.IntRange(1, 1_000_000), default=500, help="How many people."
)
seed = click.option(
    "--seed", metavar="N", type=int, default=1, help="The same seed: the same people and bad luck."
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a run may do: findings that are lifted, each at its number, and for how long it goes on."""

    accepted: Mapping[FindingCode, int] = field(default_factory=dict)
    max_seconds: float | None = None


def _accepted(ctx: click.Context, param: click.Parameter, words: Sequence[str]) -> dict[FindingCode, int]:
    return accepted_findings(words)


def _seconds(ctx: click.Context, param: click.Parameter, text: str | None) -> float | None:
    return seconds_of(text)


accept = click.option(
    "--accept",
    "accepted",
    metavar="CODE=N",
    multiple=True,
    callback=_accepted,
    help="Lift this finding at exactly this number, for this run. Repeatable.",
)
max_duration = click.option(
    "--max-duration",
    "max_seconds",
    metavar="D",
    callback=_seconds,
    help="Stop cleanly after this long: 90s, 45m, 2h. Exit 25.",
)


# ---------------------------------------------------------------- words


def hoist(words: Sequence[str]) -> list[str]:
    """Put the options that stand everywhere in front of the verb, wherever they were written."""
    front: list[str] = []
    rest: list[str] = []
    words = list(words)
    while words:
        word = words.pop(0)
        if word == "--":
            rest += [word, *words]
            break
        takes = _EVERYWHERE.get(word, 1 if word.partition("=")[0] in _EVERYWHERE else 0)
        if takes:
            front.append(word)
            if takes == 2:
                if not words:  # else it would swallow the verb
                    raise UsageError(f"{word} needs a value", hint="prepop --help lists the options")
                front.append(words.pop(0))
        else:
            rest.append(word)
    return front + rest


def accepted_findings(words: Sequence[str] | None) -> dict[FindingCode, int]:
    """What `--accept CODE=N` lifts, by code. Raises UsageError for anything else."""
    accepted: dict[FindingCode, int] = {}
    known = ", ".join(code for code in FindingCode if code.can_be_accepted)
    for word in words or ():
        code, _, number = word.partition("=")
        if code not in list(FindingCode) or not re.fullmatch("[0-9]{1,9}", number):
            raise UsageError(f"--accept {word}: it must be CODE=N", hint=f"the codes are: {known}")
        if not FindingCode(code).can_be_accepted:
            why = (
                "a warning, which blocks nothing"
                if FindingCode(code).severity is Severity.WARN
                else ("to be mended, not accepted")
            )
            raise UsageError(f"--accept {word}: {code} is {why}", hint=f"what can be accepted: {known}")
        accepted[FindingCode(code)] = int(number)
    return accepted


def seconds_of(text: str | None) -> float | None:
    """A duration such as 90s, 45m, 2h or 1h30m in seconds. Raises UsageError for anything else.

    A number alone is refused too: whoever means three hours must not get three seconds.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?", text.strip())
    if not found or not any(found.groups()):
        raise UsageError(f'--max-duration: "{text}" is not a duration', hint="say 90s, 45m, 2h or 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600.0 + minutes * 60 + seconds


def days_of(text: str) -> int:
    """An age such as 30d or 30 in days. Raises UsageError for anything else."""
    found = re.fullmatch("([0-9]{1,5})d?", text.strip())
    if not found:
        raise UsageError(f'--older-than: "{text}" is not a number of days', hint="say 30d or 30")
    return int(found[1])


def methods_of(words: Sequence[str]) -> "Collection[Method]":
    """The methods that `--method` names, all of them where it names none. Raises UsageError."""
    from prepop.model import Method

    known = {method.value.lower(): method for method in Method}
    if wrong := [word for word in words if word.lower() not in known]:
        raise UsageError(
            f'--method: "{wrong[0]}" is not a method', hint=f"the methods are: {', '.join(known.values())}"
        )
    return [known[word.lower()] for word in words] or list(Method)


def digest_of(text: str | None) -> str | None:
    """The digest that was signed off, whole. Raises UsageError for a part of one: it would prove little."""
    if text is not None and not re.fullmatch("[0-9a-f]{64}", text.strip().lower()):
        raise UsageError(
            f'--digest: "{text}" is not a whole digest', hint="it has 64 digits and letters from a to f"
        )
    return None if text is None else text.strip().lower()

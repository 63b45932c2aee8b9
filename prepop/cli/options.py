"""The words of a command line that need more than typer: options anywhere, durations, accepted findings."""

import re
from collections.abc import Sequence

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from prepop.errors import UsageError
from prepop.reasons import FindingCode, Severity

# options that every verb takes, before or after it; how many words each consumes
_EVERYWHERE = {
    "-c": 2, "--config": 2, "--json": 1, "-v": 1, "--verbose": 1, "-q": 1, "--quiet": 1,
    "--log-format": 2, "--no-color": 1, "--unmask": 1,
}  # fmt: skip


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


def without_types(app: typer.Typer) -> TyperGroup:
    """The commands, with help that names what is meant (FILE, RUN) and not Python's type of it (`<path>`)."""
    command = typer.main.get_group(app)
    _untyped(command, None)
    return command


def _untyped(command: TyperCommand | TyperGroup, parent: typer.Context | None) -> None:
    context = typer.Context(command, parent=parent, **command.context_settings)
    for one in command.get_params(context):
        if isinstance(one, TyperArgument):
            # a metavar would take the place of the name, which usage and mistakes show
            one.display_type_rich = lambda ctx: None  # type: ignore[method-assign]
        elif isinstance(one, TyperOption) and one.is_flag:
            one.metavar = ""
    for verb in command.commands.values() if isinstance(command, TyperGroup) else ():
        if isinstance(verb, TyperCommand):
            _untyped(verb, context)


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
    """A duration such as 90s, 45m, 2h or 1h30m in seconds. Raises UsageError for anything else."""
    if text is None:
        return None
    found = re.fullmatch(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s?)?", text.strip())
    if not found or not any(found.groups()):
        raise UsageError(f'--max-duration: "{text}" is not a duration', hint="say 90s, 45m, 2h or 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600.0 + minutes * 60 + seconds

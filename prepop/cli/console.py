"""What a command says: its answer on standard output, errors and progress on standard error."""

import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prepop.cli.saying import line, lines
from prepop.errors import ConfigError, PrepopError
from prepop.ports import Progress
from prepop.rules.phrases import visible

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


log = logging.getLogger(__name__)


def give(text: str) -> None:
    """Write to standard output, where it can be had. What cannot be shown changes nothing of what was done.

    A reader that went away (`| head`) has seen enough; anything else is said.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _to_nowhere()
    except (OSError, ValueError) as error:  # a full disk; a stream that was closed
        lost(error)


def lost(error: OSError | ValueError) -> None:
    """Say that standard output takes nothing more, and why."""
    log.error("the answer could not be shown on standard output: %s", error)
    _unshown.append(str(error))
    _to_nowhere()


def tell(text: str) -> None:
    """Write to standard error, where it can be had."""
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def was_shown() -> bool:
    """Whether everything that was given to standard output since the last `forget_shown` arrived there."""
    return not _unshown


def forget_shown() -> None:
    """Begin a command: streams that this process was started without lead nowhere, and fail nobody."""
    _unshown.clear()
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process lives
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process lives


def _to_nowhere() -> None:
    """What is still in the buffer must not fail once more when the interpreter ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_unshown: list[str] = []  # why what was given did not arrive
_showing: "list[Bars]" = []  # progress bars that are on the terminal now


@dataclass(frozen=True, slots=True)
class Console:
    """How this command may speak: as JSON, quietly, in colour."""

    as_json: bool = False
    quiet: bool = False
    no_color: bool = False

    @property
    def width(self) -> int:
        """COLUMNS where it is set, else those of the terminal; 100 for a file or a pipe."""
        if (said := os.environ.get("COLUMNS", "")).isascii() and said.isdigit() and int(said) > 0:
            return int(said)
        return shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100

    @property
    def colour(self) -> bool:
        """True where colours are wanted: a terminal, no --no-color, no NO_COLOR in the environment."""
        return sys.stdout.isatty() and not self.no_color and not os.environ.get("NO_COLOR")

    def answer(self, text: str, document: Mapping[str, object] | None = None) -> None:
        """Give the answer: the document where JSON was asked for, else the text."""
        if self.as_json:
            out = _inert(
                json.dumps(
                    document if document is not None else {"answer": text}, ensure_ascii=False, indent=2
                )
            )
        else:
            out = text
        for bars in _showing:
            bars.stop()  # progress bars would draw into the answer
        give(out.rstrip("\n") + "\n")

    def error(self, error: PrepopError) -> None:
        """Say what went wrong in a line or a few, and what to try."""
        # a number in the place of a name is not a name; on the command line somebody typed it
        names = [name for name in error.plain if any(letter.isalpha() for letter in name)]
        said = (
            "\n".join(line(mistake, names) for mistake in error.mistakes)
            if isinstance(error, ConfigError)
            else lines(error.message, names)
        )
        hint = f"        {lines(error.hint, names)}\n" if error.hint else ""
        tell(f"prepop: {said}\n{hint}")

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Bars on a terminal, silence elsewhere."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda stage, done, total: None
            return
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        console = RichConsole(stderr=True, no_color=self.no_color or None)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Bars(*columns, console=console, transient=True) as bars:
            tasks: dict[str, TaskID] = {}
            _showing.append(bars)

            def show(stage: str, done: int, total: int | None) -> None:
                if stage not in tasks:
                    tasks[stage] = bars.add_task(stage, total=total)
                bars.update(tasks[stage], completed=done, total=total)

            try:
                yield show
            finally:
                _showing.remove(bars)


def _inert(document: str) -> str:
    """JSON in which no text can steer a terminal: what cannot be seen stands as its escape."""
    if document.isascii():
        return document  # json.dumps has escaped the control characters
    return "\n".join(
        "".join(cell if visible(cell) == cell else json.dumps(cell)[1:-1] for cell in row)
        if visible(row) != row
        else row
        for row in document.split("\n")
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """How an answer is given: where to, and whether values are whole."""

    console: Console
    unmask: bool = False
    config: Path | None = None  # as it was given, for the next command; None: the default

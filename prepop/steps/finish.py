"""Finishing: the one place where a run ends, however it ends.

A verb runs inside `ending`. Whatever comes out of it, an answer, an error, an interruption or a bug, becomes
one `Ended`, and every hook is told of it: the reports of the run, later notices and metrics. A hook that
fails keeps no other from being told, and hides nothing of how the run itself ended.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from prepop.errors import Blocked, Exit, Incomplete, Locked, PrepopError
from prepop.model import Plan
from prepop.ports import PastRuns
from prepop.steps.apply import Applied
from prepop.steps.brake import Brake

log = logging.getLogger(__name__)


class Ending(StrEnum):
    """How a run ended."""

    NOTHING = "nothing"  # there was nothing to do: `resume` with no open run
    SHOWN = "shown"  # a preview: nothing was to be written
    DONE = "done"
    FAILURES = "failures"  # through, but for some changes
    STOPPED = "stopped"  # by limits.failures; the rest was not tried
    OUT_OF_TIME = "out-of-time"
    INTERRUPTED = "interrupted"
    BLOCKED = "blocked"  # by a finding
    UNREAD = "unread"  # directory or tenant could not be read to the end, or a sign-in was refused
    LOCKED = "locked"  # another run holds the lock
    REFUSED = "refused"  # something that a person can put right, before anything was written
    BROKEN = "broken"  # off, after writing began; or a bug


@dataclass(frozen=True, slots=True)
class Ended:
    """One run, when it is over.

    plan: None where it ended before there was one. applied: None where nothing was to be written, or nothing
    yet; of a run that broke off after writing began it holds what the journal knows.
    error: what broke it off, None where it went to its end.
    """

    run: str
    how: Ending
    exit_code: Exit
    plan: Plan | None = None
    applied: Applied | None = None
    error: BaseException | None = None


class Hook(Protocol):
    """Who is told how a run ended. Raises PrepopError where that fails; what is to be said is said then."""

    def __call__(self, ended: Ended) -> None:
        """Once for each run, at its end."""


@dataclass(slots=True)
class Course:
    """A run while it is under way: what its end will be told with, and to whom.

    brake, journal: once the state is open. exit_code: once the run is over.
    """

    run: str
    hooks: list[Hook] = field(default_factory=list)
    plan: Plan | None = None
    applied: Applied | None = None
    brake: Brake | None = None
    journal: PastRuns | None = None
    exit_code: Exit = Exit.DONE


@contextmanager
def ending(course: Course, say: Callable[[PrepopError], None]) -> Iterator[None]:
    """Everything of a run happens inside. At its end every hook is told, and `course` has the exit code.

    What breaks the run off is raised again. say: where a hook's error is said.
    """
    try:
        yield
    except BaseException as error:
        finish(_broken_off(course, error), course.hooks, say)
        raise
    course.exit_code = finish(_gone_through(course), course.hooks, say)


def finish(ended: Ended, hooks: Sequence[Hook], say: Callable[[PrepopError], None]) -> Exit:
    """Tell every hook; the answer is the exit code of the run.

    The error of a hook is said and takes its own code, unless the run ended worse. A bug in one is raised
    once all were told.
    """
    code = ended.exit_code
    bug: Exception | None = None
    for hook in hooks:
        try:
            hook(ended)
        except PrepopError as error:
            say(error)
            code = code or error.exit_code
        except Exception as error:  # noqa: BLE001 - raised below
            bug = bug or error
    if bug is not None:
        raise bug
    return code


def _gone_through(course: Course) -> Ended:
    applied = course.applied
    if applied is None:
        how = Ending.NOTHING if course.plan is None else Ending.SHOWN
        return Ended(course.run, how, Exit.DONE, course.plan)
    how = Ending.STOPPED if applied.stopped else _ENDINGS.get(applied.exit_code, Ending.FAILURES)
    return Ended(course.run, how, applied.exit_code, course.plan, applied)


_ENDINGS = {
    Exit.DONE: Ending.DONE,
    Exit.OUT_OF_TIME: Ending.OUT_OF_TIME,
    Exit.INTERRUPTED: Ending.INTERRUPTED,
}


def _broken_off(course: Course, error: BaseException) -> Ended:
    code = error.exit_code if isinstance(error, PrepopError) else Exit.BUG
    how = Ending.BROKEN
    applied = course.applied
    match error:
        case KeyboardInterrupt() | asyncio.CancelledError():
            # a signal in mid-run arrives as the cancelling of everything that is under way
            how, code = Ending.INTERRUPTED, Exit.INTERRUPTED
        case Blocked():
            how = Ending.BLOCKED
        case Locked():
            how = Ending.LOCKED
        case PrepopError():
            how = Ending.UNREAD if isinstance(error, Incomplete) else Ending.REFUSED
        case _:
            pass
    if applied is None and how is not Ending.BLOCKED:
        applied = _known(course, code)
        if applied is not None and how is not Ending.INTERRUPTED:
            how = Ending.BROKEN
    return Ended(course.run, how, code, course.plan, applied, error)


def _known(course: Course, code: Exit) -> Applied | None:
    """What the journal knows of a run that broke off; None where it did not begin to write."""
    if course.journal is None or course.brake is None or not course.brake.writing:
        return None
    try:
        return Applied(course.run, course.journal.outcomes(course.run), code, closed=False)
    except PrepopError as error:  # the journal itself may be what broke
        log.debug("how far run %s came is not known: %s", course.run, error.message)
        return None

"""Finishing: the one place where a run ends, however it ends.

A verb runs inside `ending`. Whatever comes out of it, an answer, an error, an interruption or a bug, becomes
one `Ended`, and every hook is told of it: the reports of the run, later notices and metrics. A hook that
fails keeps no other from being told, and hides nothing of how the run itself ended.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from prepop.errors import Blocked, Exit, Incomplete, Locked, PrepopError, Stopped
from prepop.model import Ending, Execution, Mailed, Plan
from prepop.ports import PastRuns
from prepop.reasons import FindingCode
from prepop.steps.brake import Brake

if TYPE_CHECKING:
    from prepop.steps.apply import Applied

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """One run, when it is over.

    plan: None where it ended before there was one. applied: None where nothing was to be written, or nothing
    yet; of a run that broke off after writing began it holds what the journal knows.
    error: what broke it off, None where it went to its end. execution: how the plan was carried out; None
    where nothing was written, or the journal cannot say.
    """

    run: str
    how: Ending
    exit_code: Exit
    plan: Plan | None = None
    applied: "Applied | None" = None
    error: BaseException | None = None
    execution: Execution | None = None


class Hook(Protocol):
    """Who is told how a run ended. Raises PrepopError where that fails; what is to be said is said then."""

    def __call__(self, ended: Ended) -> None:
        """Once for each run, at its end."""


@dataclass(slots=True)
class Course:
    """A run while it is under way: what its end will be told with, and to whom.

    hooks: of the run's own work, its reports among them. listeners: told once all of these were.
    brake, journal: once the state is open. exit_code: once the run is over.
    mailed: what people heard by mail; None where nobody does, or not yet.
    """

    run: str
    hooks: list[Hook] = field(default_factory=list)
    listeners: Sequence[Hook] = ()
    plan: Plan | None = None
    applied: "Applied | None" = None
    brake: Brake | None = None
    journal: PastRuns | None = None
    mailed: Mailed | None = None
    exit_code: Exit = Exit.DONE

    @property
    def told(self) -> tuple[Hook, ...]:
        """Every hook, in the order in which they are told: what a listener sends on is written by then."""
        return (*self.hooks, *self.listeners)


@contextmanager
def ending(course: Course, say: Callable[[PrepopError], None]) -> Iterator[None]:
    """Everything of a run happens inside. At its end every hook is told, and `course` has the exit code.

    What breaks the run off is raised again. say: where a hook's error is said.
    """
    try:
        yield
    except BaseException as error:
        finish(_broken_off(course, error), course.told, say)
        raise
    course.exit_code = finish(_gone_through(course), course.told, say)


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
    how = Ending.told_by(applied.exit_code, applied.stopped_by) or Ending.DONE
    return Ended(course.run, how, applied.exit_code, course.plan, applied, execution=_execution(course))


def _execution(course: Course) -> Execution | None:
    """What the journal says of the run; None where it has none, or fails: what was done is told anyway."""
    if course.journal is None:
        return None
    try:
        found = execution_of(course.journal, course.run)
    except PrepopError as error:
        log.debug("who started run %s is not known: %s", course.run, error.message)
        return None
    return replace(found, mailed=course.mailed) if found is not None else None


def execution_of(past: PastRuns, run: str) -> Execution | None:
    """How this run of the journal went; None where there is none of that id. Raises StateError."""
    runs = past.runs()
    place = next((place for place, past in enumerate(runs) if past.id == run), None)
    if place is None:
        return None
    record = runs[place]
    before = [past.id for past in runs[place + 1 :] if past.plan_run == record.plan_run]
    return Execution(
        run=run,
        ending=record.ending,
        closed=record.finished is not None,
        stopped_by=record.stopped_by,
        accepted={FindingCode(code): number for code, number in record.accepted.items()},
        operator=record.operator,
        applied_before=before[-1] if before else "",
    )


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
        case Stopped():
            out_of_time = error.exit_code is Exit.OUT_OF_TIME
            how = Ending.OUT_OF_TIME if out_of_time else Ending.INTERRUPTED
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


def _known(course: Course, code: Exit) -> "Applied | None":
    """What the journal knows of a run that broke off; None where it did not begin to write."""
    if course.journal is None or course.brake is None or not course.brake.writing:
        return None
    from prepop.steps.apply import Applied

    try:
        return Applied(course.run, course.journal.outcomes(course.run), code, closed=False)
    except PrepopError as error:  # the journal itself may be what broke
        log.debug("how far run %s came is not known: %s", course.run, error.message)
        return None

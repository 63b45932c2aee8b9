"""One place where a run ends: however it ends, every hook hears of it once, and nothing is hidden."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from prepop.errors import (
    Blocked,
    Exit,
    Incomplete,
    Locked,
    OutputError,
    PrepopError,
    SignInError,
    StateError,
    UsageError,
)
from prepop.model import Change, Ending, Outcome, Result
from prepop.options import Limit, Limits
from prepop.steps.apply import Applied, Order, apply_plan
from prepop.steps.finish import Course, Ended, ending, finish
from tests.steps.model_tenant import Bench, Fault, bench
from tests.store.made import A, change, plan

MADE = plan(change(1, None, A), change(2, None, A))
FIRST, SECOND = MADE.changes


@dataclass
class Heard:
    """Who is told, and what was said of hooks that failed."""

    ends: list[Ended] = field(default_factory=list)
    said: list[PrepopError] = field(default_factory=list)

    def __call__(self, ended: Ended) -> None:
        self.ends.append(ended)

    @property
    def end(self) -> Ended:
        """The one end that there was."""
        (one,) = self.ends
        return one


def failing(error: Exception) -> Heard:
    """A hook that hears, and then fails."""

    class Failing(Heard):
        def __call__(self, ended: Ended) -> None:
            super().__call__(ended)
            raise error

    return Failing()


BROKEN_OFF = [
    (Blocked("x"), Ending.BLOCKED, Exit.BLOCKED),
    (Incomplete("x"), Ending.UNREAD, Exit.INCOMPLETE),
    (SignInError("x"), Ending.UNREAD, Exit.INCOMPLETE),
    (Locked("x"), Ending.LOCKED, Exit.LOCKED),
    (UsageError("x"), Ending.REFUSED, Exit.USAGE),
    (StateError("x"), Ending.REFUSED, Exit.USAGE),
    (KeyboardInterrupt(), Ending.INTERRUPTED, Exit.INTERRUPTED),
    (asyncio.CancelledError(), Ending.INTERRUPTED, Exit.INTERRUPTED),
    (RuntimeError("a bug"), Ending.BROKEN, Exit.BUG),
]


@pytest.mark.parametrize(
    ("error", "how", "code"), BROKEN_OFF, ids=[type(row[0]).__name__ for row in BROKEN_OFF]
)
def test_before_anything_was_written(error: BaseException, how: Ending, code: Exit) -> None:
    """Whatever breaks a run off is told with its exit code, and is raised again."""
    heard = Heard()
    with pytest.raises(type(error)), ending(Course("run", [heard]), heard.said.append):
        raise error
    assert (heard.end.how, heard.end.exit_code, heard.end.error) == (how, code, error)
    assert (heard.end.run, heard.end.plan, heard.end.applied) == ("run", None, None)
    assert heard.said == []


@pytest.mark.parametrize(
    ("applied", "how"),
    [
        (Applied("run", {}, Exit.DONE), Ending.DONE),
        (Applied("run", {}, Exit.SOME_FAILED), Ending.FAILURES),
        (Applied("run", {}, Exit.SOME_FAILED, stopped_by="limits.failures"), Ending.STOPPED),
        (Applied("run", {}, Exit.OUT_OF_TIME, closed=False), Ending.OUT_OF_TIME),
        (Applied("run", {}, Exit.INTERRUPTED, closed=False), Ending.INTERRUPTED),
        (None, Ending.SHOWN),
    ],
)
def test_what_went_to_its_end(applied: Applied | None, how: Ending) -> None:
    """A run that applied a plan ends as its outcomes say; a preview was shown."""
    heard = Heard()
    course = Course("run", [heard])
    with ending(course, heard.said.append):
        course.plan, course.applied = MADE, applied
    assert (heard.end.how, heard.end.plan, heard.end.applied) == (how, MADE, applied)
    assert course.exit_code == heard.end.exit_code == (applied.exit_code if applied else Exit.DONE)


def test_nothing_to_do_is_no_preview() -> None:
    """`resume` with nothing open: nobody takes it for a night that was shown, or done."""
    heard = Heard()
    with ending(Course("resume", [heard]), heard.said.append):
        pass
    assert heard.end.how is Ending.NOTHING


def test_a_hook_that_fails_keeps_nobody_from_hearing() -> None:
    """Its error is said and takes its own code (2), unless the run ended worse."""
    broken, heard = failing(OutputError("the disk is full")), Heard()
    ended = Ended("run", Ending.DONE, Exit.DONE)
    assert finish(ended, [broken, heard], heard.said.append) is Exit.USAGE
    assert heard.ends == broken.ends == [ended]
    assert [one.message for one in heard.said] == ["the disk is full"]
    worse = Ended("run", Ending.FAILURES, Exit.SOME_FAILED)
    assert finish(worse, [broken, heard], heard.said.append) is Exit.SOME_FAILED


def test_a_bug_in_a_hook_is_raised_once_all_were_told() -> None:
    """It is a bug (1), and not a silence."""
    heard = Heard()
    with pytest.raises(ZeroDivisionError):
        finish(Ended("run", Ending.DONE, Exit.DONE), [failing(ZeroDivisionError()), heard], heard.said.append)
    assert len(heard.ends) == 1


# ---------------------------------------------------------------- with a real journal


def applied(on: Bench, heard: Heard, limits: Limits | None = None) -> None:
    """A run as `running` makes it: what it works with is known to its course."""
    course = Course(MADE.run, [heard], journal=on.kept.journal, brake=on.brake)
    with ending(course, heard.said.append):
        course.plan = MADE
        order = Order(MADE.run, "d", Path("plan.json"))
        course.applied = asyncio.run(apply_plan(MADE, order, on.means(limits, in_flight=1)))


def test_a_run_that_breaks_off_while_it_writes(tmp_path: Path) -> None:
    """Of a crash after writing began, the hooks hear what the journal knows: never that nothing happened."""
    with bench(tmp_path) as on:
        settled = on.kept.journal.settled

        def full(run: str, outcomes: Sequence[tuple[Change, Outcome]]) -> None:
            settled(run, outcomes[:1])
            raise StateError("the disk is full")

        on.kept.journal.settled = full  # type: ignore[method-assign]
        heard = Heard()
        with pytest.raises(StateError):
            applied(on, heard)
        assert (heard.end.how, heard.end.exit_code) == (Ending.BROKEN, Exit.USAGE)
        assert heard.end.plan is MADE
        assert heard.end.applied is not None
        assert not heard.end.applied.closed
        assert [one.result for one in heard.end.applied.outcomes.values()] == [Result.DONE]


def test_a_journal_that_cannot_be_read_keeps_nobody_from_hearing(tmp_path: Path) -> None:
    """Where the journal itself is what broke, the end is told without outcomes."""
    with bench(tmp_path) as on:

        def gone(*_: object) -> None:
            raise StateError("the disk is gone")

        on.kept.journal.settled = gone  # type: ignore[assignment,method-assign]
        on.kept.journal.outcomes = gone  # type: ignore[assignment,method-assign]
        heard = Heard()
        with pytest.raises(StateError, match="gone"):
            applied(on, heard)
        assert heard.end.applied is None
        assert heard.end.exit_code is Exit.USAGE


def test_a_stop_by_failures_is_told_as_one(tmp_path: Path) -> None:
    """More failures than limits.failures is not the same as a run that is through but for a few."""
    for limits, how in ((Limits(), Ending.FAILURES), (Limits(failures=Limit(0, None)), Ending.STOPPED)):
        with bench(tmp_path / how) as on:
            on.tenant.script[FIRST.id] = [Fault.UNAVAILABLE] * 9
            heard = Heard()
            many = plan(*(change(n, None, A) for n in range(1, 30)))
            course = Course(many.run, [heard], journal=on.kept.journal, brake=on.brake)
            with ending(course, heard.said.append):
                order = Order(many.run, "d", Path("plan.json"))
                course.applied = asyncio.run(apply_plan(many, order, on.means(limits, in_flight=1)))
            assert heard.end.how is how

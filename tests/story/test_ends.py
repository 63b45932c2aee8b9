"""However a night ends, whoever listens hears of it once, with how it ended and what became of it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from prepop.cli.console import Console, Shown
from prepop.cli.context import House, open_house
from prepop.cli.options import Allowed
from prepop.cli.place import EXPORT, Place
from prepop.cli.resume import resume
from prepop.cli.rollback import undo
from prepop.cli.sync import sync
from prepop.errors import Exit, PrepopError
from prepop.model import Ending
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of
from prepop.steps.finish import Ended
from prepop.steps.plan import Asked
from prepop.store.journal import StoredJournal
from prepop.store.lock import only_run

SHOWN = Shown(Console(as_json=True, quiet=True))


@dataclass
class Heard:
    """Who listens."""

    ends: list[Ended] = field(default_factory=list)
    reports: Path | None = None
    there: list[str] = field(default_factory=list)  # which files the run's folder had by then

    def __call__(self, ended: Ended) -> None:
        self.ends.append(ended)
        if self.reports:
            self.there += sorted(path.name for path in (self.reports / ended.run).iterdir())


@dataclass
class Night:
    """A config, its tenant's server, and who listens."""

    folder: Path
    heard: Heard = field(default_factory=Heard)

    def house(self, **environ: str) -> House:
        """The house, with something in its environment."""
        return replace(open_house(self.folder / "prepop.toml", environ), hooks=(self.heard,))

    def sync(self, seconds: float | None = None, **environ: str) -> Exit:
        """`prepop sync`; the answer is its exit code."""
        house = self.house(**environ)
        try:
            return asyncio.run(sync(house, Asked(), Allowed({}, seconds), SHOWN))
        except PrepopError as error:
            return error.exit_code

    def end(self) -> Ended:
        """The one end that was heard since."""
        (one,) = self.heard.ends
        self.heard.ends.clear()
        return one


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    """A first night of twelve people, in good weather."""
    people = sample(12, 3)
    with SandboxServer(tenant_of(people, 3, faults=Faults.none(), scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        yield Night(tmp_path)


def test_a_night_that_is_done_and_one_that_is_undone(night: Night) -> None:
    """Plan and outcomes are told, under the id of the run; so with a rollback."""
    assert night.sync() is Exit.DONE
    done = night.end()
    assert done.how is Ending.DONE
    assert done.plan
    assert done.applied
    assert done.run == done.plan.run == done.applied.run
    assert len(done.applied.outcomes) == len(done.plan.changes) > 0
    assert asyncio.run(undo(night.house(), done.run, (), Allowed(), SHOWN)) is Exit.DONE
    undone = night.end()
    assert undone.how is Ending.DONE
    assert undone.plan
    assert undone.plan.undoes == done.run


def test_who_listens_finds_the_reports_there(night: Night) -> None:
    """Who listens is told once the night's reports are written, so that a notice can bear them."""
    night.heard.reports = night.house().settings.report_dir
    assert night.sync() is Exit.DONE
    assert {"plan.json", "report.html", "report.csv"} <= set(night.heard.there)


@pytest.mark.usefixtures("spent_while_writing")
def test_a_night_that_stops_and_goes_on(night: Night) -> None:
    """Out of time is told, then the end of the same run; a resume with nothing open is no night."""
    assert night.sync(seconds=0.0) is Exit.OUT_OF_TIME
    stopped = night.end()
    assert (stopped.how, stopped.exit_code) == (Ending.OUT_OF_TIME, Exit.OUT_OF_TIME)
    assert asyncio.run(resume(night.house(), None, None, SHOWN)) is Exit.DONE
    gone_on = night.end()
    assert (gone_on.how, gone_on.run) == (Ending.DONE, stopped.run)
    assert asyncio.run(resume(night.house(), None, None, SHOWN)) is Exit.DONE
    assert night.end().how is Ending.NOTHING


def test_a_night_that_is_refused(night: Night) -> None:
    """A finding that blocks is told with the plan that it blocks."""
    assert night.sync(PREPOP_LIMITS__ADDITIONS="0") is Exit.BLOCKED
    end = night.end()
    assert (end.how, end.applied) == (Ending.BLOCKED, None)
    assert end.plan
    assert end.plan.blocking


def test_a_night_that_finds_the_lock_held(night: Night) -> None:
    """A night that did not happen is told too, and hangs on nothing."""
    house = night.house()
    house.settings.state_dir.mkdir()
    with only_run(house.settings.state_dir, "another", house.clock.now()):
        assert night.sync() is Exit.LOCKED
    end = night.end()
    assert (end.how, end.plan, end.exit_code) == (Ending.LOCKED, None, Exit.LOCKED)


def test_a_night_that_cannot_read(night: Night) -> None:
    """A reading that breaks off is told before there is a plan."""
    export = night.folder / EXPORT
    export.write_bytes(export.read_bytes()[:-200] + b"\xff\xfe:")
    assert night.sync() is Exit.INCOMPLETE
    end = night.end()
    assert (end.how, end.plan, end.applied) == (Ending.UNREAD, None, None)


def test_a_night_that_breaks_off_while_it_writes(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug after writing began is told with what the journal knows, and is still a bug."""

    def dies(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(StoredJournal, "settled", dies)
    with pytest.raises(ZeroDivisionError):
        night.sync()
    end = night.end()
    assert (end.how, end.exit_code) == (Ending.BROKEN, Exit.BUG)
    assert end.plan
    assert end.applied
    assert not end.applied.closed

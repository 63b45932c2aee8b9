"""The nights of tests/steps, with resume and rollback as they are typed between them."""

import asyncio
import copy
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from prepop.cli.console import Console, Shown
from prepop.cli.context import House, OpenState, Past
from prepop.cli.options import Allowed
from prepop.cli.resume import resume
from prepop.cli.rollback import preview, undo
from prepop.errors import Exit
from prepop.model import Method, Result, RunKind, Traffic
from prepop.options import Settings
from prepop.rules.values.keys import comparison_key
from prepop.steps.brake import Brake
from prepop.steps.finish import Hook
from tests.steps.model_tenant import ModelDirectory, ModelTenant, Opened
from tests.steps.test_nights import Nights
from tests.store.made import Kept

SHOWN = Shown(Console(quiet=True))


@dataclass(slots=True)
class ModelHouse:
    """The house of one state machine: its state and its tenant stay open."""

    settings: Settings
    kept: Kept
    model: ModelTenant
    run: str
    people: ModelDirectory
    hooks: tuple[Hook, ...] = ()
    traffic: Traffic = field(default_factory=Traffic)

    @property
    def clock(self) -> Any:
        """The machine's clock."""
        return self.kept.clock

    def new_run(self) -> str:
        """The id that was chosen."""
        return self.run

    def sources(self) -> list[ModelDirectory]:
        """The one directory."""
        return [self.people]

    @contextmanager
    def state(self, run: str) -> Iterator[OpenState]:
        """The state, without a lock."""
        yield OpenState(self.kept.journal, self.kept.mails)

    @contextmanager
    def past(self) -> Iterator[Past]:
        """The same, only to be read."""
        yield Past(self.kept.journal)

    @asynccontextmanager
    async def tenant(self, brake: Brake | None = None) -> AsyncIterator[Opened]:
        """The tenant."""
        yield Opened(self.model)


class MoreNights(Nights):
    """Directory edits, registrations, syncs, crashes, resumes and rollbacks, in any order."""

    def _house(self) -> House:
        self.runs += 1
        return cast(
            "House", ModelHouse(self.settings, self.kept, self.tenant, f"run{self.runs}", self.people)
        )

    def _present(self) -> dict[tuple[str, Method], str]:
        return {
            (id_, m): comparison_key(m, v) for id_, all_ in self.tenant.has.items() for m, v in all_.items()
        }

    def _rolled_back(self, run: str, *, act: bool) -> Exit:
        if act:
            return asyncio.run(undo(self._house(), run, (), Allowed(), SHOWN))
        return asyncio.run(preview(self._house(), run, (), SHOWN))

    @rule()
    def carry_on(self) -> None:
        """`prepop resume`: afterwards no run is open."""
        asyncio.run(resume(self._house(), None, None, SHOWN))
        assert all(one.finished is not None for one in self.kept.journal.runs())

    @rule()
    def sync_and_undo(self) -> None:
        """A night without trouble, rolled back at once: everything is as it was before it."""
        self.tenant.script.clear()
        before = self._present()
        applied = asyncio.run(self._night())
        assert applied.exit_code is Exit.DONE
        after = self._present()
        assert self._rolled_back(applied.run, act=False) is Exit.DONE
        assert self._present() == after, "showing a rollback has changed something"
        assert self._rolled_back(applied.run, act=True) is Exit.DONE
        assert self._present() == before
        undone = copy.deepcopy(self._present())
        assert self._rolled_back(applied.run, act=True) is Exit.DONE
        assert self._present() == undone, "a rollback done twice has changed something more"

    @precondition(lambda self: self.kept.journal.runs())
    @rule(which=st.integers(0, 30))
    def undo_some_run(self, which: int) -> None:
        """Any earlier run is rolled back, whatever came since: only what is still as it wrote it goes.

        Also where a user took something else in between and brought it back: a rollback goes by values.
        """
        runs = [one for one in self.kept.journal.runs() if one.kind is RunKind.APPLY]
        if not runs:
            return
        run = runs[which % len(runs)]
        before, outcomes = self._present(), self.kept.journal.outcomes(run.id)
        touched = {
            (one.account.id, one.method): comparison_key(one.method, one.after) if one.after else None
            for one in self.kept.journal.changes(run.id, "settled")
            if outcomes[one.id].result is Result.DONE
        }
        self._rolled_back(run.id, act=True)
        after = self._present()
        for where in before.keys() | after.keys():
            if before.get(where) != after.get(where):
                assert where in touched
                assert before.get(where) == touched[where]
                self.users.pop(where, None)


TestMoreNights = MoreNights.TestCase
TestMoreNights.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)

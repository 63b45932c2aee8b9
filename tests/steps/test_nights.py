"""Any sequence of directory edits, registrations, syncs and crashes keeps the promises of HOUSE section 6."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from prepop.errors import Exit
from prepop.model import Change, Method, Policy, WriteAnswer
from prepop.options import CloudOptions, Limits, Remove, Scope, Screen, Secrets, Settings, Trust
from prepop.reasons import FindingCode
from prepop.rules.values.keys import comparison_key
from prepop.steps.apply import Applied, Means, Order, apply_plan
from prepop.steps.brake import Brake
from prepop.steps.plan import Asked, Planned, make_plan
from prepop.steps.settle import settle_open
from tests.rules.decisions.world import ATTRIBUTES, account, mobiles, offices, person, rules
from tests.steps.model_tenant import Fault, ModelDirectory, ModelTenant, Opened, quiet
from tests.store.made import opened

PEOPLE = 4
BOSS = account(3).id  # holds a role, always
THEIRS: Mapping[Method, tuple[str, ...]] = {  # what the directory may hold
    Method.MOBILE: mobiles()[:3],
    Method.ALTERNATE_MOBILE: mobiles()[3:6],
    Method.OFFICE: offices()[:3],
    Method.EMAIL: ("a@example.net", "b@example.net"),
}
OWN: Mapping[Method, str] = {  # what only users register themselves
    Method.MOBILE: mobiles()[10],
    Method.ALTERNATE_MOBILE: mobiles()[11],
    Method.OFFICE: offices()[10],
    Method.EMAIL: "own@example.com",
}
DOUBTS = (Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.HALF, Fault.CONFLICT, Fault.NO_ANSWER, Fault.FORBIDDEN)
NUMBERS = st.integers(0, PEOPLE - 1)
METHODS = st.sampled_from(list(Method))


class Killed(BaseException):
    """The process dies."""


class Nights(RuleBasedStateMachine):
    """One directory, one tenant, one state folder, and what happens to them."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.kept = self.stack.enter_context(opened(self.folder))
        self.kept.journal._connection.execute("PRAGMA synchronous = OFF")
        self.tenant = ModelTenant(
            self.kept.clock,
            users=tuple(account(n) for n in range(PEOPLE)),
            has={account(n).id: {} for n in range(PEOPLE)},
            roles={BOSS: "Global Administrator"},
        )
        self.people = ModelDirectory([person(n) for n in range(PEOPLE)])
        self.users: dict[tuple[str, Method], str] = {}  # what users registered themselves and kept
        self.runs = 0
        self.policy = Policy.FILL

    @initialize(
        policy=st.sampled_from([Policy.FILL, Policy.FOLLOW]),
        remove=st.sampled_from(list(Remove)),
        screen=st.sampled_from(list(Screen)),
    )
    def configure(self, policy: Policy, remove: Remove, screen: Screen) -> None:
        """The config stays the same over the nights."""
        self.settings = Settings(
            config_file=Path("prepop.toml"),
            mapping_file=Path("mapping.toml"),
            mapping=rules(policy, remove),
            directories=(),
            cloud=CloudOptions("tenant", screen=screen),
            scope=Scope(),
            limits=Limits(),
            trust=Trust(shared_value_max=1_000),
            state_dir=self.folder,
            keep_days=90,
            report_dir=self.folder,
            formats=(),
            secrets=Secrets(),
            config_digest="c",
            mapping_digest="m",
        )

    # ------------------------------------------------------------ what people do

    @rule(number=NUMBERS, method=METHODS, which=st.integers(-1, 2))
    def edit(self, number: int, method: Method, which: int) -> None:
        """Somebody writes a value into the directory, or takes it out."""
        one = self.people.people[number]
        values = {name: texts for name, texts in one.values.items() if name != ATTRIBUTES[method]}
        if which >= 0:
            values[ATTRIBUTES[method]] = (THEIRS[method][which % len(THEIRS[method])],)
        self.people.people[number] = replace(one, values=values)

    @rule(number=NUMBERS, method=METHODS)
    def register(self, number: int, method: Method) -> None:
        """A user registers something else than the directory will ever hold."""
        id_ = account(number).id
        if method is Method.ALTERNATE_MOBILE and Method.MOBILE not in self.tenant.has[id_]:
            return
        self.tenant.has[id_][method] = self.users[id_, method] = OWN[method]

    @rule(choice=st.integers(0, PEOPLE * len(Method)), which=st.integers(-1, 2))
    def think_again(self, choice: int, which: int) -> None:
        """A user takes something else than prepop wrote, a night sees it, and the user takes the first back.

        Then somebody edits the directory.
        """
        written = [one for one in sorted(self.kept.ledger.written) if one not in self.users]
        there = [one for one in written if one[1] in self.tenant.has[one[0]]]
        if not there:
            return
        id_, method = there[choice % len(there)]
        number = next(n for n in range(PEOPLE) if account(n).id == id_)
        before = self.tenant.has[id_][method]
        self.register(number, method)
        self.tenant.script.clear()
        self.tenant.looked.clear()
        self.kept.clock.moment += timedelta(days=1)
        assert asyncio.run(self._night()).exit_code is Exit.DONE
        if (id_, method) in self.tenant.looked:
            self.tenant.has[id_][method] = self.users[id_, method] = before
        else:
            self.unregister(number, method)
        self.edit(number, method, which)

    @rule(number=NUMBERS, method=METHODS)
    def unregister(self, number: int, method: Method) -> None:
        """A user takes a method off."""
        id_ = account(number).id
        if method is Method.MOBILE and Method.ALTERNATE_MOBILE in self.tenant.has[id_]:
            return
        self.tenant.has[id_].pop(method, None)
        self.users.pop((id_, method), None)

    @rule(number=NUMBERS, method=METHODS, faults=st.lists(st.sampled_from(DOUBTS), max_size=4))
    def trouble(self, number: int, method: Method, faults: list[Fault]) -> None:
        """The next writes of a method go wrong."""
        self.tenant.script[f"{account(number).id}/{method}"] = faults

    # ------------------------------------------------------------ what prepop does

    async def _planned(self) -> Planned:
        self.runs += 1
        return await make_plan(
            self.settings,
            [self.people],
            self.tenant,
            self.kept.ledger,
            self.kept.journal.last_run("tenant"),
            Asked(),
            run=f"run{self.runs}",
            clock=self.kept.clock,
            progress=quiet,
            extras=(),
        )

    async def _night(self) -> Applied:
        await settle_open(self.kept.journal, self.tenant, quiet)
        planned = await self._planned()
        self.kept.journal.noticed(planned.present)
        made = planned.plan
        # people may lose what they had, as far as they like: accepted
        assert {found.code for found in made.blocking} <= {FindingCode.VALUES_VANISHED}
        brake = Brake(self.kept.clock)
        means = Means(Opened(self.tenant), self.kept.journal, self.settings.limits, 1, brake, quiet)
        return await apply_plan(made, Order(made.run, "d", Path("plan.json")), means)

    @rule()
    def sync(self) -> None:
        """A night, and if it went well another one, which finds nothing to do."""
        self.kept.clock.moment += timedelta(days=1)
        if asyncio.run(self._night()).exit_code is Exit.DONE:
            assert asyncio.run(self._planned()).plan.changes == ()

    @rule(batch=st.integers(1, 3), acted=st.booleans())
    def die(self, batch: int, acted: bool) -> None:
        """A night whose process is killed at some batch, before or after the tenant acted."""
        self.kept.clock.moment += timedelta(days=1)
        write, left = self.tenant.write, batch

        async def deadly(changes: Sequence[Change], until: Mapping[str, float]) -> Mapping[str, WriteAnswer]:
            nonlocal left
            left -= 1
            if left == 0 and not acted:
                raise Killed
            answers = await write(changes, until)
            if left == 0:
                raise Killed
            return answers

        self.tenant.write = deadly  # type: ignore[method-assign]
        try:
            asyncio.run(self._night())
        except Killed:
            (record,) = [one for one in self.kept.journal.runs() if one.finished is None]
            assert record.id == f"run{self.runs}"
        finally:
            self.tenant.write = write  # type: ignore[method-assign]

    @precondition(lambda self: self.runs > 0)
    @rule()
    def lose_the_ledger(self) -> None:
        """The state is lost: what prepop wrote is nobody's now."""
        self.kept.journal._connection.execute("DELETE FROM ledger")

    # ------------------------------------------------------------ what always holds

    @invariant()
    def a_users_own_value_is_never_overwritten(self) -> None:
        """What a user registered stands until the user takes it off."""
        for (id_, method), value in self.users.items():
            assert self.tenant.has[id_].get(method) == value

    @invariant()
    def nothing_privileged_is_touched(self) -> None:
        """No write falls on an account with a role."""
        assert not any(BOSS in id_ for batch in self.tenant.batches for id_ in batch)

    @invariant()
    def the_ledger_knows_nothing_that_users_registered(self) -> None:
        """No value of a user's own is taken for prepop's."""
        for (id_, method), entry in self.kept.ledger.written.items():
            for value in (OWN[method], self.users.get((id_, method), OWN[method])):
                assert not self.kept.ledger.is_ours(entry, comparison_key(method, value))

    def teardown(self) -> None:
        """Heal every fault: one night settles everything, and the next has nothing to do."""
        self.tenant.script.clear()
        if hasattr(self, "settings"):
            self.kept.clock.moment += timedelta(days=1)
            assert asyncio.run(self._night()).exit_code is Exit.DONE
            assert asyncio.run(self._planned()).plan.changes == ()
            self.a_users_own_value_is_never_overwritten()
            for record in self.kept.journal.runs():
                assert record.finished is not None
                assert self.kept.journal.changes(record.id, "intended", "sent", "unknown") == ()
        self.stack.close()


TestNights = Nights.TestCase
TestNights.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)

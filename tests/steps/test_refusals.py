"""Standing refusals starve nobody and do not cry every night; a refusal of everybody stops the run."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from prepop.errors import Exit
from prepop.model import Method, Plan, Policy, Result
from prepop.options import CloudOptions, Limit, Limits, Remove, Scope, Screen, Secrets, Settings, Trust
from prepop.reasons import Reason
from prepop.steps.apply import Applied, Order, apply_plan
from prepop.steps.plan import Asked, make_plan
from tests.rules.decisions.world import account, mobiles, person, rules
from tests.steps.model_tenant import SENTENCE, Bench, Fault, ModelDirectory, bench, quiet
from tests.store.made import A, change, plan, renamed

FOREVER = 1_000


@dataclass
class Job:
    """The nightly job for so many people, every tenth of whose accounts Graph refuses for ever."""

    on: Bench
    people: int
    refused: set[str]
    folder: Path
    nights: int = 0
    plans: list[Plan] = field(default_factory=list)

    def settings(self) -> Settings:
        """The defaults, but for one mobile for everybody."""
        return Settings(
            config_file=Path("prepop.toml"),
            mapping_file=Path("mapping.toml"),
            mapping=rules(Policy.FILL, Remove.NEVER, Method.MOBILE),
            directories=(),
            cloud=CloudOptions("tenant", screen=Screen.REPORT),
            scope=Scope(),
            limits=Limits(),
            trust=Trust(shared_value_max=10_000),
            state_dir=self.folder,
            keep_days=90,
            report_dir=self.folder,
            formats=(),
            secrets=Secrets(),
            config_digest="c",
            mapping_digest="m",
        )

    def night(self) -> Applied:
        """Plan and apply, as sync does, and let a day pass."""
        self.nights += 1
        for one in self.refused:
            self.on.tenant.script[f"{one}/mobile"] = [Fault.FORBIDDEN] * FOREVER
        journal, run = self.on.kept.journal, f"run{self.nights}"
        found = asyncio.run(
            make_plan(
                self.settings(),
                [ModelDirectory([person(n, mobile=mobiles()[n % 100]) for n in range(self.people)])],
                self.on.tenant,
                journal.ledger(),
                journal.last_run("tenant"),
                Asked(),
                run=run,
                clock=self.on.kept.clock,
                progress=quiet,
                extras=(),
            )
        )
        self.plans.append(found.plan)
        applied = asyncio.run(
            apply_plan(found.plan, Order(run, "d", Path("plan.json")), self.on.means(in_flight=4))
        )
        self.on.kept.clock.moment += timedelta(days=1)
        return applied

    def served(self) -> set[str]:
        """Who has a mobile."""
        return {id_ for id_, has in self.on.tenant.has.items() if Method.MOBILE in has}


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    """A job for 300 people."""
    with bench(tmp_path) as on:
        everybody = [account(n) for n in range(300)]
        on.tenant.users = tuple(everybody)
        on.tenant.has = {one.id: {} for one in everybody}
        yield Job(on, 300, {one.id for one in everybody[::10]}, tmp_path)


def test_ten_nights_with_a_tenth_refused(job: Job) -> None:
    """Everybody else is served in the first night; it ends 20 at most three times, and 0 from then on.

    After three runs nobody is asked in vain; after `trust.refused_days` it is tried again, and still ends 0.
    """
    codes: list[Exit] = []
    tried: list[int] = []
    for number in range(12):
        before = len(job.on.tenant.batches)
        codes.append(job.night().exit_code)
        tried.append(sum(map(len, job.on.tenant.batches[before:])))
        assert job.served() == {account(n).id for n in range(300)} - job.refused, number
    assert codes == [Exit.SOME_FAILED, *[Exit.DONE] * 11]
    assert codes.count(Exit.SOME_FAILED) <= 3
    assert tried == [300, 30, 30, *[0] * 6, 30, 0, 0]
    left = [one for one in job.plans[5].left_alone if one.reason is Reason.REFUSED_BEFORE]
    assert {one.account.id for one in left if one.account} == job.refused
    assert all(SENTENCE in one.detail and "tried again from" in one.detail for one in left)


def test_a_new_refusal_among_known_ones_is_told(job: Job) -> None:
    """Known refusals do not hide a new one: that night ends 20."""
    job.night()
    assert job.night().exit_code is Exit.DONE
    new = account(1).id
    job.refused.add(new)
    del job.on.tenant.has[new][Method.MOBILE]
    job.on.kept.journal.forget(new, list(Method))
    assert job.night().exit_code is Exit.SOME_FAILED


def test_when_the_cause_is_gone(job: Job) -> None:
    """Once Graph takes it, it is written when it is tried again, and forgotten as a refusal."""
    for _ in range(4):
        job.night()
    job.refused.clear()
    job.on.tenant.script.clear()
    for _ in range(6):
        assert job.night().exit_code is Exit.DONE
    assert len(job.served()) == 300
    assert job.on.kept.ledger.refusals == {}


def test_forgetting_has_it_tried_at_once(job: Job) -> None:
    """`prepop forget` lets a refused change be tried the next night."""
    for _ in range(4):
        job.night()
    one = min(job.refused)
    assert job.on.kept.journal.forget(one, list(Method)) == (Method.MOBILE,)
    before = len(job.on.tenant.batches)
    job.night()
    assert job.on.tenant.batches[before:] == [[f"{one}/mobile"]]


# ---------------------------------------------------------------- which limit


def refusing(on: Bench, made: Plan, *numbers: int) -> None:
    """These changes are refused for ever."""
    for number in numbers:
        on.tenant.script[made.changes[number].id] = [Fault.FORBIDDEN] * FOREVER


def many(count: int) -> Plan:
    """Additions on so many accounts."""
    return plan(*(change(n, None, A) for n in range(count)))


@pytest.mark.parametrize(("refused", "by"), [(12, ""), (13, "limits.refusals")])
def test_refusals_of_single_accounts(tmp_path: Path, refused: int, by: str) -> None:
    """More than limits.refusals of what was tried stops the run; limits.failures does not count them."""
    made = many(200)
    with bench(tmp_path) as on:
        refusing(on, made, *range(0, 3 * refused, 3))
        limits = Limits(failures=Limit(0), refusals=Limit(None, 0.20))
        applied = on.apply(made, limits=limits, in_flight=3)
        assert applied.stopped_by == by
        assert applied.exit_code is Exit.SOME_FAILED
        (record,) = on.kept.journal.runs()
        assert record.stopped_by == by


def test_a_share_counts_from_min_population_on(tmp_path: Path) -> None:
    """Ten of the first forty are no share yet."""
    made = many(200)
    with bench(tmp_path) as on:
        refusing(on, made, *range(0, 40, 4))
        assert on.apply(made, in_flight=2).stopped_by == ""


def test_a_refusal_of_everybody(tmp_path: Path) -> None:
    """Where nobody of a wave succeeds limits.failures stops, and none is known as an account's own later."""
    made = many(200)
    with bench(tmp_path) as on:
        refusing(on, made, *range(200))
        applied = on.apply(made, in_flight=2)
        assert applied.stopped_by == "limits.failures"
        assert sum(one.result is Result.FAILED for one in applied.outcomes.values()) == 40
        assert on.kept.ledger.refusals == {}


def test_a_permission_that_goes_in_mid_run(tmp_path: Path) -> None:
    """From the wave on in which everybody is refused, failures count."""
    made = many(200)
    with bench(tmp_path) as on:
        refusing(on, made, *range(80, 200))
        applied = on.apply(made, in_flight=2)
        assert applied.stopped_by == "limits.failures"
        assert sum(one.result is Result.FAILED for one in applied.outcomes.values()) == 40


def test_known_refusals_come_last_and_stop_nothing(tmp_path: Path) -> None:
    """What was refused before is tried when all else is through, and counts against no limit."""
    made = many(100)
    none = Limits(failures=Limit(0), refusals=Limit(0))
    with bench(tmp_path) as on:
        refusing(on, made, *range(0, 30, 3))
        first = on.apply(made, limits=Limits(refusals=Limit(None, 1.0)))
        assert first.exit_code is Exit.SOME_FAILED
        on.tenant.has.clear()
        on.tenant.batches.clear()
        again = on.apply(renamed(made, "again"), limits=none)
        assert again.exit_code is Exit.DONE
        assert again.stopped_by == ""
        refused = {made.changes[n].id for n in range(0, 30, 3)}
        assert set(on.tenant.batches[-1]) == refused
        assert not refused & {id_ for batch in on.tenant.batches[:-1] for id_ in batch}


def test_what_needs_a_known_refusal(tmp_path: Path) -> None:
    """An alternate mobile whose mobile is refused as before is not tried, and makes no night end 20."""
    first = change(1, None, A)
    made = plan(
        first, change(1, None, mobiles()[5], Method.ALTERNATE_MOBILE, needs=first.id),
        *(change(n, None, A) for n in range(2, 5)),
    )  # fmt: skip
    with bench(tmp_path) as on:
        refusing(on, made, 0)
        assert on.apply(made).exit_code is Exit.SOME_FAILED
        again = on.apply(renamed(made, "again"))
        assert again.exit_code is Exit.DONE
        assert again.outcomes[made.changes[1].id].result is Result.NOT_TRIED


def test_refused_in_another_way(tmp_path: Path) -> None:
    """A known change that fails otherwise is a failure like any other."""
    made = many(5)
    with bench(tmp_path) as on:
        refusing(on, made, 0)
        on.apply(made)
        on.tenant.script[made.changes[0].id] = [Fault.UNAVAILABLE] * 9
        assert on.apply(renamed(made, "again")).exit_code is Exit.SOME_FAILED
        on.tenant.script[made.changes[0].id] = [Fault.MALFORMED] * 9
        assert on.apply(renamed(made, "third")).exit_code is Exit.SOME_FAILED
        assert on.apply(renamed(made, "fourth")).exit_code is Exit.DONE
        (found,) = on.kept.ledger.refusals.values()
        assert (found.status, found.runs) == (400, 2)


def test_graphs_words_are_in_the_outcome(tmp_path: Path) -> None:
    """What Graph said of a refusal stands in the outcome, for report and log."""
    made = many(3)
    with bench(tmp_path) as on:
        refusing(on, made, 1)
        assert on.apply(made).outcomes[made.changes[1].id].message == SENTENCE


def test_the_default_limits_in_a_small_pilot(tmp_path: Path) -> None:
    """Of five accounts four may be refused without stopping: a share counts from min_population on."""
    made = many(5)
    with bench(tmp_path) as on:
        refusing(on, made, 0, 1, 2, 3)
        applied = on.apply(replace(made), in_flight=1)
        assert applied.stopped_by == ""
        assert sum(one.result is Result.DONE for one in applied.outcomes.values()) == 1


def test_a_lone_refusal_does_not_cry_every_night(tmp_path: Path) -> None:
    """One account is left, and Graph says 400 to it: 20 in the first night, then 0, then left alone."""
    with bench(tmp_path) as on:
        codes = []
        for number in range(10):
            made = renamed(many(1), f"run{number}")
            on.tenant.script[made.changes[0].id] = [Fault.MALFORMED]
            codes.append(on.apply(made).exit_code)
            on.kept.clock.moment += timedelta(days=1)
        assert codes == [Exit.SOME_FAILED] + [Exit.DONE] * 9
        assert len(on.kept.ledger.refusals) == 1


def test_a_lone_403_may_be_a_permission(tmp_path: Path) -> None:
    """Alone it cannot be told from one that everybody lacks: it is told every night."""
    with bench(tmp_path) as on:
        for number in range(4):
            made = renamed(many(1), f"run{number}")
            refusing(on, made, 0)
            assert on.apply(made).exit_code is Exit.SOME_FAILED
            on.kept.clock.moment += timedelta(days=1)
        assert on.kept.ledger.refusals == {}


def test_a_first_wave_that_is_refused_whole(tmp_path: Path) -> None:
    """What was refused before others came true is of those accounts: refusals, not failures."""
    made = many(200)
    with bench(tmp_path) as on:
        refusing(on, made, *range(20))
        applied = on.apply(made, in_flight=1, limits=Limits(refusals=Limit(None, 1.0)))
        assert applied.stopped_by == ""
        assert sum(one.result is Result.DONE for one in applied.outcomes.values()) == 180
        assert len(on.kept.ledger.refusals) == 20

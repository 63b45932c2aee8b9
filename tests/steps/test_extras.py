"""Extra files in a plan: whatever becomes of a file, what it takes away stays within the guards."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepop.model import Action, ExtraRow, ExtraSize, LastRun, Method, Plan, Policy
from prepop.options import (
    CloudOptions,
    ExtraOptions,
    Limits,
    MappingRules,
    MethodRule,
    Region,
    Remove,
    Scope,
    Screen,
    Secrets,
    Settings,
    Trust,
)
from prepop.reasons import Reason
from prepop.steps.plan import Asked, make_plan
from tests.rules.decisions.world import CALM, Books, account, person
from tests.rules.extras.made import hr, row
from tests.steps.model_tenant import ModelDirectory, ModelTenant, quiet
from tests.store.made import Clock

PEOPLE = 60
BEFORE = LastRun(
    "earlier", PEOPLE, PEOPLE, "m", (), (ExtraSize("hr", PEOPLE, ("Personnel no.", "Private mail")),)
)


def settings() -> Settings:
    """A mapping that follows the file, in a config with the usual limits."""
    here = Path()
    rule = MethodRule(Method.EMAIL, ("hr:Private mail",), Policy.FOLLOW, Remove.OWN)
    return Settings(
        config_file=here,
        mapping_file=here,
        mapping=MappingRules(Region(), (rule,)),
        directories=(),
        cloud=CloudOptions("tenant", screen=Screen.LIVE),
        scope=Scope(),
        limits=Limits(),
        trust=Trust(),
        state_dir=here,
        keep_days=90,
        report_dir=here,
        formats=(),
        secrets=Secrets(),
        config_digest="c",
        mapping_digest="m",
        extras=(ExtraOptions("hr", here, "Personnel no.", "employeeID"),),
    )


def night(rows: Sequence[ExtraRow], header: Sequence[str] = (), keys: int = PEOPLE) -> Plan:
    """The plan of a night after everybody got the address of their row. keys: so many still have one."""
    tenant = ModelTenant(Clock(), tuple(account(n) for n in range(PEOPLE)))
    books = Books()
    for n in range(PEOPLE):
        mail = f"p{n}@example.net"
        tenant.has[account(n).id] = {Method.EMAIL: mail}
        books.wrote(account(n).id, Method.EMAIL, mail)
    people = [person(n, employeeid=f"{n:05d}" if n < keys else "") for n in range(PEOPLE)]
    read = hr(rows)
    made = make_plan(
        settings(),
        [ModelDirectory(people)],
        tenant,
        books.ledger,
        BEFORE,
        Asked(),
        run="r",
        clock=tenant.clock,
        progress=quiet,
        extras=[replace(read, header=tuple(header)) if header else read],
    )
    return asyncio.run(made).plan


def whole() -> list[ExtraRow]:
    """Everybody's row."""
    return [row(n + 2, f"{n:05d}", f"p{n}@example.net") for n in range(PEOPLE)]


def removed(plan: Plan) -> set[str]:
    """Whose address would go."""
    return {change.account.id for change in plan.changes if change.action is Action.REMOVE}


def test_a_quiet_night() -> None:
    """The same file as the night before changes nothing and finds nothing."""
    plan = night(whole())
    assert (plan.changes, plan.findings) == ((), ())
    (read,) = plan.extras
    assert (read.name, read.rows) == ("hr", PEOPLE)


@CALM
@given(
    st.sets(st.integers(0, PEOPLE - 1)),
    st.sets(st.integers(0, PEOPLE - 1), max_size=8),
    st.sets(st.integers(0, PEOPLE - 1), max_size=8),
)
def test_a_file_that_lost_rows(gone: set[int], emptied: set[int], doubled: set[int]) -> None:
    """Only whose row or value is gone loses an address, nobody whose key is in doubt; and what is not blocked
    is within limits.removals and limits.source_shrink.
    """
    rows = [
        replace(one, values={}) if n in emptied else one for n, one in enumerate(whole()) if n not in gone
    ]
    rows += [row(100 + n, f"{n:05d}", "x@example.net") for n in sorted(doubled)]
    plan = night(rows)
    takes = removed(plan)
    doubtful = doubled - gone
    assert takes <= {account(n).id for n in (gone | emptied) - doubtful}
    assert not any(
        change.action is Action.REPLACE and change.account.id in {account(n).id for n in doubtful}
        for change in plan.changes
    )
    if not plan.blocking:
        assert len(takes) <= min(10, PEOPLE // 100)
        assert len(rows) >= PEOPLE * 0.9


@pytest.mark.parametrize("keys", [0, 30, 59])
def test_a_key_that_is_not_there(keys: int) -> None:
    """Who has no key in the directory any more is not asked about: nothing of theirs goes."""
    assert removed(night(whole(), keys=keys)) == set()


def test_an_address_that_somebody_else_has_too() -> None:
    """A row of nobody (who left, whose key has a typing error) is somebody's: both have the address."""
    rows = [*whole(), row(500, "99999", "P7@Example.net")]
    plan = night(rows)
    (shared,) = [alone for alone in plan.left_alone if alone.reason is Reason.VALUE_SHARED]
    assert shared.account is not None
    assert shared.account.id == account(7).id


def test_another_header(caplog: pytest.LogCaptureFixture) -> None:
    """Columns that went or came since the last complete run are named; the same ones are not."""
    with caplog.at_level(logging.WARNING):
        night(whole())
        assert not caplog.records
        night(whole(), ("Personnel no.", "Grade", "Private mail"))
        night(whole(), ("Private mail", "Personnel no."))
    assert [one.getMessage() for one in caplog.records] == [
        "extra file hr has another header than in the last complete run (new: Grade)",
        "extra file hr has another header than in the last complete run (in another order)",
    ]


def test_a_file_that_nobody_read() -> None:
    """A plan without a file that the config names would take everything away that came from it: never."""
    with pytest.raises(ValueError, match="extra files that nobody read"):
        asyncio.run(
            make_plan(
                settings(),
                [],
                ModelTenant(Clock(), ()),
                Books().ledger,
                None,
                Asked(),
                run="r",
                clock=Clock(),
                progress=quiet,
                extras=(),
            )
        )

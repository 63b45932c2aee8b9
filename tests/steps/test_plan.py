"""Planning: what it asks of the world, and what it says of what it read."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from prepop.errors import Incomplete, UsageError
from prepop.model import DirectoryRead, Ledger, Method, Plan, Present, Privileged, Unreadable, Written
from prepop.options import CloudOptions, Limits, Scope, Screen, Secrets, Settings, Trust
from prepop.reasons import Reason
from prepop.steps.plan import Asked, Planned, make_plan
from prepop.store.plan_file import document
from tests.rules.decisions.world import NOW, account, mobiles, person, rules
from tests.steps.model_tenant import ModelDirectory, ModelTenant, quiet
from tests.store.made import Clock


def planned(tenant: ModelTenant, directories: Sequence[ModelDirectory], scope: Scope | None = None) -> Plan:
    """The plan of one night."""
    return planning(tenant, directories, scope).plan


def planning(
    tenant: ModelTenant,
    directories: Sequence[ModelDirectory],
    scope: Scope | None = None,
    held: Ledger | None = None,
) -> Planned:
    """One planning."""
    here = Path()
    settings = Settings(
        config_file=here,
        mapping_file=here,
        mapping=rules(),
        directories=(),
        cloud=CloudOptions("tenant", screen=Screen.LIVE),
        scope=scope or Scope(),
        limits=Limits(),
        trust=Trust(),
        state_dir=here,
        keep_days=90,
        report_dir=here,
        formats=(),
        secrets=Secrets(),
        config_digest="c",
        mapping_digest="m",
    )
    made = make_plan(
        settings,
        directories,
        tenant,
        held or Ledger(),
        None,
        Asked(),
        run="r",
        clock=tenant.clock,
        progress=quiet,
        extras=(),
    )
    return asyncio.run(made)


def tenant() -> ModelTenant:
    """One account."""
    return ModelTenant(Clock(), (account(1),))


def people(number: int, name: str = "corp") -> ModelDirectory:
    """A directory of one person."""
    return ModelDirectory([person(number, mobile=mobiles()[number])], name)


def test_a_protected_name_that_fits_nobody_is_an_error() -> None:
    """A wrong spelling in scope.protected would protect nobody: there is no plan."""
    scope = Scope(protected=("user1@example.org", "breakglas@example.org"))
    with pytest.raises(UsageError, match=r'scope\.protected: "breakglas@example\.org"'):
        planned(tenant(), [people(1)], scope)


BAD = Unreadable("reading its phones: Graph answered 403 accessDenied: Request Authorization failed")


def test_an_account_that_cannot_be_read_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """The account as a whole is left alone with what Graph said; the others get their changes, and the log
    names it by UPN and id.
    """
    there = ModelTenant(Clock(), tuple(account(n) for n in range(3)), trouble={account(1).id: BAD})
    directory = ModelDirectory([person(n, mobile=mobiles()[n]) for n in range(3)], "corp")
    made = planned(there, [directory])
    assert [one.account.id for one in made.changes] == [account(0).id, account(2).id]
    [left] = [one for one in made.left_alone if one.reason is Reason.ACCOUNT_UNREADABLE]
    assert left.account is not None
    assert (left.account.id, left.method, left.detail) == (account(1).id, None, BAD.why)
    [line] = [one.getMessage() for one in caplog.records]
    assert account(1).upn in line
    assert account(1).id in line


def test_too_many_that_cannot_be_read_end_the_reading() -> None:
    """More than limits.unreadable allows are no accident of single accounts: nothing is planned."""
    users = tuple(account(n) for n in range(12))
    there = ModelTenant(Clock(), users, trouble={one.id: BAD for one in users[:11]})
    directory = ModelDirectory([person(n, mobile=mobiles()[n]) for n in range(12)], "corp")
    with pytest.raises(Incomplete, match="11 of 12 accounts"):
        planned(there, [directory])


def test_trouble_with_everybody_is_no_matter_of_single_accounts() -> None:
    """Where each of several accounts answers 5xx after all tries, Graph is out of order: no night without
    work.
    """
    down = Unreadable("reading its phones: Graph answered 503", outage=True)
    users = tuple(account(n) for n in range(2))
    there = ModelTenant(Clock(), users, trouble={one.id: down for one in users})
    directory = ModelDirectory([person(n, mobile=mobiles()[n]) for n in range(2)], "corp")
    with pytest.raises(Incomplete, match="none of 2 accounts could be read"):
        planned(there, [directory])


def test_each_of_several_directories_is_described_by_its_name() -> None:
    """The report tells which forest had how many people; a single one needs no name."""
    alone = planned(tenant(), [people(1)])
    assert document(alone)["directory"] == {"kind": "model", "people": 1}
    assert alone.directory == (DirectoryRead("", 1, {"kind": "model"}),)
    both = planned(tenant(), [people(1, "one"), people(2, "two")])
    assert document(both)["directory"] == {
        "one.kind": "model",
        "one.people": 1,
        "two.kind": "model",
        "two.people": 1,
    }


def test_roles_are_not_read_where_they_do_not_matter() -> None:
    """With scope.privileged an app that may not read roles can still plan."""

    class Blind(ModelTenant):
        async def privileged(self) -> Privileged:
            raise AssertionError("roles were read")

    blind = Blind(Clock(), (account(1),))
    assert planned(blind, [people(1)], Scope(privileged=True)).changes


def test_what_is_noticed_is_said_and_not_written() -> None:
    """A plan hands back what the live reads showed; only the journal of a run that writes is told."""
    on = tenant()
    on.has[account(1).id] = {Method.MOBILE: mobiles()[5]}
    held = Ledger({(account(1).id, Method.MOBILE): Written(account(1).id, Method.MOBILE, "f", "r", NOW)})
    made = planning(on, [people(1)], held=held)
    assert made.present == {account(1).id: Present({Method.MOBILE: mobiles()[5]})}
    assert made.facts.ledger is held

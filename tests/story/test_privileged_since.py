"""Who became an administrator after the plan is not touched by it, nor by a rollback or a resumed run."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.story.stage import Stage, mobiles

Promotion = Callable[[Stage], None]


def in_the_directory(stage: Stage) -> None:
    """adminCount is set."""
    stage.change("anna", adminCount="1")


def moved_and_in_the_directory(stage: Stage) -> None:
    """The same, and the entry was moved out of the base that people are read from."""
    stage.change("anna", adminCount="1")
    tier = f"OU=Tier 0 of {stage.ou.split(',')[0][3:]},{stage.dc.base}"
    stage.dc.add(tier, {"objectClass": ["organizationalUnit"]})
    with stage.dc.administrator() as connection:
        connection.modify_dn(f"CN=anna,{stage.ou}", "CN=anna", new_superior=tier)


def in_the_report(stage: Stage) -> None:
    """The registration report calls the account an administrator."""
    stage.tenant.refresh_report()
    row = stage.tenant.report[stage.ids["anna"]]
    stage.tenant.report[stage.ids["anna"]] = replace(row, is_admin=True)


def in_a_role(stage: Stage) -> None:
    """The account holds a role."""
    stage.tenant.assign("Helpdesk Administrator", stage.ids["anna"])


WAYS: list[Promotion] = [in_the_directory, moved_and_in_the_directory, in_the_report, in_a_role]


@pytest.fixture
def two(stage: Stage) -> Stage:
    """Anna and ben, with a number each."""
    stage.hire("anna", mobile=mobiles()[0])
    stage.hire("ben", mobile=mobiles()[1])
    return stage


@pytest.mark.parametrize("promoted", WAYS, ids=lambda way: way.__name__)
def test_apply_of_a_plan_of_before(two: Stage, promoted: Promotion) -> None:
    """Ben gets his number, anna does not, and the run says why."""
    out = two.folder / "planned"
    assert two.prepop("plan", "--out", str(out)).code == 0
    promoted(two)
    said = two.prepop("apply", str(out / "plan.json"))
    assert said.code == 0
    assert [name for _, name, _ in two.written()] == ["ben"]
    assert "not to be touched" in said.out


@pytest.mark.parametrize("promoted", WAYS, ids=lambda way: way.__name__)
def test_rollback(two: Stage, promoted: Promotion) -> None:
    """Undoing a run leaves an administrator's method as it is."""
    two.sync()
    before = len(two.tenant.writes)
    promoted(two)
    listed = two.prepop("runs", "--json").document["runs"]
    assert isinstance(listed, list)
    run = str(listed[0]["run"])
    assert two.prepop("rollback", run, "--apply").code == 0
    assert [name for _, name, _ in two.written(before)] == ["ben"]


def test_a_directory_that_cannot_be_read_stops_apply(two: Stage) -> None:
    """Who is an administrator there is not known then: nothing is written."""
    out = two.folder / "planned"
    assert two.prepop("plan", "--out", str(out)).code == 0
    two.dc.stop()
    try:
        assert two.prepop("apply", str(out / "plan.json")).code == 40
    finally:
        two.dc.start()
    assert two.written() == []

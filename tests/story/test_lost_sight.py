"""What may not be read, or is empty by mistake, is not taken for a quiet night."""

import shutil

import pytest

from tests.rules.readiness.descriptors import object_sid, set_dacl
from tests.story.stage import Stage, mobiles

MOBILE = "f0f8ffa3-1191-11d0-a060-00aa006c33ed"  # schemaIDGUID of mobile: MS-ADA2
OWN = '[mobile]\nfrom = ["mobile"]\nremove = "own"\n'


def number(n: int) -> str:
    """A valid mobile of its own."""
    return f"+44 7400 1234{n:02}"


@pytest.fixture
def hired(stage: Stage) -> Stage:
    """Twenty people with a number each, written in a first night."""
    stage.mapping = OWN
    for n in range(20):
        stage.hire(f"p{n:02}", mobile=number(n))
    stage.config = "[limits]\nremovals = 20\nadditions = 50\n"
    assert len(stage.sync()) == 20
    return stage


def blind(stage: Stage, *names: str) -> None:
    """The reader may not see the mobile of these people any more."""
    reader = object_sid(stage.dc, f"CN={stage.dc.reader.split('@')[0]},CN=Users,{stage.dc.base}")
    for name in names:
        set_dacl(stage.dc, f"CN={name},{stage.ou}", f"D:(OD;;RP;{MOBILE};;{reader})(A;;RPLCRC;;;AU)")


@pytest.mark.parametrize("count", [5, 20])
def test_what_may_not_be_read_is_not_gone(hired: Stage, count: int) -> None:
    """The reader loses sight of some, or of all: nothing is removed, the night ends 30 and names the finding;
    accepted at its number it is meant.
    """
    before = len(hired.tenant.writes)
    blind(hired, *(f"p{n:02}" for n in range(count)))
    said = hired.prepop("sync")
    assert said.code == 30
    assert "values-vanished" in said.err + said.out
    assert hired.written(before) == []
    if count < 20:
        assert hired.prepop("sync", "--accept", f"values-vanished={count}").code == 0
        assert len(hired.written(before)) == count
        assert hired.prepop("sync").code == 0


def test_a_plan_that_is_applied_by_hand_is_remembered_too(hired: Stage) -> None:
    """The next plan is compared with the plan that was applied, not only with nightly runs."""
    hired.forget()
    out = hired.folder / "by-hand"
    hired.hire("late", mobile=number(30))
    assert hired.prepop("plan", "--out", str(out)).code == 0
    assert hired.prepop("apply", str(out / "plan.json")).code == 0
    blind(hired, *(f"p{n:02}" for n in range(5)))
    found = [row["code"] for row in hired.plan()["findings"]]  # type: ignore[attr-defined]
    assert "values-vanished" in found


def test_nobody_has_a_value(stage: Stage) -> None:
    """A first night in which no attribute of the mapping can be read ends 30, and says why."""
    for name in ("anna", "ben", "carl", "dora", "emil"):
        stage.hire(name)
    said = stage.prepop("sync")
    assert said.code == 30
    assert "values-vanished" in said.err + said.out


def test_an_empty_pilot_group(stage: Stage) -> None:
    """A group without members is no pilot; who names a person is answered all the same."""
    stage.hire("anna", mobile=mobiles()[0])
    stage.tenant.new_group("Pilot", [])
    stage.config = "[scope]\ngroups = ['Pilot']\n"
    said = stage.prepop("sync")
    assert said.code == 30
    assert "Nobody is in scope" in said.out
    assert stage.prepop("sync", "--user", "anna@example.com").code == 0


def test_everybody_excluded(stage: Stage) -> None:
    """An exclude group that holds everybody is a mistake, not a quiet night."""
    anna = stage.hire("anna", mobile=mobiles()[0])
    stage.tenant.new_group("Out", [anna])
    stage.config = "[scope]\nexclude_groups = ['Out']\n"
    assert stage.prepop("sync").code == 30


def test_nobody_finds_an_account(stage: Stage) -> None:
    """Below min_population too: people of whom nobody has an account."""
    for name in ("anna", "ben", "carl"):
        stage.hire(name, account=False, mobile=mobiles()[0])
    stage.tenant.new_user("somebody@example.com")
    said = stage.prepop("sync")
    assert said.code == 30
    assert "too-many-unmatched" in said.err + said.out


def test_an_older_backup_of_the_state(stage: Stage) -> None:
    """What it would replace is blocked until accepted: she may have brought that value back by hand."""
    stage.mapping = '[mobile]\nfrom = ["mobile"]\npolicy = "follow"\n'
    anna = stage.hire("anna", mobile=number(1))
    stage.hire("ben", mobile=number(2))
    stage.sync()
    backup = stage.folder / "backup"
    shutil.copytree(stage.folder / "state", backup)
    stage.change("ben", mobile=number(3))
    assert len(stage.sync()) == 1
    stage.tenant.register(anna, "mobile", number(9))
    stage.sync()  # this run sees that anna changed it: not prepop's any more
    stage.tenant.register(anna, "mobile", number(1))
    stage.change("anna", mobile=number(4))
    assert stage.sync() == [], "she brought it back by hand: it is hers"
    shutil.rmtree(stage.folder / "state")
    shutil.copytree(backup, stage.folder / "state")
    said = stage.prepop("sync")
    assert said.code == 30
    assert "state-older" in said.out
    assert stage.prepop("sync").code == 30, "it is not forgotten by the next night"
    assert stage.prepop("sync", "--accept", "state-older=1").code == 0

"""The story of the job: a real domain controller, an emulated tenant, and the command line between."""

import pytest

from prepop.model import Method
from tests.story.stage import Stage, mobiles

pytestmark = pytest.mark.samba


def test_plan_writes_nothing_and_sync_settles_in_one_run(stage: Stage) -> None:
    """`plan` touches neither tenant nor state, `sync` writes what it showed, a second `sync` nothing."""
    numbers = mobiles()
    for name, number in zip(("anna", "ben", "carla"), numbers, strict=False):
        stage.hire(name, mobile=number.replace(" ", "", 1).replace(" ", "-"))
    stage.hire("nobody", account=False, mobile=numbers[5])
    stage.config = '[limits]\nunmatched = "100%"\n'

    planned = stage.plan()
    assert stage.tenant.writes == []
    assert not (stage.folder / "state").exists()
    changes = planned["changes"]
    assert isinstance(changes, list)
    assert len(changes) == 3

    assert stage.sync() == [
        ("POST", "anna", numbers[0]),
        ("POST", "ben", numbers[1]),
        ("POST", "carla", numbers[2]),
    ]
    assert stage.sync() == []
    stage.tenant.refresh_report()
    assert stage.sync() == []


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param("fill", [], id="fill"),
        pytest.param("follow", [("PATCH", "anna", mobiles()[1])], id="follow"),
        pytest.param(
            "overwrite", [("PATCH", "anna", mobiles()[1]), ("PATCH", "own", mobiles()[3])], id="overwrite"
        ),
    ],
)
def test_a_number_moves_in_the_directory(
    stage: Stage, policy: str, expected: list[tuple[str, str, str]]
) -> None:
    """What prepop wrote is kept up under follow; what a user registered is replaced under overwrite alone."""
    stage.mapping = f'[mobile]\nfrom = ["mobile"]\npolicy = "{policy}"\n'
    stage.config = '[limits]\nreplacements = "100%"\n'
    stage.hire("anna", mobile=mobiles()[0])
    own = stage.hire("own", mobile=mobiles()[2])
    stage.tenant.register(own, Method.MOBILE, mobiles()[2].replace(" ", ""))
    assert stage.sync() == [("POST", "anna", mobiles()[0])]

    stage.tenant.refresh_report()
    stage.change("anna", mobile=mobiles()[1])
    stage.change("own", mobile=mobiles()[3])
    assert stage.sync() == expected
    assert stage.sync() == []


@pytest.mark.parametrize("policy", ["fill", "follow"])
def test_what_a_user_registered_is_kept(stage: Stage, policy: str) -> None:
    """Neither a value that was there before prepop nor one that came after it is overwritten."""
    stage.mapping = f'[mobile]\nfrom = ["mobile"]\npolicy = "{policy}"\n'
    before = stage.hire("before", mobile=mobiles()[0])
    after = stage.hire("after", mobile=mobiles()[1])
    stage.tenant.register(before, Method.MOBILE, mobiles()[4])
    assert stage.sync() == [("POST", "after", mobiles()[1])]

    stage.tenant.register(after, Method.MOBILE, mobiles()[5])
    stage.tenant.refresh_report()
    stage.change("before", mobile=mobiles()[2])
    stage.change("after", mobile=mobiles()[3])
    assert stage.sync() == []
    assert stage.tenant.phones[before] == {Method.MOBILE: mobiles()[4]}
    assert stage.tenant.phones[after] == {Method.MOBILE: mobiles()[5]}


def test_a_lost_ledger_makes_prepop_touch_less(stage: Stage) -> None:
    """Without the ledger nothing that exists is ours, so nothing that exists is replaced or removed."""
    stage.mapping = '[mobile]\nfrom = ["mobile"]\npolicy = "follow"\nremove = "own"\n'
    stage.hire("anna", mobile=mobiles()[0])
    stage.hire("ben", mobile=mobiles()[1])
    assert len(stage.sync()) == 2

    stage.forget()
    stage.tenant.refresh_report()
    stage.change("anna", mobile=mobiles()[2])
    stage.change("ben", mobile=None)
    assert stage.sync() == []


def test_remove_own_takes_back_what_prepop_wrote_and_nothing_else(stage: Stage) -> None:
    """A value that left the directory goes where prepop wrote it, and stays where the user did."""
    stage.mapping = '[mobile]\nfrom = ["mobile"]\nremove = "own"\n'
    stage.config = '[limits]\nremovals = "100%"\n'
    stage.hire("anna", mobile=mobiles()[0])
    own = stage.hire("own", mobile=mobiles()[1])
    stage.tenant.register(own, Method.MOBILE, mobiles()[1])
    assert len(stage.sync()) == 1

    stage.change("anna", mobile=None)
    stage.change("own", mobile=None)
    assert stage.sync() == [("DELETE", "anna", "")]
    assert stage.sync() == []


def test_privileged_accounts_are_left_alone_in_each_of_the_four_ways(stage: Stage) -> None:
    """Active role, eligible role, role through a nested group, adminCount: none is touched by default."""
    ids = {name: stage.hire(name, mobile=number) for name, number in zip(
        ("active", "eligible", "nested", "listed", "plain"), mobiles(), strict=False
    )}  # fmt: skip
    stage.change("listed", adminCount="1")
    inner = stage.tenant.new_group("inner", [ids["nested"]])
    outer = stage.tenant.new_group("outer", [inner.id], role_assignable=True)
    stage.tenant.assign("Helpdesk Administrator", ids["active"])
    stage.tenant.assign("Global Administrator", ids["eligible"], eligible=True)
    stage.tenant.assign("User Administrator", outer.id)

    assert stage.sync() == [("POST", "plain", mobiles()[4])]
    assert stage.reasons() == {
        "active": "privileged-role",
        "eligible": "privileged-role",
        "nested": "privileged-role",
        "listed": "privileged-directory",
    }


def test_unreadable_roles_block_applying_and_not_planning(stage: Stage) -> None:
    """Where nobody can say who is privileged, the plan is shown and nothing is written."""
    stage.hire("anna", mobile=mobiles()[0])
    stage.tenant.permissions.discard("RoleManagement.Read.Directory")

    findings = stage.plan()["findings"]
    assert isinstance(findings, list)
    assert "privileged-unknown" in [one["code"] for one in findings]
    said = stage.prepop("sync")
    assert said.code == 30
    assert "privileged-unknown" in said.err
    assert stage.tenant.writes == []


def test_a_plan_is_applied_as_it_was_reviewed(stage: Stage) -> None:
    """`apply` writes the plan that was signed off, but for a value that moved on in the meantime."""
    stage.hire("anna", mobile=mobiles()[0])
    ben = stage.hire("ben", mobile=mobiles()[1])
    digest = str(stage.plan()["digest"])
    stage.tenant.register(ben, Method.MOBILE, mobiles()[5])

    said = stage.prepop("apply", str(stage.folder / "planned" / "plan.json"), "--digest", digest)
    assert said.code == 0, said.err
    assert stage.written() == [("POST", "anna", mobiles()[0])]
    assert "moved-on" in said.out


def test_what_people_may_write_on_themselves_is_said(stage: Stage) -> None:
    """Active Directory lets people write their own numbers by default: every plan says so."""
    stage.mapping = '[mobile]\nfrom = ["mobile"]\n[email]\nfrom = ["extensionAttribute1"]\n'
    stage.hire("anna", mobile=mobiles()[0])
    findings = stage.plan()["findings"]
    assert isinstance(findings, list)
    texts = [str(one["text"]) for one in findings if one["code"] == "source-self-writable"]
    assert len(texts) == 1
    assert "mobile (1 of 1 people looked at)" in texts[0]
    assert "extensionAttribute1" not in texts[0]
    assert stage.sync() == [("POST", "anna", mobiles()[0])]

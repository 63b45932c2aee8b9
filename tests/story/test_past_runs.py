"""Past runs through the command line: undo, carry on, list, forget."""

import json

import pytest

from prepop.model import Method
from tests.story.stage import Stage, mobiles

pytestmark = pytest.mark.samba


def _run_of(stage: Stage) -> str:
    runs = stage.prepop("runs", "--json").document["runs"]
    assert isinstance(runs, list)
    return str(runs[0]["run"])


def test_rollback_restores_what_was_there(stage: Stage) -> None:
    """What a run added goes, what it replaced comes back; what somebody changed since stays."""
    stage.mapping = '[mobile]\nfrom = ["mobile"]\npolicy = "overwrite"\n'
    stage.hire("added", mobile=mobiles()[0])
    replaced = stage.hire("replaced", mobile=mobiles()[1])
    changed = stage.hire("changed", mobile=mobiles()[2])
    stage.tenant.register(replaced, Method.MOBILE, mobiles()[5])
    assert len(stage.sync()) == 3
    stage.tenant.register(changed, Method.MOBILE, mobiles()[6])
    run, before = _run_of(stage), len(stage.tenant.writes)

    shown = stage.prepop("rollback", run)
    assert shown.code == 0, shown.err
    assert len(stage.tenant.writes) == before
    assert "changed-since" in shown.out

    done = stage.prepop("rollback", run, "--apply")
    assert done.code == 0, done.err
    assert stage.written(before) == [("DELETE", "added", ""), ("PATCH", "replaced", mobiles()[5])]
    assert stage.tenant.phones[changed] == {Method.MOBILE: mobiles()[6]}


def test_rollback_of_one_person(stage: Stage) -> None:
    """`--user` undoes one person's changes and no other's."""
    stage.hire("anna", mobile=mobiles()[0])
    stage.hire("ben", mobile=mobiles()[1])
    stage.sync()
    run, before = _run_of(stage), len(stage.tenant.writes)
    assert stage.prepop("rollback", run, "--user", "anna@example.com", "--apply").code == 0
    assert stage.written(before) == [("DELETE", "anna", "")]
    assert stage.prepop("rollback", run, "--user", "nobody@example.com").code == 2
    stage.tenant.users[stage.ids["ben"]].sam = "BenB"
    assert stage.prepop("rollback", run, "--user", "benb", "--apply").code == 0, "a sAMAccountName"
    assert stage.written(before) == [("DELETE", "anna", ""), ("DELETE", "ben", "")]


def test_a_default_method_that_cannot_be_deleted_is_named(stage: Stage) -> None:
    """Graph keeps the default method: that change fails by name, the others are undone."""
    anna = stage.hire("anna", mobile=mobiles()[0])
    stage.hire("ben", mobile=mobiles()[1])
    stage.sync()
    stage.tenant.users[anna].default_method = Method.MOBILE
    run, before = _run_of(stage), len(stage.tenant.writes)
    done = stage.prepop("rollback", run, "--apply")
    assert done.code == 20
    assert stage.written(before) == [("DELETE", "ben", "")]
    assert "default method" in done.out
    assert "default method" in stage.prepop("runs", _run_of(stage)).out


@pytest.mark.usefixtures("spent_while_writing")
def test_resume_finishes_a_run_that_ran_out_of_time(stage: Stage) -> None:
    """`--max-duration` ends with 25 and leaves the run open; `resume` does the rest and no more."""
    for name, number in zip(("anna", "ben", "carla"), mobiles(), strict=False):
        stage.hire(name, mobile=number)
    assert stage.prepop("sync", "--max-duration", "0s").code == 25
    assert stage.tenant.writes == []
    assert stage.prepop("resume").code == 0
    assert len(stage.written()) == 3
    again = stage.prepop("resume")
    assert again.code == 0
    assert "Nothing to resume" in again.out
    assert stage.sync() == []


def test_purge_forgets_values_and_keeps_counts(stage: Stage) -> None:
    """After a purge no whole number is left in state and reports; the outcomes are."""
    stage.hire("anna", mobile=mobiles()[0])
    stage.sync()
    run = _run_of(stage)
    assert stage.prepop("purge", "--older-than", "0").code == 0
    digits = mobiles()[0].replace(" ", "")[1:].encode()
    for file in (stage.folder / "reports").rglob("*"):
        assert not file.is_file() or digits[-8:] not in file.read_bytes()
    counts = stage.prepop("runs", run, "--json").document["counts"]
    assert counts == {"done": 1}
    assert stage.prepop("rollback", run).code == 2
    assert json.loads((stage.folder / "reports" / run / "summary.json").read_text(encoding="utf-8"))


def test_what_a_rollback_gives_back_is_not_ours(stage: Stage) -> None:
    """A person's own value that an overwrite replaced is theirs again, also by `apply` of what was shown."""
    stage.mapping = '[mobile]\nfrom = ["mobile"]\npolicy = "overwrite"\n'
    anna = stage.hire("anna", mobile=mobiles()[0])
    stage.tenant.register(anna, Method.MOBILE, mobiles()[5])
    stage.sync()
    run = _run_of(stage)
    shown = stage.prepop("rollback", run, "--json").document
    plan = stage.folder / "reports" / str(shown["run"]) / "plan.json"
    assert stage.prepop("apply", str(plan)).code == 0
    assert stage.tenant.phones[anna] == {Method.MOBILE: mobiles()[5]}

    stage.mapping = '[mobile]\nfrom = ["mobile"]\npolicy = "follow"\n'
    stage.tenant.refresh_report()
    assert stage.sync() == []
    assert stage.tenant.phones[anna] == {Method.MOBILE: mobiles()[5]}

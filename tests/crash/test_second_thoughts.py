"""Undoing and going on after somebody has thought again: under other words, for other people, elsewhere."""

import json
import shutil
import sqlite3

import pytest

from prepop.sandbox.people.entries import SUFFIX
from tests.crash.stage import Night
from tests.crash.world import MAPPING

FIRST = f"CN=Person 0,OU=Staff,{SUFFIX}"  # has three values replaced in the second night

pytestmark = pytest.mark.usefixtures("spent_while_writing")


def _run(night: Night) -> str:
    return str(json.loads(night.prepop("runs", "--json")[1])["runs"][0]["run"])


def _protect(night: Night, name: str) -> None:
    night.world.write_config(night.url, f"[scope]\nprotected = [{json.dumps(name)}]\n")


def _written_by(night: Night, upn: str) -> int:
    (who,) = (user.id for user in night.world.tenant.users.values() if user.upn == upn)
    return sum(write.user == who for write in night.world.tenant.writes)


@pytest.mark.parametrize("shown", ["first shown", "at once"])
def test_rollback_of_a_run_that_was_cut_off(night: Night, shown: str) -> None:
    """What was sent and came true is undone too, although the run died before it knew."""
    before = night.world.present()
    assert night.prepop("sync")[0] == 0
    connection = sqlite3.connect(night.world.folder / "state" / "prepop.db", isolation_level=None)
    run = _run(night)
    connection.execute("UPDATE change SET state = 'sent', result = NULL WHERE run = ?", (run,))
    connection.execute("UPDATE run SET finished = NULL, exit_code = NULL WHERE id = ?", (run,))
    connection.close()
    if shown == "first shown":
        made = json.loads(night.prepop("rollback", run, "--json")[1])["run"]
        plan = json.loads((night.world.folder / "reports" / made / "plan.json").read_text(encoding="utf-8"))
        assert len(plan["changes"]) == len(night.world.tenant.writes)
    assert night.prepop("rollback", run, "--apply")[0] == 0
    assert night.world.present() == before
    assert "Nothing to resume" in night.prepop("resume")[1]
    assert night.world.present() == before


def test_a_run_goes_on_only_under_its_own_mapping(night: Night) -> None:
    """Who stopped a run and took a word of the mapping back is not overrun by `resume`; sync goes by it."""
    assert night.prepop("sync", "--max-duration", "0s")[0] == 25
    (night.world.folder / "mapping.toml").write_text(
        MAPPING.replace('"follow"', '"fill"').replace('remove = "own"', 'remove = "never"'), encoding="utf-8"
    )
    code, _, err = night.prepop("resume")
    assert (code, night.world.tenant.writes) == (30, [])
    assert "plan-stale" in err
    assert "prepop sync" in err
    assert night.prepop("sync")[0] == 0
    assert {write.verb for write in night.world.tenant.writes} == {"POST"}
    assert "Nothing to resume" in night.prepop("resume")[1]


def test_yesterdays_words_are_not_written_today(night: Night) -> None:
    """A run that its time had stopped is settled and closed a day later: nothing is sent."""
    run = json.loads(night.prepop("sync", "--json", "--max-duration", "0s")[1])["run"]
    night.time.at += 25 * 3600
    code, out, err = night.prepop("resume", "--json")
    assert (code, night.world.tenant.writes) == (30, [])
    assert "older than 24 hours" in err
    assert "prepop sync" in err
    assert json.loads(out)["run"] == run
    assert set(night.results()) == {"not-tried"}
    assert "Nothing to resume" in night.prepop("resume")[1]
    assert night.prepop("sync")[0] == 0
    night.whole()


@pytest.mark.parametrize("name", [FIRST, "person0@example.com"])
def test_the_journal_knows_the_config_of_a_run_whose_plan_is_gone(night: Night, name: str) -> None:
    """Who protects somebody after a run was stopped is heard, also without the plan file."""
    assert night.prepop("sync", "--max-duration", "0s")[0] == 25
    shutil.rmtree(night.world.folder / "reports")
    _protect(night, name)
    code, _, err = night.prepop("resume")
    assert (code, night.world.tenant.writes) == (30, [])
    assert "plan-stale" in err


def test_a_run_goes_on_without_whoever_is_protected_now(night: Night) -> None:
    """A name of scope.protected that came to somebody while the run stood still protects them."""
    users = {user.upn: user for user in night.world.tenant.users.values()}
    users["person1@example.com"].upn = "renamed@example.com"  # a name that fits nobody would be refused
    _protect(night, "renamed@example.com")
    assert night.prepop("sync", "--max-duration", "0s")[0] == 25
    shutil.rmtree(night.world.folder / "reports")
    users["person1@example.com"].upn = "person1@example.com"
    users["person0@example.com"].upn = "renamed@example.com"
    assert night.prepop("resume")[0] == 0
    assert _written_by(night, "renamed@example.com") == 0
    assert night.world.tenant.writes
    assert "scope.protected" in json.dumps(list(night.outcomes().values()))


@pytest.mark.parametrize("name", [FIRST.lower(), "person0@example.com", "renamed@example.com"])
def test_rollback_leaves_alone_whoever_is_protected_now(night: Night, name: str) -> None:
    """By whatever name: as it stood in the directory, when the run was planned, or in the tenant today."""
    assert night.prepop("sync")[0] == 0
    run, first = _run(night), _written_by(night, "person0@example.com")
    for user in night.world.tenant.users.values():
        if user.upn == "person0@example.com" and name.startswith("renamed"):
            user.upn = name
    _protect(night, name)
    upn = name if name.startswith("renamed") else "person0@example.com"
    code, out, _ = night.prepop("rollback", run, "--apply", "--json")
    assert code == 0
    assert "protected" in out
    assert _written_by(night, upn) == first > 0


def test_a_run_of_another_tenant_is_not_undone(night: Night) -> None:
    """A config that leads to another tenant is a mistake (2), not an undoing that finds nobody."""
    assert night.prepop("sync")[0] == 0
    run = _run(night)
    night.world.tenant.id = "99999999-0000-4000-8000-000000000000"
    for words in (["rollback", run], ["rollback", run, "--apply"]):
        code, _, err = night.prepop(*words)
        assert code == 2
        assert "99999999" in err

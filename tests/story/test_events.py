"""A collector of logs gets each event with its number, Graph's request-id and object ids, and no value."""

import json
from collections import Counter
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.cli.place import Place
from prepop.rules.events import Event
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of

Events = list[dict[str, object]]


def told(capsys: pytest.CaptureFixture[str]) -> Events:
    """The events on standard error."""
    lines = [json.loads(one) for one in capsys.readouterr().err.splitlines() if one.startswith("{")]
    return [one for one in lines if "event_id" in one]


def test_a_run_and_its_rollback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It began, each change with its request-id, who was left alone, it ended; so with a rollback."""
    people = sample(40, 3)
    with SandboxServer(tenant_of(people, 3, faults=Faults.none(), scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        words = ["-c", str(tmp_path / "prepop.toml"), "--log-format", "json"]
        capsys.readouterr()
        assert main(["sync", *words]) == 0
        found = told(capsys)
        assert found[0]["event"] == Event.RUN_BEGAN
        assert (found[-1]["event"], found[-1]["how"], found[-1]["exit_code"]) == (Event.RUN_ENDED, "done", 0)
        changes = [one for one in found if one["event"] == Event.CHANGE_DONE]
        assert changes
        assert all(one["request_id"] and one["account"] and not one["rollback"] for one in changes)
        assert Counter(one["event"] for one in found)[Event.PRIVILEGED_LEFT_ALONE] > 0
        assert all(one["run"] == changes[0]["run"] for one in found)
        text = json.dumps(found)
        assert not [one for one in people.people if one.upn in text or one.name in text]
        monkeypatch.setenv("PREPOP_LIMITS__REMOVALS", "100%")
        assert main(["rollback", str(changes[0]["run"]), "--apply", *words]) == 0
        assert {one["rollback"] for one in told(capsys) if one["event"] == Event.CHANGE_DONE} == {1}


def test_a_run_that_is_blocked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which finding, at which number."""
    people = sample(12, 3)
    monkeypatch.setenv("PREPOP_LIMITS__ADDITIONS", "0")
    with SandboxServer(tenant_of(people, 3, faults=Faults.none(), scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        capsys.readouterr()
        assert main(["sync", "-c", str(tmp_path / "prepop.toml"), "--log-format", "json"]) == 30
    (blocked,) = [one for one in told(capsys) if one["event"] == Event.RUN_BLOCKED]
    assert (blocked["event_id"], blocked["finding"]) == (1002, "too-many-additions")


def test_numbers_stay() -> None:
    """A number means one event for ever."""
    assert {one.number: one.value for one in Event} == {
        1000: "run-began",
        1001: "run-ended",
        1002: "run-blocked",
        1003: "finding-accepted",
        1100: "change-done",
        1101: "change-failed",
        1200: "privileged-left-alone",
    }

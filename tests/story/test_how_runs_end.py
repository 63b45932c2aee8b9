"""How a run ended, who ran it and what was accepted, through the command line: each answer says it first."""

import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from prepop.cli import main
from prepop.cli.place import Place
from prepop.sandbox.graph.faults import Faults, not_found
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of

Prepop = Callable[..., Mapping[str, Any]]


@pytest.fixture
def faults() -> Faults:
    """How the tenant fails; not at all, until a test says so."""
    return Faults.none()


@pytest.fixture
def prepop(tmp_path: Path, faults: Faults, capsys: pytest.CaptureFixture[str]) -> Iterator[Prepop]:
    """Type a command that must end with `code`; the answer is its JSON, and what the terminal would show."""
    people = sample(40, 3)

    def typed(*words: str, code: int = 0) -> Mapping[str, Any]:
        capsys.readouterr()
        ended = main([*words, "--json", "-c", str(tmp_path / "prepop.toml")])
        said = capsys.readouterr()
        assert ended == code, said.err
        answer: Mapping[str, Any] = json.loads(said.out or "{}")
        return answer

    with SandboxServer(tenant_of(people, 3, faults=faults, scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        yield typed


def me() -> str:
    """Who runs these tests, and where, as the operating system has it."""
    if os.name == "nt":
        return f"{os.getlogin()} on {platform.node()}"
    import pwd

    return f"{pwd.getpwuid(os.geteuid()).pw_name} on {platform.node()}"


def test_a_run_that_a_limit_stopped(
    prepop: Prepop, faults: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answer, files and list say that it was stopped, by which limit, with how many not tried, and why."""
    monkeypatch.setenv("PREPOP_LIMITS__REFUSALS", "5%")
    monkeypatch.setenv("PREPOP_LIMITS__ADDITIONS", "500")
    monkeypatch.setenv("PREPOP_CLOUD__REQUESTS_IN_FLIGHT", "1")
    faults.next("POST users/.*/phoneMethods", not_found(), 1_000_000)
    told = prepop("sync", code=20)
    assert told["ending"] == "stopped"
    assert told["mark"]["tone"] == "block"
    assert told["mark"]["text"].startswith("Stopped by limits.refusals: ")
    failed, rest = told["outcomes"]["failed"], told["outcomes"]["not-tried"]
    assert f"{failed} failed" in told["mark"]["text"]
    assert f"{rest} not tried" in told["mark"]["text"]
    assert sum(one["count"] for one in told["answers"] if one["result"] == "failed") == failed
    assert told["answers"][0]["said"].startswith("404 ")
    assert "Graph said: " in told["answers"][0]["said"]
    assert told["next"][-1].startswith("prepop plan -c ")

    page = (tmp_path / "reports" / told["run"] / "report.html").read_text(encoding="utf-8")
    assert 'class="state block"' in page
    assert "These changes were applied" not in page
    (line,) = prepop("runs")["runs"]
    assert (line["ending"], line["stopped_by"], line["operator"]) == ("stopped", "limits.refusals", me())
    again = prepop("report", told["run"])
    assert again["mark"] == told["mark"]
    assert again["answers"] == told["answers"]


def test_a_plan_that_is_applied_twice(prepop: Prepop, tmp_path: Path) -> None:
    """The second run says in its first line that nothing was written, and which run had done it."""
    prepop("plan", "--limit", "3", "--out", str(tmp_path / "review"))
    plan = str(tmp_path / "review" / "plan.json")
    first = prepop("apply", plan)
    assert first["mark"]["text"].startswith("Done")
    assert not any("already applied" in note for note in first["notes"])
    second = prepop("apply", plan)
    assert second["run"] != first["run"]
    assert second["mark"]["text"] == f"Nothing written: already applied in run {first['run']}"
    assert second["outcomes"] == {"already-true": 3}
    assert prepop("report", second["run"])["mark"] == second["mark"]
    assert prepop("report", first["run"])["mark"] == first["mark"]


def test_what_was_accepted_and_by_whom(prepop: Prepop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report and the list of runs have the finding, its number, the user and the host."""
    monkeypatch.setenv("PREPOP_LIMITS__ADDITIONS", "1")
    blocked = prepop("plan")
    assert blocked["mark"]["text"].startswith("Blocked by too-many-additions")
    (finding,) = [one for one in blocked["findings"] if one["level"] == "block"]
    accept = f"too-many-additions={finding['measured']}"
    told = prepop("sync", "--accept", accept)
    assert not told["blocked"]
    assert told["mark"]["tone"] == "warn"
    (lifted,) = [one["accepted"] for one in told["findings"] if one["code"] == "too-many-additions"]
    assert lifted == {"number": finding["measured"], "by": me()}
    assert f"too-many-additions was accepted at {finding['measured']}, by {me()}." in told["notes"]
    (line,) = prepop("runs")["runs"]
    assert (line["accepted"], line["operator"]) == ({"too-many-additions": finding["measured"]}, me())


def test_runs_says_who_on_the_terminal(
    prepop: Prepop, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list has the user, the host and what was accepted; so has one run in full."""
    monkeypatch.setenv("COLUMNS", "250")
    run = prepop("sync")["run"]
    for words in (["runs"], ["runs", run]):
        capsys.readouterr()
        assert main([*words, "-c", str(tmp_path / "prepop.toml")]) == 0
        assert me() in " ".join(capsys.readouterr().out.split()), words


def test_a_rollback_is_no_night(prepop: Prepop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its report names the run that it undoes and no number of people; the next plan looks past it."""
    monkeypatch.setenv("PREPOP_LIMITS__REMOVALS", "500")
    night = prepop("sync")
    shown = prepop("rollback", night["run"])
    assert shown["undoes"] == night["run"]
    done = prepop("rollback", night["run"], "--apply")
    assert done["mark"]["text"].startswith(f"Rollback of run {night['run']}, done")
    assert (done["able"], done["sms_voice"], done["funnel"], done["since"]) == (None, None, [], None)
    assert any(f"writes again what run {night['run']} wrote" in note for note in done["notes"])
    plan = prepop("plan")
    assert plan["since"]["run"] == night["run"]
    assert plan["undoes"] is None
    assert plan["writes"]["total"] == night["writes"]["total"], "as the note says: all of it again"


def test_a_time_budget_ends_a_reading_too(prepop: Prepop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spent before anything was written it ends 25, writes nothing, and frees the lock."""
    with monkeypatch.context() as late:
        late.setattr("prepop.steps.brake.Brake.spent", lambda brake: 3601.0)
        said = prepop("sync", "--max-duration", "1h", code=25)
    assert said == {}
    assert prepop("sync")["run"]

"""Where the reports of plans and runs stand: none takes another's place, and none is compared with itself."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from prepop.cli import main
from prepop.cli.place import Place
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of

Answer = Mapping[str, Any]
Prepop = Callable[..., Answer]
FILES = {"report.html", "report.xlsx", "report.csv", "to-register.csv", "groups.csv", "summary.json"}


@pytest.fixture
def prepop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Prepop]:
    """Type a command that must end with `code`; the answer is its JSON."""
    people = sample(12, 3)

    def typed(*words: str, code: int = 0) -> Answer:
        capsys.readouterr()
        ended = main([*words, "--json", "-c", str(tmp_path / "prepop.toml")])
        said = capsys.readouterr()
        assert ended == code, said.err
        answer: Answer = json.loads(said.out)
        return answer

    with SandboxServer(tenant_of(people, 3, faults=Faults.none(), scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        yield typed


def _files(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}


def _stands(folder: Path) -> str:
    """The sentence on the changes in the summary that lies there."""
    return str(json.loads((folder / "summary.json").read_text(encoding="utf-8"))["stands"])


@pytest.mark.usefixtures("spent_while_writing")
@pytest.mark.parametrize("out", ["", "review"])
def test_what_was_signed_stays(prepop: Prepop, tmp_path: Path, out: str) -> None:
    """`apply`, `apply` again and `report` write nothing beside the plan; each run has reports of its own."""
    reports = tmp_path / "reports"
    planned = prepop("plan", "--limit", "5", *(["--out", str(tmp_path / out)] if out else []))
    plan = tmp_path / out if out else reports / planned["run"]
    signed = _files(plan)
    assert set(signed) == FILES | {"plan.json"}

    first = prepop("apply", str(plan / "plan.json"))
    own = reports / first["run"] if out else plan / "applied"
    assert set(_files(own)) == FILES
    assert _stands(own) == first["stands"] == "5 of 5 changes came true."

    second = prepop("apply", str(plan / "plan.json"), "--max-duration", "0s", code=25)
    assert second["stands"] == "0 of 5 changes came true."
    assert _stands(reports / second["run"]) == second["stands"]
    assert _stands(own) == first["stands"]

    (own / "summary.json").unlink()
    prepop("report", first["run"])
    assert _stands(own) == first["stands"]
    assert prepop("report", str(plan))["stands"] == second["stands"]
    assert _files(plan) == signed


def test_a_folder_is_taken_for_its_plan(prepop: Prepop, tmp_path: Path) -> None:
    """`apply FOLDER` works where `report FOLDER` does."""
    prepop("plan", "--limit", "2", "--out", str(tmp_path / "review"))
    prepop("report", str(tmp_path / "review"))
    assert prepop("apply", str(tmp_path / "review"))["stands"] == "2 of 2 changes came true."


def test_purging_is_said_before_it_is_done(
    prepop: Prepop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--dry-run` counts and leaves everything; what stands under --out stays, and the answer says so."""
    prepop("plan", "--limit", "2", "--out", str(tmp_path / "review"))
    kept = _files(tmp_path / "review")
    run = prepop("sync")["run"]
    before = _files(tmp_path / "reports" / run)
    counted = prepop("purge", "--older-than", "0d", "--dry-run")
    assert counted == {"runs": 1, "folders": 1, "dry_run": True}
    assert _files(tmp_path / "reports" / run) == before
    capsys.readouterr()
    assert main(["purge", "--older-than", "0d", "--dry-run", "-c", str(tmp_path / "prepop.toml")]) == 0
    told = capsys.readouterr().out
    assert f"the values of 1 run in the journal of {tmp_path / 'state'}" in told
    assert f"1 folder in {tmp_path / 'reports'}" in " ".join(told.split())
    assert prepop("purge", "--older-than", "0d") == {"runs": 1, "folders": 1, "dry_run": False}
    assert set(_files(tmp_path / "reports" / run)) == {"summary.json"}
    assert _files(tmp_path / "review") == kept
    assert main(["purge", "--older-than", "0d", "-c", str(tmp_path / "prepop.toml")]) == 0
    assert "--out stay" in capsys.readouterr().out


@pytest.mark.usefixtures("spent_while_writing")
def test_what_a_run_resumes_stands_with_the_run(prepop: Prepop, tmp_path: Path) -> None:
    """`resume` renews the report of the run that it finishes, and not that of the plan."""
    planned = prepop("plan", "--limit", "5")
    plan = tmp_path / "reports" / planned["run"]
    signed = _files(plan)
    prepop("apply", str(plan / "plan.json"), "--max-duration", "0s", code=25)
    assert _stands(plan / "applied") == "0 of 5 changes came true."
    prepop("resume")
    assert _stands(plan / "applied") == "5 of 5 changes came true."
    assert _files(plan) == signed


def test_a_run_id_from_a_file_is_no_path(prepop: Prepop, tmp_path: Path) -> None:
    """The digest does not cover `run`: an id that somebody made a path of leads nowhere."""
    out = tmp_path / "review"
    prepop("plan", "--limit", "1", "--out", str(out))
    made = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    made["run"] = "../elsewhere"
    (out / "plan.json").write_text(json.dumps(made), encoding="utf-8")
    run = prepop("apply", str(out / "plan.json"))["run"]
    assert set(_files(tmp_path / "reports" / run)) == FILES
    assert not (tmp_path / "elsewhere").exists()


def test_no_run_is_compared_with_itself(prepop: Prepop, tmp_path: Path) -> None:
    """`sync`, and `report` of it, compare with the run before: never with the run itself or a later one."""
    prepop("plan", "--limit", "2", "--out", str(tmp_path / "review"))
    first = prepop("apply", str(tmp_path / "review"))
    second = prepop("sync")
    third = prepop("sync")
    assert prepop("report", first["run"])["since"] is None
    assert second["since"]["run"] == first["run"]
    assert prepop("report", second["run"])["since"]["run"] == first["run"]
    assert third["since"]["run"] == second["run"]
    stands = json.loads((tmp_path / "reports" / third["run"] / "summary.json").read_text(encoding="utf-8"))
    assert stands["since"]["run"] == second["run"]


def test_a_quiet_run_leaves_its_summary_alone(prepop: Prepop, tmp_path: Path) -> None:
    """It writes no plan and no rows, and `report` says why there are none."""
    prepop("sync")
    quiet = prepop("sync")
    assert quiet["writes"]["total"] == 0
    assert set(_files(tmp_path / "reports" / quiet["run"])) == {"summary.json"}
    assert main(["report", quiet["run"], "-c", str(tmp_path / "prepop.toml")]) == 2
    assert prepop("runs")["runs"][0]["run"] == quiet["run"]
    prepop("rollback", quiet["run"])

"""Plans that are written into the same folder, one after another: no run is shown with another's plan."""

import json
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.cli.place import Place
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of


def test_a_run_is_never_shown_with_another_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`report RUN` refuses where a later plan lies in the run's folder, and leaves its reports alone."""
    people = sample(12, 3)
    tenant = tenant_of(people, 3, faults=Faults.none(), scale=1000)
    out = tmp_path / "out"

    def prepop(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main([*words, "-c", str(tmp_path / "prepop.toml")])
        return code, capsys.readouterr().err

    with SandboxServer(tenant) as server:
        Place(tmp_path, people).write(server.url)
        assert prepop("plan", "--limit", "2", "--out", str(out))[0] == 0
        first = json.loads((out / "plan.json").read_text(encoding="utf-8"))["run"]
        assert prepop("apply", str(out / "plan.json"))[0] == 0
        assert prepop("report", first)[0] == 0
        told = tmp_path / "reports" / first / "summary.json"
        assert json.loads(told.read_text(encoding="utf-8"))["run"] == first

        assert prepop("plan", "--limit", "3", "--out", str(out))[0] == 0
        second = json.loads((out / "plan.json").read_text(encoding="utf-8"))["run"]
        before = {file: file.read_bytes() for file in (*out.iterdir(), *told.parent.iterdir())}

        code, said = prepop("report", first)
        assert code == 2
        assert first in said
        assert second in said
        assert {file: file.read_bytes() for file in (*out.iterdir(), *told.parent.iterdir())} == before

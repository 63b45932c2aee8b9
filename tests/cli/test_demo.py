"""The rehearsal: what each act leaves, and what it says at the end."""

import json
import re
from pathlib import Path

import pytest

from prepop.cli import main


def test_the_whole_rehearsal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each act leaves its plan; at the end it says what the directory gives, and what the file of HR adds."""
    assert main(["demo", "--people", "80", "--out", str(tmp_path / "demo")]) in (0, 20)
    said = capsys.readouterr().out
    found = re.search(
        r"Able to reset their own password: (\d+) people before, (\d+) with the directory\s+alone, (\d+) "
        r"with the file of HR; once Microsoft's SMS and calls end, (\d+) and (\d+)\.",
        said,
    )
    assert found
    before, alone, with_hr, lasting, longer = map(int, found.groups())
    assert before < alone <= with_hr
    assert lasting < longer <= with_hr
    for act in ("first", "second", "third", "with-hr"):
        assert (tmp_path / "demo" / act / "plan.json").exists()
    plan = json.loads((tmp_path / "demo" / "with-hr" / "plan.json").read_text(encoding="utf-8"))
    assert {change["from"] for change in plan["changes"] if change["method"] == "email"} == {
        "hr:Private mail"
    }
    (extra,) = plan["extras"]
    assert extra["said"]["joined by"] == "Personnel no. = employeeID"
    assert main(["demo", "--people", "5", "--out", str(tmp_path / "demo")]) in (0, 20)

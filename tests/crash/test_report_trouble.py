"""A report that cannot be written after a run: what the run did is answered, and decides the exit code."""

import errno
import json
import os
from pathlib import Path

import pytest

from prepop.sandbox.graph.faults import not_found
from tests.crash.stage import Night

pytestmark = pytest.mark.usefixtures("spent_while_writing")


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """No summary.json can be written: the disk is full."""
    replace = Path.replace

    def refused(path: Path, target: Path) -> Path:
        if Path(target).name == "summary.json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refused)


def _run(night: Night, verb: str, *words: str) -> tuple[int, str, str]:
    """The night by `sync`, or by `apply` of a plan."""
    if verb == "sync":
        return night.prepop("sync", "--json", *words)
    out = night.world.folder / "review"
    assert night.prepop("plan", "--out", str(out))[0] == 2, "of a plan, the report is all that there is"
    return night.prepop("apply", str(out / "plan.json"), "--json", *words)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("verb", ["sync", "apply"])
@pytest.mark.parametrize(("ends", "words"), [(2, ()), (20, ()), (25, ("--max-duration", "0s"))])
def test_it_hides_nothing(night: Night, verb: str, ends: int, words: tuple[str, ...]) -> None:
    """Failed changes are 20 and spent time is 25 all the same; the report is said, the answer is given."""
    if ends == 20:
        night.world.tenant.faults.next("PATCH users/.*/phoneMethods", not_found(), 1_000_000)
    code, out, err = _run(night, verb, *words)
    assert code == ends
    assert json.loads(out)["applied"] is True
    (said,) = [line for line in err.splitlines() if "summary.json" in line]
    assert "No space left" in said


@pytest.mark.usefixtures("full")
def test_resume_and_rollback_too(night: Night) -> None:
    """What finishes or undoes a run ends as it ended, with 2 where nothing worse is to say."""
    run = json.loads(night.prepop("sync", "--json", "--max-duration", "0s")[1])["run"]
    code, out, _ = night.prepop("resume", "--json", "--max-duration", "0s")
    assert (code, json.loads(out)["run"]) == (25, run)
    assert night.prepop("resume")[0] == 2
    code, out, err = night.prepop("rollback", run, "--apply")
    assert code == 2
    assert "came true" in out
    assert "summary.json" in err

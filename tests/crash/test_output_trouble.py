"""What cannot be shown undoes nothing: streams that are full, closed or gone, a working folder removed."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.stage import Night

Typed = Callable[..., subprocess.CompletedProcess[str]]
PREPOP = f"{shlex.quote(sys.executable)} -m prepop"


@pytest.fixture
def typed(night: Night, tmp_path: Path) -> Typed:
    """A command as a shell runs it, with what stands behind it."""

    def run(verb: str, behind: str = "", *, before: str = "") -> subprocess.CompletedProcess[str]:
        config = shlex.quote(str(night.world.config))
        return subprocess.run(
            ["bash", "-c", f"set -o pipefail; {before} {PREPOP} {verb} -c {config} {behind}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


TROUBLE = {
    "a full disk under the answer": ("> /dev/full", ""),
    "the answer closed": (">&-", ""),
    "a reader that goes away": ("| true", ""),
    "a full disk under the log": ("2> /dev/full", ""),
    "the log closed": ("2>&-", ""),
    "both closed": (">&- 2>&-", ""),
    "no folder to work in": ("", "mkdir gone && cd gone && rmdir ../gone &&"),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_the_work_is_done_and_says_so(night: Night, typed: Typed, trouble: str) -> None:
    """The night ends with 0, all is written, the reports are there, and the next finds nothing to do."""
    behind, before = TROUBLE[trouble]
    done = typed("sync", behind, before=before)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if "full disk under the answer" in trouble:
        assert "could not be shown on standard output" in done.stderr
    written = len(night.world.tenant.writes)
    assert written
    assert list((night.world.config.parent / "reports").glob("*/summary.json"))
    again = typed("sync")
    assert (again.returncode, len(night.world.tenant.writes)) == (0, written)


@pytest.mark.parametrize("verb", ["runs", "explain nobody@contoso.com", "--help"])
def test_an_answer_that_is_all_there_was_to_do(typed: Typed, verb: str) -> None:
    """Where the answer is the work, a full disk under it is no success."""
    done = typed(verb, "> /dev/full")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_relative_names_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    """A sentence, and no bug."""
    done = subprocess.run(
        ["bash", "-c", f"mkdir gone && cd gone && rmdir ../gone && {PREPOP} plan"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr

"""`prepop jobs DIR` gives a folder that one can edit, and never writes over what somebody edited."""

import os
from pathlib import Path

import pytest

from prepop.cli import main

SHIPPED = Path(__file__).parents[2] / "jobs"


def _files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def test_all_of_them_are_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each file as it comes, folders made; again it changes nothing."""
    assert main(["jobs", str(tmp_path / "deep" / "jobs")]) == 0
    assert _files(tmp_path / "deep" / "jobs") == _files(SHIPPED)
    assert "README.md" in capsys.readouterr().out
    assert main(["jobs", str(tmp_path / "deep" / "jobs")]) == 0


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_scripts_can_be_started(tmp_path: Path) -> None:
    """What begins with #! may be run where it was copied to, and nothing else."""
    assert main(["jobs", str(tmp_path)]) == 0
    started = {path.name for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_mode & 0o111}
    assert started == {"prepop-by-hand"}


def test_what_somebody_edited_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that differs stops it before anything is written, and is named."""
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    assert main(["jobs", str(tmp_path)]) == 2
    assert str(tmp_path / "README.md") in capsys.readouterr().err
    assert _files(tmp_path) == {"README.md": b"mine"}


def test_where_nothing_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file in the way is said in a line."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert main(["jobs", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err

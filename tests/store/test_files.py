"""Files of the owner's only, written whole or not at all."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from prepop.errors import OutputError
from prepop.files import owner_only_folder, write_owner_only, write_through

posix = pytest.mark.skipif(os.name == "nt", reason="file modes of POSIX")


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_the_owner_reads(tmp_path: Path, mask: int) -> None:
    """Files are 0600 and folders 0700, whatever the umask."""
    before = os.umask(mask)
    try:
        path = tmp_path / f"{mask}" / "deep" / "plan.json"
        write_owner_only(path, b"secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


@posix
def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    """A folder that somebody else made is not closed."""
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    write_owner_only(folder / "plan.json", b"x")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


@posix
def test_a_file_that_others_could_read_is_closed(tmp_path: Path) -> None:
    """Writing over a file that was readable by others leaves it to the owner."""
    path = tmp_path / "plan.json"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_owner_only(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)


@posix
def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """If the disk is full the old file still stands whole, nothing half-written lies about."""
    path = tmp_path / "plan.json"
    write_owner_only(path, b"old")
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from prepop.errors import OutputError\n"
        "from prepop.files import write_owner_only\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    write_owner_only(Path(sys.argv[1]), b'x' * 10_000)\n"
        "except OutputError as error:\n"
        "    print(error.message, '|', error.hint)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, timeout=600
    )
    assert f"writing {path}: File too large" in answer.stdout
    assert "--out" in answer.stdout
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["plan.json"]


def test_a_library_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    """If what writes raises anything, its error comes through and no part stays."""

    def breaks(path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_through(tmp_path / "report.xlsx", breaks)
    assert list(tmp_path.iterdir()) == []


def test_a_leftover_of_a_killed_run_is_in_nobodys_way(tmp_path: Path) -> None:
    """A part that a killed process left does not keep the next one from writing, whatever its id."""
    (tmp_path / f".plan.json.{os.getpid()}.part").write_bytes(b"half")
    write_owner_only(tmp_path / "plan.json", b"whole")
    assert (tmp_path / "plan.json").read_bytes() == b"whole"


@pytest.mark.parametrize("place", ["file/plan.json", "file/deep/plan.json"])
def test_no_folder_can_be_made(tmp_path: Path, place: str) -> None:
    """If a file stands where a folder should be, the error names the folder."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="file"):
        write_owner_only(tmp_path / place, b"x")
    with pytest.raises(OutputError, match="making the folder"):
        owner_only_folder((tmp_path / place).parent / "more")

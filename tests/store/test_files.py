"""Files of the owner's only, written whole or not at all."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from prepop.errors import OutputError
from prepop.files import (
    Untrusted,
    keep_from_others,
    others_can_write,
    owner_only_folder,
    read_guarded,
    restrict,
    write_owner_only,
    write_through,
)

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


# ---------------------------------------------------------------- files of others

root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")


@posix
@pytest.mark.parametrize(
    ("mode", "refused"),
    [(0o600, False), (0o644, False), (0o664, False), (0o666, True), (0o646, True), (0o602, True)],
)
def test_who_else_can_write_is_told(tmp_path: Path, mode: int, refused: bool) -> None:
    """Of what others can write the mode and the remedy are told; the group of the owner alone is no other."""
    path = tmp_path / "file"
    path.write_bytes(b"content")
    os.chown(path, os.geteuid(), os.getegid())
    path.chmod(mode)
    said = others_can_write(path)
    assert bool(said) is refused
    if refused:
        assert f"(mode {mode:04o})" in said
        assert "chmod go-w" in said
        with pytest.raises(Untrusted):
            read_guarded(path)
    else:
        assert read_guarded(path) == b"content"


@root
def test_groups_with_others_in_them_are_others(tmp_path: Path) -> None:
    """A group with a name of its own may have anybody in it; one without a name nobody gets into."""
    import grp

    path = tmp_path / "file"
    path.write_bytes(b"")
    named = next(one for one in grp.getgrall() if one.gr_name not in ("root", "wheel"))
    os.chown(path, 0, named.gr_gid)
    path.chmod(0o660)
    assert "can be written by others" in others_can_write(path)
    nameless = next(
        number for number in range(60_000, 61_000) if number not in {g.gr_gid for g in grp.getgrall()}
    )
    os.chown(path, 0, nameless)
    path.chmod(0o660)
    assert others_can_write(path) == ""


@posix
def test_a_terminal_or_pipe_is_no_file_of_others() -> None:
    """What comes through a device is judged by whoever connected it."""
    assert others_can_write(Path("/dev/null")) == ""


@posix
def test_restricting_follows_no_link(tmp_path: Path) -> None:
    """A link in the place of a file of ours never changes the mode of what it leads to."""
    target = tmp_path / "somebody's"
    target.write_bytes(b"")
    target.chmod(0o644)
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(OSError, match="symbolic link"):
        restrict(tmp_path / "link")
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    with pytest.raises(Untrusted, match="is a link"):
        keep_from_others(tmp_path / "link")


@posix
def test_writing_follows_no_link(tmp_path: Path) -> None:
    """A link in the place of a file that is written is replaced; what it led to stays."""
    (tmp_path / "target").write_bytes(b"somebody's")
    (tmp_path / "plan.json").symlink_to(tmp_path / "target")
    write_owner_only(tmp_path / "plan.json", b"ours")
    assert (tmp_path / "target").read_bytes() == b"somebody's"
    assert (tmp_path / "plan.json").read_bytes() == b"ours"
    assert not (tmp_path / "plan.json").is_symlink()


@posix
def test_what_others_can_read_is_taken_from_them(tmp_path: Path) -> None:
    """A file of the state is left to its owner; a folder keeps its mode, for it may hold more."""
    path = tmp_path / "prepop.db"
    path.write_bytes(b"")
    path.chmod(0o644)
    tmp_path.chmod(0o755)
    keep_from_others(path)
    keep_from_others(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755

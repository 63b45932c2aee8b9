"""The state on a network file system. What the kernel says of mounts is a stand-in."""

import sqlite3
from pathlib import Path

import pytest

from prepop.errors import StateError
from prepop.store import network
from prepop.store.database import NAME, exists, open_database, prepare_folder, transaction
from prepop.store.key import Key, key
from prepop.store.network import network_kind

WAL, ROLLBACK = 2, 1


def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> Path:
    """A state folder on a share of this kind, by what the kernel says."""
    share = tmp_path / "the share"
    share.mkdir(exist_ok=True)
    point = str(share).replace(" ", "\\040")
    rows = [
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
        f"40 22 0:40 / {point} rw,relatime shared:9 master:2 - {kind} //nas/x rw",
        "nonsense",
    ]
    (tmp_path / "mountinfo").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(network, "MOUNTS", tmp_path / "mountinfo")
    return share / "state"


def opened(state: Path) -> tuple[sqlite3.Connection, Key]:
    """The database of a run that writes."""
    prepare_folder(state)
    its_key = key(state, {}, make=not exists(state))
    return open_database(state, its_key, query_only=False), its_key


def write_version(state: Path) -> int:
    """What the file itself says of its journal."""
    return (state / NAME).read_bytes()[18]


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.unheard-of", "9p"])
def test_no_wal_on_a_share(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new state there has a rollback journal and syncs the folder; nothing shares memory."""
    state = mounted(tmp_path, monkeypatch, kind)
    assert network_kind(state) == kind
    connection, its_key = opened(state)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (3,)  # EXTRA
    with transaction(connection):
        connection.execute("INSERT INTO about VALUES ('a', 'b')")
        assert {path.name for path in state.iterdir()} >= {f"{NAME}-journal"}
    reader = open_database(state, its_key, query_only=True)
    assert reader.execute("SELECT value FROM about WHERE name = 'a'").fetchone() == ("b",)
    reader.close()
    connection.close()
    assert write_version(state) == ROLLBACK
    assert not list(state.glob("*-shm"))


@pytest.mark.parametrize("kind", ["ext4", "xfs", "fuse.mergerfs", "fuseblk", "overlay"])
def test_wal_on_a_disk(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local disk keeps the write-ahead log."""
    state = mounted(tmp_path, monkeypatch, kind)
    connection, _ = opened(state)
    connection.close()
    assert write_version(state) == WAL


def test_a_state_that_moved_to_a_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its WAL, unmerged: looking at it shares no memory, and the first run that writes converts it."""
    state = mounted(tmp_path, monkeypatch, "ext4")
    connection, its_key = opened(state)
    connection.execute("INSERT INTO about VALUES ('a', 'b')")
    moved = state.with_name("moved")
    prepare_folder(moved)
    for path in list(state.iterdir()):
        if not path.name.endswith("-shm"):
            (moved / path.name).write_bytes(path.read_bytes())
            (moved / path.name).chmod(0o600)
    connection.close()
    assert (moved / f"{NAME}-wal").stat().st_size > 0
    mounted(tmp_path, monkeypatch, "cifs")
    assert exists(moved)
    reader = open_database(moved, its_key, query_only=True)
    assert not (moved / f"{NAME}-shm").exists(), "an index in shared memory"
    assert reader.execute("SELECT value FROM about WHERE name = 'a'").fetchone() == ("b",)
    reader.close()
    writer = open_database(moved, its_key, query_only=False)
    assert not (moved / f"{NAME}-shm").exists()
    assert write_version(moved) == ROLLBACK
    second = open_database(moved, its_key, query_only=True)  # the lock was let go
    assert second.execute("SELECT value FROM about WHERE name = 'a'").fetchone() == ("b",)
    second.close()
    writer.close()


@pytest.mark.parametrize("kind", ["fuse.blobfuse2", "fuse.s3fs", "fuse.rclone"])
def test_an_object_store_is_refused(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only looks like a folder keeps no database; the message says why and what to name instead."""
    state = mounted(tmp_path, monkeypatch, kind)
    with pytest.raises(StateError, match="object store") as error:
        opened(state)
    assert "state.dir" in error.value.hint


def test_nothing_is_known_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel says nothing of mounts (Windows, macOS) a local disk is assumed."""
    monkeypatch.setattr(network, "MOUNTS", tmp_path / "none")
    assert network_kind(tmp_path) == ""


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="Linux")
def test_what_this_kernel_says() -> None:
    """/proc itself is told by its kind, from what the kernel really writes."""
    assert network._kind(Path("/proc/self")) == "proc"

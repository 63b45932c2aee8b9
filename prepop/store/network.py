"""A state folder on a network file system: another journal than SQLite's WAL, or none at all.

WAL keeps its index in memory that processes share, and so "does not work over a network filesystem" (SQLite,
Write-Ahead Logging, "Overview"). There the database gets a rollback journal, whose deletion is synced with
its folder (`synchronous = EXTRA`). What only looks like a folder, an object store behind FUSE, keeps no
database, and is refused.
"""

import logging
import os
import re
import sqlite3
from pathlib import Path

from prepop.errors import StateError

log = logging.getLogger(__name__)

MOUNTS = Path("/proc/self/mountinfo")  # Linux; elsewhere nothing is known, and a local disk assumed

_NETWORK = frozenset(
    (
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "ceph",
        "glusterfs",
        "lustre",
        "afs",
        "gpfs",
        "beegfs",
        "virtiofs",
    )
)
_OBJECTS = ("blobfuse", "s3fs", "goofys", "gcsfuse", "rclone", "mount-s3", "mountpoint-s3")
_LOCAL_FUSE = frozenset(("fuse.fuse-overlayfs", "fuse.lxcfs", "fuse.mergerfs", "fuse.gocryptfs"))
_WAL = 2  # byte 18 of a database, its write version (SQLite, Database File Format)


def network_kind(folder: Path) -> str:
    """The kind of network file system that a folder stands on, such as `cifs`; "" for a local disk.

    Raises StateError where it is an object store.
    """
    kind = _kind(folder)
    name = kind.removeprefix("fuse.")
    if kind.startswith("fuse.") and name.startswith(_OBJECTS):
        raise StateError(
            f"using the state folder {folder}: it stands on {name}, an object store that keeps no database",
            hint="name a folder on a disk, or on an SMB or NFS share, in state.dir",
        )
    fuse = kind.startswith("fuse.") and kind not in _LOCAL_FUSE
    return kind if fuse or kind in _NETWORK else ""


def _kind(folder: Path) -> str:
    """The file system of a folder, or of the nearest one that is there, as the kernel calls it."""
    try:
        rows = MOUNTS.read_bytes().splitlines()
    except OSError:
        return ""
    real = folder.resolve()
    found, longest = "", -1
    for row in rows:  # proc_pid_mountinfo(5): ... (5) mount point (6) options, tags, -, (9) type
        fields = row.split()
        if b"-" not in fields[6:-1]:
            continue
        plain = re.sub(rb"\\([0-7]{3})", lambda octal: bytes((int(octal[1], 8),)), fields[4])
        point = Path(os.fsdecode(plain))
        # of mounts over one another the last counts
        if real.is_relative_to(point) and len(point.parts) >= longest:
            found, longest = fields[fields.index(b"-", 6) + 1].decode("ascii", "replace"), len(point.parts)
    return found


def connect(path: Path, *, timeout: float) -> sqlite3.Connection:
    """Open a database file. On a network file system one with a WAL shares no memory: it is opened alone."""
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    if _has_wal(path) and network_kind(path.parent):
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    return connection


def choose_journal(connection: sqlite3.Connection, path: Path, *, new: bool, query_only: bool) -> None:
    """Take the journal that is safe where the file stands. One that came here with a WAL loses it."""
    kind = network_kind(path.parent)
    if not kind:
        if new:
            connection.execute("PRAGMA journal_mode = WAL")  # stays with the file
        return
    log.info("the state stands on a network file system (%s): it gets a rollback journal", kind)
    connection.execute("PRAGMA synchronous = EXTRA")
    if not query_only:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA locking_mode = NORMAL")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # lets the lock go


def _has_wal(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(20)
    except OSError:
        return False
    return head[18:19] == bytes((_WAL,))

"""Files that hold whole numbers, addresses and secrets, or decide whose number goes where.

What prepop writes is its owner's only, and written whole or not at all. What it trusts, only its user and
root may write. No link that somebody planted is followed where prepop writes. On Windows nothing is refused:
POSIX modes say nothing there.
"""

import errno
import logging
import os
import stat
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from prepop.errors import OutputError

log = logging.getLogger(__name__)


class Untrusted(PermissionError):
    """Somebody else may write a file or folder that prepop would trust. `why` goes on after its name."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(errno.EPERM, why, str(path))
        self.why = why


def others_can_write(path: Path | int) -> str:
    """How others than this user and root may write a file or folder (or what is open under a number).

    The answer goes on after the name of the file; "" where nobody else may. Raises OSError.
    """
    if os.name == "nt":
        return ""
    about = os.stat(path)  # noqa: PTH116 - of a number, too
    if stat.S_ISCHR(about.st_mode):
        return ""  # a terminal
    if about.st_uid not in (os.geteuid(), 0):
        return (
            f"belongs to another user ({_user(about.st_uid)}): "
            "run prepop as that user, or give it to the one that runs prepop, or to root, with chown"
        )
    by_group = about.st_mode & stat.S_IWGRP and not _is_alone(about.st_gid, about.st_uid)
    if by_group or about.st_mode & stat.S_IWOTH:
        mode = f"{stat.S_IMODE(about.st_mode):04o}"
        return f"can be written by others than its owner (mode {mode}): take that away with chmod go-w"
    return ""


def link_of_others(path: Path) -> str:
    """As `others_can_write`, of the link where `path` is one: who made it decides what is read."""
    if os.name == "nt":
        return ""
    about = path.lstat()
    if not stat.S_ISLNK(about.st_mode) or about.st_uid in (os.geteuid(), 0):
        return ""
    return f"is a link that another user made ({_user(about.st_uid)}): name the file itself"


def whose(path: Path, opened: int) -> str:
    """How others decide what is read of a file that is open: `others_can_write`, or `link_of_others`.

    What is judged is what was opened, whatever happens to the name.
    """
    return others_can_write(opened) or link_of_others(path)


def read_guarded(path: Path, *, secret: bool = False) -> bytes:
    """The content of a file that nobody else may write. Raises Untrusted, or another OSError.

    secret: warn where others may read it.
    """
    with path.open("rb") as file:
        if why := whose(path, file.fileno()):
            raise Untrusted(path, why)
        if secret and others_can_read(file.fileno()):
            log.warning("%s can be read by others than its owner: take that away with chmod go-r", path)
        return file.read()


def keep_from_others(path: Path) -> None:
    """Refuse a file of the state that others may write, or that is a link; take reading away from others.

    Of a folder reading is left as it is: it may hold more than prepop's files. Raises Untrusted, OSError.
    """
    if os.name == "nt":
        return
    about = path.lstat()
    folder = path.is_dir()
    if stat.S_ISLNK(about.st_mode) and not folder:
        raise Untrusted(path, "is a link, which prepop never makes here: take it away")
    if why := others_can_write(path) or link_of_others(path):
        raise Untrusted(path, why)
    if not folder and about.st_mode & 0o077 and about.st_uid == os.geteuid():
        restrict(path)


def others_can_read(path: Path | int) -> bool:
    """Whether others than its owner may read a file (or what is open under a number). Raises OSError."""
    if os.name == "nt":
        return False
    about = os.stat(path)  # noqa: PTH116 - of a number, too
    # a file of root that a group may read is how a secret is lent to a service
    lent = about.st_uid == 0 or _is_alone(about.st_gid, about.st_uid)
    readers = stat.S_IROTH if lent else stat.S_IROTH | stat.S_IRGRP
    return stat.S_ISREG(about.st_mode) and bool(about.st_mode & readers)


def _is_alone(group: int, owner: int) -> bool:
    """True where nobody but the owner and root is in a group.

    That is the group that many systems make for each user, root's own, and one without a name, such as that
    of a container's volume: nobody gets into it by the system's list of users.
    """
    import grp

    try:
        about = grp.getgrgid(group)
    except KeyError:
        return True
    name = _user(owner)
    return about.gr_name in (name, "root", "wheel") and not set(about.gr_mem) - {name, "root"}


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def owner_only_folder(folder: Path) -> None:
    """Make a folder (and its parents) that only the owner can enter; an existing one keeps its mode.

    Raises OutputError where it cannot be made.
    """
    for path in (folder, *folder.parents):
        if path.is_symlink() and not path.exists():
            raise OutputError(
                f"making the folder {folder}: {path} is a link to {path.readlink()}, which does not exist",
                hint="make what it leads to, or name another folder",
            )
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in missing:
            restrict(path)
    except OSError as error:
        raise OutputError(
            f"making the folder {folder}: {error.strerror or error}",
            hint="name another folder, or let the user that runs prepop write there",
        ) from error


def restrict(path: Path) -> None:
    """Leave a file or folder to its owner: mode 0600 or 0700, on Windows an ACL with the owner alone.

    Raises OSError, also for a link: it would be somebody else's file.
    """
    if os.name == "nt":
        who = f"{os.environ.get('USERDOMAIN', '.')}\\{os.environ.get('USERNAME', '')}"
        flags = "(OI)(CI)F" if path.is_dir() else "F"
        try:
            subprocess.run(
                ["icacls", str(path), "/inheritance:r", "/grant:r", f"{who}:{flags}"],
                check=True,
                capture_output=True,
            )
        except subprocess.CalledProcessError as error:
            raise OSError(f"icacls could not leave {path} to {who} alone") from error
    else:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.fchmod(opened, 0o700 if stat.S_ISDIR(os.fstat(opened).st_mode) else 0o600)
        finally:
            os.close(opened)


def write_owner_only(path: Path, content: bytes) -> None:
    """Write a file of the owner's only, whole or not at all: a reader never sees half of it.

    Raises OutputError (disk full, no right to write, ...); then what stood there before still stands.
    """
    write_through(path, lambda temporary: temporary.write_bytes(content))


def write_for_all_to_read(path: Path, content: bytes) -> None:
    """Write a file without secrets that a service under another user must read: 0644, whole or not at all.

    Raises OutputError.
    """

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)
        if os.name != "nt":
            temporary.chmod(0o644)

    write_through(path, write)


def folder_for_all_to_enter(folder: Path) -> None:
    """Make a folder, and its parents, that a service under another user can enter: 0755.

    Where it cannot be made whoever writes into it says why.
    """
    with suppress(OSError):
        for path in (*reversed(folder.parents), folder):
            if not path.exists():
                path.mkdir()
                path.chmod(0o755)


def write_through(path: Path, write: Callable[[Path], object]) -> None:
    """As write_owner_only, for a library that wants to write a file by its name itself."""
    owner_only_folder(path.parent)
    temporary: Path | None = None
    try:
        # a name of its own: in a container every run has the same process id
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        os.close(handle)
        temporary = Path(name)
        if os.name == "nt":
            restrict(temporary)
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        _remove(temporary)
        raise OutputError(
            f"writing {path}: {error.strerror or error}",
            hint="make room, or choose another folder with --out or report.dir",
        ) from error
    except BaseException:
        _remove(temporary)
        raise


def _remove(temporary: Path | None) -> None:
    if temporary is not None:
        with suppress(OSError):
            temporary.unlink()

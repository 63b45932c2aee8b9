"""Files that hold whole numbers and addresses: the owner's only, written whole or not at all."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from prepop.errors import OutputError


def owner_only_folder(folder: Path) -> None:
    """Make a folder (and its parents) that only the owner can enter; an existing one keeps its mode.

    Raises OutputError where it cannot be made.
    """
    for one in (folder, *folder.parents):
        if one.is_symlink() and not one.exists():
            raise OutputError(
                f"making the folder {folder}: {one} is a link to {one.readlink()}, which does not exist",
                hint="make what it leads to, or name another folder",
            )
    try:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for one in missing:
            restrict(one)
    except OSError as error:
        raise OutputError(
            f"making the folder {folder}: {error.strerror or error}",
            hint="name another folder, or let the user that runs prepop write there",
        ) from error


def restrict(path: Path) -> None:
    """Leave a file or folder to its owner: mode 0600 or 0700, on Windows an ACL with the owner alone.

    Raises OSError.
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
        path.chmod(0o700 if path.is_dir() else 0o600)


def write_owner_only(path: Path, content: bytes) -> None:
    """Write a file of the owner's only, whole or not at all: a reader never sees half of it.

    Raises OutputError (disk full, no right to write, ...); then what stood there before still stands.
    """
    write_through(path, lambda temporary: temporary.write_bytes(content))


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

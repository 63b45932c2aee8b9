"""Writing a report so that only its owner can read it, and so that it is there whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from prepop.errors import OutputError


def write_whole(path: Path, fill: Callable[[Path], None]) -> Path:
    """Let `fill` write a new file beside `path` (owner-only from its first byte), then put it in its place.

    Raises OutputError naming the file; what was there before stays, and nothing half-written does.
    """
    new: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # mkstemp makes the file 0600 on POSIX; on Windows the folder's rights are inherited.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
        new = Path(name)
        fill(new)
        new.replace(path)
    except OSError as error:
        hint = "choose another folder with --out or report.dir, or make room on the disk"
        raise OutputError(f"{path}: the report could not be written: {error}", hint=hint) from error
    finally:
        if new is not None:
            with contextlib.suppress(FileNotFoundError):
                new.unlink()
    return path


def write_text(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Write text with the line ends that it has, to the disk and not only to a buffer."""
    with path.open("w", encoding=encoding, newline="") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())

"""One run at a time in a state folder. The lock is the operating system's and dies with its process."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from prepop.errors import Locked, OutputError, StateError
from prepop.files import read_guarded, write_owner_only


@contextmanager
def only_run(state: Path, run: str, now: datetime) -> Iterator[None]:
    """Hold STATE/prepop.lock. Raises Locked, naming the holder, where another run has it."""
    lock = FileLock(state / "prepop.lock", timeout=0, mode=0o600)
    # the holder's name stands beside the lock: a locked file cannot be read everywhere
    holder = state / "prepop.lock.json"
    try:
        lock.acquire()
    except Timeout as error:
        raise Locked(
            f"another run holds {state / 'prepop.lock'}{_named(holder)}", hint="wait until it has ended"
        ) from error
    except OSError as error:
        raise StateError(
            f"taking the lock {state / 'prepop.lock'}: {error.strerror or error}",
            hint="let the user that runs prepop write to the state folder (state.dir)",
        ) from error
    try:
        about = {
            "run": run,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": now.isoformat(timespec="seconds"),
        }
        _write(holder, json.dumps(about))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _write(holder: Path, text: str) -> None:
    try:
        write_owner_only(holder, text.encode())  # never through a link that stands there
    except OutputError as error:
        raise StateError(
            error.message,
            hint="make room on the disk of the state folder (state.dir), and let prepop write there",
        ) from error


def _named(holder: Path) -> str:
    try:
        about = json.loads(read_guarded(holder))
        return f": run {about['run']}, process {about['pid']} on {about['host']}, since {about['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""

"""Imports prepop once, and forks for each command: `python -m tests.crash.zygote`.

One JSON line in: {"words", "folder", "trap"}. Out: {"pid"}; the child waits for an empty line in, so that
whoever is to kill it knows it before it does anything. Then out: {"code", "signal", "events"}.
With {"warm": true} the command runs in this very process, so that all it imports and keeps is there after.
The child counts what it passes (`sent:before`, `http:after`, ...) and kills itself with SIGKILL at the
`count`-th passing of the trap's point. The points hang on the program from outside: the program itself
knows nothing of them.

    begin, sent, settled, finish    : before | commit | after    journal; commit: written, not committed yet
    mail-begin, mail-ended          : before | after             what is written down of one mail to a person
    write                           : before | after             one batch of changes through the writer
    http                            : before | after             one request to Graph
    report                          : before | after             the reports of a run
    vm                                                           so many steps of SQLite's machine
"""

import contextlib
import functools
import gc
import json
import os
import signal
import sqlite3
import ssl
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import prepop.cloud
import prepop.cloud.wire.transport
import prepop.cloud.writer
import prepop.store.database
import prepop.store.journal
import prepop.store.mails
from prepop import cli
from prepop.cli import publish

VM_STEP = 20


class Trap:
    """Counts passings, and kills at one of them."""

    def __init__(self, at: str, count: int) -> None:
        self.at, self.left = at, count
        self.events: Counter[str] = Counter()
        self.doing = ""

    def passes(self, point: str) -> None:
        """One more time past this point."""
        self.events[point] += 1
        if point == self.at:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def around(trap: Trap, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A plain function with a point before and after it."""

    def inner(*args: Any, **kwargs: Any) -> Any:
        trap.doing = name
        trap.passes(f"{name}:before")
        answer = function(*args, **kwargs)
        trap.passes(f"{name}:after")
        return answer

    return inner


def around_async(trap: Trap, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a coroutine."""

    async def inner(*args: Any, **kwargs: Any) -> Any:
        trap.passes(f"{name}:before")
        answer = await function(*args, **kwargs)
        trap.passes(f"{name}:after")
        return answer

    return inner


def set_trap(trap: Trap) -> None:
    """Hang the points on the program."""
    journal: Any = prepop.store.journal
    for name in ("begin", "sent", "settled", "finish"):
        stored = journal.StoredJournal
        setattr(stored, name, around(trap, name, getattr(stored, name)))
    mails: Any = prepop.store.mails.StoredMails
    for name in ("begin", "ended"):
        setattr(mails, name, around(trap, f"mail-{name}", getattr(mails, name)))
    transaction = journal.transaction

    @contextmanager
    def watched(connection: sqlite3.Connection) -> Iterator[None]:
        with transaction(connection):
            yield
            trap.passes(f"{trap.doing}:commit")

    journal.transaction = watched
    cloud: Any = prepop.cloud
    cloud.writer.GraphWriter.write = around_async(trap, "write", cloud.writer.GraphWriter.write)
    cloud.wire.transport.Transport.send = around_async(trap, "http", cloud.wire.transport.Transport.send)
    reports: Any = publish.Reports
    reports.__call__ = around(trap, "report", reports.__call__)
    if trap.at == "vm":
        database: Any = prepop.store.database
        connect = sqlite3.connect

        def connected(*args: Any, **kwargs: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*args, **kwargs)
            connection.set_progress_handler(lambda: trap.passes("vm"), VM_STEP)
            return connection

        database.sqlite3.connect = connected


def child(order: Mapping[str, Any], events: int, gate: int) -> None:
    """Run one command, as soon as the gate is closed on the other side; never returns."""
    os.read(gate, 1)
    folder = Path(order["folder"])
    for number, name in ((1, "stdout"), (2, "stderr")):
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(handle, number)
    code = 99  # never leave this function: the caller is the parent's loop
    try:
        trap = Trap(*(order["trap"] or ("", 0)))
        set_trap(trap)
        code = cli.main([*order["words"], "-c", str(folder / "prepop.toml")])
        sys.stdout.flush()
        os.write(events, json.dumps(trap.events).encode())
    finally:
        os._exit(code)


def serve() -> None:
    """Read orders until the end of standard input."""
    # a third of a small command's time goes into reading the system's CAs, which http on loopback never asks
    door: Any = ssl
    door.create_default_context = functools.cache(ssl.create_default_context)
    for line in sys.stdin:
        order = json.loads(line)
        if order.get("warm"):
            with contextlib.redirect_stdout(sys.stderr):
                cli.main([*order["words"], "-q", "-c", str(Path(order["folder"]) / "prepop.toml")])
            gc.collect()
            gc.freeze()  # else the first collection in a child would copy every page
            print("{}", flush=True)
            continue
        read, write = os.pipe()
        gate, opener = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            os.close(opener)
            child(order, write, gate)
        os.close(write)
        os.close(gate)
        print(json.dumps({"pid": pid}), flush=True)
        sys.stdin.readline()
        os.close(opener)
        with os.fdopen(read, "rb") as pipe:
            events = json.loads(pipe.read() or b"{}")
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        said = {"code": max(code, -1), "signal": max(-code, 0), "events": events}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    serve()

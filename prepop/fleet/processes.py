"""Runs a command for each tenant, in a process of its own, so many at a time and each for so long.

A process is the leader of a group. One that hangs is asked to stop first (SIGTERM), so that its journal
closes, and its whole group is killed where it does not. On Windows a group is asked by CTRL_BREAK and ended
by `taskkill /T`; no test here could show that.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prepop.errors import Exit, PrepopError
from prepop.files import owner_only_folder, restrict
from prepop.fleet.tenants import TenantConfig, environment_of

GRACE = 120.0  # seconds between SIGTERM and SIGKILL, as the units give
ANSWER = "answer.json"
LOG = "log.txt"


@dataclass(frozen=True, slots=True)
class FleetOrder:
    """What each tenant is to do. words: the verb and its options. timeout, grace: seconds.

    program: what is started; each tenant's words follow. out: a folder for what each says.
    """

    words: Sequence[str]
    parallel: int
    timeout: float
    out: Path
    grace: float = GRACE
    # -P: a module that somebody left in the working folder is not imported
    program: Sequence[str] = (sys.executable, "-P", "-m", "prepop")


@dataclass(frozen=True, slots=True)
class TenantEnded:
    """How a tenant's process ended. note: what there is to say besides its code. folder: what it said."""

    tenant: TenantConfig
    exit_code: Exit
    seconds: int
    folder: Path
    note: str = ""


async def run_all(
    tenants: Sequence[TenantConfig],
    order: FleetOrder,
    environ: Mapping[str, str],
    told: Callable[[TenantEnded], None],
) -> list[TenantEnded]:
    """Run the command for each tenant. What befalls one changes nothing for the others.

    told: hears of each as it ends. SIGINT and SIGTERM are handed on to what runs; the rest is not begun.
    """
    stop, places = asyncio.Event(), asyncio.Semaphore(order.parallel)
    loop = asyncio.get_running_loop()

    async def run(tenant: TenantConfig) -> TenantEnded:
        async with places:
            ended = await _run(tenant, order, environ, stop)
        told(ended)
        return ended

    def stopping(number: int, frame: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    before = {number: signal.signal(number, stopping) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return list(await asyncio.gather(*(run(tenant) for tenant in tenants)))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _run(
    tenant: TenantConfig, order: FleetOrder, environ: Mapping[str, str], stop: asyncio.Event
) -> TenantEnded:
    folder = order.out / tenant.name
    if stop.is_set():
        return TenantEnded(tenant, Exit.INTERRUPTED, 0, folder, "the fleet was stopped before it was begun")
    began = time.monotonic()
    try:
        own = environment_of(tenant, environ)
        owner_only_folder(folder)
        process = await _started(tenant, order, own, folder)
    except PrepopError as error:
        return TenantEnded(tenant, error.exit_code, 0, folder, error.message)
    except OSError as error:
        return TenantEnded(tenant, Exit.USAGE, 0, folder, f"starting it: {error.strerror or error}")
    note = await _watched(process, order, stop)
    seconds = round(time.monotonic() - began)
    code, why = _told_by(process.returncode, stopped=bool(note))
    return TenantEnded(tenant, code, seconds, folder, "; ".join(part for part in (note, why) if part))


async def _started(
    tenant: TenantConfig, order: FleetOrder, environ: Mapping[str, str], folder: Path
) -> asyncio.subprocess.Process:
    """Its answer and its log go to files: a pipe could fill, and outlive it in a grandchild's hands."""
    with (folder / ANSWER).open("wb") as answer, (folder / LOG).open("wb") as log:
        restrict(folder / ANSWER)
        restrict(folder / LOG)
        return await asyncio.create_subprocess_exec(
            *order.program,
            *("-c", str(tenant.config), "--json"),
            *order.words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=answer,
            stderr=log,
            env=dict(environ),
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )


async def _watched(process: asyncio.subprocess.Process, order: FleetOrder, stop: asyncio.Event) -> str:
    """Wait for its end, or bring it about; the answer says why, "" where it ended by itself."""
    its_end, the_stop = asyncio.ensure_future(process.wait()), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({its_end, the_stop}, timeout=order.timeout, return_when=asyncio.FIRST_COMPLETED)
        if its_end.done():
            return ""
        why = "the fleet was stopped" if stop.is_set() else f"stopped after {order.timeout:,.0f} seconds"
        _ask(process)
        await asyncio.wait({its_end}, timeout=order.grace)
        heard = its_end.done()
        _kill(process)  # and whatever it started
        await its_end
        return why if heard else f"{why}; it did not hear that, and was killed"
    finally:
        the_stop.cancel()


def _told_by(code: int | None, *, stopped: bool) -> tuple[Exit, str]:
    """What the code of a process says; one that is none of prepop's is told as a bug."""
    if stopped and code == -signal.SIGTERM:
        return Exit.INTERRUPTED, ""
    if code in list(Exit):
        return Exit(code or 0), ""
    if code is not None and code < 0:
        return Exit.BUG, "" if stopped else f"it was ended by signal {-code}"
    return Exit.BUG, f"it ended with {code}, which is no code of prepop's"


def _ask(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            os.killpg(process.pid, signal.SIGTERM)


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            subprocess.run(
                ["taskkill", "/T", "/F", "/PID", str(process.pid)], check=False, capture_output=True
            )
        else:
            os.killpg(process.pid, signal.SIGKILL)

"""`prepop fleet`: one verb for many tenants, each in a process of its own."""

import asyncio
import logging
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.clock import SystemClock
from prepop.errors import Exit, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from prepop.rules.fleet import Fleet

log = logging.getLogger(__name__)

TENANT_VERBS = ("check", "plan", "sync", "resume", "runs")
_BEHIND = "prepop.fleet.options"  # where what stands behind -- is kept
# options that would send every tenant to one config or one folder, or change the answer's form
_NOT_FOR_TENANTS = ("-c", "--config", "--out")


class FleetCommand(options.Verb):
    """Keeps what stands behind `--` for the tenants."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what stands behind `--` away."""
        if "--" in args:
            place = args.index("--")
            ctx.meta[_BEHIND] = tuple(args[place + 1 :])
            args = args[:place]
        return super().parse_args(ctx, args)


def _shard(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch("([0-9]{1,4})/([0-9]{1,4})", text)
    if not found or int(found[1]) >= int(found[2]):
        raise UsageError(
            f"--shard {text}: it must be I/N, I from 0 to N-1", hint="of four: 0/4, 1/4, 2/4 and 3/4"
        )
    return int(found[1]), int(found[2])


def _timeout(ctx: click.Context, param: click.Parameter, text: str) -> float:
    try:
        return options.seconds_of(text) or 0.0
    except UsageError as error:
        raise UsageError(f'--timeout: "{text}" is not a duration', hint=error.hint) from error


@click.command("fleet", cls=FleetCommand)
@click.argument("verb", metavar="VERB")
@click.argument("configs", metavar="CONFIG...", nargs=-1, required=True)
@click.option(
    "--parallel", metavar="N", type=click.IntRange(1, 256), default=4, help="So many tenants at a time."
)
@click.option(
    "--timeout", metavar="D", default="1h", callback=_timeout, help="So long for each tenant: 45m, 2h."
)
@click.option(
    "--shard", metavar="I/N", callback=_shard, help="Only every Nth config, from the one at I (0 to N-1) on."
)
@click.option("--out", type=options.PATH, metavar="DIR", help="Where fleet.html goes; else fleet/RUN.")
@click.pass_context
def command(
    ctx: click.Context,
    verb: str,
    configs: tuple[str, ...],
    parallel: int,
    timeout: float,
    shard: tuple[int, int] | None,
    out: Path | None,
) -> Exit:
    """Run check, plan, sync, resume or runs for many tenants, each in a process of its own.

    A CONFIG is a prepop.toml or the folder that holds one. What stands behind -- goes to every tenant:
    fleet sync customers/* -- --max-duration 45m. A tenant's variables, its secrets among them, stand in
    prepop.env beside its prepop.toml (NAME=VALUE lines, its owner's alone), and no other tenant gets them.

    One that fails, hangs or has no config changes nothing for the others. Ends with the gravest code.

    fleet join DIR makes one page of what the shards of a fleet wrote to DIR.
    """
    shown: Shown = ctx.obj
    if shown.config is not None:
        raise UsageError("fleet: -c is for one tenant", hint="name the configs behind the verb")
    if verb == "join":
        if len(configs) > 1 or _BEHIND in ctx.meta:
            raise UsageError("fleet join: it takes one folder", hint="fleet join DIR")
        return join(Path(configs[0]), shown)
    if verb not in TENANT_VERBS:
        raise UsageError(
            f"fleet {verb}: it is not for many tenants",
            hint=f"the verbs are: {', '.join(TENANT_VERBS)}, join",
        )
    behind: Sequence[str] = ctx.meta.get(_BEHIND, ())
    if wrong := [
        word for word in behind if word.partition("=")[0] in _NOT_FOR_TENANTS or word.startswith("-c")
    ]:
        raise UsageError(
            f"fleet {verb}: {wrong[0]} behind -- would be the same for every tenant",
            hint="each tenant has its own config, and its reports in its own report.dir",
        )
    words = [verb, *behind, *(["--unmask"] if shown.unmask else [])]
    return asyncio.run(fleet(words, configs, (parallel, timeout), shard, out, shown))


async def fleet(
    words: Sequence[str],
    configs: Sequence[str],
    pace: tuple[int, float],
    shard: tuple[int, int] | None,
    out: Path | None,
    shown: Shown,
) -> Exit:
    """Run it for each tenant, write the page, end with the gravest code. pace: how many, how long each."""
    from prepop.files import owner_only_folder
    from prepop.fleet.answers import row_of
    from prepop.fleet.processes import FleetOrder, run_all
    from prepop.fleet.tenants import left_behind, shard_of, tenants_of
    from prepop.rules.fleet import Fleet, gravest
    from prepop.rules.values.run_ids import run_id

    tenants = tenants_of(configs)
    ours = shard_of(tenants, shard) if shard else tenants
    began = SystemClock().now()
    run = run_id(began, secrets.token_hex(2))
    folder = (out or Path("fleet") / run).absolute()
    owner_only_folder(folder)
    if left := left_behind(os.environ):
        log.warning("no tenant gets %s: write it into the .env beside its config", ", ".join(left))
    with shown.console.progress() as progress:
        done = 0

        def told(ended: object) -> None:
            nonlocal done
            done += 1
            progress("tenants", done, len(ours))

        ended = await run_all(ours, FleetOrder(words, *pace, folder), dict(os.environ), told)
    rows = [row_of(each) for each in ended]
    whole = Fleet(
        run, words[0], began, _now(), len(tenants), rows, int(gravest(row.exit_code for row in rows)), shard
    )
    return _told(whole, folder, shown)


def join(folder: Path, shown: Shown) -> Exit:
    """Make one page of the shards that stand in a folder."""
    from prepop.reports.fleet import read_shards
    from prepop.rules.fleet import joined

    return _told(joined(read_shards(folder)), folder.absolute(), shown)


def _told(whole: "Fleet", folder: Path, shown: Shown) -> Exit:
    """Write what became of the fleet, and say it. Who tells others of a whole fleet goes on from here."""
    from prepop.cli.folders import typed
    from prepop.reports.fleet import fleet_document, render_fleet, write_fleet

    page = write_fleet(whole, folder)
    console = shown.console
    text = render_fleet(whole, typed(page), width=console.width, colour=console.colour)
    console.answer(text, fleet_document(whole))
    return Exit(whole.exit_code)


def _now() -> "datetime":
    return SystemClock().now()

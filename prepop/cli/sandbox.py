"""`prepop sandbox`: the emulated tenant as a server on loopback."""

import logging
import threading
from pathlib import Path

import click

from prepop.cli import options
from prepop.cli.console import Console, Shown
from prepop.errors import Exit, UsageError

log = logging.getLogger(__name__)


@click.command("sandbox", cls=options.Verb)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    default=8080,
    help="Port on 127.0.0.1; 0 takes a free one.",
)
@options.people
@options.seed
@click.option(
    "--out",
    type=options.PATH,
    metavar="DIR",
    default="prepop-sandbox",
    help="Where directory and config go.",
)
@click.option("--calm", is_flag=True, help="No throttling, no faults.")
@click.pass_obj
def command(shown: Shown, port: int, people: int, seed: int, out: Path, calm: bool) -> Exit:
    """Serve the emulated tenant on loopback, with a directory and a config that fit it, until Ctrl-C."""
    serve(port, people, seed, out, shown.console, calm=calm)
    return Exit.DONE


def serve(port: int, count: int, seed: int, out: Path, console: Console, *, calm: bool) -> None:
    """Serve a tenant on loopback until Ctrl-C, with a directory and a config that fit it."""
    from prepop.cli.place import Place
    from prepop.sandbox.graph.faults import Faults
    from prepop.sandbox.graph.server import SandboxServer
    from prepop.sandbox.people.directory import sample
    from prepop.sandbox.people.directory import tenant as tenant_of

    folder = out.absolute()
    place = Place(folder, sample(count, seed), "sandbox")
    tenant = tenant_of(place.people, seed, faults=Faults.none() if calm else None)
    try:
        server = SandboxServer(tenant, port)
    except OSError as error:
        raise UsageError(
            f"serving the sandbox on 127.0.0.1:{port}: {error.strerror or error}",
            hint="name another port with --port, or 0 for a free one",
        ) from error
    config = place.write(server.url)  # the port is taken already; whoever gets an answer finds the files
    with server:
        console.answer(
            f"The emulated tenant answers at {server.url} with {len(tenant.users)} accounts.\n"
            "Ctrl-C ends it. "
            f"In another terminal: prepop plan -c {out / config.name}",
            {"url": server.url, "config": str(config), "accounts": len(tenant.users)},
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            log.info("the sandbox ends")

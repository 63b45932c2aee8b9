"""The command line: CONTRACT sections 2 and 3. Each verb is a module of its name.

Nothing heavy is imported here, nor at the head of a verb, so that every help answers at once.
"""

import errno
import io
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from prepop import __version__
from prepop.cli.console import Console, Shown, forget_shown, give, lost, tell, was_shown
from prepop.cli.logs import start, traceback_lines
from prepop.cli.options import hoist
from prepop.cli.saying import forget_names, know_names, typed_names
from prepop.errors import Exit, PrepopError, UsageError

log = logging.getLogger(__name__)

_OF_STREAMS = (errno.ENOSPC, errno.EBADF, errno.EPIPE)

VERBS = (
    "demo",
    "init",
    "check",
    "plan",
    "apply",
    "sync",
    "resume",
    "rollback",
    "explain",
    "report",
    "runs",
    "purge",
    "forget",
    "sandbox",
    "fleet",
    "notify",
    "jobs",
    "guide",
)

GUIDE = """\
Registers the phones and addresses that Active Directory knows as Entra ID authentication methods,
so that people can reset their own password without ever having registered anything.

\b
Start here:
  prepop demo      rehearse everything on an embedded directory and tenant
  prepop plan      read, decide, report; writes nothing
  prepop apply reports/RUN/plan.json --digest D
                   write exactly what was reviewed
  prepop sync      both at once, for the nightly job

Every verb teaches itself: prepop plan --help
"""

EXITS = "\b\nExit codes:\n" + "\n".join(f"  {code.value:>3}  {code.text.replace('`', '')}" for code in Exit)

INTERRUPTED = "prepop: interrupted; prepop resume goes on where it was, and the next sync settles it\n"


_DID = frozenset(
    {"apply", "sync", "resume", "rollback", "plan", "report", "purge", "forget", "demo", "init", "fleet"}
)
"""Verbs whose work is done whether their answer was seen or not: files, the tenant, or the state have it."""


class Verbs(click.Group):
    """The verbs. Each is imported only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of this name."""
        if cmd_name not in VERBS:
            return None
        command = import_module(f"prepop.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a mistake in a verb's module
        return command


def version() -> str:
    """`0.1.0 (4f8b78612345)`: with the commit that the package was built of; a plus: and changes since."""
    try:
        commit = (Path(__file__).parent.parent / "_commit.txt").read_text(encoding="utf-8").strip()
    except OSError:  # a checkout, which git knows more of
        return __version__
    return f"{__version__} ({commit})"


@click.group(
    cls=Verbs,
    help=GUIDE,
    epilog=EXITS,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Config file; else PREPOP_CONFIG, else ./prepop.toml.",
)
@click.option("--json", "as_json", is_flag=True, help="The answer as one JSON document.")
@click.option("-v", "--verbose", is_flag=True, help="Say more in the log.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, only errors in the log.")
@click.option(
    "--log-format",
    type=click.Choice(("text", "json")),
    default="text",
    metavar="text|json",
    help="Form of the log.",
)
@click.option("--no-color", is_flag=True, help="No colours.")
@click.option("--unmask", is_flag=True, help="Whole numbers and addresses in answer and reports.")
@click.version_option(version(), message="prepop %(version)s", help="Say the version and end.")
@click.pass_context
def app(
    ctx: click.Context,
    config: Path | None,
    as_json: bool,
    verbose: bool,
    quiet: bool,
    log_format: str,
    no_color: bool,
    unmask: bool,
) -> None:
    """The options before every verb."""
    if ctx.invoked_subcommand is None:
        give(ctx.get_help() + "\n")
        ctx.exit(Exit.USAGE)
    start("json" if log_format == "json" else "text", verbose=verbose, quiet=quiet)
    ctx.obj = Shown(Console(as_json, quiet, no_color), unmask, config)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; the answer is its exit code (CONTRACT section 3)."""
    given = list(sys.argv[1:] if words is None else words)
    if words is None and "_PREPOP_COMPLETE" in os.environ:
        from prepop.cli.completion import answered

        if (done := answered(app, os.environ)) is not None:
            return done
    forget_shown()
    code = _ended(given)
    give("")  # what click wrote itself, the help, is still in the buffer
    if code == Exit.DONE and not was_shown() and not _DID.intersection(given):
        return Exit.USAGE  # the answer was all that there was to do
    return code


def _ended(given: list[str]) -> int:
    forget_names()
    know_names(typed_names(given))
    console = Console("--json" in given, no_color="--no-color" in given)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a console of an old code page shows what it can and never stops a run
            stream.reconfigure(errors="backslashreplace")
    try:
        with app.make_context("prepop", hoist(given)) as context:
            return int(app.invoke(context))
    except click.exceptions.Exit as ended:  # only help or the version was asked for
        return ended.exit_code
    except PrepopError as error:
        log.debug("what led to it", exc_info=True)
        console.error(error)
        return error.exit_code
    except click.ClickException as error:
        where = getattr(error, "ctx", None)
        verb = where.command_path if where else "prepop"
        console.error(UsageError(error.format_message(), hint=f"{verb} --help lists what it takes"))
        return Exit.USAGE
    except KeyboardInterrupt:
        tell(INTERRUPTED)
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug ends with 1 and a place to look
        if isinstance(error, OSError) and error.filename is None and error.errno in _OF_STREAMS:
            lost(error)  # what click writes by itself
            return Exit.DONE
        if isinstance(error, FileNotFoundError) and not _is_somewhere():
            console.error(
                UsageError(
                    "the working folder is gone",
                    hint="go to one that is there, or name files by their whole path",
                )
            )
            return Exit.USAGE
        return _bug(error)


def _is_somewhere() -> bool:
    """Whether the folder that this process works in is still there."""
    try:
        Path.cwd()
    except OSError:
        return False
    return True


def _bug(error: Exception) -> int:
    """One line on the terminal, everything in the log."""
    kind = type(error).__name__
    if sys.stderr.isatty():
        handle, name = tempfile.mkstemp(prefix="prepop-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(traceback_lines(error)) + "\n")
        tell(f"prepop: a bug ({kind}); the traceback is in {name}, please report it\n")
    else:
        log.critical("a bug (%s), please report it", kind, exc_info=error)
    return Exit.BUG

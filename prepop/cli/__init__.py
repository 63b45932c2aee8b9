"""The command line: CONTRACT sections 2 and 3. It reads words and gives them to `verbs`.

Nothing heavy is imported here, so that `prepop --help` answers at once.
"""

import asyncio
import io
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Coroutine, Sequence
from inspect import getdoc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from prepop import __version__
from prepop.cli.console import Console
from prepop.cli.logs import start
from prepop.cli.options import accepted_findings, hoist, seconds_of, without_types
from prepop.cli.ready import register_ready
from prepop.errors import Exit, PrepopError, UsageError
from prepop.rules.values.masking import mask_within

if TYPE_CHECKING:
    from prepop.cli.context import House
    from prepop.cli.publish import Shown
    from prepop.steps.plan import Asked

log = logging.getLogger(__name__)

GUIDE = """\
Registers the phones and addresses that Active Directory knows as Entra ID authentication methods,
so that people can reset their own password without ever having registered anything.

[bold]Start here[/bold]

  prepop demo                    rehearse everything on an embedded directory and tenant
  prepop plan                    read, decide, report; writes nothing
  prepop apply reports/RUN/plan.json --digest D
                                 write exactly what was reviewed
  prepop sync                    both at once, for the nightly job

Every verb teaches itself: prepop plan --help
"""

EXITS = "[bold]Exit codes[/bold]\n\n" + "\n".join(
    f"  {code.value:>3}  {code.text.replace('`', '')}" for code in Exit
)

EVERYWHERE = (
    "Every verb also takes -c FILE, --json, -v, -q, --log-format, --no-color and --unmask: prepop --help"
)

INTERRUPTED = "prepop: interrupted; prepop resume goes on where it was, and the next sync settles it\n"

app = typer.Typer(
    name="prepop",
    help=GUIDE,
    epilog=EXITS,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

User = Annotated[
    list[str] | None,
    typer.Option(
        "--user",
        metavar="USER",
        help="Only this person: UPN, object id, sAMAccountName, DN or anchor. Repeatable.",
    ),
]
Group = Annotated[
    list[str] | None,
    typer.Option(
        "--group", metavar="GROUP", help="Only members of this Entra group: id or name. Repeatable."
    ),
]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar="CODE=N",
        help="Lift this finding at exactly this number, for this run. Repeatable.",
    ),
]
MaxDuration = Annotated[
    str | None,
    typer.Option("--max-duration", metavar="D", help="Stop cleanly after this long: 90s, 45m, 2h. Exit 25."),
]

People = Annotated[int, typer.Option("--people", metavar="N", min=1, max=1_000_000, help="How many people.")]
Seed = Annotated[
    int, typer.Option("--seed", metavar="N", help="The same seed: the same people and bad luck.")
]


class Common:
    """What the options that stand everywhere said."""

    config: Path | None = None
    as_json = False
    verbose = False
    quiet = False
    log_format: str = "text"
    no_color = False
    unmask = False


_common = Common()


def _say_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"prepop {__version__}\n")
        raise typer.Exit


@app.callback()
def everywhere(
    config: Annotated[
        Path | None,
        typer.Option(
            "-c", "--config", metavar="FILE", help="Config file; else PREPOP_CONFIG, else ./prepop.toml."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", metavar="", help="The answer as one JSON document.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", metavar="", help="Say more in the log.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", metavar="", help="No progress, only errors in the log.")
    ] = False,
    log_format: Annotated[
        str, typer.Option("--log-format", metavar="text|json", help="Form of the log.")
    ] = "text",
    no_color: Annotated[bool, typer.Option("--no-color", metavar="", help="No colours.")] = False,
    unmask: Annotated[
        bool, typer.Option("--unmask", metavar="", help="Whole numbers and addresses in answer and reports.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_say_version, metavar="", help="Say the version and end."
        ),
    ] = False,
) -> None:
    if log_format not in ("text", "json"):
        raise UsageError(f'--log-format: "{log_format}" is not known', hint="say text or json")
    _common.config, _common.as_json, _common.verbose, _common.quiet = config, as_json, verbose, quiet
    _common.log_format, _common.no_color, _common.unmask = log_format, no_color, unmask
    start("json" if log_format == "json" else "text", verbose=verbose, quiet=quiet)


# ---------------------------------------------------------------- verbs


@app.command()
def demo(
    people: People = 500,
    seed: Seed = 1,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the rehearsal leaves its files.")
    ] = Path("prepop-demo"),
) -> None:
    """Rehearse everything on an embedded directory and tenant; no network, no credentials.

    Plans, shows the report, applies, plans again (nothing is left), changes a few people in the
    directory and plans once more. The tenant throttles, fails and drops connections as a real one does.
    What it leaves in DIR is a small working place: look at the reports, change the mapping, run it again.
    """
    from prepop.cli.demo import rehearse

    _run(rehearse(people, seed, out, _shown()))


register_ready(app, lambda: _house(), lambda: _shown(), lambda work: _run(work))


@app.command()
def plan(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where plan.json and the reports go; else report.dir/RUN."),
    ] = None,
    user: User = None,
    group: Group = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=0, metavar="N", help="Only the first N changes, in plan order."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", metavar="", help="End with 10 where changes are pending.")
    ] = False,
) -> None:
    """Read directory and tenant, decide, write plan.json and its reports. Writes nothing to the tenant.

    The plan is what a reviewer signs: `prepop apply plan.json --digest D` writes exactly that, as long
    as nobody edited it, config and mapping are the same, and it is no older than a day.
    """
    from prepop.cli import verbs

    house = _house()
    _run(verbs.plan(house, _asked(user, group, limit), out, _shown(), exit_code=exit_code))


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(metavar="PLAN.json", help="The plan that was reviewed.")],
    digest: Annotated[
        str | None, typer.Option("--digest", metavar="D", help="The digest that was signed off.")
    ] = None,
    accept: Accept = None,
    max_duration: MaxDuration = None,
) -> None:
    """Write what a plan says, and nothing else.

    Right before each write the present value is read again: what moved on since the plan is not
    overwritten. A connection that breaks off is read back before anything is sent again.
    """
    from prepop.cli import verbs

    house = _house()
    _run(
        verbs.apply(
            house, file.absolute(), digest, accepted_findings(accept), seconds_of(max_duration), _shown()
        )
    )


@app.command()
def sync(
    user: User = None,
    group: Group = None,
    accept: Accept = None,
    max_duration: MaxDuration = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--what-if", metavar="", help="As `plan`: write nothing.")
    ] = False,
) -> None:
    """Plan, check every guard, apply: the nightly job.

    What a broken night left open is settled first by reading back, so that nobody has to look after it.
    """
    from prepop.cli import verbs

    house, asked = _house(), _asked(user, group, None)
    accepted, seconds = accepted_findings(accept), seconds_of(max_duration)
    if dry_run:
        _run(verbs.plan(house, asked, None, _shown(), exit_code=False))
    _run(verbs.sync(house, asked, accepted, seconds, _shown()))


@app.command()
def resume(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="Id of a run; else the newest open one.")
    ] = None,
    max_duration: MaxDuration = None,
) -> None:
    """Finish a run that was cut off: read back what was sent, then carry on.

    Nothing is sent twice where the first sending had succeeded. With nothing open it ends with 0.
    """
    from prepop.cli import verbs_runs

    _run(verbs_runs.resume(_house(), run, seconds_of(max_duration), _shown()))


@app.command()
def rollback(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run to undo.")],
    user: User = None,
    accept: Accept = None,
    act: Annotated[
        bool, typer.Option("--apply", metavar="", help="Undo it. Without this it is only shown.")
    ] = False,
) -> None:
    """Undo what a run did, where the present value is still what it wrote.

    What was added is removed, what was replaced gets its earlier value back. It goes through the same
    guards as any plan. The next sync would write the same again: narrow scope or mapping first.
    """
    from prepop.cli import verbs_runs

    _run(verbs_runs.rollback(_house(), run, tuple(user or ()), accepted_findings(accept), _shown(), act=act))


@app.command()
def runs(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Show this one in full.")] = None,
) -> None:
    """List past runs, newest first; one run in full."""
    from prepop.cli import verbs_runs

    raise typer.Exit(verbs_runs.runs(_house(), run, _shown()))


@app.command()
def purge(
    older_than: Annotated[int, typer.Option("--older-than", min=0, metavar="DAYS", help="Age in days.")],
) -> None:
    """Forget the values of old runs, in the journal and in report.dir; counts and outcomes stay.

    Every sync does the same with state.keep_days.
    """
    from prepop.cli import verbs_runs

    raise typer.Exit(verbs_runs.purge(_house(), older_than, _shown()))


@app.command()
def explain(
    user: Annotated[
        str, typer.Argument(metavar="USER", help="UPN, object id, sAMAccountName, DN or anchor.")
    ],
) -> None:
    """Show one person: raw values, what each rule made of them, what is registered, the verdict and why."""
    from prepop.cli import verbs

    _run(verbs.explain(_house(), user, _shown()))


@app.command()
def report(
    what: Annotated[
        str, typer.Argument(metavar="PLAN|RUN", help="A plan.json, its folder, or the id of a run.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where the reports go; else beside the plan."),
    ] = None,
) -> None:
    """Render a plan or a run again; a run that was applied with its outcomes beside the plan."""
    from prepop.cli import verbs

    raise typer.Exit(verbs.report(_house(), what, out, _shown()))


@app.command()
def sandbox(
    port: Annotated[
        int,
        typer.Option("--port", metavar="N", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one."),
    ] = 8080,
    people: People = 500,
    seed: Seed = 1,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where directory and config go.")] = Path(
        "prepop-sandbox"
    ),
    calm: Annotated[bool, typer.Option("--calm", metavar="", help="No throttling, no faults.")] = False,
) -> None:
    """Serve the emulated tenant on loopback, with a directory and a config that fit it, until Ctrl-C."""
    from prepop.cli.demo import serve

    serve(port, people, seed, out, _shown().console, calm=calm)


for _verb in app.registered_commands:  # help flows with the terminal, not as docstrings are broken
    _verb.help = "\n\n".join(" ".join(text.split()) for text in (getdoc(_verb.callback) or "").split("\n\n"))
    _verb.epilog = EVERYWHERE


# ---------------------------------------------------------------- reading words


def _house() -> "House":
    from prepop.cli.context import config_file, open_house

    return open_house(config_file(_common.config, os.environ))


def _shown() -> "Shown":
    from prepop.cli.publish import Shown

    console = Console(_common.as_json, _common.quiet, _common.no_color)
    return Shown(console, _common.unmask, _common.config)


def _asked(user: list[str] | None, group: list[str] | None, limit: int | None) -> "Asked":
    from prepop.steps.plan import Asked

    return Asked(tuple(user or ()), tuple(group or ()), limit)


def _run(work: Coroutine[None, None, Exit]) -> None:
    raise typer.Exit(asyncio.run(work))


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; the answer is its exit code (CONTRACT section 3)."""
    given = list(sys.argv[1:] if words is None else words)
    console = Console("--json" in given, no_color="--no-color" in given)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a console of an old code page shows what it can and never stops a run
            stream.reconfigure(errors="backslashreplace")
    try:
        code = without_types(app).main(args=hoist(given), prog_name="prepop", standalone_mode=False)
        if code == Exit.INTERRUPTED:  # typer turns a KeyboardInterrupt into its number
            sys.stderr.write(INTERRUPTED)
        return int(code or 0)
    except PrepopError as error:
        log.debug("what led to it", exc_info=True)
        console.error(error)
        return error.exit_code
    except TyperException as error:
        verb = getattr(getattr(error, "ctx", None), "command_path", "prepop")
        wrong = UsageError(error.format_message(), hint=f"{verb} --help lists what it takes")
        console.error(wrong)
        return Exit.USAGE
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write(INTERRUPTED)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # `Console.answer` bears a reader that went away; this is standard error, and the work was cut off
        sys.stderr.close()
        return Exit.BUG
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug ends with 1 and a place to look
        return _bug(error)


def _bug(error: Exception) -> int:
    """One line on the terminal, everything in the log."""
    kind = type(error).__name__
    if sys.stderr.isatty():
        handle, name = tempfile.mkstemp(prefix="prepop-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(mask_within("".join(traceback.format_exception(error))))
        sys.stderr.write(f"prepop: a bug ({kind}); the traceback is in {name}, please report it\n")
    else:
        log.critical("a bug (%s), please report it", kind, exc_info=error)
    return Exit.BUG

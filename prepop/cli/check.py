"""`prepop check`: is this directory, this tenant, this app ready?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit, UsageError

if TYPE_CHECKING:
    from prepop.cli.context import House
    from prepop.ports import Progress
    from prepop.rules.readiness.facts import CloudFacts, ProofFacts
    from prepop.rules.readiness.words import Unread
    from prepop.steps.check import Checked


@click.command("check", cls=options.Verb)
@click.argument(
    "run", metavar="[RUN]", required=False, help="With --proof: the run to look at; else the newest."
)
@click.option(
    "--directory", "only", is_flag=True, help="The directory alone: [cloud] may be missing or unfinished."
)
@click.option("--proof", is_flag=True, help="Do methods that a run wrote count in this tenant?")
@click.option(
    "--out",
    type=options.PATH,
    metavar="DIR",
    help="Write readiness.json there; the report of a plan in DIR shows it.",
)
@click.pass_obj
def command(shown: Shown, run: str | None, only: bool, proof: bool, out: Path | None) -> Exit:
    """Is this directory, this tenant and this app ready? Each answer says how to put it right.

    Reads only. What Graph cannot tell is unknown, with the place in the portal. --proof counts, a day
    after a pilot, who can reset now of those whom a run wrote. Ends with 30 where a no blocks a rollout.

    --directory needs no app: it is for the days before the app is registered.

    With --out DIR the answers become a section of the report that a security officer signs:
    check --out DIR, then plan --out DIR; or, for a plan that is there, report DIR.
    """
    from prepop.cli.context import house_of

    if run is not None and not proof:
        raise UsageError(f"check {run}: a run is looked at with --proof", hint=f"check --proof {run}")
    if only and (proof or out is not None):
        raise UsageError(
            "check --directory: it asks nothing of the tenant",
            hint="leave --proof and --out away, or --directory",
        )
    return options.run(check(house_of(shown, only_directory=only), proof, run, out, shown, only=only))


async def check(
    house: "House", proof: bool, run: str | None, out: Path | None, shown: Shown, *, only: bool = False
) -> Exit:
    """Look at directory, tenant and permissions, and say what stands in the way.

    out: a folder for the answers, where the report of a plan finds them. Nothing else is written.
    """
    from prepop.cli.folders import typed
    from prepop.reports.terminal.readiness import render_readiness
    from prepop.rules.readiness.telling import tell
    from prepop.store import readiness_file

    asked = _proof(house, run) if proof or run else None
    with shown.console.progress() as progress:
        found = await checked(house, asked, progress, only=only)
    console = shown.console
    text = render_readiness(tell(found.readiness), width=console.width, colour=console.colour)
    if out is not None:
        path = readiness_file.save(found.readiness, out)
        text += f"\nWritten to {typed(path)}: the report of a plan in that folder shows it.\n"
    console.answer(text, readiness_file.document(found.readiness))
    return found.exit_code


async def checked(
    house: "House", proof: "ProofFacts | Unread | None", progress: "Progress", *, only: bool = False
) -> "Checked":
    """The answers for the config of this house. only: of its directories."""
    from prepop.cli.measuring import certificate_ends
    from prepop.rules.readiness.facts import ProofFacts
    from prepop.steps.check import check as run_check

    settings = house.settings

    async def cloud() -> "CloudFacts":
        async with house.tenant() as tenant:
            return await tenant.posture.look(
                (*settings.scope.groups, *settings.scope.exclude_groups),
                progress,
                proof.at if isinstance(proof, ProofFacts) else None,
            )

    return await run_check(
        settings,
        house.postures(),
        None if only else cloud,
        proof,
        house.clock.now(),
        progress,
        house.extras(),
        certificate_ends(settings.cloud.certificate_file),
    )


def _proof(house: "House", run: str | None) -> "ProofFacts | Unread":
    """What a run wrote; the newest that is old enough where none is named. Reads the journal only."""
    from prepop.rules.phrases import counted
    from prepop.rules.readiness.facts import ProofFacts, WrittenAccount
    from prepop.rules.readiness.proof import CATCH_UP
    from prepop.rules.readiness.words import Unread

    with house.past() as past:
        if past.journal is None:
            if run:
                raise UsageError(f"proving run {run}: there is no journal in {house.settings.state_dir}")
            where = house.settings.state_dir
            return Unread(
                f"No run has written anything yet: there is none in {where}.",
                "apply a pilot, and ask again a day later",
            )
        runs = past.journal.runs()
        if run is not None and not any(record.id == run for record in runs):
            raise UsageError(
                f"proving run {run}: the journal has no such run",
                hint=f"it has {', '.join(record.id for record in runs[:5]) or 'none'}",
            )
        young = 0
        for record in runs:
            if run is not None and record.id != run:
                continue
            accounts: dict[str, WrittenAccount] = {}
            outcomes = past.journal.outcomes(record.id)
            for change in past.journal.changes(record.id, "settled"):
                outcome = outcomes.get(change.id)
                if outcome is None or not outcome.result.came_true or change.after is None:
                    continue
                before = accounts.get(change.account.id)
                methods = (before.methods if before else frozenset()) | {change.method}
                accounts[change.account.id] = WrittenAccount(change.account.id, change.account.upn, methods)
            if not accounts:
                continue
            at = record.finished or record.started
            if run is None and at > house.clock.now() - CATCH_UP:
                young += 1
                continue
            return ProofFacts(record.id, at, tuple(accounts.values()))
    if young:
        what = counted(young, "run")
        return Unread(
            f"{what} wrote something, less than a day ago: the registration report is not that fresh.",
            "ask again tomorrow, or name the run to look at it now",
        )
    return Unread(
        "No run has written anything that is still known.", "apply a pilot, and ask again a day later"
    )

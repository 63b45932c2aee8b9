"""The verbs that come before anything is planned, with their options: `init` and `check`."""

import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prepop.errors import Exit, UsageError

if TYPE_CHECKING:
    from prepop.cli.context import House
    from prepop.cli.publish import Shown


def register_ready(
    app: typer.Typer,
    house: "Callable[[], House]",
    shown: "Callable[[], Shown]",
    run_to_end: Callable[[Coroutine[None, None, Exit]], None],
) -> None:
    """Give the command line these verbs. The rest is what `cli` has for every verb, once words are read."""

    @app.command()
    def init(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="The config to write.")] = Path(
            "prepop.toml"
        ),
        url: Annotated[
            list[str] | None,
            typer.Option(
                "--url", metavar="URL", help="A domain controller: ldaps://dc1.corp.example. Repeatable."
            ),
        ] = None,
        base: Annotated[
            list[str] | None,
            typer.Option("--base", metavar="DN", help="Where people are. Repeatable."),
        ] = None,
        ca_file: Annotated[
            str,
            typer.Option("--ca-file", metavar="FILE", help="CA of the controllers, PEM; else the system's."),
        ] = "",
        tls_name: Annotated[
            list[str] | None,
            typer.Option(
                "--tls-name", metavar="NAME", help="A name that the certificate may bear. Repeatable."
            ),
        ] = None,
        bind: Annotated[
            str, typer.Option("--bind", metavar="simple|kerberos", help="How to sign in there.")
        ] = "",
        user: Annotated[
            str, typer.Option("--user", metavar="USER", help="The account that reads people.")
        ] = "",
        password_env: Annotated[
            str, typer.Option("--password-env", metavar="NAME", help="The variable that holds its password.")
        ] = "PREPOP_LDAP_PASSWORD",  # noqa: S107 - the name of a variable
        tenant: Annotated[
            str, typer.Option("--tenant", metavar="T", help="The tenant's id or a domain.")
        ] = "",
        environment: Annotated[
            str, typer.Option("--environment", metavar="CLOUD", help="global, usgov, usgov-dod or china.")
        ] = "",
        credential: Annotated[
            str, typer.Option("--credential", metavar="KIND", help="How prepop signs in to Entra ID.")
        ] = "",
        client_id: Annotated[
            str,
            typer.Option("--client-id", metavar="ID", help="The app's id, where it is registered already."),
        ] = "",
        certificate_file: Annotated[
            str,
            typer.Option("--certificate-file", metavar="FILE", help="Its certificate with private key, PEM."),
        ] = "",
        secret_env: Annotated[
            str,
            typer.Option("--secret-env", metavar="NAME", help="The variable that holds the app's secret."),
        ] = "PREPOP_CLIENT_SECRET",  # noqa: S107 - the name of a variable
        no_try: Annotated[
            bool, typer.Option("--no-try", metavar="", help="Try neither directory nor tenant on the way.")
        ] = False,
        force: Annotated[
            bool, typer.Option("--force", metavar="", help="Write over an existing file.")
        ] = False,
    ) -> None:
        """Write a commented config, trying directory and tenant on the way; show how the app is registered.

        Asks on a terminal for what no option says; elsewhere --url, --base and --tenant are needed. The
        tenant is tried once there is something to sign in with: --credential and what that needs. The
        commands for Microsoft Graph PowerShell and Azure CLI, with the least permissions, are printed and
        never run.
        """
        from prepop.cli.init import init as write
        from prepop.cli.init.config import InitWishes

        given = InitWishes(
            tuple(url or ()), tuple(base or ()), ca_file, tuple(tls_name or ()), bind, user, password_env,
            tenant, environment, credential, client_id, certificate_file, secret_env,
        )  # fmt: skip
        raise typer.Exit(write(file, given, os.environ, shown().console, force=force, trying=not no_try))

    @app.command()
    def check(
        run: Annotated[
            str | None,
            typer.Argument(metavar="RUN", help="With --proof: the run to look at; else the newest."),
        ] = None,
        proof: Annotated[
            bool,
            typer.Option("--proof", metavar="", help="Do methods that a run wrote count in this tenant?"),
        ] = False,
        out: Annotated[
            Path | None,
            typer.Option(
                "--out",
                metavar="DIR",
                help="Write readiness.json there; the report of a plan in DIR shows it.",
            ),
        ] = None,
    ) -> None:
        """Is this directory, this tenant and this app ready? Each answer says how to put it right.

        Reads only. What Graph cannot tell is unknown, with the place in the portal. --proof counts, a day
        after a pilot, who can reset now of those whom a run wrote. Ends with 30 where a no blocks a rollout.

        With --out DIR the answers become a section of the report that a security officer signs:
        check --out DIR, then plan --out DIR; or, for a plan that is there, report DIR.
        """
        from prepop.cli import check as looking

        if run is not None and not proof:
            raise UsageError(f"check {run}: a run is looked at with --proof", hint=f"check --proof {run}")
        run_to_end(looking.check(house(), proof, run, out, shown()))

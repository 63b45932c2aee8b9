"""`prepop init`: a commented config, tried on the way."""

import os
from pathlib import Path

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit


@click.command("init", cls=options.Verb)
@click.argument(
    "file", metavar="[FILE]", type=options.PATH, default="prepop.toml", help="The config to write."
)
@click.option(
    "--url", metavar="URL", multiple=True, help="A domain controller: ldaps://dc1.corp.example. Repeatable."
)
@click.option("--base", metavar="DN", multiple=True, help="Where people are. Repeatable.")
@click.option("--ca-file", metavar="FILE", default="", help="CA of the controllers, PEM; else the system's.")
@click.option(
    "--tls-name", metavar="NAME", multiple=True, help="A name that the certificate may bear. Repeatable."
)
@click.option("--bind", metavar="simple|kerberos", default="", help="How to sign in there.")
@click.option("--user", metavar="USER", default="", help="The account that reads people.")
@click.option(
    "--password-env",
    metavar="NAME",
    default="PREPOP_LDAP_PASSWORD",
    help="The variable that holds its password.",
)
@click.option("--tenant", metavar="T", default="", help="The tenant's id or a domain.")
@click.option("--environment", metavar="CLOUD", default="", help="global, usgov, usgov-dod or china.")
@click.option("--credential", metavar="KIND", default="", help="How prepop signs in to Entra ID.")
@click.option("--client-id", metavar="ID", default="", help="The app's id, where it is registered already.")
@click.option("--certificate-file", metavar="FILE", default="", help="Its certificate with private key, PEM.")
@click.option(
    "--secret-env",
    metavar="NAME",
    default="PREPOP_CLIENT_SECRET",
    help="The variable that holds the app's secret.",
)
@click.option("--extra", metavar="FILE", default="", help="A file of HR beside the directory: CSV or XLSX.")
@click.option("--group", metavar="GROUP", default="", help="A pilot: only members of this Entra group.")
@click.option(
    "--protected", metavar="UPN", multiple=True, help="An account that is never touched. Repeatable."
)
@click.option("--region", metavar="CC", default="", help="Country of numbers that have none: DE, GB, ...")
@click.option("--email", metavar="ATTRIBUTE", default="", help="The attribute with private addresses.")
@click.option("--no-try", is_flag=True, help="Try neither directory nor tenant on the way.")
@click.option("--force", is_flag=True, help="Write over an existing file.")
@click.pass_obj
def command(
    shown: Shown,
    /,
    file: Path,
    url: tuple[str, ...],
    base: tuple[str, ...],
    tls_name: tuple[str, ...],
    protected: tuple[str, ...],
    no_try: bool,
    force: bool,
    **said: str,
) -> Exit:
    """Write a commented config, trying directory and tenant on the way; show how the app is registered.

    Asks on a terminal for what no option says; elsewhere --url, --base and --tenant are needed. The
    tenant is tried once there is something to sign in with: --credential and what that needs. The
    commands for Microsoft Graph PowerShell and Azure CLI, with the least permissions, are printed and
    never run.
    """
    from prepop.cli.init.config import InitWishes
    from prepop.cli.init.writing import init

    given = InitWishes(
        url=url, base=base, tls_name=tls_name, protected=protected, **said
    )  # each option is named as its field
    return init(file, given, os.environ, shown.console, force=force, trying=not no_try)

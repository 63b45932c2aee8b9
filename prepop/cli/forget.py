"""`prepop forget`: what prepop wrote there is no longer its own."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit

if TYPE_CHECKING:
    from prepop.cli.context import House
    from prepop.model import Method


@click.command("forget", cls=options.Verb)
@click.argument("user", metavar="USER", help="UPN, object id, sAMAccountName, DN or anchor.")
@click.option(
    "--method",
    "methods",
    metavar="M",
    multiple=True,
    callback=lambda ctx, param, words: options.methods_of(words),
    help="Only this method: mobile, alternateMobile, office, email. Repeatable.",
)
@click.pass_obj
def command(shown: Shown, user: str, methods: "Collection[Method]") -> Exit:
    """Let go of what prepop wrote on one account: the next run sees it as it finds it.

    For a method that somebody took away and that is to come back from the directory, and for a change that
    Graph refused and that is to be tried at once. Nothing changes in the tenant. That it was forgotten, when
    and by whom stays in the state.
    """
    from prepop.cli.context import house_of

    return options.run(forget(house_of(shown), user, methods, shown))


async def forget(house: "House", user: str, methods: "Collection[Method]", shown: Shown) -> Exit:
    """Take an account out of the ledger, wholly or some methods of it."""
    from prepop.cli.context import looking
    from prepop.rules.phrases import visible
    from prepop.steps.forget import find_account

    async with looking(house, shown.console) as look:
        account = await find_account(user, look.reader, look.progress)
    with house.state("forget") as state:
        found = state.journal.forget(account.id, methods)
    upn = visible(account.upn)
    names = ", ".join(method.value for method in found)
    said = (
        f"Forgotten: {names} of {upn}. The next run sees the account as it finds it."
        if found
        else f"Nothing to forget: the state in {house.settings.state_dir} has nothing of this about {upn}."
    )
    shown.console.answer(
        said, {"account": {"id": account.id, "upn": upn}, "forgotten": [method.value for method in found]}
    )
    return Exit.DONE

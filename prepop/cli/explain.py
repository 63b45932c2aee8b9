"""`prepop explain`: one person, and why."""

from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit

if TYPE_CHECKING:
    from prepop.cli.context import House


@click.command("explain", cls=options.Verb)
@click.argument("user", metavar="USER", help="UPN, object id, sAMAccountName, DN or anchor.")
@click.pass_obj
def command(shown: Shown, user: str) -> Exit:
    """Show one person: raw values, what each rule made of them, what is registered, the verdict and why."""
    from prepop.cli.context import house_of

    return options.run(explain(house_of(shown), user, shown))


async def explain(house: "House", user: str, shown: Shown) -> Exit:
    """Plan for this person alone, and show everything that led to the verdict."""
    from prepop.cli.context import looking
    from prepop.cli.plan import planned
    from prepop.reports import explanation_document, render_explanation
    from prepop.steps.explain import explain as explained
    from prepop.steps.plan import Asked

    async with looking(house, shown.console) as look:
        asked = Asked(users=(user,))
        found = await planned(house, asked, house.new_run(), look.past, look.reader, look.progress)
    told = explained(user, found, unmask=shown.unmask)
    console = shown.console
    text = render_explanation(told, width=console.width, colour=console.colour)
    console.answer(text, explanation_document(told))
    return Exit.DONE

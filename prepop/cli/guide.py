"""`prepop guide [TOPIC]`: the documents that come with the program, on the terminal."""

import re

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit, UsageError


@click.command("guide", cls=options.Verb)
@click.argument("topic", required=False, metavar="[TOPIC]")
@click.pass_obj
def command(shown: Shown, topic: str | None) -> Exit:
    """Show a page of the guide; without a topic, which pages there are."""
    from prepop.guide import ORDER, page, title
    from prepop.rules.values.names import near

    if topic is None:
        width = max(map(len, ORDER))
        lines = [f"  {name:<{width}}  {title(name)}" for name in ORDER]
        text = "\n".join(("Pages of the guide; prepop guide TOPIC shows one:", *lines, ""))
        shown.console.answer(text, {"topics": {name: title(name) for name in ORDER}})
        return Exit.DONE
    try:
        text = page(topic)
    except KeyError:
        meant = near(topic, ORDER)
        raise UsageError(
            f"guide: there is no page {topic}" + (f'. Did you mean "{meant}"?' if meant else ""),
            hint=f"the pages are {', '.join(ORDER)}",
            plain=(topic, meant or ""),
        ) from None
    text = _MARKS.sub("", text)
    shown.console.answer(
        _drawn(shown, text) if shown.console.colour else text, {"topic": topic, "text": text}
    )
    return Exit.DONE


_MARKS = re.compile(r"<!-- /?[a-z-]+ -->\n")


def _drawn(shown: Shown, text: str) -> str:
    """As a terminal with colours shows Markdown."""
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown

    out = StringIO()
    Console(file=out, force_terminal=True, width=min(shown.console.width, 100)).print(Markdown(text))
    return out.getvalue()

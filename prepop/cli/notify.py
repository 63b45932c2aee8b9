"""`prepop notify --test`: a trial notice to each place that the config names."""

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit, UsageError


@click.command("notify", cls=options.Verb)
@click.option("--test", "trying", is_flag=True, help="Send a trial notice to each place.")
@click.pass_obj
def command(shown: Shown, trying: bool) -> Exit:
    """Try the places that [notify] of the config names.

    Ends with 20 where one of them did not take the notice.
    """
    from prepop.cli.context import house_of
    from prepop.cli.notifying import where
    from prepop.notices.by_apprise import scheme, send
    from prepop.rules.phrases import counted
    from prepop.rules.summary.notice import trial

    if not trying:
        raise UsageError("notify: nothing to do", hint="say `prepop notify --test` to send a trial notice")
    settings = house_of(shown).settings
    urls = settings.secrets.notify_urls
    if not urls:
        raise UsageError(
            "notify: the config names no place",
            hint="put Apprise addresses into the variable of notify.urls_env, or the file notify.urls_file",
        )
    troubles = list(send(urls, trial(settings.cloud.tenant, where(settings))))
    places = ", ".join(scheme(url) for url in urls)
    text = f"Sent to {counted(len(urls) - len(troubles), 'place')} of {len(urls)} ({places})."
    shown.console.answer(
        "\n".join([text, *(f"  not sent to {trouble}" for trouble in troubles)]) + "\n",
        {"places": len(urls), "sent": len(urls) - len(troubles), "not_sent": troubles},
    )
    return Exit.SOME_FAILED if troubles else Exit.DONE

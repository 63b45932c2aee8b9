"""`prepop notify --test`: a trial notice to each place that the config names, and a trial mail."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from prepop.cli import options
from prepop.cli.console import Shown
from prepop.errors import Exit, UsageError

if TYPE_CHECKING:
    from prepop.cli.context import House


@click.command("notify", cls=options.Verb)
@click.option("--test", "trying", is_flag=True, help="Send a trial notice to each place.")
@click.pass_obj
def command(shown: Shown, trying: bool) -> Exit:
    """Try the places that [notify] of the config names, and the mail server of [notify.people].

    The mail that people would get goes to the sender of the config alone. Ends with 20 where one of them was
    not taken.
    """
    from prepop.cli.context import house_of
    from prepop.cli.notifying import where
    from prepop.notices.by_apprise import scheme, send
    from prepop.rules.phrases import counted
    from prepop.rules.summary.notice import trial

    if not trying:
        raise UsageError("notify: nothing to do", hint="say `prepop notify --test` to send a trial notice")
    house = house_of(shown)
    settings = house.settings
    urls = settings.secrets.notify_urls
    if not urls and settings.people is None:
        raise UsageError(
            "notify: the config names no place",
            hint="put Apprise addresses into the variable of notify.urls_env, or the file notify.urls_file",
        )
    troubles = list(send(urls, trial(settings.cloud.tenant, where(settings))))
    lines: list[str] = []
    if urls:
        places = ", ".join(scheme(url) for url in urls)
        lines.append(f"Sent to {counted(len(urls) - len(troubles), 'place')} of {len(urls)} ({places}).")
        lines += [f"  not sent to {trouble}" for trouble in troubles]
    answer: dict[str, object] = {
        "places": len(urls),
        "sent": len(urls) - len(troubles),
        "not_sent": list(troubles),
    }
    if settings.people is not None:
        trouble = trial_mail(house)
        answer["mail"] = trouble or "sent"
        if trouble:
            troubles.append(trouble)
        what = f"not sent, {trouble}" if trouble else "sent to its sender, in the words that people would get"
        lines.append(f"The mail to people ({settings.people.host}:{settings.people.port}): {what}.")
    shown.console.answer("\n".join(lines) + "\n", answer)
    return Exit.SOME_FAILED if troubles else Exit.DONE


def trial_mail(house: "House") -> str:
    """Send the example of the templates to the sender itself; the answer is what went wrong, or ""."""
    from prepop.cli.context import mail_templates
    from prepop.model import Delivery, Mail
    from prepop.notices.by_mail import MailServer
    from prepop.notices.templates import EXAMPLE

    settings = house.settings
    templates = mail_templates(settings)
    if settings.people is None or templates is None:
        return ""
    sender = settings.people.sender
    said = templates.worded(("en",), replace(EXAMPLE, contact=sender))
    id_ = f"<prepop.trial.{house.new_run()}@{sender.rpartition('@')[2]}>"
    server = MailServer(settings.people, settings.secrets.mail_password, house.clock)
    try:
        posted = server.send(Mail(id_, sender, said.subject, said.plain, said.html), lambda: None)
    finally:
        server.close()
    return "" if posted.state is Delivery.SENT else posted.note

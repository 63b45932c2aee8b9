"""Mails to people at the end of a run that writes (`[notify.people]`). They never change the exit code."""

import logging
from typing import TYPE_CHECKING

from prepop.errors import PrepopError
from prepop.rules.phrases import counted

if TYPE_CHECKING:
    from prepop.cli.context import Running
    from prepop.cloud import OpenTenant
    from prepop.model import Mailed
    from prepop.notices.templates import Templates
    from prepop.options import PeopleOptions

log = logging.getLogger(__name__)


async def tell_people(work: "Running", tenant: "OpenTenant") -> None:
    """Tell whoever was not told yet, of this run and of earlier ones; what goes wrong is logged."""
    people = work.house.settings.people
    if people is None or work.templates is None:
        return
    try:
        told = work.course.mailed = await _tell(work, tenant, people, work.templates)
    except PrepopError as error:
        log.warning("telling people by mail broke off: %s", error.message)
        return
    except Exception:
        # whatever is wrong with a mail, the night ends as it ended
        log.exception("telling people by mail broke off")
        return
    counts = ", ".join(f"{count:,} {state}" for state, count in told.counts.items())
    log.info("told by mail: %s", counts or "nobody")
    if told.trouble:
        waiting = counted(told.left, "mail waits", "mails wait")
        log.warning("%s for a later run: %s", waiting, told.trouble)


async def _tell(
    work: "Running", tenant: "OpenTenant", people: "PeopleOptions", templates: "Templates"
) -> "Mailed":
    from prepop.notices.by_mail import MailServer
    from prepop.steps.tell import Teller, tell

    settings = work.house.settings
    facts = await tenant.reader.facts()
    brake = work.brake
    server = MailServer(people, settings.secrets.mail_password, work.house.clock)
    teller = Teller(work.state.mails, server, templates.worded, people, brake.held)
    brake.writing = True  # a mail is no better place to stop in than a write
    try:
        return await tell(work.course.run, facts.id, facts.name, tenant.reader, teller)
    finally:
        brake.writing = False
        server.close()

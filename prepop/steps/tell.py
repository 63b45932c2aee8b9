"""Telling people by mail what was changed on their own accounts: whoever did not ask for it objects.

Each change is told once. A mail is on disk as `sending` before its text leaves; one that was cut off there is
`unknown` from then on, said so, and never sent again. So many mails a run as the config allows, the longest
waiting first; what is left goes out with the next run. It changes no exit code: the methods are registered.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prepop.errors import Incomplete, OutputError
from prepop.model import Delivery, Mail, Mailbox, Mailed, Untold
from prepop.options import PeopleOptions
from prepop.ports import Mails, Post, Posted, TenantReader
from prepop.rules.mails import Telling, Worded, languages, mail_id, telling
from prepop.rules.phrases import counted

log = logging.getLogger(__name__)

LATER = Posted(Delivery.REFUSED, later=True)

Words = Callable[[tuple[str, ...], Telling], Worded]
"""What is to be told in words, in the first language that there is a template of. Raises OutputError."""


@dataclass(frozen=True, slots=True)
class Teller:
    """What telling works with. held: why nothing more is to be sent, or ""; asked before each mail."""

    mails: Mails
    post: Post
    words: Words
    options: PeopleOptions
    held: Callable[[], str]


async def tell(run: str, tenant: str, organisation: str, reader: TenantReader, teller: Teller) -> Mailed:
    """Tell whoever waits, as many as one run may. One who cannot be told keeps no other from it.

    Raises StateError where the journal fails.
    """
    counts: Counter[Delivery] = Counter()
    trouble = teller.held()
    if lost := teller.mails.cut_off():
        counts[Delivery.UNKNOWN] += lost
        log.warning("of %s it is not known whether it left: it is not sent again", counted(lost, "mail"))
    now, left = teller.mails.untold(tenant, teller.options.most, removals=teller.options.removals)
    boxes: Mapping[str, Mailbox] = {}
    if now and not trouble:
        try:
            boxes = await reader.mailboxes([untold.account_id for untold in now])
        except Incomplete as error:
            log.warning("%s", error.message)
            trouble = "their mailboxes cannot be read"
    for untold in now:
        box = boxes.get(untold.account_id)
        trouble = trouble or teller.held()
        posted = LATER if trouble or box is None else _sent(run, organisation, untold, box, teller)
        trouble = trouble or (posted.note if posted.over else "")
        if posted.later:
            left += 1
        else:
            counts[posted.state] += 1
    return Mailed(counts, left, trouble)


def _sent(run: str, organisation: str, untold: Untold, box: Mailbox, teller: Teller) -> Posted:
    """Send one mail, and write down what became of it."""
    sender = teller.options.sender
    id_ = mail_id(untold, sender)
    if not box.address:
        teller.mails.never(run, id_, untold, Delivery.NO_MAILBOX, "")
        return Posted(Delivery.NO_MAILBOX)
    said = telling(untold, box, organisation, sender)
    try:
        worded = teller.words(languages(box.language), said)
    except OutputError as error:
        log.warning("a mail to account %s waits for a later run: %s", untold.account_id, error.message)
        return LATER
    mail = Mail(id_, box.address, worded.subject, worded.plain, worded.html)
    begun = False

    def about_to_leave() -> None:
        nonlocal begun
        teller.mails.begin(run, id_, untold)
        begun = True

    posted = teller.post.send(mail, about_to_leave)
    if posted.later:
        if begun:
            teller.mails.put_back(id_, untold)
        log.warning("a mail to account %s waits for a later run: %s", untold.account_id, posted.note)
        return posted
    if begun:
        teller.mails.ended(id_, posted.state, posted.note)
    else:
        teller.mails.never(run, id_, untold, posted.state, posted.note)
    if posted.state is not Delivery.SENT:
        log.warning("a mail to account %s: %s, %s", untold.account_id, posted.state, posted.note)
    return posted

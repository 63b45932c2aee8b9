"""What a person is told of the own account: which languages, which words.

Values are masked here too: the mail goes to the person's own mailbox, and mails are forwarded.
"""

import hashlib
from dataclasses import dataclass

from prepop.model import DatedChange, Mailbox, Untold
from prepop.rules.phrases import visible
from prepop.rules.values.masking import mask

BUILT_IN = "en"


@dataclass(frozen=True, slots=True)
class ToldChange:
    """One change as a template names it. before, after: masked, "" where there is none. on: YYYY-MM-DD."""

    method: str
    action: str
    before: str
    after: str
    on: str


@dataclass(frozen=True, slots=True)
class Telling:
    """Everything that a template may use."""

    name: str
    organisation: str
    contact: str
    changes: tuple[ToldChange, ...]


@dataclass(frozen=True, slots=True)
class Worded:
    """A mail's words. html: "" where the language has none."""

    subject: str
    plain: str
    html: str = ""


def languages(preferred: str) -> tuple[str, ...]:
    """Whose templates to look for, in this order: `de-CH` is told in de-ch, else de, else English.

    preferred: preferredLanguage of the account, a language tag (RFC 5646), or "".
    """
    parts = [part for part in preferred.lower().split("-") if part.isalnum() and part.isascii()]
    narrower = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return tuple(dict.fromkeys((*narrower, BUILT_IN)))


def telling(untold: Untold, mailbox: Mailbox, organisation: str, contact: str) -> Telling:
    """What the mail says. A change that a later one undid or repeated is told as it came."""
    return Telling(
        name=visible(mailbox.name) or visible(untold.changes[0].change.account.name) or mailbox.address,
        organisation=visible(organisation),
        contact=contact,
        changes=tuple(_told(dated) for dated in untold.changes),
    )


def mail_id(untold: Untold, sender: str) -> str:
    """The Message-ID (RFC 5322 section 3.6.4) of a mail that tells these changes, always the same."""
    told = [untold.account_id, *(f"{dated.run} {dated.change.id}" for dated in untold.changes)]
    digest = hashlib.sha256("\0".join(told).encode()).hexdigest()[:32]
    return f"<prepop.{digest}@{sender.rpartition('@')[2]}>"


def _told(dated: DatedChange) -> ToldChange:
    change = dated.change
    return ToldChange(
        method=change.method.value,
        action=change.action.value,
        before=mask(change.before) if change.before else "",
        after=mask(change.after) if change.after else "",
        on=f"{dated.at:%Y-%m-%d}",
    )

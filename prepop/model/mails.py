"""Mails to the people whose methods were changed: what each is to hear, where, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from prepop.model.decisions import Change


class Delivery(StrEnum):
    """What became of one mail."""

    SENDING = "sending"  # written down before its last line leaves
    SENT = "sent"  # the server took it
    UNKNOWN = "unknown"  # the process or the connection ended between the two: never sent again
    REFUSED = "refused"  # the server will not take it, tomorrow neither
    NO_MAILBOX = "no-mailbox"


@dataclass(frozen=True, slots=True)
class DatedChange:
    """A change that came true: in which run, and when it was sent to the tenant."""

    run: str
    change: Change
    at: datetime


@dataclass(frozen=True, slots=True)
class Untold:
    """What one person was not told yet, oldest first."""

    account_id: str
    changes: tuple[DatedChange, ...]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where a person reads mail, as the account has it now. language: as in a browser ("de-DE"), or ""."""

    address: str
    name: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person. id: its Message-ID, the same for as long as it may be sent."""

    id: str
    to: str
    subject: str
    plain: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class Mailed:
    """What a run told people. left: who waits for a later run. trouble: why no more was sent, or ""."""

    counts: Mapping[Delivery, int] = field(default_factory=dict)
    left: int = 0
    trouble: str = ""

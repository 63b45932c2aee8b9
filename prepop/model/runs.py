"""How a plan was carried out: what a report of a run, a notice and `prepop runs` say besides the outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from prepop.errors import Exit
from prepop.model.mails import Mailed
from prepop.reasons import FindingCode


class Ending(StrEnum):
    """How a run ended."""

    NOTHING = "nothing"  # there was nothing to do: `resume` with no open run
    SHOWN = "shown"  # a preview: nothing was to be written
    DONE = "done"
    FAILURES = "failures"  # through, but for some changes
    STOPPED = "stopped"  # by a limit; the rest was not tried
    OUT_OF_TIME = "out-of-time"
    INTERRUPTED = "interrupted"
    BLOCKED = "blocked"  # by a finding
    UNREAD = "unread"  # directory or tenant could not be read to the end, or a sign-in was refused
    LOCKED = "locked"  # another run holds the lock
    REFUSED = "refused"  # something that a person can put right, before anything was written
    BROKEN = "broken"  # off, after writing began; or a bug

    @classmethod
    def told_by(cls, exit_code: int | None, stopped_by: str) -> "Ending | None":
        """How a run that wrote ended, by what the journal keeps; None: it did not end, or without a word."""
        match exit_code:
            case None:
                return None
            case Exit.DONE:
                return cls.DONE
            case Exit.SOME_FAILED:
                return cls.STOPPED if stopped_by else cls.FAILURES
            case Exit.OUT_OF_TIME:
                return cls.OUT_OF_TIME
            case Exit.INTERRUPTED:
                return cls.INTERRUPTED
            case _:
                return cls.BROKEN


@dataclass(frozen=True, slots=True)
class Operator:
    """Who ran prepop: a user of the operating system, on a host. Texts are "" where that is not known."""

    user: str = ""
    host: str = ""

    def __str__(self) -> str:
        known = [word for word in (self.user, f"on {self.host}" if self.host else "") if word]
        return " ".join(known)


NOBODY = Operator()
"""Who ran prepop where nobody wrote it down."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One carrying out of a plan.

    ending: None while it is under way, or where its process ended without a word.
    stopped_by: the key of the limit that stopped it. closed: nothing waits in it any more; else `resume`
    goes on with it. accepted: the findings that were lifted, each at this number only, by `operator`, who
    started it. applied_before: the run that applied the same plan before, "" where none did. mailed: what
    people heard by mail, None where nobody does.
    """

    run: str
    ending: Ending | None = None
    closed: bool = False
    stopped_by: str = ""
    accepted: Mapping[FindingCode, int] = field(default_factory=dict)
    operator: Operator = NOBODY
    applied_before: str = ""
    mailed: Mailed | None = None

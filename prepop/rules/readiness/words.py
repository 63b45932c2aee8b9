"""The words of `prepop check`: a question, its answer, what that means, how to put it right.

An answer's id is stable: scripts may look for it. Where nothing can tell, the answer is unknown and says
where a person can look; nothing is guessed.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """The four answers."""

    YES = "yes"
    NO = "no"
    PARTLY = "partly"
    UNKNOWN = "unknown"


class Group(StrEnum):
    """What a question is about, in the order in which it is shown, with the heading above it."""

    heading: str

    def __new__(cls, code: str, heading: str) -> "Group":
        member = str.__new__(cls, code)
        member._value_ = code
        member.heading = heading
        return member

    PROOF = "proof", "Proof"
    DIRECTORY = "directory", "Directory"
    SYNC = "sync", "Synchronisation"
    LICENCE = "licence", "Licences"
    RESET = "reset", "Self-service password reset"
    METHODS = "methods", "Authentication methods"
    WRITEBACK = "writeback", "Password writeback"
    PERMISSIONS = "permissions", "This app: permissions and quota"


@dataclass(frozen=True, slots=True)
class Answer:
    """One question with its answer.

    says: what was found and what it means. fix: the exact place, command or permission; "" where nothing is
    to be done; what is to be typed stands between `backticks`. blocks: the answer is no, and a rollout
    cannot work before it is put right. about: which directory, where there are several.
    """

    id: str
    group: Group
    question: str
    answer: State
    says: str
    fix: str = ""
    blocks: bool = False
    about: str = ""

    @property
    def to_do(self) -> str:
        """The word before `fix`: nobody can put right what is not known."""
        return "look" if self.answer is State.UNKNOWN else "fix"


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact that could not be read, and why. look: where a person can see it instead."""

    why: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """One check: when it was made (UTC), of which tenant, with which settings, and all its answers.

    tenant_id, tenant: id and name; "" where the tenant could not be reached. The digests are those of
    `options.Settings`, to tell whether a plan was made with the same.
    """

    made: datetime
    tenant_id: str
    tenant: str
    config_digest: str
    mapping_digest: str
    answers: tuple[Answer, ...]

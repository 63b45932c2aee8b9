"""The words of `prepop check`: a question, its answer, what that means, how to put it right.

An answer's id is stable: scripts may look for it. Where nothing can tell, the answer is unknown and says
where a person can look; nothing is guessed.
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The four answers."""

    YES = "yes"
    NO = "no"
    PARTLY = "partly"
    UNKNOWN = "unknown"


class Group(StrEnum):
    """What a question is about, in the order in which it is shown."""

    DIRECTORY = "directory"
    SYNC = "sync"
    LICENCE = "licence"
    RESET = "reset"
    METHODS = "methods"
    WRITEBACK = "writeback"
    PERMISSIONS = "permissions"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Answer:
    """One question with its answer.

    says: what was found and what it means. fix: the exact place, command or permission; "" where nothing is
    to be done. blocks: the answer is no, and a rollout cannot work before it is put right. about: which
    directory, where there are several.
    """

    id: str
    group: Group
    question: str
    answer: State
    says: str
    fix: str = ""
    blocks: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact that could not be read, and why. look: where a person can see it instead."""

    why: str
    look: str = ""

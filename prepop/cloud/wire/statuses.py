"""What an answer of Graph means: the one table, for a read, an item of a batch and a write.

    status            a read, or an item of a batch    a write
    2xx               the answer                       done
    2xx, unreadable   again, after a wait              unknown: read back
    3xx               a plain no                       unknown: read back
    400               a plain no                       a plain no; of an addition: it may be there by now
    401               once more, new token             once more, new token
    403               the permission is missing        a plain no
    404               it is not there                  a plain no; of a removal: it may be gone already
    408, 424          again, after a wait              unknown: read back
    409               a plain no                       a half-success, which may show late
    429               again at the gate                again at the gate
    other 4xx         a plain no                       a plain no
    5xx               again, after a wait              unknown: read back
    none, was sent    again, after a wait              unknown: read back
    none, not sent    again, after a wait              again, after a wait

A write that came to "again" certainly did not happen: it was refused at the gate, or never left.
"""

from enum import Enum, auto

from prepop.cloud.wire.answers import Fate, GraphAnswer, NoAnswer
from prepop.errors import Incomplete
from prepop.model import Action
from prepop.rules.phrases import visible
from prepop.rules.readiness.permission_table import Permission
from prepop.rules.values.masking import mask_within


class ReadMeaning(Enum):
    """What an answer means for a read."""

    GOOD = auto()
    GATE = auto()
    TOKEN = auto()
    AGAIN = auto()
    GONE = auto()
    LACKING = auto()
    REFUSED = auto()

    @property
    def final(self) -> bool:
        """True where asking again would change nothing."""
        return self not in (ReadMeaning.GATE, ReadMeaning.TOKEN, ReadMeaning.AGAIN)


class WriteMeaning(Enum):
    """What an answer means for a write. TAKEN and LATE are looked at again by `steps.apply`."""

    DONE = auto()
    GATE = auto()
    TOKEN = auto()
    UNSENT = auto()
    UNKNOWN = auto()
    LATE = auto()
    TAKEN = auto()
    REFUSED = auto()

    @property
    def final(self) -> bool:
        """True where it must not be sent again by itself."""
        return self not in (WriteMeaning.GATE, WriteMeaning.TOKEN, WriteMeaning.UNSENT)

    @property
    def acted(self) -> bool | None:
        """Whether something happened to the account; None where that is not known."""
        match self:
            case WriteMeaning.DONE:
                return True
            case WriteMeaning.UNKNOWN | WriteMeaning.LATE:
                return None
            case _:
                return False


_READ_OF_WORDS, _SHOWN_OF_WORDS = 2000, 300  # a service may say anything, at any length

#: Graph's code for a place in a list that it has forgotten: GRAPH section 4.
EXPIRED = "Directory_ExpiredPageToken"

_R, _W = ReadMeaning, WriteMeaning
_KNOWN: dict[int, tuple[ReadMeaning, WriteMeaning]] = {
    400: (_R.REFUSED, _W.REFUSED),  # GRAPH section 1, error shapes
    401: (_R.TOKEN, _W.TOKEN),  # GRAPH section 10
    403: (_R.LACKING, _W.REFUSED),  # GRAPH section 1, error shapes
    404: (_R.GONE, _W.REFUSED),  # GRAPH section 1, error shapes
    408: (_R.AGAIN, _W.UNKNOWN),
    409: (_R.REFUSED, _W.LATE),  # GRAPH section 1, phoneNumberNotUnique
    424: (_R.AGAIN, _W.UNKNOWN),  # GRAPH section 5
    429: (_R.GATE, _W.GATE),  # GRAPH section 6
}
_BY_HUNDREDS: dict[int, tuple[ReadMeaning, WriteMeaning]] = {
    2: (_R.GOOD, _W.DONE),  # GRAPH section 1, operations
    3: (_R.REFUSED, _W.UNKNOWN),
    4: (_R.REFUSED, _W.REFUSED),
    5: (_R.AGAIN, _W.UNKNOWN),  # GRAPH section 6
}
_NO_STATUS = (_R.AGAIN, _W.UNKNOWN)
_OF_ACTION = {
    (400, Action.ADD): _W.TAKEN,
    (404, Action.REMOVE): _W.LATE,
}


def of_read(fate: Fate) -> ReadMeaning:
    """What became of a read, alone or in a batch."""
    if isinstance(fate, NoAnswer):
        return ReadMeaning.AGAIN
    read, _ = _looked_up(fate.status)
    if read is ReadMeaning.GOOD and not fate.ok:  # half a body, or an error that came after the status
        return ReadMeaning.REFUSED if fate.readable else ReadMeaning.AGAIN
    return read


def of_write(fate: Fate, action: Action | None = None) -> WriteMeaning:
    """What became of a write. action: what it did, where that is told already."""
    if isinstance(fate, NoAnswer):
        return WriteMeaning.UNKNOWN if fate.sent else WriteMeaning.UNSENT
    _, write = _looked_up(fate.status)
    if write is WriteMeaning.DONE and not fate.ok:
        return WriteMeaning.UNKNOWN
    return write if action is None else _OF_ACTION.get((fate.status, action), write)


def _looked_up(status: int) -> tuple[ReadMeaning, WriteMeaning]:
    return _KNOWN.get(status) or _BY_HUNDREDS.get(status // 100, _NO_STATUS)


def is_gone(fate: Fate) -> bool:
    """True where what was asked for does not exist. A 404 to a whole batch is about none of its items."""
    return isinstance(fate, GraphAnswer) and not fate.whole and of_read(fate) is ReadMeaning.GONE


def asks_for_patience(fate: Fate) -> bool:
    """True where Graph asks everybody to wait: 429, and a 5xx that names a time."""
    return isinstance(fate, GraphAnswer) and (
        of_read(fate) is ReadMeaning.GATE or (fate.status >= 500 and fate.retry_after is not None)
    )


def unread(doing: str, fate: Fate, permission: Permission | None) -> Incomplete:
    """The error for something that could not be read: what was being done, what came back, what to try."""
    if isinstance(fate, NoAnswer):
        return Incomplete(f"{doing}: {fate}", hint="try again later; nothing was written")
    message = f"{doing}: Graph answered {fate}"
    if fate.code == EXPIRED:
        return Incomplete(
            message,
            hint="Graph forgets the place in a list that is read slowly: run when less is going on in the "
            "tenant, and see in the log (-v) whether other apps use up its quota",
        )
    match of_read(fate):
        case ReadMeaning.LACKING if permission is not None:
            return Incomplete(message, hint=permission.remedy)
        case meaning if meaning.final and fate.status >= 300:
            return Incomplete(
                message, hint=f"Microsoft's support asks for the request-id; Graph said: {said(fate)}"
            )
        case _:
            return Incomplete(message, hint="try again later; nothing was written")


def said(answer: GraphAnswer) -> str:
    """Graph's words on an error, as `words` has them."""
    return words(answer) or "nothing"


def words(answer: GraphAnswer) -> str:
    """Graph's own error message, for people: without numbers, addresses and control characters, and short."""
    return visible(mask_within(answer.message[:_READ_OF_WORDS]))[:_SHOWN_OF_WORDS]

"""What comes back from Graph, as plain values: an answer, or none; and how its JSON is read.

A request to Graph and an item inside a `$batch` have the same shape here, so that every rule about an
answer (what is tried again, what is refused) is written once.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from prepop.rules.phrases import visible
from prepop.rules.values.lengths import bounded
from prepop.rules.values.masking import mask_within

Fields = Mapping[str, object]
_CODE = 100


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `url` is absolute; `body` is JSON already."""

    method: str
    url: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """Status, headers (names in lower case) and JSON of one answer.

    readable: False where a body came that is not JSON (a proxy's page, half an answer).
    whole: True where it answers a whole `$batch` and stands here for each of its items.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    readable: bool = True
    whole: bool = False

    @property
    def ok(self) -> bool:
        """True for 2xx with a body that could be read and that is not itself an error.

        A service that fails after it has sent its status can only say so in the body (OData's
        in-stream errors).
        """
        return 200 <= self.status < 300 and self.readable and self.fields.get("error") is None

    @property
    def fields(self) -> Fields:
        """The body as an object; empty where it is something else."""
        return as_fields(self.body)

    @property
    def code(self) -> str:
        """Graph's error code, or "": a short word, whatever a service puts there."""
        return visible(mask_within(text(as_fields(self.fields.get("error")), "code"))[:_CODE])

    @property
    def message(self) -> str:
        """Graph's words on an error, or "". They may quote what was sent: mask before showing."""
        return text(as_fields(self.fields.get("error")), "message")

    @property
    def request_id(self) -> str:
        """The id that Microsoft's support asks for: of the item where it has one, else of the request."""
        error = as_fields(self.fields.get("error"))
        inner = as_fields(error.get("innerError")) or as_fields(error.get("innererror"))
        said = text(inner, "request-id") or bounded(self.headers.get("request-id", ""))
        return visible(mask_within(said)[:_CODE])

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from `Retry-After`: a number or a date. None where it says nothing.

        Fractions are documented (`2.128`): GRAPH section 5.
        """
        said = self.headers.get("retry-after", "").strip()
        if not said:
            return None
        try:
            seconds = float(said)
        except ValueError:
            try:
                until = parsedate_to_datetime(said)
            except (ValueError, OverflowError):  # a year with twenty digits
                return None
            return max(0.0, (_aware(until) - self._sent_at()).total_seconds())
        return max(0.0, seconds) if math.isfinite(seconds) else None

    def _sent_at(self) -> datetime:
        """The server's own clock where it gives it, so that a wrong clock here does no harm."""
        try:
            return _aware(parsedate_to_datetime(self.headers.get("date", "")))
        except (ValueError, OverflowError):
            return datetime.now(UTC)

    def __str__(self) -> str:
        words = f"{self.status} {self.code}".rstrip()
        return f"{words} (request-id {self.request_id})" if self.request_id else words


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A request, or an item of a batch, to which nothing usable came back.

    sent: False where it certainly never left (no connection was made), so that nothing can have happened.
    """

    why: str
    sent: bool = True

    def __str__(self) -> str:
        return self.why


Fate = GraphAnswer | NoAnswer


class Sender(Protocol):
    """Sends one request, once. See `transport.Transport`."""

    async def ready(self) -> None:
        """Have a token at hand, so that nothing has to be waited for before `send`. Raises SignInError."""

    async def send(self, request: Request) -> Fate:
        """The answer, or the fact that there is none.

        Raises Incomplete for a foreign address, SignInError without a token.
        """


def as_fields(value: object) -> Fields:
    """A JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def text(fields: Fields, key: str) -> str:
    """A text field; "" where it is absent, null or not text. One that is too long is cut."""
    value = fields.get(key)
    return bounded(value) if isinstance(value, str) else ""


def texts(fields: Fields, key: str) -> tuple[str, ...]:
    """A list of texts; empty where it is absent, null or not a list."""
    return tuple(bounded(value) for value in items(fields.get(key)) if isinstance(value, str))


def items(value: object) -> Sequence[object]:
    """A JSON array, or an empty one for anything else."""
    return value if isinstance(value, list) else ()


def rows(fields: Fields, key: str) -> list[Fields]:
    """A list of objects; empty where it is absent."""
    return [as_fields(value) for value in items(fields.get(key)) if isinstance(value, dict)]


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

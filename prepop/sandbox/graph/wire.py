"""Requests and answers as the emulated tenant sees them, and the OData that its lists understand."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

Json = dict[str, object]
T = TypeVar("T")


def words(text: str) -> frozenset[str]:
    """A set of names, written as one text."""
    return frozenset(text.split())


@dataclass(slots=True)
class Ask:
    """One request: a whole HTTP request, or one item of a batch.

    segments: of the decoded path, without the version. root: scheme, host and version, for nextLinks.
    """

    verb: str
    segments: list[str]
    query: dict[str, str]
    headers: Mapping[str, str]
    body: object
    root: str
    in_batch: bool = False

    @property
    def path(self) -> str:
        """The path without the version, decoded: `users/ID/authentication/phoneMethods`."""
        return "/".join(self.segments)


@dataclass(slots=True)
class Reply:
    """One answer. body: None for none."""

    status: int
    body: Json | None = None
    headers: dict[str, str] = field(default_factory=dict)


class GraphError(Exception):
    """An answer of 4xx, raised by a handler. Bodies: GRAPH section 10.

    repeats: innerError repeats the message, as the authentication methods' errors do (GRAPH section 1).
    """

    def __init__(self, status: int, code: str, message: str, *, repeats: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.repeats = repeats
        self.headers: dict[str, str] = {}


def not_found(thing: str) -> GraphError:
    """404 of a directory object that is not there."""
    text = (
        f"Resource '{thing}' does not exist or one of its queried reference-property objects are not present."
    )
    return GraphError(404, "Request_ResourceNotFound", text)


def no_segment(name: str) -> GraphError:
    """400 of a path that this version or cloud does not have."""
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{name}'.")


def expired_page() -> GraphError:
    """400 of a page token that the service does not know any more (GRAPH section 4)."""
    return GraphError(
        400,
        "Directory_ExpiredPageToken",
        "The specified page token value has expired and can no longer be included in your request.",
    )


def unsupported(text: str) -> GraphError:
    """400 of a query option that the service refuses."""
    return GraphError(400, "Request_UnsupportedQuery", text)


# ---------------------------------------------------------------- $select, $filter, $top, nextLink

_CLAUSE = re.compile(r"^\s*(\w+)\s+eq\s+('(?:[^']|'')*'|true|false|null)\s*$")
_SINCE = re.compile(r"^\s*(\w+DateTime)\s+ge\s+(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\s*$")


def selected(row: Json, ask: Ask, *, default: frozenset[str] | None = None) -> Json:
    """The row with what `$select` names, or with the default properties (None: all)."""
    wanted = ask.query.get("$select")
    if wanted is None:
        return row if default is None else {k: v for k, v in row.items() if k in default}
    out: Json = {}
    for name in wanted.split(","):
        key = name.strip()
        if key not in row:
            text = f"Parsing OData Select and Expand failed: Could not find a property named '{key}'."
            raise GraphError(400, "BadRequest", text)
        out[key] = row[key]
    return out


def filtered(ask: Ask, allowed: frozenset[str]) -> Callable[[Json], bool] | None:
    """What the request's `$filter` asks, or None: see `predicate`."""
    text = ask.query.get("$filter")
    return None if text is None else predicate(text, allowed)


def predicate(text: str, allowed: frozenset[str]) -> Callable[[Json], bool]:
    """What a `$filter` asks: `name eq literal`, joined by `and`; of a moment (`...DateTime`) also `ge`.

    Anything else is refused with 400.
    """
    wanted: list[tuple[str, object]] = []
    since: list[tuple[str, str]] = []
    for clause in re.split(r"\s+and\s+", text):
        if (later := _SINCE.match(clause)) and later[1] in allowed:
            since.append((later[1], later[2]))
            continue
        found = _CLAUSE.match(clause)
        if not found or found[1] not in allowed:
            raise unsupported(f"Unsupported or invalid query filter clause: '{clause}'.")
        literal = found[2]
        words: dict[str, object] = {"true": True, "false": False, "null": None}
        value = words[literal] if literal in words else literal[1:-1].replace("''", "'")
        wanted.append((found[1], value))

    def fits(row: Json) -> bool:
        return all(_same(row.get(name), value) for name, value in wanted) and all(
            str(row.get(name)) >= moment for name, moment in since
        )

    return fits


def _same(left: object, right: object) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    return left == right


def top(ask: Ask, *, default: int, most: int) -> int:
    """`$top`, within what the resource allows."""
    text = ask.query.get("$top")
    if text is None:
        return default
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise unsupported(f"Invalid page size specified: '{text}'. Must be between 1 and {most} inclusive.")
    return int(text)


def page(rows: Sequence[T], ask: Ask, size: int) -> tuple[Sequence[T], Json]:
    """One page from `$skiptoken` on, and the head of its body with `@odata.nextLink` where more follows."""
    start = 0
    if (token := ask.query.get("$skiptoken")) is not None:
        try:
            start = int(base64.urlsafe_b64decode(token.encode()).decode().removeprefix("RFNwdAIAAQ"))
        except (ValueError, binascii.Error) as e:
            raise expired_page() from e
    head: Json = {"@odata.context": f"{ask.root}/$metadata#{ask.path}"}
    if start + size < len(rows):
        fresh = base64.urlsafe_b64encode(f"RFNwdAIAAQ{start + size}".encode()).decode()
        kept = {k: v for k, v in ask.query.items() if k != "$skiptoken"} | {"$skiptoken": fresh}
        query = "&".join(f"{k}={quote(v, safe=',')}" for k, v in kept.items())
        head["@odata.nextLink"] = f"{ask.root}/{quote(ask.path)}?{query}"
    return rows[start : start + size], head


def media_type(header: str) -> str:
    """The type that a Content-Type names, without its parameters."""
    return header.partition(";")[0].strip().lower()


def stamp(at: datetime) -> str:
    """A time as Graph writes it: seven digits of fraction (GRAPH section 10)."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "3Z"

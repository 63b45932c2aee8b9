"""A very small HTTP server on loopback that records every byte asked of it and answers as the test says."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in. Header names in lower case; `line` is the first line as sent."""

    line: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path without the query, percent-encoded as sent."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query, decoded."""
        return {key: values[0] for key, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def items(self) -> list[dict[str, object]]:
        """The requests inside a `$batch`."""
        found = json.loads(self.body)["requests"]
        assert isinstance(found, list)
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. `raw` goes out as it is, then the connection closes; `drop`: closed at once."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    drop: bool = False

    def encoded(self) -> bytes:
        """The bytes on the wire."""
        if self.raw is not None:
            return self.raw
        content = b"" if self.body is None else json.dumps(self.body).encode()
        kind = {"Content-Type": "application/json"} if content else {}
        lines = [f"HTTP/1.1 {self.status} X"]
        lines += [
            f"{k}: {v}" for k, v in {**kind, **self.headers, "Content-Length": str(len(content))}.items()
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


Handler = Callable[[Asked], Reply]


@dataclass(slots=True)
class Wire:
    """The running server: where it is, and what came in so far."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    close: Callable[[], None] = lambda: None

    @property
    def batches(self) -> list[Asked]:
        """The `$batch` requests among them."""
        return [one for one in self.asked if one.path.endswith("/$batch")]


@asynccontextmanager
async def serve(handler: Handler) -> AsyncIterator[Wire]:
    """Serve until the block ends; a handler that fails answers 500 with what failed."""
    wire = Wire()
    busy = 0

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal busy
        try:
            while asked := await _read(reader):
                wire.asked.append(asked)
                busy += 1
                wire.most_at_once = max(wire.most_at_once, busy)
                await asyncio.sleep(0)
                reply = handler(asked)
                await asyncio.sleep(0)
                busy -= 1
                if reply.drop:
                    return
                writer.write(reply.encoded())
                await writer.drain()
                if reply.raw is not None:
                    return
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    wire.close = server.close
    wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        server.close()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    line, *rest = head.rstrip("\r\n").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, target, _ = line.split(" ")
    return Asked(line, method, target, headers, body)


def batch_reply(asked: Asked, answer: Callable[[dict[str, object]], dict[str, object]]) -> Reply:
    """A 200 to a `$batch` with each item answered by `answer` (status, and headers or body)."""
    return Reply(body={"responses": [{"id": item["id"], **answer(item)} for item in asked.items]})

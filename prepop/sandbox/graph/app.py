"""The emulated Graph as an ASGI application: `/v1.0/...` and `/v1.0/$batch`.

`app(tenant)` can be served by `server.SandboxServer`, or given to an in-process ASGI transport; dropped
connections need the server, in process they surface as ConnectionResetError.
"""

import asyncio
import json
import uuid

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from prepop.sandbox.graph import batch
from prepop.sandbox.graph.faults import OF_CONNECTION, Fault, FaultKind
from prepop.sandbox.graph.service import answer, error_answer, kind_of, parse, unsigned
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.wire import Ask, GraphError, Reply, media_type

VERSION = "v1.0"
_PAGE = (
    "<!DOCTYPE html><html><head><title>Service unavailable</title></head><body>Our services...</body></html>"
)


def app(tenant: SandboxTenant) -> Starlette:
    """The tenant's Graph."""

    async def endpoint(request: Request) -> Response:
        return await _serve(tenant, request)

    verbs = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    return Starlette(routes=[Route(f"/{VERSION}/{{path:path}}", endpoint, methods=verbs)])


async def _serve(tenant: SandboxTenant, request: Request) -> Response:
    ask, raw = await _read(request)
    batched = ask.verb == "POST" and ask.segments == ["$batch"]
    tenant.requests.http["POST $batch" if batched else kind_of(ask.verb, ask.segments)] += 1
    try:
        if refused := unsigned(tenant, ask.headers):
            raise refused
        if raw:
            ask.body = _json(raw, ask.headers.get("content-type", ""))
        items = batch.read(ask.body, ask.root) if batched else None
    except GraphError as e:
        refusal = error_answer(e, ask)
        tenant.requests.answers[refusal.status] += 1
        return _plain(refusal)
    fault = _fault(tenant, ask, items)
    if fault is not None and fault.kind in OF_CONNECTION and not fault.acts:
        return _broken(fault, Reply(200))
    if items is None or (fault is not None and fault.kind not in OF_CONNECTION):
        inner = fault if fault is not None and fault.kind not in OF_CONNECTION else None
        result = answer(tenant, ask, inner)
    else:
        try:
            result = batch.run(tenant, items)
        except GraphError as e:
            result = error_answer(e, ask)
    if fault is not None and fault.kind is FaultKind.SLOW:
        await asyncio.sleep(fault.seconds)
    elif fault is not None and fault.kind in OF_CONNECTION:
        return _broken(fault, result)
    return _plain(result)


async def _read(request: Request) -> tuple[Ask, bytes]:
    url = request.url
    below = request.scope["raw_path"].decode().partition(VERSION)[2].strip("/")
    segments, query = parse(f"/{below}?{url.query}")
    headers = {k.lower(): v for k, v in request.headers.items()}
    root = f"{url.scheme}://{url.netloc}/{VERSION}"
    return Ask(request.method, segments, query, headers, None, root), await request.body()


def _json(raw: bytes, kind: str) -> object:
    if media_type(kind) != "application/json":
        raise GraphError(415, "Request_BadRequest", "The body of a request must be JSON.")
    try:
        body: object = json.loads(raw)
    except ValueError as e:
        raise GraphError(400, "BadRequest", "Unable to read JSON request payload.") from e
    return body


def _fault(tenant: SandboxTenant, ask: Ask, items: list[batch.BatchItem] | None) -> Fault | None:
    """What befalls this HTTP request: first what is scripted, then chance."""
    what = f"{ask.verb} {ask.path}"
    scripted = tenant.faults.scripted(what)
    if scripted is not None:
        return scripted
    if items is None:
        return tenant.faults.of_answer(what) or tenant.faults.of_item(what, in_batch=False)
    whole = tenant.faults.of_answer(f"{what} {items[0].ask.verb} {items[0].ask.path}")
    if whole is not None and not whole.acts:
        return whole
    return batch.choose_faults(tenant, items) or whole


def _plain(result: Reply) -> Response:
    headers = {"request-id": str(uuid.uuid4()), "Cache-Control": "no-cache"} | result.headers
    if result.body is None:
        return Response(status_code=result.status, headers=headers)
    text = json.dumps(result.body, separators=(",", ":")).encode()
    return Response(text, result.status, headers, media_type="application/json")


def _broken(fault: Fault, result: Reply) -> Response:
    whole = json.dumps(result.body, separators=(",", ":")).encode()
    match fault.kind:
        case FaultKind.RESET:
            return _Dropped(b"")
        case FaultKind.HALF_BODY:
            return _Dropped(whole)
        case FaultKind.INVALID_JSON:
            return Response(whole[: len(whole) // 2], result.status, media_type="application/json")
        case _:
            return Response(_PAGE, fault.status or 502, media_type="text/html")


class _Dropped(Response):
    """Half of its content, then the connection is gone; with no content, not even a status."""

    def __init__(self, whole: bytes) -> None:
        super().__init__(whole, media_type="application/json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = scope.get("state", {}).get("transport")
        if transport is None:
            raise ConnectionResetError("the sandbox dropped the connection")
        if self.body:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            half = bytes(self.body)[: len(self.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            transport.close()
        else:
            transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass

"""JSON batching as GRAPH section 5 has it: at most 20 requests, each answered on its own."""

from dataclasses import dataclass

from prepop.sandbox.graph.faults import OF_CONNECTION, Fault, FaultKind
from prepop.sandbox.graph.service import answer, error_answer, kind_of, parse
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.wire import Ask, GraphError, Json, Reply, media_type

LARGEST = 20
_VERBS = ("GET", "POST", "PATCH", "PUT", "DELETE")


@dataclass(slots=True)
class BatchItem:
    """One request of a batch, with what goes wrong in it."""

    id: str
    ask: Ask
    needs: tuple[str, ...]
    fault: Fault | None = None


def _bad(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)


def read(body: object, root: str) -> list[BatchItem]:
    """The requests of a batch. Raises GraphError (400) for a batch that is malformed as a whole."""
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not requests:
        raise _bad("Invalid batch payload format.")
    if len(requests) > LARGEST:
        text = f"Number of batch request steps exceeds the maximum value of {LARGEST}."
        raise GraphError(400, "MaximumValueExceeded", text)
    items = [_item(r, root) for r in requests]
    seen: set[str] = set()
    for item in items:
        if item.id.casefold() in seen:
            raise _bad(f"Request Id : '{item.id}' has to be unique within a batch.")
        seen.add(item.id.casefold())
    known = {item.id for item in items}
    for item in items:
        for need in item.needs:
            if need not in known or need == item.id:
                raise _bad(f"Request Id : '{item.id}' depends on an unknown request.")
    return items


def _item(request: object, root: str) -> BatchItem:
    if not isinstance(request, dict):
        raise _bad("Invalid batch payload format.")
    ident, verb, url = request.get("id"), request.get("method"), request.get("url")
    if not isinstance(ident, str) or not ident or not isinstance(url, str) or verb not in _VERBS:
        raise _bad("Each request of a batch needs an id, a method and a url.")
    given = request.get("headers") or {}
    headers = {str(k).lower(): str(v) for k, v in given.items()} if isinstance(given, dict) else {}
    body = request.get("body")
    json_body = media_type(headers.get("content-type", "")) == "application/json"
    if (body is not None or verb in ("POST", "PATCH", "PUT")) and not (json_body and body is not None):
        raise _bad(f"Write request id : {ident} does not contain Content-Type header or body.")
    segments, query = parse(url)
    needs = request.get("dependsOn") or []
    ask = Ask(str(verb), segments, query, headers, body, root, in_batch=True)
    return BatchItem(ident, ask, tuple(str(n) for n in needs) if isinstance(needs, list) else ())


def choose_faults(tenant: SandboxTenant, items: list[BatchItem]) -> Fault | None:
    """Decide what goes wrong in each item; returned is the first that befalls the whole answer."""
    whole: Fault | None = None
    for item in items:
        what = f"{item.ask.verb} {item.ask.path}"
        item.fault = tenant.faults.scripted(what) or tenant.faults.of_item(what, in_batch=True)
        if item.fault is not None and item.fault.kind in OF_CONNECTION:
            whole, item.fault = whole or item.fault, None
    return whole


def run(tenant: SandboxTenant, items: list[BatchItem]) -> Reply:
    """Answer a batch: in any order, items whose dependency failed with 424, missing ones left out."""
    by_id = {item.id: item for item in items}
    done: dict[str, Reply] = {}
    for item in items:
        _run(tenant, item, by_id, done, ())
    shown = [i for i in items if i.fault is None or i.fault.kind is not FaultKind.MISSING_ITEM]
    responses = [_response(item.id, done[item.id]) for item in shown]
    throttled = any(a.status == 429 for a in done.values())
    status = tenant.unverified.throttled_batch_status if throttled else 200
    return Reply(status, {"responses": tenant.faults.shuffle(responses)})


def _run(
    tenant: SandboxTenant,
    item: BatchItem,
    by_id: dict[str, BatchItem],
    done: dict[str, Reply],
    above: tuple[str, ...],
) -> None:
    if item.id in done:
        return
    if item.id in above:
        raise _bad("The requests of the batch depend on each other in a circle.")
    for need in item.needs:
        _run(tenant, by_id[need], by_id, done, (*above, item.id))
    tenant.requests.items[kind_of(item.ask.verb, item.ask.segments)] += 1
    if any(done[need].status >= 400 for need in item.needs):
        text = "The request failed because it depended on another request that failed."
        done[item.id] = error_answer(GraphError(424, "FailedDependency", text), item.ask)
        tenant.requests.answers[424] += 1
        return
    done[item.id] = answer(tenant, item.ask, item.fault)


def _response(ident: str, got: Reply) -> Json:
    headers = {"Cache-Control": "no-cache"} | got.headers
    if got.body is None:
        return {"id": ident, "status": got.status, "headers": headers}
    headers["Content-Type"] = "application/json"
    return {"id": ident, "status": got.status, "headers": headers, "body": got.body}

"""One request to the emulated Graph, alone or as an item of a batch: token, quota, permission, rules."""

import math
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from prepop.sandbox.graph.faults import Fault, FaultKind
from prepop.sandbox.graph.queries import advanced
from prepop.sandbox.graph.routes import Operation, QuotaFamily, find
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import OverQuota
from prepop.sandbox.graph.wire import (
    Ask,
    GraphError,
    Json,
    Reply,
    expired_page,
    no_segment,
    not_found,
    unsupported,
)

_CHEAPER_BY_TOP = 20  # $top below this costs one unit less: GRAPH section 6


def parse(url: str) -> tuple[list[str], dict[str, str]]:
    """Decoded segments and query of a URL below the version: `/users/ID?$select=id`. Raises GraphError."""
    try:
        parts = urlsplit(url)
    except ValueError as e:
        raise GraphError(400, "BadRequest", "The url of the request is not valid.") from e
    segments = [unquote(s) for s in parts.path.strip("/").split("/")]
    return segments, dict(parse_qsl(parts.query, keep_blank_values=True)) if parts.query else {}


def unsigned(tenant: SandboxTenant, headers: Mapping[str, str]) -> GraphError | None:
    """401 where the bearer is not one that was issued, or has expired, or is missing but wanted."""
    given = headers.get("authorization", "")
    if not given:
        if not tenant.require_token:
            return None
        return GraphError(401, "InvalidAuthenticationToken", "Access token is empty.")
    scheme, _, token = given.partition(" ")
    until = tenant.tokens.get(token)
    if scheme.lower() != "bearer" or until is None:
        return GraphError(401, "InvalidAuthenticationToken", "CompactToken validation failed.")
    if tenant.seconds() >= until:
        text = "Lifetime validation failed, the token is expired."
        return GraphError(401, "InvalidAuthenticationToken", text)
    return None


def kind_of(verb: str, segments: list[str]) -> str:
    """How a request is counted; unknown paths as they are, without ids being known as such."""
    operations = find(segments)
    operation = operations.get(verb) if operations else None
    return operation.kind if operation else f"{verb} {'/'.join(segments)}"


def answer(tenant: SandboxTenant, ask: Ask, fault: Fault | None) -> Reply:
    """The answer to one request, with what goes wrong in it."""
    result: Reply | None = None
    if fault is None or fault.acts:
        try:
            result = _act(tenant, ask)
        except GraphError as e:
            result = error_answer(e, ask)
    if result is None or (fault is not None and fault.kind is FaultKind.ERROR):
        result = error_answer(_failure(fault, ask), ask)
    tenant.requests.answers[result.status] += 1
    return result


def _act(tenant: SandboxTenant, ask: Ask) -> Reply:
    operations = find(ask.segments)
    if operations is None:
        raise no_segment(ask.segments[-1])
    operation = operations.get(ask.verb)
    if operation is None:
        raise GraphError(
            405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."
        )
    _refuse_unknown(operation, ask)
    cost = _cost(operation, ask)
    over = tenant.throttle().take(
        cost=cost,
        write=ask.verb != "GET",
        report=operation.family is QuotaFamily.REPORTS,
        methods=operation.family is QuotaFamily.METHODS,
    )
    if over:
        raise _throttled(tenant, operation, over)
    if operation.permissions and not operation.permissions & tenant.permissions:
        raise _denied(operation.family)
    if tenant.expiring_pages and "$skiptoken" in ask.query:
        tenant.expiring_pages -= 1
        raise expired_page()
    result = operation.handler(tenant, ask)
    if operation.family is QuotaFamily.DIRECTORY:
        result.headers["x-ms-resource-unit"] = str(cost)
        if (used := tenant.throttle().used()) >= 0.8:
            result.headers["x-ms-throttle-limit-percentage"] = f"{used:.1f}"
    return result


def _refuse_unknown(operation: Operation, ask: Ask) -> None:
    """400 for a query option that is not known here, and for a cast that is no advanced query.

    Graph answers so to many of them and passes others over; a client that needs one is to be told.
    """
    for name in ask.query:
        if name.startswith("$") and name not in operation.takes:
            raise unsupported(f"The query option '{name}' is not supported here.")
    if ask.segments[-1] in ("graph.user", "microsoft.graph.user") and not advanced(ask):
        text = "A cast to microsoft.graph.user needs ConsistencyLevel: eventual and $count=true."
        raise GraphError(400, "Request_UnsupportedQuery", text)


def _cost(operation: Operation, ask: Ask) -> int:
    """Resource units: $select one less, $expand one more, a small $top one less, never below one."""
    cost = operation.cost - ("$select" in ask.query) + ("$expand" in ask.query)
    few = ask.query.get("$top", "")
    if few.isdigit() and int(few) < _CHEAPER_BY_TOP:
        cost -= 1
    return max(1, cost)


def _denied(family: QuotaFamily) -> GraphError:
    """403 for want of a permission; methods and report have their own shape (GRAPH sections 1 and 10)."""
    if family is QuotaFamily.DIRECTORY:
        return GraphError(
            403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
        )
    return GraphError(403, "accessDenied", "Request Authorization failed", repeats=True)


def _throttled(tenant: SandboxTenant, operation: Operation, over: OverQuota) -> GraphError:
    """429 with a fractional Retry-After in the client's seconds, rounded up (GRAPH sections 6 and 10)."""
    if operation.family is QuotaFamily.REPORTS:
        text = (
            "This request is throttled. Please try again after the value specified in the Retry-After header."
        )
        refused = GraphError(429, "UnknownError", text)
    else:
        refused = GraphError(429, "TooManyRequests", "Please retry again later.")
    wait = math.ceil(tenant.real(over.wait) * 1000) / 1000
    app = "00000000-0000-0000-0000-000000000001"
    refused.headers = {
        "Retry-After": f"{wait:.3f}",
        "x-ms-throttle-scope": f"Tenant_Application/ReadWrite/{app}/{tenant.id}",
        "x-ms-throttle-information": over.limit,
    }
    return refused


def _failure(fault: Fault | None, ask: Ask) -> GraphError:
    """The answer that a fault puts in place of the right one."""
    match fault:
        case Fault(kind=FaultKind.THROTTLE):
            failed = GraphError(429, "TooManyRequests", "Please retry again later.")
        case Fault(kind=FaultKind.TOKEN_EXPIRED):
            text = "Lifetime validation failed, the token is expired."
            failed = GraphError(401, "InvalidAuthenticationToken", text)
        case Fault(kind=FaultKind.NOT_FOUND):
            failed = not_found(ask.path)
        case Fault(kind=FaultKind.REFUSED, status=403):
            failed = _denied(_family(ask))
        case Fault(kind=FaultKind.REFUSED):
            failed = GraphError(fault.status, "badRequest", "The request is invalid.", repeats=True)
        case Fault(status=504):
            failed = GraphError(504, "UnknownError", "The server did not answer in time.")
        case Fault(status=502):
            failed = GraphError(502, "UnknownError", "Bad gateway.")
        case Fault(status=503):
            failed = GraphError(503, "serviceNotAvailable", "The service is temporarily unavailable.")
        case _:
            failed = GraphError(500, "generalException", "An internal server error occurred.")
    if fault is not None and fault.retry_after:
        failed.headers = {"Retry-After": fault.retry_after}
    return failed


def _family(ask: Ask) -> QuotaFamily:
    operations = find(ask.segments) or {}
    operation = operations.get(ask.verb)
    return operation.family if operation else QuotaFamily.DIRECTORY


def error_answer(error: GraphError, ask: Ask) -> Reply:
    """The body of an error (GRAPH section 10)."""
    ident = str(uuid.uuid4())
    inner: dict[str, object] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": ident,
        "client-request-id": ask.headers.get("client-request-id", ident),
    }
    if error.repeats:
        inner = {"message": error.message} | inner
    body: Json = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    return Reply(error.status, body, dict(error.headers))

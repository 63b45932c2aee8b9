"""A Graph made of a table of paths, for tests that look at single answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from prepop.cloud import OpenTenant
from prepop.model import Families as Wanted
from tests.cloud.opening import World, world
from tests.cloud.wire import Asked, Handler, Reply, batch_reply

Routes = Mapping[str, Reply | Callable[[Asked], Reply]]
GROUP = "0f0e0d0c-0b0a-0908-0706-050403020100"
T = TypeVar("T")
BOTH = Wanted(phones=True, email=True)


def graph(routes: Routes) -> Handler:
    """A Graph with these paths below the version, also inside batches; 404 for any other."""

    def one(asked: Asked) -> Reply:
        path = asked.path.removeprefix("/v1.0")
        found = routes.get(path, Reply(404, {"error": {"code": "Request_ResourceNotFound"}}))
        return found if isinstance(found, Reply) else found(asked)

    def handler(asked: Asked) -> Reply:
        if not asked.path.endswith("/$batch"):
            return one(asked)

        def item(packed: dict[str, object]) -> dict[str, object]:
            url = str(packed["url"])
            reply = one(Asked("", str(packed["method"]), f"/v1.0{url}", {}, b""))
            return {"status": reply.status, "headers": dict(reply.headers), "body": reply.body}

        return batch_reply(asked, item)

    return handler


def read(handler: Handler, ask: Callable[[OpenTenant], Awaitable[T]]) -> tuple[T, World]:
    """Ask this Graph once."""

    async def main() -> tuple[T, World]:
        async with world(handler) as here:
            return await ask(here.tenant), here

    return asyncio.run(main())


def listing(*rows: object, more: str = "") -> Reply:
    """One page of a list."""
    return Reply(body={"value": list(rows), **({"@odata.nextLink": more} if more else {})})


def refusal(status: int, code: str) -> Reply:
    """An error as Graph words it."""
    return Reply(status, {"error": {"code": code, "message": "No.", "innerError": {"request-id": "r-1"}}})

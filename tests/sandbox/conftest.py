"""An emulated tenant on a real socket, every exchange judged by Microsoft's description if that is there."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from prepop.sandbox.graph.app import app
from prepop.sandbox.graph.server import LoopbackServer
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.openapi import Description, Witness

Json = dict[str, object]


class _Switch:
    """One server for all tests; each test puts its own tenant behind it."""

    inner: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.inner(scope, receive, send)


@dataclass
class Graph:
    """A tenant and the means to ask it."""

    tenant: SandboxTenant
    http: httpx.Client
    _switch: _Switch
    _description: Description | None
    _problems: list[str]

    def serve(self, tenant: SandboxTenant) -> SandboxTenant:
        """From now on this tenant answers."""
        self.tenant = tenant
        inner: ASGIApp = app(tenant)
        if self._description is not None:
            inner = Witness(inner, self._description, self._problems)
        self._switch.inner = inner
        return tenant

    def forgive(self) -> None:
        """The test has asked what the description does not allow, on purpose."""
        self._problems.clear()

    def batch(self, *items: Json) -> dict[str, Json]:
        """Send a batch that answers 200; the answers by id."""
        got = self.http.post("/$batch", json={"requests": list(items)})
        assert got.status_code == 200, got.text
        return {one["id"]: one for one in got.json()["responses"]}

    def code(self, answer: httpx.Response) -> tuple[int, str]:
        """Status and Graph's error code."""
        return answer.status_code, answer.json()["error"]["code"]


def item(ident: str, verb: str, url: str, body: Json | None = None, needs: tuple[str, ...] = ()) -> Json:
    """One request of a batch."""
    made: Json = {"id": ident, "method": verb, "url": url}
    if body is not None:
        made |= {"headers": {"Content-Type": "application/json"}, "body": body}
    return made | ({"dependsOn": list(needs)} if needs else {})


@pytest.fixture(scope="session")
def _served() -> Iterator[tuple[_Switch, str]]:
    switch = _Switch()
    with LoopbackServer(switch) as server:
        yield switch, server.url


@pytest.fixture
def graph(_served: tuple[_Switch, str], graph_description_if_any: Description | None) -> Iterator[Graph]:
    """A tenant with nothing in it; after the test nothing may have been against the description."""
    switch, url = _served
    problems: list[str] = []
    with httpx.Client(base_url=f"{url}/v1.0", timeout=600) as client:
        made = Graph(SandboxTenant(), client, switch, graph_description_if_any, problems)
        made.serve(made.tenant)
        yield made
    assert problems == []

"""JSON batching: GRAPH section 5, over HTTP."""

import pytest

from prepop.model import Method
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.methods import METHOD_IDS
from prepop.sandbox.graph.records import Unverified
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import Quotas
from tests.sandbox.conftest import Graph, Json, item

PHONE: Json = {"phoneNumber": "+44 7400123456", "phoneType": "mobile"}
SECOND: Json = {"phoneNumber": "+44 7400654321", "phoneType": "alternateMobile"}


def test_every_item_has_its_own_answer(graph: Graph) -> None:
    """A batch is 200 whatever its items are; 204 items have no body, refused ones an error body."""
    at = f"/users/{graph.tenant.new_user('jane@example.com').id}/authentication"
    mobile = f"{at}/phoneMethods/{METHOD_IDS[Method.MOBILE]}"
    got = graph.batch(
        item("a", "POST", f"{at}/phoneMethods", PHONE),
        item("b", "GET", "/users/nobody"),
        item("c", "GET", "/users?$top=1000"),
    )
    assert {k: v["status"] for k, v in got.items()} == {"a": 201, "b": 404, "c": 400}
    got = graph.batch(item("d", "DELETE", mobile), item("e", "GET", f"{at}/phoneMethods"))
    assert (got["d"]["status"], "body" in got["d"]) == (204, False)
    assert graph.tenant.requests.items["DELETE users/{}/authentication/phoneMethods/{}"] == 1
    assert graph.tenant.requests.http["POST $batch"] == 2


def test_answers_come_shuffled_where_faults_say_so(graph: Graph) -> None:
    """With awkwardness on, twenty answers arrive in another order, each with its own id."""
    graph.serve(SandboxTenant(faults=Faults(seed=3, shuffled=True)))
    ids = [graph.tenant.new_user(f"u{n}@example.com").id for n in range(20)]
    requests = [item(str(n), "GET", f"/users/{ident}") for n, ident in enumerate(ids)]
    answers = graph.http.post("/$batch", json={"requests": requests}).json()["responses"]
    assert [a["id"] for a in answers] != [str(n) for n in range(20)]
    assert {a["id"]: a["body"]["id"] for a in answers} == {str(n): ident for n, ident in enumerate(ids)}


@pytest.mark.parametrize(
    ("requests", "word"),
    [
        ([], "payload"),
        ([{"id": str(n), "method": "GET", "url": "/users"} for n in range(21)], "maximum value of 20"),
        ([{"id": i, "method": "GET", "url": "/users"} for i in ("a", "A")], "unique"),
        ([{"id": "1", "method": "POST", "url": "/x", "body": {}}], "Content-Type"),
        ([{"id": "1", "method": "POST", "url": "/x"}], "Content-Type"),
        ([{"id": "1", "method": "LIST", "url": "/users"}], "method"),
        ([{"id": "1", "method": "GET", "url": "/users", "dependsOn": ["9"]}], "depends"),
        (
            [
                {"id": "1", "method": "GET", "url": "/users", "dependsOn": ["2"]},
                {"id": "2", "method": "GET", "url": "/users", "dependsOn": ["1"]},
            ],
            "circle",
        ),
    ],
)
def test_a_malformed_batch_is_refused_whole(requests: list[Json], word: str) -> None:
    """More than twenty, two ids that differ in case only, a write without type: 400, and no item runs."""
    import asyncio

    import httpx

    from prepop.sandbox.graph.app import app

    tenant = SandboxTenant()

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app(tenant))
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox/v1.0") as client:
            return await client.post("/$batch", json={"requests": requests})

    got = asyncio.run(send())
    assert got.status_code == 400
    assert word in got.json()["error"]["message"]
    assert tenant.writes == []


def test_an_action_without_a_body_needs_an_empty_one(graph: Graph) -> None:
    """disableSmsSignIn works in a batch with `{}` and a Content-Type."""
    user = graph.tenant.new_user("jane@example.com")
    graph.tenant.register(user.id, Method.MOBILE, "+44 7400123456")
    url = f"/users/{user.id}/authentication/phoneMethods/{METHOD_IDS[Method.MOBILE]}/disableSmsSignIn"
    assert graph.batch(item("1", "POST", url, {}))["1"]["status"] == 204


def test_what_depends_on_a_failure_fails_with_424(graph: Graph) -> None:
    """dependsOn orders the items; where the first fails the next answers 424 and does nothing."""
    at = f"/users/{graph.tenant.new_user('jane@example.com').id}/authentication/phoneMethods"
    got = graph.batch(item("2", "POST", at, SECOND, needs=("1",)), item("1", "POST", at, PHONE))
    assert {k: v["status"] for k, v in got.items()} == {"1": 201, "2": 201}
    got = graph.batch(item("1", "POST", at, PHONE), item("2", "DELETE", f"{at}/x", needs=("1",)))
    assert {k: v["status"] for k, v in got.items()} == {"1": 400, "2": 424}
    assert len(graph.tenant.writes) == 2


def test_throttled_items_say_how_long(graph: Graph) -> None:
    """Items over quota answer 429 one by one with a fractional Retry-After; the others are done."""
    now = [0.0]
    graph.serve(SandboxTenant(quotas=Quotas(writes=15), clock=lambda: now[0]))
    at = [f"/users/{graph.tenant.new_user(f'u{n}@example.com').id}/authentication" for n in range(20)]
    items = [item(str(n), "POST", f"{url}/phoneMethods", PHONE) for n, url in enumerate(at)]
    got = graph.batch(*items)
    assert sorted(str(v["status"]) for v in got.values()) == ["201"] * 15 + ["429"] * 5
    refused = next(v for v in got.values() if v["status"] == 429)
    headers = refused["headers"]
    assert isinstance(headers, dict)
    assert headers["Retry-After"] == "10.000"
    assert headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    assert len(graph.tenant.writes) == 15
    graph.tenant.unverified = Unverified(throttled_batch_status=424)
    assert graph.http.post("/$batch", json={"requests": items[:1]}).status_code in (200, 424)


def test_by_a_switch_a_throttled_batch_is_424_and_writes_are_refused(graph: Graph) -> None:
    """Both undecided sides of batching: the outer 424, and no writes inside batches."""
    now = [0.0]
    graph.serve(SandboxTenant(quotas=Quotas(writes=1), clock=lambda: now[0]))
    graph.tenant.unverified = Unverified(throttled_batch_status=424, batch_writes=False)
    at = f"/users/{graph.tenant.new_user('jane@example.com').id}/authentication/phoneMethods"
    assert graph.batch(item("1", "POST", at, PHONE))["1"]["status"] == 400
    again = graph.http.post("/$batch", json={"requests": [item("1", "POST", at, PHONE)]})
    assert (again.status_code, again.json()["responses"][0]["status"]) == (424, 429)
    assert graph.tenant.writes == []

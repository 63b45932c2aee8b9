"""What goes wrong, by script and by chance, as a client sees it."""

from collections.abc import Callable

import httpx
import pytest

from prepop.model import Method
from prepop.sandbox.graph import faults
from prepop.sandbox.graph.faults import Fault, FaultKind, Faults
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import Quotas
from tests.sandbox.conftest import Graph, Json, item

PHONE: Json = {"phoneNumber": "+44 7400123456", "phoneType": "mobile"}


def add(graph: Graph) -> tuple[str, Callable[[], httpx.Response]]:
    """A user, and the request that gives it a mobile."""
    user = graph.tenant.new_user("jane@example.com").id
    return user, lambda: graph.http.post(f"/users/{user}/authentication/phoneMethods", json=PHONE)


@pytest.mark.parametrize(
    ("fault", "stored"),
    [(faults.reset_before(), False), (faults.reset_after(), True), (faults.half_body(), True)],
)
def test_a_lost_connection_has_acted_or_not(graph: Graph, fault: Fault, stored: bool) -> None:
    """The client sees a broken connection, and only the tenant knows whether the write was done."""
    user, send = add(graph)
    graph.tenant.faults.next("POST .*phoneMethods", fault)
    with pytest.raises(httpx.RemoteProtocolError):
        send()
    assert (Method.MOBILE in graph.tenant.phones[user]) is stored
    assert graph.tenant.faults.pending() == 0
    assert send().status_code == (400 if stored else 201)


@pytest.mark.parametrize(
    ("fault", "status", "stored"),
    [
        (faults.throttle("2.128"), 429, False),
        (faults.throttle(""), 429, False),
        (faults.error(500), 500, False),
        (faults.error(502), 502, False),
        (faults.error(503, retry_after="Sun, 22 Nov 2026 10:00:00 GMT"), 503, False),
        (faults.error(504, acts=True), 504, True),
        (faults.token_expired(), 401, False),
        (faults.not_found(), 404, False),
        (faults.html(502), 502, False),
        (faults.html(200, acts=True), 200, True),
        (faults.invalid_json(), 201, True),
        (faults.slow(0.001), 201, True),
    ],
)
def test_a_scripted_answer_comes_once(graph: Graph, fault: Fault, status: int, stored: bool) -> None:
    """Each scripted fault answers with its status and header, acts as it says, and is then over."""
    user, send = add(graph)
    graph.tenant.faults.next("POST .*phoneMethods", fault)
    got = send()
    assert (got.status_code, Method.MOBILE in graph.tenant.phones[user]) == (status, stored)
    assert got.headers.get("Retry-After", "") == fault.retry_after
    assert ("text/html" in got.headers["Content-Type"]) is (fault.kind is FaultKind.HTML)
    if fault.kind in (FaultKind.HTML, FaultKind.INVALID_JSON):
        with pytest.raises(ValueError, match=r"."):
            got.json()
    assert send().status_code == (400 if stored else 201)


@pytest.mark.parametrize("acts", [True, False])
def test_an_item_can_be_missing_from_a_batch(graph: Graph, acts: bool) -> None:
    """A batch answers without one of its items, which was done or was not."""
    user, _ = add(graph)
    graph.tenant.faults.next("POST .*phoneMethods", faults.missing_item(acts=acts))
    got = graph.batch(
        item("1", "POST", f"/users/{user}/authentication/phoneMethods", PHONE),
        item("2", "GET", f"/users/{user}"),
    )
    assert list(got) == ["2"]
    assert (Method.MOBILE in graph.tenant.phones[user]) is acts


def test_faults_of_items_and_of_batches_are_told_apart(graph: Graph) -> None:
    """A pattern on an item's path hits the item, one on $batch the whole; a reset takes the whole batch."""
    user, _ = add(graph)
    request = item("1", "POST", f"/users/{user}/authentication/phoneMethods", PHONE)
    graph.tenant.faults.next("phoneMethods", faults.throttle("0.5"))
    got = graph.batch(request)["1"]
    assert got["status"] == 429
    assert got["headers"] == {
        "Cache-Control": "no-cache",
        "Content-Type": "application/json",
        "Retry-After": "0.5",
    }
    graph.tenant.faults.next(r"\$batch", faults.throttle("0.7"))
    whole = graph.http.post("/$batch", json={"requests": [request]})
    assert (whole.status_code, whole.headers["Retry-After"]) == (429, "0.7")
    graph.tenant.faults.next("phoneMethods", faults.reset_after())
    with pytest.raises(httpx.RemoteProtocolError):
        graph.http.post("/$batch", json={"requests": [request]})
    assert len(graph.tenant.writes) == 1


def test_the_same_seed_meets_the_same_faults() -> None:
    """What goes wrong follows from seed and request alone, not from the order in which requests come."""
    asked = [f"GET users/{n}/authentication/phoneMethods" for n in range(2000)]

    def met(seed: int, order: list[str]) -> dict[str, Fault | None]:
        made = Faults.default(seed)
        return {what: made.of_item(what, in_batch=True) for what in order}

    assert met(1, asked) == met(1, asked[::-1])
    assert met(1, asked) != met(2, asked)
    hit = sum(1 for fault in met(1, asked).values() if fault)
    assert 5 < hit < 60


def test_nothing_is_hit_three_times_in_a_row() -> None:
    """However large the shares, the third try of a request always gets through."""
    made = Faults(seed=5, shares=faults.Shares(throttle=1.0))
    tries = [made.of_item("GET users/1", in_batch=False) is not None for _ in range(30)]
    assert tries == [True, True, False] * 10


def test_none_means_none_and_default_means_all() -> None:
    """Faults.none() never does anything; the default shows every kind that chance knows."""
    quiet, awkward = Faults.none(), Faults.default(7)
    for n in range(5000):
        assert quiet.of_item(f"GET users/{n}", in_batch=True) is None
        assert quiet.of_answer(f"GET users/{n}") is None
        awkward.of_item(f"GET users/{n}", in_batch=True)
        awkward.of_answer(f"GET users/{n}")
    assert quiet.page_size(999) == 999
    assert min(awkward.page_size(999) for _ in range(20)) < 999
    by_chance = {
        FaultKind.THROTTLE,
        FaultKind.ERROR,
        FaultKind.RESET,
        FaultKind.HALF_BODY,
        FaultKind.HTML,
        FaultKind.SLOW,
        FaultKind.MISSING_ITEM,
    }
    assert set(awkward.met) == by_chance


def test_a_careful_client_loses_no_write_by_default(graph: Graph) -> None:
    """One that reads back after every doubt, and sends again what is not there, gets everything in, once."""
    made = graph.serve(SandboxTenant(faults=Faults.default(11), quotas=Quotas.off()))
    users = [made.new_user(f"u{n}@example.com").id for n in range(60)]
    for user in users:
        url = f"/users/{user}/authentication/phoneMethods"
        for _ in range(10):
            if _until(graph.http, url).json()["value"]:
                break
            _once(graph.http, "POST", url)
    assert [w.user for w in made.writes] == users
    assert made.faults.met.total() > 2


def _once(client: httpx.Client, verb: str, url: str) -> httpx.Response | None:
    try:
        return client.request(verb, url, json=PHONE if verb == "POST" else None)
    except httpx.TransportError:
        return None


def _until(client: httpx.Client, url: str) -> httpx.Response:
    for _ in range(10):
        got = _once(client, "GET", url)
        if got is not None and got.status_code == 200:
            return got
    raise AssertionError("ten answers and none was good")

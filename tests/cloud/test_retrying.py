"""Waiting for single items: who waits, how long at most, and who does not."""

import asyncio
import logging
import random
from collections.abc import Callable

import pytest

from prepop.cloud.wire.answers import Fate, GraphAnswer, NoAnswer, Request
from prepop.cloud.wire.batch import REFUSED_STALE, Batches, Item
from prepop.cloud.wire.pacer import PATIENCE, Pacer
from prepop.ports import BATCH
from tests.bench.virtual import run
from tests.cloud.wire import Asked

ITEM = "/users/{}/authentication/phoneMethods"
Answering = Callable[[dict[str, object], float], dict[str, object]]


class Graph:
    """Answers each item as the test says, a fifth of a second later; keeps the moments of sending by url."""

    def __init__(self, answer: Answering) -> None:
        self.answer = answer
        self.sent: dict[str, list[float]] = {}
        self.sizes: list[int] = []

    async def ready(self) -> None:
        """Nothing is to be waited for."""

    async def send(self, request: Request) -> Fate:
        """A `$batch`."""
        now = asyncio.get_running_loop().time()
        items = Asked("", "POST", "", {}, request.body or b"").items
        self.sizes.append(len(items))
        for item in items:
            self.sent.setdefault(str(item["url"]), []).append(now)
        await asyncio.sleep(0.2)
        return GraphAnswer(200, body={"responses": [{"id": i["id"], **self.answer(i, now)} for i in items]})


def sent_to(
    graph: Graph, items: list[Item], stop: Callable[[], str] | None = None
) -> tuple[list[Fate], float]:
    """The fates of these items, written in groups of twenty, and how long it took."""

    async def main() -> tuple[list[Fate], float]:
        loop = asyncio.get_running_loop()
        pacer = Pacer(4, clock=loop.time, sleep=asyncio.sleep, chance=lambda: 1.0, stop=stop)
        batches = Batches(graph, pacer, "https://graph.invalid/v1.0")
        groups = [items[at : at + BATCH] for at in range(0, len(items), BATCH)]
        found = await asyncio.gather(*(batches.run(group, write=True) for group in groups))
        return [fate for group in found for fate in group], loop.time()

    return run(main())


def items(count: int, until: float = float("inf")) -> list[Item]:
    """So many writes."""
    return [Item("DELETE", ITEM.format(number), until=until) for number in range(count)]


def test_a_day_told_to_one_item_is_not_slept(caplog: pytest.LogCaptureFixture) -> None:
    """Retry-After of a day on one of eighty: 79 are done within seconds, one is given up, and it is said."""

    def answer(item: dict[str, object], _: float) -> dict[str, object]:
        if item["url"] == ITEM.format(7):
            return {"status": 429, "headers": {"Retry-After": "86400"}}
        return {"status": 204}

    with caplog.at_level(logging.WARNING):
        fates, took = sent_to(Graph(answer), items(80))
    assert [fate.status for fate in fates if isinstance(fate, GraphAnswer)].count(204) == 79
    assert isinstance(fates[7], GraphAnswer)
    assert fates[7].status == 429
    assert took < 5
    assert "86400 seconds" in caplog.text


@pytest.mark.parametrize("told", ["Fri, 31 Dec 9999 23:59:59 GMT", "1e308"])
def test_the_year_9999_is_no_error(told: str) -> None:
    """A date at the end of all calendars is given up as a day is."""
    graph = Graph(lambda item, now: {"status": 429, "headers": {"Retry-After": told}})
    fates, took = sent_to(graph, items(1))
    assert isinstance(fates[0], GraphAnswer)
    assert fates[0].status == 429
    assert took < 5


def test_an_item_that_is_refused_for_ever_is_given_up_though_others_get_through() -> None:
    """Progress of others is no patience for one: a quarter of an hour, and it is left."""

    def answer(item: dict[str, object], _: float) -> dict[str, object]:
        if item["url"] == ITEM.format(0):
            return {"status": 429, "headers": {"Retry-After": "60"}}
        return {"status": 204}

    fates, took = sent_to(Graph(answer), items(40))
    assert isinstance(fates[0], GraphAnswer)
    assert fates[0].status == 429
    assert took <= PATIENCE + 1


def test_every_retry_after_is_honoured_and_by_the_refused_alone() -> None:
    """One item in ten refused for a second: none comes back sooner, and nobody else waits for it."""
    refused: dict[str, float] = {}

    def answer(item: dict[str, object], now: float) -> dict[str, object]:
        url = str(item["url"])
        if url.endswith("0/authentication/phoneMethods") and url not in refused:
            refused[url] = now
            return {"status": 429, "headers": {"Retry-After": "1"}}
        return {"status": 204}

    graph = Graph(answer)
    fates, _ = sent_to(graph, items(200))
    assert all(isinstance(fate, GraphAnswer) and fate.status == 204 for fate in fates)
    for url, moments in graph.sent.items():
        assert len(moments) == (2 if url in refused else 1)
        if url in refused:
            assert moments[1] >= refused[url] + 0.2 + 1 - 1e-6
    assert len(refused) == 20


def test_what_was_refused_comes_back_in_full_batches() -> None:
    """Refused items of many groups leave together with others, not by ones and twos."""
    dice = random.Random(1)

    def answer(item: dict[str, object], _: float) -> dict[str, object]:
        if dice.random() >= 0.1:
            return {"status": 204}
        return {"status": 429, "headers": {"Retry-After": "0.3"}}

    graph = Graph(answer)
    sent_to(graph, items(2000))
    assert sum(graph.sizes) / len(graph.sizes) >= 0.8 * BATCH


def test_nothing_leaves_on_a_reading_that_is_too_old() -> None:
    """Held up by a 429 beyond its moment, an item is not sent: it never was (CONTRACT section 9)."""

    def answer(item: dict[str, object], now: float) -> dict[str, object]:
        return {"status": 429, "headers": {"Retry-After": "40"}} if now < 40 else {"status": 204}

    graph = Graph(answer)
    stale, fresh = sent_to(graph, [*items(1, until=30.0), Item("POST", ITEM.format(1))])[0]
    assert stale is REFUSED_STALE
    assert isinstance(stale, NoAnswer)
    assert not stale.sent
    assert isinstance(fresh, GraphAnswer)
    assert (len(graph.sent[ITEM.format(0)]), len(graph.sent[ITEM.format(1)])) == (1, 2)


def test_a_reason_to_stop_ends_the_waiting_for_items() -> None:
    """Signals and the time budget are heard within a second of a long Retry-After, by all that wait."""
    graph = Graph(lambda item, now: {"status": 429, "headers": {"Retry-After": "600"}})
    asked = 0

    def stop() -> str:
        nonlocal asked
        asked += 1
        return "interrupted" if asked > 60 else ""

    fates, took = sent_to(graph, items(20), stop)
    assert all(isinstance(fate, GraphAnswer) and fate.status == 429 for fate in fates)
    assert took < 30


def test_a_group_that_is_given_up_is_not_sent() -> None:
    """Cancelled before its turn came, a write never leaves; another group's goes on."""

    async def main() -> tuple[Graph, list[Fate]]:
        loop = asyncio.get_running_loop()
        graph = Graph(lambda item, now: {"status": 204})
        pacer = Pacer(1, clock=loop.time, sleep=asyncio.sleep)
        batches = Batches(graph, pacer, "https://graph.invalid/v1.0")
        first = asyncio.create_task(batches.run(items(20), write=True))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(batches.run([Item("DELETE", "/given/up")], write=True))
        await asyncio.sleep(0.05)
        second.cancel()
        return graph, await first

    graph, fates = run(main())
    assert len(fates) == 20
    assert all(isinstance(fate, GraphAnswer) for fate in fates)
    assert "/given/up" not in graph.sent

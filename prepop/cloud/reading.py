"""Reading from Graph to the end: single answers, all pages of a list, many items in batches.

Everything here is complete or raises: Incomplete for what cannot be read, SignInError for a refused token.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from prepop.cloud.wire.answers import Answer, Fate, Fields, Request, Sender, rows
from prepop.cloud.wire.batch import Batches, Item
from prepop.cloud.wire.flow import BATCH
from prepop.cloud.wire.pacer import Held, Lane, Pacer
from prepop.cloud.wire.retrying import Heard, Trials, settle, throttled
from prepop.cloud.wire.statuses import unread
from prepop.errors import Incomplete

AHEAD = 32  # groups at hand for each request in flight


class Refused(Exception):
    """Internal: Graph gave a plain no (4xx) to one read. The caller decides what that means."""

    def __init__(self, doing: str, answer: Answer, permission: str) -> None:
        super().__init__(f"{doing}: {answer}")
        self.doing = doing
        self.answer = answer
        self.permission = permission

    def incomplete(self) -> Incomplete:
        """The same for the outside."""
        return unread(self.doing, self.answer, self.permission)


class Reading:
    """Reads through one sender and one pacer. `base` is the Graph root with version."""

    def __init__(self, sender: Sender, pacer: Pacer, base: str) -> None:
        self.base = base
        self._sender = sender
        self._pacer = pacer
        self._batches = Batches(sender, pacer, base)

    async def get(self, url: str, doing: str, permission: str) -> Fields:
        """The JSON object at an absolute address.

        doing: what is being read, for messages. permission: what a 403 means is missing.
        Raises Refused for a 4xx, Incomplete where nothing usable came back in time.
        """
        trials = Trials(self._pacer)
        refusals = 0
        try:
            while True:
                fate, heard = await self._once(url, refusals)
                if not trials.unsettled(fate) and isinstance(fate, Answer):
                    break
                refusals = refusals + 1 if throttled(fate) else 0
                if not await trials.patient(fate, heard):
                    raise unread(doing, fate, permission)
        except Held as held:
            raise Incomplete(f"{doing}: {held}", hint="try again later; nothing was written") from None
        if not fate.ok:
            raise Refused(doing, fate, permission)
        return fate.fields

    async def _once(self, url: str, refusals: int) -> tuple[Fate, Heard]:
        lane = Lane.REPORTS if "/reports/" in url else Lane.READS
        async with self._pacer.turn(lane=lane) as turn:
            fate = await self._sender.send(Request("GET", url))
            heard = settle(self._pacer, turn, [fate], refusals)
        # a read without an object in it is no answer: half of one, or a proxy's
        if isinstance(fate, Answer) and fate.ok and not isinstance(fate.body, dict):
            fate = Answer(fate.status, fate.headers, readable=False)
        return fate, heard

    async def pages(self, url: str, doing: str, permission: str) -> AsyncIterator[list[Fields]]:
        """Page after page of the list at an absolute address, to its end; a page may be empty.

        Raises as `get`, and Incomplete where a page has no list, where its next link is no text, or where
        a next link comes a second time.
        """
        seen: set[str] = set()
        following = url
        while following:
            if following in seen:
                raise Incomplete(f"{doing}: Graph named the same next page twice", hint="try again later")
            seen.add(following)
            page = await self.get(following, doing, permission)
            yield listed(page, doing)
            following = _next(page, doing)

    async def everything(self, url: str, doing: str, permission: str) -> list[Fields]:
        """All rows of all pages."""
        return [row async for page in self.pages(url, doing, permission) for row in page]

    async def many(
        self, items: Sequence[Item], *, each: Callable[[int, Fate], None] | None = None
    ) -> list[Fate]:
        """The fate of each item, in their order, read in batches side by side.

        each: called with the place and the fate of every item as it is settled.
        """
        fates: list[Fate | None] = [None] * len(items)
        starts = iter(range(0, len(items), BATCH))

        async def work() -> None:
            for start in starts:
                heard = await self._batches.run(items[start : start + BATCH])
                for place, fate in enumerate(heard, start):
                    fates[place] = fate
                    if each:
                        each(place, fate)

        # more than fill the requests: what was refused waits, and batches go out full meanwhile
        await together([work] * min(AHEAD * self._pacer.requests, -(-len(items) // BATCH)))
        return [fate for fate in fates if fate is not None]

    async def listed_item(self, item: Item, fate: Fate, doing: str, permission: str) -> list[Fields]:
        """All rows of a list that was asked for inside a batch; its next pages are read one by one.

        Raises Refused for a 4xx, Incomplete for anything else that is no list.
        """
        if not isinstance(fate, Answer) or fate.whole or fate.status >= 500 or fate.status == 429:
            raise unread(doing, fate, permission)
        if not fate.ok:
            raise Refused(doing, fate, permission)
        found = listed(fate.fields, doing)
        following = _next(fate.fields, doing)
        if following:
            if following == f"{self.base}{item.url}":
                raise Incomplete(f"{doing}: Graph named the same page as the next", hint="try again later")
            found += await self.everything(following, doing, permission)
        return found


def listed(page: Fields, doing: str) -> list[Fields]:
    """The rows of one page. Raises Incomplete where it holds no list: a page without one is no empty page."""
    value = page.get("value")
    if not isinstance(value, list):
        raise Incomplete(f"{doing}: Graph's answer holds no list", hint="try again later")
    found = rows(page, "value")
    if len(found) != len(value):
        raise Incomplete(f"{doing}: Graph's list holds something that is no object", hint="try again later")
    return found


def _next(page: Fields, doing: str) -> str:
    """Where the list goes on, "" at its end. Raises Incomplete for a next link that names no place."""
    following = page.get("@odata.nextLink")
    if following is None:
        return ""
    if not isinstance(following, str) or not following:
        raise Incomplete(f"{doing}: Graph's next link is no address", hint="try again later")
    return following


async def together(jobs: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Run them side by side; the first error ends the others and is raised as it is."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        for task in asyncio.as_completed(tasks):
            await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

"""Reading from Graph to the end: single answers, all pages of a list, many items in batches.

Everything here is complete or raises: Incomplete for what cannot be read, SignInError for a refused token.
"""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from prepop.cloud.wire.answers import Fate, Fields, GraphAnswer, Request, Sender, rows, text
from prepop.cloud.wire.batch import Batches, Item
from prepop.cloud.wire.pacer import HeldUp, Lane, Pacer
from prepop.cloud.wire.retrying import Heard, Tries, settle
from prepop.cloud.wire.statuses import EXPIRED, ReadMeaning, asks_for_patience, of_read, unread
from prepop.errors import Incomplete
from prepop.ports import BATCH
from prepop.rules.readiness.permission_table import Permission
from prepop.together import Together

log = logging.getLogger(__name__)

T = TypeVar("T")
BEGUN_AGAIN = 3  # so often a list is begun again whose page token expired
AHEAD = 32  # groups at hand for each request in flight
BARREN = 50  # pages in a row without anything new


class Unanswered(Incomplete):
    """Internal: patience ended; this was the last answer to one read."""

    def __init__(self, doing: str, last: Fate, permission: Permission | None) -> None:
        told = unread(doing, last, permission)
        super().__init__(told.message, hint=told.hint)
        self.last = last


class Refused(Exception):
    """Internal: Graph gave a plain no (4xx) to one read. The caller decides what that means."""

    def __init__(self, doing: str, answer: GraphAnswer, permission: Permission | None) -> None:
        super().__init__(f"{doing}: {answer}")
        self.doing = doing
        self.answer = answer
        self.permission = permission

    def incomplete(self) -> Incomplete:
        """The same as an error for callers outside this package."""
        return unread(self.doing, self.answer, self.permission)


class Reading:
    """Reads through one sender and one pacer. `base` is the Graph root with version."""

    def __init__(self, sender: Sender, pacer: Pacer, base: str) -> None:
        self.base = base
        self._sender = sender
        self._pacer = pacer
        self._batches = Batches(sender, pacer, base)

    async def get(self, url: str, doing: str, permission: Permission | None) -> Fields:
        """The JSON object at an absolute address.

        doing: what is being read, for messages. permission: what a 403 means is missing.
        Raises Refused for a 4xx, Incomplete where nothing usable came back in time.
        """
        trials = Tries(self._pacer)
        refusals = 0
        try:
            while True:
                fate, heard = await self._once(url, refusals)
                if not trials.unsettled(fate) and isinstance(fate, GraphAnswer):
                    break
                refusals = refusals + 1 if asks_for_patience(fate) else 0
                if not await trials.patient(fate, heard):
                    raise Unanswered(doing, fate, permission)
        except HeldUp as held:
            raise Incomplete(f"{doing}: {held}", hint="try again later; nothing was written") from None
        if not fate.ok:
            raise Refused(doing, fate, permission)
        return fate.fields

    async def _once(self, url: str, refusals: int) -> tuple[Fate, Heard]:
        lane = Lane.REPORTS if "/reports/" in url else Lane.READS
        async with self._pacer.turn(lane=lane) as turn:
            fate = await self._sender.send(Request("GET", url))
            heard = settle(self._pacer, turn, [fate], refusals)
        # a body without an object is not an answer: it is half of one, or a proxy's
        if isinstance(fate, GraphAnswer) and fate.ok and not isinstance(fate.body, dict):
            fate = GraphAnswer(fate.status, fate.headers, readable=False)
        return fate, heard

    async def everything(self, url: str, doing: str, permission: Permission | None) -> list[Fields]:
        """All rows of all pages of the list at an absolute address."""
        return await self.gathered(url, doing, permission, lambda row: row)

    async def gathered(
        self,
        url: str,
        doing: str,
        permission: Permission | None,
        make: Callable[[Fields], T],
        progress: Callable[[int], None] = lambda count: None,
    ) -> list[T]:
        """What is made of each row of all pages. progress: called after each page, with how many there are.

        In long lists of large tenants a page token may expire meanwhile; Microsoft's advice is to begin the
        list again (GRAPH section 4), and nothing of what was read before is kept then. Raises as `get`, and
        Incomplete where a page has no list, where its next link is not text or comes a second time, and where
        page after page brings nothing new.
        """
        found: list[T] = []

        def say(_: RetryCallState) -> None:
            log.info("%s: the page token expired after %d rows; beginning again", doing, len(found))

        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_expired),
            stop=stop_after_attempt(1 + BEGUN_AGAIN),
            before_sleep=say,
            reraise=True,
        ):
            with attempt:
                found = []
                async for page in self._pages(url, doing, permission):
                    found += map(make, page)
                    progress(len(found))
        return found

    async def _pages(
        self, url: str, doing: str, permission: Permission | None
    ) -> AsyncIterator[list[Fields]]:
        """Page after page, once through; a page may be empty."""
        seen: set[str] = set()
        rows_seen: set[str] = set()
        barren = 0
        following = url
        while following:
            if following in seen:
                raise Incomplete(f"{doing}: Graph named the same next page twice", hint="try again later")
            seen.add(following)
            self._pacer.heed()
            page = await self.get(following, doing, permission)
            found = listed(page, doing)
            before = len(rows_seen)
            rows_seen |= {text(row, "id") or repr(row) for row in found}
            barren = 0 if len(rows_seen) > before else barren + 1
            if barren >= BARREN:
                raise Incomplete(
                    f"{doing}: {BARREN} pages in a row brought nothing new, and Graph names one more",
                    hint="look at what stands between here and Graph, then try again later",
                )
            yield found
            following = _next(page, doing)

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

        async with Together() as tasks:
            # more than fill the requests: what was refused waits, and batches go out full meanwhile
            for _ in range(min(AHEAD * self._pacer.requests, -(-len(items) // BATCH))):
                tasks.create_task(work())
        return [fate for fate in fates if fate is not None]

    async def listed_item(
        self, item: Item, fate: Fate, doing: str, permission: Permission | None
    ) -> list[Fields]:
        """All rows of a list that was asked for inside a batch; its next pages are read one by one.

        Raises Refused for a 4xx, Incomplete for anything else that is not a list.
        """
        meaning = of_read(fate)
        if not isinstance(fate, GraphAnswer) or fate.whole or not meaning.final:
            raise unread(doing, fate, permission)
        if meaning is not ReadMeaning.GOOD:
            raise Refused(doing, fate, permission)
        found = listed(fate.fields, doing)
        following = _next(fate.fields, doing)
        if following:
            if following == f"{self.base}{item.url}":
                raise Incomplete(f"{doing}: Graph named the same page as the next", hint="try again later")
            try:
                async for page in self._pages(following, doing, permission):
                    found += page
            except Refused as refused:
                if not _expired(refused):
                    raise
                return await self.everything(f"{self.base}{item.url}", doing, permission)
        return found


def _expired(error: BaseException) -> bool:
    return isinstance(error, Refused) and error.answer.code == EXPIRED


def listed(page: Fields, doing: str) -> list[Fields]:
    """The rows of one page. Raises Incomplete where there is no list: such a page is not an empty one."""
    value = page.get("value")
    if not isinstance(value, list):
        raise Incomplete(f"{doing}: Graph's answer holds no list", hint="try again later")
    found = rows(page, "value")
    if len(found) != len(value):
        raise Incomplete(
            f"{doing}: Graph's list holds something that is not an object", hint="try again later"
        )
    return found


def _next(page: Fields, doing: str) -> str:
    """Where the list goes on, "" at its end. Raises Incomplete for a next link that leads nowhere."""
    following = page.get("@odata.nextLink")
    if following is None:
        return ""
    if not isinstance(following, str) or not following:
        raise Incomplete(f"{doing}: Graph's next link is not an address", hint="try again later")
    return following

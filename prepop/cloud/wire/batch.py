"""JSON `$batch`, written and read by us: the SDK's classes lose the bodies (LIBRARIES section 1).

Rules of the format: GRAPH section 5. At most 20 items, relative addresses, Content-Type in the
headers of each item with a body, answers matched by id in whatever order they come. An item without an
answer is not known to be done or not done.
"""

import asyncio
import json
import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from prepop.cloud.wire.answers import Fate, GraphAnswer, NoAnswer, Request, Sender, as_fields, rows, text
from prepop.cloud.wire.pacer import HeldUp, Lane, Pacer, Turn
from prepop.cloud.wire.retrying import Heard, Tries, settle
from prepop.cloud.wire.statuses import asks_for_patience
from prepop.errors import SignInError

MISSING = NoAnswer("the batch came back without an answer to this item")
UNSENT = NoAnswer("not sent: the sign-in was refused before", sent=False)
STALE = NoAnswer("not sent: it was held up for so long that what was read before is too old", sent=False)
REFUSED_STALE = NoAnswer("refused for sending too fast until what was read before was too old", sent=False)
UNREADABLE = NoAnswer("the answer to the batch could not be read")


@dataclass(frozen=True, slots=True)
class Item:
    """One request inside a batch. `url` is relative to the version (`/users/…`); `body` None for none.

    until: the moment (`Pacer.now`) after which it must not leave any more, however long it was held up.
    """

    method: str
    url: str
    body: Mapping[str, str] | None = None
    until: float = math.inf


def pack(batch: Mapping[str, Item]) -> bytes:
    """The body of `POST /$batch` for these items by id."""
    return json.dumps({"requests": [_packed(key, item) for key, item in batch.items()]}).encode()


def _packed(key: str, item: Item) -> dict[str, object]:
    packed: dict[str, object] = {"id": key, "method": item.method, "url": item.url}
    if item.body is not None:
        packed["headers"] = {"Content-Type": "application/json"}
        packed["body"] = dict(item.body)
    return packed


def unpack(fate: Fate, asked: Sequence[str]) -> dict[str, Fate]:
    """What became of each item that was asked for.

    An answer without a list of item answers stands for all of them (429, 401, 5xx, a malformed batch), but
    a 2xx without one says nothing. Two answers to one item say nothing either.
    """
    if isinstance(fate, NoAnswer):
        return dict.fromkeys(asked, fate)
    if not isinstance(fate.fields.get("responses"), list):
        if fate.ok:
            return dict.fromkeys(asked, UNREADABLE)
        return dict.fromkeys(
            asked, GraphAnswer(fate.status, fate.headers, fate.body, fate.readable, whole=True)
        )
    found: dict[str, Fate] = {}
    for row in rows(fate.fields, "responses"):
        key = text(row, "id")
        found[key] = MISSING if key in found else _item(row, fate)
    return {key: found.get(key, MISSING) for key in asked}


def _item(row: Mapping[str, object], outer: GraphAnswer) -> Fate:
    status = row.get("status")
    if not isinstance(status, int):
        return UNREADABLE
    headers = {
        name.lower(): value for name, value in as_fields(row.get("headers")).items() if isinstance(value, str)
    }
    for name in ("date", "request-id"):  # items seldom have their own
        if name in outer.headers:
            headers.setdefault(name, outer.headers[name])
    body = row.get("body")
    return GraphAnswer(status, headers, body, readable=body is None or isinstance(body, dict))


@dataclass(slots=True)
class _Ticket:
    """An item on its way. key: its id in a batch; answer: its fate, and when it was heard."""

    key: str
    item: Item
    answer: asyncio.Future[tuple[Fate, Heard]]
    refusals: int


class Batches:
    """Sends items in batches, again and again until each is settled: see `retrying`.

    Items of all groups wait in one queue and leave together, so that a batch is full although what was
    refused comes back by ones and twos; a refused item goes before what was never sent.
    """

    def __init__(self, sender: Sender, pacer: Pacer, base: str) -> None:
        self._sender = sender
        self._pacer = pacer
        self._url = f"{base}/$batch"
        self._keys = count(1)
        self._queues: dict[Lane, deque[_Ticket]] = {Lane.READS: deque(), Lane.WRITES: deque()}
        self._waiting: Counter[Lane] = Counter()  # items whose answer somebody waits for
        self._pumps: dict[Lane, set[asyncio.Task[None]]] = {Lane.READS: set(), Lane.WRITES: set()}

    async def run(self, group: Sequence[Item], *, write: bool = False) -> list[Fate]:
        """The fate of each of some independent items, in their order.

        Only what is unsettled is sent again. At the end of patience an item has the last thing that was
        heard of it: throttled, or (reads only) a fault; an answer with sent=False where it never left (STALE:
        `until` had passed; REFUSED_STALE: Graph had refused it before). Raises SignInError.
        """
        heard: list[Fate] = [UNSENT] * len(group)
        found = await asyncio.gather(
            *(self._settle(place, item, write, heard) for place, item in enumerate(group)),
            return_exceptions=True,
        )
        errors = [error for error in found if error is not None]
        for error in errors:
            # what was written before the token was refused must not be forgotten over it
            if not isinstance(error, SignInError) or not write or len(errors) == len(group):
                raise error
        return heard

    async def _settle(self, place: int, item: Item, write: bool, heard: list[Fate]) -> None:
        """Send one item until it is settled; its last answer stands for it."""
        lane = Lane.WRITES if write else Lane.READS
        trials, key, refusals = Tries(self._pacer, write=write), str(next(self._keys)), 0
        try:
            while True:
                fate, when = await self._post(_Ticket(key, item, asyncio.Future(), refusals), lane)
                tried = heard[place] is not UNSENT
                heard[place] = REFUSED_STALE if fate is STALE and tried else fate
                if fate is STALE or not trials.unsettled(fate) or not await trials.patient(fate, when):
                    return
                refusals = refusals + 1 if asks_for_patience(fate) else 0
        except HeldUp as held:
            if heard[place] is UNSENT:
                heard[place] = NoAnswer(f"not sent: {held}", sent=False)

    async def _post(self, ticket: _Ticket, lane: Lane) -> tuple[Fate, Heard]:
        queue, pumps = self._queues[lane], self._pumps[lane]
        queue.appendleft(ticket) if ticket.refusals else queue.append(ticket)
        if sum(not pump.done() for pump in pumps) < self._pacer.requests:
            pump = asyncio.create_task(self._pump(lane))
            pumps.add(pump)
            pump.add_done_callback(pumps.discard)
        self._waiting[lane] += 1
        try:
            return await ticket.answer
        finally:
            self._waiting[lane] -= 1
            if not self._waiting[lane] and ticket.answer.cancelled():
                for pump in pumps:  # nobody waits any more for what they do
                    pump.cancel()

    async def _pump(self, lane: Lane) -> None:
        """Send what is in the queue, batch after batch, until it is empty."""
        queue = self._queues[lane]
        while queue:
            batch: list[_Ticket] = []
            heard: list[Fate] = []
            when = Heard.of(self._pacer)
            try:
                async with self._pacer.turn(lambda: len(queue), lane) as turn:
                    await self._sender.ready()  # a sign-in takes its time too, and may outlast a reading
                    while queue and len(batch) < turn.items:
                        ticket = queue.popleft()
                        if ticket.answer.done():
                            continue  # its group was given up
                        if ticket.item.until < self._pacer.now():
                            ticket.answer.set_result((STALE, Heard.of(self._pacer)))
                        else:
                            batch.append(ticket)
                    if batch:
                        heard, when = await self._once(batch, turn)
            except Exception as error:  # noqa: BLE001 - it goes to those who wait for it
                for ticket in batch or [queue.popleft() for _ in range(len(queue))]:
                    if not ticket.answer.done():
                        ticket.answer.set_exception(error)
                continue
            for ticket, fate in zip(batch, heard, strict=True):
                if not ticket.answer.done():
                    ticket.answer.set_result((fate, when))

    async def _once(self, batch: list[_Ticket], turn: Turn) -> tuple[list[Fate], Heard]:
        items = {ticket.key: ticket.item for ticket in batch}
        fate = await self._sender.send(Request("POST", self._url, pack(items)))
        heard = list(unpack(fate, list(items)).values())
        refusals = max(
            (t.refusals for t, answer in zip(batch, heard, strict=True) if asks_for_patience(answer)),
            default=0,
        )
        return heard, settle(self._pacer, turn, heard, refusals)

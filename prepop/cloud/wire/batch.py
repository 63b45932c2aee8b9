"""JSON `$batch`, written and read by us: the SDK's classes lose the bodies (LIBRARIES section 1).

Rules of the format: GRAPH section 5. At most 20 items, relative addresses, Content-Type in the
headers of each item with a body, answers matched by id in whatever order they come. An item without an
answer is not known to be done or not done.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prepop.cloud.wire.answers import Fate, GraphAnswer, NoAnswer, Request, Sender, as_fields, rows, text
from prepop.cloud.wire.pacer import Pacer
from prepop.cloud.wire.retrying import Again, Tries
from prepop.errors import SignInError
from prepop.ports import BATCH

MISSING = NoAnswer("the batch came back without an answer to this item")
UNSENT = NoAnswer("not sent: the sign-in was refused before", sent=False)
UNREADABLE = NoAnswer("the answer to the batch could not be read")


@dataclass(frozen=True, slots=True)
class Item:
    """One request inside a batch. `url` is relative to the version (`/users/…`); `body` None for none."""

    method: str
    url: str
    body: Mapping[str, str] | None = None


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


class Batches:
    """Sends items in batches, again and again until each is settled: see `retrying`."""

    def __init__(self, sender: Sender, pacer: Pacer, base: str) -> None:
        self._sender = sender
        self._pacer = pacer
        self._url = f"{base}/$batch"

    async def run(self, group: Sequence[Item], *, write: bool = False) -> list[Fate]:
        """The fate of each of at most 20 independent items, in their order.

        Only what is unsettled is sent again. At the end of patience an item has the last thing that was
        heard of it: throttled, or (reads only) a fault. Raises SignInError.
        """
        waiting = {str(number): item for number, item in enumerate(group, 1)}
        fates: dict[str, Fate] = {}
        trials = Tries(self._pacer, write=write)
        try:
            async for attempt in trials.attempts:
                with attempt:
                    await self._once(waiting, fates, trials)
        except Again:
            pass  # the fates tell what was heard last
        except SignInError:
            if not write or len(waiting) == len(group):
                raise
            # some were written before the token was refused, and must not be forgotten over it
        return [fates.get(str(number), UNSENT) for number in range(1, len(group) + 1)]

    async def _once(self, waiting: dict[str, Item], fates: dict[str, Fate], trials: Tries) -> None:
        """Send everything that waits, in as many requests as the pacer makes of it. Raises Again."""
        unsettled: list[Fate] = []
        ids = list(waiting)
        while ids:
            async with self._pacer.turn(min(BATCH, len(ids))) as turn:
                now, ids = ids[: turn.items], ids[turn.items :]
                body = pack({key: waiting[key] for key in now})
                heard = unpack(await self._sender.send(Request("POST", self._url, body)), now)
                trials.settle(turn, list(heard.values()))
            fates |= heard
            for key, fate in heard.items():
                if trials.unsettled(fate):
                    unsettled.append(fate)
                else:
                    del waiting[key]
        if unsettled:
            raise trials.again(unsettled)

"""Writes of methods through Graph: the port `MethodWriter`.

One request a change, at most 20 in one `$batch`. A write is never sent twice unless it certainly did not
happen (`retrying`): what is in doubt comes back as such and is read back by `steps.apply`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from prepop.cloud import urls
from prepop.cloud.parsing import METHOD_IDS
from prepop.cloud.wire import statuses
from prepop.cloud.wire.answers import Fate, Fields, NoAnswer, text
from prepop.cloud.wire.batch import REFUSED_STALE, STALE, Batches, Item
from prepop.cloud.wire.statuses import WriteMeaning
from prepop.model import Action, Change, Family, WriteAnswer
from prepop.ports import BATCH
from prepop.rules.values.keys import comparison_key
from prepop.rules.values.masking import mask_within

_LONGEST = 1000  # of the words that stay with an outcome


class GraphWriter:
    """The one thing that changes a tenant."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    async def write(self, changes: Sequence[Change], until: Mapping[str, float]) -> Mapping[str, WriteAnswer]:
        """Send at most 20 independent changes at once; see `ports.MethodWriter`."""
        if len(changes) > BATCH:
            raise ValueError(f"{len(changes)} changes at once; a batch holds {BATCH}")
        items = [replace(item(change), until=until.get(change.id, math.inf)) for change in changes]
        fates = await self._batches.run(items, write=True)
        return {change.id: answer(change, fate) for change, fate in zip(changes, fates, strict=True)}


def item(change: Change) -> Item:
    """The request of one change: GRAPH sections 1 and 2, operations and bodies.

    A PATCH repeats `phoneType`, as Microsoft's example does. `smsSignInState` must not be sent.
    """
    listed = urls.methods(change.method.family, change.account.id)
    own = f"{listed}/{METHOD_IDS[change.method]}"
    match change.action:
        case Action.REMOVE:
            return Item("DELETE", own)
        case Action.ADD:
            return Item("POST", listed, _body(change))
        case Action.REPLACE:
            return Item("PATCH", own, _body(change))


def _body(change: Change) -> dict[str, str]:
    if not change.after:
        raise ValueError(f"change {change.id} has no value to write")
    match change.method.family:
        case Family.EMAIL:
            return {"emailAddress": change.after}
        case Family.PHONE:
            return {"phoneNumber": change.after, "phoneType": change.method.value}
        case _:
            assert_never(change.method.family)


def _shows_another(change: Change, body: Fields) -> bool:
    """Whether a success shows another value, or another kind of phone, than what was sent.

    An answer without a body (204) shows none: GRAPH section 1.
    """
    match change.method.family:
        case Family.EMAIL:
            shown = text(body, "emailAddress")
        case Family.PHONE:
            shown = text(body, "phoneNumber")
            if text(body, "phoneType") not in ("", change.method.value):
                return True
        case _:
            assert_never(change.method.family)
    if not shown or change.after is None:
        return False
    return comparison_key(change.method, shown) != comparison_key(change.method, change.after)


def answer(change: Change, fate: Fate) -> WriteAnswer:
    """What a fate means for a write."""
    meaning = statuses.of_write(fate, change.action)
    if isinstance(fate, NoAnswer):
        refused, stale = fate is REFUSED_STALE, fate is STALE
        return WriteAnswer(
            acted=meaning.acted,
            status=429 if refused else None,
            message=mask_within(fate.why)[:_LONGEST],
            stale=stale or refused,
        )
    other = meaning.acted is True and _shows_another(change, fate.fields)
    return WriteAnswer(
        acted=None if other else meaning.acted,
        status=fate.status,
        code=fate.code,
        message=statuses.words(fate),
        request_id=fate.request_id,
        taken=meaning is WriteMeaning.TAKEN,
        late=meaning is WriteMeaning.LATE,
    )

"""Writes of methods through Graph: the port `MethodWriter`.

One request a change, at most 20 in one `$batch`. A write is never sent twice unless it certainly did not
happen (`retrying`): what is in doubt comes back as such and is read back by `steps.apply`.
"""

from collections.abc import Mapping, Sequence
from typing import assert_never

from prepop.cloud import urls
from prepop.cloud.parsing import METHOD_IDS
from prepop.cloud.wire.answers import Answer, Fate, NoAnswer
from prepop.cloud.wire.batch import Batches, Item
from prepop.cloud.wire.pacer import BATCH
from prepop.model import Action, Change, Family, WriteAnswer
from prepop.rules.values.masking import mask_within

# Not a plain no: the request may have been acted on. 409 is the half-success of SMS sign-in names
# (GRAPH section 1); 408 and 424 say nothing of what was done.
DOUBTFUL = (408, 409, 424)

_LONGEST = 1000  # of the words that stay with an outcome


class GraphWriter:
    """The one thing that changes a tenant."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    async def write(self, changes: Sequence[Change]) -> Mapping[str, WriteAnswer]:
        """Send at most 20 independent changes at once; see `ports.MethodWriter`."""
        if len(changes) > BATCH:
            raise ValueError(f"{len(changes)} changes at once; a batch holds {BATCH}")
        fates = await self._batches.run([item(change) for change in changes], write=True)
        return {change.id: answer(change, fate) for change, fate in zip(changes, fates, strict=True)}


def item(change: Change) -> Item:
    """The request of one change: GRAPH sections 1 and 2, operations and bodies.

    A PATCH repeats `phoneType`, as Microsoft's example does. `smsSignInState` must not be sent.
    """
    listed = urls.methods(change.method.family, change.account.id)
    one = f"{listed}/{METHOD_IDS[change.method]}"
    match change.action:
        case Action.REMOVE:
            return Item("DELETE", one)
        case Action.ADD:
            return Item("POST", listed, _body(change))
        case Action.REPLACE:
            return Item("PATCH", one, _body(change))


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


def answer(change: Change, fate: Fate) -> WriteAnswer:
    """What a fate means for a write."""
    if isinstance(fate, NoAnswer):
        return WriteAnswer(acted=None if fate.sent else False, message=mask_within(fate.why)[:_LONGEST])
    return WriteAnswer(
        acted=_acted(change, fate),
        status=fate.status,
        code=mask_within(fate.code),
        message=mask_within(fate.message)[:_LONGEST],
        request_id=mask_within(fate.request_id),
    )


def _acted(change: Change, fate: Answer) -> bool | None:
    if fate.ok:
        return True
    if not 400 <= fate.status < 500 or fate.status in DOUBTFUL:
        return None
    if fate.status == 404 and change.action is Action.REMOVE:
        return None  # it is gone already, or the account is: reading back tells
    return False

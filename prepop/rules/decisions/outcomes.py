"""What became of a change, told from what the tenant answered and what it shows afterwards.

CONTRACT section 9. Pure: reading and writing are for `steps.apply`.
"""

from collections.abc import Iterable
from datetime import timedelta

from prepop.model import Action, Change, Families, Family, Outcome, Present, Result, Sending, WriteAnswer
from prepop.rules.phrases import shortened
from prepop.rules.values.keys import comparison_key

NOT_UNIQUE = "phoneNumberNotUnique"  # a half-success: GRAPH section 1
MOST_SAID = 300  # characters of Graph's own words that are kept
DEFAULT_METHOD = "Graph does not delete a user's default method; the person must choose another first"


def asked(changes: Iterable[Change]) -> dict[str, Families]:
    """What must be read live to know the methods that these changes are about, by account id."""
    families: dict[str, set[Family]] = {}
    for change in changes:
        families.setdefault(change.account.id, set()).add(change.method.family)
    return {account_id: Families.of(these) for account_id, these in families.items()}


def is_now(change: Change, value: str | None, account: Present) -> bool:
    """True where the change's method holds this value now; None is no value."""
    present = account.value(change.method)
    if present is None or value is None:
        return present is value
    return comparison_key(change.method, present) == comparison_key(change.method, value)


def seen_after(change: Change, account: Present | None) -> Result | None:
    """What a reading back tells of a change that was sent: None where nothing has happened yet."""
    if account is None:
        return Result.FAILED
    if is_now(change, change.after, account):
        return Result.DONE
    return None if is_now(change, change.before, account) else Result.MOVED_ON


OWN_WITHIN = timedelta(hours=1)
"""So long after the sending, what is found present is what was sent: CONTRACT section 9."""
CLOCKS_APART = timedelta(minutes=5)
"""So far apart Graph's clock and ours may be, the time that a request takes included."""


def is_own(change: Change, account: Present | None, sending: Sending | None) -> bool:
    """Whether a value that is found as it was sent is that sending's doing, and not the person's own.

    Graph's time of creation decides where it says one of an addition. Whether it does is not proved (GRAPH
    section 1); without it, what is read back within the hour is taken for ours.
    """
    if sending is None:
        return False
    created = account.created.get(change.method) if account is not None else None
    if created is not None and change.action is Action.ADD:
        return abs(created - sending.at) <= CLOCKS_APART
    return abs(sending.age) <= OWN_WITHIN


def outcome_of(change: Change, result: Result, answer: WriteAnswer) -> Outcome:
    """An outcome with what Graph said, and a note for the two answers that mean more than they say.

    Where it is no success the note has Graph's own words besides: they often name the cause.
    """
    note = _note(change, result, answer)
    if result in (Result.FAILED, Result.UNKNOWN) and answer.status is not None and answer.message:
        note = "; ".join(part for part in (note, f"Graph said: {answer.message}") if part)
    said = shortened(answer.message, MOST_SAID)
    return Outcome(change.id, result, answer.status, answer.code, answer.request_id, note, said)


def _note(change: Change, result: Result, answer: WriteAnswer) -> str:
    if result is Result.DONE and answer.status == 409 and NOT_UNIQUE in (answer.code + answer.message):
        return "sms-sign-in-not-unique"
    if result is Result.FAILED and answer.status == 400 and change.action is Action.REMOVE:
        # by verb and status, never by the message: what else a 400 may mean here is not documented
        return DEFAULT_METHOD
    return ""

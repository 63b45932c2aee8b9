"""The rows of a report: one for each verdict of a plan, masked, with its outcome beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from prepop.model import AccountRef, Change, LeftAlone, Outcome, PersonRef, Plan, Verdict
from prepop.reasons import Level, Reason
from prepop.rules.phrases import visible
from prepop.rules.summary.endings import answer_of
from prepop.rules.summary.words import Row, RowVerdict, Stage
from prepop.rules.values.masking import mask, mask_within

Key = tuple[str, str]

NOT_LISTED = Reason.ALREADY_REGISTERED.value
"""What a verdict is that no row shows: an account that needs nothing is counted only."""
_UNMATCHED = frozenset({Reason.NO_ACCOUNT, Reason.MATCH_AMBIGUOUS})


class Hide:
    """What a report passes every text through, each distinct one once: makes unseen characters visible, and
    masks numbers and addresses unless `unmask`.
    """

    def __init__(self, unmask: bool) -> None:
        self._value = cache(lambda text: visible(text if unmask else mask(text)))
        self._sentence = cache(lambda text: visible(text if unmask else mask_within(text)))

    def __call__(self, value: str) -> str:
        """One value that is known to be a number, an address, or the raw text of either."""
        return self._value(value)

    def sentence(self, text: str) -> str:
        """A sentence that should not hold a whole value."""
        return self._sentence(text)


def verdicts(plan: Plan) -> Iterator[Verdict]:
    """Everything that was decided, in plan order, changes first."""
    yield from plan.changes
    yield from plan.left_alone


def key_of(verdict: Verdict) -> Key:
    """Who and which method: the same in every plan of the same person, so that two runs can be compared."""
    account, person = verdict.account, verdict.person
    who = account.id if account else (person.anchor or person.dn if person else "")
    return who, verdict.method.value if verdict.method else ""


def word_of(verdict: Verdict) -> str:
    """What was decided, in one word: the action, or the reason."""
    return verdict.action.value if isinstance(verdict, Change) else verdict.reason.value


def build_rows(
    plan: Plan, outcomes: Mapping[str, Outcome] | None, previous: Plan | None, hide: Hide
) -> tuple[Row, ...]:
    """All rows in plan order, changes first."""
    before: Mapping[Key, str] | None = None
    if previous is not None:
        before = {key_of(verdict): word_of(verdict) for verdict in verdicts(previous)}

    def mark(row: Row, verdict: Verdict) -> Row:
        # who needed nothing is not listed in a plan
        if before is None or before.get(key_of(verdict), NOT_LISTED) == word_of(verdict):
            return row
        return replace(row, new=True)

    undoes = visible(plan.undoes or "")
    changed = (mark(_changed(c, outcomes, hide, undoes), c) for c in plan.changes)
    alone = (mark(_left_alone(a, hide), a) for a in plan.left_alone)
    return (*changed, *alone)


def stage_of(reason: Reason) -> Stage:
    """How far somebody came who was left alone for this reason."""
    match reason.level:
        case Level.ACCOUNT:
            return Stage.IN_SCOPE if reason in _UNMATCHED else Stage.READ
        case Level.VALUE:
            return Stage.MATCHED
        case Level.METHOD:
            return Stage.USABLE


def _changed(change: Change, outcomes: Mapping[str, Outcome] | None, hide: Hide, undoes: str) -> Row:
    seen = change.evidence
    detail = [_hidden_in(note, (seen.raw, seen.normal, seen.present), hide) for note in seen.notes]
    if change.needs:
        detail.append("after the mobile of the same account")
    if change.confirmed == "report":
        detail.append("present value known from the registration report only")
    outcome, answer = "", ""
    if outcomes is not None:
        found = outcomes.get(change.id)
        outcome = found.result.value if found else "not-tried"
        answer = hide.sentence(_answer(found)) if found else ""
    return _row(
        change.account,
        change.person,
        method=change.method.value,
        verdict=RowVerdict(change.action.value),
        reason=None,
        raw=hide(seen.raw),
        normal=hide(change.after or ""),
        present=hide(change.before or seen.present),
        source=change.source,
        region=seen.region,
        department=seen.department,
        detail="; ".join(detail),
        policy=change.policy.value,
        outcome=outcome,
        answer=answer,
        undoes=undoes,
    )


def _left_alone(alone: LeftAlone, hide: Hide) -> Row:
    seen = alone.evidence
    values = (seen.raw, seen.normal, seen.present)
    detail = [_hidden_in(text, values, hide) for text in (alone.detail, *seen.notes) if text]
    return _row(
        alone.account,
        alone.person,
        method=alone.method.value if alone.method else "",
        verdict=RowVerdict.LEFT_ALONE,
        reason=alone.reason,
        raw=hide(seen.raw),
        normal=hide(seen.normal),
        present=hide(seen.present),
        source=seen.source,
        region=seen.region,
        department=seen.department,
        detail="; ".join(detail),
        policy="",
        outcome="",
        answer="",
    )


def _row(
    account: AccountRef | None,
    person: PersonRef | None,
    *,
    method: str,
    verdict: RowVerdict,
    reason: Reason | None,
    raw: str,
    normal: str,
    present: str,
    source: str,
    region: str,
    department: str,
    detail: str,
    policy: str,
    outcome: str,
    answer: str,
    undoes: str = "",
) -> Row:
    return Row(
        upn=visible(account.upn) if account else "",
        account_id=visible(account.id) if account else "",
        name=visible(account.name) if account else "",
        dn=visible(person.dn) if person else "",
        method=method,
        verdict=verdict,
        reason=reason,
        raw=raw,
        normal=normal,
        present=present,
        source=visible(source),
        region=visible(region),
        department=visible(department),
        detail=detail,
        policy=policy,
        outcome=outcome,
        answer=answer,
        stage=Stage.USABLE if reason is None else stage_of(reason),
        undoes=undoes,
    )


def _hidden_in(text: str, values: tuple[str, ...], hide: Hide) -> str:
    """A sentence that may quote values, without them: a second line of defence behind who wrote it."""
    for value in values:
        if value and value in text:
            text = text.replace(value, hide(value))
    return hide.sentence(text)


def _answer(outcome: Outcome) -> str:
    request = f"request-id {outcome.request_id}" if outcome.request_id else ""
    return "; ".join(part for part in (answer_of(outcome), request) if part)

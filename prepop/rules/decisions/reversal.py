"""Undoing a run: its changes turned round, and what of them may still be undone.

A reversal is a change like any other: it goes through the same guards and the same apply, and it is
made only where the present value is still what the run wrote.

    run added a           present a         remove a
    run replaced a by b   present b         replace b by a
    run removed a         present nothing   add a
    anything else         changed-since: somebody has changed it, or it was undone already
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from prepop.model import Action, Change, Evidence, LeftAlone, Present, Privileged
from prepop.reasons import Reason
from prepop.rules.decisions.outcomes import is_now

_TURNED = {Action.ADD: Action.REMOVE, Action.REPLACE: Action.REPLACE, Action.REMOVE: Action.ADD}


def reverse(change: Change) -> Change:
    """The change that undoes this one, as the tenant was right after it."""
    evidence = Evidence(normal=change.before or "", present=change.after or "")
    return replace(
        change,
        action=_TURNED[change.action],
        before=change.after,
        after=change.before,
        needs=None,
        confirmed="live",
        evidence=evidence,
    )


def reversal(
    done: Sequence[Change],
    present: Mapping[str, Present | None],
    privileged: Privileged,
    protected: Iterable[str],
) -> tuple[tuple[Change, ...], tuple[LeftAlone, ...]]:
    """Turn the changes that a run did round; the answer is what can be undone, and what is left alone.

    present: live values of every account in `done`. privileged, protected: account ids that are not touched.
    """
    turned: list[Change] = []
    left: list[LeftAlone] = []
    safe = frozenset(protected)
    needed = {change.needs: change.id for change in done if change.needs}
    for change in done:
        back = reverse(change)
        account = present[change.account.id]
        why = _not_undone(back, account, privileged, safe)
        if why is None:
            # what was needed first goes last: the alternate mobile before its mobile
            turned.append(replace(back, needs=needed.get(change.id)))
        else:
            left.append(
                LeftAlone(change.method, change.account, change.person, why[0], why[1], back.evidence)
            )
    kept = {change.id for change in turned}
    for change in [back for back in turned if back.needs is not None and back.needs not in kept]:
        turned.remove(change)
        detail = "the alternate mobile that is registered needs it"
        left.append(
            LeftAlone(
                change.method, change.account, change.person, Reason.NEEDS_MOBILE, detail, change.evidence
            )
        )
    turned.sort(key=lambda c: (c.account.upn.casefold(), c.account.id, c.needs is not None))
    return tuple(turned), tuple(left)


def _not_undone(
    back: Change, account: Present | None, privileged: Privileged, protected: frozenset[str]
) -> tuple[Reason, str] | None:
    if account is None:
        return Reason.NO_ACCOUNT, "the account is gone"
    if back.account.id in protected:
        return Reason.PROTECTED, ""
    if back.account.id in privileged.why:
        return Reason.PRIVILEGED_ROLE, privileged.why[back.account.id]
    if is_now(back, back.before, account):
        return None
    if is_now(back, back.after, account):
        return Reason.CHANGED_SINCE, "it is already as it was before the run"
    return Reason.CHANGED_SINCE, "the present value is not what the run wrote"

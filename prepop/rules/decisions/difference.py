"""What becomes of one method of one account: a change, or left alone because…

    wanted     present            fill                     follow                      overwrite
    ------     -------            ----                     ------                      ---------
    a          nothing            add                      add                         add
    a          a                  already-registered       already-registered          already-registered
    a          b, ours            registered-differently   replace                     replace
    a          c, b was ours      registered-differently   changed-since               replace
    a          b, after c showed  registered-differently   changed-since               replace
    a          nothing, b was ours  changed-since          changed-since               add
    a          b, not ours        registered-differently   registered-differently      replace
    no value   a, ours            remove = "own": remove; else no-value                =
    unusable   anything           the reason that mapping gave                         =

"Ours" is what the ledger says; without an entry nothing that exists is touched. Once a live reading has
shown another value it is ours no more: who brings our value back by hand has registered it. So has somebody
where Graph says that it was made after we wrote: an older state does not know what showed since. Who took
away what prepop wrote meant it: a stolen phone's number is not back the same night, and `prepop forget` is
the way to have it again. What Graph refused on three runs in a row is `refused-before` for a while
(`refusals`). Values are compared in their comparison form, so that spacing is no difference. A
replacement is one PATCH, never a removal and an addition. The rules between mobile and alternate mobile are
Graph's: GRAPH section 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from prepop.model import (
    Account,
    AccountRef,
    Action,
    Change,
    Evidence,
    Family,
    Ledger,
    LeftAlone,
    Method,
    Person,
    PersonRef,
    Policy,
    Present,
    Registration,
    TenantFacts,
    Unusable,
    Usable,
    Verdict,
    Wanted,
    Written,
)
from prepop.options import MethodRule, Remove, Screen
from prepop.reasons import Reason
from prepop.rules.decisions.outcomes import CLOCKS_APART
from prepop.rules.decisions.refusals import Patience
from prepop.rules.values.keys import comparison_key, normal_key

NOT_READ = "the report shows it; its value was not read"


@dataclass(frozen=True, slots=True)
class Pair:
    """One person in scope with their account and what mapping wants of each method, in Method order.

    seen: comparison key of each value that mapping found usable, whether or not it is trusted yet.
    """

    person: Person
    account: Account
    wanted: tuple[Wanted, ...]
    department: str
    seen: tuple[tuple[Method, str], ...] = ()


def account_ref(account: Account) -> AccountRef:
    """The account as files name it."""
    return AccountRef(account.id, account.upn, account.name)


def person_ref(person: Person) -> PersonRef:
    """The person as files name it."""
    return PersonRef(person.anchor, person.dn or person.upn)


def available(method: Method, tenant: TenantFacts) -> bool:
    """Whether this tenant's cloud has the method at all."""
    match method.family:
        case Family.PHONE:
            return True
        case Family.EMAIL:
            return tenant.email_methods
        case _:
            assert_never(method.family)


def may_follow(
    wanted: Wanted, rule: MethodRule, screen: Screen, registration: Registration | None, entry: Written | None
) -> bool:
    """True where a change of this method is possible, so that its present value must be read live.

    registration: the account's row of the report, None where the report has none for it.
    entry: the ledger's entry for this method, or None.
    """
    match wanted.result:
        case Usable():
            if screen is Screen.LIVE or registration is None or not registration.shows(wanted.method):
                return True
            return rule.policy is Policy.OVERWRITE or (rule.policy is Policy.FOLLOW and entry is not None)
        case Unusable() as result:
            return result.nothing_there and rule.remove is Remove.OWN and entry is not None


def difference(
    pair: Pair,
    rules: Mapping[Method, MethodRule],
    present: Present | None,
    ledger: Ledger,
    tenant: TenantFacts,
    patience: Patience | None = None,
) -> tuple[Verdict, ...]:
    """Decide every mapped method of one account. `present` is None where nothing was read live.

    patience: with what Graph refused again and again; None where that does not matter.
    """
    known = _Known(pair, present, ledger)
    verdicts: list[Verdict] = []
    for wanted in pair.wanted:
        if not available(wanted.method, tenant):
            verdicts.append(known.left_alone(wanted, Reason.NOT_AVAILABLE_HERE))
            continue
        verdict = known.decide(wanted, rules[wanted.method])
        if patience and isinstance(verdict, Change) and (why := patience.why_not(verdict)):
            verdict = known.left_alone(wanted, Reason.REFUSED_BEFORE, why)
        verdicts.append(verdict)
    return _in_order(verdicts, known)


@dataclass(frozen=True, slots=True)
class _Known:
    """One pair with everything that is known of it."""

    pair: Pair
    present: Present | None
    ledger: Ledger

    def decide(self, wanted: Wanted, rule: MethodRule) -> Verdict:
        method = wanted.method
        entry = self.ledger.written.get((self.pair.account.id, method))
        match wanted.result:
            case Usable() as result:
                return self._usable(wanted, result, rule, entry)
            case Unusable() as result if (
                result.nothing_there and rule.remove is Remove.OWN and entry and self.read(method)
            ):
                value = self.value(method)
                if value is not None and self.ours(entry, method, comparison_key(method, value)):
                    return self._change(Action.REMOVE, method, value, None, rule, Evidence())
                return self.left_alone(wanted, Reason.NO_VALUE)
            case Unusable() as result:
                return self.left_alone(wanted, result.reason, result.detail)

    def read(self, method: Method) -> bool:
        return self.present is not None and self.present.was_read(method)

    def value(self, method: Method) -> str | None:
        return (self.present or Present()).value(method)  # what was not read raises

    def ours(self, entry: Written, method: Method, key: str) -> bool:
        """Whether what is there is what prepop wrote; what was made later than that, somebody else made."""
        made = self.present.created.get(method) if self.present else None
        later = made is not None and made > entry.at + CLOCKS_APART
        return not later and self.ledger.is_ours(entry, key)

    def _usable(self, wanted: Wanted, result: Usable, rule: MethodRule, entry: Written | None) -> Verdict:
        method = wanted.method
        if not self.read(method):
            return self.left_alone(wanted, Reason.ALREADY_REGISTERED, NOT_READ)
        value = self.value(method)
        if value is None and entry is not None and rule.policy is not Policy.OVERWRITE:
            detail = (
                f"run {entry.run} wrote it on {entry.at:%Y-%m-%d}, and it is not there: it was taken away "
                "since, or never stored"
            )
            return self.left_alone(wanted, Reason.CHANGED_SINCE, detail)
        if value is None:
            return self._change(Action.ADD, method, None, result.value, rule, self.evidence(wanted))
        key = comparison_key(method, value)
        if key == normal_key(method, result.value):
            return self.left_alone(wanted, Reason.ALREADY_REGISTERED)
        ours = entry is not None and self.ours(entry, method, key)
        if rule.policy is Policy.OVERWRITE or (rule.policy is Policy.FOLLOW and ours):
            return self._change(Action.REPLACE, method, value, result.value, rule, self.evidence(wanted))
        if rule.policy is Policy.FOLLOW and entry is not None:
            return self.left_alone(wanted, Reason.CHANGED_SINCE)
        return self.left_alone(wanted, Reason.REGISTERED_DIFFERENTLY)

    def _change(
        self,
        action: Action,
        method: Method,
        before: str | None,
        after: str | None,
        rule: MethodRule,
        why: Evidence,
    ) -> Change:
        account = self.pair.account
        return Change(
            id=f"{account.id}/{method}",
            action=action,
            method=method,
            account=account_ref(account),
            person=person_ref(self.pair.person),
            before=before,
            after=after,
            source=why.source,
            policy=rule.policy,
            evidence=why
            if why != Evidence()
            else Evidence(department=self.pair.department, present=before or ""),
        )

    def left_alone(self, wanted: Wanted, reason: Reason, detail: str = "") -> LeftAlone:
        return LeftAlone(
            method=wanted.method,
            account=account_ref(self.pair.account),
            person=person_ref(self.pair.person),
            reason=reason,
            detail=detail,
            evidence=self.evidence(wanted),
        )

    def evidence(self, wanted: Wanted) -> Evidence:
        result = wanted.result
        usable = result if isinstance(result, Usable) else _held_back(wanted)
        return Evidence(
            raw=result.raw,
            normal=usable.value if usable else "",
            present=(self.value(wanted.method) or "") if self.read(wanted.method) else "",
            source=result.attribute,
            region=usable.region if usable else result.region,
            department=self.pair.department,
            notes=result.notes,
        )


def _held_back(wanted: Wanted) -> Usable | None:
    """The usable value behind a result that is held back (shared, changed recently): reports show it."""
    result = wanted.result
    if isinstance(result, Unusable) and result.reason not in (Reason.VALUE_SHARED, Reason.VALUE_RECENT):
        return None
    behind = (
        candidate
        for candidate in wanted.candidates
        if isinstance(candidate, Usable)
        and (candidate.attribute, candidate.raw) == (result.attribute, result.raw)
    )
    return next(behind, None)


def _in_order(verdicts: list[Verdict], known: _Known) -> tuple[Verdict, ...]:
    """Add what mobile and alternate mobile need of each other; see GRAPH section 1."""
    changes = {v.method: v for v in verdicts if isinstance(v, Change)}
    wanted = {w.method: w for w in known.pair.wanted}
    mobile, alternate = changes.get(Method.MOBILE), changes.get(Method.ALTERNATE_MOBILE)
    out: list[Verdict] = []
    for verdict in verdicts:
        answer = verdict
        if verdict is alternate and alternate is not None and alternate.action is Action.ADD:
            if mobile is not None and mobile.action is Action.ADD:
                answer = _needing(alternate, mobile)
            elif known.value(Method.MOBILE) is None or (
                mobile is not None and mobile.action is Action.REMOVE
            ):
                answer = known.left_alone(wanted[Method.ALTERNATE_MOBILE], Reason.NEEDS_MOBILE)
        elif verdict is mobile and mobile is not None and mobile.action is Action.REMOVE:
            # the alternate has to go first, or the mobile stays
            if alternate is not None and alternate.action is Action.REMOVE:
                answer = _needing(mobile, alternate)
            elif known.value(Method.ALTERNATE_MOBILE) is not None:
                detail = "the alternate mobile that is registered needs it"
                answer = known.left_alone(wanted[Method.MOBILE], Reason.NEEDS_MOBILE, detail)
        out.append(answer)
    return tuple(out)


def _needing(change: Change, first: Change) -> Change:
    return replace(change, needs=first.id)

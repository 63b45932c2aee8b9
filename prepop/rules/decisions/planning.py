"""From readings to decisions, in two pure steps with the live reads between them.

    consider   match, scope, wanted, shared and recent values   → who is looked at, what must be read live
    decide     difference                                       → changes, left alone, totals

Nothing is dropped: every person appears as a change or as left alone with a reason.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from prepop.model import (
    Account,
    AccountRef,
    Action,
    Change,
    Evidence,
    Families,
    Family,
    Ledger,
    LeftAlone,
    Method,
    Person,
    PersonRef,
    Present,
    TenantReading,
    Totals,
    Unusable,
    Usable,
    Verdict,
    Wanted,
)
from prepop.options import MappingRules, Scope, Screen, Trust
from prepop.reasons import Reason
from prepop.rules.decisions.cells import is_column
from prepop.rules.decisions.difference import Pair, account_ref, available, difference, may_follow, person_ref
from prepop.rules.decisions.mapping import wanted
from prepop.rules.decisions.matching import Match, match
from prepop.rules.decisions.refusals import Patience, tried_last
from prepop.rules.decisions.scope import Selection, left_out, refuse_unknown, select, without_person
from prepop.rules.decisions.sharing import ValueKey, shared, value_key
from prepop.rules.values import phones
from prepop.rules.values.distinguished_names import organisational_unit
from prepop.rules.values.keys import normal_key


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that planning looks at. `now`: UTC. `users`, `groups`: from the command line.

    beside: rows of extra files that are nobody's, whose values are somebody's all the same.
    """

    people: Sequence[Person]
    tenant: TenantReading
    rules: MappingRules
    scope: Scope
    trust: Trust
    screen: Screen
    ledger: Ledger
    now: datetime
    users: Sequence[str] = ()
    groups: Sequence[str] = ()
    beside: Sequence[Person] = ()


@dataclass(frozen=True, slots=True)
class Considered:
    """Who is looked at. `asked`: by account id, what must be read live before `decide`.

    without_person: the accounts in scope that belong to nobody who was read.
    """

    matches: tuple[Match, ...]
    selection: Selection
    pairs: tuple[Pair, ...]
    left_alone: tuple[LeftAlone, ...]
    asked: Mapping[str, Families]
    without_person: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided, in plan order.

    settled_regions: how many usable numbers no change touches, by region, for `guards`.
    """

    changes: tuple[Change, ...]
    left_alone: tuple[LeftAlone, ...]
    totals: Totals
    settled_regions: Mapping[str, int]


def consider(facts: Facts) -> Considered:
    """Match, apply the scope and work out the wanted values. Raises UsageError for an unknown user."""
    tenant = facts.tenant
    matches = match(facts.people, tenant.accounts, facts.scope.match)
    selection = select(facts.scope, facts.users, facts.groups, matches, tenant.accounts, tenant.members)
    refuse_unknown("scope.protected", facts.scope.protected, matches, tenant.accounts)
    # over everybody who was read, in scope or not: a number that strangers share is nobody's
    held_by_several = shared((*facts.people, *facts.beside), facts.rules, facts.trust.shared_value_max)
    pairs: list[Pair] = []
    left: list[LeftAlone] = []
    asked: dict[str, Families] = {}
    for found in matches:
        named = found.account is not None and found.account.id in selection.asked
        if named and found.account is not None and (families := _mapped(facts)):
            asked[found.account.id] = Families.of(families)
        why = left_out(found, facts.scope, selection, tenant.privileged)
        if why is not None or found.account is None:
            reason, detail = why or (Reason.NO_ACCOUNT, "")
            left.append(_left_alone(found, reason, detail))
            continue
        pair = _pair(facts, found.person, found.account, held_by_several)
        pairs.append(pair)
        if not named and (question := _asked(facts, pair)) is not None:
            asked[pair.account.id] = question
    phones.forget()
    nobodys = without_person(tenant.accounts, matches, facts.scope, selection, tenant.privileged)
    return Considered(matches, selection, tuple(pairs), tuple(left), asked, nobodys)


def _pair(facts: Facts, person: Person, account: Account, held_by_several: Mapping[ValueKey, int]) -> Pair:
    made = wanted(person, account, facts.rules, facts.trust, facts.tenant.facts.domains)
    return Pair(
        person,
        account,
        tuple(_trusted(facts, person, want, held_by_several) for want in made),
        account.department or organisational_unit(person.dn),
        tuple(
            (want.method, normal_key(want.method, want.result.value))
            for want in made
            if isinstance(want.result, Usable)
        ),
    )


def _trusted(facts: Facts, person: Person, want: Wanted, held_by_several: Mapping[ValueKey, int]) -> Wanted:
    """Hold back a value that several people have, or that changed too recently to be believed."""
    result = want.result
    if not isinstance(result, Usable):
        return want
    holders = held_by_several.get(value_key(want.method, result.value))
    if holders is not None:
        return _held(want, result, Reason.VALUE_SHARED, f"{holders} people have it")
    if days := facts.trust.cool_down_days:
        until = _known_since(facts, person, want.method, result) + timedelta(days=days)
        if until > facts.now:
            return _held(want, result, Reason.VALUE_RECENT, f"waits until {until:%Y-%m-%d %H:%M} UTC")
    return want


def _known_since(facts: Facts, person: Person, method: Method, value: Usable) -> datetime:
    """Since when the directory is known to hold this value; now where nothing is known.

    `whenChanged` is of the whole entry: when it is old, so is the value. When it is recent the value
    may still be old, which only an earlier run can have seen. Of a value of an extra file it says nothing.
    """
    seen = facts.ledger.first_seen(person.identity, method, normal_key(method, value.value))
    changed = None if is_column(value.attribute) else person.when_changed
    if seen is not None and changed is not None:
        return min(seen, changed)
    return seen or changed or facts.now


def _held(want: Wanted, result: Usable, reason: Reason, detail: str) -> Wanted:
    held = Unusable(reason, detail, result.attribute, result.raw, result.notes)
    return replace(want, result=held)


def _mapped(facts: Facts) -> set[Family]:
    """The families of all mapped methods that this cloud has."""
    return {rule.method.family for rule in facts.rules.rules if available(rule.method, facts.tenant.facts)}


def _asked(facts: Facts, pair: Pair) -> Families | None:
    rules = {rule.method: rule for rule in facts.rules.rules}
    registrations = facts.tenant.registrations
    registration = registrations.get(pair.account.id) if registrations is not None else None
    families = {
        want.method.family
        for want in pair.wanted
        if available(want.method, facts.tenant.facts)
        and may_follow(
            want,
            rules[want.method],
            facts.screen,
            registration,
            facts.ledger.written.get((pair.account.id, want.method)),
        )
    }
    return Families.of(families) if families else None


def decide(
    facts: Facts,
    considered: Considered,
    present: Mapping[str, Present | None],
    limit: int | None = None,
    *,
    unreadable: Mapping[str, str] = MappingProxyType({}),
) -> Decided:
    """Decide every method of everybody considered. `present`: the answers to `considered.asked`.

    An account all of whose methods are registered already is counted and not listed, unless people were
    named. limit: take only the first so many changes in plan order. unreadable: the accounts that `present`
    lacks, each with why.
    """
    rules = {rule.method: rule for rule in facts.rules.rules}
    patience = Patience(facts.ledger, facts.now, facts.trust.refused_days)
    changes: list[Change] = []
    left = list(considered.left_alone)
    settled: Counter[str] = Counter()
    gone = unlisted = 0
    for pair in considered.pairs:
        if (why := unreadable.get(pair.account.id)) is not None:
            left.append(_left_alone(Match(pair.person, pair.account), Reason.ACCOUNT_UNREADABLE, why))
            continue
        if pair.account.id in considered.asked and present[pair.account.id] is None:
            gone += 1
            detail = "the account was deleted while the tenant was read"
            left.append(_left_alone(Match(pair.person, pair.account), Reason.NO_ACCOUNT, detail))
            continue
        present_now = present.get(pair.account.id)
        made = difference(pair, rules, present_now, facts.ledger, facts.tenant.facts, patience)
        settled.update(_settled(made))
        if not facts.users and all(
            isinstance(verdict, LeftAlone) and verdict.reason is Reason.ALREADY_REGISTERED for verdict in made
        ):
            unlisted += len(made)  # nothing to do and nothing to say of this account
            continue
        changes += [verdict for verdict in made if isinstance(verdict, Change)]
        left += [verdict for verdict in made if isinstance(verdict, LeftAlone)]
    # what Graph refused before comes last, or it would take the place of others under a limit, every night
    last = tried_last(changes, facts.ledger)
    changes.sort(key=lambda change: (change.id in last, *_plan_order(change)))
    beyond = len(changes) - limit if limit is not None and len(changes) > limit else 0
    changes = changes[: len(changes) - beyond]
    left.sort(key=_left_order)
    totals = _totals(facts, considered, changes, left, gone, beyond, unlisted)
    return Decided(tuple(changes), tuple(left), totals, settled)


def _settled(made: Iterable[Verdict]) -> Iterator[str]:
    """The regions of usable numbers that no change touches."""
    for verdict in made:
        if isinstance(verdict, LeftAlone) and verdict.evidence.normal and verdict.evidence.region:
            yield verdict.evidence.region


def _plan_order(change: Change) -> tuple[str, str, bool, int]:
    # a change that needs another comes after it, so that a limit never cuts between the two
    return (
        change.account.upn.casefold(),
        change.account.id,
        change.needs is not None,
        _POSITION[change.method],
    )


def _left_order(left: LeftAlone) -> tuple[str, str, str, str, int, str, str, str]:
    # down to what the file shows: two forests may hold the same DN
    person = left.person or PersonRef("", "")
    account = left.account or AccountRef("", "", "")
    position = _POSITION[left.method] if left.method else -1
    shown = (left.reason, left.detail, left.evidence.department)
    return (account.upn.casefold(), account.id, person.dn, person.anchor, position, *shown)


_POSITION = {method: position for position, method in enumerate(Method)}


def _left_alone(found: Match, reason: Reason, detail: str) -> LeftAlone:
    account = found.account
    department = (account.department if account else "") or organisational_unit(found.person.dn)
    return LeftAlone(
        method=None,
        account=account_ref(account) if account else None,
        person=person_ref(found.person),
        reason=reason,
        detail=detail,
        evidence=Evidence(department=department),
    )


def _count(left: Sequence[LeftAlone], test: Callable[[LeftAlone], bool]) -> int:
    return sum(1 for alone in left if test(alone))


def _totals(
    facts: Facts,
    considered: Considered,
    changes: Sequence[Change],
    left: Sequence[LeftAlone],
    gone: int,
    beyond: int,
    unlisted: int,
) -> Totals:
    unmatched = sum(1 for found in considered.matches if found.account is None)
    shown_unmatched = (
        _count(left, lambda alone: alone.reason in (Reason.NO_ACCOUNT, Reason.MATCH_AMBIGUOUS)) - gone
    )
    by_action = {action: sum(1 for c in changes if c.action is action) for action in Action}
    matched_ids = {found.account.id for found in considered.matches if found.account}
    return Totals(
        people=len(facts.people),
        accounts=len(facts.tenant.accounts),
        in_scope=len(considered.pairs) + shown_unmatched,
        matched=len(considered.pairs),
        unmatched=unmatched,
        with_usable_value=sum(
            1 for pair in considered.pairs if any(isinstance(w.result, Usable) for w in pair.wanted)
        ),
        accounts_without_person=len(facts.tenant.accounts) - len(matched_ids),
        accounts_changed=len({change.account.id for change in changes}),
        accounts_read_live=len(considered.asked),
        changes=len(changes),
        additions=by_action[Action.ADD],
        replacements=by_action[Action.REPLACE],
        removals=by_action[Action.REMOVE],
        changes_beyond_limit=beyond,
        already_registered=unlisted + _count(left, lambda alone: alone.reason is Reason.ALREADY_REGISTERED),
        left_alone=len(left) + unlisted,
        requests=requests_needed(changes),
    )


def requests_needed(changes: Sequence[Change]) -> int:
    """HTTP requests that applying takes at best: reads before the write and the writes, 20 in a batch."""
    reads = {(change.account.id, change.method.family) for change in changes}
    return -(-len(reads) // 20) + -(-len(changes) // 20)

"""Which account belongs to which person. Ambiguous means left alone.

A person's account is looked for by every way that `scope.match` names. The first way that finds one
decides; a later way that finds *another* account is a contradiction, and so are two people who claim
one account, or two people with one anchor. A contradiction is never resolved by guessing:

    anchor finds A, sid finds nothing or A     A
    anchor finds A, sid finds B                match-ambiguous
    anchor finds nothing, sid finds A          A (the tenant's anchor is objectGUID, the person has both)
    upn finds A, A bears another anchor        match-ambiguous (re-created account, or a person
                                               renamed to another's name)
    two people find A, by whatever way         match-ambiguous, both; but a mere name does not count
                                               against the person whose anchor the account bears

Anchors and onPremisesImmutableId: graph-api.md section 4, join key.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prepop.model import Account, Person
from prepop.options import MatchBy
from prepop.reasons import Reason


@dataclass(frozen=True, slots=True)
class Match:
    """One person with the account that is theirs, or with the reason why none is taken to be."""

    person: Person
    account: Account | None
    reason: Reason | None = None
    detail: str = ""


def match(people: Sequence[Person], accounts: Sequence[Account], by: Sequence[MatchBy]) -> tuple[Match, ...]:
    """Find each person's account; the answer has one Match a person, in the order of `people`."""
    indexes = {way: _index(accounts, way) for way in by}
    anchors = Counter(person.anchor for person in people if person.anchor)
    first = [_find(person, indexes, anchors) for person in people]
    claims = Counter(id_ for found in first for id_ in _claimed(found, indexes))
    return tuple(
        _ambiguous(found.person, f"{claims[found.account.id]} people find the same account")
        if found.account and claims[found.account.id] > 1
        else found
        for found in first
    )


def _index(accounts: Iterable[Account], way: MatchBy) -> Mapping[str, list[Account]]:
    index: defaultdict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        if key := _account_key(account, way):
            index[key].append(account)
    return index


def _account_key(account: Account, way: MatchBy) -> str:
    match way:
        case MatchBy.ANCHOR:
            return account.immutable_id
        case MatchBy.SID:
            return account.sid
        case MatchBy.UPN:
            return account.upn.casefold()


def _person_key(person: Person, way: MatchBy) -> str:
    match way:
        case MatchBy.ANCHOR:
            return person.anchor
        case MatchBy.SID:
            return person.sid
        case MatchBy.UPN:
            return person.upn.casefold()


def _find(
    person: Person, indexes: Mapping[MatchBy, Mapping[str, list[Account]]], anchors: Counter[str]
) -> Match:
    if anchors[person.anchor] > 1:
        return _ambiguous(person, f"{anchors[person.anchor]} people have the same anchor")
    chosen: Account | None = None
    chosen_by: MatchBy | None = None
    for way, index in indexes.items():
        key = _person_key(person, way)
        hits = index.get(key, []) if key else []
        if len(hits) > 1:
            return _ambiguous(person, f"{len(hits)} accounts have the person's {way}")
        if not hits:
            continue
        if chosen is None:
            chosen, chosen_by = hits[0], way
        elif hits[0].id != chosen.id:
            return _ambiguous(person, f"{chosen_by} finds one account and {way} another")
    if chosen is None:
        return Match(
            person, None, Reason.NO_ACCOUNT, "" if person.anchor else "the person has no readable anchor"
        )
    if chosen_by is MatchBy.UPN and chosen.immutable_id and chosen.immutable_id != person.anchor:
        return _ambiguous(person, "the account with this name bears another anchor")
    return Match(person, chosen)


def _claimed(found: Match, indexes: Mapping[MatchBy, Mapping[str, list[Account]]]) -> set[str]:
    """The accounts that may be this person's, also where a contradiction kept the person from one."""
    ids = {found.account.id} if found.account else set()
    for way, index in indexes.items():
        if way is not MatchBy.UPN:
            ids |= {account.id for account in index.get(_person_key(found.person, way), ())}
    return ids


def _ambiguous(person: Person, detail: str) -> Match:
    return Match(person, None, Reason.MATCH_AMBIGUOUS, detail)

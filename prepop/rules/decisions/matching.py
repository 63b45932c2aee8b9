"""Which account belongs to which person. Ambiguous means left alone.

A person's account is looked for by every way that `scope.match` names. The first way that finds one
decides; a later way that finds *another* account is a contradiction, and so are two people who claim
one account, or two people with one anchor. A contradiction is never resolved by guessing:

    anchor finds A, sid finds nothing or A     A
    anchor finds A, sid finds B                match-ambiguous
    anchor finds A, A bears another sid        match-ambiguous (mS-DS-ConsistencyGuid can be written: with
                                               somebody else's in it a person would get that account)
    anchor finds nothing, sid finds A          A (the tenant's anchor is objectGUID, the person has both)
    sid finds A, A bears another GUID          match-ambiguous (a copy of a domain hands the same SIDs out)
    upn finds A, A bears another anchor, sid   match-ambiguous (re-created account, or a person
                                               renamed to another's name)
    two people find A, by whatever way         match-ambiguous, both; but a mere name does not count
                                               against the person whose anchor the account bears

Anchors and onPremisesImmutableId: GRAPH section 4, join key.
"""

import uuid
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
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
    if chosen_by is not None and (why := _another(person, chosen, chosen_by, indexes)):
        return _ambiguous(person, why)
    return Match(person, chosen)


def _another(person: Person, account: Account, found_by: MatchBy, by: Collection[MatchBy]) -> str:
    """What the account bears that says it is somebody else's; "" where nothing does.

    A key that `scope.match` leaves out is not held against an account that a better key than the name found.
    """
    other_sid = bool(account.sid and person.sid and account.sid != person.sid)
    match found_by:
        case MatchBy.ANCHOR if MatchBy.SID in by and other_sid:
            return "the account with this anchor bears another security identifier"
        case MatchBy.SID if MatchBy.ANCHOR in by and _is_guid(account.immutable_id):
            if account.immutable_id not in (person.anchor, anchor_of(person.guid)):
                return "the account with this security identifier bears another anchor"
        case MatchBy.UPN if account.immutable_id and account.immutable_id != person.anchor:
            return "the account with this name bears another anchor"
        case MatchBy.UPN if other_sid:
            return "the account with this name bears another security identifier"
        case _:
            pass
    return ""


def _is_guid(immutable_id: str) -> bool:
    """True for base64 of 16 bytes. A tenant may use another attribute as its anchor, which tells nothing."""
    try:
        return len(b64decode(immutable_id, validate=True)) == 16
    except (Base64Error, ValueError):
        return False


def anchor_of(guid: str) -> str:
    """objectGUID as onPremisesImmutableId has it; "" where it is not known."""
    return b64encode(uuid.UUID(guid).bytes_le).decode("ascii") if guid else ""


def _claimed(found: Match, indexes: Mapping[MatchBy, Mapping[str, list[Account]]]) -> set[str]:
    """The accounts that may be this person's, also where a contradiction kept the person from one."""
    ids = {found.account.id} if found.account else set()
    for way, index in indexes.items():
        if way is not MatchBy.UPN:
            ids |= {account.id for account in index.get(_person_key(found.person, way), ())}
    return ids


def _ambiguous(person: Person, detail: str) -> Match:
    return Match(person, None, Reason.MATCH_AMBIGUOUS, detail)

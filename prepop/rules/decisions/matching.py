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
    two people find A by anchor or sid         match-ambiguous, both
    upn finds A, somebody's anchor or sid too  match-ambiguous; who has the better key keeps A
    upn finds A, two people bear that name     match-ambiguous, whatever else the other one finds
    upn finds A, a list has nothing but names  A, unless A bears another sid than the list says

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
from prepop.rules.values.names import ascii_case


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
    names = Counter(ascii_case(person.upn) for person in people if person.upn)
    first = [_find(person, indexes, anchors) for person in people]
    claims = Counter(id_ for found in first for id_ in found.claims)
    return tuple(_undisputed(found, names, claims) for found in first)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one person's keys find, before anybody else is looked at.

    by_name: nothing better than the name found the account. claims: the accounts that anchor or SID say are
    this person's, also where a contradiction kept the person from one.
    """

    match: Match
    by_name: bool = False
    claims: frozenset[str] = frozenset()


def _undisputed(found: _Found, names: Counter[str], claims: Counter[str]) -> Match:
    """The match, unless somebody else has as good a claim."""
    person, account = found.match.person, found.match.account
    if account is None:
        return found.match
    if found.by_name and (bearers := names[ascii_case(person.upn)]) > 1:
        return _ambiguous(person, f"{bearers} people have the same name")
    if found.by_name and claims[account.id]:  # only a row of a list: a person's own keys would contradict
        return _ambiguous(person, "the account with this name is somebody else's by anchor or SID")
    if claims[account.id] > 1:
        return _ambiguous(person, f"{claims[account.id]} people find the same account")
    return found.match


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
            return ascii_case(account.upn)


def _person_key(person: Person, way: MatchBy) -> str:
    match way:
        case MatchBy.ANCHOR:
            return person.anchor
        case MatchBy.SID:
            return person.sid
        case MatchBy.UPN:
            return ascii_case(person.upn)


def _find(
    person: Person, indexes: Mapping[MatchBy, Mapping[str, list[Account]]], anchors: Counter[str]
) -> _Found:
    found = ((way, index.get(_person_key(person, way))) for way, index in indexes.items())
    hits = {way: accounts for way, accounts in found if accounts}  # no index has an empty key
    better = [way for way in hits if way is not MatchBy.UPN]
    claims = frozenset(account.id for way in better for account in hits[way])

    def ambiguous(why: str) -> _Found:
        return _Found(_ambiguous(person, why), claims=claims)

    if anchors[person.anchor] > 1:
        return ambiguous(f"{anchors[person.anchor]} people have the same anchor")
    if not hits:
        return _Found(Match(person, None, Reason.NO_ACCOUNT, _why_none(person)))
    found_by, *_ = better or hits
    for way, accounts in hits.items():
        if len(accounts) > 1:
            return ambiguous(f"{len(accounts)} accounts have the person's {way}")
    for way, accounts in hits.items():  # each has one account by now, so that their order says nothing
        if accounts[0].id != hits[found_by][0].id:
            return ambiguous(f"{found_by} finds one account and {way} another")
    account = hits[found_by][0]
    if why := _another(person, account, found_by, indexes):
        return ambiguous(why)
    return _Found(Match(person, account), not better, claims)


def _why_none(person: Person) -> str:
    if not person.named_only:
        return "" if person.anchor else "the person has no readable anchor"
    return "no account has this user principal name" if person.upn else "there is no user principal name"


def _another(person: Person, account: Account, found_by: MatchBy, by: Collection[MatchBy]) -> str:
    """What the account bears that says it is somebody else's; "" where nothing does.

    A key that `scope.match` leaves out is not held against an account that a better key than the name found.
    """
    other_sid = bool(account.sid and person.sid and account.sid != person.sid)
    # a list of names has no anchor that could contradict; a SID that it does have can
    other_anchor = account.immutable_id != person.anchor and not person.named_only
    match found_by:
        case MatchBy.ANCHOR if MatchBy.SID in by and other_sid:
            return "the account with this anchor bears another security identifier"
        case MatchBy.SID if MatchBy.ANCHOR in by and _is_guid(account.immutable_id):
            if other_anchor and account.immutable_id != anchor_of(person.guid):
                return "the account with this security identifier bears another anchor"
        case MatchBy.UPN if account.immutable_id and other_anchor:
            return "the account with this name bears another anchor"
        case MatchBy.UPN if other_sid or (account.sid and not person.sid and not person.named_only):
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


def _ambiguous(person: Person, detail: str) -> Match:
    return Match(person, None, Reason.MATCH_AMBIGUOUS, detail)

"""Who the people are, which accounts belong to them, and what the mapping makes of their values."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from prepop.model import Account, Family, Method, Person, Privileged, Unusable, Usable, Wanted
from prepop.options import MappingRules, Scope, Trust
from prepop.reasons import Reason
from prepop.rules.decisions.mapping import region_of, wanted
from prepop.rules.decisions.matching import Match, anchor_of, match
from prepop.rules.decisions.scope import left_out, select
from prepop.rules.decisions.sharing import shared


@dataclass(frozen=True, slots=True)
class Values:
    """One attribute of the mapping for one method, over all people.

    have: people who have a value there; usable: people of whom it gives one. formats: how values are
    written; refused: why values are not usable, by reason.
    """

    method: Method
    attribute: str
    have: int
    usable: int
    formats: Mapping[str, int]
    refused: Mapping[Reason, int]


@dataclass(frozen=True, slots=True)
class Population:
    """matches: everybody who was read. in_scope: accounts that a plan would look at.

    by_consistency, by_guid, by_sid: people whose account bears that anchor or SID; own_consistency: people
    who have a mS-DS-ConsistencyGuid of their own. able: people with at least one usable value. shared:
    values that more people than trust allows have, sharing: those people. regions: usable numbers by
    country. countries_listed: trust.countries is set. strange: texts that state a country and are not
    understood, with how many people have them.
    """

    people: int
    enabled: int
    admins: int
    matched: int
    in_scope: tuple[Account, ...]
    by_consistency: int
    by_guid: int
    by_sid: int
    own_consistency: int
    unsynced: int
    left: Mapping[Reason, int]
    values: tuple[Values, ...]
    able: int
    shared: int = 0
    sharing: int = 0
    regions: Mapping[str, int] = field(default_factory=dict)
    countries_listed: bool = False
    strange: Mapping[str, int] = field(default_factory=dict)


def population(
    people: Sequence[Person],
    accounts: Sequence[Account],
    mapping: MappingRules,
    scope: Scope,
    trust: Trust,
    domains: frozenset[str],
    privileged: Privileged,
    members: Mapping[str, frozenset[str]],
    beside: Sequence[Person] = (),
) -> Population:
    """Count everything once. Raises UsageError where the scope names somebody who is not there.

    beside: rows of extra files that are nobody's.
    """
    matches = match(people, accounts, scope.match)
    selection = select(scope, (), (), matches, accounts, members)
    left: Counter[Reason] = Counter()
    chosen: dict[str, Account] = {}
    for found in matches:
        why = left_out(found, scope, selection, privileged)
        if why is not None:
            left[why[0]] += 1
        elif found.account is not None:
            chosen[found.account.id] = found.account
    held_by_several = shared((*people, *beside), mapping, trust.shared_value_max)
    made = [wanted(found.person, found.account, mapping, trust, domains) for found in matches]
    homes = [region_of(found.person, mapping.region) for found in matches]
    return Population(
        people=len(people),
        enabled=sum(not person.disabled for person in people),
        admins=sum(person.admin_count for person in people),
        matched=sum(found.account is not None for found in matches),
        in_scope=tuple(chosen.values()),
        **_anchors(matches, accounts),
        unsynced=sum(
            found.account is not None and bool(found.account.immutable_id) and not found.account.synced
            for found in matches
        ),
        left=left,
        values=tuple(_values(mapping, made)),
        able=sum(any(isinstance(value.result, Usable) for value in whole) for whole in made),
        shared=len(held_by_several),
        sharing=sum(held_by_several.values()),
        regions=Counter(
            value.result.region
            for whole in made
            for value in whole
            if isinstance(value.result, Usable) and value.result.region
        ),
        countries_listed=bool(trust.countries),
        strange=Counter(where for region, where in homes if region is None and where),
    )


def _anchors(matches: Sequence[Match], accounts: Sequence[Account]) -> dict[str, int]:
    """By which attribute people and accounts belong together. `guid` and `anchor` differ where a person has a
    mS-DS-ConsistencyGuid of their own."""
    anchors = {account.immutable_id for account in accounts if account.immutable_id}
    sids = {account.sid for account in accounts if account.sid}
    guids = [(found.person, anchor_of(found.person.guid)) for found in matches]
    return {
        "by_consistency": sum(p.anchor != g and p.anchor in anchors for p, g in guids),
        "by_guid": sum(g in anchors for _, g in guids if g),
        "by_sid": sum(p.sid in sids for p, _ in guids if p.sid),
        "own_consistency": sum(bool(g) and p.anchor != g for p, g in guids),
    }


def _values(mapping: MappingRules, made: Collection[Sequence[Wanted]]) -> list[Values]:
    found = []
    for rule in mapping.rules:
        own = [value for whole in made for value in whole if value.method is rule.method]
        for attribute in rule.attributes:
            formats: Counter[str] = Counter()
            refused: Counter[Reason] = Counter()
            have = usable = 0
            for value in own:
                here = [c for c in value.candidates if c.attribute.lower() == attribute.lower()]
                have += bool(here)
                usable += any(isinstance(c, Usable) for c in here)
                for candidate in here:
                    formats[form(candidate.raw, rule.method.family)] += 1
                    if isinstance(candidate, Unusable):
                        refused[candidate.reason] += 1
            found.append(Values(rule.method, attribute, have, usable, formats, refused))
    return found


_EXTENSION = re.compile(r"(?:x|ext|dw|durchwahl|;)\D{0,3}\d{1,6}\s*$", re.IGNORECASE)


def form(raw: str, family: Family) -> str:
    """How a value is written, in a few words; never the value.

    >>> form("+44 7911 123456", Family.PHONE)
    'with + and country code'
    """
    text = raw.strip()
    match family:
        case Family.PHONE:
            return _phone_form(text)
        case Family.EMAIL:
            return "an address" if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) else "no address"
        case _:
            assert_never(family)


def _phone_form(text: str) -> str:
    digits = sum(character.isdigit() for character in text)
    if not digits:
        return "no digits"
    if _EXTENSION.search(text):
        return "with an extension"
    if text.startswith(("+", "＋", "tel:+")):
        return "with + and country code"
    if text.startswith("00"):
        return "with 00 and country code"
    return "short, as an extension" if digits < 6 else "without country code"

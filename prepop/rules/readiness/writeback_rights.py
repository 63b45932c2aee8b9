"""May the synchronisation's account write passwords back to each of the people, and if not, why not.

Each person's own descriptor is asked, because only that decides: what stands on an OU is worth nothing to
somebody whose entry inherits nothing. The containers' descriptors only say why.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from prepop.rules.readiness.facts import Connector, DirectoryFacts, PeopleDacl
from prepop.rules.readiness.security_descriptor import ON_PEOPLE, Descriptor, Malformed, held, parse
from prepop.rules.readiness.words import Unread
from prepop.rules.values.distinguished_names import above


@dataclass(frozen=True, slots=True)
class Lack:
    """People of one container to whom some rights are missing. admins: of them with adminCount."""

    container: str
    people: int
    admins: int
    rights: tuple[str, ...]
    why: str
    example: str


def lacks(directory: DirectoryFacts, connector: Connector) -> tuple[Lack, ...]:
    """Where rights are missing, by container."""
    if isinstance(directory.dacls, Unread):
        return ()
    return tuple(
        found for dacl in directory.dacls if (found := _lack(directory, connector, dacl)) is not None
    )


def best(directory: DirectoryFacts, connectors: tuple[Connector, ...]) -> Connector:
    """The connector account with the fewest rights missing: old ones are left behind by every
    installation.
    """
    return min(
        connectors,
        key=lambda connector: (sum(lack.people for lack in lacks(directory, connector)), connector.name),
    )


def _lack(directory: DirectoryFacts, connector: Connector, dacl: PeopleDacl) -> Lack | None:
    try:
        own = parse(dacl.descriptor)
    except Malformed:
        return Lack(
            dacl.container, dacl.people, dacl.admins, (), "the descriptor cannot be read", dacl.example
        )
    grants = {right.name: held(own, connector.sids, right) for right in ON_PEOPLE}
    missing = tuple(name for name, grant in grants.items() if not grant.allowed)
    if not missing:
        return None
    if any(grants[name].denied for name in missing):
        why = "an entry denies it"
    elif own.protected and dacl.admins:
        why = "adminSDHolder: inheritance is off on accounts with adminCount"
    elif own.protected:
        why = "inheritance is off on the people's own entries"
    elif off := next(
        (dn for dn in (dacl.container, *above(dacl.container)) if _protected(directory.containers, dn)), ""
    ):
        why = f"inheritance is off on {off}"
    else:
        why = "nothing grants it"
    return Lack(dacl.container, dacl.people, dacl.admins, missing, why, dacl.example)


def _protected(containers: Mapping[str, bytes], dn: str) -> bool:
    raw = containers.get(dn)
    if raw is None:
        return False
    try:
        found: Descriptor = parse(raw)
    except Malformed:
        return False
    return found.protected

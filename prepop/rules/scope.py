"""Who may be changed at all: selection by group and user, and the accounts that are never touched.

The first reason that applies is the one that is reported, so the order says what matters most to the
reader: protected names and privilege come before what is merely switched off.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from prepop.errors import UsageError
from prepop.model import Account, Person, Privileged
from prepop.options import Scope
from prepop.reasons import Reason
from prepop.rules.matching import Match


@dataclass(frozen=True, slots=True)
class Selection:
    """The account ids that scope and command line name.

    chosen: None for everybody. guids: of chosen people, so that one without an account is still shown.
    """

    chosen: frozenset[str] | None
    guids: frozenset[str]
    excluded: frozenset[str]
    protected: frozenset[str]

    def has(self, found: Match) -> bool:
        """True where this person, or the person's account, is chosen."""
        if self.chosen is None or found.person.guid in self.guids:
            return True
        return found.account is not None and found.account.id in self.chosen


def select(
    scope: Scope,
    users: Sequence[str],
    groups: Sequence[str],
    matches: Sequence[Match],
    accounts: Sequence[Account],
    members: Mapping[str, frozenset[str]],
) -> Selection:
    """Turn the names in scope and on the command line into ids.

    `users` and `groups` come from the command line and narrow what the scope allows. `members` has
    every group that is named anywhere. Raises UsageError for a user that is not found or not unique.
    """
    missing: list[str] = []

    def named(entries: Sequence[str], names: Sequence[str]) -> tuple[frozenset[str], frozenset[str]] | None:
        if not entries and not names:
            return None
        ids: set[str] = set().union(*(members[name] for name in names))
        guids: set[str] = set()
        for entry in entries:
            hit_ids, hit_guids = find(entry, matches, accounts)
            if not hit_ids and not hit_guids:
                missing.append(entry)
            ids |= hit_ids
            guids |= hit_guids
        return frozenset(ids), frozenset(guids)

    configured = named(scope.users, scope.groups)
    asked = named(users, groups)
    if missing:
        names = ", ".join(f'"{entry}"' for entry in missing)
        raise UsageError(
            f"choosing users: {names} not found in the directory or the tenant",
            hint="give a user principal name, object id, sAMAccountName, DN or anchor as it stands there",
        )
    parts = [part for part in (configured, asked) if part is not None]
    ids = frozenset.intersection(*(part[0] for part in parts)) if parts else None
    guids = frozenset.intersection(*(part[1] for part in parts)) if parts else frozenset[str]()
    return Selection(
        chosen=ids,
        guids=guids,
        excluded=frozenset().union(*(members[name] for name in scope.exclude_groups)),
        protected=frozenset().union(*(find(entry, matches, accounts)[0] for entry in scope.protected)),
    )


def find(entry: str, matches: Sequence[Match], accounts: Sequence[Account]) -> tuple[set[str], set[str]]:
    """Account ids and person GUIDs that a USER names: UPN, object id, sAMAccountName, DN or anchor.

    Raises UsageError where it names more than one person: a short name may exist in two forests.
    """
    wanted = entry.strip().casefold()
    ids = {a.id for a in accounts if wanted in (a.id.casefold(), a.upn.casefold())}
    ids |= {a.id for a in accounts if entry.strip() == a.immutable_id}
    people = [found for found in matches if _names(found.person, entry.strip(), wanted)]
    if len(people) > 1:
        raise UsageError(
            f'choosing users: "{entry}" names {len(people)} people',
            hint="name the person by user principal name, DN or anchor",
        )
    ids |= {found.account.id for found in people if found.account}
    owners = {found.person.guid for found in matches if found.account and found.account.id in ids}
    return ids, {found.person.guid for found in people} | owners


def _names(person: Person, entry: str, folded: str) -> bool:
    if entry == person.anchor:
        return True
    return bool(folded) and folded in (
        person.upn.casefold(),
        person.sam.casefold(),
        person.dn.casefold(),
        person.guid.casefold(),
    )


def left_out(
    found: Match, scope: Scope, selection: Selection, privileged: Privileged
) -> tuple[Reason, str] | None:
    """Why this person's account is left alone as a whole, or None where it may be changed."""
    person, account = found.person, found.account
    if not selection.has(found):
        return Reason.OUT_OF_SCOPE, ""
    if account is None:
        return found.reason or Reason.NO_ACCOUNT, found.detail
    if account.id in selection.protected:
        return Reason.PROTECTED, ""
    if account.id in selection.excluded:
        return Reason.EXCLUDED, ""
    if not scope.privileged:
        if account.id in privileged.why:
            return Reason.PRIVILEGED_ROLE, privileged.why[account.id]
        if person.admin_count:
            return Reason.PRIVILEGED_DIRECTORY, "adminCount is set"
    if account.guest and not scope.guests:
        return Reason.GUEST, ""
    if not scope.disabled:
        if person.disabled:
            return Reason.PERSON_DISABLED, ""
        if not account.enabled:
            return Reason.ACCOUNT_DISABLED, ""
    return None


def unknown_names(
    entries: Collection[str], matches: Sequence[Match], accounts: Sequence[Account]
) -> tuple[str, ...]:
    """Entries that name nobody; for `scope.protected`, where a wrong spelling would protect nobody."""
    return tuple(entry for entry in entries if not find(entry, matches, accounts)[0])

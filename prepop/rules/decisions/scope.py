"""Who may be changed at all: selection by group and user, and the accounts that are never touched.

The first reason that applies is the one that is reported, so the order says what matters most to the
reader: protected names and privilege come before what is merely switched off.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prepop.errors import UsageError
from prepop.model import Account, Change, Person, Privileged
from prepop.options import Scope
from prepop.reasons import Reason
from prepop.rules.decisions.matching import Match
from prepop.rules.values.names import near, other_case

Who = tuple[str, str, str]
"""Directory, DN and identity: an export may lack either of the last two."""


@dataclass(frozen=True, slots=True)
class Named:
    """What one USER names: accounts by id, and people, those included whose account it is."""

    accounts: frozenset[str] = frozenset()
    people: frozenset[Who] = frozenset()


@dataclass(frozen=True, slots=True)
class Selection:
    """The account ids that scope and command line name.

    chosen: None for everybody. people: chosen by name, so that one without an account is still shown.
    asked: named on the command line: they are read live, whatever the report says.
    """

    chosen: frozenset[str] | None
    people: frozenset[Who]
    excluded: frozenset[str]
    protected: frozenset[str]
    asked: frozenset[str] = frozenset()

    def has(self, found: Match) -> bool:
        """True where this person, or the person's account, is chosen."""
        if self.chosen is None or (self.people and who(found.person) in self.people):
            return True
        return found.account is not None and found.account.id in self.chosen


def who(person: Person) -> Who:
    """What tells this person from every other one."""
    return person.directory, person.dn, person.identity


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
    every group that is named anywhere. Raises UsageError for users that are not found or not unique.
    """
    found = find_all((*scope.users, *users, *scope.protected), matches, accounts)
    _refuse_unclear("choosing users", (*scope.users, *users), found, matches, accounts)

    def named(entries: Sequence[str], names: Sequence[str]) -> Named | None:
        if not entries and not names:
            return None
        hits = [found[entry] for entry in entries]
        return Named(
            frozenset().union(*(members[name] for name in names), *(hit.accounts for hit in hits)),
            frozenset().union(*(hit.people for hit in hits)),
        )

    parts = [part for part in (named(scope.users, scope.groups), named(users, groups)) if part is not None]
    return Selection(
        chosen=frozenset.intersection(*(part.accounts for part in parts)) if parts else None,
        people=frozenset.intersection(*(part.people for part in parts)) if parts else frozenset(),
        excluded=frozenset().union(*(members[name] for name in scope.exclude_groups)),
        # a name that fits several protects them all
        protected=frozenset().union(*(found[entry].accounts for entry in scope.protected)),
        asked=frozenset().union(*(found[entry].accounts for entry in users)),
    )


def find(entry: str, matches: Sequence[Match], accounts: Sequence[Account]) -> Named:
    """What a USER names. Raises UsageError where it is nobody, or more than one person."""
    found = find_all((entry,), matches, accounts)
    _refuse_unclear("looking for", (entry,), found, matches, accounts)
    return found[entry]


def refuse_unknown(
    where: str, entries: Sequence[str], matches: Sequence[Match], accounts: Sequence[Account]
) -> None:
    """For `scope.protected`: a name that fits nobody would protect nobody. Raises UsageError."""
    if missing := unknown_names(entries, matches, accounts):
        raise _not_found(where, missing, matches, accounts)


def _refuse_unclear(
    where: str,
    entries: Sequence[str],
    found: Mapping[str, Named],
    matches: Sequence[Match],
    accounts: Sequence[Account],
) -> None:
    entries = tuple(dict.fromkeys(entries))
    if missing := [entry for entry in entries if found[entry] == Named()]:
        raise _not_found(where, missing, matches, accounts)
    # a short name may exist in two forests
    if several := [entry for entry in entries if len(found[entry].people) > 1]:
        raise UsageError(
            f"{where}: "
            + ", ".join(f'"{entry}" names {len(found[entry].people)} people' for entry in several),
            hint="name the person by DN or anchor",
            plain=tuple(several),
        )


def _not_found(
    where: str, missing: Sequence[str], matches: Sequence[Match], accounts: Sequence[Account]
) -> UsageError:
    meant = {entry: _near(entry, matches, accounts) for entry in missing}
    names = ", ".join(
        f'"{entry}"' + (f' (did you mean "{likely}"?)' if likely else "") for entry, likely in meant.items()
    )
    return UsageError(
        f"{where}: {names} not found in the directory or the tenant",
        hint="give a user principal name, object id, sAMAccountName, DN or anchor as it stands there",
        plain=(*meant, *meant.values()),
    )


ALIKE = 0.85
"""Names of accounts share their domain, and DNs their base: less likeness would find a stranger."""


def _near(entry: str, matches: Sequence[Match], accounts: Sequence[Account]) -> str:
    """The name of the same kind that is likely meant, or ""."""
    people = [found.person for found in matches]
    names: Iterable[str]
    if "@" in entry:
        names = (*(account.upn for account in accounts), *(account.upn for account in people))
    elif "=" in entry:
        names = (person.dn for person in people)
    else:
        names = (person.sam for person in people)
    return near(entry, names, likeness=ALIKE)


def find_all(
    entries: Collection[str], matches: Sequence[Match], accounts: Sequence[Account]
) -> Mapping[str, Named]:
    """What each USER names: UPN, object id, sAMAccountName, DN or anchor; nothing for a blank one.

    One pass over accounts and people, however many entries there are.
    """
    keys = {entry: _keys(entry) for entry in entries}
    asked = frozenset().union(*keys.values())
    if not asked:
        return {entry: Named() for entry in entries}
    ids: dict[str, set[str]] = {key: set() for key in asked}
    people: dict[str, set[Who]] = {key: set() for key in asked}
    named: dict[str, set[str]] = {}  # account id -> the keys that name it
    for account in accounts:
        for key in _of_account(account):
            if key in asked:
                ids[key].add(account.id)
                named.setdefault(account.id, set()).add(key)
    for found in matches:
        hits = {key for key in _of_person(found.person) if key in asked}
        if found.account is not None:
            for key in hits:
                ids[key].add(found.account.id)
            hits |= named.get(found.account.id, set())
        for key in hits:
            people[key].add(who(found.person))
    return {
        entry: Named(
            frozenset().union(*(ids[key] for key in its_keys)),
            frozenset().union(*(people[key] for key in its_keys)),
        )
        for entry, its_keys in keys.items()
    }


def _keys(entry: str) -> frozenset[str]:
    """The forms under which an entry is looked for: an anchor as it is written, all else in either case."""
    text = entry.strip()
    return frozenset({f"={text}", other_case(text)}) if text else frozenset()


def _of_account(account: Account) -> Iterator[str]:
    yield other_case(account.id)
    yield other_case(account.upn)
    yield f"={account.immutable_id}"
    # what the tenant knows of the person, where a list of names does not say it
    yield from (other_case(name) for name in (account.sam, account.dn) if name)


def _of_person(person: Person) -> Iterator[str]:
    yield f"={person.anchor}"
    yield from (other_case(name) for name in (person.upn, person.sam, person.dn, person.guid))


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
    if account.restricted:
        return Reason.RESTRICTED_UNIT, ""
    if account.guest and not scope.guests:
        return Reason.GUEST, ""
    if not scope.disabled:
        if person.disabled:
            return Reason.PERSON_DISABLED, ""
        if not account.enabled:
            return Reason.ACCOUNT_DISABLED, ""
    return None


def synchronised(accounts: Iterable[Account]) -> tuple[Account, ...]:
    """The accounts that a directory should have somebody for: enabled, synchronised, no guests."""
    return tuple(account for account in accounts if account.enabled and account.synced and not account.guest)


def without_person(
    accounts: Iterable[Account],
    matches: Iterable[Match],
    scope: Scope,
    selection: Selection,
    privileged: Privileged,
) -> tuple[Account, ...]:
    """The synchronised accounts in scope that belong to nobody who was read."""
    hers = {found.account.id for found in matches if found.account is not None}
    aside = hers | selection.protected | selection.excluded
    return tuple(
        account
        for account in synchronised(accounts)
        if account.id not in aside
        and (selection.chosen is None or account.id in selection.chosen)
        and (scope.privileged or account.id not in privileged.why)
        and not account.restricted
    )


def named_accounts(
    entries: Collection[str], changes: Iterable[Change], accounts: Iterable[Account]
) -> frozenset[str]:
    """The accounts that these names mean where no directory was read: by what the tenant knows of them now,
    and by what each change said when it was planned. For `scope.protected`; a name too many does no harm.
    """
    keys = frozenset().union(*(_keys(entry) for entry in entries))
    found: set[str] = set()
    for account in accounts:
        if not keys.isdisjoint(_of_account(account)):
            found.add(account.id)
    for change in changes:
        if keys & _of_change(change):
            found.add(change.account.id)
    return frozenset(found)


def is_named(change: Change, entries: Collection[str]) -> bool:
    """True where one of these names means whom a change is about, by what the change says of them."""
    return bool(_of_change(change) & frozenset().union(*(_keys(entry) for entry in entries)))


def _of_change(change: Change) -> frozenset[str]:
    account, person = change.account, change.person
    names = (account.id, account.upn, person.dn)
    return frozenset({f"={person.anchor}", *(other_case(name) for name in names)}) - {"=", ""}


def unknown_names(
    entries: Collection[str], matches: Sequence[Match], accounts: Sequence[Account]
) -> tuple[str, ...]:
    """Entries that name nobody; for `scope.protected`, where a wrong spelling would protect nobody."""
    found = find_all(entries, matches, accounts)
    return tuple(entry for entry in entries if not found[entry].accounts)

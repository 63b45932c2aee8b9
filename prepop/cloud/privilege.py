"""Who holds a role of the tenant, or could take one: the accounts that are left alone by default.

Writing a phone to an administrator's account is taking it over, and an application's permission has no
fence against it (GRAPH section 1, "App-only has no such fence"). So these are read, with
RoleManagement.Read.Directory and GroupMember.Read.All:

- active role assignments (with those that somebody activated), at any scope;
- eligible ones (PIM), which anybody concerned can turn into active ones;
- members, nested too, of every group that holds a role in either way;
- members and owners of every role-assignable group: an owner can make himself a member;
- those eligible for a group that holds a role, directly or inside another one (PIM for Groups, GRAPH
  section 7e), as members or owners, and the members of a group that is eligible. That takes
  PrivilegedEligibilitySchedule.Read.AzureADGroup, and is asked only where there is such a group.

Eligibility needs Entra ID P2. A tenant without it answers 400 `AadPremiumLicenseRequired` ("The tenant
needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."; seen in
maester365/maester#1421), and then nobody is eligible: when the licence ends, eligible assignments are
removed (Microsoft, "License requirements to use Privileged Identity Management"). So with groups; and of
a group that was never brought under PIM Graph says 400 `ResourceTypeNotSupported` (seen in public code).
Every other refusal means that the roles are not known.

A tenant without a single role assignment does not exist: an empty list means that the roles are not known.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from prepop.cloud import parsing, urls
from prepop.cloud.reading import Reading, Refused
from prepop.cloud.urls import Addresses
from prepop.cloud.wire.answers import Fate, Fields, text
from prepop.cloud.wire.batch import Item
from prepop.cloud.wire.statuses import is_gone
from prepop.errors import Incomplete
from prepop.model import Privileged
from prepop.rules.readiness.permission_table import ELIGIBLE_GROUPS, GROUPS, ROLES, Permission

NO_P2 = "AadPremiumLicenseRequired"
NOT_UNDER_PIM = "ResourceTypeNotSupported"
_ACTIVE = "reading role assignments"
_ELIGIBLE = "reading eligible role assignments"
_GROUPS = "reading role-assignable groups"


class Roles:
    """Reads who is privileged, once."""

    def __init__(self, reading: Reading, where: Addresses) -> None:
        self._reading = reading
        self._where = where
        self._why: dict[str, set[str]] = defaultdict(set)

    async def privileged(self) -> Privileged:
        """All of them, or `unread` with the refusal. Raises Incomplete where no usable answer came at all."""
        try:
            unread = await self._read()
        except Refused as refused:
            error = refused.incomplete()
            unread = f"{error.message}; {error.hint}"
        if unread:
            return Privileged(why={}, unread=unread)
        return Privileged(why={account: "; ".join(sorted(why)) for account, why in self._why.items()})

    async def _read(self) -> str:
        """Fill `_why`; the answer is why the roles are not known all the same, "" where they are."""
        roles = {
            text(role, "id"): text(role, "displayName")
            for role in await self._all(self._where.role_names(), "reading role names")
        }
        # groups that hold a role, or whose kind Graph did not tell, with what they hold
        holders: dict[str, set[str]] = defaultdict(set)
        active = await self._all(self._where.role_assignments(), _ACTIVE)
        if not active:
            return f"{_ACTIVE}: Graph listed none, and no tenant is without one"
        for how, assignments in (
            ("", active),
            (" (eligible)", await self._eligible()),
        ):
            for assignment in assignments:
                role = text(assignment, "roleDefinitionId")
                held = f"{roles.get(role) or f'role {role}'}{how}"
                who, kind = parsing.principal(assignment)
                if not who:
                    raise Incomplete(
                        f"{_ACTIVE}: Graph listed one that is for nobody", hint="try again later"
                    )
                if kind in ("user", ""):
                    self._why[who].add(held)
                if kind in ("group", ""):
                    holders[who].add(held)
        assignable = {
            text(group, "id").lower(): text(group, "displayName")
            for group in await self._all(self._where.role_groups(), _GROUPS, GROUPS)
        }
        inside = await self._members(holders, assignable)
        await self._eligible_for(holders, inside, assignable)
        return ""

    async def _eligible(self) -> list[Fields]:
        try:
            return await self._all(self._where.role_eligibilities(), _ELIGIBLE)
        except Refused as refused:
            if refused.answer.code == NO_P2:
                return []
            raise

    async def _members(
        self, holders: Mapping[str, set[str]], assignable: Mapping[str, str]
    ) -> dict[str, set[str]]:
        """Take everybody in these groups; the answer is which groups there are in each that holds a role,
        with itself, but for principals that are not groups.
        """
        asked: list[tuple[str, str, Item]] = []
        for group in sorted({*holders, *assignable}):
            asked.append((group, "member", Item("GET", urls.group_members(group))))
            asked.append((group, "owner", Item("GET", urls.group_owners(group))))
        inside: dict[str, set[str]] = {}
        fates = await self._reading.many([item for _, _, item in asked])
        for (group, part, item), fate in zip(asked, fates, strict=True):
            if group not in assignable and is_gone(fate):
                continue  # a principal that is gone, or is not a group
            doing = f"reading the {part}s of group {group}"
            found = await self._reading.listed_item(item, fate, doing, GROUPS)
            name = assignable.get(group) or group
            reasons = {f"{held}, as {part} of {name}" for held in holders.get(group, ())} or {
                f"{part} of role-assignable group {name}"
            }
            self._take(parsing.people(found), reasons)
            if part == "member" and group in holders:
                inside[group] = {group, *parsing.groups(found)}
        return inside

    async def _eligible_for(
        self, holders: Mapping[str, set[str]], inside: Mapping[str, set[str]], names: Mapping[str, str]
    ) -> None:
        """Take who is eligible for a group that holds a role, or for a group inside one.

        Where a group is eligible, its members are: they come in with it.
        """
        roles: dict[str, set[str]] = defaultdict(set)
        for group, those in inside.items():
            for inner in those:
                roles[inner] |= holders[group]
        asked = sorted(roles)
        items = [Item("GET", urls.group_eligibilities(group)) for group in asked]
        eligible_groups: dict[str, set[str]] = defaultdict(set)
        for group, item, fate in zip(asked, items, await self._reading.many(items), strict=True):
            for who, kind, part in await self._eligibilities(group, item, fate):
                name = names.get(group) or group
                reasons = {f"{held}, as eligible {part} of {name}" for held in roles[group]}
                if kind in ("user", ""):
                    self._take((who,), reasons)
                if kind in ("group", ""):
                    eligible_groups[who] |= reasons
        again = sorted(eligible_groups)
        items = [Item("GET", urls.group_members(group)) for group in again]
        for group, item, fate in zip(again, items, await self._reading.many(items), strict=True):
            if is_gone(fate):
                continue
            found = await self._reading.listed_item(
                item, fate, f"reading the members of group {group}", GROUPS
            )
            self._take(parsing.people(found), eligible_groups[group])

    async def _eligibilities(self, group: str, item: Item, fate: Fate) -> list[tuple[str, str, str]]:
        """Who is eligible for one group: id, kind, and as what."""
        doing = f"reading who is eligible for group {group}"
        try:
            listed = await self._reading.listed_item(item, fate, doing, ELIGIBLE_GROUPS)
        except Refused as refused:
            if refused.answer.code in (NO_P2, NOT_UNDER_PIM):
                return []
            raise
        found = [(*parsing.principal(row), text(row, "accessId") or "member") for row in listed]
        if any(not who for who, _, _ in found):
            raise Incomplete(f"{doing}: Graph listed one that is for nobody", hint="try again later")
        return found

    def _take(self, accounts: Iterable[str], reasons: set[str]) -> None:
        for account in accounts:
            self._why[account] |= reasons

    async def _all(self, relative: str, doing: str, permission: Permission = ROLES) -> list[Fields]:
        return await self._reading.everything(f"{self._reading.base}{relative}", doing, permission)

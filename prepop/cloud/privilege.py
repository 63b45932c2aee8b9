"""Who holds a role of the tenant, or could take one: the accounts that are left alone by default.

Writing a phone to an administrator's account is taking it over, and an application's permission has no
fence against it (GRAPH section 1, "App-only has no such fence"). So these are read, with
RoleManagement.Read.Directory and GroupMember.Read.All:

- active role assignments (with those that somebody activated), at any scope;
- eligible ones (PIM), which anybody concerned can turn into active ones;
- members, nested too, of every group that holds a role in either way;
- members and owners of every role-assignable group: an owner can make himself a member.

Eligibility needs Entra ID P2. A tenant without it answers 400 `AadPremiumLicenseRequired` ("The tenant
needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."; seen in
maester365/maester#1421), and then nobody is eligible: when the licence ends, eligible assignments are
removed (Microsoft, "License requirements to use Privileged Identity Management"). Every other refusal
means that the roles are not known.

Not covered, since it needs a further permission: eligible *membership* of a group (PIM for Groups).
"""

from collections import defaultdict

from prepop.cloud import parsing, urls
from prepop.cloud.reading import Reading, Refused
from prepop.cloud.urls import Addresses
from prepop.cloud.wire.answers import Fields, text
from prepop.cloud.wire.batch import Item
from prepop.cloud.wire.statuses import is_gone
from prepop.errors import Incomplete
from prepop.model import Privileged
from prepop.rules.readiness.permission_table import GROUPS, ROLES, Permission

NO_P2 = "AadPremiumLicenseRequired"
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
            await self._read()
        except Refused as refused:
            error = refused.incomplete()
            return Privileged(why={}, unread=f"{error.message}; {error.hint}")
        return Privileged(why={account: "; ".join(sorted(why)) for account, why in self._why.items()})

    async def _read(self) -> None:
        roles = {
            text(role, "id"): text(role, "displayName")
            for role in await self._all(self._where.role_names(), "reading role names")
        }
        # groups that hold a role, or whose kind Graph did not tell, with what they hold
        holders: dict[str, set[str]] = defaultdict(set)
        for how, assignments in (
            ("", await self._all(self._where.role_assignments(), _ACTIVE)),
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
        await self._members(holders, assignable)

    async def _eligible(self) -> list[Fields]:
        try:
            return await self._all(self._where.role_eligibilities(), _ELIGIBLE)
        except Refused as refused:
            if refused.answer.code == NO_P2:
                return []
            raise

    async def _members(self, holders: dict[str, set[str]], assignable: dict[str, str]) -> None:
        asked: list[tuple[str, str, Item]] = []
        for group in sorted({*holders, *assignable}):
            asked.append((group, "member", Item("GET", urls.group_members(group))))
            asked.append((group, "owner", Item("GET", urls.group_owners(group))))
        fates = await self._reading.many([item for _, _, item in asked])
        for (group, part, item), fate in zip(asked, fates, strict=True):
            if group not in assignable and is_gone(fate):
                continue  # a principal that is gone, or is no group
            doing = f"reading the {part}s of group {group}"
            found = await self._reading.listed_item(item, fate, doing, GROUPS)
            name = assignable.get(group) or group
            reasons = {f"{held}, as {part} of {name}" for held in holders.get(group, ())} or {
                f"{part} of role-assignable group {name}"
            }
            for account in parsing.people(found):
                self._why[account] |= reasons

    async def _all(self, relative: str, doing: str, permission: Permission = ROLES) -> list[Fields]:
        return await self._reading.everything(f"{self._reading.base}{relative}", doing, permission)

"""The one table of Graph permissions: what each is for, what is lost without it, and its app role.

Reading and writing name a row of it when they are refused, `check` holds a token against it, `init` writes
the commands that grant it, the reference's table is made of it. Permissions and app role ids are in
GRAPH section 1.
The narrowest application permission of each need; a delegated sign-in needs a directory role besides.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from prepop.model import Family, Method


class Use(StrEnum):
    """What a permission is for. `extra`: it tells a little more and is not worth granting for that."""

    PLAN = "plan"
    APPLY = "apply"
    CHECK = "check"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Permission:
    """One application permission. role: its app role id. broader: others that include it.

    why: what is read or written with it. without: what happens where it is not granted. needed: whether its
    lack blocks a rollout.
    """

    name: str
    role: str
    use: Use
    why: str
    without: str
    broader: tuple[str, ...] = ()
    needed: bool = True

    @property
    def remedy(self) -> str:
        """What an administrator does where it is missing."""
        return f"grant the application {self.name} and have an administrator consent to it"


_ALL_METHODS_R = ("UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All")
_ALL_METHODS_W = ("UserAuthenticationMethod.ReadWrite.All",)
_DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")

USERS = Permission(
    "User.Read.All",
    "df021288-bdef-4463-88db-98f22de89214",
    Use.PLAN,
    "accounts",
    "exit 40",
    ("User.ReadWrite.All", *_DIRECTORY),
)
ORGANISATION = Permission(
    "Organization.Read.All",
    "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    Use.PLAN,
    "tenant, verified domains",
    "exit 40",
    ("Organization.ReadWrite.All", *_DIRECTORY),
)
PHONE_READ = Permission(
    "UserAuthMethod-Phone.Read.All",
    "f529a223-ea70-43ec-b268-5012de2fbaa2",
    Use.PLAN,
    "registered phones",
    "exit 40",
    ("UserAuthMethod-Phone.ReadWrite.All", *_ALL_METHODS_R),
)
EMAIL_READ = Permission(
    "UserAuthMethod-Email.Read.All",
    "a1e58be0-1095-422b-b067-73434bd7d40f",
    Use.PLAN,
    "registered addresses",
    "exit 40",
    ("UserAuthMethod-Email.ReadWrite.All", *_ALL_METHODS_R),
)
ROLES = Permission(
    "RoleManagement.Read.Directory",
    "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
    Use.PLAN,
    "who is privileged",
    "finding `privileged-unknown`: nothing is applied",
    ("RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory", *_DIRECTORY),
)
GROUPS = Permission(
    "GroupMember.Read.All",
    "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    Use.PLAN,
    "groups of pilots and roles",
    "exit 40, or finding `privileged-unknown`",
    ("Group.Read.All", "GroupMember.ReadWrite.All", "Group.ReadWrite.All", *_DIRECTORY),
)
ELIGIBLE_GROUPS = Permission(
    "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "edb419d6-7edc-42a3-9345-509bfdf5d87c",
    Use.PLAN,
    "who is eligible for groups that hold a role",
    "finding `privileged-unknown` where a group holds a role",
    ("PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",),
    needed=False,
)
REPORT = Permission(
    "AuditLog.Read.All",
    "b0afded3-3588-46d8-8b3d-9842eff778da",
    Use.PLAN,
    "the registration report",
    "every account is read live, and the report says who can reset: not known",
    needed=False,
)
METHODS_POLICY = Permission(
    "Policy.Read.AuthenticationMethod",
    "8e3bc81b-d2f3-4b7b-838c-32c88218d2f0",
    Use.PLAN,
    "the methods policy",
    "which methods count, and whether new mobiles would become sign-in names, is not known: every method "
    "counts as usable; no finding `method-disabled` or `sms-sign-in`",
    ("Policy.ReadWrite.AuthenticationMethod", "Policy.Read.All"),
    needed=False,
)
PHONE_WRITE = Permission(
    "UserAuthMethod-Phone.ReadWrite.All",
    "6e85d483-7092-4375-babe-0a94a8213a58",
    Use.APPLY,
    "writing phones",
    "those changes fail",
    _ALL_METHODS_W,
)
EMAIL_WRITE = Permission(
    "UserAuthMethod-Email.ReadWrite.All",
    "e8ecb853-1435-4a49-95ba-ec5b31b11672",
    Use.APPLY,
    "writing addresses",
    "those changes fail",
    _ALL_METHODS_W,
)
LICENCES = Permission(
    "LicenseAssignment.Read.All",
    "e2f98668-2877-4f38-a2f4-8202e0717aa1",
    Use.CHECK,
    "licences",
    "`check` cannot say whether the licences suffice",
    ("Organization.Read.All", *_DIRECTORY),
    needed=False,
)
POLICIES = Permission(
    "Policy.Read.All",
    "246dd0d5-5bd0-4def-940b-0421030a5b68",
    Use.EXTRA,
    "whether administrators may reset",
    "`check` cannot say it; nothing else needs it",
    needed=False,
)
HIDDEN_MEMBERS = Permission(
    "Member.Read.Hidden",
    "658aa5d8-239f-45c4-aa12-864f4fc7e490",
    Use.EXTRA,
    "members of a group of the scope that hides them, as Microsoft 365 groups can",
    "exit 40 for such a group: one whose members cannot be seen is not empty",
    needed=False,
)
PERMISSIONS = (
    USERS,
    ORGANISATION,
    PHONE_READ,
    EMAIL_READ,
    ROLES,
    GROUPS,
    ELIGIBLE_GROUPS,
    REPORT,
    METHODS_POLICY,
    PHONE_WRITE,
    EMAIL_WRITE,
    LICENCES,
    POLICIES,
    HIDDEN_MEMBERS,
)


def wanted(mapped: Collection[Method], use: Use) -> list[Permission]:
    """The permissions of one use that this mapping needs."""
    unused = set(Family) - {method.family for method in mapped}
    skip = {permission.name for family in unused for permission in (to_read(family), to_write(family))}
    return [permission for permission in PERMISSIONS if permission.use is use and permission.name not in skip]


def to_read(family: Family) -> Permission:
    """What reading the methods of one family takes."""
    match family:
        case Family.PHONE:
            return PHONE_READ
        case Family.EMAIL:
            return EMAIL_READ
        case _:
            assert_never(family)


def to_write(family: Family) -> Permission:
    """What writing the methods of one family takes."""
    match family:
        case Family.PHONE:
            return PHONE_WRITE
        case Family.EMAIL:
            return EMAIL_WRITE
        case _:
            assert_never(family)


def missing(roles: frozenset[str], asked: Collection[Permission]) -> list[Permission]:
    """The asked permissions that a token does not grant, neither by name nor by a broader one."""
    return [
        permission
        for permission in asked
        if permission.name not in roles and not roles.intersection(permission.broader)
    ]

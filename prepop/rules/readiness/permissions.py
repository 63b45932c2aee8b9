"""What this app may do: its token against what prepop needs, each read tried once, and the quota.

GRAPH section 1 (permissions and their app role ids) and GRAPH section 6 (quota). Broader permissions
count where they include a needed one, and are named as needless.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from prepop.model import Family, Method
from prepop.rules.phrases import counted, duration, under_quota
from prepop.rules.readiness.facts import CloudFacts, Situation
from prepop.rules.readiness.words import Answer, Group, State, Unread

_G = Group.PERMISSIONS


@dataclass(frozen=True, slots=True)
class Permission:
    """One application permission. role: its app role id. broader: others that include it.

    use: plan, apply, check; or extra, for what tells a little more and is not worth granting.
    """

    name: str
    role: str
    use: str
    why: str
    broader: tuple[str, ...] = ()
    needed: bool = True


_ALL_METHODS_R = ("UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All")
_ALL_METHODS_W = ("UserAuthenticationMethod.ReadWrite.All",)
_D = ("Directory.Read.All", "Directory.ReadWrite.All")
PHONE_READ = Permission(
    "UserAuthMethod-Phone.Read.All", "f529a223-ea70-43ec-b268-5012de2fbaa2", "plan", "registered phones",
    ("UserAuthMethod-Phone.ReadWrite.All", *_ALL_METHODS_R),
)  # fmt: skip
EMAIL_READ = Permission(
    "UserAuthMethod-Email.Read.All", "a1e58be0-1095-422b-b067-73434bd7d40f", "plan", "registered addresses",
    ("UserAuthMethod-Email.ReadWrite.All", *_ALL_METHODS_R),
)  # fmt: skip
PHONE_WRITE = Permission(
    "UserAuthMethod-Phone.ReadWrite.All", "6e85d483-7092-4375-babe-0a94a8213a58", "apply", "writing phones",
    _ALL_METHODS_W,
)  # fmt: skip
EMAIL_WRITE = Permission(
    "UserAuthMethod-Email.ReadWrite.All", "e8ecb853-1435-4a49-95ba-ec5b31b11672", "apply",
    "writing addresses",
    _ALL_METHODS_W,
)  # fmt: skip
PERMISSIONS = (
    Permission("User.Read.All", "df021288-bdef-4463-88db-98f22de89214", "plan", "accounts",
        ("User.ReadWrite.All", *_D)),
    Permission(
        "Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6", "plan", "tenant, verified domains",
        ("Organization.ReadWrite.All", *_D),
    ),
    PHONE_READ,
    EMAIL_READ,
    Permission(
        "RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c", "plan", "who is privileged",
        ("RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory", *_D),
    ),
    Permission(
        "GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6", "plan", "groups of pilots and roles",
        ("Group.Read.All", "GroupMember.ReadWrite.All", "Group.ReadWrite.All", *_D),
    ),
    Permission(
        "AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da", "plan",
        "the registration report", needed=False
    ),
    Permission(
        "Policy.Read.AuthenticationMethod", "8e3bc81b-d2f3-4b7b-838c-32c88218d2f0", "plan",
        "the methods policy",
        ("Policy.ReadWrite.AuthenticationMethod", "Policy.Read.All"), needed=False,
    ),
    PHONE_WRITE,
    EMAIL_WRITE,
    Permission(
        "Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68", "extra",
        "whether administrators may reset",
        needed=False,
    ),
    Permission(
        "LicenseAssignment.Read.All", "e2f98668-2877-4f38-a2f4-8202e0717aa1", "check", "licences",
        ("Organization.Read.All", *_D), needed=False,
    ),
)  # fmt: skip
#: Needed by nothing, and dangerous: they reach beyond methods of ordinary users.
_DANGEROUS = {
    "UserAuthenticationMethod.ReadWrite.All": "writes every method of everybody, Temporary Access Passes too",
    "User.ReadWrite.All": "changes users",
    "Directory.ReadWrite.All": "changes nearly everything",
    "RoleManagement.ReadWrite.Directory": "makes administrators",
    "Policy.ReadWrite.AuthenticationMethod": "changes the methods policy",
    "Application.ReadWrite.All": "takes over other apps",
    "AppRoleAssignment.ReadWrite.All": "grants itself anything",
}


def wanted(mapped: set[Method], use: str) -> list[Permission]:
    """The permissions of one use (plan, apply, check) that this mapping needs."""
    unused = set(Family) - {method.family for method in mapped}
    skip = {one.name for family in unused for one in _of_family(family)}
    return [one for one in PERMISSIONS if one.use == use and one.name not in skip]


def _of_family(family: Family) -> tuple[Permission, ...]:
    """What only the methods of one family need."""
    match family:
        case Family.PHONE:
            return PHONE_READ, PHONE_WRITE
        case Family.EMAIL:
            return EMAIL_READ, EMAIL_WRITE
        case _:
            assert_never(family)


def answers(situation: Situation) -> Iterator[Answer]:
    """Whether the tenant answers, the token, each read, the quota."""
    yield _reachable(situation)
    if isinstance(situation.cloud, Unread):
        return
    mapped = {rule.method for rule in situation.mapping.rules}
    yield from _token(situation.cloud, mapped)
    for probe in situation.cloud.probes:
        yield _probe(probe.permission, probe.what, probe.ok, probe.says)
    yield _quota(situation, situation.cloud)


def _reachable(situation: Situation) -> Answer:
    question = "Does the tenant let prepop sign in, and does Graph answer?"
    cloud = situation.cloud
    if isinstance(cloud, Unread):
        return Answer("tenant-reachable", _G, question, State.NO, cloud.why, cloud.look, blocks=True)
    if isinstance(cloud.tenant, Unread):
        return Answer("tenant-reachable", _G, question, State.PARTLY, cloud.tenant.why, cloud.tenant.look)
    return Answer("tenant-reachable", _G, question, State.YES, f"{cloud.tenant.name} ({cloud.tenant.id}).")


def _token(cloud: CloudFacts, mapped: set[Method]) -> Iterator[Answer]:
    question = "Does the app have the permissions that it needs?"
    if isinstance(cloud.token, Unread):
        yield Answer(
            "permission-token", _G, question, State.UNKNOWN,
            f"{cloud.token.why} What was read is listed below.",
            "Entra admin centre, App registrations, the app, API permissions",
        )  # fmt: skip
        return
    roles = cloud.token.roles
    if not cloud.token.app:
        yield Answer(
            "permission-token", _G, question, State.PARTLY,
            "This is a person's token, not an app's. A person needs Privileged Authentication "
            "Administrator, or sees "
            "numbers masked, and a second factor within the last ten minutes to change methods: no good "
            "for a nightly job.",
            'cloud.credential = "managed-identity", "workload-identity" or "certificate"',
        )  # fmt: skip
        return
    yield _reading(roles, mapped, question)
    yield _writing(roles, mapped)
    yield _needless(roles, mapped)


def missing(roles: frozenset[str], asked: list[Permission]) -> list[Permission]:
    """Those of the asked ones that the token does not name, neither themselves nor a broader one."""
    return [one for one in asked if one.name not in roles and not roles.intersection(one.broader)]


def _reading(roles: frozenset[str], mapped: set[Method], question: str) -> Answer:
    gone = missing(roles, wanted(mapped, "plan"))
    if not gone:
        says = "Its token names every permission that planning needs."
        return Answer("permission-token", _G, question, State.YES, says)
    says = "Missing: " + ", ".join(f"{one.name} ({one.why})" for one in gone) + "."
    fix = "App registrations, the app, API permissions: add as application permissions, grant admin consent"
    if any(one.needed for one in gone):
        return Answer("permission-token", _G, question, State.NO, says, fix, blocks=True)
    return Answer("permission-token", _G, question, State.PARTLY, says, fix)


def _writing(roles: frozenset[str], mapped: set[Method]) -> Answer:
    question = "May the app write what the mapping registers?"
    gone = missing(roles, wanted(mapped, "apply"))
    if not gone:
        says = "Yes. Whether Entra ID lets it, only a write can prove: try a pilot of one with --user."
        return Answer("permission-write", _G, question, State.YES, says)
    return Answer(
        "permission-write", _G, question, State.PARTLY,
        f"No {' and no '.join(one.name for one in gone)}: it can plan, not apply.",
        "right for an app that only plans; give the app that applies these application permissions",
    )  # fmt: skip


def _needless(roles: frozenset[str], mapped: set[Method]) -> Answer:
    question = "Does the app have nothing beyond what it needs?"
    asked = {one.name for use in ("plan", "apply", "check", "extra") for one in wanted(mapped, use)}
    extra = sorted(roles - asked)
    if not extra:
        return Answer("permission-needless", _G, question, State.YES, "Nothing.")
    says = ", ".join(f"{name} ({_DANGEROUS[name]})" if name in _DANGEROUS else name for name in extra)
    return Answer(
        "permission-needless", _G, question, State.NO if set(extra) & set(_DANGEROUS) else State.PARTLY,
        f"Needless: {says}.", "App registrations, the app, API permissions: remove them",
    )  # fmt: skip


def _probe(permission: str, what: str, ok: bool | None, says: str) -> Answer:
    ident = f"permission-{permission.lower().replace('.', '-')}"
    question = f"Can {what} be read?"
    if ok:
        return Answer(ident, _G, question, State.YES, "Yes.")
    if ok is None:
        return Answer(ident, _G, question, State.UNKNOWN, says)
    known = next((one for one in PERMISSIONS if one.name == permission), None)
    if known is not None and known.use == "extra":  # not worth granting for one answer
        return Answer(ident, _G, question, State.UNKNOWN, says, f"{permission} would tell; nothing needs it")
    blocks = known is not None and known.needed
    fix = f"grant the application {permission} and have an administrator consent to it"
    return Answer(ident, _G, question, State.NO, says, fix, blocks=blocks)


def _quota(situation: Situation, cloud: CloudFacts) -> Answer:
    question = "How long does writing everybody take under Graph's quota?"
    if isinstance(cloud.accounts, Unread):
        return Answer("permission-quota", _G, question, State.UNKNOWN, cloud.accounts.why)
    size = len(cloud.accounts)
    units, name = (3500, "S") if size < 50 else (5000, "M") if size <= 500 else (8000, "L")
    found = situation.population
    writes = 0 if isinstance(found, Unread) else sum(values.usable for values in found.values)
    return Answer(
        "permission-quota", _G, question, State.YES,
        f"The tenant is of size {name} ({counted(size, 'account')}): {units:,} units in 10 seconds for "
        "reading, 3,000 "
        f"writes in 150 seconds. {writes:,} writes, one for each usable value, would take at least "
        f"{duration(under_quota(writes))}. Microsoft's table may also be read as 5 requests in 10 seconds "
        "for methods: "
        "prepop adapts to what it is told.",
    )  # fmt: skip

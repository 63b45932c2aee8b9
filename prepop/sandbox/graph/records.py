"""What an emulated tenant is made of: users, groups, roles, policy, licences. Plain and editable.

Facts of the outside world: prepop/cloud/GRAPH.md; its section is named at each.
"""

from dataclasses import dataclass, field
from datetime import datetime

from prepop.model import Method

P1_PLAN = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"  # AAD_PREMIUM: GRAPH section 7d
P2_PLAN = "eec0eb4f-6444-4f95-aba0-50c24d67f998"  # AAD_PREMIUM_P2: GRAPH section 7d
ALL_USERS = "all_users"  # the target that means everybody: GRAPH section 7c

MICROSOFT_AUTHENTICATOR = "microsoftAuthenticatorPush"  # report's word: GRAPH section 4

# Template ids of built-in roles: GRAPH section 7e.
ROLES = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Authentication Administrator": "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "Security Administrator": "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "Billing Administrator": "b0f54661-2d74-4c50-afa3-1ec803f12efe",
    "Directory Synchronization Accounts": "d29b2b05-8046-44ba-8758-1e26182fcf32",
}

# Application permissions that prepop asks for: GRAPH section 1, "Permissions".
PERMISSIONS = frozenset(
    {
        "UserAuthMethod-Phone.ReadWrite.All",
        "UserAuthMethod-Email.ReadWrite.All",
        "User.Read.All",
        "AuditLog.Read.All",
        "Policy.Read.AuthenticationMethod",
        "Policy.Read.All",
        "LicenseAssignment.Read.All",
        "RoleManagement.Read.Directory",
        "GroupMember.Read.All",
        "PrivilegedEligibilitySchedule.Read.AzureADGroup",
        "Organization.Read.All",
    }
)


@dataclass(slots=True)
class User:
    """One cloud user. `default_method`: what MFA uses first; it cannot be deleted (GRAPH section 1).

    plans: service plan id to capabilityStatus. authenticator: has Microsoft Authenticator registered.
    restricted: a member of a restricted management administrative unit (GRAPH section 1). language: what it
    prefers ("de-DE"). manager: the id of a user, or "".
    """

    id: str
    upn: str
    name: str = ""
    enabled: bool = True
    guest: bool = False
    mail: str = ""
    other_mails: tuple[str, ...] = ()
    proxy_addresses: tuple[str, ...] = ()
    immutable_id: str = ""
    sid: str = ""
    sam: str = ""
    dn: str = ""
    synced: bool = False
    department: str = ""
    country: str = ""
    usage_location: str = ""
    mobile_phone: str = ""
    business_phone: str = ""
    plans: dict[str, str] = field(default_factory=dict)
    authenticator: bool = False
    default_method: Method | None = None
    restricted: bool = False
    language: str = ""
    manager: str = ""


@dataclass(slots=True)
class GroupRecord:
    """One group. `members` and `owners` are object ids of users or of other groups (nested)."""

    id: str
    name: str
    role_assignable: bool = False
    members: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Assignment:
    """A role, active or eligible: the role's template id, and the principal (user, group or another app)."""

    id: str
    role: str
    principal: str
    scope: str = "/"


@dataclass(slots=True)
class GroupEligibility:
    """Somebody who can make himself a member or owner of a group (PIM for Groups, GRAPH section 7e).

    access: member or owner. principal: a user or another group.
    """

    group: str
    principal: str
    access: str = "member"


@dataclass(slots=True)
class Target:
    """Who a method of the policy is for: a group id or ALL_USERS. sign_in: SMS only (GRAPH section 0c)."""

    id: str = ALL_USERS
    sign_in: bool = False


@dataclass(slots=True)
class ProviderRecord:
    """`telecomProviderSettings` of SMS or voice (GRAPH section 0b)."""

    evaluation: bool = False
    percent: int = 100


@dataclass(slots=True)
class MethodConfig:
    """One method of the authentication methods policy (GRAPH section 7c)."""

    enabled: bool = True
    include: list[Target] = field(default_factory=lambda: [Target()])
    exclude: list[str] = field(default_factory=list)
    provider: ProviderRecord | None = None


@dataclass(slots=True)
class PolicyRecord:
    """The policy's parts that matter here. migration: `policyMigrationState`, or None where it is absent."""

    migration: str | None = "migrationComplete"
    sms: MethodConfig = field(default_factory=MethodConfig)
    voice: MethodConfig = field(default_factory=MethodConfig)
    email: MethodConfig = field(default_factory=MethodConfig)
    office_allowed: bool = True
    campaign: str = "default"


@dataclass(slots=True)
class Subscription:
    """A subscription of the tenant (GRAPH section 7d). plans: service plan id to its name."""

    id: str
    part: str
    plans: dict[str, str]
    enabled: int = 25
    consumed: int = 0
    status: str = "Enabled"


def premium_p2(seats: int) -> Subscription:
    """Microsoft Entra ID P2 (AAD_PREMIUM_P2), which holds both premium plans."""
    plans = {P1_PLAN: "AAD_PREMIUM", P2_PLAN: "AAD_PREMIUM_P2"}
    return Subscription("84a661c4-e949-4bd2-a560-ed7766fcaf2b", "AAD_PREMIUM_P2", plans, enabled=seats)


def premium_p1(seats: int) -> Subscription:
    """Microsoft Entra ID P1 (AAD_PREMIUM)."""
    return Subscription(
        "078d2b04-f1bd-4111-bbd4-b4b1b354cef4", "AAD_PREMIUM", {P1_PLAN: "AAD_PREMIUM"}, enabled=seats
    )


@dataclass(slots=True)
class ConnectFeatures:
    """What Entra Connect last published (GRAPH section 7a)."""

    password_sync: bool = True
    password_writeback: bool = True
    directory_wins: bool = False  # mobile and otherMobile over the cloud's: GRAPH section 3


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One user in the registration report, as of its last refresh (GRAPH section 4)."""

    user: str
    methods: tuple[str, ...]
    sspr_enabled: bool
    sspr_registered: bool
    mfa_registered: bool
    is_admin: bool
    preferred: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One line of the directory's audit log about a reset (GRAPH section 7g). result: success or failure."""

    user: str
    at: datetime
    activity: str = "Reset password (self-service)"
    result: str = "success"
    reason: str = ""
    service: str = "Self-service Password Management"


@dataclass(frozen=True, slots=True)
class Write:
    """A write through the API that took effect. verb: POST, PATCH or DELETE; value: "" for DELETE.

    at: seconds on the tenant's clock. user: object id.
    """

    at: float
    user: str
    method: Method
    verb: str
    value: str


@dataclass(frozen=True, slots=True)
class Unverified:
    """What no document settles (GRAPH section 12): each a choice, so that tests can try both sides.

    bare_e164: `+442071838750` is accepted and stored with the space (RealmJoin sees that).
    duplicate_status: what POST of a type that exists answers.
    patch_creates: PATCH of a method that the user does not have creates it; otherwise 404.
    own_address_refused: an email method equal to one of the user's own addresses is refused.
    disabled_refused: writing methods of a disabled user is refused.
    guest_by_upn: guests can be addressed by UPN (RealmJoin saw 404).
    collision_stores: a 409 phoneNumberNotUnique has stored the number all the same (RealmJoin: yes).
    batch_writes: POST, PATCH and DELETE of methods work inside $batch.
    throttled_batch_status: status of a batch with a throttled item: 200 or 424 (two pages disagree).
    sync_app_only: onPremisesSynchronization can be read without a user; otherwise 403.
    extension_any: an extension is accepted on mobile numbers too; otherwise on office alone.
    restricted_refused: writing methods of members of restricted management units is refused with 403.
    eligible_needs_p2: reading eligible roles without P2 answers 400 AadPremiumLicenseRequired.
    stores: what a write of a method stores instead of what was sent; "" for that, "nothing", or a value.
    created_shown: methods have createdDateTime, as v1.0's metadata has it (GRAPH section 1).
    read_lag: seconds on the tenant's clock until a write shows in GET of methods.
    """

    bare_e164: bool = False
    duplicate_status: int = 400
    patch_creates: bool = False
    own_address_refused: bool = False
    disabled_refused: bool = False
    guest_by_upn: bool = False
    collision_stores: bool = True
    batch_writes: bool = True
    throttled_batch_status: int = 200
    sync_app_only: bool = False
    extension_any: bool = False
    restricted_refused: bool = True
    eligible_needs_p2: bool = True
    created_shown: bool = True
    stores: str = ""
    read_lag: float = 0.0

"""What the emulated Graph answers to: every path with its handler, permission and cost."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from prepop.sandbox.graph import delta, listings, methods, policies, posture, roles
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.wire import Ask, Reply, words

Handler = Callable[[SandboxTenant, Ask], Reply]


class QuotaFamily(Enum):
    """Which quota and which error shape a path has (GRAPH sections 1 and 6)."""

    DIRECTORY = "directory"
    METHODS = "methods"
    REPORTS = "reports"


@dataclass(frozen=True, slots=True)
class Operation:
    """One verb of one path. permissions: any of them is enough; none named: no permission is needed.

    cost: resource units before $select, $expand and $top (GRAPH section 6).
    takes: the query options that are known here; anything else is refused, and not passed over in silence.
    """

    verb: str
    pattern: str
    handler: Handler
    permissions: frozenset[str]
    family: QuotaFamily = QuotaFamily.DIRECTORY
    cost: int = 1
    takes: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """How it is counted: `GET users/{}/authentication/phoneMethods`."""
        return f"{self.verb} {self.pattern}"


# Permissions: GRAPH section 1, "Permissions".
_USERS = words("User.Read.All Directory.Read.All")
_GROUPS = words("GroupMember.Read.All Group.Read.All Directory.Read.All")
_ROLES = words("RoleManagement.Read.Directory Directory.Read.All")
_GROUP_ELIGIBLE = words(
    "PrivilegedEligibilitySchedule.Read.AzureADGroup PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"
)
_REPORT = words("AuditLog.Read.All")
_PHONE_W = words("UserAuthMethod-Phone.ReadWrite.All UserAuthenticationMethod.ReadWrite.All")
_PHONE_R = _PHONE_W | words("UserAuthMethod-Phone.Read.All UserAuthenticationMethod.Read.All")
_EMAIL_W = words("UserAuthMethod-Email.ReadWrite.All UserAuthenticationMethod.ReadWrite.All")
_EMAIL_R = _EMAIL_W | words("UserAuthMethod-Email.Read.All UserAuthenticationMethod.Read.All")
_METHODS_R = words("UserAuthenticationMethod.Read.All UserAuthenticationMethod.ReadWrite.All")
_METHODS_POLICY = words("Policy.Read.AuthenticationMethod Policy.Read.All")
_POLICY = words("Policy.Read.All")
_SKUS = words("LicenseAssignment.Read.All Organization.Read.All Directory.Read.All")
_DOMAINS = words("Domain.Read.All Directory.Read.All")
_ORGANIZATION = words("Organization.Read.All Directory.Read.All")

_AUTH = "users/{}/authentication"
_RBAC = "roleManagement/directory"
_CONFIGS = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations"
_M = QuotaFamily.METHODS
_ONE = words("$select")
_LIST = words("$select $top $skiptoken")
_FOUND = _LIST | words("$filter")
_CAST = _LIST | words("$count")  # an advanced query: see `service`
_SEARCHED = _FOUND | words("$count $orderby $search")
_DELTA = _FOUND | words("$deltatoken")
_HELD = _LIST | words("$expand")

OPERATIONS = (
    Operation("GET", "users", listings.list_users, _USERS, cost=2, takes=_SEARCHED),
    Operation("GET", "users/delta", delta.users_delta, _USERS, cost=2, takes=_DELTA),
    Operation("GET", "users/{}", listings.get_user, _USERS, takes=_ONE),
    Operation("GET", "users/{}/manager", listings.get_manager, _USERS, takes=_ONE),
    Operation("GET", f"{_AUTH}/methods", methods.list_all, _METHODS_R, _M),
    Operation("GET", f"{_AUTH}/phoneMethods", methods.list_phones, _PHONE_R, _M),
    Operation("POST", f"{_AUTH}/phoneMethods", methods.create_phone, _PHONE_W, _M),
    Operation("GET", f"{_AUTH}/phoneMethods/{{}}", methods.get_phone, _PHONE_R, _M),
    Operation("PATCH", f"{_AUTH}/phoneMethods/{{}}", methods.update_phone, _PHONE_W, _M),
    Operation("DELETE", f"{_AUTH}/phoneMethods/{{}}", methods.delete_phone, _PHONE_W, _M),
    Operation("POST", f"{_AUTH}/phoneMethods/{{}}/enableSmsSignIn", methods.switch_sms, _PHONE_W, _M),
    Operation("POST", f"{_AUTH}/phoneMethods/{{}}/disableSmsSignIn", methods.switch_sms, _PHONE_W, _M),
    Operation("GET", f"{_AUTH}/emailMethods", methods.list_emails, _EMAIL_R, _M),
    Operation("POST", f"{_AUTH}/emailMethods", methods.create_email, _EMAIL_W, _M),
    Operation("GET", f"{_AUTH}/emailMethods/{{}}", methods.get_email, _EMAIL_R, _M),
    Operation("PATCH", f"{_AUTH}/emailMethods/{{}}", methods.update_email, _EMAIL_W, _M),
    Operation("DELETE", f"{_AUTH}/emailMethods/{{}}", methods.delete_email, _EMAIL_W, _M),
    Operation(
        "GET",
        "reports/authenticationMethods/userRegistrationDetails",
        listings.list_report,
        _REPORT,
        QuotaFamily.REPORTS,
        takes=_FOUND,
    ),
    Operation(
        "GET",
        "auditLogs/directoryAudits",
        listings.directory_audits,
        _REPORT,
        QuotaFamily.REPORTS,
        takes=_FOUND,
    ),
    Operation(
        "GET",
        "reports/authenticationMethods/userRegistrationDetails/{}",
        listings.get_report,
        _REPORT,
        QuotaFamily.REPORTS,
        takes=_ONE,
    ),
    Operation("GET", "domains", posture.domains, _DOMAINS, takes=_ONE),
    Operation("GET", "organization", posture.organization, _ORGANIZATION, takes=_ONE),
    Operation("GET", "subscribedSkus", posture.subscribed_skus, _SKUS, cost=3, takes=_ONE),
    Operation("GET", "groups", listings.list_groups, _GROUPS, takes=_FOUND),
    Operation("GET", "groups/{}", listings.get_group, _GROUPS, takes=_ONE),
    Operation("GET", "groups/{}/members", listings.members, _GROUPS, cost=3, takes=_LIST),
    Operation("GET", "groups/{}/owners", listings.owners, _GROUPS, takes=_LIST),
    Operation(
        "GET", "groups/{}/transitiveMembers", listings.transitive_members, _GROUPS, cost=5, takes=_LIST
    ),
    Operation(
        "GET",
        "groups/{}/transitiveMembers/graph.user",
        listings.transitive_members,
        _GROUPS,
        cost=5,
        takes=_CAST,
    ),
    Operation(
        "GET",
        "groups/{}/transitiveMembers/microsoft.graph.user",
        listings.transitive_members,
        _GROUPS,
        cost=5,
        takes=_CAST,
    ),
    Operation("GET", f"{_RBAC}/roleDefinitions", roles.role_definitions, _ROLES, takes=_LIST),
    Operation("GET", f"{_RBAC}/roleAssignments", roles.role_assignments, _ROLES, takes=_HELD),
    Operation(
        "GET", f"{_RBAC}/roleAssignmentScheduleInstances", roles.assignment_instances, _ROLES, takes=_HELD
    ),
    Operation(
        "GET", f"{_RBAC}/roleEligibilityScheduleInstances", roles.eligibility_instances, _ROLES, takes=_HELD
    ),
    Operation(
        "GET",
        "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
        roles.group_eligibility_instances,
        _GROUP_ELIGIBLE,
        takes=_HELD | words("$filter"),
    ),
    Operation("GET", "directoryRoles", roles.directory_roles, _ROLES),
    Operation("GET", "directoryRoles/{}/members", roles.role_members, _ROLES, takes=_LIST),
    Operation("GET", "directoryRoles/{}/members/graph.user", roles.role_members, _ROLES, takes=_CAST),
    Operation(
        "GET", "directoryRoles/{}/members/microsoft.graph.user", roles.role_members, _ROLES, takes=_CAST
    ),
    Operation("GET", "policies/authenticationMethodsPolicy", policies.methods_policy, _METHODS_POLICY),
    Operation("GET", _CONFIGS, policies.method_configs, _METHODS_POLICY),
    Operation("GET", f"{_CONFIGS}/{{}}", policies.method_configs, _METHODS_POLICY),
    Operation("GET", "policies/authorizationPolicy", posture.authorization_policy, _POLICY),
    Operation("GET", "directory/onPremisesSynchronization", posture.on_premises_sync, frozenset()),
    Operation("GET", "directory/onPremisesSynchronization/{}", posture.on_premises_sync, frozenset()),
)


@dataclass(slots=True)
class _Node:
    """One segment of the tree of paths; `{}` stands for any segment."""

    below: dict[str, "_Node"] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)


def _tree() -> _Node:
    root = _Node()
    for operation in OPERATIONS:
        node = root
        for segment in operation.pattern.split("/"):
            node = node.below.setdefault(segment, _Node())
        node.operations[operation.verb] = operation
    return root


_ROOT = _tree()


def find(segments: list[str]) -> dict[str, Operation] | None:
    """The operations of a path by verb, or None where there is no such path."""
    node = _ROOT
    for segment in segments:
        below = node.below.get(segment) or node.below.get("{}")
        if below is None:
            return None
        node = below
    return node.operations or None

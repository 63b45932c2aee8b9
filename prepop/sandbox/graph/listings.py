"""Users, groups, roles, policies, licences and the registration report (GRAPH sections 4, 7, 10)."""

from prepop.sandbox.graph import queries
from prepop.sandbox.graph.methods import find_user
from prepop.sandbox.graph.records import (
    AuditRecord,
    GroupRecord,
    ReportRow,
    User,
)
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.wire import (
    Ask,
    GraphError,
    Json,
    Reply,
    filtered,
    not_found,
    page,
    selected,
    stamp,
    top,
    unsupported,
    words,
)

USER_FILTERS = words(
    "id userPrincipalName mail displayName accountEnabled userType onPremisesSyncEnabled "
    "onPremisesImmutableId onPremisesSamAccountName onPremisesSecurityIdentifier"
)
# What GET /users shows without $select (GRAPH section 4), of the properties that the sandbox has.
USER_DEFAULT = words("businessPhones displayName mail mobilePhone userPrincipalName id")


# ---------------------------------------------------------------- users


def user_row(user: User) -> Json:
    """All properties of a user that the sandbox has; "" in the state is null on the wire."""
    return {
        "id": user.id,
        "userPrincipalName": user.upn,
        "displayName": user.name or None,
        "mail": user.mail or None,
        "otherMails": list(user.other_mails),
        "proxyAddresses": list(user.proxy_addresses),
        "mobilePhone": user.mobile_phone or None,
        "businessPhones": [user.business_phone] if user.business_phone else [],
        "accountEnabled": user.enabled,
        "userType": "Guest" if user.guest else "Member",
        "department": user.department or None,
        "country": user.country or None,
        "usageLocation": user.usage_location or None,
        "preferredLanguage": user.language or None,
        "isManagementRestricted": user.restricted or None,
        "onPremisesSyncEnabled": True if user.synced else None,
        "onPremisesImmutableId": user.immutable_id or None,
        "onPremisesSamAccountName": user.sam or None,
        "onPremisesSecurityIdentifier": user.sid or None,
        "onPremisesDistinguishedName": user.dn or None,
        "onPremisesLastSyncDateTime": "2026-11-01T02:00:00Z" if user.synced else None,
        "assignedPlans": [
            {
                "assignedDateTime": "2026-01-15T08:00:00Z",
                "capabilityStatus": status,
                "service": "AADPremiumService",
                "servicePlanId": plan,
            }
            for plan, status in user.plans.items()
        ],
    }


def list_users(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET /users: pages of 100, at most 999; $skip is not supported (GRAPH section 4)."""
    if "$skip" in ask.query:
        raise unsupported("$skip is not supported.")
    size = tenant.faults.page_size(top(ask, default=100, most=999))
    wanted = queries.wanted(ask, USER_FILTERS)
    everyone = list(tenant.users.values())
    if wanted is None and "$orderby" not in ask.query:
        rows, head = page(everyone, ask, size)
        return shown_page(
            ask, head | queries.counted(ask, len(everyone)), [user_row(u) for u in rows], USER_DEFAULT
        )
    fitting = [row for row in map(user_row, everyone) if wanted is None or wanted(row)]
    found, head = page(queries.ordered(ask, fitting), ask, size)
    return shown_page(ask, head | queries.counted(ask, len(fitting)), list(found), USER_DEFAULT)


def get_user(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET /users/{id}."""
    row = selected(user_row(find_user(tenant, ask.segments[1])), ask, default=USER_DEFAULT)
    return Reply(200, {"@odata.context": f"{ask.root}/$metadata#users/$entity"} | row)


def get_manager(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET /users/{id}/manager: 404 where the user has none (GRAPH section 4)."""
    found = tenant.users.get(find_user(tenant, ask.segments[1]).manager)
    if found is None:
        raise not_found("manager")
    row: Json = {"@odata.type": "#microsoft.graph.user"} | selected(
        user_row(found), ask, default=USER_DEFAULT
    )
    return Reply(200, {"@odata.context": f"{ask.root}/$metadata#directoryObjects/$entity"} | row)


def shown_page(ask: Ask, head: Json, rows: list[Json], default: frozenset[str] | None = None) -> Reply:
    """One page of rows, each with what the request selects."""
    return Reply(200, head | {"value": [selected(row, ask, default=default) for row in rows]})


# ---------------------------------------------------------------- the registration report

REPORT_FILTERS = words(
    "id userPrincipalName userDisplayName isAdmin isMfaCapable isMfaRegistered isSsprCapable "
    "isSsprEnabled isSsprRegistered isPasswordlessCapable userType"
)


def _report_row(tenant: SandboxTenant, row: ReportRow) -> Json:
    user = tenant.users[row.user]
    return {
        "id": row.user,
        "userPrincipalName": user.upn,
        "userDisplayName": user.name,
        "userType": "guest" if user.guest else "member",
        "isAdmin": row.is_admin,
        "isSsprRegistered": row.sspr_registered,
        "isSsprEnabled": row.sspr_enabled,
        "isSsprCapable": row.sspr_enabled and row.sspr_registered,
        "isMfaRegistered": row.mfa_registered,
        "isMfaCapable": row.mfa_registered,
        "isPasswordlessCapable": False,
        "lastUpdatedDateTime": stamp(row.at),
        "methodsRegistered": list(row.methods),
        "isSystemPreferredAuthenticationMethodEnabled": True,
        "systemPreferredAuthenticationMethods": [row.preferred] if row.preferred else [],
        "userPreferredMethodForSecondaryAuthentication": row.preferred,
    }


def list_report(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET userRegistrationDetails: needs P1 or P2; as old as its lag; no disabled users (GRAPH section 4)."""
    if not tenant.has_p1:
        text = "Neither tenant is B2C or tenant doesn't have premium license"
        raise GraphError(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", text)
    size = tenant.faults.page_size(top(ask, default=100, most=999))
    wanted = filtered(ask, REPORT_FILTERS)
    present = [row for row in tenant.report_now().values() if row.user in tenant.users]
    if wanted is None:
        some, head = page(present, ask, size)
        return shown_page(ask, head, [_report_row(tenant, row) for row in some])
    rows, head = page([r for r in (_report_row(tenant, p) for p in present) if wanted(r)], ask, size)
    return shown_page(ask, head, list(rows))


def get_report(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET userRegistrationDetails/{id}."""
    if not tenant.has_p1:
        text = "Neither tenant is B2C or tenant doesn't have premium license"
        raise GraphError(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", text)
    row = tenant.report_now().get(ask.segments[3])
    if row is None or row.user not in tenant.users:
        raise not_found(ask.segments[3])
    return Reply(200, selected(_report_row(tenant, row), ask))


AUDIT_FILTERS = words("id category correlationId loggedByService activityDisplayName activityDateTime")


def _audit_row(tenant: SandboxTenant, number: int, row: AuditRecord) -> Json:
    user = tenant.users.get(row.user)
    upn = user.upn if user else None
    return {
        "id": f"SSGM_AUDIT_{number}",
        "category": "UserManagement",
        "correlationId": f"00000000-0000-4000-8000-{number:012d}",
        "result": row.result,
        "resultReason": row.reason,
        "activityDisplayName": row.activity,
        "activityDateTime": stamp(row.at),
        "loggedByService": row.service,
        "operationType": "Reset",
        "initiatedBy": {"app": None, "user": {"id": row.user, "userPrincipalName": upn}},
        "targetResources": [{"id": row.user, "type": "User", "userPrincipalName": upn}],
        "additionalDetails": [],
    }


def directory_audits(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET /auditLogs/directoryAudits, newest first (GRAPH section 7g)."""
    size = tenant.faults.page_size(top(ask, default=100, most=999))
    wanted = filtered(ask, AUDIT_FILTERS)
    newest = sorted(enumerate(tenant.audits), key=lambda item: item[1].at, reverse=True)
    listed = [_audit_row(tenant, number, row) for number, row in newest]
    rows, head = page([row for row in listed if wanted is None or wanted(row)], ask, size)
    return shown_page(ask, head, list(rows))


# ---------------------------------------------------------------- groups


def _group_row(group: GroupRecord) -> Json:
    return {
        "id": group.id,
        "displayName": group.name,
        "groupTypes": [],
        "isAssignableToRole": group.role_assignable or None,
        "mailEnabled": False,
        "securityEnabled": True,
        "onPremisesSyncEnabled": None,
        "visibility": "Private",
    }


_OF_ANY_KIND = frozenset(user_row(User("", ""))) | frozenset(_group_row(GroupRecord("", "")))


def _group(tenant: SandboxTenant, ask: Ask) -> GroupRecord:
    found = tenant.groups.get(ask.segments[1])
    if found is None:
        raise not_found(ask.segments[1])
    return found


def list_groups(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET /groups, with $filter on displayName or isAssignableToRole."""
    size = tenant.faults.page_size(top(ask, default=100, most=999))
    wanted = filtered(ask, frozenset({"id", "displayName", "isAssignableToRole", "securityEnabled"}))
    rows = [_group_row(g) for g in tenant.groups.values()]
    found, head = page([r for r in rows if wanted is None or wanted(r)], ask, size)
    return shown_page(ask, head, list(found))


def get_group(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET /groups/{id}."""
    row = selected(_group_row(_group(tenant, ask)), ask)
    return Reply(200, {"@odata.context": f"{ask.root}/$metadata#groups/$entity"} | row)


def directory_object(tenant: SandboxTenant, ident: str) -> Json:
    """A directory object with its type: a user, a group, or an app that the sandbox knows only by id."""
    if ident in tenant.users:
        row = user_row(tenant.users[ident])
        del row["isManagementRestricted"]  # shown where a list of users selects it, and nowhere else
        return {"@odata.type": "#microsoft.graph.user"} | row
    if ident in tenant.groups:
        return {"@odata.type": "#microsoft.graph.group"} | _group_row(tenant.groups[ident])
    return {"@odata.type": "#microsoft.graph.servicePrincipal", "id": ident, "displayName": None}


def _selected_names(ask: Ask) -> frozenset[str]:
    """What `$select` names, each a property of one of the kinds that a mixed list can hold."""
    names = frozenset(n.strip() for n in ask.query.get("$select", "").split(",")) - {""}
    if unknown := sorted(names - _OF_ANY_KIND):
        text = f"Parsing OData Select and Expand failed: Could not find a property named '{unknown[0]}'."
        raise GraphError(400, "BadRequest", text)
    return names


def directory_objects(tenant: SandboxTenant, ask: Ask, idents: list[str]) -> Reply:
    """A page of directory objects; a path that ends in a cast to user has users alone."""
    size = tenant.faults.page_size(top(ask, default=100, most=999))
    cast = ask.segments[-1]
    if cast.endswith("graph.user"):
        idents = [i for i in idents if i in tenant.users]
    some, head = page(idents, ask, size)
    names = _selected_names(ask) or USER_DEFAULT
    rows = []
    for ident in some:
        whole = directory_object(tenant, ident)
        kept: Json = {"@odata.type": whole.pop("@odata.type")} if not cast.endswith("graph.user") else {}
        rows.append(kept | {k: v for k, v in whole.items() if k in names or k == "id"})
    return Reply(200, head | {"value": rows})


def transitive_members(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET /groups/{id}/transitiveMembers, with or without a cast to user."""
    return directory_objects(tenant, ask, sorted(tenant.nested(_group(tenant, ask).id)))


def members(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET /groups/{id}/members: direct ones."""
    return directory_objects(tenant, ask, list(_group(tenant, ask).members))


def owners(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET /groups/{id}/owners."""
    return directory_objects(tenant, ask, list(_group(tenant, ask).owners))

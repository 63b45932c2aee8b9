"""Roles and who holds them or could: directly, through groups, by PIM (GRAPH section 7e)."""

import re
import uuid

from prepop.sandbox.graph.listings import directory_object, directory_objects
from prepop.sandbox.graph.records import P2_PLAN, Assignment, GroupEligibility
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
    top,
    unsupported,
)

_INSTANCE: Json = {"memberType": "Direct", "startDateTime": "2026-01-15T08:00:00Z", "endDateTime": None}


def role_object(template: str) -> str:
    """The object id of an activated role, which is another one than that of its template."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"directoryRoles/{template}"))


def role_definitions(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET roleDefinitions."""
    rows: list[Json] = [
        {"id": ident, "displayName": name, "templateId": ident, "isBuiltIn": True, "isEnabled": True}
        for ident, name in tenant.roles.items()
    ]
    some, head = page(rows, ask, tenant.faults.page_size(top(ask, default=100, most=999)))
    return Reply(200, head | {"value": [selected(row, ask) for row in some]})


def _assignment_row(tenant: SandboxTenant, ask: Ask, held: Assignment, more: Json) -> Json:
    row: Json = {
        "id": held.id,
        "roleDefinitionId": held.role,
        "principalId": held.principal,
        "directoryScopeId": held.scope,
    }
    row = selected(row | more, ask)
    expand = ask.query.get("$expand")
    if expand == "principal":
        row["principal"] = directory_object(tenant, held.principal)
    elif expand is not None:
        raise unsupported(f"$expand={expand} is not supported here.")
    return row


def _assignments(tenant: SandboxTenant, ask: Ask, held: list[Assignment], more: Json) -> Reply:
    size = tenant.faults.page_size(top(ask, default=100, most=999))
    some, head = page(held, ask, size)
    return Reply(200, head | {"value": [_assignment_row(tenant, ask, a, more) for a in some]})


def role_assignments(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET roleAssignments: the active ones."""
    return _assignments(tenant, ask, tenant.assignments, {})


def assignment_instances(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET roleAssignmentScheduleInstances: the active ones as PIM sees them; needs P2."""
    _need_p2(tenant)
    return _assignments(tenant, ask, tenant.assignments, {**_INSTANCE, "assignmentType": "Assigned"})


def eligibility_instances(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET roleEligibilityScheduleInstances: who may activate a role; needs P2."""
    _need_p2(tenant)
    return _assignments(tenant, ask, tenant.eligible, _INSTANCE)


def group_eligibility_instances(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET privilegedAccess/group/eligibilityScheduleInstances: a filter is a must; needs P2."""
    wanted = filtered(ask, frozenset({"groupId", "principalId", "accessId"}))
    if wanted is None or not ("groupId" in ask.query["$filter"] or "principalId" in ask.query["$filter"]):
        raise GraphError(400, "MissingFilter", "The filter groupId or principalId is required.")
    _need_p2(tenant)
    asked = tenant.groups.keys() & set(re.findall(r"groupId eq '([^']*)'", ask.query["$filter"]))
    if tenant.under_pim is not None and not asked <= tenant.under_pim:
        raise GraphError(400, "ResourceTypeNotSupported", "The resource type is not supported.")
    rows = [_group_eligibility(tenant, ask, eligibility) for eligibility in tenant.group_eligible]
    size = tenant.faults.page_size(top(ask, default=100, most=999))
    some, head = page([row for row in rows if wanted(row)], ask, size)
    return Reply(200, head | {"value": list(some)})


def _group_eligibility(tenant: SandboxTenant, ask: Ask, eligibility: GroupEligibility) -> Json:
    schedule = uuid.uuid5(
        uuid.NAMESPACE_URL, f"{eligibility.group} {eligibility.access} {eligibility.principal}"
    )
    whole: Json = {
        "id": f"{eligibility.group}_{eligibility.access}_{schedule}",
        "principalId": eligibility.principal,
        "groupId": eligibility.group,
        "accessId": eligibility.access,
        "memberType": "direct",
        "startDateTime": "2026-01-15T08:00:00Z",
        "endDateTime": None,
        "eligibilityScheduleId": f"{eligibility.group}_{eligibility.access}_{schedule}",
    }
    row = selected(whole, ask)
    expand = ask.query.get("$expand")
    if expand == "principal":
        row["principal"] = directory_object(tenant, eligibility.principal)
    elif expand is not None:
        raise unsupported(f"$expand={expand} is not supported here.")
    return row


def _need_p2(tenant: SandboxTenant) -> None:
    """400 AadPremiumLicenseRequired: seen in maester365/maester#1421 and others."""
    if tenant.unverified.eligible_needs_p2 and not tenant.has_plan(P2_PLAN):
        text = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
        raise GraphError(400, "AadPremiumLicenseRequired", text)


def directory_roles(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET directoryRoles: only roles that somebody holds."""
    held = {a.role for a in tenant.assignments}
    rows: list[Json] = [
        {"id": role_object(ident), "displayName": name, "roleTemplateId": ident}
        for ident, name in tenant.roles.items()
        if ident in held
    ]
    return Reply(200, {"@odata.context": f"{ask.root}/$metadata#directoryRoles", "value": rows})


def role_members(tenant: SandboxTenant, ask: Ask) -> Reply:
    """GET directoryRoles/{id}/members: direct, active ones; groups come as groups."""
    template = {role_object(ident): ident for ident in tenant.roles}.get(ask.segments[1])
    if template is None:
        raise not_found(ask.segments[1])
    return directory_objects(tenant, ask, [a.principal for a in tenant.assignments if a.role == template])

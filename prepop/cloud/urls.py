"""The addresses of everything that is read, relative to the version: the SDK's builders make the lists',
plain text makes those of batch items, which are many (a builder costs as much as the whole rest of an item).

Sources: GRAPH section 4 (page sizes and $select), GRAPH section 7 (policy, roles); documented query
options of each page under learn.microsoft.com/graph/api.
"""

from datetime import UTC, datetime
from typing import assert_never
from urllib.parse import quote

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.groups.item.group_item_request_builder import GroupItemRequestBuilder
from msgraph.generated.groups.item.transitive_members.transitive_members_request_builder import (
    TransitiveMembersRequestBuilder,
)
from msgraph.generated.organization.organization_request_builder import OrganizationRequestBuilder
from msgraph.generated.reports.authentication_methods.user_registration_details import (
    user_registration_details_request_builder as registration_details,
)
from msgraph.generated.role_management.directory.role_assignments.role_assignments_request_builder import (
    RoleAssignmentsRequestBuilder,
)
from msgraph.generated.role_management.directory.role_definitions.role_definitions_request_builder import (
    RoleDefinitionsRequestBuilder,
)
from msgraph.generated.role_management.directory.role_eligibility_schedule_instances import (
    role_eligibility_schedule_instances_request_builder as eligibility_instances,
)
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph.graph_service_client import GraphServiceClient

from prepop.model import Family

PAGE = 999  # the most that users and groups give at once

USER_FIELDS = (
    "id",
    "userPrincipalName",
    "displayName",
    "mail",
    "proxyAddresses",
    "accountEnabled",
    "userType",
    "department",
    "country",
    "preferredLanguage",
    "onPremisesSyncEnabled",
    "onPremisesImmutableId",
    "onPremisesSecurityIdentifier",
    "onPremisesSamAccountName",
    "onPremisesDistinguishedName",
    "assignedPlans",
    "isManagementRestricted",
)
REPORT_FIELDS = ("id", "isAdmin", "isSsprCapable", "isSsprEnabled", "isSsprRegistered", "methodsRegistered")


class Addresses:
    """Relative addresses (`/users?…`) of lists and single things."""

    def __init__(self, client: GraphServiceClient) -> None:
        self._client = client

    def organization(self) -> str:
        """The tenant itself."""
        wanted = OrganizationRequestBuilder.OrganizationRequestBuilderGetQueryParameters(
            select=["id", "displayName", "verifiedDomains"]
        )
        return _url(
            self._client.organization.to_get_request_information(
                RequestConfiguration(query_parameters=wanted)
            )
        )

    def users(self) -> str:
        """All accounts, by pages."""
        wanted = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=list(USER_FIELDS), top=PAGE)
        return _url(
            self._client.users.to_get_request_information(RequestConfiguration(query_parameters=wanted))
        )

    def registrations(self) -> str:
        """The registration report. `$top` and `$select` are used widely but undocumented: GRAPH section 4."""
        builder = registration_details.UserRegistrationDetailsRequestBuilder
        wanted = builder.UserRegistrationDetailsRequestBuilderGetQueryParameters(
            select=list(REPORT_FIELDS), top=PAGE
        )
        report = self._client.reports.authentication_methods.user_registration_details
        return _url(report.to_get_request_information(RequestConfiguration(query_parameters=wanted)))

    def reported_admins(self) -> str:
        """Of the registration report, only administrators: `isAdmin` takes a filter (GRAPH section 4)."""
        builder = registration_details.UserRegistrationDetailsRequestBuilder
        wanted = builder.UserRegistrationDetailsRequestBuilderGetQueryParameters(
            filter="isAdmin eq true", select=list(REPORT_FIELDS), top=PAGE
        )
        report = self._client.reports.authentication_methods.user_registration_details
        return _url(report.to_get_request_information(RequestConfiguration(query_parameters=wanted)))

    def role_assignments(self) -> str:
        """Active role assignments with their principals; activated eligible ones are among them."""
        wanted = RoleAssignmentsRequestBuilder.RoleAssignmentsRequestBuilderGetQueryParameters(
            expand=["principal"]
        )
        roles = self._client.role_management.directory.role_assignments
        return _url(roles.to_get_request_information(RequestConfiguration(query_parameters=wanted)))

    def role_eligibilities(self) -> str:
        """Roles that somebody can activate now (PIM)."""
        builder = eligibility_instances.RoleEligibilityScheduleInstancesRequestBuilder
        wanted = builder.RoleEligibilityScheduleInstancesRequestBuilderGetQueryParameters(
            expand=["principal"]
        )
        roles = self._client.role_management.directory.role_eligibility_schedule_instances
        return _url(roles.to_get_request_information(RequestConfiguration(query_parameters=wanted)))

    def role_names(self) -> str:
        """What the roles are called."""
        wanted = RoleDefinitionsRequestBuilder.RoleDefinitionsRequestBuilderGetQueryParameters(
            select=["id", "displayName"]
        )
        roles = self._client.role_management.directory.role_definitions
        return _url(roles.to_get_request_information(RequestConfiguration(query_parameters=wanted)))

    def role_groups(self) -> str:
        """Groups that may be given a role."""
        return self._groups("isAssignableToRole eq true")

    def groups_named(self, name: str) -> str:
        """Groups with this display name. A quote inside an OData text is written twice."""
        return self._groups("displayName eq '{}'".format(name.replace("'", "''")))

    def groups(self) -> str:
        """All groups."""
        return self._groups(None)

    def _groups(self, condition: str | None) -> str:
        wanted = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(
            filter=condition, select=["id", "displayName", "visibility"], top=PAGE
        )
        return _url(
            self._client.groups.to_get_request_information(RequestConfiguration(query_parameters=wanted))
        )

    def group(self, group_id: str) -> str:
        """One group."""
        wanted = GroupItemRequestBuilder.GroupItemRequestBuilderGetQueryParameters(
            select=["id", "displayName", "visibility"]
        )
        group = self._client.groups.by_group_id(group_id)
        return _url(group.to_get_request_information(RequestConfiguration(query_parameters=wanted)))

    def members(self, group_id: str) -> str:
        """Members of a group, nested ones too.

        Without the cast to users: that one reads an index which lags behind (it needs ConsistencyLevel
        eventual), and somebody who has just been put into a pilot or a role is to be seen.
        """
        wanted = TransitiveMembersRequestBuilder.TransitiveMembersRequestBuilderGetQueryParameters(
            select=["id"], top=PAGE
        )
        members = self._client.groups.by_group_id(group_id).transitive_members
        return _url(members.to_get_request_information(RequestConfiguration(query_parameters=wanted)))

    def methods_policy(self) -> str:
        """Who may use which method."""
        return _url(self._client.policies.authentication_methods_policy.to_get_request_information())


def phones(account_id: str) -> str:
    """The phone methods of an account, for a batch item."""
    return f"/users/{quote(account_id, safe='')}/authentication/phoneMethods"


def email(account_id: str) -> str:
    """The email methods of an account, for a batch item."""
    return f"/users/{quote(account_id, safe='')}/authentication/emailMethods"


def manager(account_id: str) -> str:
    """Whom an account reports to, for a batch item (GRAPH section 4)."""
    return f"/users/{quote(account_id, safe='')}/manager?$select=userPrincipalName"


def mailbox(account_id: str) -> str:
    """Where an account reads mail, and in which language, for a batch item (GRAPH section 4)."""
    return f"/users/{quote(account_id, safe='')}?$select=mail,displayName,preferredLanguage"


def methods(family: Family, account_id: str) -> str:
    """The methods of one family of an account, for a batch item."""
    match family:
        case Family.PHONE:
            return phones(account_id)
        case Family.EMAIL:
            return email(account_id)
        case _:
            assert_never(family)


def group_members(group_id: str) -> str:
    """As `Addresses.members`, for a batch item."""
    return f"/groups/{quote(group_id, safe='')}/transitiveMembers?$select=id&$top={PAGE}"


def group_owners(group_id: str) -> str:
    """The owners of a group, for a batch item."""
    return f"/groups/{quote(group_id, safe='')}/owners?$select=id&$top={PAGE}"


def resets(condition: str, since: datetime) -> str:
    """The audit log's lines since then that fit a condition (GRAPH section 7g)."""
    when = f"activityDateTime ge {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return f"/auditLogs/directoryAudits?$filter={quote(f'{when} and {condition}', safe=chr(39))}&$top={PAGE}"


def group_eligibilities(group_id: str) -> str:
    """Who can make himself a member or owner of a group now (PIM for Groups), for a batch item.

    A filter by group or principal is a must: GRAPH section 7e.
    """
    condition = quote(f"groupId eq '{group_id}'", safe="'")
    return (
        "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
        f"?$filter={condition}&$expand=principal"
    )


def _url(info: RequestInformation) -> str:
    return info.url

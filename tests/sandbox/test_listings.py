"""Users, groups, roles, policies and the registration report: GRAPH sections 4 and 7, over HTTP."""

from collections.abc import Iterator

import pytest

from prepop.model import Method
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.records import GroupEligibility, Target, Unverified, premium_p1
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.sandbox.conftest import Graph, Json

REPORT = "/reports/authenticationMethods/userRegistrationDetails"


def pages(graph: Graph, url: str) -> Iterator[list[Json]]:
    """Every page of a list, following its nextLinks."""
    following: str | None = url
    while following:
        got = graph.http.get(following, headers={"ConsistencyLevel": "eventual"})
        assert got.status_code == 200, got.text
        yield got.json()["value"]
        following = got.json().get("@odata.nextLink")


def every(graph: Graph, url: str) -> list[Json]:
    return [row for page in pages(graph, url) for row in page]


def test_users_come_in_pages_of_a_hundred(graph: Graph) -> None:
    """Without $top a page has a hundred; nextLink keeps the options and leads through all, each once."""
    ids = [graph.tenant.new_user(f"u{n}@example.com").id for n in range(250)]
    got = list(pages(graph, "/users?$select=id,userType"))
    assert [len(page) for page in got] == [100, 100, 50]
    assert [row for page in got for row in page] == [{"id": i, "userType": "Member"} for i in ids]


def test_odd_pages_lose_nobody(graph: Graph) -> None:
    """With awkwardness on pages are shorter than asked, and every user comes once all the same."""
    graph.serve(SandboxTenant(faults=Faults(seed=2, odd_pages=True)))
    ids = [graph.tenant.new_user(f"u{n}@example.com").id for n in range(500)]
    sizes = [len(page) for page in pages(graph, "/users?$select=id&$top=60")]
    assert max(sizes) <= 60
    assert len(set(sizes)) > 2
    assert [row["id"] for row in every(graph, "/users?$select=id&$top=60")] == ids


@pytest.mark.parametrize(
    "query",
    ["$top=1000", "$top=0", "$top=x", "$skip=5", "$select=nonsense", "$filter=startsWith(department,'a')"],
)
def test_options_that_graph_refuses_are_refused(graph: Graph, query: str) -> None:
    """More than 999, $skip, unknown properties and unsupported filters answer 400."""
    graph.tenant.new_user("jane@example.com")
    assert graph.http.get(f"/users?{query}").status_code == 400
    graph.forgive()


def test_a_worn_page_token_is_refused(graph: Graph) -> None:
    """A skiptoken that nobody gave out answers 400."""
    assert graph.code(graph.http.get("/users?$skiptoken=%40%40"))[0] == 400


def test_users_show_what_was_selected_and_can_be_filtered(graph: Graph) -> None:
    """Sync properties, licences and addresses are there when selected; eq filters find one."""
    user = graph.tenant.new_user("o'hara@example.com", immutable_id="abc=")
    graph.tenant.new_user("tom@example.com", enabled=False)
    user.plans["41781fb2-bc02-4b7c-bd55-b576c07bb09d"] = "Enabled"
    user.proxy_addresses = ("SMTP:o@example.com",)
    wanted = "id,onPremisesImmutableId,onPremisesSyncEnabled,proxyAddresses,assignedPlans"
    [row] = every(graph, f"/users?$filter=userPrincipalName eq 'o''hara@example.com'&$select={wanted}")
    assert row["onPremisesImmutableId"] == "abc="
    assert row["onPremisesSyncEnabled"] is True
    assert row["proxyAddresses"] == ["SMTP:o@example.com"]
    assert isinstance(row["assignedPlans"], list)
    assert len(row["assignedPlans"]) == 1
    assert len(every(graph, "/users?$filter=accountEnabled eq false")) == 1
    assert "otherMails" not in graph.http.get(f"/users/{user.id}").json()


def test_deleted_users_are_gone(graph: Graph) -> None:
    """A soft-deleted user is in no list, and 404 by id."""
    user = graph.tenant.new_user("jane@example.com")
    graph.tenant.refresh_report()
    graph.tenant.delete_user(user.id)
    assert every(graph, "/users") == []
    assert every(graph, REPORT) == []
    assert graph.code(graph.http.get(f"/users/{user.id}")) == (404, "Request_ResourceNotFound")


# ---------------------------------------------------------------- the report


def test_the_report_lags_until_it_is_refreshed(graph: Graph) -> None:
    """It shows kinds of methods as of its last refresh: by itself after its lag, or when told."""
    now = [0.0]
    graph.serve(SandboxTenant(clock=lambda: now[0], report_lag=100))
    user = graph.tenant.new_user("jane@example.com")
    graph.tenant.register(user.id, "mobile", "+44 7400123456")
    graph.tenant.register(user.id, "office", "+44 2071234567")
    graph.tenant.register(user.id, "email", "j@example.org")
    assert every(graph, REPORT) == []
    now[0] = 100.0
    [row] = every(graph, REPORT)
    assert row["methodsRegistered"] == ["mobilePhone", "officePhone", "email"]
    assert "+44" not in str(row)
    graph.tenant.unregister(user.id, Method.OFFICE)
    assert every(graph, REPORT) == [row]
    graph.tenant.refresh_report()
    assert every(graph, REPORT)[0]["methodsRegistered"] == ["mobilePhone", "email"]


def test_the_report_says_who_can_reset(graph: Graph) -> None:
    """Enabled by scope, registered by the number of gates, capable by both; no disabled users in it."""
    jane, tom = graph.tenant.new_user("jane@example.com"), graph.tenant.new_user("tom@example.com")
    graph.tenant.new_user("off@example.com", enabled=False)
    graph.tenant.sspr_scope = graph.tenant.new_group("sspr", [jane.id]).id
    graph.tenant.gates = 2
    graph.tenant.register(jane.id, "mobile", "+44 7400123456")
    tom.authenticator = True
    graph.tenant.register(tom.id, "email", "t@example.org")
    graph.tenant.assign("User Administrator", tom.id)
    graph.tenant.refresh_report()
    rows = {row["id"]: row for row in every(graph, REPORT)}
    flags = ("isSsprEnabled", "isSsprRegistered", "isSsprCapable", "isAdmin", "isMfaRegistered")
    assert [rows[jane.id][f] for f in flags] == [True, False, False, False, True]
    assert [rows[tom.id][f] for f in flags] == [False, True, False, True, True]
    assert len(rows) == 2
    assert len(every(graph, f"{REPORT}?$filter=isSsprEnabled eq true")) == 1


def test_the_app_alone_resets_nothing_with_one_gate(graph: Graph) -> None:
    """Where one method is asked the app's push is no option; where two are it stands beside another."""
    tom = graph.tenant.new_user("tom@example.com")
    tom.authenticator = True
    graph.tenant.refresh_report()
    row = every(graph, REPORT)[0]
    assert (row["isSsprRegistered"], row["isSsprCapable"], row["isMfaRegistered"]) == (False, False, True)
    graph.tenant.gates = 2
    graph.tenant.register(tom.id, "email", "t@example.org")
    graph.tenant.refresh_report()
    assert every(graph, REPORT)[0]["isSsprRegistered"] is True


def test_the_report_needs_a_licence_and_a_permission(graph: Graph) -> None:
    """Without P1 or P2: 403 with the code that tools know; without AuditLog.Read.All: accessDenied."""
    graph.tenant.skus = []
    assert graph.code(graph.http.get(REPORT)) == (
        403,
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
    )
    graph.tenant.skus = [premium_p1(5)]
    assert graph.http.get(REPORT).status_code == 200
    graph.tenant.permissions.discard("AuditLog.Read.All")
    assert graph.code(graph.http.get(REPORT)) == (403, "accessDenied")


# ---------------------------------------------------------------- groups and roles


def test_groups_are_found_and_nested_members_counted(graph: Graph) -> None:
    """By name and by being role-assignable; transitive members at any depth, groups only without the cast."""
    jane, tom = graph.tenant.new_user("jane@example.com").id, graph.tenant.new_user("tom@example.com").id
    inner = graph.tenant.new_group("inner", [tom])
    outer = graph.tenant.new_group("O'Brien's", [jane, inner.id], role_assignable=True)
    inner.members.append(outer.id)  # a circle, as real directories have
    outer.owners.append(tom)
    [row] = every(graph, "/groups?$filter=displayName eq 'O''Brien''s'&$select=id")
    assert row == {"id": outer.id}
    assert [g["id"] for g in every(graph, "/groups?$filter=isAssignableToRole eq true")] == [outer.id]
    at = f"/groups/{outer.id}"
    users = {
        m["id"]
        for m in every(graph, f"{at}/transitiveMembers/microsoft.graph.user?$count=true&$select=id&$top=1")
    }
    assert users == {jane, tom}
    everything = {(m["@odata.type"], m["id"]) for m in every(graph, f"{at}/transitiveMembers?$select=id")}
    assert ("#microsoft.graph.group", inner.id) in everything
    assert {m["id"] for m in every(graph, f"{at}/members?$select=id")} == {jane, inner.id}
    assert [m["id"] for m in every(graph, f"{at}/owners?$select=id")] == [tom]
    assert graph.http.get("/groups/none").status_code == 404


def test_roles_are_active_or_eligible(graph: Graph) -> None:
    """Active ones in roleAssignments and directoryRoles, eligible ones apart; any kind of principal."""
    jane = graph.tenant.new_user("jane@example.com").id
    group = graph.tenant.new_group("admins", role_assignable=True)
    graph.tenant.assignments.clear()
    graph.tenant.assign("Global Administrator", jane)
    graph.tenant.assign("Helpdesk Administrator", group.id)
    graph.tenant.assign("User Administrator", "an-app")
    graph.tenant.assign("Exchange Administrator", jane, eligible=True)
    at = "/roleManagement/directory"
    active = every(graph, f"{at}/roleAssignments?$expand=principal")
    kinds = [a["principal"]["@odata.type"].rpartition(".")[2] for a in active]  # type: ignore[index]
    assert kinds == ["user", "group", "servicePrincipal"]
    [eligible] = every(graph, f"{at}/roleEligibilityScheduleInstances?$expand=principal")
    assert eligible["principalId"] == jane
    assert len(every(graph, f"{at}/roleAssignmentScheduleInstances")) == 3
    names = {d["id"]: d["displayName"] for d in every(graph, f"{at}/roleDefinitions")}
    assert names[eligible["roleDefinitionId"]] == "Exchange Administrator"
    held = {r["displayName"]: r["id"] for r in every(graph, "/directoryRoles")}
    assert set(held) == {"Global Administrator", "Helpdesk Administrator", "User Administrator"}
    members = every(graph, f"/directoryRoles/{held['Helpdesk Administrator']}/members")
    assert [m["id"] for m in members] == [group.id]


def test_who_is_eligible_for_a_group(graph: Graph) -> None:
    """One group's members and owners in waiting; a filter, P2, the permission and PIM are needed."""
    jane, joe = (graph.tenant.new_user(f"{name}@example.com").id for name in ("jane", "joe"))
    tier, other = (graph.tenant.new_group(name, role_assignable=True).id for name in ("tier 0", "other"))
    graph.tenant.group_eligible = [
        GroupEligibility(tier, jane),
        GroupEligibility(tier, joe, "owner"),
        GroupEligibility(other, joe),
    ]
    at = "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
    of_tier = f"{at}?$filter=groupId eq '{tier}'"
    found = every(graph, f"{of_tier}&$expand=principal")
    assert [(one["principalId"], one["accessId"]) for one in found] == [(jane, "member"), (joe, "owner")]
    assert {one["principal"]["@odata.type"] for one in found} == {"#microsoft.graph.user"}  # type: ignore[index]
    assert graph.code(graph.http.get(at)) == (400, "MissingFilter")
    graph.tenant.under_pim = {other}
    assert graph.code(graph.http.get(of_tier)) == (400, "ResourceTypeNotSupported")
    graph.tenant.skus = [premium_p1(5)]
    assert graph.code(graph.http.get(of_tier)) == (400, "AadPremiumLicenseRequired")
    graph.tenant.permissions.discard("PrivilegedEligibilitySchedule.Read.AzureADGroup")
    assert graph.code(graph.http.get(of_tier)) == (403, "Authorization_RequestDenied")


def test_a_new_tenant_has_an_administrator_and_no_account_for_it(graph: Graph) -> None:
    """No tenant is without a role assignment; the first one here is an app's."""
    [held] = every(graph, "/roleManagement/directory/roleAssignments")
    assert held["principalId"] not in graph.tenant.users


def test_page_tokens_expire_where_the_tenant_says_so(graph: Graph) -> None:
    """So many requests for a next page answer 400 Directory_ExpiredPageToken; begun again it is whole."""
    for n in range(150):
        graph.tenant.new_user(f"u{n}@example.com")
    graph.tenant.expiring_pages = 1
    more = graph.http.get("/users").json()["@odata.nextLink"]
    assert graph.code(graph.http.get(more)) == (400, "Directory_ExpiredPageToken")
    assert len(every(graph, "/users")) == 150


def test_members_of_restricted_units_show_on_select_alone(graph: Graph) -> None:
    """isManagementRestricted has to be selected; writing their methods is refused."""
    jane = graph.tenant.new_user("jane@example.com")
    jane.restricted = True
    assert "isManagementRestricted" not in every(graph, "/users")[0]
    assert every(graph, "/users?$select=isManagementRestricted") == [{"isManagementRestricted": True}]
    body = {"phoneNumber": "+44 7400123456", "phoneType": "mobile"}
    refused = graph.http.post(f"/users/{jane.id}/authentication/phoneMethods", json=body)
    assert graph.code(refused) == (403, "Authorization_RequestDenied")


def test_eligible_roles_need_p2_and_all_roles_a_permission(graph: Graph) -> None:
    """Without P2: 400 AadPremiumLicenseRequired; without the permission: 403 Authorization_RequestDenied."""
    at = "/roleManagement/directory"
    graph.tenant.skus = [premium_p1(5)]
    refused = graph.http.get(f"{at}/roleEligibilityScheduleInstances")
    assert graph.code(refused) == (400, "AadPremiumLicenseRequired")
    assert graph.http.get(f"{at}/roleAssignments").status_code == 200
    graph.tenant.permissions.discard("RoleManagement.Read.Directory")
    assert graph.code(graph.http.get(f"{at}/roleAssignments")) == (403, "Authorization_RequestDenied")


# ---------------------------------------------------------------- the tenant itself


def test_the_tenant_tells_its_domains_and_licences(graph: Graph) -> None:
    """Organization with verified domains; SKUs by service plan."""
    graph.serve(SandboxTenant(domains=("example.com", "contoso.onmicrosoft.com")))
    [row] = every(graph, "/organization?$select=id,verifiedDomains")
    assert [d["name"] for d in row["verifiedDomains"]] == graph.tenant.domains  # type: ignore[attr-defined]
    [sku] = every(graph, "/subscribedSkus")
    assert sku["skuPartNumber"] == "AAD_PREMIUM_P2"


def test_the_methods_policy_is_readable_whole_and_in_parts(graph: Graph) -> None:
    """States, targets, sign-in by SMS, office calls; the migration state may be absent."""
    policy = graph.tenant.policy
    policy.sms.include = [Target("some-group", sign_in=True)]
    policy.email.enabled = False
    policy.migration = None
    policy.voice.exclude = ["others"]
    got = graph.http.get("/policies/authenticationMethodsPolicy").json()
    parts = {c["id"]: c for c in got["authenticationMethodConfigurations"]}
    assert "policyMigrationState" not in got
    assert parts["Sms"]["includeTargets"][0]["isUsableForSignIn"] is True
    assert parts["Email"]["state"] == "disabled"
    assert parts["Voice"]["excludeTargets"] == [{"targetType": "group", "id": "others"}]
    one = graph.http.get("/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/sms")
    assert one.json() == parts["Sms"]
    assert graph.http.get("/policies/authorizationPolicy").json()["allowedToUseSSPR"] is True


def test_sync_features_are_not_for_apps_alone(graph: Graph) -> None:
    """onPremisesSynchronization is 403 app-only; by a switch a collection, and an object by id."""
    url = "/directory/onPremisesSynchronization"
    assert graph.code(graph.http.get(url)) == (403, "Authorization_RequestDenied")
    graph.tenant.unverified = Unverified(sync_app_only=True)
    graph.tenant.sync.password_writeback = False
    [row] = every(graph, url)
    assert row["features"]["passwordWritebackEnabled"] is False  # type: ignore[index]
    assert graph.http.get(f"{url}/{graph.tenant.id}").json()["id"] == graph.tenant.id


def test_tokens_are_looked_at(graph: Graph) -> None:
    """No token or an issued one; a made-up or expired one is 401, and with require_token none is too."""
    now = [0.0]
    graph.serve(SandboxTenant(clock=lambda: now[0]))
    graph.tenant.tokens["good"] = 10.0

    def ask(token: str) -> int:
        return graph.http.get("/organization", headers={"Authorization": token}).status_code

    assert [ask("Bearer good"), ask("Bearer bad"), ask("Basic good")] == [200, 401, 401]
    assert graph.http.get("/organization").status_code == 200
    graph.tenant.require_token = True
    assert graph.code(graph.http.get("/organization")) == (401, "InvalidAuthenticationToken")
    now[0] = 10.0
    assert ask("Bearer good") == 401


def test_requests_are_counted_by_kind(graph: Graph) -> None:
    """Every HTTP request counts once, under its pattern, with its status."""
    user = graph.tenant.new_user("jane@example.com").id
    graph.http.get(f"/users/{user}/authentication/phoneMethods")
    graph.http.get("/users/nobody")
    assert graph.tenant.requests.http == {"GET users/{}/authentication/phoneMethods": 1, "GET users/{}": 1}
    assert graph.tenant.requests.answers == {200: 1, 404: 1}
    graph.tenant.requests.clear()
    assert graph.tenant.requests.http.total() == 0

"""What the emulated tenant does not know it refuses by name, as Graph does with much of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant

LISTS = (
    "/users",
    "/groups",
    "/groups/{group}/members",
    "/groups/{group}/owners",
    "/groups/{group}/transitiveMembers",
    "/users/{user}/authentication/phoneMethods",
    "/users/{user}/authentication/emailMethods",
    "/reports/authenticationMethods/userRegistrationDetails",
    "/auditLogs/directoryAudits",
    "/roleManagement/directory/roleDefinitions",
    "/roleManagement/directory/roleAssignments",
    "/roleManagement/directory/roleEligibilityScheduleInstances",
    "/directoryRoles",
    "/subscribedSkus",
    "/organization",
    "/domains",
)


@pytest.fixture
def graph() -> Iterator[tuple[SandboxTenant, httpx.Client, dict[str, str]]]:
    """A tenant with a user in a group, over HTTP."""
    tenant = SandboxTenant(faults=Faults.none(), scale=1000)
    user = tenant.new_user("jane@contoso.com").id
    group = tenant.new_group("Pilot", [user]).id
    with SandboxServer(tenant) as server, httpx.Client(base_url=f"{server.url}/v1.0", timeout=60) as client:
        yield tenant, client, {"user": user, "group": group}


Graph = tuple[SandboxTenant, httpx.Client, dict[str, Any]]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "option", ["$orderby=nonsense", "$search=x", "$count=true", "$skip=5", "$nonsense=1"]
)
def test_an_option_that_is_not_known_is_refused(graph: Graph, path: str, option: str) -> None:
    """400 that names it, and never a list as if nothing had been asked."""
    _, client, ids = graph
    answer = client.get(f"{path.format(**ids)}?{option}")
    assert answer.status_code == 400
    assert option.partition("=")[0] in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", LISTS)
def test_a_filter_is_heeded_or_refused(graph: Graph, path: str) -> None:
    """Nonsense in $filter is 400 everywhere."""
    _, client, ids = graph
    assert client.get(f"{path.format(**ids)}?$filter=nonsense eq 'x'").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/groups/{group}/members",
        "/groups/{group}/transitiveMembers",
        "/roleManagement/directory/roleDefinitions",
        "/roleManagement/directory/roleAssignments",
    ],
)
def test_a_property_that_is_none_is_refused_in_mixed_lists(graph: Graph, path: str) -> None:
    """$select of a property that no kind of row has is 400 there too."""
    _, client, ids = graph
    assert client.get(f"{path.format(**ids)}?$select=nonsense").status_code == 400
    answer = client.get(f"{path.format(**ids)}?$select=id")
    assert all(set(row) <= {"id", "@odata.type"} for row in answer.json()["value"])


def test_a_page_of_role_definitions_is_as_long_as_asked(graph: Graph) -> None:
    """$top counts there too."""
    _, client, _ = graph
    page = client.get("/roleManagement/directory/roleDefinitions?$top=2").json()
    assert len(page["value"]) == 2
    assert "@odata.nextLink" in page


@pytest.mark.parametrize("kind", ["application/jsonp", "application/json-seq", "text/json"])
def test_what_only_begins_like_json_is_not_json(graph: Graph, kind: str) -> None:
    """The media type is compared whole; its parameters and case do not count."""
    tenant, client, ids = graph
    body = '{"phoneNumber": "+44 7400123456", "phoneType": "mobile"}'
    path = f"/users/{ids['user']}/authentication/phoneMethods"
    assert client.post(path, content=body, headers={"Content-Type": kind}).status_code == 415
    item = {"id": "1", "method": "POST", "url": path, "headers": {"Content-Type": kind}, "body": {}}
    assert client.post("/$batch", json={"requests": [item]}).status_code == 400
    assert not tenant.writes
    whole = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post(path, content=body, headers=whole).status_code == 201


def test_moments_of_creation_and_of_beginning_are_shown(graph: Graph) -> None:
    """A method says when it was made, an instance of a role's schedule when it begins."""
    tenant, client, ids = graph
    path = f"/users/{ids['user']}/authentication/phoneMethods"
    client.post(path, json={"phoneNumber": "+44 7400123456", "phoneType": "mobile"})
    (phone,) = client.get(path).json()["value"]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(phone["createdDateTime"])) < timedelta(minutes=5)
    tenant.assign("Helpdesk Administrator", ids["user"])
    rows = client.get("/roleManagement/directory/roleAssignmentScheduleInstances").json()["value"]
    assert all(datetime.fromisoformat(row["startDateTime"]) < datetime.now(UTC) for row in rows)


INDEX = {"ConsistencyLevel": "eventual"}


def names(client: httpx.Client, query: str, headers: dict[str, str] | None = None) -> list[str]:
    """The UPNs' first parts that a query on /users finds."""
    answer = client.get(f"/users?$select=userPrincipalName&{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return [row["userPrincipalName"].partition("@")[0] for row in answer.json()["value"]]


def test_advanced_queries_on_users(graph: Graph) -> None:
    """$search, ne, not and endsWith need the header and $count; startsWith and $orderby alone do not."""
    tenant, client, _ = graph
    for name in ("bob", "zoe"):
        tenant.new_user(f"{name}@contoso.com")
    tenant.new_user("kim@example.org", enabled=False)
    assert names(client, "$filter=startsWith(userPrincipalName,'b')") == ["bob"]
    assert names(client, "$orderby=userPrincipalName desc") == ["zoe", "kim", "jane", "bob"]
    index = {
        "$filter=endsWith(userPrincipalName,'example.org')": ["kim"],
        "$filter=accountEnabled ne true": ["kim"],
        "$filter=not(startsWith(userPrincipalName,'b')) and accountEnabled eq true": ["jane", "zoe"],
        '$search="userPrincipalName:zo"': ["zoe"],
        "$filter=accountEnabled eq true&$orderby=userPrincipalName": ["bob", "jane", "zoe"],
    }
    for query, found in index.items():
        assert client.get(f"/users?{query}").status_code == 400
        assert client.get(f"/users?{query}", headers=INDEX).status_code == 400
        assert names(client, f"{query}&$count=true", INDEX) == found
    counted = client.get("/users?$top=1&$count=true", headers=INDEX).json()
    assert (counted["@odata.count"], len(counted["value"])) == (4, 1)


def test_delta_shows_what_changed_since_its_link(graph: Graph) -> None:
    """Everybody first; then who is new, changed or gone, and never a change of a method alone."""
    tenant, client, ids = graph
    first = client.get("/users/delta?$select=displayName").json()
    assert [row["id"] for row in first["value"]] == [ids["user"]]
    link = first["@odata.deltaLink"]
    phones = f"/users/{ids['user']}/authentication/phoneMethods"
    client.post(phones, json={"phoneNumber": "+44 7400123456", "phoneType": "mobile"})
    assert client.get(link).json()["value"] == []
    new = tenant.new_user("new@contoso.com").id
    tenant.users[ids["user"]].name = "Jane Doe"
    later = client.get(link, headers={"Prefer": "return=minimal"}).json()
    assert later["value"] == [
        {"id": ids["user"], "displayName": "Jane Doe"},
        {"id": new, "displayName": "new"},
    ]
    del tenant.users[new]
    gone = client.get(later["@odata.deltaLink"]).json()["value"]
    assert gone == [{"id": new, "@removed": {"reason": "changed"}}]
    assert client.get("/users/delta?$filter=displayName eq 'x'").status_code == 400
    assert client.get("/users/delta?$deltatoken=nonsense").status_code == 400


def test_a_cast_is_an_advanced_query(graph: Graph) -> None:
    """It needs ConsistencyLevel: eventual and $count=true."""
    _, client, ids = graph
    path = f"/groups/{ids['group']}/transitiveMembers/microsoft.graph.user"
    assert client.get(path).status_code == 400
    eventual = {"ConsistencyLevel": "eventual"}
    assert client.get(path, headers=eventual).status_code == 400
    answer = client.get(f"{path}?$count=true", headers=eventual)
    assert [row["id"] for row in answer.json()["value"]] == [ids["user"]]


def test_only_json_is_taken(graph: Graph) -> None:
    """A body as text is refused, and nothing is written."""
    tenant, client, ids = graph
    body = '{"phoneNumber": "+44 7400123456", "phoneType": "mobile"}'
    path = f"/users/{ids['user']}/authentication/phoneMethods"
    answer = client.post(path, content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert not tenant.writes


def test_a_role_is_not_its_template(graph: Graph) -> None:
    """A directory role's object id leads to its members, its template's to none."""
    tenant, client, ids = graph
    tenant.assign("Helpdesk Administrator", ids["user"])
    roles = client.get("/directoryRoles").json()["value"]
    (role,) = [row for row in roles if row["displayName"] == "Helpdesk Administrator"]
    assert role["id"] != role["roleTemplateId"]
    assert client.get(f"/directoryRoles/{role['id']}/members").json()["value"][0]["id"] == ids["user"]
    assert client.get(f"/directoryRoles/{role['roleTemplateId']}/members").status_code == 404


def test_one_row_of_the_report_and_the_domains(graph: Graph) -> None:
    """userRegistrationDetails/{id} and /domains are there."""
    tenant, client, ids = graph
    tenant.permissions.add("Domain.Read.All")
    tenant.refresh_report()
    path = "/reports/authenticationMethods/userRegistrationDetails"
    assert client.get(f"{path}/{ids['user']}").json()["id"] == ids["user"]
    assert client.get(f"{path}/11111111-2222-4333-8444-555555555555").status_code == 404
    assert [row["id"] for row in client.get("/domains").json()["value"]] == tenant.domains

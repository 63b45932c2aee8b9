"""What the emulated tenant does not know it refuses by name, as Graph does with much of it."""

from collections.abc import Iterator
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
    "option", ["$orderby=displayName", "$search=x", "$count=true", "$skip=5", "$nonsense=1"]
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

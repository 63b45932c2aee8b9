"""What the sandbox answers is what Microsoft's description of Graph allows."""

import httpx
import pytest

from prepop.model import Method
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.methods import METHOD_IDS
from prepop.sandbox.graph.records import Unverified
from prepop.sandbox.graph.roles import role_object
from prepop.sandbox.graph.routes import OPERATIONS
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import Quotas
from prepop.sandbox.people.directory import sample, tenant
from tests.openapi import Breach, Description, Witness

pytestmark = pytest.mark.shared

MOBILE, EMAIL = METHOD_IDS[Method.MOBILE], METHOD_IDS[Method.EMAIL]


def full_tenant() -> SandboxTenant:
    """Sixty people, every permission, nothing that goes wrong, and the one fence of apps let down."""
    made = tenant(sample(60), faults=Faults.none(), quotas=Quotas.off())
    made.permissions.add("UserAuthenticationMethod.Read.All")
    made.unverified = Unverified(sync_app_only=True)
    return made


EVENTUAL = {"ConsistencyLevel": "eventual"}  # which casts need


def every_path(made: SandboxTenant, user: str) -> dict[str, str]:
    """A path for each GET that the sandbox knows, by its pattern."""
    group = next(g for g in made.groups.values() if any(m in made.groups for m in g.members))
    role = role_object(made.assignments[0].role)
    at = {"users": user, "groups": group.id, "directoryRoles": role, "directory": made.id, "reports": user}
    paths = {}
    for operation in OPERATIONS:
        if operation.verb == "GET":
            parts = operation.pattern.split("/")
            if parts[-1] == "{}" and parts[-2] in ("phoneMethods", "emailMethods"):
                parts[-1] = MOBILE if parts[-2] == "phoneMethods" else EMAIL
            elif parts[-1] == "{}" and parts[-2] == "authenticationMethodConfigurations":
                parts[-1] = "sms"
            query = f"?$filter=groupId eq '{group.id}'" if "privilegedAccess" in parts else ""
            query = "?$count=true" if parts[-1].endswith("graph.user") else query
            path = "/".join(at[parts[0]] if p == "{}" else p for p in parts)
            paths[operation.pattern] = f"/{path}{query}"
    return paths


def test_every_list_and_object_is_as_described(graph_description: Description) -> None:
    """Every GET that the sandbox knows answers 200 with a body that Microsoft describes."""
    made = full_tenant()
    user = next(u.id for u in made.users.values() if u.synced and u.manager)
    made.register(user, Method.MOBILE, "+44 7400123456")
    made.register(user, Method.EMAIL, "jane@example.org")
    made.permissions.add("Domain.Read.All")
    problems: list[str] = []
    with (
        SandboxServer(made, wrap=lambda app: Witness(app, graph_description, problems)) as server,
        httpx.Client(base_url=f"{server.url}/v1.0", timeout=600) as client,
    ):
        statuses = {
            p: client.get(path, headers=EVENTUAL).status_code for p, path in every_path(made, user).items()
        }
    assert set(statuses.values()) == {200}, statuses
    assert problems == []


def test_every_write_and_refusal_is_as_described(graph_description: Description) -> None:
    """Writing, alone and in batches, and each kind of refusal answer as Microsoft describes."""
    made = full_tenant()
    user = made.new_user("jane@example.com").id
    url = f"/users/{user}/authentication"
    phone = {"phoneNumber": "+44 7400123456", "phoneType": "mobile"}
    problems: list[str] = []
    got = []
    with (
        SandboxServer(made, wrap=lambda app: Witness(app, graph_description, problems)) as server,
        httpx.Client(base_url=f"{server.url}/v1.0", timeout=600) as client,
    ):
        got.append(client.post(f"{url}/phoneMethods", json=phone).status_code)
        got.append(client.post(f"{url}/phoneMethods", json=phone).status_code)
        got.append(client.patch(f"{url}/phoneMethods/{MOBILE}", json=phone).status_code)
        got.append(client.delete(f"{url}/phoneMethods/{MOBILE}").status_code)
        got.append(client.post(f"{url}/emailMethods", json={"emailAddress": "j@example.org"}).status_code)
        got.append(client.delete(f"{url}/emailMethods/{EMAIL}").status_code)
        got.append(client.get("/users/nobody").status_code)
        made.permissions.clear()
        got.append(client.get(f"{url}/phoneMethods").status_code)
        got.append(client.get("/users").status_code)
        made.permissions |= {"UserAuthMethod-Phone.ReadWrite.All"}
        items = [
            {"id": "1", "method": "GET", "url": f"{url}/phoneMethods"},
            {
                "id": "2",
                "method": "POST",
                "url": f"{url}/phoneMethods",
                "headers": {"Content-Type": "application/json"},
                "body": phone,
            },
            {"id": "3", "method": "DELETE", "url": f"{url}/phoneMethods/{MOBILE}", "dependsOn": ["2"]},
            {"id": "4", "method": "GET", "url": f"{url}/emailMethods"},
        ]
        got.append(client.post("/$batch", json={"requests": items}).status_code)
    assert got == [201, 400, 204, 204, 201, 204, 404, 403, 403, 200]
    assert problems == []


def test_description_refuses_what_is_not_in_it(graph_description: Description) -> None:
    """The judge itself says no: to an unknown path, option, property, word and status."""
    url = "/users/1/authentication/phoneMethods"
    with pytest.raises(Breach, match="no such operation"):
        graph_description.check_request("GET", "/users/1/authentication/phoneMethod")
    with pytest.raises(Breach, match="query option"):
        graph_description.check_request("GET", "/users?$selekt=id")
    with pytest.raises(Breach, match="no such property"):
        graph_description.check_request("POST", url, {"phoneNumber": "+1 2015550123", "type": "mobile"})
    with pytest.raises(Breach, match="phoneType"):
        graph_description.check_request("POST", url, {"phoneNumber": "+1 2015550123", "phoneType": "home"})
    with pytest.raises(Breach, match="has a body"):
        graph_description.check_answer("DELETE", f"{url}/1", 204, {"id": "1"})
    with pytest.raises(Breach):
        graph_description.check_answer("GET", url, 200, {"value": [{"phoneType": "fax"}]})
    with pytest.raises(Breach, match="error"):
        graph_description.check_answer("GET", url, 404, {"message": "gone"})

"""Quotas: GRAPH section 6, over HTTP on a clock that the test turns."""

import pytest

from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import Bucket, Quotas
from tests.sandbox.conftest import Graph


@pytest.mark.parametrize(("users", "units"), [(49, 3500), (50, 5000), (500, 5000), (501, 8000)])
def test_the_quota_follows_the_size_of_the_tenant(users: int, units: int) -> None:
    """S below 50 users, M to 500, L above."""
    assert Quotas().units_for(users) == units


def test_a_bucket_refills_evenly() -> None:
    """Half the period gives half the quota back, and never more than the whole."""
    now = [0.0]
    bucket = Bucket(10, 10, lambda: now[0])
    bucket.take(10)
    assert bucket.wait(1) == 1.0
    now[0] = 5.0
    assert bucket.wait(5) == 0
    assert bucket.wait(6) == 1.0
    now[0] = 100.0
    assert bucket.wait(10) == 0
    assert bucket.wait(11) == 1.0


def test_the_report_is_five_in_ten_seconds(graph: Graph) -> None:
    """The sixth page within ten seconds is 429; after its Retry-After the next one is served."""
    now = [0.0]
    graph.serve(SandboxTenant(clock=lambda: now[0]))
    url = "/reports/authenticationMethods/userRegistrationDetails"
    assert [graph.http.get(url).status_code for _ in range(6)] == [200] * 5 + [429]
    refused = graph.http.get(url)
    assert refused.json()["error"]["code"] == "UnknownError"
    now[0] = float(refused.headers["Retry-After"])
    assert graph.http.get(url).status_code == 200
    assert graph.http.get("/users").status_code == 200


def test_reading_a_puts_methods_under_the_reports_quota(graph: Graph) -> None:
    """By a switch /users/{id}/authentication/* is five in ten seconds, and the users list is not."""
    now = [0.0]
    graph.serve(SandboxTenant(quotas=Quotas(methods_are_reports=True), clock=lambda: now[0]))
    at = f"/users/{graph.tenant.new_user('jane@example.com').id}/authentication/phoneMethods"
    assert [graph.http.get(at).status_code for _ in range(6)] == [200] * 5 + [429]
    assert graph.http.get("/users").status_code == 200


def test_costs_are_the_documented_ones(graph: Graph) -> None:
    """x-ms-resource-unit: users 2, with $select 1, SKUs 3, transitive members 5, $expand one more."""
    group = graph.tenant.new_group("g")
    costs = {
        "/users": "2",
        "/users?$select=id": "1",
        "/users?$top=5": "1",
        "/subscribedSkus": "3",
        f"/groups/{group.id}/transitiveMembers": "5",
        f"/groups/{group.id}/members": "3",
        "/roleManagement/directory/roleAssignments?$expand=principal": "2",
        "/organization": "1",
    }
    got = {url: graph.http.get(url).headers.get("x-ms-resource-unit") for url in costs}
    assert got == costs


def test_a_nearly_spent_quota_shows_before_it_is_spent(graph: Graph) -> None:
    """From 0.8 on the share is told; then 429 with scope, reason and a wait in the client's seconds."""
    now = [0.0]
    graph.serve(SandboxTenant(quotas=Quotas(units=10), clock=lambda: now[0], scale=4))
    shares = [
        graph.http.get("/organization").headers.get("x-ms-throttle-limit-percentage") for _ in range(10)
    ]
    assert shares == [None] * 7 + ["0.8", "0.9", "1.0"]
    refused = graph.http.get("/organization")
    assert graph.code(refused) == (429, "TooManyRequests")
    assert refused.headers["Retry-After"] == "0.250"
    assert refused.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    assert refused.headers["x-ms-throttle-scope"].endswith(graph.tenant.id)
    now[0] = 0.25
    assert graph.http.get("/organization").status_code == 200


def test_without_quotas_nothing_is_refused(graph: Graph) -> None:
    """Quotas.off() lets everything through."""
    graph.serve(SandboxTenant(quotas=Quotas.off(), clock=lambda: 0.0))
    url = "/reports/authenticationMethods/userRegistrationDetails"
    assert {graph.http.get(url).status_code for _ in range(20)} == {200}

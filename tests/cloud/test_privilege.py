"""Who is privileged: each of the ways, the tenant without P2, and what keeps it from being known."""

import pytest

from prepop.errors import Incomplete
from prepop.model import Privileged
from tests.cloud.graph import Routes, graph, listing, read, refusal
from tests.cloud.wire import Asked, Reply

ROLES = "/roleManagement/directory"
PIM = "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
ADMIN = "62e90394-69f5-4237-9190-012177145e10"


def held(who: str, kind: str = "user", role: str = ADMIN) -> dict[str, object]:
    """A role assignment with its principal, of no told kind where `kind` is ""."""
    principal = {"@odata.type": f"#microsoft.graph.{kind}", "id": who} if kind else None
    return {"id": f"{who}-{role}", "principalId": who, "roleDefinitionId": role, "principal": principal}


def members(*ids: str, kind: str = "user") -> Reply:
    """Members or owners of a group."""
    return listing(*({"@odata.type": f"#microsoft.graph.{kind}", "id": one} for one in ids))


def tenant_with(**changed: Reply) -> dict[str, Reply]:
    """A tenant in which nobody holds anything, but for what the test says."""
    return {
        f"{ROLES}/roleDefinitions": listing({"id": ADMIN, "displayName": "Global Administrator"}),
        f"{ROLES}/roleAssignments": changed.get("active", listing(held("sync-app", "servicePrincipal"))),
        f"{ROLES}/roleEligibilityScheduleInstances": changed.get("eligible", listing()),
        "/groups": changed.get("groups", listing()),
        PIM: listing(),
    }


def privileged(routes: Routes) -> Privileged:
    """What the reader makes of it."""
    return read(graph(routes), lambda tenant: tenant.reader.privileged())[0]


def test_active_and_eligible_holders() -> None:
    """Direct holders, active and eligible, each with the role's name; service principals are no accounts."""
    routes = tenant_with(
        active=listing(held("u-1"), held("u-2", role="custom"), held("app", "servicePrincipal")),
        eligible=listing(held("u-1"), held("u-3")),
    )
    assert privileged(routes) == Privileged(
        {
            "u-1": "Global Administrator; Global Administrator (eligible)",
            "u-2": "role custom",
            "u-3": "Global Administrator (eligible)",
        }
    )


def test_through_groups() -> None:
    """Members and owners of a group that holds a role, and of one that may be given a role."""
    routes = {
        **tenant_with(
            active=listing(held("g-1", "group")),
            eligible=listing(held("g-2", "group")),
            groups=listing({"id": "g-1", "displayName": "Tier 0"}, {"id": "g-3", "displayName": "Spare"}),
        ),
        "/groups/g-1/transitiveMembers": members("u-1"),
        "/groups/g-1/owners": members("u-2"),
        "/groups/g-2/transitiveMembers": members("u-3"),
        "/groups/g-2/owners": members("app", kind="servicePrincipal"),
        "/groups/g-3/transitiveMembers": members("u-4"),
        "/groups/g-3/owners": members("u-5"),
    }
    assert privileged(routes) == Privileged(
        {
            "u-1": "Global Administrator, as member of Tier 0",
            "u-2": "Global Administrator, as owner of Tier 0",
            "u-3": "Global Administrator (eligible), as member of g-2",
            "u-4": "member of role-assignable group Spare",
            "u-5": "owner of role-assignable group Spare",
        }
    )


def eligible(who: str, part: str = "member", kind: str = "user") -> dict[str, object]:
    """Somebody eligible for a group, with the principal."""
    principal = {"@odata.type": f"#microsoft.graph.{kind}", "id": who}
    return {"id": f"{who}-{part}", "principalId": who, "accessId": part, "principal": principal}


def with_holder(answer: Reply | dict[str, Reply], **more: Reply) -> Routes:
    """A tenant with a group that holds a role, and one inside it. answer: to who is eligible, by group."""

    def asked(request: Asked) -> Reply:
        group = request.query["$filter"].removeprefix("groupId eq '").removesuffix("'")
        assert request.query["$expand"] == "principal"
        return answer if isinstance(answer, Reply) else answer.get(group, listing())

    return {
        **tenant_with(active=listing(held("g-1", "group"))),
        "/groups/g-1/transitiveMembers": members("g-2", kind="group"),
        "/groups/g-1/owners": members(),
        PIM: asked,
        **more,
    }


def test_eligible_for_a_group_that_holds_a_role() -> None:
    """Members and owners in waiting, of the group or of one inside it, and members of a group in waiting."""
    answers = {
        "g-1": listing(eligible("u-1"), eligible("u-2", "owner"), eligible("g-3", kind="group")),
        "g-2": listing(eligible("u-3"), eligible("app", kind="servicePrincipal")),
    }
    routes = {**with_holder(answers), "/groups/g-3/transitiveMembers": members("u-4")}
    assert privileged(routes) == Privileged(
        {
            "u-1": "Global Administrator, as eligible member of g-1",
            "u-2": "Global Administrator, as eligible owner of g-1",
            "u-3": "Global Administrator, as eligible member of g-2",
            "u-4": "Global Administrator, as eligible member of g-1",
        }
    )


def test_eligibility_is_asked_only_where_a_group_holds_a_role() -> None:
    """Without such a group nobody needs the permission, and nothing is asked."""
    routes = {
        **tenant_with(groups=listing({"id": "g-9", "displayName": "Spare"})),
        "/groups/g-9/transitiveMembers": members(),
        "/groups/g-9/owners": members(),
    }
    found, here = read(graph(routes), lambda tenant: tenant.reader.privileged())
    assert found == Privileged({})
    assert not [item for batch in here.wire.batches for item in batch.items if PIM in str(item["url"])]


@pytest.mark.parametrize("code", ["AadPremiumLicenseRequired", "ResourceTypeNotSupported"])
def test_without_licence_or_pim_nobody_is_eligible_for_a_group(code: str) -> None:
    """Both say that there is nobody; the reading is complete."""
    assert privileged(with_holder(refusal(400, code))) == Privileged({})


@pytest.mark.parametrize("status", [403, 400, 404])
def test_refused_eligibility_means_that_the_roles_are_not_known(status: int) -> None:
    """Whoever could make himself an administrator is not known: it blocks the plan."""
    found = privileged(with_holder(refusal(status, "UnknownError")))
    assert found.why == {}
    assert f"{status} UnknownError" in found.unread
    assert ("PrivilegedEligibilitySchedule.Read.AzureADGroup" in found.unread) is (status == 403)


def test_an_eligibility_for_nobody_is_incomplete() -> None:
    """An eligibility without a principal cannot be protected, so nothing goes on."""
    with pytest.raises(Incomplete, match="for nobody"):
        privileged(with_holder(listing({"id": "x", "accessId": "member"})))


def test_no_role_assignment_at_all_means_that_the_roles_are_not_known() -> None:
    """No tenant is without an administrator: an empty list says nothing about who is one."""
    found = privileged(tenant_with(active=listing()))
    assert found.why == {}
    assert "no tenant is without one" in found.unread


def test_all_pages_of_assignments_are_read() -> None:
    """The second page of role assignments protects as the first does."""

    def paged(asked: Asked) -> Reply:
        if "$skiptoken" in asked.query:
            return listing(held("u-2"))
        return listing(
            held("u-1"), more=f"http://{asked.headers['host']}/v1.0{ROLES}/roleAssignments?$skiptoken=2"
        )

    routes: Routes = {**tenant_with(), f"{ROLES}/roleAssignments": paged}
    assert set(privileged(routes).why) == {"u-1", "u-2"}


def test_a_principal_of_unknown_kind_is_taken_for_both() -> None:
    """Where Graph does not say what holds a role, it counts as a user, and is looked up as a group too."""
    routes = {
        **tenant_with(active=listing(held("x", ""), held("g", ""))),
        "/groups/g/transitiveMembers": members("u-1"),
        "/groups/g/owners": members(),
    }
    assert set(privileged(routes).why) == {"x", "g", "u-1"}


def test_ids_in_capitals_protect_the_same_accounts() -> None:
    """A GUID is the same in capitals: nobody loses protection over how a list is written."""
    who, group = "AAAAAAAA-0000-4000-8000-00000000000B", "CCCCCCCC-0000-4000-8000-00000000000D"
    routes = {
        **tenant_with(active=listing(held(who)), groups=listing({"id": group, "displayName": "Tier 0"})),
        f"/groups/{group.lower()}/transitiveMembers": members("U-4"),
        f"/groups/{group.lower()}/owners": members("U-5", kind="directoryObject"),
    }
    assert privileged(routes).why.keys() == {who.lower(), "u-4", "u-5"}


def test_without_p2_nobody_is_eligible() -> None:
    """400 AadPremiumLicenseRequired: eligible assignments cannot exist, and the reading is complete."""
    found = privileged(
        tenant_with(active=listing(held("u-1")), eligible=refusal(400, "AadPremiumLicenseRequired"))
    )
    assert found == Privileged({"u-1": "Global Administrator"})


@pytest.mark.parametrize("part", ["active", "eligible", "groups"])
@pytest.mark.parametrize(("status", "code"), [(403, "Authorization_RequestDenied"), (400, "BadRequest")])
def test_any_other_refusal_means_that_the_roles_are_not_known(part: str, status: int, code: str) -> None:
    """A refusal of any part leaves nobody protected and says why: it blocks the plan."""
    found = privileged(tenant_with(**{"active": listing(held("u-1")), part: refusal(status, code)}))
    assert found.why == {}
    assert f"{status} {code}" in found.unread


def test_a_missing_permission_is_named() -> None:
    """Unread roles say which permission would let them be read."""
    assert "RoleManagement.Read.Directory" in privileged(tenant_with(active=refusal(403, ""))).unread
    assert "GroupMember.Read.All" in privileged(tenant_with(groups=refusal(403, ""))).unread


def test_members_that_cannot_be_read_mean_that_the_roles_are_not_known() -> None:
    """A role-assignable group whose members are refused, or which is gone meanwhile, leaves roles unknown."""
    groups = listing({"id": "g-1", "displayName": "Tier 0"})
    refused = {**tenant_with(groups=groups), "/groups/g-1/transitiveMembers": refusal(403, "accessDenied")}
    assert "members of group g-1" in privileged(refused).unread
    assert "members of group g-1" in privileged(tenant_with(groups=groups)).unread


def test_no_answer_at_all_is_incomplete() -> None:
    """A Graph that is down is no refusal: the run ends."""
    with pytest.raises(Incomplete, match="role assignments"):
        privileged(tenant_with(active=Reply(500)))


def test_an_assignment_for_nobody_is_incomplete() -> None:
    """A role assignment without a principal cannot be protected, so nothing goes on."""
    with pytest.raises(Incomplete, match="for nobody"):
        privileged(tenant_with(active=listing({"id": "x", "roleDefinitionId": ADMIN})))

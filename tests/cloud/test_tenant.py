"""Reads of a tenant on the wire: what is asked, and what is made of it."""

import pytest

from prepop.errors import Incomplete, SignInError, UsageError
from prepop.model import Mailbox, Registration, SmsSignIn
from tests.cloud.graph import GROUP, Routes, graph, listing, read, refusal
from tests.cloud.opening import quiet
from tests.cloud.wire import Reply

# ---------------------------------------------------------------- facts and headers


def test_facts_and_the_headers_of_every_request() -> None:
    """Tenant id and verified domains; each request says who asks, with its own id and low priority."""
    organization = {
        "id": "t-1",
        "displayName": "Contoso",
        "verifiedDomains": [{"name": "Contoso.onMicrosoft.COM"}, {"name": "x.org"}],
    }
    facts, here = read(graph({"/organization": listing(organization)}), lambda tenant: tenant.reader.facts())
    assert (facts.id, facts.name, facts.domains) == (
        "t-1",
        "Contoso",
        frozenset({"contoso.onmicrosoft.com", "x.org"}),
    )
    (asked,) = here.wire.asked
    assert asked.line == "GET /v1.0/organization?%24select=id,displayName,verifiedDomains HTTP/1.1"
    assert asked.headers["user-agent"].startswith("prepop/")
    assert asked.headers["x-ms-throttle-priority"] == "low"
    assert len(asked.headers["client-request-id"]) == 36
    assert "authorization" not in asked.headers


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"id": "a"}, {"id": "b"}],
        [{"id": "a", "verifiedDomains": []}],
        [{"verifiedDomains": [{"name": "x.org"}]}],
    ],
)
def test_a_tenant_that_does_not_say_who_it_is_is_incomplete(rows: list[object]) -> None:
    """Without a tenant id or a verified domain nothing may be concluded."""
    with pytest.raises(Incomplete, match="reading the tenant"):
        read(graph({"/organization": listing(*rows)}), lambda tenant: tenant.reader.facts())


def test_another_tenant_than_the_config_means_is_not_read() -> None:
    """A sign-in that leads elsewhere (a managed identity has one tenant only) ends the run: exit 40."""
    fabrikam = {"id": "t-2", "displayName": "Fabrikam", "verifiedDomains": [{"name": "fabrikam.com"}]}
    with pytest.raises(SignInError, match=r"means contoso\.onmicrosoft\.com, .* tenant t-2"):
        read(graph({"/organization": listing(fabrikam)}), lambda tenant: tenant.reader.facts())


# ---------------------------------------------------------------- the registration report

REPORT = "/reports/authenticationMethods/userRegistrationDetails"


def test_registrations() -> None:
    """A row of Microsoft's own example, by account id."""
    row = {
        "id": "c8096958-797c-44fa-8fde-a6fb62567cf0",
        "userPrincipalName": "BiancaP@Contoso.com",
        "isAdmin": False,
        "isSsprRegistered": True,
        "isSsprEnabled": False,
        "isSsprCapable": False,
        "lastUpdatedDateTime": "2023-03-13T19:15:41.6195833Z",
        "methodsRegistered": ["mobilePhone", "microsoftAuthenticatorPush"],
        "userPreferredMethodForSecondaryAuthentication": "",
    }
    found, here = read(graph({REPORT: listing(row)}), lambda tenant: tenant.reader.registrations(quiet))
    assert found == {
        row["id"]: Registration(
            account_id="c8096958-797c-44fa-8fde-a6fb62567cf0",
            sspr_enabled=False,
            sspr_registered=True,
            sspr_capable=False,
            is_admin=False,
            methods=frozenset({"mobilePhone", "microsoftAuthenticatorPush"}),
        )
    }
    assert here.wire.asked[0].query["$top"] == "999"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("Authentication_RequestFromNonPremiumTenantOrB2CTenant", "needs Entra ID P1 or P2"),
        ("accessDenied", "AuditLog.Read.All"),
        ("", "AuditLog.Read.All"),
    ],
)
def test_no_report_is_a_reason_not_an_error(code: str, words: str) -> None:
    """Without P1/P2, or without consent, the reader says why there is no report, and the run goes on."""
    reason, _ = read(graph({REPORT: refusal(403, code)}), lambda tenant: tenant.reader.registrations(quiet))
    assert isinstance(reason, str)
    assert words in reason


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (refusal(400, "badRequest"), "400 badRequest (request-id r-1)"),
        (refusal(404, "UnknownError"), "404 UnknownError"),
        (
            Reply(500, {"error": {"code": "generalException", "message": "Broken."}}),
            "500 generalException: Broken.",
        ),
        (Reply(504), "504"),
        (refusal(400, "Directory_ExpiredPageToken"), "Directory_ExpiredPageToken"),
    ],
)
def test_a_report_that_fails_is_a_reason_not_an_error(reply: Reply, words: str) -> None:
    """The report only saves reads: whatever Graph answers to it, the reader says it, and the run goes on."""
    reason, _ = read(graph({REPORT: reply}), lambda tenant: tenant.reader.registrations(quiet))
    assert isinstance(reason, str)
    assert words in reason


@pytest.mark.parametrize("reply", [Reply(drop=True), listing({"isAdmin": True})])
def test_a_report_of_which_nothing_is_known_is_incomplete(reply: Reply) -> None:
    """No answer at all is a Graph that is down; a row of nobody is no report."""
    with pytest.raises(Incomplete, match="registration report"):
        read(graph({REPORT: reply}), lambda tenant: tenant.reader.registrations(quiet))


# ---------------------------------------------------------------- groups


def test_members_by_object_id_and_by_name() -> None:
    """Users alone count, nested ones too; a quote in a name is doubled; the lagging cast is not used."""
    members = listing(
        {"@odata.type": "#microsoft.graph.user", "id": "u-1"},
        {"@odata.type": "#microsoft.graph.group", "id": "g-2"},
        {"id": "u-2"},
    )
    routes = {
        f"/groups/{GROUP}": Reply(body={"id": GROUP}),
        f"/groups/{GROUP}/transitiveMembers": members,
        "/groups": listing({"id": GROUP}),
    }
    for name in (GROUP, "O'Neil & Söhne #1"):
        found, here = read(graph(routes), lambda tenant, name=name: tenant.reader.members(name))  # type: ignore[misc]
        assert found == {"u-1", "u-2"}
    assert here.wire.asked[0].query["$filter"] == "displayName eq 'O''Neil & Söhne #1'"
    assert here.wire.asked[1].line.split("?")[0] == f"GET /v1.0/groups/{GROUP}/transitiveMembers"


@pytest.mark.parametrize(
    ("group", "routes", "words"),
    [
        (GROUP, {}, "no group with this object id"),
        ("Pilot", {"/groups": listing()}, "no group with this display name"),
        (
            "Pilot",
            {"/groups": listing({"id": "g-1"}, {"id": "g-2"})},
            "2 groups have this display name: g-1, g-2",
        ),
    ],
)
def test_a_group_that_is_not_found_is_a_wrong_option(group: str, routes: Routes, words: str) -> None:
    """No such group, or more than one of that name: an error in the options, not an empty scope."""
    with pytest.raises(UsageError, match=words):
        read(graph(routes), lambda tenant: tenant.reader.members(group))


@pytest.mark.parametrize("name", [GROUP, "Works council"])
def test_a_group_that_hides_its_members_is_not_empty(name: str) -> None:
    """Nobody is taken for not excluded because Graph does not show who is; with the permission it does."""
    group = {"id": GROUP, "visibility": "HiddenMembership"}
    routes = {f"/groups/{GROUP}": Reply(body=group), "/groups": listing(group)}
    path = f"/groups/{GROUP}/transitiveMembers"
    with pytest.raises(Incomplete, match="hides its members") as caught:
        read(graph({**routes, path: listing()}), lambda tenant: tenant.reader.members(name))
    assert "Member.Read.Hidden" in caught.value.hint
    shown = {**routes, path: listing({"id": "u-1"})}
    assert read(graph(shown), lambda tenant: tenant.reader.members(name))[0] == {"u-1"}


# ---------------------------------------------------------------- SMS sign-in


def policy(state: str, include: list[object], exclude: list[object]) -> Reply:
    """A methods policy with these Sms targets."""
    sms = {
        "@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration",
        "id": "Sms",
        "state": state,
        "includeTargets": include,
        "excludeTargets": exclude,
    }
    return Reply(
        body={
            "id": "authenticationMethodsPolicy",
            "authenticationMethodConfigurations": [{"id": "Email", "state": "enabled"}, sms],
        }
    )


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            policy("disabled", [{"targetType": "group", "id": "all_users", "isUsableForSignIn": True}], []),
            SmsSignIn(readable=True),
        ),
        (policy("enabled", [], []), SmsSignIn(readable=True)),
        (
            policy("enabled", [{"targetType": "group", "id": "all_users", "isUsableForSignIn": False}], []),
            SmsSignIn(readable=True),
        ),
        (
            policy("enabled", [{"targetType": "group", "id": "all_users", "isUsableForSignIn": True}], []),
            SmsSignIn(readable=True, everyone=True),
        ),
        (
            policy("enabled", [{"targetType": "group", "id": "all_users"}], []),
            SmsSignIn(readable=True, everyone=True),
        ),
        (
            policy(
                "enabled",
                [{"targetType": "group", "id": "all_users", "isUsableForSignIn": True}],
                [{"targetType": "group", "id": "g-2"}],
            ),
            SmsSignIn(readable=True, everyone=True, excluded=frozenset({"u-2"})),
        ),
        (
            policy(
                "enabled",
                [
                    {"targetType": "group", "id": "g-1", "isUsableForSignIn": True},
                    {"targetType": "group", "id": "gone"},
                ],
                [{"targetType": "group", "id": "g-2"}],
            ),
            SmsSignIn(readable=True, accounts=frozenset({"u-1"})),
        ),
        (refusal(403, "accessDenied"), SmsSignIn(readable=False)),
        (Reply(body={"authenticationMethodConfigurations": []}), SmsSignIn(readable=False)),
    ],
)
def test_who_may_sign_in_by_sms(reply: Reply, expected: SmsSignIn) -> None:
    """Sms targets usable for sign-in, groups resolved, excluded ones taken off; unreadable is said."""
    routes = {
        "/policies/authenticationMethodsPolicy": reply,
        "/groups/g-1/transitiveMembers": listing({"id": "u-1"}, {"id": "u-2"}),
        "/groups/g-2/transitiveMembers": listing({"id": "u-2"}),
    }
    found, _ = read(graph(routes), lambda tenant: tenant.reader.methods_policy())
    assert found.sms_sign_in == expected


# ---------------------------------------------------------------- managers


def test_managers_of_as_many_as_can_be_read() -> None:
    """One who has none (404), a contact without a UPN, or a refusal of one: only that one is left out."""
    routes: Routes = {
        "/users/a/manager": Reply(body={"userPrincipalName": "lead@x.org"}),
        "/users/b/manager": refusal(404, "Request_ResourceNotFound"),
        "/users/c/manager": Reply(body={"id": "contact"}),
        "/users/d/manager": refusal(403, "Authorization_RequestDenied"),
    }
    found, _ = read(graph(routes), lambda tenant: tenant.reader.managers(["a", "b", "c", "d"]))
    assert found == {"a": "lead@x.org"}


def test_managers_that_nobody_may_read_stop_nothing() -> None:
    """Whether an application may read them is not documented in one voice: it is never the end of a plan."""
    refused = {f"/users/{n}/manager": refusal(403, "Denied") for n in range(30)}
    found, _ = read(graph(refused), lambda tenant: tenant.reader.managers([str(n) for n in range(30)]))
    assert found == {}
    broken = {f"/users/{n}/manager": refusal(500, "Broken") for n in range(3)}
    found, _ = read(graph(broken), lambda tenant: tenant.reader.managers(["0", "1", "2"]))
    assert found == {}


# ---------------------------------------------------------------- mailboxes


def test_where_people_read_mail(caplog: pytest.LogCaptureFixture) -> None:
    """Address, name and language as the account has them; none for who has no mailbox or is gone."""
    routes: Routes = {
        "/users/a": Reply(body={"mail": "a@example.org", "displayName": "Ann", "preferredLanguage": "de-DE"}),
        "/users/b": Reply(body={"mail": None, "displayName": "Bob", "preferredLanguage": None}),
        "/users/c": refusal(404, "Request_ResourceNotFound"),
        "/users/d": refusal(403, "Authorization_RequestDenied"),
    }
    found, _ = read(graph(routes), lambda tenant: tenant.reader.mailboxes(["a", "b", "c", "d"]))
    assert found == {"a": Mailbox("a@example.org", "Ann", "de-DE"), "b": Mailbox("", "Bob"), "c": Mailbox("")}
    assert "reading mailboxes: of 1 accounts it could not be read" in caplog.text


def test_mailboxes_that_nobody_may_read() -> None:
    """Then nobody can be told, which is an error and not nobody with a mailbox."""
    refused = {f"/users/{n}": refusal(403, "Authorization_RequestDenied") for n in range(3)}
    with pytest.raises(Incomplete):
        read(graph(refused), lambda tenant: tenant.reader.mailboxes(["0", "1", "2"]))

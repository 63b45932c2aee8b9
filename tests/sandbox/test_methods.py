"""Rules of authentication methods: GRAPH sections 1 and 2, over HTTP."""

import pytest

from prepop.model import Method
from prepop.sandbox.graph.methods import METHOD_IDS
from prepop.sandbox.graph.records import Target, Unverified
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.sandbox.conftest import Graph

MOBILE, ALTERNATE, OFFICE = (METHOD_IDS[m] for m in (Method.MOBILE, Method.ALTERNATE_MOBILE, Method.OFFICE))
EMAIL = METHOD_IDS[Method.EMAIL]
NUMBER, OTHER = "+44 7400123456", "+44 7400654321"


def auth(graph: Graph, upn: str = "jane@example.com") -> str:
    """The path of a new user's methods."""
    return f"/users/{graph.tenant.new_user(upn).id}/authentication"


def phone(number: str = NUMBER, kind: str = "mobile") -> dict[str, str]:
    return {"phoneNumber": number, "phoneType": kind}


def test_ids_are_the_documented_ones() -> None:
    """Method ids are the same for every user, as Microsoft prints them."""
    assert METHOD_IDS == {
        "mobile": "3179e48a-750b-4051-897c-87b9720928f7",
        "alternateMobile": "b6332ec1-7057-4abe-9331-3d72feddfe41",
        "office": "e37fc753-ff3b-4958-9484-eaa9425c82bc",
        "email": "3ddfcfc8-9383-446f-83cc-3ab9be4be18f",
    }


def test_a_phone_lives_through_its_life(graph: Graph) -> None:
    """POST 201 with the object, GET shows it, PATCH 204, DELETE 204 without a body; writes are recorded."""
    at = auth(graph)
    made = graph.http.post(f"{at}/phoneMethods", json=phone())
    assert (made.status_code, made.json()["id"]) == (201, MOBILE)
    assert graph.http.patch(f"{at}/phoneMethods/{MOBILE}", json=phone(OTHER)).status_code == 204
    assert [m["phoneNumber"] for m in graph.http.get(f"{at}/phoneMethods").json()["value"]] == [OTHER]
    gone = graph.http.delete(f"{at}/phoneMethods/{MOBILE}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert graph.http.get(f"{at}/phoneMethods").json()["value"] == []
    assert [(w.verb, w.method, w.value) for w in graph.tenant.writes] == [
        ("POST", Method.MOBILE, NUMBER),
        ("PATCH", Method.MOBILE, OTHER),
        ("DELETE", Method.MOBILE, ""),
    ]


def test_a_type_that_exists_is_refused_and_nothing_changes(graph: Graph) -> None:
    """A second POST of a type is 400 (or what the switch says) and leaves the first number."""
    at = auth(graph)
    graph.http.post(f"{at}/phoneMethods", json=phone())
    assert graph.code(graph.http.post(f"{at}/phoneMethods", json=phone(OTHER))) == (400, "badRequest")
    graph.tenant.unverified = Unverified(duplicate_status=409)
    assert graph.http.post(f"{at}/phoneMethods", json=phone(OTHER)).status_code == 409
    assert [w.value for w in graph.tenant.writes] == [NUMBER]


def test_an_alternate_needs_a_mobile_and_holds_it(graph: Graph) -> None:
    """No alternate without a mobile, and no mobile goes while its alternate is there."""
    at = auth(graph)
    assert graph.http.post(f"{at}/phoneMethods", json=phone(kind="alternateMobile")).status_code == 400
    graph.http.post(f"{at}/phoneMethods", json=phone())
    assert graph.http.post(f"{at}/phoneMethods", json=phone(OTHER, kind="alternateMobile")).status_code == 201
    refused = graph.http.delete(f"{at}/phoneMethods/{MOBILE}")
    assert refused.status_code == 400
    assert "without first deleting alternate mobile number" in refused.json()["error"]["message"]
    assert graph.http.delete(f"{at}/phoneMethods/{ALTERNATE}").status_code == 204
    assert graph.http.delete(f"{at}/phoneMethods/{MOBILE}").status_code == 204


def test_the_default_method_stays(graph: Graph) -> None:
    """The user's default method cannot be deleted."""
    user = graph.tenant.new_user("jane@example.com")
    user.default_method = Method.MOBILE
    graph.tenant.register(user.upn, Method.MOBILE, NUMBER)
    got = graph.http.delete(f"/users/{user.id}/authentication/phoneMethods/{MOBILE}")
    assert graph.code(got) == (400, "badRequest")
    assert "default authentication method" in got.json()["error"]["message"]
    assert graph.tenant.phones[user.id] == {Method.MOBILE: NUMBER}


def test_a_patch_keeps_the_type_and_needs_the_method(graph: Graph) -> None:
    """PATCH with another type is 400; of a method that is not there 404, or a creation by the switch."""
    at = auth(graph)
    assert graph.http.patch(f"{at}/phoneMethods/{OFFICE}", json=phone(kind="office")).status_code == 404
    graph.http.post(f"{at}/phoneMethods", json=phone())
    assert graph.http.patch(f"{at}/phoneMethods/{MOBILE}", json=phone(kind="office")).status_code == 400
    graph.tenant.unverified = Unverified(patch_creates=True)
    assert graph.http.patch(f"{at}/phoneMethods/{OFFICE}", json=phone(kind="office")).status_code == 204


@pytest.mark.parametrize(
    "number",
    [
        "07400 123456",
        "+447400123456",
        "+44 7400 123456",
        "+44  7400123456",
        "44 7400123456",
        "",
        "+44 x1",
        "+0 1",
    ],
)
def test_a_number_in_another_form_is_refused(graph: Graph, number: str) -> None:
    """Only the documented form is taken: +CC, one space, digits."""
    at = auth(graph)
    assert graph.http.post(f"{at}/phoneMethods", json=phone(number)).status_code == 400
    assert graph.tenant.writes == []


@pytest.mark.parametrize(
    ("bare", "stored"),
    [
        ("+12015550123", "+1 2015550123"),
        ("+447400123456", "+44 7400123456"),
        ("+358412345678", "+358 412345678"),
        ("+390612345678", "+39 0612345678"),
    ],
)
def test_by_a_switch_a_bare_number_comes_back_spaced(graph: Graph, bare: str, stored: str) -> None:
    """With `bare_e164` a number without the space is taken and shown with it."""
    graph.tenant.unverified = Unverified(bare_e164=True)
    at = auth(graph)
    assert graph.http.post(f"{at}/phoneMethods", json=phone(bare)).json()["phoneNumber"] == stored


def test_an_extension_is_for_the_office_alone(graph: Graph) -> None:
    """x123 is taken on an office number, refused on a mobile unless the switch says otherwise."""
    at = auth(graph)
    assert (
        graph.http.post(f"{at}/phoneMethods", json=phone("+44 2071234567x123", "office")).status_code == 201
    )
    assert graph.http.post(f"{at}/phoneMethods", json=phone(f"{NUMBER}x1")).status_code == 400
    graph.tenant.unverified = Unverified(extension_any=True)
    assert graph.http.post(f"{at}/phoneMethods", json=phone(f"{NUMBER}x1")).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"phoneNumber": NUMBER},
        {"phoneNumber": NUMBER, "phoneType": None},
        {"phoneNumber": None, "phoneType": "mobile"},
    ],
)
def test_an_incomplete_body_is_refused(graph: Graph, body: dict[str, str]) -> None:
    """A phone needs number and type, and no state may be sent with it."""
    at = auth(graph)
    assert graph.http.post(f"{at}/phoneMethods", json=body).status_code == 400
    assert (
        graph.http.post(f"{at}/phoneMethods", json=phone() | {"smsSignInState": "ready"}).status_code == 400
    )
    assert graph.tenant.writes == []


# ---------------------------------------------------------------- addresses


def test_an_address_lives_through_its_life(graph: Graph) -> None:
    """One email method a user: 201, 400 for a second, 204, 204, and 404 for what is gone."""
    at = auth(graph)
    made = graph.http.post(f"{at}/emailMethods", json={"emailAddress": "j@example.org"})
    assert (made.status_code, made.json()["id"], made.json()["emailAddress"]) == (201, EMAIL, "j@example.org")
    graph.tenant.unverified = Unverified(created_shown=False)
    assert "createdDateTime" not in graph.http.get(f"{at}/emailMethods").json()["value"][0]
    assert graph.http.post(f"{at}/emailMethods", json={"emailAddress": "k@example.org"}).status_code == 400
    changed = graph.http.patch(f"{at}/emailMethods/{EMAIL}", json={"emailAddress": "k@example.org"})
    assert changed.status_code == 204
    assert graph.http.get(f"{at}/emailMethods/{EMAIL}").json()["emailAddress"] == "k@example.org"
    assert graph.http.delete(f"{at}/emailMethods/{EMAIL}").status_code == 204
    assert graph.http.delete(f"{at}/emailMethods/{EMAIL}").status_code == 404
    assert graph.http.get(f"{at}/emailMethods").json()["value"] == []


def test_own_addresses_pass_unless_the_switch_says_no(graph: Graph) -> None:
    """No rule of the service forbids the user's own address; a switch tries the other side."""
    at = auth(graph)
    graph.tenant.unverified = Unverified(own_address_refused=True)
    own = {"emailAddress": "JANE@example.com"}
    assert graph.http.post(f"{at}/emailMethods", json=own).status_code == 400
    graph.tenant.unverified = Unverified()
    assert graph.http.post(f"{at}/emailMethods", json=own).status_code == 201


def test_china_has_no_email_methods(graph: Graph) -> None:
    """In China emailMethods is no segment; phones are there."""
    graph.serve(SandboxTenant(cloud="china"))
    at = auth(graph)
    assert graph.http.get(f"{at}/emailMethods").status_code == 400
    assert graph.http.post(f"{at}/emailMethods", json={"emailAddress": "j@example.org"}).status_code == 400
    assert graph.http.post(f"{at}/phoneMethods", json=phone()).status_code == 201


# ---------------------------------------------------------------- SMS sign-in


def test_a_colliding_number_is_stored_and_answers_409(graph: Graph) -> None:
    """Where policy allows SMS sign-in somebody else's number gets 409, and is stored all the same."""
    graph.tenant.policy.sms.include = [Target(sign_in=True)]
    first, second = auth(graph), auth(graph, "tom@example.com")
    made = graph.http.post(f"{first}/phoneMethods", json=phone())
    assert made.json()["smsSignInState"] == "ready"
    assert graph.code(graph.http.post(f"{second}/phoneMethods", json=phone())) == (
        409,
        "phoneNumberNotUnique",
    )
    kept = graph.http.get(f"{second}/phoneMethods").json()["value"][0]
    assert (kept["phoneNumber"], kept["smsSignInState"]) == (NUMBER, "phoneNumberNotUnique")


def test_by_a_switch_a_colliding_number_is_not_stored(graph: Graph) -> None:
    """With `collision_stores` off the 409 is a plain failure."""
    graph.tenant.policy.sms.include = [Target(sign_in=True)]
    graph.tenant.unverified = Unverified(collision_stores=False)
    first, second = auth(graph), auth(graph, "tom@example.com")
    graph.http.post(f"{first}/phoneMethods", json=phone())
    assert graph.http.post(f"{second}/phoneMethods", json=phone()).status_code == 409
    assert graph.http.get(f"{second}/phoneMethods").json()["value"] == []


def test_a_deleted_user_still_holds_the_number(graph: Graph) -> None:
    """Soft-deleted users keep their SMS sign-in number reserved; without SMS sign-in nothing collides."""
    graph.tenant.policy.sms.include = [Target(sign_in=True)]
    first, second = auth(graph), auth(graph, "tom@example.com")
    graph.http.post(f"{first}/phoneMethods", json=phone())
    graph.tenant.delete_user("jane@example.com")
    assert graph.http.get(f"{first}/phoneMethods").status_code == 404
    assert graph.http.post(f"{second}/phoneMethods", json=phone()).status_code == 409
    graph.tenant.policy.sms.include = [Target()]
    assert graph.http.post(f"{auth(graph, 'ann@example.com')}/phoneMethods", json=phone()).status_code == 201


def test_sms_sign_in_can_be_switched(graph: Graph) -> None:
    """disableSmsSignIn and enableSmsSignIn answer 204; office numbers and forbidden users are refused."""
    graph.tenant.policy.sms.include = [Target(sign_in=True)]
    at = auth(graph)
    graph.http.post(f"{at}/phoneMethods", json=phone())
    graph.http.post(f"{at}/phoneMethods", json=phone("+44 2071234567", "office"))
    one = f"{at}/phoneMethods/{MOBILE}"
    assert graph.http.post(f"{one}/disableSmsSignIn").status_code == 204
    assert graph.http.get(one).json()["smsSignInState"] == "notEnabled"
    assert graph.http.post(f"{one}/enableSmsSignIn").status_code == 204
    assert graph.http.get(one).json()["smsSignInState"] == "ready"
    assert graph.http.post(f"{at}/phoneMethods/{OFFICE}/enableSmsSignIn").status_code == 400
    graph.tenant.policy.sms.enabled = False
    assert graph.http.post(f"{one}/enableSmsSignIn").status_code == 400
    assert graph.http.get(one).json()["smsSignInState"] == "notAllowedByPolicy"


# ---------------------------------------------------------------- who


def test_guests_are_found_by_id_alone(graph: Graph) -> None:
    """A guest's UPN is 404, also rightly encoded; the object id works, and a member's UPN too."""
    guest = graph.tenant.new_user("g_example.org#EXT#@contoso.onmicrosoft.com", guest=True)
    graph.tenant.new_user("jane@example.com")
    encoded = guest.upn.replace("#", "%23")
    assert graph.http.get(f"/users/{encoded}/authentication/phoneMethods").status_code == 404
    assert graph.http.get(f"/users/{guest.id}/authentication/phoneMethods").status_code == 200
    assert graph.http.get("/users/Jane@Example.com/authentication/phoneMethods").status_code == 200
    graph.tenant.unverified = Unverified(guest_by_upn=True)
    assert graph.http.get(f"/users/{encoded}/authentication/phoneMethods").status_code == 200


def test_each_permission_opens_its_own_door(graph: Graph) -> None:
    """Without the write permission writes are 403 accessDenied; reading all methods needs the broad one."""
    at = auth(graph)
    assert graph.code(graph.http.get(f"{at}/methods")) == (403, "accessDenied")
    graph.tenant.permissions = {"UserAuthMethod-Phone.Read.All"}
    assert graph.http.get(f"{at}/phoneMethods").status_code == 200
    assert graph.code(graph.http.post(f"{at}/phoneMethods", json=phone())) == (403, "accessDenied")
    assert graph.http.get(f"{at}/emailMethods").status_code == 403
    assert graph.tenant.writes == []


def test_what_users_register_is_no_write_of_the_api(graph: Graph) -> None:
    """`register` changes what GET shows, in any spelling, and no write; a switch refuses disabled users."""
    at = auth(graph)
    graph.tenant.register("jane@example.com", "mobile", "+447400 123456")
    assert graph.http.get(f"{at}/phoneMethods").json()["value"][0]["phoneNumber"] == "+447400 123456"
    assert graph.tenant.writes == []
    graph.tenant.user("jane@example.com").enabled = False
    graph.tenant.unverified = Unverified(disabled_refused=True)
    assert graph.http.patch(f"{at}/phoneMethods/{MOBILE}", json=phone()).status_code == 400


def test_by_a_switch_a_write_shows_later(graph: Graph) -> None:
    """With `read_lag` a GET shows the old state until the tenant's clock has gone on."""
    now = [0.0]
    graph.serve(SandboxTenant(clock=lambda: now[0], unverified=Unverified(read_lag=5)))
    at = auth(graph)
    graph.http.post(f"{at}/phoneMethods", json=phone())
    assert graph.http.get(f"{at}/phoneMethods").json()["value"] == []
    now[0] = 5.0
    assert len(graph.http.get(f"{at}/phoneMethods").json()["value"]) == 1

"""Whatever is asked of the emulated tenant, what must always hold of methods holds."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from prepop.model import Family, Method
from prepop.sandbox.graph import batch
from prepop.sandbox.graph.methods import METHOD_IDS
from prepop.sandbox.graph.records import Target, Unverified
from prepop.sandbox.graph.service import answer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import Quotas
from prepop.sandbox.graph.wire import Ask, GraphError

PHONES = [m for m in Method if m.family is Family.PHONE]
NUMBERS = ["+44 7400123456", "+44 7400654321", "+1 2015550123", "no number"]
STEPS = st.tuples(
    st.sampled_from(["POST", "PATCH", "DELETE"]),
    st.sampled_from(["jane", "tom"]),
    st.sampled_from(PHONES),
    st.sampled_from(NUMBERS),
)


def ask(verb: str, user: str, method: Method, number: str) -> Ask:
    """The request of one step."""
    segments = ["users", f"{user}@example.com", "authentication", "phoneMethods"]
    body: object = {"phoneNumber": number, "phoneType": method.value} if verb != "DELETE" else None
    if verb != "POST":
        segments.append(METHOD_IDS[method])
    return Ask(verb, segments, {}, {}, body, "http://sandbox/v1.0")


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=25), st.booleans(), st.booleans())
def test_methods_keep_their_rules(
    steps: list[tuple[str, str, Method, str]], sign_in: bool, creates: bool
) -> None:
    """No alternate without a mobile unless PATCH may create; writes replay to the state; 2xx means done,
    4xx but 409 means nothing happened; no two users sign in with one number."""
    tenant = SandboxTenant(quotas=Quotas.off(), unverified=Unverified(patch_creates=creates))
    tenant.policy.sms.include = [Target(sign_in=sign_in)]
    users = {name: tenant.new_user(f"{name}@example.com").id for name in ("jane", "tom")}
    for verb, name, method, number in steps:
        before = {user: dict(held) for user, held in tenant.phones.items()}
        written = len(tenant.writes)
        status = answer(tenant, ask(verb, name, method, number), None).status
        now = tenant.phones[users[name]].get(method)
        if status in (201, 204, 409):
            assert now == (None if verb == "DELETE" else number)
            assert len(tenant.writes) == written + 1
        else:
            assert tenant.phones == before
            assert len(tenant.writes) == written
    for held in tenant.phones.values():
        assert creates or Method.ALTERNATE_MOBILE not in held or Method.MOBILE in held
    replayed: dict[str, dict[Method, str]] = {user: {} for user in users.values()}
    for write in tenant.writes:
        replayed[write.user].pop(write.method, None)
        if write.verb != "DELETE":
            replayed[write.user][write.method] = write.value
    assert replayed == tenant.phones
    ready = [u for u, state in tenant.sms_states.items() if state == "ready"]
    assert len({tenant.phones[u][Method.MOBILE] for u in ready}) == len(ready)
    assert set(tenant.sms_names.values()) == set(ready)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
URLS = st.sampled_from(
    ["/users", "users//", "http://[", "/users/%ff?$top=x", "/$batch", "?", "/users?$filter='"]
)
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "id": VALUES | st.sampled_from(["1", "2"]),
        "method": VALUES | st.sampled_from(["GET", "POST", "DELETE"]),
        "url": VALUES | URLS,
        "headers": VALUES | st.just({"Content-Type": "application/json"}),
        "body": VALUES,
        "dependsOn": VALUES | st.just(["1"]),
    },
)


@settings(max_examples=200, deadline=None)
@given(VALUES | st.fixed_dictionaries({"requests": st.lists(ITEMS, max_size=4)}))
def test_no_batch_breaks_the_tenant(body: object) -> None:
    """Whatever is sent as a batch is answered or refused with 400, in JSON, and writes nothing by mistake."""
    tenant = SandboxTenant(quotas=Quotas.off())
    tenant.new_user("jane@example.com")
    refused = 0
    try:
        items = batch.read(body, "http://sandbox/v1.0")
        got = batch.run(tenant, items).body
    except GraphError as e:
        refused, got, items = e.status, {"responses": []}, []
    assert refused in (0, 400)
    assert json.dumps(got)
    assert got is not None
    assert len(items) == len(got["responses"])  # type: ignore[arg-type]
    assert tenant.writes == []


@settings(max_examples=100, deadline=None)
@given(VALUES | st.fixed_dictionaries({"phoneNumber": VALUES, "phoneType": VALUES | st.just("mobile")}))
def test_no_body_breaks_a_write(body: object) -> None:
    """Whatever is sent as a phone is refused with 400; nothing of it is stored."""
    tenant = SandboxTenant(quotas=Quotas.off())
    request = ask("POST", "jane", Method.MOBILE, "")
    tenant.new_user("jane@example.com")
    request.body = body
    assert answer(tenant, request, None).status == 400
    assert tenant.writes == []

"""Whatever is asked of the emulated tenant, what must always hold of methods holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from prepop.model import Method
from prepop.sandbox.methods import METHOD_IDS
from prepop.sandbox.records import Target, Unverified
from prepop.sandbox.service import answer
from prepop.sandbox.tenant import SandboxTenant
from prepop.sandbox.throttle import Quotas
from prepop.sandbox.wire import Ask

PHONES = [m for m in Method if m.is_phone]
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

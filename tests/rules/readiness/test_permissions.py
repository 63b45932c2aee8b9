"""The app's permissions: what its token says, what each read says, and what is too much."""

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from prepop.cloud import open_tenant
from prepop.cloud.posture import read_token
from prepop.model import Method
from prepop.options import CloudOptions, Credential, MappingRules, MethodRule, Region, Scope, Secrets
from prepop.rules.readiness import judge
from prepop.rules.readiness.facts import CloudFacts, ReadinessFacts, Token
from prepop.rules.readiness.permission_table import PERMISSIONS, Use, wanted
from prepop.rules.readiness.words import Answer, State, Unread
from prepop.sandbox.graph.records import PERMISSIONS as SANDBOX_PERMISSIONS
from prepop.sandbox.graph.server import LoopbackServer, SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.rules.readiness.conftest import Scene
from tests.sandbox.authority import Authority

APP = "11111111-2222-3333-4444-555555555555"
SECRET = "s3cret-that-must-not-be-shown"
BOTH = MappingRules(Region(), (MethodRule(Method.MOBILE, ("mobile",)), MethodRule(Method.EMAIL, ("mail",))))
LEAST = frozenset(
    one.name for use in (Use.PLAN, Use.APPLY, Use.CHECK) for one in wanted({Method.MOBILE, Method.EMAIL}, use)
)


def quiet(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody looks at."""


@pytest.fixture
def signed_in(tmp_path: Path) -> Iterator["SignedIn"]:
    """A tenant that wants tokens, with azure-identity's own client secret credential before it."""
    ca = trustme.CA()
    issued = ca.issue_cert("127.0.0.1", "localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    tenant = SandboxTenant()
    tenant.new_user("jane@contoso.onmicrosoft.com")
    tenant.require_token = True
    authority = Authority(tenant)
    authority.register_secret(APP, SECRET)
    server = LoopbackServer(authority.app(), cert=tmp_path / "cert.pem", key=tmp_path / "key.pem")
    with server as where, SandboxServer(tenant) as graph:
        yield SignedIn(tenant, where.url, graph.url, tmp_path / "ca.pem")


class SignedIn:
    """Looks at the tenant with a token."""

    def __init__(self, tenant: SandboxTenant, authority: str, graph: str, ca_file: Path) -> None:
        self.tenant, self._authority, self._graph, self._ca = tenant, authority, graph, ca_file

    def look(self) -> CloudFacts:
        async def main() -> CloudFacts:
            options = CloudOptions(
                tenant=self.tenant.id, endpoint=self._graph, credential=Credential.SECRET, client_id=APP
            )
            opened = open_tenant(
                options, Secrets(client_secret=SECRET), authority=self._authority, ca_file=self._ca
            )
            async with opened as tenant:
                return await tenant.posture.look((), quiet)

        return asyncio.run(main())


def answers(cloud: CloudFacts, mapping: MappingRules = BOTH) -> dict[str, Answer]:
    """What is said of this tenant, without a directory."""
    situation = ReadinessFacts(
        datetime(2026, 11, 22, tzinfo=UTC), mapping, Scope(), CloudOptions("contoso.onmicrosoft.com"),
        (), cloud, Unread("no directory here"),
    )  # fmt: skip
    return {one.id: one for one in judge(situation)}


def token(*roles: str, app: bool = True) -> Token:
    return Token(app, frozenset(roles))


def test_least_permissions_are_well(signed_in: SignedIn) -> None:
    """An app with the table's permissions and no others: three times yes, from a real token."""
    signed_in.tenant.permissions = set(LEAST)
    told = answers(signed_in.look())
    for ident in ("permission-token", "permission-write", "permission-needless", "tenant-reachable"):
        assert told[ident].answer is State.YES, told[ident]


def test_missing_permission_is_in_token_and_probe(signed_in: SignedIn) -> None:
    """C9: without GroupMember.Read.All both the token and the read say so, and it blocks before any write."""
    signed_in.tenant.permissions = set(LEAST - {"GroupMember.Read.All"})
    told = answers(signed_in.look())
    assert told["permission-token"].blocks
    assert "GroupMember.Read.All" in told["permission-token"].says
    assert told["permission-groupmember-read-all"].answer is State.NO
    assert "GroupMember.Read.All" in told["permission-groupmember-read-all"].fix


def test_permission_for_tap_of_everybody_is_called_needless(signed_in: SignedIn) -> None:
    """C10: UserAuthenticationMethod.ReadWrite.All does the work, and reaches Global Administrators: no."""
    facts = replace(signed_in.look(), token=token(*LEAST, "UserAuthenticationMethod.ReadWrite.All"))
    told = answers(facts)
    assert told["permission-token"].answer is State.YES
    assert told["permission-needless"].answer is State.NO
    assert "Temporary Access Passes" in told["permission-needless"].says


def test_app_that_only_plans_is_told_from_one_that_writes(signed_in: SignedIn) -> None:
    """Reading permissions alone: planning is well, writing partly, and nothing blocks."""
    facts = replace(signed_in.look(), token=token(*(one.name for one in wanted(set(Method), Use.PLAN))))
    told = answers(facts)
    assert told["permission-token"].answer is State.YES
    assert told["permission-write"].answer is State.PARTLY
    assert not told["permission-write"].blocks


def test_person_instead_of_an_app_is_called_out(signed_in: SignedIn) -> None:
    """C24: a signed-in person needs a second factor within minutes: no good for a nightly job."""
    told = answers(replace(signed_in.look(), token=token("User.Read.All", app=False)))
    assert told["permission-token"].answer is State.PARTLY
    assert "ten minutes" in told["permission-token"].says


def test_mapping_without_email_needs_no_email_permission(signed_in: SignedIn) -> None:
    """Least means least: what is not mapped is not asked for."""
    phones = MappingRules(Region(), (MethodRule(Method.MOBILE, ("mobile",)),))
    held = LEAST - {"UserAuthMethod-Email.Read.All", "UserAuthMethod-Email.ReadWrite.All"}
    told = answers(replace(signed_in.look(), token=token(*held)), phones)
    assert told["permission-token"].answer is State.YES
    assert told["permission-needless"].answer is State.YES


@pytest.mark.parametrize("broader", ["Directory.Read.All", "User.ReadWrite.All"])
def test_broader_permission_counts_for_the_narrow_one(signed_in: SignedIn, broader: str) -> None:
    """Directory.Read.All includes User.Read.All: nothing is missing, something is needless."""
    told = answers(replace(signed_in.look(), token=token(*LEAST - {"User.Read.All"}, broader)))
    assert told["permission-token"].answer is State.YES
    assert told["permission-needless"].answer is not State.YES


def test_table_is_that_of_the_sandbox_and_the_ids_are_ids() -> None:
    """Every permission that the emulated tenant knows to be needed is in the table, once, with its app
    role id.
    """
    names = [one.name for one in PERMISSIONS]
    assert len(names) == len(set(names)) == len({one.role for one in PERMISSIONS})
    assert set(names) >= SANDBOX_PERMISSIONS


def test_token_is_read_and_never_shown() -> None:
    """Roles of an app, scopes of a person; what is no such token is not told about, and is quoted nowhere."""

    def jwt(claims: object) -> str:
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        return f"e30.{body}.c2ln"

    assert read_token(jwt({"roles": ["User.Read.All"]})) == token("User.Read.All")
    assert read_token(jwt({"scp": "User.Read openid"})) == token("User.Read", "openid", app=False)
    assert read_token(jwt({})) == token()
    for odd in ("", "opaque", "a.b.c", jwt([1]), f"e30.{'ÿ'}.x"):
        found = read_token(odd)
        assert isinstance(found, Unread)
        assert odd == "" or odd not in found.why


@pytest.mark.parametrize(
    ("gone", "ident"),
    [
        ("AuditLog.Read.All", "permission-auditlog-read-all"),
        ("Policy.Read.All", "permission-policy-read-all"),
        ("Organization.Read.All", "permission-organization-read-all"),
        ("RoleManagement.Read.Directory", "permission-rolemanagement-read-directory"),
        ("User.Read.All", "permission-user-read-all"),
        ("UserAuthMethod-Phone.ReadWrite.All", "permission-userauthmethod-phone-read-all"),
        ("UserAuthMethod-Email.ReadWrite.All", "permission-userauthmethod-email-read-all"),
    ],
)
def test_any_one_permission_may_be_missing(scene: Scene, gone: str, ident: str) -> None:
    """Whichever permission is missing, `check` goes on, says which one, and what else it could not read."""
    scene.tenant.permissions -= {gone}
    told = scene.check()
    assert told[ident] in ("no", "unknown")
    assert gone.replace("ReadWrite", "Read") in told.fix(ident)
    always = ("RoleManagement.Read.Directory", "User.Read.All", "Organization.Read.All")
    needed = gone in always or "Method" in gone
    assert told.code == (30 if needed else 0)


def test_all_permissions_may_be_missing(scene: Scene) -> None:
    """An app that nobody consented to still gets its list of what to grant."""
    scene.tenant.permissions.clear()
    told = scene.check()
    assert told.code == 30
    assert "permission-user-read-all" in told.blocks()


@pytest.mark.parametrize(
    ("days", "answer", "blocks"),
    [(365, State.YES, False), (31, State.YES, False), (29, State.PARTLY, False), (-1, State.NO, True)],
)
def test_a_certificate_that_runs_out(days: int, answer: State, blocks: bool) -> None:
    """Said a month before; once it is over nothing can sign in."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    unread = Unread("not looked at")
    situation = ReadinessFacts(
        now, BOTH, Scope(), CloudOptions("contoso.onmicrosoft.com"), (), unread, unread,
        credential_ends=now + timedelta(days=days),
    )  # fmt: skip
    told = {one.id: one for one in judge(situation)}["credential-ends"]
    assert (told.answer, told.blocks) == (answer, blocks)
    assert f"{now + timedelta(days=days):%Y-%m-%d}" in told.says


def test_where_no_certificate_is_seen_nothing_is_said() -> None:
    """A managed identity, or a file that only the sign-in understands."""
    unread = Unread("not looked at")
    situation = ReadinessFacts(
        datetime(2026, 11, 22, tzinfo=UTC), BOTH, Scope(), CloudOptions("x.example"), (), unread, unread
    )
    assert "credential-ends" not in {one.id for one in judge(situation)}

"""The sandbox's sign-in service and azure-identity's real credentials understand each other, over TLS."""

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme
from azure.core.exceptions import ClientAuthenticationError
from azure.core.exceptions import ServiceRequestError as NoSignIn
from azure.identity import DeviceCodeCredential
from azure.identity.aio import CertificateCredential, ClientSecretCredential

from prepop.sandbox.graph.server import LoopbackServer, SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.certificates import loopback_certificate
from tests.sandbox.authority import Authority

SCOPE = "https://graph.microsoft.com/.default"
APP = "11111111-2222-3333-4444-555555555555"


@dataclass
class Place:
    """A tenant with its sign-in service on loopback, and the CA that vouches for it."""

    tenant: SandboxTenant
    authority: Authority
    url: str
    ca_file: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = loopback_certificate(tmp_path_factory.mktemp("authority"))
    tenant = SandboxTenant()
    tenant.require_token = True
    authority = Authority(tenant, interval=0)
    with LoopbackServer(authority.app(), cert=folder / "cert.pem", key=folder / "key.pem") as server:
        yield Place(tenant, authority, server.url, folder / "ca.pem")


@pytest.fixture(scope="module")
def key_pair() -> tuple[bytes, bytes]:
    """An app's certificate, and the same with its private key."""
    issued = trustme.CA(key_type=trustme.KeyType.RSA).issue_cert(
        "app.example.org", key_type=trustme.KeyType.RSA
    )
    public = issued.cert_chain_pems[0].bytes()
    return public, issued.private_key_pem.bytes() + public


async def token(credential: ClientSecretCredential | CertificateCredential) -> str:
    async with credential:
        return (await credential.get_token(SCOPE)).token


def by_secret(place: Place, secret: str, *, app: str = APP, tenant: str = "") -> ClientSecretCredential:
    return ClientSecretCredential(
        tenant or place.tenant.id,
        app,
        secret,
        authority=place.url,
        connection_verify=str(place.ca_file),
        retry_total=0,
    )


def by_certificate(place: Place, pem: bytes) -> CertificateCredential:
    return CertificateCredential(
        place.tenant.id,
        APP,
        certificate_data=pem,
        authority=place.url,
        connection_verify=str(place.ca_file),
        retry_total=0,
    )


def test_a_secret_buys_a_token_that_graph_accepts(served: Place) -> None:
    """The token of the real ClientSecretCredential opens the sandbox's Graph; no token does not."""
    served.authority.register_secret(APP, "right")
    got = asyncio.run(token(by_secret(served, "right")))
    with (
        SandboxServer(served.tenant) as graph,
        httpx.Client(base_url=f"{graph.url}/v1.0", timeout=600) as client,
    ):
        assert client.get("/organization").status_code == 401
        assert client.get("/organization", headers={"Authorization": f"Bearer {got}"}).status_code == 200
        assert client.get("/organization", headers={"Authorization": "Bearer made-up"}).status_code == 401
        served.authority.revoke()
        assert client.get("/organization", headers={"Authorization": f"Bearer {got}"}).status_code == 401


@pytest.mark.parametrize(
    ("secret", "app", "tenant", "code"),
    [
        ("wrong", APP, "", "AADSTS7000215"),
        ("old", APP, "", "AADSTS7000222"),
        ("right", "unknown-app", "", "AADSTS700016"),
        ("right", APP, "elsewhere.example.org", "AADSTS90002"),
    ],
)
def test_a_wrong_secret_app_or_tenant_is_refused_as_entra_does(
    served: Place, secret: str, app: str, tenant: str, code: str
) -> None:
    """Each refusal reaches azure-identity with Entra's own number."""
    served.authority.register_secret(APP, "right")
    served.authority.register_secret(APP, "old", expired=True)
    with pytest.raises(ClientAuthenticationError, match=code):
        asyncio.run(token(by_secret(served, secret, app=app, tenant=tenant)))


def test_a_refused_sign_in_is_refused_once(served: Place) -> None:
    """`refuse_next` refuses one request, with Conditional Access's number."""
    served.authority.register_secret(APP, "right")
    served.authority.refuse_next()
    with pytest.raises(ClientAuthenticationError, match="AADSTS53003"):
        asyncio.run(token(by_secret(served, "right")))
    assert asyncio.run(token(by_secret(served, "right")))


def test_a_certificate_signs_in_and_another_does_not(served: Place, key_pair: tuple[bytes, bytes]) -> None:
    """The signature of the real CertificateCredential is verified with the registered certificate."""
    public, whole = key_pair
    with pytest.raises(ClientAuthenticationError, match=r"AADSTS700(016|027)"):
        asyncio.run(token(by_certificate(served, whole)))
    served.authority.register_certificate(APP, public)
    assert asyncio.run(token(by_certificate(served, whole))) in served.tenant.tokens


def test_a_forged_signature_is_refused(served: Place, key_pair: tuple[bytes, bytes]) -> None:
    """An assertion that names the registered certificate but was signed by another key gets AADSTS700027."""
    public, whole = key_pair
    served.authority.register_certificate(APP, public)
    other = trustme.CA().issue_cert("other.example.org", key_type=trustme.KeyType.RSA).private_key_pem.bytes()
    forged = other + public
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        asyncio.run(token(by_certificate(served, forged)))
    assert whole != forged


def test_an_assertion_out_of_time_is_refused(served: Place, key_pair: tuple[bytes, bytes]) -> None:
    """An hour later the same assertion gets AADSTS700024."""
    public, whole = key_pair
    late = Authority(served.tenant, clock=lambda: 4_000_000_000.0)
    late.register_certificate(APP, public)
    folder = served.ca_file.parent
    with LoopbackServer(late.app(), cert=folder / "cert.pem", key=folder / "key.pem") as server:
        place = Place(served.tenant, late, server.url, served.ca_file)
        with pytest.raises(ClientAuthenticationError, match="AADSTS700024"):
            asyncio.run(token(by_certificate(place, whole)))


def test_an_unknown_ca_is_not_trusted(served: Place, tmp_path: Path) -> None:
    """Without the CA that vouches for it the service gets no secret."""
    other = tmp_path / "other-ca.pem"
    trustme.CA().cert_pem.write_to_path(other)
    before = served.authority.asked.total()
    place = Place(served.tenant, served.authority, served.url, other)
    with pytest.raises(NoSignIn, match=r"(?i)certificate"):
        asyncio.run(token(by_secret(place, "right")))
    assert served.authority.asked.total() == before


def test_a_device_code_signs_in_after_waiting(served: Place) -> None:
    """The real DeviceCodeCredential shows the code, is told to wait, and gets its token."""
    served.authority.pending = 1
    said: list[str] = []
    credential = DeviceCodeCredential(
        APP,
        tenant_id=served.tenant.id,
        authority=served.url,
        disable_instance_discovery=True,
        connection_verify=str(served.ca_file),
        prompt_callback=lambda uri, code, _: said.append(f"{uri} {code}"),
    )
    with credential:
        got = credential.get_token(SCOPE)
    assert got.token in served.tenant.tokens
    assert said
    assert said[0].endswith("SANDBOX12")


def test_the_endpoints_tell_where_they_are(served: Place) -> None:
    """Instance discovery and OpenID configuration name the service's own address."""
    trust = ssl.create_default_context(cafile=str(served.ca_file))
    with httpx.Client(base_url=served.url, verify=trust, timeout=600) as client:
        found = client.get("/common/discovery/instance").json()["tenant_discovery_endpoint"]
        configuration = client.get(f"/{served.tenant.id}/v2.0/.well-known/openid-configuration").json()
    assert found.startswith(served.url)
    assert configuration["token_endpoint"] == f"{served.url}/{served.tenant.id}/oauth2/v2.0/token"

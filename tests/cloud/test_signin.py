"""Signing in with azure-identity for real: a sign-in service over TLS, its refusals, its tokens."""

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from prepop.cloud import OpenTenant, open_tenant
from prepop.errors import ConfigError, SignInError
from prepop.options import CloudOptions, Credential, Secrets
from prepop.sandbox.graph.server import LoopbackServer, SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from tests.certificates import loopback_certificate
from tests.cloud.opening import quiet
from tests.sandbox.authority import Authority

APP = "11111111-2222-3333-4444-555555555555"
SECRET = "s3cret-that-must-not-be-shown"


@dataclass(slots=True)
class GraphRoot:
    """A tenant that wants tokens, the service that gives them, and the CA that vouches for it."""

    tenant: SandboxTenant
    authority: Authority
    authority_url: str
    graph_url: str
    ca_file: Path

    def open(
        self, kind: Credential, *, secret: str = "", password: str = "", file: Path | None = None
    ) -> AbstractAsyncContextManager[OpenTenant]:
        """Open the tenant with this credential."""
        options = CloudOptions(
            tenant=self.tenant.id,
            endpoint=self.graph_url,
            credential=kind,
            client_id=APP,
            certificate_file=file,
            federated_token_file=file,
        )
        secrets = Secrets(client_secret=secret, certificate_password=password)
        said.clear()
        return open_tenant(
            options, secrets, authority=self.authority_url, ca_file=self.ca_file, say=said.append
        )


said: list[str] = []


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA and a certificate for loopback."""
    return loopback_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def app_key(tls: Path) -> tuple[bytes, Path]:
    """An application's certificate, and the file with its private key besides."""
    issued = trustme.CA(key_type=trustme.KeyType.RSA).issue_cert(
        "app.example.org", key_type=trustme.KeyType.RSA
    )
    public = issued.cert_chain_pems[0].bytes()
    (tls / "app.pem").write_bytes(issued.private_key_pem.bytes() + public)
    return public, tls / "app.pem"


@pytest.fixture
def place(tls: Path) -> Iterator[GraphRoot]:
    tenant = SandboxTenant()
    tenant.require_token = True
    for number in range(30):
        tenant.new_user(f"user{number}@contoso.onmicrosoft.com")
    authority = Authority(tenant, interval=0)
    authority.register_secret(APP, SECRET)
    with (
        LoopbackServer(authority.app(), cert=tls / "cert.pem", key=tls / "key.pem") as signing,
        SandboxServer(tenant) as graph,
    ):
        yield GraphRoot(tenant, authority, signing.url, graph.url, tls / "ca.pem")


def refused(opening: AbstractAsyncContextManager[OpenTenant]) -> SignInError:
    """The error that opening ends with."""

    async def main() -> None:
        async with opening:
            pass

    with pytest.raises(SignInError) as caught:
        asyncio.run(main())
    return caught.value


def test_one_sign_in_for_twenty_tasks_that_start_together(place: GraphRoot) -> None:
    """Twenty concurrent reads after a cold start cost one token request, not twenty."""

    async def main() -> list[int]:
        async with place.open(Credential.SECRET, secret=SECRET) as tenant:
            found = await asyncio.gather(*(tenant.reader.accounts(quiet) for _ in range(20)))
            return [len(accounts) for accounts in found]

    assert asyncio.run(main()) == [30] * 20
    assert place.authority.asked == {"client_credentials: ok": 1}


def test_certificate_pem(place: GraphRoot, app_key: tuple[bytes, Path]) -> None:
    """A registered certificate signs in; the same one unregistered is refused with what to do."""
    public, file = app_key
    error = refused(place.open(Credential.CERTIFICATE, file=file))
    assert "AADSTS700" in error.message
    place.authority.register_certificate(APP, public)

    async def main() -> str:
        async with place.open(Credential.CERTIFICATE, file=file) as tenant:
            return (await tenant.reader.facts()).id

    assert asyncio.run(main()) == place.tenant.id


def test_certificate_pfx_with_a_password(
    place: GraphRoot, app_key: tuple[bytes, Path], tmp_path: Path
) -> None:
    """A PFX file signs in with its password, and is a mistake in the config with another."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        load_pem_private_key,
    )
    from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

    public, file = app_key
    key = load_pem_private_key(file.read_bytes(), None)
    certificate = x509.load_pem_x509_certificate(public)
    pfx = tmp_path / "app.pfx"
    pfx.write_bytes(
        serialize_key_and_certificates(b"app", key, certificate, None, BestAvailableEncryption(b"pw-1"))  # type: ignore[arg-type]
    )
    place.authority.register_certificate(APP, public)

    async def main(password: str) -> str:
        async with place.open(Credential.CERTIFICATE, file=pfx, password=password) as tenant:
            return (await tenant.reader.facts()).id

    assert asyncio.run(main("pw-1")) == place.tenant.id
    with pytest.raises(ConfigError, match="certificate_file") as caught:
        asyncio.run(main("pw-2"))
    assert "pw-2" not in str(caught.value)


def test_device_code_says_what_to_do(place: GraphRoot) -> None:
    """The address and the code are told through the callback, the waiting blocks nobody, and it signs in."""

    async def main() -> str:
        async with place.open(Credential.DEVICE_CODE) as tenant:
            return (await tenant.reader.facts()).id

    assert asyncio.run(main()) == place.tenant.id
    assert len(said) == 1
    assert "SANDBOX12" in said[0]
    assert "https://" in said[0]


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (7000222, "expired"),
        (7000215, "its value, not its id"),
        (53003, "Conditional Access"),
        (1, "cloud.tenant"),
    ],
)
def test_a_refused_sign_in_says_code_and_what_to_try(
    place: GraphRoot, caplog: pytest.LogCaptureFixture, code: int, hint: str
) -> None:
    """Entra ID's code and what it means here; never the secret, in message, hint, cause or log."""
    caplog.set_level(logging.DEBUG)
    place.authority.refuse_next(code, "invalid_client", status=401)
    error = refused(place.open(Credential.SECRET, secret=SECRET))
    assert f"AADSTS{code}" in error.message
    assert hint in error.hint
    assert error.__suppress_context__
    assert SECRET not in f"{error.message}{error.hint}{error.__cause__}{caplog.text}"


def test_an_unknown_tenant_and_application(place: GraphRoot) -> None:
    """The two commonest mistakes are told apart."""
    place.authority.applications.clear()
    assert "no such application" in refused(place.open(Credential.SECRET, secret=SECRET)).hint
    place.tenant.id = "00000000-0000-0000-0000-000000000001"
    options = place.open(Credential.SECRET, secret=SECRET)
    place.tenant.id = "00000000-0000-0000-0000-000000000002"
    assert "no such tenant" in refused(options).hint


def test_a_token_that_graph_refuses_is_renewed_once(place: GraphRoot) -> None:
    """Tokens revoked in the middle of a run: a fresh one is fetched, once for all, and the run goes on."""

    async def main() -> None:
        async with place.open(Credential.SECRET, secret=SECRET) as tenant:
            await tenant.reader.methods_policy()
            place.authority.revoke()
            await asyncio.gather(*(tenant.reader.methods_policy() for _ in range(4)))

    asyncio.run(main())
    assert place.authority.asked == {"client_credentials: ok": 2}


def test_a_sign_in_lost_in_the_middle_is_a_sign_in_error(place: GraphRoot) -> None:
    """Tokens revoked and the secret withdrawn: the run ends with the sign-in's own words."""

    async def main() -> None:
        async with place.open(Credential.SECRET, secret=SECRET) as tenant:
            await tenant.reader.accounts(quiet)
            place.authority.revoke()
            place.authority.applications.clear()
            await tenant.reader.methods_policy()

    with pytest.raises(SignInError, match="AADSTS700016"):
        asyncio.run(main())


def test_a_wrong_ca_is_no_sign_in(place: GraphRoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign-in service that the CA does not vouch for gets no secret."""
    monkeypatch.setattr("prepop.cloud.signin.credentials.RETRIES", 0)
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    place.ca_file = tmp_path / "other.pem"
    error = refused(place.open(Credential.SECRET, secret=SECRET))
    assert "certificate" in error.message.lower()
    assert not place.authority.asked


@pytest.mark.parametrize(
    ("options", "secrets", "keys"),
    [
        (CloudOptions("t", credential=Credential.DEVICE_CODE, client_id=APP), Secrets(), ["device-code"]),
        (
            CloudOptions("a b/c", credential=Credential.SECRET, client_id=APP),
            Secrets(client_secret=SECRET),
            ["credential"],
        ),
    ],
)
def test_what_settings_cannot_see_is_a_mistake_in_the_config(
    options: CloudOptions, secrets: Secrets, keys: list[str]
) -> None:
    """Where nobody can be asked, or azure-identity refuses a piece, that is said before anything is sent."""

    async def main() -> None:
        async with open_tenant(options, secrets):
            pass

    with pytest.raises(ConfigError) as caught:
        asyncio.run(main())
    assert all(key in str(caught.value) for key in keys)
    assert len(caught.value.mistakes) == len(keys)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"not a certificate", b"-----BEGIN CERTIFICATE-----\nxx\n"])
def test_an_unreadable_certificate_is_named(tmp_path: Path, content: bytes | None) -> None:
    """A certificate file that is missing, empty or something else: which file, and what is wrong with it."""
    file = tmp_path / "prepop.pem"
    if content is not None:
        file.write_bytes(content)
    options = CloudOptions("t", credential=Credential.CERTIFICATE, client_id=APP, certificate_file=file)

    async def main() -> None:
        async with open_tenant(options, Secrets()):
            pass

    with pytest.raises(ConfigError, match=r"cloud\.certificate_file: ") as caught:
        asyncio.run(main())
    assert str(file) in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="file modes of POSIX")
def test_a_certificate_that_others_can_write_is_not_used(tmp_path: Path, app_key: tuple[bytes, Path]) -> None:
    """The file is judged again when the key is read: the config was read some time ago."""
    file = app_key[1]
    mode = file.stat().st_mode
    file.chmod(0o666)
    options = CloudOptions("t", credential=Credential.CERTIFICATE, client_id=APP, certificate_file=file)

    async def main() -> None:
        async with open_tenant(options, Secrets()):
            pass

    try:
        with pytest.raises(ConfigError, match="can be written by others"):
            asyncio.run(main())
    finally:
        file.chmod(mode)


def test_workload_identity(place: GraphRoot, tmp_path: Path) -> None:
    """The projected token file of a pod signs in."""
    (tmp_path / "token").write_text("a-federated-token")
    place.authority.register_federated(APP, "a-federated-token")

    async def main() -> str:
        async with place.open(Credential.WORKLOAD_IDENTITY, file=tmp_path / "token") as tenant:
            return (await tenant.reader.facts()).id

    assert asyncio.run(main()) == place.tenant.id


@pytest.mark.parametrize("kind", list(Credential))
def test_each_credential_is_its_own_class(
    kind: Credential, app_key: tuple[bytes, Path], tmp_path: Path
) -> None:
    """The class that the options name, and never azure-identity's default chain."""
    from prepop.cloud.signin.credentials import credential

    (tmp_path / "token").write_text("x")
    options = CloudOptions(
        "contoso.onmicrosoft.com",
        credential=kind,
        client_id=APP,
        certificate_file=app_key[1],
        federated_token_file=tmp_path / "token",
        endpoint="http://127.0.0.1:1" if kind is Credential.NONE else "",
    )
    made = credential(options, Secrets(client_secret=SECRET), say=said.append)
    expected = {
        Credential.MANAGED_IDENTITY: "ManagedIdentityCredential",
        Credential.WORKLOAD_IDENTITY: "WorkloadIdentityCredential",
        Credential.CERTIFICATE: "CertificateCredential",
        Credential.SECRET: "ClientSecretCredential",
        Credential.AZURE_CLI: "AzureCliCredential",
        Credential.DEVICE_CODE: "InThread",
        Credential.NONE: "NoneType",
    }
    assert type(made).__name__ == expected[kind]
    if made is not None:
        asyncio.run(made.close())

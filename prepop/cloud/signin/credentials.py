"""Signing in to Entra ID: for each `cloud.credential` one class of azure-identity, named, never a chain.

`DefaultAzureCredential` tries one thing after another and may pick a developer's own sign-in: a night job
must not guess who it is (LIBRARIES section 2).
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TypedDict

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.identity import DeviceCodeCredential
from azure.identity.aio import (
    AzureCliCredential,
    CertificateCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from prepop.cloud.signin.environments import place
from prepop.errors import ConfigError
from prepop.files import read_guarded
from prepop.options import CloudOptions, Credential, Secrets

Say = Callable[[str], None]
RETRIES = 4  # of a token request that got no answer or a 5xx; azure-core's own ten take minutes


class _Common(TypedDict, total=False):
    authority: str
    retry_total: int
    connection_verify: str


def credential(
    options: CloudOptions,
    secrets: Secrets,
    *,
    authority: str | None = None,
    ca_file: Path | None = None,
    say: Say | None = None,
) -> AsyncTokenCredential | None:
    """The credential that the options name; None for `none`, which is for an endpoint on loopback only.

    authority: another sign-in service than the environment's, and ca_file: what vouches for its
    certificate; both for a rehearsal. say: prints what a person must do (device-code); nothing is read.
    Nothing is sent yet. Raises ConfigError where a piece is missing or cannot be read.
    """
    where = place(options)
    common: _Common = {"authority": authority or where.authority, "retry_total": RETRIES}
    if ca_file is not None:
        common["connection_verify"] = str(ca_file)
    match options.credential:
        case Credential.NONE:
            return None
        case Credential.MANAGED_IDENTITY:
            return ManagedIdentityCredential(client_id=options.client_id or None)
        case Credential.WORKLOAD_IDENTITY:
            return _workload_identity(options, common)
        case Credential.CERTIFICATE:
            return _certificate(options, secrets, common)
        case Credential.SECRET:
            return _checked(
                options,
                lambda: ClientSecretCredential(
                    options.tenant, options.client_id, secrets.client_secret, **common
                ),
            )
        case Credential.AZURE_CLI:
            return _checked(options, lambda: AzureCliCredential(tenant_id=options.tenant))
        case Credential.DEVICE_CODE:
            # another sign-in service than Microsoft's cannot be looked up at Microsoft's
            return _device_code(options, common, say, look_up=authority is None)


def _checked(options: CloudOptions, make: Callable[[], AsyncTokenCredential]) -> AsyncTokenCredential:
    """Make a credential; what azure-identity rejects becomes a ConfigError."""
    try:
        return make()
    except ValueError as error:
        raise ConfigError([f'cloud: credential = "{options.credential}": {error}']) from None


def _workload_identity(options: CloudOptions, common: _Common) -> AsyncTokenCredential:
    """The token file that Kubernetes (or another issuer) mounts, and renews: it is read at each sign-in."""
    return _checked(
        options,
        lambda: WorkloadIdentityCredential(
            tenant_id=options.tenant,
            client_id=options.client_id,
            token_file_path=str(options.federated_token_file),
            **common,
        ),
    )


def _certificate(options: CloudOptions, secrets: Secrets, common: _Common) -> AsyncTokenCredential:
    """PEM or PKCS#12 (PFX), with its private key. Only RSA keys: Entra ID takes RS256 signatures."""
    file = options.certificate_file
    assert file is not None  # noqa: S101 - settings has seen to it
    try:
        data = read_guarded(file)  # again: it may have become another one since the config was read
    except OSError as error:
        raise ConfigError(
            [f"cloud.certificate_file: {file}: {error.strerror or error}"],
            hint="let the account that runs prepop read it, and nobody else",
        ) from error
    try:
        return CertificateCredential(
            options.tenant,
            options.client_id,
            certificate_data=data,
            password=secrets.certificate_password or None,
            **common,
        )
    except (ValueError, TypeError) as error:
        # cryptography's words on keys and passwords; they quote neither
        raise ConfigError(
            [f"cloud.certificate_file: {file}: {error}"],
            hint="a PEM or PFX file with certificate and RSA private key; a password goes where"
            " cloud.certificate_password_env points",
        ) from None


def _device_code(
    options: CloudOptions, common: _Common, say: Say | None, *, look_up: bool
) -> AsyncTokenCredential:
    """A person signs in in a browser elsewhere. Only for a first look: at night nobody is there to do so."""
    if say is None:
        raise ConfigError(
            ['cloud.credential: "device-code" needs a person at a terminal'],
            hint="use managed-identity, workload-identity or certificate for a job",
        )

    def prompt(url: str, code: str, expires: datetime) -> None:
        say(f"To sign in, open {url} and enter the code {code} (until {expires:%H:%M} UTC).")

    try:
        inner = DeviceCodeCredential(
            options.client_id,
            tenant_id=options.tenant,
            prompt_callback=prompt,
            disable_instance_discovery=not look_up,
            **common,
        )
    except ValueError as error:
        raise ConfigError([f'cloud: credential = "device-code": {error}']) from None
    return InThread(inner)


class InThread:
    """azure-identity has no async class for device codes: this lets the plain one wait in a thread."""

    def __init__(self, inner: DeviceCodeCredential) -> None:
        self._inner = inner

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: object,
    ) -> AccessToken:
        """As in azure-identity's async credentials."""

        def ask() -> AccessToken:
            return self._inner.get_token(*scopes, claims=claims, tenant_id=tenant_id, enable_cae=enable_cae)

        return await asyncio.to_thread(ask)

    async def close(self) -> None:
        """Close the plain credential's connections."""
        await asyncio.to_thread(self._inner.close)

    async def __aenter__(self) -> "InThread":
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()

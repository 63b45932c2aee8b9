"""Secrets in Azure Key Vault, read as `cloud.credential`: one request each, nothing else of the vault.

The request is Key Vault's "Get Secret" (REST API 7.4: GET {vault}/secrets/{name}/{version}). A token goes to
hosts of Key Vault alone (`settings` takes no other address) and over no redirection.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from prepop.cloud.signin.credentials import Say, credential
from prepop.errors import ConfigError, Incomplete, SignInError
from prepop.options import CloudOptions, Secrets

API_VERSION = "7.4"
SECONDS = 30.0
TRIES = 3  # of a request that got no answer, or 429 or 5xx


def read_all(
    places: Mapping[str, str], options: CloudOptions, secrets: Secrets, *, say: Say | None = None
) -> dict[str, str]:
    """The secrets at these URLs, by the names of their directories.

    It may be called while a loop runs, which it keeps waiting. Raises SignInError where the identity or the
    vault refuses, Incomplete where the vault cannot be reached, ConfigError where nobody signs in.
    """

    async def work() -> dict[str, str]:
        who = credential(options, secrets, say=say)
        if who is None:
            raise ConfigError(
                [f'directory.password_vault: credential = "{options.credential}" cannot sign in to a vault']
            )
        async with AsyncExitStack() as open_ones:
            await open_ones.enter_async_context(who)
            return await read_with(places, who)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work()).result()


async def read_with(
    places: Mapping[str, str],
    who: AsyncTokenCredential,
    transport: httpx.AsyncBaseTransport | None = None,
) -> dict[str, str]:
    """As `read_all`, with a credential that is open. transport: another way to the vault, for a rehearsal."""
    async with httpx.AsyncClient(
        transport=transport or httpx.AsyncHTTPTransport(retries=TRIES),
        timeout=SECONDS,
        follow_redirects=False,
    ) as client:
        return {name: await _read(name, url, who, client) for name, url in places.items()}


async def _read(name: str, url: str, who: AsyncTokenCredential, client: httpx.AsyncClient) -> str:
    doing = f'directory "{name}": reading its password from Key Vault'
    zone = (urlsplit(url).hostname or "").partition(".")[2]
    try:
        token = await who.get_token(f"https://{zone}/.default")
    except AzureError as error:
        raise SignInError(
            f"{doing}: no token for the vault: {str(error).splitlines()[0][:200]}",
            hint="see cloud.credential: the same identity reads the vault",
        ) from error
    answer = None
    for _ in range(TRIES):
        try:
            answer = await client.get(
                url.rstrip("/"),
                params={"api-version": API_VERSION},
                headers={"Authorization": f"Bearer {token.token}"},
            )
        except httpx.HTTPError as error:
            raise Incomplete(
                f"{doing}: {type(error).__name__}", hint="does the vault's firewall let this machine in?"
            ) from error
        if answer.status_code != 429 and answer.status_code < 500:
            break
    assert answer is not None  # noqa: S101 - TRIES is not 0
    if answer.status_code != 200:
        raise _refused(doing, answer)
    value = _field(answer, "value")
    if not value:
        raise SignInError(f"{doing}: the secret is empty", hint="give it a value, or another version")
    return value


def _refused(doing: str, answer: httpx.Response) -> Incomplete:
    """What the vault said, by status and code; its sentence may name secrets, and stays unsaid."""
    code = _field(answer, "error", "code")
    said = f"{doing}: HTTP {answer.status_code}{f' ({code})' if code.isalnum() else ''}"
    match answer.status_code:
        case 401 | 403:
            return SignInError(
                said, hint='give the identity the role "Key Vault Secrets User", and let this machine in'
            )
        case 404:
            return SignInError(said, hint="the vault has no such secret, or it is deleted or disabled")
    return Incomplete(said, hint="try again later")


def _field(answer: httpx.Response, *names: str) -> str:
    try:
        found: object = answer.json()
    except ValueError:
        return ""
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""

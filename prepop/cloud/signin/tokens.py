"""Which token a request carries: one for the whole run, renewed before it ends, its failures explained.

azure-identity keeps tokens too, but 20 tasks that start together fetch 20 of them (measured), and it offers
no way to drop a token that Graph refuses. So one `TokenSource` stands between: it asks once, keeps the
answer, and makes a new credential where the token was refused.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from prepop.errors import SignInError
from prepop.rules.values.masking import mask_within

log = logging.getLogger(__name__)

EARLY = 300.0  # seconds before its end at which a token is renewed
PAUSE = 30.0  # seconds between tries to renew a token that still holds

# What Entra ID's codes mean for prepop. Source: Microsoft's page "Microsoft Entra authentication and
# authorization error codes" (learn.microsoft.com/entra/identity-platform/reference-error-codes).
ADVICE: Mapping[str, str] = {
    "AADSTS7000215": "the client secret is wrong: cloud.secret_env must lead to its value, not its id",
    "AADSTS7000222": "the client secret has expired: make a new one, or better a certificate",
    "AADSTS700016": "the tenant has no such application: check cloud.client_id and cloud.tenant",
    "AADSTS700027": "the application does not know the certificate, or it expired: upload its public part",
    "AADSTS700024": "the signed request is outside its time: check this host's clock",
    "AADSTS90002": "there is no such tenant in this cloud: check cloud.tenant and cloud.environment",
    "AADSTS900023": "this is not a tenant id or domain: check cloud.tenant",
    "AADSTS500011": "Graph is not known in this tenant: check cloud.environment and cloud.endpoint",
    "AADSTS53003": "a Conditional Access policy refuses it: let workload identities sign in from this host",
    "AADSTS65001": "nobody has consented: an administrator must grant the application its permissions",
    "AADSTS70021": "no federated credential fits this workload: compare issuer, subject and audience",
    "AADSTS700213": "no federated credential has this subject: compare subject and issuer",
    "AADSTS7000112": "the application is disabled in the tenant",
    "AADSTS70019": "the code was not used in time: run it again",
    "AADSTS50076": "the sign-in asks for a second factor: use device-code or azure-cli anew",
}
_CODE = re.compile(r"AADSTS\d+")
_ELSE = "check cloud.tenant, cloud.client_id and cloud.credential; `prepop check` tries the sign-in alone"


class TokenSource:
    """Holds the one token of this run. Safe for any number of tasks.

    make: makes the credential; called again where a token was refused.
    secrets: texts that no message may hold.
    """

    def __init__(
        self,
        make: Callable[[], AsyncTokenCredential],
        scope: str,
        *,
        secrets: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._make = make
        self._scope = scope
        self._secrets = tuple(secret for secret in secrets if secret)
        self._clock = clock
        self._credential: AsyncTokenCredential | None = None
        self._token: AccessToken | None = None
        self._try_again_at = 0.0
        self._lock = asyncio.Lock()

    async def token(self, claims: str = "") -> str:
        """A token that holds for at least some minutes more, or whatever still holds where renewing fails.

        claims: what Graph demands of a new token (continuous access evaluation); "" as a rule.
        Raises SignInError with Entra ID's code and what to try.
        """
        async with self._lock:
            now = self._clock()
            held = self._token if self._token and not claims else None
            if held and (now < held.expires_on - EARLY or now < min(self._try_again_at, held.expires_on)):
                return held.token
            if self._credential is None:
                self._credential = self._make()
            try:
                # CAE is off: such tokens live for a day, and a job of minutes gains nothing by them
                if claims:
                    fresh = await self._credential.get_token(self._scope, claims=claims)
                else:
                    fresh = await self._credential.get_token(self._scope)
            except AzureError as error:
                if held and now < held.expires_on:
                    self._try_again_at = now + PAUSE
                    log.warning("the token could not be renewed yet: %s", self._said(error))
                    return held.token
                raise self._refusal(error) from None  # the cause's text may hold what was sent
            self._token = fresh
            self._try_again_at = now + PAUSE
            return fresh.token

    async def refused(self, bearer: str) -> None:
        """Graph refused this token: forget it, and the credential that keeps it, if it is still in use."""
        async with self._lock:
            if self._token is None or bearer != self._token.token:
                return
            self._token = None
            await self._drop()

    async def close(self) -> None:
        """Close the credential's connections."""
        await self._drop()

    async def _drop(self) -> None:
        credential, self._credential = self._credential, None
        if credential is not None:
            await credential.close()

    def _refusal(self, error: AzureError) -> SignInError:
        said = self._said(error)
        code = _CODE.search(str(error))
        hint = ADVICE.get(code.group(), _ELSE) if code else _ELSE
        return SignInError(f"signing in to Entra ID for {self._scope}: {said}", hint=hint)

    def _said(self, error: AzureError) -> str:
        """The first line of a message, without secrets, and short."""
        words = str(error.message or error)
        for secret in self._secrets:
            words = words.replace(secret, "•••")
        first = next((line.strip() for line in words.splitlines() if line.strip()), type(error).__name__)
        return mask_within(first)[:300]

"""A sign-in service as Entra ID's (v2.0 endpoints), for azure-identity's own credentials in tests.

    authority = Authority(tenant)
    authority.register_secret("app-id", "hunter2")
    with LoopbackServer(authority.app(), cert=..., key=...) as server:
        ClientSecretCredential(tenant.id, "app-id", "hunter2", authority=server.url, ...)

Tokens that it issues are what the tenant's Graph accepts. Refusals carry the AADSTS codes that Entra ID uses
(Microsoft's reference-error-codes page); their texts are shortened.
"""

import base64
import binascii
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.wire import Json

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class Refusal(Exception):
    """An error of the token endpoint: OAuth's word, Entra's number and words."""

    def __init__(self, status: int, error: str, code: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.code, self.text = status, error, code, text


@dataclass(slots=True)
class Application:
    """What one app registration may sign in with. certificates: by SHA-256 and SHA-1 thumbprint."""

    secrets: set[str] = field(default_factory=set)
    expired_secrets: set[str] = field(default_factory=set)
    certificates: dict[bytes, x509.Certificate] = field(default_factory=dict)
    federated: set[str] = field(default_factory=set)


class Authority:
    """The sign-in service of one tenant.

    lifetime: of a token, in seconds; clock: seconds since 1970, for assertions. interval: seconds between
    two questions of a device-code client; pending: how often it is told to go on waiting. asked: token
    requests by grant, with their outcome.
    """

    def __init__(
        self,
        tenant: SandboxTenant,
        *,
        lifetime: int = 3599,
        interval: int = 5,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.tenant = tenant
        self.lifetime = lifetime
        self.interval = interval
        self.pending = 0
        self.applications: dict[str, Application] = {}
        self.asked: Counter[str] = Counter()
        self._clock = clock
        self._refusals: list[Refusal] = []
        self._devices: dict[str, int] = {}

    # ------------------------------------------------------------ what tests set

    def register_secret(self, client_id: str, secret: str, *, expired: bool = False) -> None:
        """The app may sign in with this secret, or could until it expired."""
        known = self.applications.setdefault(client_id, Application())
        (known.expired_secrets if expired else known.secrets).add(secret)

    def register_certificate(self, client_id: str, pem: bytes) -> None:
        """The app may sign in with the private key of this certificate."""
        certificate = x509.load_pem_x509_certificate(pem)
        known = self.applications.setdefault(client_id, Application()).certificates
        known[certificate.fingerprint(hashes.SHA256())] = certificate
        known[certificate.fingerprint(hashes.SHA1())] = certificate  # noqa: S303 - a name, not protection

    def register_federated(self, client_id: str, assertion: str) -> None:
        """The app may sign in with this token of another issuer (workload identity)."""
        self.applications.setdefault(client_id, Application()).federated.add(assertion)

    def refuse_next(self, code: int = 53003, error: str = "access_denied", *, status: int = 400) -> None:
        """The next token request is refused, whatever it holds."""
        text = "Access has been blocked by Conditional Access policies."
        self._refusals.append(Refusal(status, error, code, text))

    def revoke(self) -> None:
        """No token issued so far is good any more."""
        self.tenant.tokens.clear()

    # ------------------------------------------------------------ HTTP

    def app(self) -> Starlette:
        """The service, to be served over TLS."""
        return Starlette(
            routes=[
                Route("/common/discovery/instance", self._discovery),
                Route("/{tenant}/v2.0/.well-known/openid-configuration", self._configuration),
                Route("/{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
                Route("/{tenant}/oauth2/v2.0/devicecode", self._device_code, methods=["POST"]),
            ]
        )

    async def _discovery(self, request: Request) -> JSONResponse:
        host = request.url.netloc
        where = f"https://{host}/{self.tenant.id}/v2.0/.well-known/openid-configuration"
        names = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
        return JSONResponse(
            {"tenant_discovery_endpoint": where, "api-version": "1.1", "metadata": [names]},
        )

    async def _configuration(self, request: Request) -> JSONResponse:
        root = f"https://{request.url.netloc}/{request.path_params['tenant']}"
        return JSONResponse(
            {
                "issuer": f"https://{request.url.netloc}/{self.tenant.id}/v2.0",
                "token_endpoint": f"{root}/oauth2/v2.0/token",
                "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "response_types_supported": ["code", "token"],
            }
        )

    async def _device_code(self, request: Request) -> JSONResponse:
        code, where = str(uuid.uuid4()), f"https://{request.url.netloc}/device"
        self._devices[code] = self.pending
        return JSONResponse(
            {
                "device_code": code,
                "user_code": "SANDBOX12",
                "verification_uri": where,
                "expires_in": 900,
                "interval": self.interval,
                "message": f"To sign in, open {where} and enter the code SANDBOX12.",
            }
        )

    async def _token(self, request: Request) -> JSONResponse:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        grant = form.get("grant_type", "")
        try:
            body = self._grant(request, form, grant)
        except Refusal as e:
            self.asked[f"{grant}: {e.code}"] += 1
            return JSONResponse(_refusal(e), e.status)
        self.asked[f"{grant}: ok"] += 1
        return JSONResponse(body)

    # ------------------------------------------------------------ deciding

    def _grant(self, request: Request, form: dict[str, str], grant: str) -> Json:
        if self._refusals:
            raise self._refusals.pop(0)
        tenant = str(request.path_params["tenant"])
        if tenant not in {self.tenant.id, *self.tenant.domains}:
            raise Refusal(400, "invalid_tenant", 90002, f"Tenant '{tenant}' not found.")
        client = form.get("client_id", "")
        if grant == _DEVICE:
            return self._by_device(form, client)
        if grant != "client_credentials":
            raise Refusal(400, "unsupported_grant_type", 70003, f"The grant type '{grant}' is not supported.")
        known = self.applications.get(client)
        if known is None:
            text = (
                f"Application with identifier '{client}' was not found in the directory '{self.tenant.name}'."
            )
            raise Refusal(400, "unauthorized_client", 700016, text)
        if not form.get("scope", "").endswith("/.default"):
            text = "Client credential flows must have a scope value with /.default suffixed to the resource."
            raise Refusal(400, "invalid_scope", 1002012, text)
        if form.get("client_assertion_type") == _ASSERTION:
            if form.get("client_assertion", "") not in known.federated:
                self._check_assertion(form.get("client_assertion", ""), client, known, request)
        else:
            _check_secret(form.get("client_secret", ""), client, known)
        return self._issue()

    def _by_device(self, form: dict[str, str], client: str) -> Json:
        code = form.get("device_code", "")
        if code not in self._devices:
            raise Refusal(400, "invalid_grant", 70002, "The device code is not known.")
        if self._devices[code] > 0:
            self._devices[code] -= 1
            raise Refusal(400, "authorization_pending", 70016, "Authorization is pending.")
        del self._devices[code]
        now = int(self._clock())
        claims = {
            "aud": client,
            "iss": f"https://login.microsoftonline.com/{self.tenant.id}/v2.0",
            "exp": now + self.lifetime,
            "iat": now,
            "nbf": now,
            "oid": str(uuid.uuid4()),
            "tid": self.tenant.id,
            "sub": "operator",
            "preferred_username": f"operator@{self.tenant.domains[0]}",
        }
        token = ".".join((_encoded({"alg": "none", "typ": "JWT"}), _encoded(claims), ""))
        info = _encoded({"uid": claims["oid"], "utid": self.tenant.id})
        scope = form.get("scope") or "https://graph.microsoft.com/.default openid profile offline_access"
        return self._issue(person=True) | {"id_token": token, "client_info": info, "scope": scope}

    def _issue(self, *, person: bool = False) -> Json:
        """A token that shows its permissions as Entra ID's do: `roles` of an app, `scp` of a person."""
        held = sorted(self.tenant.permissions)
        claims: Json = {
            "aud": "https://graph.microsoft.com",
            "tid": self.tenant.id,
            "uti": uuid.uuid4().hex,
            "idtyp": "user" if person else "app",
        }
        claims |= {"scp": " ".join(held)} if person else {"roles": held}
        token = ".".join((_encoded({"alg": "none", "typ": "JWT"}), _encoded(claims), uuid.uuid4().hex))
        self.tenant.tokens[token] = self.tenant.seconds() + self.lifetime * self.tenant.scale
        return {
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "ext_expires_in": self.lifetime,
            "access_token": token,
        }

    def _check_assertion(self, assertion: str, client: str, known: Application, request: Request) -> None:
        """RFC 7523: signed by a registered certificate, for this endpoint and client, and still in time."""
        bad = Refusal(401, "invalid_client", 700027, "Client assertion failed signature validation.")
        head, claims, signed, signature = _parts(assertion, bad)
        certificate = known.certificates.get(_decoded(str(head.get("x5t#S256") or head.get("x5t") or "")))
        if certificate is None:
            text = f"The certificate used to sign is not registered on application '{client}'."
            raise Refusal(401, "invalid_client", 700027, text)
        _verify(certificate, str(head.get("alg")), signed, signature, bad)
        if claims.get("iss") != client or claims.get("sub") != client:
            raise Refusal(401, "invalid_client", 700021, "Client assertion names another client.")
        if claims.get("aud") != str(request.url):
            raise Refusal(401, "invalid_client", 700023, "Client assertion audience claim does not match.")
        until, since, now = claims.get("exp"), claims.get("nbf", 0), self._clock()
        if not isinstance(until, int) or not isinstance(since, int) or not since - 300 <= now < until:
            raise Refusal(
                401, "invalid_client", 700024, "Client assertion is not within its valid time range."
            )


def _check_secret(secret: str, client: str, known: Application) -> None:
    if not secret:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise Refusal(401, "invalid_client", 7000218, text)
    if secret in known.expired_secrets:
        text = f"The provided client secret keys for app '{client}' are expired."
        raise Refusal(401, "invalid_client", 7000222, text)
    if secret not in known.secrets:
        raise Refusal(401, "invalid_client", 7000215, "Invalid client secret provided.")


def _refusal(e: Refusal) -> Json:
    trace, now = str(uuid.uuid4()), datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    text = f"AADSTS{e.code}: {e.text} Trace ID: {trace} Correlation ID: {trace} Timestamp: {now}"
    return {
        "error": e.error,
        "error_description": text,
        "error_codes": [e.code],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": trace,
        "error_uri": f"https://login.microsoftonline.com/error?code={e.code}",
    }


# ---------------------------------------------------------------- JSON web tokens, as far as needed


def _encoded(value: Json | dict[str, str] | dict[str, str | int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    """base64url, with or without its padding: azure-identity leaves it on."""
    bare = text.rstrip("=")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def _parts(assertion: str, bad: Refusal) -> tuple[Json, Json, bytes, bytes]:
    """Head, claims, what was signed, signature. Raises `bad` for what is no signed token."""
    pieces = assertion.split(".")
    if len(pieces) != 3:
        raise bad
    try:
        head, claims = json.loads(_decoded(pieces[0])), json.loads(_decoded(pieces[1]))
        signature = _decoded(pieces[2])
    except (ValueError, binascii.Error):
        raise bad from None
    if not isinstance(head, dict) or not isinstance(claims, dict):
        raise bad
    return head, claims, f"{pieces[0]}.{pieces[1]}".encode(), signature


def _verify(
    certificate: x509.Certificate, algorithm: str, signed: bytes, signature: bytes, bad: Refusal
) -> None:
    key, digest = certificate.public_key(), hashes.SHA256()
    pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
    schemes: dict[str, padding.AsymmetricPadding] = {"RS256": padding.PKCS1v15(), "PS256": pss}
    if not isinstance(key, RSAPublicKey) or algorithm not in schemes:
        raise bad
    try:
        key.verify(signature, signed, schemes[algorithm], digest)
    except InvalidSignature:
        raise bad from None

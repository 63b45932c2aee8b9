"""A password in Key Vault, over real HTTP from an emulated vault on loopback."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from prepop.cli.context import open_house
from prepop.cloud.signin import vault
from prepop.cloud.signin.vault import read_with
from prepop.errors import Incomplete, PrepopError, SignInError
from prepop.sandbox.graph.server import LoopbackServer

SECRET = "pass word of svc"
URL = "https://corp.vault.azure.net/secrets/ldap-password"


class ToLoopback(httpx.AsyncHTTPTransport):
    """Sends what is meant for a vault to a port of this machine."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The same request, elsewhere; the header Host stays."""
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        return await super().handle_async_request(request)


class Identity:
    """A credential that says which token was asked for."""

    def __init__(self, refuses: bool = False) -> None:
        self.refuses, self.scopes = refuses, [""][:0]

    async def get_token(
        self, *scopes: str, claims: str | None = None, tenant_id: str | None = None, **more: object
    ) -> AccessToken:
        """A token, or what azure-identity raises."""
        self.scopes += scopes
        if self.refuses:
            raise ClientAuthenticationError("no managed identity here\nand more")
        return AccessToken("the token", 2**40)

    async def close(self) -> None:
        """Nothing to close."""

    async def __aenter__(self) -> "Identity":
        return self

    async def __aexit__(self, *what: object) -> None:
        pass


@dataclass(slots=True)
class Vault:
    """An emulated vault: it answers with these, then with the secret."""

    answers: list[Response] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    transport: httpx.AsyncBaseTransport | None = None

    async def answer(self, request: Request) -> Response:
        """What a vault says of one secret."""
        self.asked.append(request)
        return self.answers.pop(0) if self.answers else JSONResponse({"value": SECRET, "id": URL})

    def read(self, who: Identity | None = None) -> dict[str, str]:
        """Ask it."""
        return asyncio.run(read_with({"corp": URL}, who or Identity(), self.transport))


@pytest.fixture
def a_vault() -> Iterator[Vault]:
    """A vault that listens."""
    made = Vault()
    with LoopbackServer(Starlette(routes=[Route("/{path:path}", made.answer)])) as server:
        made.transport = ToLoopback(int(server.url.rpartition(":")[2]))
        yield made


def test_the_secret_is_read(a_vault: Vault) -> None:
    """One request to the vault's own host, with a token for vaults and a documented version of the API."""
    who = Identity()
    assert a_vault.read(who) == {"corp": SECRET}
    [asked] = a_vault.asked
    assert who.scopes == ["https://vault.azure.net/.default"]
    assert (asked.url.path, asked.headers["host"]) == ("/secrets/ldap-password", "corp.vault.azure.net")
    assert asked.query_params["api-version"] == "7.4"
    assert asked.headers["authorization"] == "Bearer the token"


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (
            JSONResponse({"error": {"code": "Forbidden", "message": SECRET}}, 403),
            SignInError,
            r"403 \(Forbidden\)",
        ),
        (JSONResponse({"error": {"code": "SecretNotFound"}}, 404), SignInError, r"404 \(SecretNotFound\)"),
        (JSONResponse({"value": ""}), SignInError, "the secret is empty"),
        (Response("<html>" + SECRET), SignInError, "the secret is empty"),
        (RedirectResponse("https://elsewhere.example/"), Incomplete, "HTTP 307"),
    ],
)
def test_a_vault_that_refuses(a_vault: Vault, answer: Response, kind: type[PrepopError], said: str) -> None:
    """Said by status and code, with what to do; neither the address nor what the vault wrote is quoted."""
    a_vault.answers = [answer]
    with pytest.raises(kind, match=said) as caught:
        a_vault.read()
    assert caught.value.exit_code == 40
    text = caught.value.message + caught.value.hint
    assert SECRET not in text
    assert "corp.vault" not in text
    assert 'directory "corp"' in text
    assert len(a_vault.asked) == 1


def test_a_vault_that_is_busy(a_vault: Vault) -> None:
    """Twice 503 and 429 is not the end; three times is."""
    a_vault.answers = [Response(status_code=503), Response(status_code=429)]
    assert a_vault.read() == {"corp": SECRET}
    a_vault.answers = [Response(status_code=503)] * 3
    with pytest.raises(Incomplete, match="HTTP 503"):
        a_vault.read()


def test_nobody_to_ask_as(a_vault: Vault) -> None:
    """Where no token can be had the vault is not asked."""
    with pytest.raises(SignInError, match="no token for the vault: no managed identity here"):
        a_vault.read(Identity(refuses=True))
    assert a_vault.asked == []


def test_a_command_asks_once_and_only_if_it_reads(
    a_vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening the config asks nothing; reading the directory asks once, also from within a running loop."""
    (tmp_path / "mapping.toml").write_text('[mobile]\nfrom = ["mobile"]\n')
    (tmp_path / "prepop.toml").write_text(
        'mapping = "mapping.toml"\n[directory]\nurl = ["ldaps://dc1"]\nbase = ["DC=corp"]\nbind = "simple"\n'
        f'user = "svc@corp.example"\npassword_vault = "{URL}"\n[cloud]\ntenant = "contoso.example"\n'
    )
    monkeypatch.setattr(vault, "credential", lambda *words, **more: Identity())
    monkeypatch.setattr(httpx, "AsyncHTTPTransport", lambda **more: a_vault.transport)
    house = open_house(tmp_path / "prepop.toml", {})
    assert a_vault.asked == []
    assert URL not in repr(house)

    async def within() -> None:
        assert house.passwords() == {"directory": SECRET}
        assert house.sources()

    asyncio.run(within())
    assert len(a_vault.asked) == 1
    assert SECRET not in repr(house)

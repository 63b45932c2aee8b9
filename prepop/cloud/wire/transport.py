"""Sending one request to Graph, once, over the SDK's transport: the only module that knows httpx and msgraph.

What was measured and is done about it (LIBRARIES section 1):

- Typed models cost 4.5 ms an object and lose unknown values: answers come back native, the JSON is ours.
- The SDK's retry handler repeats POSTs and knows no batch items: no middleware at all stands between.
- It sends a token to any https host that a next link names: every address is held against the endpoint's
  own origin before anything is sent, and redirects are not followed.
- Over HTTP/2 a server's ordinary GOAWAY kills requests under way: HTTP/1.1.
"""

import json
import logging
import uuid

import httpx
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    AnonymousAuthenticationProvider,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.method import Method
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_http.middleware.options import ResponseHandlerOption
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from prepop import __version__
from prepop.cloud.signin.environments import GraphRoot, origin
from prepop.cloud.signin.tokens import TokenSource
from prepop.cloud.wire.answers import Fate, GraphAnswer, NoAnswer, Request
from prepop.errors import Incomplete

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 100.0  # a full $batch of writes takes long where Graph is busy
JSON_TYPE = "application/json"


class Transport:
    """Connections to one Graph root. Use as an async context manager; one for a run, in one event loop."""

    def __init__(
        self,
        where: GraphRoot,
        tokens: TokenSource | None,
        *,
        connections: int,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.base = where.base
        self._origin = origin(where.base)
        self._tokens = tokens
        self._http = httpx.AsyncClient(
            base_url=where.base,
            http2=False,
            follow_redirects=False,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            headers={"User-Agent": f"prepop/{__version__}", "Accept": JSON_TYPE},
            trust_env=not where.loopback,  # a proxy has no business between two ends of one machine
            transport=transport,
        )
        provider = (
            BaseBearerTokenAuthenticationProvider(_Bearer(tokens, self._origin))
            if tokens
            else AnonymousAuthenticationProvider()
        )
        self._adapter = GraphRequestAdapter(provider, client=self._http)
        self._adapter.base_url = where.base
        self.client = GraphServiceClient(request_adapter=self._adapter)

    async def __aenter__(self) -> "Transport":
        if self._tokens:
            try:
                await self._tokens.token()  # one sign-in before anything fans out, and its failure by itself
            except BaseException:
                await self.__aexit__()  # nobody else will: the block was never entered
                raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        if self._tokens:
            await self._tokens.close()

    async def ready(self) -> None:
        """See `answers.Sender`."""
        if self._tokens:
            await self._tokens.token()

    async def send(self, request: Request) -> Fate:
        """Send it once. Never raises for a status or a lost connection.

        Raises Incomplete for an address outside the endpoint, before anything leaves; SignInError.
        """
        if origin(request.url) != self._origin:
            raise Incomplete(
                f"Graph named an address outside {self.base}: {_host(request.url)}; it was not followed",
                hint="something between here and Graph rewrites answers: look at proxies and cloud.endpoint",
            )
        info = RequestInformation()
        info.http_method = Method[request.method]
        info.url = request.url
        ours = str(uuid.uuid4())
        info.headers.add("client-request-id", ours)
        # a bulk job steps back for people: GRAPH section 6, headers
        info.headers.add("x-ms-throttle-priority", "low")
        if request.body is not None:
            info.set_stream_content(request.body, JSON_TYPE)
        info.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        try:
            # the native handler hands the response back through a method that declares none
            response: object = await self._adapter.send_no_response_content_async(info, {})
        except httpx.InvalidURL as error:  # a next link with what no address can hold; nothing has left
            raise Incomplete(
                f"Graph named an address that cannot be asked: {error}", hint="try again later"
            ) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return self._lost(request, ours, error, sent=False)
        except httpx.RequestError as error:
            return self._lost(request, ours, error, sent=True)
        assert isinstance(response, httpx.Response)  # noqa: S101 - the SDK's promise, pinned and tested
        answer = _answer(response)
        log.debug("%s %s: %s, client-request-id %s", request.method, _path(request.url), answer, ours)
        if answer.status == 401 and self._tokens:
            bearer = response.request.headers.get("Authorization", "")
            await self._tokens.refused(bearer.removeprefix("Bearer "))
        return answer

    def _lost(self, request: Request, ours: str, error: httpx.RequestError, *, sent: bool) -> NoAnswer:
        why = f"no answer from {self._origin[1]}: {type(error).__name__} {error}".rstrip()
        log.debug("%s %s: %s, client-request-id %s", request.method, _path(request.url), why, ours)
        return NoAnswer(why, sent=sent)


class _Bearer(AccessTokenProvider):
    """Gives the token to the endpoint's own origin and refuses anybody else. The SDK's seam for tokens.

    The SDK's own provider gives no token to a foreign host but sends the request all the same; and it gives
    one to any https host where no hosts are named.
    """

    def __init__(self, tokens: TokenSource, own: tuple[str, str, int | None]) -> None:
        self._tokens = tokens
        self._origin = own

    async def get_authorization_token(
        self,
        uri: str,
        additional_authentication_context: dict[str, object] = {},  # noqa: B006 - the SDK's signature
    ) -> str:
        """The token for this address. Raises Incomplete for a foreign one."""
        if origin(uri) != self._origin:
            raise Incomplete(f"no token goes to {_host(uri)}")
        claims = additional_authentication_context.get("claims", "")
        return await self._tokens.token(claims if isinstance(claims, str) else "")

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        """The one host."""
        return AllowedHostsValidator([self._origin[1]])


def _answer(response: httpx.Response) -> GraphAnswer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    content = response.content
    if not content:
        return GraphAnswer(response.status_code, headers)
    try:
        return GraphAnswer(response.status_code, headers, _read(content))
    except (ValueError, RecursionError):  # no JSON, or JSON that is nested without end
        return GraphAnswer(response.status_code, headers, readable=False)


def _read(content: bytes) -> object:
    """JSON in which every text can be written down again: half a surrogate pair becomes U+FFFD."""
    text = content.decode("utf-8-sig")
    whole: object = json.loads(text)
    if "\\ud" in text or "\\uD" in text:
        plain = json.dumps(whole, ensure_ascii=False)
        whole = json.loads(plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
    return whole


def _host(url: str) -> str:
    scheme, host, port = origin(url)
    return f"{scheme}://{host}:{port}" if host else "an unreadable address"


def _path(url: str) -> str:
    """The address without its query, which may hold a group's name."""
    return url.partition("?")[0]

"""The emulated tenant on a real socket: uvicorn in a thread, on loopback only."""

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakSet

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from prepop.sandbox.graph.app import app
from prepop.sandbox.graph.tenant import SandboxTenant

_FOREVER = float("inf")


class _Uvicorn(uvicorn.Server):
    """Says when it serves, and leaves no connection behind."""

    def __init__(self, config: uvicorn.Config, transports: "WeakSet[asyncio.Transport]") -> None:
        super().__init__(config)
        self.serving = threading.Event()
        self._transports = transports

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serving.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A TLS client that does not answer the goodbye would keep its socket open past the loop's end.
        for transport in list(self._transports):
            transport.abort()
        await asyncio.sleep(0.01)
        await super().shutdown(sockets)


def _protocol(transports: "WeakSet[asyncio.Transport]") -> type[H11Protocol]:
    """uvicorn's protocol, which also remembers its connections and hands them to the application.

    The application drops the connection where a fault says so.
    """

    class Protocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.app_state = {**self.app_state, "transport": transport}
            transports.add(transport)

    return Protocol


class LoopbackServer:
    """Any ASGI application on 127.0.0.1, from `with` to the end of its block.

    port 0: a free one. cert, key: PEM files; with them the server speaks TLS.
    """

    def __init__(
        self, application: ASGIApp, *, port: int = 0, cert: Path | None = None, key: Path | None = None
    ) -> None:
        # With the protocol named, asyncio turns off Nagle's algorithm; else each answer waits 40 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
            self._socket.listen(128)
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{'https' if cert else 'http'}://127.0.0.1:{self.port}"
        transports: WeakSet[asyncio.Transport] = WeakSet()
        config = uvicorn.Config(
            application,
            http=_protocol(transports),
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            ssl_certfile=cert,
            ssl_keyfile=key,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=60,
        )
        self._server = _Uvicorn(config, transports)
        self._thread = threading.Thread(target=self._run, name="prepop-sandbox", daemon=True)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.serving.wait(0.2):
            if not self._thread.is_alive():
                self._socket.close()
                raise RuntimeError(f"the sandbox could not start on port {self.port}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=60)  # a busy machine may take its time
        self._socket.close()

    def wait(self) -> None:
        """Serve until the thread ends; for a server in the foreground."""
        while self._thread.is_alive():
            self._thread.join(0.5)


class SandboxServer(LoopbackServer):
    """The Graph of an emulated tenant. `url` is the root without the version.

    token: a bearer that is accepted besides those that the tenant's authority issues.
    wrap: puts something between socket and tenant, as tests do that look at every exchange.
    """

    def __init__(
        self,
        tenant: SandboxTenant,
        port: int = 0,
        token: str | None = None,
        *,
        cert: Path | None = None,
        key: Path | None = None,
        wrap: Callable[[ASGIApp], ASGIApp] | None = None,
    ) -> None:
        inner = app(tenant)
        super().__init__(wrap(inner) if wrap else inner, port=port, cert=cert, key=key)
        self.tenant = tenant
        if token is not None:
            tenant.tokens[token] = _FOREVER

"""A real SMTP server on loopback with TLS, which keeps what it takes and fails where it is told to."""

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = "prepop", "s3cr3t-of-the-m41l"


@dataclass
class PostOffice:
    """What it took, in `mails`. refuse: by address what RCPT is answered. hangs_up: for these addresses the
    connection ends there, with that answer or without one. at_end: by address what the last line is answered,
    or how the connection ends there.
    """

    mails: list[EmailMessage] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    hangs_up: set[str] = field(default_factory=set)
    at_end: Callable[[str], str | None] = lambda address: None
    signed_in: list[bool] = field(default_factory=list)
    port: int = 0

    @property
    def told(self) -> list[str]:
        """To whom, in order."""
        return [str(mail["To"]) for mail in self.mails]

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: object, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = self.refuse.get(address)
        if address in self.hangs_up:
            assert server.transport is not None
            if answer is not None:
                await server.push(answer)
            server.transport.close()
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        (address,) = envelope.rcpt_tos
        self.signed_in.append(bool(session.authenticated))
        answer = self.at_end(address)
        if answer == "hang up":
            assert server.transport is not None
            server.transport.close()
            return "250 nobody hears this"
        if answer is None or answer == "keep and hang up":
            self.mails.append(message_from_bytes(envelope.content, policy=default))
        if answer == "keep and hang up":
            assert server.transport is not None
            server.transport.close()
        return answer or "250 taken"


def _sign_in(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=right)


@contextlib.contextmanager
def post_office(
    folder: Path, *, tls: bool = True, starttls: bool = True, sign_in: bool = False
) -> Iterator[PostOffice]:
    """Open one; `folder` gets `ca.pem`, which signed its certificate. Without tls: STARTTLS, or in clear."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    office = PostOffice()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        office.port = free.getsockname()[1]
    more: dict[str, Any] = {"authenticator": _sign_in, "auth_require_tls": True}
    if sign_in:
        more["auth_required"] = True
    if tls:
        more |= {"ssl_context": context, "auth_require_tls": False}
    elif starttls:
        more |= {"tls_context": context, "require_starttls": True}
    server = Controller(office, hostname="localhost", port=office.port, **more)
    server.start()
    try:
        yield office
    finally:
        server.stop()

"""A notice reaches real servers on loopback, and tells no secret where it does not."""

import logging
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller

from prepop.notices.by_apprise import scheme, send
from prepop.rules.summary.notice import Notice
from tests.notices.hook import TOKEN, Hook

SAID = Notice("prepop · Contoso · stopped: 41 failed", "Stopped by failures\n")


@pytest.fixture
def hook() -> Iterator[Hook]:
    """One that takes everything."""
    made = Hook()
    yield made
    made.close()


class Mailbox:
    """Keeps what comes in."""

    def __init__(self) -> None:
        self.mails: list[str] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content.decode("utf-8"))
        return "250 taken"


def test_a_webhook_has_subject_and_body(hook: Hook) -> None:
    """Title and message as they were made."""
    assert list(send([hook.url], SAID)) == []
    (body,) = hook.bodies
    assert (body["title"], body["message"].strip()) == (SAID.subject, SAID.body.strip())


def test_a_mail_by_tls_with_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a real SMTP server whose certificate is verified, with the page attached."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    (tmp_path / "report.html").write_text("<p>page</p>", encoding="utf-8")
    mailbox = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="localhost", port=port, ssl_context=context)
    server.start()
    try:
        url = f"mailtos://localhost:{port}/?from=prepop@example.org&to=it@example.org&mode=ssl"
        assert list(send([url], SAID, [tmp_path / "report.html"])) == []
        (mail,) = mailbox.mails
        assert "To: it@example.org" in mail
        assert "report.html" in mail
        monkeypatch.delenv("SSL_CERT_FILE")
        (trouble,) = send([url], SAID)
        assert "place 1 of 1 (mailtos)" in trouble
        assert len(mailbox.mails) == 1
    finally:
        server.stop()


def test_one_that_fails_keeps_no_other_from_it(hook: Hook, caplog: pytest.LogCaptureFixture) -> None:
    """Nonsense, nobody there, a refusal: each is said, the last place has its notice; no token in a log."""
    caplog.set_level(logging.DEBUG)
    refusing = Hook(500)
    nobody = f"json://127.0.0.1:9/{TOKEN}"
    troubles = list(send(["nonsense://x", nobody, refusing.url, hook.url], SAID))
    refusing.close()
    assert [trouble.partition(":")[0] for trouble in troubles] == [
        "place 1 of 4 (nonsense)",
        "place 2 of 4 (json)",
        "place 3 of 4 (json)",
    ]
    assert len(hook.bodies) == 1
    assert TOKEN not in caplog.text + "".join(troubles)


def test_all_of_an_address_that_is_shown() -> None:
    """Its scheme."""
    assert scheme("mailtos://user:password@example.org") == "mailtos"

"""Mails to people reach a real server by verified TLS, each at most once; what went wrong is a code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from prepop.model import Delivery, Mail
from prepop.notices.by_mail import MailServer
from prepop.options import PeopleOptions
from prepop.ports import Posted
from tests.notices.post_office import PASSWORD, USER, PostOffice, post_office
from tests.store.made import Clock

ANN = Mail("<1@corp.example>", "ann@corp.example", "Changed – ü", "Hello\n.\n.dots\n", "<p>Hello</p>")
BOB = Mail("<2@corp.example>", "bob@corp.example", "Changed", "Hello\n")


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the authority that clients trust."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return tmp_path


@pytest.fixture
def office(trusted: Path) -> Iterator[PostOffice]:
    """With TLS from the first byte."""
    with post_office(trusted) as opened:
        yield opened


def server(office: PostOffice, *, tls: bool = True, user: str = "", password: str = "") -> MailServer:
    """Its client."""
    options = PeopleOptions("localhost", office.port, tls, "it@corp.example", user)
    return MailServer(options, password, Clock())


class Marks:
    """How often a mail was about to leave."""

    count = 0

    def __call__(self) -> None:
        self.count += 1


def sent(client: MailServer, mail: Mail) -> tuple[Posted, int]:
    """What came of it, and how often it was about to leave."""
    marks = Marks()
    posted = client.send(mail, marks)
    return posted, marks.count


def test_what_arrives_is_what_was_written(office: PostOffice) -> None:
    """Subject, text with lone dots, HTML, the fixed id, and the word that no machine should answer."""
    client = server(office)
    assert sent(client, ANN) == (Posted(Delivery.SENT), 1)
    assert sent(client, BOB) == (Posted(Delivery.SENT), 1)
    client.close()
    first, _ = office.mails
    assert office.told == ["ann@corp.example", "bob@corp.example"]
    assert (first["Message-ID"], first["Subject"], first["From"]) == (ANN.id, ANN.subject, "it@corp.example")
    assert first["Auto-Submitted"] == "auto-generated"
    plain, html = first.get_body(("plain",)), first.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == ANN.plain.splitlines()
    assert html.get_content().strip() == ANN.html


def test_starttls_and_a_sign_in(trusted: Path) -> None:
    """Nothing goes in clear; a wrong password ends the night, and the mail waits."""
    with post_office(trusted, tls=False, sign_in=True) as office:
        right = server(office, tls=False, user=USER, password=PASSWORD)
        assert sent(right, ANN)[0].state is Delivery.SENT
        assert office.signed_in == [True]
        right.close()
        wrong = server(office, tls=False, user=USER, password="wrong")
        posted, marks = sent(wrong, BOB)
        assert (posted.later, posted.over, marks) == (True, True, 0)
        assert "does not let the user in" in posted.note
        nobody = server(office, tls=False)
        posted, _ = sent(nobody, BOB)
        assert (posted.later, posted.over) == (True, True)
        nobody.close()
        assert office.told == ["ann@corp.example"]


def test_a_server_that_cannot_be_trusted_gets_nothing(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its certificate is of an authority that nobody here knows."""
    monkeypatch.delenv("SSL_CERT_FILE")
    posted, marks = sent(server(office), ANN)
    assert (posted.later, posted.over, marks, office.mails) == (True, True, 0, [])
    assert "certificate is not to be trusted" in posted.note


def test_a_server_without_starttls_gets_nothing(trusted: Path) -> None:
    """Not the sender, not the password."""
    with post_office(trusted, tls=False, starttls=False) as office:
        posted, marks = sent(server(office, tls=False), ANN)
        assert (posted.later, posted.over, marks, office.mails) == (True, True, 0, [])
        assert "no STARTTLS" in posted.note


@pytest.mark.parametrize(
    ("answer", "later"),
    [("550 5.1.1 no ann@corp.example here", False), ("451 4.7.1 greylisted, ann@corp.example", True)],
)
def test_one_that_is_refused_keeps_no_other_from_it(office: PostOffice, answer: str, later: bool) -> None:
    """For good or for today; the server's words, which quote the address, are not handed on."""
    office.refuse["ann@corp.example"] = answer
    client = server(office)
    posted, marks = sent(client, ANN)
    assert (posted.state, posted.later, posted.over, marks) == (Delivery.REFUSED, later, False, 0)
    assert "ann" not in posted.note
    assert sent(client, BOB)[0].state is Delivery.SENT
    client.close()


@pytest.mark.parametrize(
    ("answer", "later"), [("550 5.1.1 nobody", False), ("451 4.7.1 not now", True), (None, True)]
)
def test_a_server_that_hangs_up_on_one_address_takes_the_next(
    office: PostOffice, answer: str | None, later: bool
) -> None:
    """With a last word or without: it is that address, and no reason to tell nobody else."""
    office.hangs_up.add("ann@corp.example")
    if answer:
        office.refuse["ann@corp.example"] = answer
    client = server(office)
    posted, marks = sent(client, ANN)
    assert (posted.state, posted.later, posted.over, marks) == (Delivery.REFUSED, later, False, 0)
    assert sent(client, BOB)[0].state is Delivery.SENT
    client.close()
    assert office.told == ["bob@corp.example"]


def test_refused_at_the_end_is_known(office: PostOffice) -> None:
    """The text was there, and the server says that it did not take it."""
    office.at_end = lambda address: "452 4.3.1 no room" if address.startswith("ann") else None
    client = server(office)
    assert sent(client, ANN) == (Posted(Delivery.REFUSED, later=True, note="the server answered 452"), 1)
    assert sent(client, BOB)[0].state is Delivery.SENT
    client.close()


@pytest.mark.parametrize("how", ["hang up", "keep and hang up"])
def test_cut_off_at_the_end_is_in_doubt(office: PostOffice, how: str) -> None:
    """Whether the server kept it nobody can say, and no other is put in doubt tonight."""
    office.at_end = lambda address: how
    posted, marks = sent(server(office), ANN)
    assert (posted.state, posted.later, posted.over, marks) == (Delivery.UNKNOWN, False, True, 1)


def test_a_connection_that_went_away_between_two_is_made_again(office: PostOffice) -> None:
    """Servers end a connection after so many mails."""
    client = server(office)
    assert sent(client, ANN)[0].state is Delivery.SENT
    assert client._connection is not None
    assert client._connection.sock is not None
    client._connection.sock.close()
    assert sent(client, BOB) == (Posted(Delivery.SENT), 1)
    client.close()
    assert len(office.mails) == 2


def test_what_cannot_be_written_down_does_not_leave(office: PostOffice) -> None:
    """The journal fails in mid-mail: the server has no end of it, and so no mail."""

    def full() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        server(office).send(ANN, full)
    assert office.mails == []


@pytest.mark.parametrize(
    "address", ["ann", "ann@corp.example>\r\nRCPT TO:<x@y.example", "jürgen@corp.example", "a b@c.d"]
)
def test_what_is_no_address_is_refused_for_good(office: PostOffice, address: str) -> None:
    """Nothing of it reaches the server."""
    posted, marks = sent(server(office), Mail("<3@x>", address, "s", "t"))
    assert (posted.state, posted.later, marks) == (Delivery.REFUSED, False, 0)

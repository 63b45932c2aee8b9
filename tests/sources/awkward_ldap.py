"""A small LDAP server that does what Active Directory does and Samba does not, and fails on demand.

It limits pages to 1,000 entries, stops at the size limit without pages, splits more than 1,500 values into
ranges and knows Who-am-I. A `Trouble` happens at the second page, after a first one that was in order:
the moment at which a reading that trusts its library would end too early. TLS with a certificate made for
the test; BER (ITU-T X.690) by hand, so that nothing is shared with the client under test.

Filters are not evaluated: a search below the people's base gives all people.
"""

import contextlib
import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import ClassVar

from prepop.sources.entries import Entry

PAGE_LIMIT = 1000
RANGE_LIMIT = 1500
DOMAIN = "DC=corp,DC=example"
SCHEMA = f"CN=Schema,CN=Configuration,{DOMAIN}"
PAGED = b"1.2.840.113556.1.4.319"
START_TLS = b"1.3.6.1.4.1.1466.20037"
WHO_AM_I = b"1.3.6.1.4.1.4203.1.11.3"
ATTRIBUTES = ("sAMAccountName", "mobile", "otherMobile", "c", "department")


class Trouble(Enum):
    """What goes wrong at the second page (or where the name says). A number is an LDAP result code."""

    NONE = ""
    OPERATIONS_ERROR = 1
    TIME_LIMIT = 3
    SIZE_LIMIT = 4
    ADMIN_LIMIT = 11
    BUSY = 51
    UNAVAILABLE = 52
    REFERRAL = "a result that names another server"
    NO_PAGING_CONTROL = "success without the control"
    SAME_PAGE_AGAIN = "the first page and its cookie once more"
    EMPTY_PAGES_FOR_EVER = "no entries, and the same cookie"
    NEVER_ANSWERS = "nothing, with the connection open"
    CLOSES_IN_PAGE = "half the entries, then the end"
    CLOSES_IN_MESSAGE = "half an entry, then the end"
    SAYS_GOODBYE = "notice of disconnection, RFC 4511 section 4.4.1"
    GARBAGE = "no LDAP"
    BUSY_AT_BIND = "busy, already at the bind"
    RANGE_REFUSED = "an error for the second range"
    RANGE_EMPTY = "no values in the second range"
    RANGE_WRONG = "the first range once more"


# ---------------------------------------------------------------- BER


def tlv(tag: int, *parts: bytes) -> bytes:
    """One element: tag, definite length, contents."""
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes(4, "big").lstrip(b"\0")
    return bytes([tag, 0x80 | len(size)]) + size + body


def number(value: int, tag: int = 0x02) -> bytes:
    """INTEGER or ENUMERATED."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def text(value: bytes | str, tag: int = 0x04) -> bytes:
    """OCTET STRING."""
    return tlv(tag, value.encode() if isinstance(value, str) else value)


def elements(data: bytes) -> list[tuple[int, bytes]]:
    """The elements inside a constructed one."""
    found, at = [], 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        found.append((tag, data[at : at + size]))
        at += size
    return found


def result(tag: int, code: int, message: str = "", *more: bytes) -> bytes:
    """A response that ends an operation."""
    return tlv(tag, number(code, 0x0A), text(""), text(message), *more)


def asserted(filter_: tuple[int, bytes]) -> Iterator[tuple[str, str]]:
    """Every `attribute=value` of a filter, wherever it stands."""
    tag, body = filter_
    if tag in (0xA0, 0xA1, 0xA2):
        for inner in elements(body):
            yield from asserted(inner)
    elif tag == 0xA3:
        (_, name), (_, value) = elements(body)
        yield name.decode(), value.decode()


# ---------------------------------------------------------------- server


class AwkwardLdap(socketserver.ThreadingTCPServer):
    """The server. `operations` lists what clients asked, in the order of arrival."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, people: Sequence[Entry], context: ssl.SSLContext, trouble: Trouble = Trouble.NONE
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.people = list(people)
        self.context = context
        self.trouble = trouble
        self.operations: list[str] = []
        self.page_sizes: list[int] = []  # that searches for people asked for
        self.released = threading.Event()  # ends NEVER_ANSWERS when the test is over

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news; mistakes of this server are."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextlib.contextmanager
def serving(
    people: Sequence[Entry], context: ssl.SSLContext, trouble: Trouble = Trouble.NONE
) -> Iterator[AwkwardLdap]:
    """Serve while the block runs. The first byte decides between LDAPS and LDAP with StartTLS."""
    with AwkwardLdap(people, context, trouble) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


class _Session(socketserver.BaseRequestHandler):
    server: AwkwardLdap
    names: ClassVar[dict[int, str]] = {0x60: "bind", 0x63: "search", 0x77: "extended", 0x42: "unbind"}

    def handle(self) -> None:
        """Answer one client until it goes, or until the trouble says so."""
        self.socket: socket.socket = self.request
        if self.socket.recv(1, socket.MSG_PEEK) == b"\x16":  # a TLS handshake
            self._tls()
        try:
            while message := self._message():
                (_, number_), (tag, body), *rest = elements(message)
                self.id = int.from_bytes(number_, "big")
                self.server.operations.append(self.names.get(tag, hex(tag)))
                if tag == 0x42 or not self._answer(tag, body, rest):
                    return
        finally:
            self.socket.close()

    def _tls(self) -> None:
        self.socket = self.server.context.wrap_socket(self.socket, server_side=True)

    def _message(self) -> bytes:
        head = self._exactly(2)
        size = head[1] if head else 0
        if size & 0x80:
            size = int.from_bytes(self._exactly(size & 0x7F), "big")
        return self._exactly(size)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                return b""
            data += more
        return data

    def _send(self, *operations: bytes, control: bytes = b"") -> None:
        last = len(operations) - 1
        self.socket.sendall(
            b"".join(
                tlv(0x30, number(self.id), operation, control if at == last else b"")
                for at, operation in enumerate(operations)
            )
        )

    # ------------------------------------------------------------ operations

    def _answer(self, tag: int, body: bytes, rest: list[tuple[int, bytes]]) -> bool:
        """Answer one request; False ends the connection."""
        trouble = self.server.trouble
        if tag == 0x60:
            busy = trouble is Trouble.BUSY_AT_BIND
            self._send(result(0x61, 51 if busy else 0))
        elif tag == 0x77:
            name = elements(body)[0][1]
            if name == START_TLS:
                self._send(result(0x78, 0))
                self._tls()
            elif name == WHO_AM_I:
                self._send(result(0x78, 0, "", text("u:CORP\\reader", 0x8B)))
            else:
                self._send(result(0x78, 2))
        elif tag == 0x63:
            return self._search(body, rest)
        else:
            self._send(result(0x78, 53, "this server only reads"))
        return True

    def _search(self, body: bytes, rest: list[tuple[int, bytes]]) -> bool:
        (_, base_), (_, scope), _, _, _, _, filter_, (_, asked_) = elements(body)
        base, asked = base_.decode(), [name.decode() for _, name in elements(asked_)]
        if base == "":
            root = {
                "defaultNamingContext": DOMAIN,
                "schemaNamingContext": SCHEMA,
                "highestCommittedUSN": "4711",
            }
            self._send(self._entry("", {k: [v.encode()] for k, v in root.items()}), result(0x65, 0))
            return True
        if base == SCHEMA:
            names = {
                value.lower() for attribute, value in asserted(filter_) if attribute == "lDAPDisplayName"
            }
            found = [name for name in ATTRIBUTES if not names or name.lower() in names]
            entries = [self._entry(f"CN={n},{SCHEMA}", {"lDAPDisplayName": [n.encode()]}) for n in found]
            self._send(*entries, result(0x65, 0), control=self._paging(b""))
            return True
        if scope == b"\0":
            return self._one(base, asked)
        return self._page(asked, rest)

    def _one(self, base: str, asked: list[str]) -> bool:
        person = next((one for one in self.server.people if one.dn == base), None)
        if person is None:
            self._send(self._entry(base, {"objectClass": [b"top"]}), result(0x65, 0))
            return True
        name, _, range_ = asked[0].partition(";range=")
        first = int(range_.split("-")[0])
        values = person.attributes[name.lower()]
        match self.server.trouble:
            case Trouble.RANGE_REFUSED:
                self._send(result(0x65, 1, "no"))
                return True
            case Trouble.RANGE_EMPTY:
                self._send(self._entry(base, {}), result(0x65, 0))
                return True
            case Trouble.RANGE_WRONG:
                first = 0
        self._send(self._entry(base, self._ranged(name, values, first)), result(0x65, 0))
        return True

    def _page(self, asked: list[str], rest: list[tuple[int, bytes]]) -> bool:
        """One page of people, or the trouble of the second one."""
        size, cookie, paged = PAGE_LIMIT, b"", False
        for _, controls in rest:
            for _, control in elements(controls):
                parts = elements(control)
                if parts[0][1] == PAGED:
                    (_, size_), (_, cookie) = elements(elements(parts[-1][1])[0][1])
                    size, paged = min(int.from_bytes(size_, "big"), PAGE_LIMIT), True
                    self.server.page_sizes.append(int.from_bytes(size_, "big"))
        start = int(cookie or b"0")
        trouble = self.server.trouble if start else Trouble.NONE
        if trouble is Trouble.SAME_PAGE_AGAIN:
            start = 0
        people = self.server.people[start : start + size]
        entries = [self._person(person, asked) for person in people]
        reference = tlv(0x73, text(f"ldap://corp.example/CN=Configuration,{DOMAIN}"))
        more = start + size < len(self.server.people)
        if not paged:
            self._send(*entries, reference, result(0x65, 4 if more else 0))
            return True
        following = b"%d" % (start + size) if more else b""
        match trouble:
            case Trouble.NEVER_ANSWERS:
                self.server.released.wait()
                return False
            case Trouble.CLOSES_IN_PAGE:
                self._send(*entries[: len(entries) // 2])
                return False
            case Trouble.CLOSES_IN_MESSAGE:
                self.socket.sendall(tlv(0x30, number(self.id), entries[0])[:-20])
                return False
            case Trouble.SAYS_GOODBYE:
                self.id = 0
                self._send(result(0x78, 52, "going down", text(b"1.3.6.1.4.1.1466.20036", 0x8A)))
                return False
            case Trouble.GARBAGE:
                self.socket.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return False
            case Trouble.NO_PAGING_CONTROL:
                self._send(*entries, result(0x65, 0))
            case Trouble.EMPTY_PAGES_FOR_EVER:
                self._send(result(0x65, 0), control=self._paging(cookie))
            case Trouble.SAME_PAGE_AGAIN:
                self._send(*entries, result(0x65, 0), control=self._paging(cookie))
            case Trouble.REFERRAL:
                self._send(result(0x65, 10, "", tlv(0xA3, text("ldap://elsewhere.example/"))))
            case _ if isinstance(trouble.value, int):
                some = entries[: len(entries) // 2]
                self._send(*some, result(0x65, trouble.value), control=self._paging(b""))
            case _:
                self._send(*entries, reference, result(0x65, 0), control=self._paging(following))
        return True

    def _paging(self, cookie: bytes) -> bytes:
        value = tlv(0x30, number(0), text(cookie))
        return tlv(0xA0, tlv(0x30, text(PAGED), text(value)))

    # ------------------------------------------------------------ entries

    def _person(self, person: Entry, asked: list[str]) -> bytes:
        shown: dict[str, Sequence[bytes]] = {}
        for name in asked:
            shown |= self._ranged(name, person.attributes.get(name.lower(), ()), 0)
        return self._entry(person.dn, shown)

    def _ranged(self, name: str, values: Sequence[bytes], first: int) -> dict[str, Sequence[bytes]]:
        """All values, or the part of them that Active Directory sends at once."""
        if first == 0 and len(values) <= RANGE_LIMIT:
            return {name: values} if values else {}
        part = values[first : first + RANGE_LIMIT]
        last = "*" if first + len(part) >= len(values) else str(first + len(part) - 1)
        return {f"{name};range={first}-{last}": part}

    def _entry(self, dn: str | bytes, attributes: dict[str, Sequence[bytes]]) -> bytes:
        raw = dn.encode("utf-8", "surrogateescape") if isinstance(dn, str) else dn
        parts = [
            tlv(0x30, text(name), tlv(0x31, *(text(value) for value in values)))
            for name, values in attributes.items()
        ]
        return tlv(0x64, text(raw), tlv(0x30, *parts))

"""Limits, ranges and failures of LDAP servers: a reading is whole or it is an error."""

import datetime
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ldap3
import pytest
import trustme

from prepop.errors import ConfigError, Incomplete
from prepop.model import DirectoryReading
from prepop.options import Bind, DirectoryOptions
from prepop.sources.entries import Entry, person
from prepop.sources.ldap.connection import Timeouts, _reach
from prepop.sources.ldap.people import ActiveDirectory
from tests.sources.awkward_ldap import AwkwardLdap, Trouble, serving
from tests.sources.hosts import hosts
from tests.sources.people import BASE, Heard, raw

ASKED = ("mobile", "otherMobile")
PEOPLE = [raw(n) for n in range(25)]
MANY = [f"+33 6 39 98 {n // 100:02d} {n % 100:02d}" for n in range(3200)]
PATIENT = Timeouts(connect=60, answer=600)


@dataclass
class Bench:
    """Starts servers, and makes the options that read them."""

    ca: trustme.CA
    ca_file: Path
    stack: ExitStack

    def context(self, *names: str, ca: trustme.CA | None = None, **more: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (ca or self.ca).issue_cert(*names or ("127.0.0.1",), **more).configure_cert(context)
        return context

    def serve(self, people: list[Entry], trouble: Trouble = Trouble.NONE, **more: Any) -> AwkwardLdap:
        return self.stack.enter_context(serving(people, more.pop("context", None) or self.context(), trouble))

    def options(self, *servers: AwkwardLdap, **changes: Any) -> DirectoryOptions:
        options = DirectoryOptions(
            name="corp",
            hosts=hosts(*(f"ldaps://127.0.0.1:{server.port}" for server in servers)),
            base=(BASE,),
            ca_file=self.ca_file,
            bind=Bind.SIMPLE,
            user="reader@corp.example",
            page_size=10,
        )
        return replace(options, **changes)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    ca = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(ca_file)
    with ExitStack() as stack:
        yield Bench(ca, ca_file, stack)


def read(
    options: DirectoryOptions, heard: Heard | None = None, trouble: Trouble = Trouble.NONE
) -> DirectoryReading:
    timeouts = Timeouts(connect=60, answer=5) if trouble is Trouble.NEVER_ANSWERS else PATIENT
    source = ActiveDirectory(options, "secret", timeouts=timeouts)
    return source.read(ASKED, heard or Heard())


def wanted(people: list[Entry]) -> set[str]:
    return {person(entry, directory="corp", asked=ASKED).guid for entry in people}


# ---------------------------------------------------------------- as Active Directory does it


def test_pages(bench: Bench) -> None:
    """All pages are read, references are not followed, and nothing but reading is asked for."""
    server = bench.serve(PEOPLE)
    heard = Heard()
    reading = read(bench.options(server), heard)
    assert {one.guid for one in reading.people} == wanted(PEOPLE)
    assert reading.described["highestCommittedUSN"] == "4711"
    assert [done for _, done, _ in heard.steps] == [10, 20, 25, 25]
    assert set(server.operations) <= {"bind", "search", "unbind"}  # the last one may still be on its way


def test_one_reading_binds_once(bench: Bench) -> None:
    """The sample of who may write attributes uses the connection that reads the people."""
    server = bench.serve(PEOPLE)
    read(bench.options(server))
    assert server.operations.count("bind") == 1


def test_page_limit(bench: Bench) -> None:
    """Asked for pages of 5,000 we ask for 1,000, and read them all; a client without pages gets 1,000."""
    people = [raw(n) for n in range(2500)]
    server = bench.serve(people)
    heard = Heard()
    assert len(read(bench.options(server, page_size=5000), heard).people) == 2500
    assert heard.steps[0][1] == 1000
    assert server.page_sizes == [1000, 1000, 1000, 1000]  # the last: a sample of who may write attributes
    tls = ldap3.Tls(ca_certs_file=str(bench.ca_file), validate=ssl.CERT_REQUIRED)
    plain = ldap3.Connection(
        ldap3.Server("127.0.0.1", server.port, use_ssl=True, tls=tls, get_info=ldap3.NONE),
        user="reader",
        password="secret",
    )
    plain.bind()
    plain.search(BASE, "(objectClass=user)", attributes=["cn"])
    assert plain.result["result"] == 4
    assert sum(item["type"] == "searchResEntry" for item in plain.response) == 1000
    assert plain.extend.standard.who_am_i() == "u:CORP\\reader"
    plain.unbind()


@pytest.mark.parametrize("count", [1499, 1500, 1501, 3000, 3001, 3200])
def test_values_over_1500_come_in_ranges(bench: Bench, count: int) -> None:
    """Active Directory splits many values; all of them are fetched, whatever their number."""
    server = bench.serve([raw(0), raw(1, otherMobile=MANY[:count])])
    found = {one.sam: one for one in read(bench.options(server)).people}
    assert found["user1"].values["othermobile"] == tuple(sorted(MANY[:count]))


def test_start_tls(bench: Bench) -> None:
    """ldap:// with start_tls goes over to TLS before the bind."""
    server = bench.serve(PEOPLE)
    options = bench.options(server, hosts=hosts(f"ldap://127.0.0.1:{server.port}"))
    assert len(read(options).people) == 25
    assert server.operations[:2] == ["extended", "bind"]


def test_class_check_besides_the_filter(bench: Bench) -> None:
    """A computer that slips through a filter is still nobody."""
    machine = raw(1, objectClass=["top", "person", "user", "computer"])
    assert len(read(bench.options(bench.serve([raw(0), machine]))).people) == 1


# ---------------------------------------------------------------- troubles

AT_A_PAGE = [
    (Trouble.OPERATIONS_ERROR, r"LDAP result 1\)"),
    (Trouble.TIME_LIMIT, r"time limit was reached \(LDAP result 3\)"),
    (Trouble.SIZE_LIMIT, r"size limit was reached \(LDAP result 4\)"),
    (Trouble.ADMIN_LIMIT, r"LDAP result 11\)"),
    (Trouble.BUSY, r"busy \(LDAP result 51\)"),
    (Trouble.UNAVAILABLE, r"unavailable \(LDAP result 52\)"),
    (Trouble.REFERRAL, r"refers to another one, which is not followed \(LDAP result 10\)"),
    (Trouble.NO_PAGING_CONTROL, "page 2 of .* no paging control"),
    (Trouble.SAME_PAGE_AGAIN, "came twice"),
    (Trouble.EMPTY_PAGES_FOR_EVER, "round in a circle"),
    (Trouble.NEVER_ANSWERS, "searching OU=Staff"),
    (Trouble.CLOSES_IN_PAGE, "searching OU=Staff"),
    (Trouble.CLOSES_IN_MESSAGE, "searching OU=Staff"),
    (Trouble.SAYS_GOODBYE, "terminated by server"),
    (Trouble.GARBAGE, "searching OU=Staff"),
]


@pytest.mark.parametrize(("trouble", "says"), AT_A_PAGE, ids=[trouble.name for trouble, _ in AT_A_PAGE])
def test_trouble_is_never_a_shorter_list(bench: Bench, trouble: Trouble, says: str) -> None:
    """Whatever happens after a good first page, the reading is an error that says what happened where."""
    server = bench.serve(PEOPLE, trouble)
    heard = Heard()
    with pytest.raises(Incomplete, match=says) as caught:
        read(bench.options(server), heard, trouble)
    assert f"ldaps://127.0.0.1:{server.port}" in caught.value.message
    assert heard.steps[0][1] == 10  # the first page was there


def test_a_base_of_another_domain(bench: Bench) -> None:
    """Active Directory answers for a base of another domain with a referral; the advice says so."""
    with pytest.raises(Incomplete, match="refers to another one") as caught:
        read(bench.options(bench.serve(PEOPLE, Trouble.REFERRAL)))
    assert "[[directory]]" in caught.value.hint


@pytest.mark.parametrize("trouble", [trouble for trouble, _ in AT_A_PAGE], ids=lambda trouble: trouble.name)
def test_the_next_server_starts_from_nothing(bench: Bench, trouble: Trouble) -> None:
    """Where one server fails half-way, the next one is read from the start; nothing of the first stays."""
    first = bench.serve([*PEOPLE[:20], raw(99)], trouble)
    second = bench.serve(PEOPLE)
    reading = read(bench.options(first, second), trouble=trouble)
    assert {one.guid for one in reading.people} == wanted(PEOPLE)
    assert reading.described["server"].endswith(str(second.port))


@pytest.mark.parametrize("trouble", [Trouble.RANGE_REFUSED, Trouble.RANGE_EMPTY, Trouble.RANGE_WRONG])
def test_a_missing_range_is_no_shorter_list_of_values(bench: Bench, trouble: Trouble) -> None:
    """Values that do not come make the reading incomplete, with entry and attribute."""
    with pytest.raises(Incomplete, match=r"otherMobile|searching CN="):
        read(bench.options(bench.serve([raw(1, otherMobile=MANY)], trouble)))


def test_every_failure_is_named(bench: Bench) -> None:
    """With all servers failed the message has each of them with its own reason."""
    servers = [bench.serve(PEOPLE, trouble) for trouble in (Trouble.BUSY_AT_BIND, Trouble.TIME_LIMIT)]
    with pytest.raises(Incomplete) as caught:
        read(bench.options(*servers))
    lines = caught.value.message.splitlines()
    assert lines[0] == 'directory "corp": no server could be read to the end:'
    assert "busy" in lines[1]
    assert "time limit" in lines[2]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (raw(3, objectGUID=None), "objectGUID cannot be read"),
        (raw(3, objectGUID=None, mS_DS_ConsistencyGuid=bytes(16)), "objectGUID cannot be read"),
        (raw(3, objectClass=None), "no objectClass"),
        (raw(3, userAccountControl=None), "userAccountControl"),
        (raw(3, mobile=b"\xff\xff"), "attribute mobile: a value is not UTF-8"),
        (replace(raw(3), dn="CN=\udcff," + BASE), "an entry whose DN is not UTF-8"),
    ],
    ids=["no guid", "only the other guid", "no class", "no state", "no text", "no dn"],
)
def test_one_unreadable_entry(bench: Bench, entry: Entry, says: str) -> None:
    """One entry that cannot be read ends the reading; it is not left out."""
    with pytest.raises(Incomplete, match=says):
        read(bench.options(bench.serve([*PEOPLE[:3], entry])))


# ---------------------------------------------------------------- certificates


def test_certificate_for_another_name(bench: Bench) -> None:
    """A certificate of the right authority for another host is refused; tls_names allows the name."""
    server = bench.serve(PEOPLE, context=bench.context("dc1.corp.example", "*.dmz.example"))
    with pytest.raises(Incomplete, match=r"another name than 127\.0\.0\.1 \(it bears: dc1\.corp\.example"):
        read(bench.options(server))
    for name in ("dc1.corp.example", "DC1.Corp.Example.", "dc7.dmz.example"):
        assert read(bench.options(server, tls_names=(name,))).people
    for name in ("corp.example", "a.b.dmz.example", "dmz.example", "dc1.corp.example.evil.example"):
        with pytest.raises(Incomplete, match="another name"):
            read(bench.options(server, tls_names=(name,)))


def test_certificate_of_another_authority(bench: Bench) -> None:
    """A certificate of an unknown authority is refused, with and without ca_file; no bind is sent."""
    server = bench.serve(PEOPLE, context=bench.context(ca=trustme.CA()))
    with pytest.raises(Incomplete, match=r"not signed by the certificates in .*ca\.pem"):
        read(bench.options(server))
    with pytest.raises(Incomplete, match="not signed by this machine's trust store"):
        read(bench.options(server, ca_file=None))
    assert server.operations == []


def test_expired_certificate(bench: Bench) -> None:
    """An expired certificate is refused in plain words."""
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    server = bench.serve(PEOPLE, context=bench.context("127.0.0.1", not_after=yesterday))
    with pytest.raises(Incomplete, match="the certificate has expired") as caught:
        read(bench.options(server))
    assert "clock" in caught.value.hint


def test_no_tls_on_the_port(bench: Bench) -> None:
    """ldaps:// to a port that speaks plain LDAP is an error, never plain LDAP."""
    import socketserver
    import threading

    class Plain(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(5)
            self.request.sendall(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x02\x04\x00\x04\x00")

    with socketserver.TCPServer(("127.0.0.1", 0), Plain) as plain:
        thread = threading.Thread(target=plain.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            with pytest.raises(Incomplete, match="no TLS is spoken"):
                read(bench.options(hosts=hosts(f"ldaps://127.0.0.1:{plain.server_address[1]}")))
        finally:
            plain.shutdown()
            thread.join()


# ---------------------------------------------------------------- mistakes in the config


@pytest.mark.parametrize(("user", "password"), [("", ""), ("u", ""), ("", "p")])
def test_simple_bind_needs_both(bench: Bench, user: str, password: str) -> None:
    """An empty password would be an anonymous bind that succeeds; it is never sent."""
    server = bench.serve(PEOPLE)
    with pytest.raises(ValueError, match="without a user or a password"):
        ActiveDirectory(bench.options(server, user=user), password).read(ASKED, Heard())
    assert server.operations == []


def test_unknown_attribute_in_mapping(bench: Bench) -> None:
    """An attribute that the schema does not have is a mistake, with the likely spelling."""
    source = ActiveDirectory(bench.options(bench.serve(PEOPLE)), "secret", timeouts=PATIENT)
    with pytest.raises(ConfigError, match=r'no attribute "mobil"\. Did you mean "mobile"'):
        source.read(("mobil",), Heard())


def test_ldaps_on_the_port_of_plain_ldap_names_starttls() -> None:
    """Port 389 speaks TLS only after StartTLS: the hint says what to write instead."""
    (to,) = hosts("ldaps://dc1.corp.example:389")
    for trouble in (OSError("connection reset"), OSError("timed out")):
        assert "start_tls = true" in _reach(trouble, to, DirectoryOptions(hosts=(to,))).hint

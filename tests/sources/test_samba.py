"""Reading a real domain controller: both binds, both kinds of TLS, and everything that can go wrong there."""

import hashlib
import logging
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from prepop.errors import ConfigError, Exit, Incomplete, SignInError
from prepop.model import DirectoryReading, Person
from prepop.options import Bind, DirectoryOptions
from prepop.sources import open_directory
from prepop.sources.ldap.connection import Timeouts
from prepop.sources.ldap.people import ActiveDirectory
from tests.sources.hosts import hosts
from tests.sources.people import Heard
from tests.sources.samba import PEOPLE, DomainController
from tests.sources.sspi import stand_in

pytestmark = pytest.mark.samba

ASKED = ("mobile", "otherMobile", "telephoneNumber", "c", "extensionAttribute1", "extensionAttribute15")


def read(options: DirectoryOptions, password: str, asked: tuple[str, ...] = ASKED) -> DirectoryReading:
    return open_directory(options, password).read(asked, Heard())


def one(dc: DomainController, filter_: str, **changes: Any) -> Person:
    (found,) = read(dc.options(filter=filter_, **changes), dc.reader_password).people
    return found


@pytest.fixture(scope="module")
def everybody(samba_dc: DomainController) -> dict[str, Person]:
    """All people of the staff tree, by sAMAccountName."""
    people = read(samba_dc.options(), samba_dc.reader_password).people
    return {person.sam: person for person in people}


# ---------------------------------------------------------------- people


def test_every_person_and_nobody_else(samba_dc: DomainController, everybody: dict[str, Person]) -> None:
    """All people of the tree come, once; computers, contacts, groups and managed accounts do not."""
    known = [sam for sam, person in samba_dc.people.items() if person.dn.endswith(samba_dc.staff)]
    assert len(everybody) == PEOPLE + len(known)
    assert set(known) <= set(everybody)
    assert not [sam for sam in everybody if sam.endswith("$") or sam == "everybody"]
    assert len({person.guid for person in everybody.values()}) == len(everybody)


def test_odd_names_come_whole(samba_dc: DomainController, everybody: dict[str, Person]) -> None:
    """Commas, quotes, umlauts, right-to-left and other scripts survive in DN and name."""
    for sam, known in samba_dc.people.items():
        if sam in everybody:
            assert everybody[sam].dn == known.dn
            assert everybody[sam].name == known.attributes["displayName"][0].decode()
    assert everybody["k.rtl"].name == "نور الدين"
    assert everybody["k.comma"].dn.startswith("CN=Doe\\, Jane,OU=Berlin,")


def test_identity(samba_dc: DomainController, everybody: dict[str, Person]) -> None:
    """Anchors are mS-DS-ConsistencyGuid before objectGUID, none for an odd one; SIDs are of the domain."""
    for sam, known in samba_dc.people.items():
        if sam in everybody:
            assert everybody[sam].anchor == known.anchor
            assert everybody[sam].sid.startswith("S-1-5-21-")
    assert everybody["k.guid"].anchor == "AAECAwQFBgcICQoLDA0ODw=="
    assert everybody["k.textguid"].anchor == "c2l4dGVlbiBsZXR0ZXJzIQ=="
    assert everybody["k.oddguid"].anchor == ""


def test_state_and_values(everybody: dict[str, Person]) -> None:
    """Disabled, administrator, many values, none, and the Exchange attributes."""
    assert [sam for sam, p in everybody.items() if p.disabled and sam.startswith("k.")] == ["k.disabled"]
    assert [sam for sam, p in everybody.items() if p.admin_count] == ["k.admin"]
    assert len(everybody["k.many"].values["othermobile"]) == 40
    assert everybody["k.nothing"].values == {"c": ("GB",)}
    assert "mobile" not in everybody["k.empty"].values
    assert everybody["k.semicolon"].values["mobile"] == ("2065550100;2065550101",)
    assert everybody["k.all"].values["extensionattribute1"] == ("alma.all@example.com",)
    assert everybody["k.all"].values["extensionattribute15"] == ("last",)
    assert everybody["k.all"].own_addresses == (
        "k.all@corp.example",
        "k.all@example.net",
    )
    assert all(person.when_changed for person in everybody.values())


def test_several_bases_and_filter(samba_dc: DomainController) -> None:
    """Bases add up, an empty one is no error, and the filter is and-ed to ours."""
    options = samba_dc.options(
        base=tuple(f"OU={name},{samba_dc.base}" for name in ("Staff", "Other", "Machines", "Empty")),
        filter="(employeeType=known)",
    )
    found = {person.sam for person in read(options, samba_dc.reader_password).people}
    assert found == set(samba_dc.people)


def test_whole_domain_ignores_references(samba_dc: DomainController) -> None:
    """A search from the domain's root brings references to other partitions, which are not followed."""
    found = one(samba_dc, "(sAMAccountName=k.elsewhere)", base=(samba_dc.base,))
    assert found.name == "Else Elsewhere"


def test_small_pages(samba_dc: DomainController, everybody: dict[str, Person]) -> None:
    """The page size changes nothing but the number of pages; progress is told after each."""
    heard = Heard()
    options = samba_dc.options(page_size=250)
    people = open_directory(options, samba_dc.reader_password).read(ASKED, heard).people
    assert {person.sam: person for person in people} == everybody
    assert len(heard.steps) == len(everybody) // 250 + 2
    assert heard.steps[-1] == ("reading people", len(everybody), len(everybody))


def test_described_and_logged(samba_dc: DomainController, caplog: pytest.LogCaptureFixture) -> None:
    """The reading says where it came from, and the log has the question in a form to repeat; no secret."""
    with caplog.at_level(logging.DEBUG):
        reading = read(samba_dc.options(filter="(employeeType=known)"), samba_dc.reader_password)
    assert reading.described["server"] == samba_dc.url
    assert reading.described["server name"] == samba_dc.host
    assert int(reading.described["highestCommittedUSN"]) > PEOPLE
    line = reading.described["by hand"]
    assert line.startswith("LDAPTLS_CACERT=")
    assert f"-D {samba_dc.reader} -W" in line
    assert line in caplog.text
    assert "read in full" in caplog.text
    assert samba_dc.reader_password not in caplog.text + str(reading.described)
    assert "7700" not in caplog.text


# ---------------------------------------------------------------- TLS


def test_start_tls(samba_dc: DomainController) -> None:
    """StartTLS on the plain port reads the same."""
    found = one(samba_dc, "(sAMAccountName=k.rtl)", hosts=hosts(samba_dc.start_tls_url))
    assert found.sam == "k.rtl"


@pytest.mark.parametrize("start_tls", [False, True])
def test_wrong_authority(samba_dc: DomainController, start_tls: bool, tmp_path: Path) -> None:
    """A certificate of an unknown authority is refused before anything is sent, on both ways."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    url = samba_dc.start_tls_url if start_tls else samba_dc.url
    with pytest.raises(Incomplete, match=r"not signed by the certificates in .*other\.pem") as caught:
        read(samba_dc.options(ca_file=other, hosts=hosts(url)), samba_dc.reader_password)
    assert "ca_file" in caught.value.hint


@pytest.fixture
def resolving(samba_dc: DomainController, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name below corp.example leads to the controller."""
    really = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **more: Any) -> Any:
        return really(samba_dc.ip if str(host).endswith("corp.example") else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.usefixtures("resolving")
@pytest.mark.parametrize("start_tls", [False, True])
def test_name_in_the_certificate(samba_dc: DomainController, start_tls: bool) -> None:
    """The host in the URL, or one of tls_names, must be in the certificate."""
    scheme = "ldap" if start_tls else "ldaps"

    def named(host: str, *names: str) -> DirectoryOptions:
        return samba_dc.options(
            hosts=hosts(f"{scheme}://{host}"), tls_names=names, filter="(sAMAccountName=k.rtl)"
        )

    assert read(named(samba_dc.host), samba_dc.reader_password).people
    assert read(named("dc9.corp.example", samba_dc.host), samba_dc.reader_password).people
    with pytest.raises(Incomplete, match=r"another name than dc9\.corp\.example \(it bears: .*dc1\.corp"):
        read(named("dc9.corp.example"), samba_dc.reader_password)


# ---------------------------------------------------------------- bind


@pytest.mark.parametrize("form", ["CORP\\svc-reader", "CN=svc-reader,CN=Users,DC=corp,DC=example"])
def test_forms_of_the_user(samba_dc: DomainController, form: str) -> None:
    """Besides a UPN, DOMAIN\\user and a DN sign in."""
    assert one(samba_dc, "(sAMAccountName=k.rtl)", user=form)


def test_refused_sign_in(samba_dc: DomainController) -> None:
    """A refused bind ends at once, with the reason in plain words, exit 40 and without the password."""
    # not tried twice: that locks accounts
    options = samba_dc.options(hosts=hosts(samba_dc.url, samba_dc.url))
    with pytest.raises(SignInError, match=r"wrong user or password: LDAP result 49 \(data 52e\)") as caught:
        read(options, "Not.The.Password.1")
    assert caught.value.exit_code is Exit.INCOMPLETE
    assert "Not.The" not in str(caught.value)
    assert samba_dc.reader in caught.value.message
    with pytest.raises(SignInError, match="the account is disabled"):
        read(samba_dc.options(user=samba_dc.disabled), samba_dc.reader_password)


@pytest.fixture
def kerberos(samba_dc: DomainController, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The gssapi package, with the controller's realm and an empty ticket cache."""
    import importlib.util
    import os

    if importlib.util.find_spec("gssapi") is None:
        if os.environ.get("PREPOP_TESTS_NO_SKIP"):
            pytest.fail("gssapi is not installed: pip install prepop[kerberos]")
        pytest.skip("gssapi is not installed: pip install prepop[kerberos]")
    monkeypatch.setenv("KRB5_CONFIG", str(samba_dc.krb5_config))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'tickets'}")
    import gssapi

    return gssapi


@pytest.mark.usefixtures("kerberos")
@pytest.mark.parametrize("start_tls", [False, True])
def test_kerberos_with_a_password(samba_dc: DomainController, start_tls: bool) -> None:
    """Kerberos over LDAPS and over StartTLS; the ticket is fetched with user and password."""
    url = samba_dc.start_tls_url if start_tls else samba_dc.url
    assert one(samba_dc, "(sAMAccountName=k.rtl)", bind=Bind.KERBEROS, hosts=hosts(url))


@pytest.mark.parametrize("start_tls", [False, True])
def test_kerberos_binds_to_the_channel(
    samba_dc: DomainController, kerberos: Any, monkeypatch: pytest.MonkeyPatch, start_tls: bool
) -> None:
    """A Kerberos bind sends the token of the server's certificate (RFC 5929): LIBRARIES section 3."""
    sent: list[bytes] = []

    class Watched(kerberos.SecurityContext):  # type: ignore[misc]
        def __new__(cls, *words: object, **more: Any) -> Any:
            sent.append(more["channel_bindings"].application_data)
            return super().__new__(cls, *words, **more)

    monkeypatch.setattr(kerberos, "SecurityContext", Watched)
    url = samba_dc.start_tls_url if start_tls else samba_dc.url
    assert one(samba_dc, "(sAMAccountName=k.rtl)", bind=Bind.KERBEROS, hosts=hosts(url))
    context = ssl.create_default_context(cafile=str(samba_dc.ca_file))
    with (
        socket.create_connection((samba_dc.ip, 636), 60) as plain,
        context.wrap_socket(plain, server_hostname=samba_dc.host) as secured,
    ):
        certificate = secured.getpeercert(binary_form=True)
    assert certificate
    assert set(sent) == {b"tls-server-end-point:" + hashlib.sha256(certificate).digest()}


def test_kerberos_with_a_ticket(samba_dc: DomainController, kerberos: Any, tmp_path: Path) -> None:
    """Without a password the ticket that is there is used; without either, the message says kinit."""
    options = samba_dc.options(bind=Bind.KERBEROS, user="", filter="(sAMAccountName=k.rtl)")
    with pytest.raises(SignInError) as caught:
        read(options, "")
    assert "kinit" in caught.value.hint
    name = kerberos.raw.import_name(f"svc-reader@{samba_dc.realm}".encode(), kerberos.NameType.user)
    got = kerberos.raw.acquire_cred_with_password(name, samba_dc.reader_password.encode(), usage="initiate")
    store = {b"ccache": f"FILE:{tmp_path / 'tickets'}".encode()}
    kerberos.raw.store_cred_into(store, got.creds, usage="initiate", overwrite=True, set_default=True)
    assert read(options, "").people


@pytest.mark.usefixtures("kerberos")
def test_kerberos_refusals(samba_dc: DomainController) -> None:
    """A wrong password, an unknown user and an unknown server each get their own advice."""
    with pytest.raises(SignInError) as caught:
        read(samba_dc.options(bind=Bind.KERBEROS), "Not.The.Password.1")
    assert "wrong password" in caught.value.hint
    with pytest.raises(SignInError, match="not found in Kerberos database"):
        read(samba_dc.options(bind=Bind.KERBEROS, user="nobody@corp.example"), "x")
    with pytest.raises(SignInError) as caught:
        read(
            samba_dc.options(bind=Bind.KERBEROS, tls_names=("dc9.corp.example", samba_dc.host)),
            samba_dc.reader_password,
        )
    assert "host name in url" in caught.value.hint


@pytest.fixture
def sspi(kerberos: Any, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """A Windows as ldap3 sees it: no gssapi, a stand-in for winkerberos; the channel bindings it sent."""
    import importlib.machinery
    import sys

    bound: list[bytes] = []
    module = stand_in(kerberos, bound)
    module.__spec__ = importlib.machinery.ModuleSpec("winkerberos", None)
    monkeypatch.setitem(sys.modules, "winkerberos", module)
    monkeypatch.setitem(sys.modules, "gssapi", None)
    monkeypatch.delitem(sys.modules, "ldap3.protocol.sasl.kerberos")
    monkeypatch.setattr("prepop.sources.ldap.kerberos._PLATFORM", "win32")
    return bound


@pytest.mark.parametrize("start_tls", [False, True])
def test_sspi_signs_in_as_who_runs_it(
    samba_dc: DomainController, kerberos: Any, sspi: list[bytes], tmp_path: Path, start_tls: bool
) -> None:
    """On Windows: no gssapi, no password, no user; the server's certificate is bound to. Real controller."""
    url = samba_dc.start_tls_url if start_tls else samba_dc.url
    options = samba_dc.options(bind=Bind.KERBEROS, user="", filter="(sAMAccountName=k.rtl)", hosts=hosts(url))
    with pytest.raises(SignInError, match="No credentials are available") as caught:
        read(options, "")
    assert "gMSA" in caught.value.hint
    assert "klist" not in caught.value.hint
    name = kerberos.raw.import_name(f"svc-reader@{samba_dc.realm}".encode(), kerberos.NameType.user)
    got = kerberos.raw.acquire_cred_with_password(name, samba_dc.reader_password.encode(), usage="initiate")
    store = {b"ccache": f"FILE:{tmp_path / 'tickets'}".encode()}
    kerberos.raw.store_cred_into(store, got.creds, usage="initiate", overwrite=True, set_default=True)
    assert read(options, "").people
    assert sspi
    assert all(sent.startswith(b"tls-server-end-point:") for sent in sspi)


@pytest.mark.usefixtures("sspi")
def test_sspi_takes_no_password(samba_dc: DomainController, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is refused, not passed over; without the package the message names that of Windows."""
    with pytest.raises(ConfigError, match="takes no password on Windows"):
        read(samba_dc.options(bind=Bind.KERBEROS), samba_dc.reader_password)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="needs the Python package winkerberos"):
        read(samba_dc.options(bind=Bind.KERBEROS), "")


def test_kerberos_without_the_package(samba_dc: DomainController, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where gssapi is not installed the message names the extra."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="needs the Python package gssapi") as caught:
        read(samba_dc.options(bind=Bind.KERBEROS), samba_dc.reader_password)
    assert "prepop[kerberos]" in caught.value.hint


# ---------------------------------------------------------------- mistakes in config and mapping


@pytest.mark.parametrize("base", ["OU=Nowhere,DC=corp,DC=example", "OU=Staff,DC=other,DC=example"])
def test_wrong_base(samba_dc: DomainController, base: str) -> None:
    """A base that does not exist is named, never read as empty."""
    with pytest.raises(ConfigError, match=f"base '{base}' does not exist") as caught:
        read(samba_dc.options(base=(samba_dc.staff, base)), samba_dc.reader_password)
    assert samba_dc.base in caught.value.hint


def test_unknown_attributes(samba_dc: DomainController) -> None:
    """Attributes that the schema does not have are all named, with the likely spelling."""
    with pytest.raises(ConfigError) as caught:
        read(
            samba_dc.options(filter="(&(departmnt=Büro)(employeeType=known))"),
            samba_dc.reader_password,
            ("mobil", "OTHERMOBILE", "extnsionAttribute1", "zzzz"),
        )
    assert caught.value.mistakes == (
        'directory "corp": filter: the schema has no attribute "departmnt". Did you mean "department"?',
        'directory "corp": mapping or [[extra]]: the schema has no attribute "mobil". Did you mean "mobile"?',
        'directory "corp": mapping or [[extra]]: the schema has no attribute "extnsionAttribute1".'
        ' Did you mean "extensionAttribute1"?',
        'directory "corp": mapping or [[extra]]: the schema has no attribute "zzzz".',
    )


# ---------------------------------------------------------------- servers that fail


def test_failover(samba_dc: DomainController, caplog: pytest.LogCaptureFixture) -> None:
    """A server that does not answer is named in the log and the next one is read."""
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        dead = f"ldaps://127.0.0.1:{taken.getsockname()[1]}"
        options = samba_dc.options(hosts=hosts(dead, samba_dc.url), filter="(sAMAccountName=k.rtl)")
        reading = read(options, samba_dc.reader_password)
        assert reading.described["server"] == samba_dc.url
        assert dead in caplog.text
        with pytest.raises(Incomplete) as caught:
            read(samba_dc.options(hosts=hosts(dead, dead)), samba_dc.reader_password)
    assert caught.value.message.count(dead) == 2


class StopsAtPage:
    """A progress that stops the controller after the first page."""

    def __init__(self, dc: DomainController) -> None:
        self.dc = dc
        self.stopped = False

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        if not self.stopped:
            self.stopped = True
            self.dc.stop()


def test_server_stopped_half_way(samba_dc: DomainController) -> None:
    """A controller that goes down in the middle of the reading leaves nothing but an error."""
    source = ActiveDirectory(
        samba_dc.options(page_size=500), samba_dc.reader_password, timeouts=Timeouts(connect=60, answer=600)
    )
    stopper = StopsAtPage(samba_dc)
    try:
        with pytest.raises(Incomplete, match="no server could be read to the end"):
            source.read(ASKED, stopper)
    finally:
        samba_dc.start()
    assert stopper.stopped


def test_modify_is_seen(samba_dc: DomainController) -> None:
    """What an administrator changes is in the next reading (and what tests change can be put back)."""
    known = samba_dc.people["k.nothing"]
    samba_dc.modify(known.dn, {"mobile": ["+44 7700 900099"]})
    try:
        assert one(samba_dc, "(sAMAccountName=k.nothing)").values["mobile"] == ("+44 7700 900099",)
    finally:
        samba_dc.modify(known.dn, {"mobile": []})
    assert "mobile" not in one(samba_dc, "(sAMAccountName=k.nothing)").values

"""A global catalog is noticed behind any port, and so is a reader who may not see administrators."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.errors import Incomplete
from prepop.options import DirectoryOptions
from prepop.rules.readiness.words import Unread
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sources import open_directory
from prepop.sources.ldap.posture import open_posture
from tests.rules.readiness.descriptors import dacl, object_sid, put_dacl, set_dacl
from tests.sources.hosts import hosts
from tests.sources.people import Heard
from tests.sources.samba import DomainController

pytestmark = pytest.mark.samba

CATALOG, OWN = 3269, 636
ADMIN_COUNT = "bf967918-0de6-11d0-a285-00aa003049e2"  # its schemaIDGUID: MS-ADA1


@contextmanager
def forwarded(dc: DomainController, port: int) -> Iterator[int]:
    """A port that leads to another one of the controller, as a load balancer's does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        threading.Thread(target=_serve, args=(listener, (dc.ip, port)), daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, to: tuple[str, int]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_carry, args=(client, to), daemon=True).start()


def _carry(client: socket.socket, to: tuple[str, int]) -> None:
    with client, socket.create_connection(to) as server:
        other = {client: server, server: client}
        while True:
            for one in select.select(list(other), [], [])[0]:
                try:
                    data = one.recv(65536)
                    other[one].sendall(data)
                except OSError:
                    return
                if not data:
                    return


def options(dc: DomainController, *ports: int) -> DirectoryOptions:
    found = hosts(*(f"ldaps://127.0.0.1:{port}" for port in ports))
    return dc.options(hosts=found, filter="(employeeType=known)")


def test_a_catalog_behind_another_port_is_not_read(samba_dc: DomainController) -> None:
    """It is called what it is, and the advice names the controller's own ports."""
    with forwarded(samba_dc, CATALOG) as port:
        source = open_directory(options(samba_dc, port), samba_dc.reader_password)
        with pytest.raises(Incomplete, match="this is a global catalog, whatever its port") as caught:
            source.read(("mobile",), Heard())
    assert "(636)" in caught.value.hint


def test_the_next_server_is_read(samba_dc: DomainController) -> None:
    """Behind a catalog the next url is tried, as after any server that fails; a controller is none."""
    with forwarded(samba_dc, CATALOG) as catalog, forwarded(samba_dc, OWN) as own:
        source = open_directory(options(samba_dc, catalog, own), samba_dc.reader_password)
        reading = source.read(("mobile",), Heard())
    assert reading.people
    assert reading.described["server"].endswith(f":{own}")


def test_check_notices_it(samba_dc: DomainController) -> None:
    """`check` says of a catalog that it is one, and why nobody was read there."""
    with forwarded(samba_dc, CATALOG) as port:
        facts = open_posture(options(samba_dc, port), samba_dc.reader_password).look(("mobile",), Heard())
    assert facts.global_catalog
    assert isinstance(facts.people, Unread)
    assert "global catalog" in facts.people.why
    own = open_posture(samba_dc.options(filter="(employeeType=known)"), samba_dc.reader_password)
    assert not own.look(("mobile",), Heard()).global_catalog


def test_administrators_of_the_domain_are_looked_for(samba_dc: DomainController) -> None:
    """Where the people read hold no administrator the domain has some; below a unit without any it has not,
    which is what a server looks like that shows nobody's adminCount."""
    reading = open_directory(
        samba_dc.options(filter="(&(employeeType=known)(!(adminCount=1)))"), samba_dc.reader_password
    ).read(("mobile",), Heard())
    assert "not known" not in str(reading.described)
    assert reading.admins_unseen == ""


@pytest.fixture(params=["Administrator", "krbtgt"])
def hidden(samba_dc: DomainController, request: pytest.FixtureRequest) -> Iterator[str]:
    """The reader may not see adminCount of this account."""
    dn = f"CN={request.param},CN=Users,{samba_dc.base}"
    before = dacl(samba_dc, dn)
    reader = object_sid(samba_dc, f"CN={samba_dc.reader.split('@')[0]},CN=Users,{samba_dc.base}")
    set_dacl(samba_dc, dn, f"D:(OD;;RP;{ADMIN_COUNT};;{reader})(A;;RPLCRC;;;AU)")
    yield dn
    put_dacl(samba_dc, dn, before)


def test_sight_of_administrators_is_proved(samba_dc: DomainController, hidden: str) -> None:
    """Others with adminCount are seen, and one that always has it is not: that proves nothing, and is said;
    the small search before writing says it too.
    """
    source = open_directory(samba_dc.options(), samba_dc.reader_password)
    reading = source.read(("mobile",), Heard())
    assert any(person.admin_count for person in reading.people)
    assert "cannot be read, and both always have it" in reading.admins_unseen
    assert source.administrators(Heard()).admins_unseen == reading.admins_unseen


def test_administrators_are_found_wherever_they_stand(samba_dc: DomainController) -> None:
    """The small search finds who has adminCount outside the base and the filter too."""
    narrow = samba_dc.options(base=(samba_dc.staff,), filter="(sAMAccountName=nobody)")
    found = open_directory(narrow, samba_dc.reader_password).administrators(Heard()).people
    assert found
    assert all(person.admin_count for person in found)
    assert any(person.dn.startswith("CN=Administrator,CN=Users") for person in found)


def test_unseen_administrators_block(
    samba_dc: DomainController,
    hidden: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`sync` ends 30 with privileged-unknown and writes nothing; with scope.privileged it does not matter."""
    monkeypatch.setenv("PREPOP_LDAP_PASSWORD", samba_dc.reader_password)
    (tmp_path / "mapping.toml").write_text('[mobile]\nfrom = ["mobile"]\n', encoding="utf-8")
    config = tmp_path / "prepop.toml"
    tenant = SandboxTenant(faults=Faults.none(), scale=1000)
    tenant.new_user("somebody@contoso.com")
    with SandboxServer(tenant) as server:
        text = (
            'mapping = "mapping.toml"\n'
            + samba_dc.toml(filter='"(employeeType=known)"')
            + f'[cloud]\ntenant = "contoso.onmicrosoft.com"\nendpoint = "{server.url}"\n'
            + 'credential = "none"\n[limits]\nunmatched = "100%"\n'
        )
        config.write_text(text, encoding="utf-8")
        assert main(["sync", "-c", str(config)]) == 30
        assert "privileged-unknown" in capsys.readouterr().err
        assert main(["check", "-c", str(config)]) == 30
        assert "cannot be read, and both always have it" in " ".join(capsys.readouterr().out.split())
        config.write_text(text + "[scope]\nprivileged = true\n", encoding="utf-8")
        assert main(["sync", "-c", str(config)]) == 0
    assert not tenant.writes


def test_through_the_command(
    samba_dc: DomainController,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`sync` and `plan` end 40 and write nothing, `check` says no: each with the words and the ports."""
    monkeypatch.setenv("PREPOP_LDAP_PASSWORD", samba_dc.reader_password)
    (tmp_path / "mapping.toml").write_text('[mobile]\nfrom = ["mobile"]\n', encoding="utf-8")
    config = tmp_path / "prepop.toml"
    tenant = SandboxTenant(faults=Faults.none(), scale=1000)
    with forwarded(samba_dc, CATALOG) as port, SandboxServer(tenant) as server:
        config.write_text(
            'mapping = "mapping.toml"\n'
            + samba_dc.toml(url=f'["ldaps://127.0.0.1:{port}"]', filter='"(employeeType=known)"')
            + f'[cloud]\ntenant = "contoso.onmicrosoft.com"\nendpoint = "{server.url}"\n'
            + 'credential = "none"\n',
            encoding="utf-8",
        )
        for verb, code in (("plan", 40), ("sync", 40), ("check", 30)):
            assert main([verb, "-c", str(config)]) == code
            said = capsys.readouterr()
            words = " ".join((said.out + said.err).replace("│", " ").split())
            assert "this is a global catalog" in words
            assert "(636)" in words
    assert tenant.writes == []

"""A real domain controller for tests: Samba AD DC, provisioned by `dc.sh`, filled by `load.py`.

The fixture `samba_dc` (a test asks for it by name) lives as long as the session. It needs Linux, root and
Debian's samba packages; `dc.sh install` fetches those, the tests never install anything themselves.
Elsewhere its tests are skipped, or fail where PREPOP_TESTS_NO_SKIP is set.

With PREPOP_TESTS_DC naming a folder, the provisioned and filled controller is kept there and each session
starts a copy: one second instead of ten.
"""

import base64
import hashlib
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ldap3
import pytest

from prepop.options import Bind, DirectoryKind, DirectoryOptions
from tests.sources.hosts import hosts

HERE = Path(__file__).parent
PEOPLE = 2000  # clones, besides the known ones


@dataclass(frozen=True, slots=True)
class Known:
    """One of the people that `load.py` adds by name; `attributes` as they stand in the directory."""

    sam: str
    dn: str
    upn: str
    anchor: str
    attributes: Mapping[str, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class DomainController:
    """A running controller. Whoever changes people changes them back, or uses people of his own."""

    folder: Path
    ip: str
    host: str  # the name in its certificate
    realm: str
    base: str  # of the domain; people are below `staff`
    url: str  # LDAPS, by address: pass tls_names=(host,)
    start_tls_url: str
    ca_file: Path
    krb5_config: Path  # for KRB5_CONFIG
    spn: str
    reader: str  # a UPN
    reader_password: str
    admin: str
    admin_password: str
    disabled: str  # an account that may not sign in; its password is the reader's
    people: Mapping[str, Known]  # by sAMAccountName

    @property
    def staff(self) -> str:
        """The base of all people but `k.elsewhere` and the built-in ones."""
        return f"OU=Staff,{self.base}"

    def options(self, **changes: Any) -> DirectoryOptions:
        """A `[directory]` block that reads `staff` over LDAPS with a simple bind, changed as asked."""
        options = DirectoryOptions(
            name="corp",
            kind=DirectoryKind.LDAP,
            hosts=hosts(self.url),
            base=(self.staff,),
            ca_file=self.ca_file,
            tls_names=(self.host,),
            bind=Bind.SIMPLE,
            user=self.reader,
        )
        return replace(options, **changes)

    def toml(self, **changes: str) -> str:
        """The same block for a prepop.toml, to be read with the password in PREPOP_LDAP_PASSWORD.

        `changes` are values as TOML writes them: `dc.toml(base='["OU=Other,DC=corp,DC=example"]')`.
        """
        keys = {
            "kind": '"ldap"',
            "url": f'["{self.url}"]',
            "base": f'["{self.staff}"]',
            "ca_file": f'"{self.ca_file.as_posix()}"',
            "tls_names": f'["{self.host}"]',
            "bind": '"simple"',
            "user": f'"{self.reader}"',
            "password_env": '"PREPOP_LDAP_PASSWORD"',
        }
        return "\n".join(
            ["[directory]", *(f"{key} = {value}" for key, value in {**keys, **changes}.items()), ""]
        )

    def modify(self, dn: str, attributes: Mapping[str, Sequence[str | bytes]]) -> None:
        """Replace these attributes of one entry as administrator; no values take an attribute away."""
        with self.administrator() as connection:
            changes = {name: [(ldap3.MODIFY_REPLACE, list(values))] for name, values in attributes.items()}
            connection.modify(dn, changes)

    def add(self, dn: str, attributes: Mapping[str, Sequence[str | bytes]]) -> None:
        """Add an entry as administrator."""
        with self.administrator() as connection:
            connection.add(dn, attributes={name: list(values) for name, values in attributes.items()})

    def delete(self, dn: str) -> None:
        """Delete an entry as administrator."""
        with self.administrator() as connection:
            connection.delete(dn)

    @contextmanager
    def administrator(self) -> Iterator[ldap3.Connection]:
        """A connection of the administrator; every failure is an exception."""
        server = ldap3.Server(self.ip, port=636, use_ssl=True, get_info=ldap3.NONE)  # not what is tested
        connection = ldap3.Connection(
            server, self.admin, self.admin_password, auto_bind=True, raise_exceptions=True, check_names=False
        )
        try:
            yield connection
        finally:
            connection.unbind()

    def stop(self) -> None:
        """Stop the controller, as a reboot does."""
        _run("stop", self.folder, self.ip)

    def start(self) -> None:
        """Start it again, on the same address."""
        _run("start", self.folder, self.ip)


@pytest.fixture(scope="session")
def samba_dc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DomainController]:
    """The domain controller of this session."""
    if missing := _missing():
        if os.environ.get("PREPOP_TESTS_NO_SKIP"):
            pytest.fail(missing)
        pytest.skip(missing)
    controller = launch(tmp_path_factory.mktemp("dc"))
    try:
        yield controller
    finally:
        _run("destroy", controller.folder, controller.ip)


def launch(folder: Path, people: int = PEOPLE) -> DomainController:
    """Provision, fill and start a controller in an empty folder."""
    ip = _free_address()
    if cache := os.environ.get("PREPOP_TESTS_DC"):
        _copy(_cached(Path(cache), ip, people), folder)
    else:
        _fill(folder, ip, people)
    settings = dict(line.split("=", 1) for line in _run("start", folder, ip).splitlines())
    told = {key: value.strip("'") for key, value in settings.items()}
    controller = DomainController(
        folder=folder,
        ip=ip,
        host=told["DC_HOST"],
        realm=told["DC_REALM"],
        base=told["DC_BASE_DN"],
        url=told["DC_LDAPS_URL"],
        start_tls_url=told["DC_LDAP_URL"],
        ca_file=Path(told["DC_CA_FILE"]),
        krb5_config=Path(told["DC_KRB5_CONFIG"]),
        spn=told["DC_SPN"],
        reader=told["DC_READER_USER"],
        reader_password=told["DC_READER_PASSWORD"],
        admin=told["DC_ADMIN_USER"],
        admin_password=told["DC_ADMIN_PASSWORD"],
        disabled=f"svc-disabled@{told['DC_REALM'].lower()}",
        people={},
    )
    return replace(controller, people=_known(controller))


def _missing() -> str:
    """Why no controller can run here, "" where one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "no domain controller: it needs Linux and root (ports 389, 636 and 88)"
    if not Path("/usr/sbin/samba").exists() or not shutil.which("samba-tool"):
        return "no domain controller: run tests/sources/samba/dc.sh install"
    return ""


def _run(verb: str, folder: Path, ip: str) -> str:
    keep = {
        key: value for key, value in os.environ.items() if not key.startswith(("DC_", "PYTHON", "VIRTUAL"))
    }
    done = subprocess.run(
        ["bash", str(HERE / "dc.sh"), verb],
        env={**keep, "DC_DIR": str(folder), "DC_IP": ip},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"dc.sh {verb}: {done.stderr}")
    return done.stdout


def _fill(folder: Path, ip: str, people: int) -> None:
    _run("provision", folder, ip)
    subprocess.run(
        ["/usr/bin/python3", "-I", str(HERE / "load.py"), str(folder), str(people)],
        check=True,
        stdin=subprocess.DEVNULL,
    )


def _cached(cache: Path, ip: str, people: int) -> Path:
    """The kept controller for these scripts, made when it is not there yet."""
    scripts = b"".join((HERE / name).read_bytes() for name in ("dc.sh", "load.py"))
    kept = cache / f"{hashlib.sha256(scripts).hexdigest()[:12]}-{people}"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        making = cache / f"making-{os.getpid()}-{time.monotonic_ns()}"
        _fill(making, ip, people)
        try:
            making.rename(kept)
        except OSError:  # another session was quicker
            shutil.rmtree(making)
    return kept


def _copy(kept: Path, folder: Path) -> None:
    subprocess.run(["cp", "-a", "--sparse=always", f"{kept}/.", str(folder)], check=True)


def _free_address() -> str:
    """A loopback address on which nobody listens, so that sessions can run side by side."""
    for _ in range(50):
        ip = f"127.{random.randint(64, 127)}.{random.randint(1, 254)}.{random.randint(1, 254)}"
        try:
            for port in (88, 389, 636):
                with socket.socket() as probe:
                    probe.bind((ip, port))
        except OSError:
            continue
        return ip
    raise RuntimeError("no free loopback address")


def _known(controller: DomainController) -> dict[str, Known]:
    known = {}
    with controller.administrator() as connection:
        connection.search(controller.base, "(employeeType=known)", attributes=["*"])
        for item in connection.response:
            if item["type"] != "searchResEntry":
                continue
            raw = {name: tuple(values) for name, values in item["raw_attributes"].items()}
            own = raw.get("mS-DS-ConsistencyGuid", raw["objectGUID"])[0]
            sam = raw["sAMAccountName"][0].decode()
            known[sam] = Known(
                sam=sam,
                dn=item["raw_dn"].decode(),
                upn=raw["userPrincipalName"][0].decode(),
                anchor=base64.b64encode(own).decode() if len(own) == 16 else "",
                attributes=raw,
            )
    return known

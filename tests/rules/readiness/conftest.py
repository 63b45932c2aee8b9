"""`prepop check` as it is typed, on a sample directory and an emulated tenant."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from prepop.cli import main
from prepop.cloud import open_tenant
from prepop.model import Method
from prepop.options import CloudOptions, Secrets
from prepop.rules.readiness.permission_table import Use, wanted
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import LoopbackServer, SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import Quotas
from prepop.sandbox.people.directory import SampleDirectory, sample
from prepop.sandbox.people.directory import tenant as tenant_of
from prepop.settings.template import demo_config
from tests.certificates import loopback_certificate
from tests.sandbox.authority import Authority

MAPPING = """
[region]
from = ["c", "co"]
[mobile]
from = ["mobile"]
[office]
from = ["telephoneNumber"]
[email]
from = ["extensionAttribute1"]
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What `check` said: exit code, answers by id, and the words on the terminal."""

    code: int
    answers: Mapping[str, Mapping[str, object]]
    document: Mapping[str, object]
    err: str

    def __getitem__(self, ident: str) -> str:
        return str(self.answers[ident]["answer"])

    def says(self, ident: str) -> str:
        return str(self.answers[ident]["says"])

    def fix(self, ident: str) -> str:
        return str(self.answers[ident]["fix"])

    def blocks(self) -> list[str]:
        return sorted(str(one) for one, answer in self.answers.items() if answer["blocks"])


@dataclass(slots=True)
class Scene:
    """A folder with a config, the people of an export, and a tenant that fits."""

    folder: Path
    people: SampleDirectory
    tenant: SandboxTenant
    capsys: pytest.CaptureFixture[str]
    serve: Callable[[SandboxTenant], str]
    more: str = ""
    mapping: str = MAPPING

    def write(self) -> Path:
        config = self.folder / "prepop.toml"
        (self.folder / "mapping.toml").write_text(self.mapping, encoding="utf-8")
        self.people.write_ldif(self.folder / "people.ldif")
        text = demo_config(Path("people.ldif"), Path("mapping.toml"), self.serve(self.tenant))
        config.write_text(text.replace("[limits]", f"{self.more}\n[limits]"), encoding="utf-8")
        return config

    def check(self, *words: str) -> Told:
        """`prepop check --json`."""
        config = self.write()
        self.capsys.readouterr()
        code = main(["check", *words, "--json", "-c", str(config)])
        said = self.capsys.readouterr()
        document = json.loads(said.out) if said.out else {"answers": []}
        return Told(code, {one["id"]: one for one in document["answers"]}, document, said.err)


@pytest.fixture
def scene(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Scene]:
    """Forty people, everything in order but what Graph cannot tell."""
    people = sample(40)
    tenant = tenant_of(people, faults=Faults.none(), quotas=Quotas.off())
    with ExitStack() as stack:

        def serve(served: SandboxTenant) -> str:
            return stack.enter_context(SandboxServer(served)).url

        yield Scene(tmp_path, people, tenant, capsys, serve)


APP = "11111111-2222-3333-4444-555555555555"
SECRET = "s3cret-that-must-not-be-shown"
LEAST = frozenset(
    one.name
    for use in (Use.PLAN, Use.APPLY, Use.CHECK)
    for one in wanted({Method.MOBILE, Method.OFFICE, Method.EMAIL}, use)
)


@dataclass(frozen=True, slots=True)
class Signing:
    """A tenant that wants tokens, and the service that gives them to azure-identity's credentials."""

    tenant: SandboxTenant
    authority: Authority


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA and a certificate for loopback."""
    return loopback_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def signing(tls: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Signing]:
    """Commands that are typed sign in to a service on loopback, over TLS, and read a tenant there.

    The app has a secret and the least permissions; the tenant one person.
    """
    tenant = SandboxTenant(faults=Faults.none(), quotas=Quotas.off())
    tenant.new_user("jane@contoso.onmicrosoft.com")
    tenant.require_token = True
    tenant.permissions = set(LEAST)
    authority = Authority(tenant, interval=0)
    authority.register_secret(APP, SECRET)
    server = LoopbackServer(authority.app(), cert=tls / "cert.pem", key=tls / "key.pem")
    with server as where, SandboxServer(tenant) as graph:

        def elsewhere(options: CloudOptions, secrets: Secrets, **more: Any) -> Any:
            there = options if options.endpoint else replace(options, endpoint=graph.url)
            return open_tenant(there, secrets, authority=where.url, ca_file=tls / "ca.pem", **more)

        # by the opener and not by the config: that lets no real credential near an endpoint on loopback
        monkeypatch.setattr("prepop.cloud.open_tenant", elsewhere)
        yield Signing(tenant, authority)

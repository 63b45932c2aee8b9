"""`prepop init` tries the tenant on the way: real sign-ins over TLS, and what it says where it cannot."""

import json
import re
import sys
from pathlib import Path

import pytest
import trustme

from prepop.cli import main
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.graph.tenant import SandboxTenant
from prepop.sandbox.graph.throttle import Quotas
from tests.rules.readiness.conftest import APP, SECRET, Signing
from tests.rules.readiness.terminal import Terminal

DIRECTORY = (
    "--url", "ldaps://127.0.0.1:1", "--base", "OU=Staff,DC=corp,DC=example", "--bind", "simple", "--user", "r"
)  # fmt: skip
TENANT = ("--tenant", "contoso.onmicrosoft.com")


class Typed:
    """`prepop init` as it is typed, without a password for the directory, and what it said."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.config, self.capsys = folder / "prepop.toml", capsys
        self.out = self.err = ""
        self.code = -1

    def __call__(self, *words: str) -> "Typed":
        self.code = main(["init", str(self.config), *DIRECTORY, *words])
        said = self.capsys.readouterr()
        self.out, self.err = said.out, said.err
        return self

    @property
    def tenant(self) -> dict[str, object]:
        """What `--json` says of the tenant's trial."""
        found: dict[str, object] = json.loads(self.out)["tried"][1]
        return found

    @property
    def everything(self) -> str:
        """All that can be seen of it anywhere."""
        return self.out + self.err + self.config.read_text(encoding="utf-8")


@pytest.fixture
def init(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    for name in (
        "PREPOP_LDAP_PASSWORD",
        "PREPOP_CLIENT_SECRET",
        "AZURE_CLIENT_ID",
        "AZURE_FEDERATED_TOKEN_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
    return Typed(tmp_path, capsys)


def test_secret_signs_in(init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the tenant's name, domain and permissions; nothing is written there, nothing shows the
    secret; the config is there.
    """
    monkeypatch.setenv("APP_SECRET", SECRET)
    init(*TENANT, "--credential", "secret", "--client-id", APP, "--secret-env", "APP_SECRET", "--json")
    assert init.code == 0
    assert init.tenant == {
        "what": "tenant",
        "ok": True,
        "says": "Contoso (contoso.onmicrosoft.com), 8 of 8 permissions there, those to write too",
    }
    assert json.loads(init.out)["tried"][0]["ok"] is None  # there is no password for the directory
    assert signing.authority.asked == {"client_credentials: ok": 1}
    assert signing.tenant.writes == []
    assert {kind.split()[0] for kind in signing.tenant.requests.http} == {"GET"}
    assert 'secret_env = "APP_SECRET"' in init.config.read_text(encoding="utf-8")
    assert SECRET not in init.everything


def test_certificate_signs_in(init: Typed, signing: Signing) -> None:
    """A certificate beside the config signs in; as long as it is not there, nothing is tried."""
    words = (*TENANT, "--credential", "certificate", "--client-id", APP, "--certificate-file", "app.pem")
    init(*words, "--json")
    assert init.tenant["says"] == "not tried: the certificate app.pem is not there yet"
    issued = trustme.CA(key_type=trustme.KeyType.RSA).issue_cert(
        "app.example.org", key_type=trustme.KeyType.RSA
    )
    public, private = issued.cert_chain_pems[0].bytes(), issued.private_key_pem.bytes()
    (init.config.parent / "app.pem").write_bytes(private + public)
    signing.authority.register_certificate(APP, public)
    init(*words, "--json", "--force")
    assert init.tenant["ok"] is True


def test_file_that_is_no_certificate_is_told(init: Typed, signing: Signing) -> None:
    """A certificate without its private key is a no with the file's name, before anything is sent."""
    (init.config.parent / "app.pem").write_text("nothing", encoding="utf-8")
    init(
        *TENANT, "--credential", "certificate", "--client-id", APP, "--certificate-file", "app.pem", "--json"
    )
    assert init.tenant["ok"] is False
    assert "app.pem" in str(init.tenant["says"])
    assert not signing.authority.asked


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "no credential is named"),
        (("--credential", "secret"), "the app is not registered yet"),
        (("--credential", "certificate", "--certificate-file", "a.pem"), "the app is not registered yet"),
        (("--credential", "device-code", "--client-id", APP), "there is no terminal"),
        (("--credential", "secret", "--client-id", APP), "PREPOP_CLIENT_SECRET holds no secret yet"),
        (("--credential", "certificate", "--client-id", APP), "none is named"),
        (("--credential", "workload-identity", "--client-id", APP), "AZURE_FEDERATED_TOKEN_FILE"),
    ],
)
def test_what_is_not_there_yet_is_no_failure(
    init: Typed, signing: Signing, words: tuple[str, ...], why: str
) -> None:
    """Without what the credential needs nothing is tried, and why is said; the config is written."""
    init(*TENANT, *words, "--json")
    assert init.code == 0
    assert init.tenant["ok"] is None
    assert str(init.tenant["says"]).startswith("not tried: ")
    assert why in str(init.tenant["says"])
    assert not signing.authority.asked
    assert init.config.is_file()


def test_federated_token_signs_in(init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """workload-identity, where its token file is: the client id may come from the pod's environment."""
    (init.config.parent / "token").write_text("a-federated-token", encoding="utf-8")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(init.config.parent / "token"))
    monkeypatch.setenv("AZURE_CLIENT_ID", APP)
    signing.authority.register_federated(APP, "a-federated-token")
    assert init(*TENANT, "--credential", "workload-identity", "--json").tenant["ok"] is True


def test_missing_permission_is_named(init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many of so many, and which are missing; without a needed one the answer is no."""
    monkeypatch.setenv("PREPOP_CLIENT_SECRET", SECRET)
    words = (*TENANT, "--credential", "secret", "--client-id", APP, "--json", "--force")
    signing.tenant.permissions -= {"AuditLog.Read.All"}
    init(*words)
    assert "7 of 8 permissions there; missing: AuditLog.Read.All" in str(init.tenant["says"])
    assert init.tenant["ok"] is True  # planning can do without
    signing.tenant.permissions -= {"GroupMember.Read.All"}
    init(*words)
    assert "missing: GroupMember.Read.All, AuditLog.Read.All" in str(init.tenant["says"])
    assert init.tenant["ok"] is False


def test_tenant_that_may_not_be_read_is_told(
    init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed in, but nobody consented to anything: that, and what to grant."""
    monkeypatch.setenv("PREPOP_CLIENT_SECRET", SECRET)
    signing.tenant.permissions = set()
    init(*TENANT, "--credential", "secret", "--client-id", APP, "--json")
    assert init.tenant["ok"] is False
    assert re.match(r"signed in; Graph answered 403 .*Organization\.Read\.All", str(init.tenant["says"]))
    assert "0 of 8 permissions there; missing: User.Read.All" in str(init.tenant["says"])


@pytest.mark.parametrize(
    ("code", "hint"), [(7000222, "the client secret has expired"), (53003, "A Conditional Access policy")]
)
def test_refused_sign_in_says_code_and_what_to_try(
    init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch, code: int, hint: str
) -> None:
    """Entra ID's code and its meaning, in one line; the config is written all the same."""
    monkeypatch.setenv("PREPOP_CLIENT_SECRET", SECRET)
    signing.authority.refuse_next(code, "invalid_client", status=401)
    init(*TENANT, "--credential", "secret", "--client-id", APP)
    assert init.code == 0
    (line,) = [line for line in init.out.splitlines() if line.startswith("tenant: ")]
    assert f"AADSTS{code}" in line
    assert hint.casefold() in line.casefold()
    assert SECRET not in init.everything


def test_silence_ends(init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a managed identity may get no answer at all: that ends, and says what it may be."""
    monkeypatch.setattr("prepop.cli.init.trial.PATIENCE", 0.0)
    init(*TENANT, "--credential", "managed-identity", "--json")
    assert init.tenant["ok"] is False
    assert "no answer" in str(init.tenant["says"])
    assert "Azure Arc" in str(init.tenant["says"])


def test_another_tenant_is_noticed(init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A managed identity belongs to the tenant that it belongs to, whatever the config says: told."""
    other = SandboxTenant(
        name="Fabrikam", domains=("fabrikam.example",), faults=Faults.none(), quotas=Quotas.off()
    )
    with SandboxServer(other) as graph:
        monkeypatch.setenv("PREPOP_CLOUD__ENDPOINT", graph.url)
        monkeypatch.setenv("PREPOP_CLOUD__CREDENTIAL", "none")
        init(*TENANT, "--credential", "managed-identity", "--json")
    assert init.tenant["ok"] is False
    assert "the config means contoso.onmicrosoft.com" in str(init.tenant["says"])


def test_no_try_tries_neither(init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """--no-try: nobody is asked anything, here or there."""
    monkeypatch.setenv("PREPOP_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("PREPOP_LDAP_PASSWORD", "x")
    init(*TENANT, "--credential", "secret", "--client-id", APP, "--no-try", "--json")
    assert json.loads(init.out)["tried"] == []
    assert not signing.authority.asked


# ---------------------------------------------------------------- on a terminal


def at_terminal(monkeypatch: pytest.MonkeyPatch, *answers: str, hidden: str = "") -> None:
    """Somebody answers so; `hidden` is typed, unseen, for the app's secret, nothing for the directory's."""

    def unseen(prompt: str, stream: object) -> str:
        return hidden if "secret" in prompt else ""

    monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{one}\n" for one in (*answers, ""))))
    monkeypatch.setattr("getpass.getpass", unseen)


def test_terminal_asks_again_until_it_works(
    init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong id is refused with its reason; the second time everything is asked, with what was said before
    offered; the secret is typed unseen.
    """
    wrong = "99999999-2222-3333-4444-555555555555"
    monkeypatch.setenv("PREPOP_CLIENT_SECRET", SECRET)
    at_terminal(monkeypatch, "", "", "secret", wrong, "n", "", "", "", APP)
    init("--ca-file", str(tls_file(init)))
    assert init.code == 0
    assert "no: signing in to Entra ID" in init.err
    assert "AADSTS700016" in init.err
    assert f"[{wrong}]" in init.err
    assert "ok: Contoso (contoso.onmicrosoft.com), 8 of 8 permissions there" in init.err
    assert f'client_id = "{APP}"' in init.config.read_text(encoding="utf-8")


def test_terminal_takes_the_secret_unseen(
    init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no variable holds it the secret is typed, tried, and kept nowhere."""
    at_terminal(monkeypatch, "", "", "secret", APP, hidden=SECRET)
    init("--ca-file", str(tls_file(init)))
    assert "ok: Contoso" in init.err
    assert SECRET not in init.everything


def test_terminal_keeps_what_fails(init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Consent that comes tomorrow: kept all the same, and told in the answer."""
    signing.tenant.permissions -= {"User.Read.All"}
    monkeypatch.setenv("PREPOP_CLIENT_SECRET", SECRET)
    at_terminal(monkeypatch, "", "", "secret", APP, "y")
    init("--ca-file", str(tls_file(init)))
    assert init.code == 0
    assert "no: Contoso" in init.err
    assert "missing: User.Read.All" in init.out


def test_terminal_lets_a_person_sign_in(
    init: Typed, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """device-code, on a terminal only: address and code are shown, and it is said what such a sign-in is
    good for.
    """
    at_terminal(monkeypatch, "", "", "device-code", APP)
    init("--ca-file", str(tls_file(init)))
    assert "SANDBOX12" in init.err
    assert "as a person: good for a first look, not for a nightly job" in init.out


def tls_file(init: Typed) -> Path:
    """Some authority for --ca-file, so that it is not asked for."""
    file = init.config.parent / "ca.pem"
    trustme.CA().cert_pem.write_to_path(file)
    return file

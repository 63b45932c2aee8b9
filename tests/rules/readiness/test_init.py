"""`prepop init`: a config that is accepted, from options or from answers, and the app's registration."""

import json
import os
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell

from prepop.cli import main
from prepop.model import Method
from prepop.options import Bind, Credential, Environment
from prepop.rules.readiness.app_registration import az, permissions, powershell
from prepop.settings import load
from prepop.settings.template import config_template, filled
from tests.rules.readiness.conftest import APP, SECRET, Signing
from tests.rules.readiness.terminal import Terminal
from tests.sources.samba import DomainController

LEAST = (
    "--url",
    "ldaps://dc1.corp.example",
    "--base",
    "OU=Staff,DC=corp,DC=example",
    "--tenant",
    "contoso.com",
)
ALL = set(Method) - {Method.ALTERNATE_MOBILE}
ENVIRON: Mapping[str, str] = {"PREPOP_LDAP_PASSWORD": "x"}


def init(folder: Path, *words: str) -> int:
    """`prepop init` as a scheduler types it, without trying."""
    return main(["init", str(folder / "prepop.toml"), *words, "--no-try"])


def test_options_make_a_config_that_is_accepted(tmp_path: Path) -> None:
    """What was said stands in it, everything else is a commented default, and `load` takes it."""
    assert init(tmp_path, *LEAST, "--bind", "simple", "--user", "svc@corp.example") == 0
    settings = load(tmp_path / "prepop.toml", ENVIRON)
    (directory,) = settings.directories
    assert [host.url for host in directory.hosts] == ["ldaps://dc1.corp.example"]
    assert directory.bind is Bind.SIMPLE
    assert directory.user == "svc@corp.example"
    assert settings.cloud.tenant == "contoso.com"
    assert settings.cloud.credential is Credential.MANAGED_IDENTITY
    assert {rule.method for rule in settings.mapping.rules} >= {Method.MOBILE}
    text = (tmp_path / "prepop.toml").read_text(encoding="utf-8")
    assert text.count("#") > 30
    if os.name == "posix":
        assert (tmp_path / "prepop.toml").stat().st_mode & 0o022 == 0


def test_existing_file_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A config is never written over without --force; a mapping never at all."""
    config, mapping = tmp_path / "prepop.toml", tmp_path / "mapping.toml"
    config.write_text("mine", encoding="utf-8")
    mapping.write_text('[mobile]\nfrom = ["pager"]\n', encoding="utf-8")
    assert init(tmp_path, *LEAST) == 2
    assert "--force" in capsys.readouterr().err
    assert config.read_text(encoding="utf-8") == "mine"
    assert init(tmp_path, *LEAST, "--force") == 0
    assert "contoso.com" in config.read_text(encoding="utf-8")
    assert "pager" in mapping.read_text(encoding="utf-8")


def test_what_is_missing_is_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal nothing is asked: the options that are missing are named, and nothing is written."""
    assert init(tmp_path, "--url", "ldaps://dc1.corp.example") == 2
    assert "--base and --tenant" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--base", "nonsense"), "nonsense"),
        (("--tenant", "not a domain"), "cloud.tenant: is neither a tenant id nor a domain"),
        (("--bind", "magic"), "magic"),
        (("--credential", "none"), "none"),
        (("--environment", "mars"), "mars"),
        (("--ca-file", "absent.pem"), "absent.pem"),
        (("--url", "http://dc1"), "http://dc1"),
    ],
)
def test_mistake_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    """A wrong answer is told with its key, and no half of a config stays."""
    assert init(tmp_path, *LEAST, *words) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_app_may_be_registered_later(tmp_path: Path) -> None:
    """credential = certificate before there is one: the config is written all the same."""
    assert init(tmp_path, *LEAST, "--credential", "certificate", "--certificate-file", "prepop.pem") == 0
    text = (tmp_path / "prepop.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["cloud"]["certificate_file"] == "prepop.pem"


def test_terminal_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what no option says is asked, on standard error; Enter takes the default; a wrong choice is
    asked again.
    """
    answers = [
        "OU=A,DC=corp,DC=example; OU=B,DC=corp,DC=example",
        "",
        "magic",
        "kerberos",
        "",
        "",
        "azure-cli",
    ]
    monkeypatch.setattr(sys, "stdin", Terminal("\n".join(answers) + "\n\n"))
    assert init(tmp_path, "--url", "ldaps://dc1.corp.example") == 0
    said = capsys.readouterr()
    assert "Domain controllers" not in said.err
    assert '"magic" is none of them' in said.err
    settings = load(tmp_path / "prepop.toml", {})
    assert settings.directories[0].base == ("OU=A,DC=corp,DC=example", "OU=B,DC=corp,DC=example")
    assert settings.cloud.credential is Credential.AZURE_CLI
    assert settings.cloud.environment is Environment.GLOBAL


def test_with_whom_to_begin_and_whom_to_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pilot group, protected accounts, country and address are asked, after a word on what will happen."""
    answers = ["azure-cli", "", "extensionAttribute1", "DE", "SSPR pilot", "bg@contoso.com, bg2@contoso.com"]
    monkeypatch.setattr(sys, "stdin", Terminal("\n".join(["", "kerberos", "", *answers]) + "\n"))
    assert init(tmp_path, *LEAST) == 0
    assert capsys.readouterr().err.startswith("This writes a config and a mapping")
    settings = load(tmp_path / "prepop.toml", {})
    assert settings.scope.groups == ("SSPR pilot",)
    assert settings.scope.protected == ("bg@contoso.com", "bg2@contoso.com")
    assert settings.mapping.region.default == "DE"
    (email,) = [rule for rule in settings.mapping.rules if rule.method is Method.EMAIL]
    assert email.attributes == ("extensionAttribute1",)


def test_the_same_by_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong country is a mistake of the mapping, with nothing left behind."""
    words = ("--group", "Pilot", "--protected", "bg@contoso.com", "--email", "extensionAttribute1")
    assert init(tmp_path, *LEAST, *words, "--region", "XX") == 2
    assert "region.default" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert init(tmp_path, *LEAST, *words, "--region", "GB") == 0
    settings = load(tmp_path / "prepop.toml", {})
    assert (settings.scope.groups, settings.scope.protected) == (("Pilot",), ("bg@contoso.com",))
    assert settings.mapping.region.default == "GB"


def test_a_mapping_that_is_there_stays_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever said a country learns that it stands nowhere."""
    (tmp_path / "mapping.toml").write_text('[mobile]\nfrom = ["mobile"]\n', encoding="utf-8")
    assert init(tmp_path, *LEAST, "--region", "GB") == 0
    assert "country and address are not written into it" in capsys.readouterr().err
    assert "GB" not in (tmp_path / "mapping.toml").read_text(encoding="utf-8")


def hr_file(samba_dc: DomainController, folder: Path) -> Path:
    """A file with the sign-in names of the people whom the tests know, and one row of nobody."""
    names = [name for name, known in samba_dc.people.items() if known.dn.endswith(samba_dc.staff)]
    lines = ["Login;Private mail", *(f"{name};x@example.net" for name in (*names, "nobody"))]
    file = folder / "hr.csv"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def test_everything_is_tried_and_check_accepts_the_config(
    samba_dc: DomainController,
    signing: Signing,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The whole way on a real controller and with a real sign-in: wrong address, tried, refused; right one,
    people and what they have; the tenant; then `check` with that config and the same surroundings.
    """
    monkeypatch.setenv("PREPOP_LDAP_PASSWORD", samba_dc.reader_password)
    monkeypatch.setenv("PREPOP_CLIENT_SECRET", SECRET)
    rest = [samba_dc.staff, str(samba_dc.ca_file), "simple", samba_dc.reader]
    directory = ["ldaps://127.0.0.1:1", *rest, "n", samba_dc.url, *rest]
    monkeypatch.setattr(
        sys,
        "stdin",
        Terminal("\n".join([*directory, "", "secret", APP, str(hr_file(samba_dc, tmp_path))]) + "\n"),
    )
    config = tmp_path / "prepop.toml"
    words = ["init", str(config), "--tls-name", samba_dc.host, "--tenant", "contoso.onmicrosoft.com"]
    somebody = samba_dc.people["k.comma"]
    samba_dc.modify(somebody.dn, {"mobile": ["+44 7400 123456"]})  # all others are numbers for plays
    try:
        assert main(words) == 0
        said = capsys.readouterr()
        code = main(["check", "--json", "-c", str(config)])
    finally:
        samba_dc.modify(somebody.dn, {"mobile": somebody.attributes["mobile"]})
    assert "no: ldaps://127.0.0.1:1: cannot be reached" in said.err
    found = re.search(
        r"ok: (2,\d\d\d) people below OU=Staff[^;]*; ([\d,]+) have mobile \(([\d,]+) usable\), "
        r"[\d,]+ have otherMobile .*, ([\d,]+) have telephoneNumber",
        said.err,
    )
    assert found
    people, have, usable, office = (int(number.replace(",", "")) for number in found.groups())
    assert people > have > usable == 1
    assert office > 0
    assert "ok: Contoso (contoso.onmicrosoft.com), 8 of 8 permissions there" in said.err
    assert "tenant: Contoso (contoso.onmicrosoft.com)" in said.out
    for secret in (samba_dc.reader_password, SECRET):
        assert secret not in said.out + said.err + config.read_text(encoding="utf-8")
    fits = re.search(r"Login = sAMAccountName fits ([\d,]+) of ([\d,]+) rows", said.out)
    assert fits
    assert int(fits[2]) == int(fits[1]) + 1 > 5
    assert '[email] from = ["hr:Private mail"]' in said.out
    (extra,) = load(config, {"PREPOP_LDAP_PASSWORD": "x", "PREPOP_CLIENT_SECRET": "x"}).extras
    assert (extra.key, extra.attribute, extra.path) == ("Login", "sAMAccountName", tmp_path / "hr.csv")
    told = {one["id"]: one for one in json.loads(capsys.readouterr().out)["answers"]}
    assert told["extra-hr"]["answer"] == "yes", told["extra-hr"]
    assert told["directory-reachable"]["answer"] == "yes"
    assert f"mobile for mobile: {have:,} have it, {usable:,} usable" in told["directory-values"]["says"]
    assert told["directory-self-writable"]["answer"] == "no"
    assert told["directory-read-only"]["answer"] == "yes"
    assert told["tenant-reachable"]["answer"] == "yes"
    assert told["permission-token"]["answer"] == "yes"
    assert told["sync-anchor"]["answer"] == "no"  # nobody of this directory is in that tenant
    assert code == 30
    assert signing.tenant.writes == []
    there = {"hr.csv", "mapping.toml", "prepop.toml", "register-app.sh", "register-app.ps1"}
    assert {path.name for path in tmp_path.iterdir()} == there


def test_mapping_of_ones_own_is_what_is_tried(
    samba_dc: DomainController,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A mapping that stands there already says which attributes are looked at, and which permissions the app
    gets; one that the schema does not have is told before the config is written.
    """
    monkeypatch.setenv("PREPOP_LDAP_PASSWORD", samba_dc.reader_password)
    mapping = tmp_path / "mapping.toml"
    words = [
        "init", str(tmp_path / "prepop.toml"), "--url", samba_dc.url, "--base", samba_dc.staff, "--json",
        "--ca-file", str(samba_dc.ca_file), "--tls-name", samba_dc.host, "--bind", "simple", "--user",
        samba_dc.reader, "--tenant", "contoso.onmicrosoft.com", "--force",
    ]  # fmt: skip
    mapping.write_text('[email]\nfrom = ["extensionAttribute1"]\n', encoding="utf-8")
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert re.search(r"people below OU=Staff.*; [\d,]+ have extensionAttribute1$", told["tried"][0]["says"])
    script = Path(told["scripts"]["az"]).read_text(encoding="utf-8")
    assert "Phone" not in script
    assert "UserAuthMethod-Email.ReadWrite.All" in script
    mapping.write_text('[mobile]\nfrom = ["mobil"]\n', encoding="utf-8")
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["tried"][0]["ok"] is False
    assert "mobil" in told["tried"][0]["says"]


# ---------------------------------------------------------------- registering the app


def test_app_that_plans_cannot_write() -> None:
    """Two variants: the one for planning has no permission to write, the other writes by the narrow ones
    only.
    """
    reads = {one.name for one in permissions(ALL, writing=False)}
    writes = {one.name for one in permissions(ALL, writing=True)}
    assert not any("Write" in name for name in reads)
    assert {name for name in writes if "Write" in name} == {
        "UserAuthMethod-Phone.ReadWrite.All",
        "UserAuthMethod-Email.ReadWrite.All",
    }
    assert "UserAuthenticationMethod.ReadWrite.All" not in writes
    assert "Policy.Read.All" not in reads | writes
    assert "UserAuthMethod-Phone.Read.All" not in writes  # included in the other


def test_scripts_name_every_permission_by_its_id() -> None:
    """Both tongues give each app role by id, to the app that has it."""
    for text in (powershell("t", Environment.GLOBAL, ALL), az("t", Environment.GLOBAL, ALL)):
        for use, other in (("plan", "apply"), ("apply", "plan")):
            part = text[text.rindex(f'"prepop {use}"') :]
            part = part[: part.index(f'"prepop {other}"')] if f'"prepop {other}"' in part else part
            ids = set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", part))
            assert ids == {one.role for one in permissions(ALL, writing=use == "apply")}


def test_scripts_know_the_national_clouds() -> None:
    """Each cloud is signed in to by its own name."""
    assert "-Environment China" in powershell("t", Environment.CHINA, ALL)
    assert "AzureUSGovernment" in az("t", Environment.US_GOV, ALL)


AZ = """#!/usr/bin/env bash
# stands in for the Azure CLI: remembers apps by name, and what it was asked
echo "$*" >>"$LOG"
case "$*" in
"ad app list"*) grep -h "^$5=" "$APPS" 2>/dev/null | cut -d= -f2 || true ;;
"ad app create"*) echo "$5=id-of-${5// /-}" >>"$APPS"; echo "id-of-${5// /-}" ;;
esac
"""


def test_the_shell_script_makes_two_apps_with_two_keys(tmp_path: Path) -> None:
    """Each its own certificate, readable by its owner alone; run again it changes nothing."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "az").write_text(AZ, encoding="utf-8")
    (tmp_path / "bin" / "az").chmod(0o755)
    (tmp_path / "register-app.sh").write_text(az("t", Environment.GLOBAL, ALL), encoding="utf-8")
    env = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "LOG": str(tmp_path / "log"),
        "APPS": str(tmp_path / "apps"),
    }

    def run() -> str:
        done = subprocess.run(
            ["bash", "register-app.sh"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    told = run()
    keys = [tmp_path / f"prepop-{use}.pem" for use in ("plan", "apply")]
    assert [f"cloud.certificate_file = {key.name}" in told for key in keys] == [True, True]
    texts = [key.read_text(encoding="ascii") for key in keys]
    assert all("PRIVATE KEY" in text and "BEGIN CERTIFICATE" in text for text in texts)
    assert texts[0] != texts[1]
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}
    assert not list(tmp_path.glob("*.key"))
    asked = (tmp_path / "log").read_text(encoding="utf-8")
    assert asked.count("ad app create") == 2
    assert asked.count("credential reset") == 2
    assert run().count("nothing is changed") == 2
    assert [key.read_text(encoding="ascii") for key in keys] == texts


def test_the_powershell_script_is_powershell() -> None:
    """A grammar of the language reads it without an error."""
    text = powershell("t", Environment.GLOBAL, ALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # how older grammars hand themselves over
        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    assert not parser.parse(text.encode()).root_node.has_error
    assert text.count('New-PrepopApp "prepop ') == 2


# ---------------------------------------------------------------- filling in


def test_filled_config_keeps_every_comment_and_key() -> None:
    """Only what is filled in changes; a commented key comes to life; values with # and quotes survive."""
    odd = 'OU=A #1,OU="B",DC=x'
    text = filled(
        config_template(),
        {("directory", "base"): (odd,), ("directory", "user"): "a@b", ("cloud", "tenant"): "t"},
    )
    assert tomllib.loads(text)["directory"]["base"] == [odd]
    assert tomllib.loads(text)["directory"]["user"] == "a@b"
    assert len(text.splitlines()) == len(config_template().splitlines())
    changed = [
        one for one, two in zip(text.splitlines(), config_template().splitlines(), strict=True) if one != two
    ]
    assert len(changed) == 3
    with pytest.raises(KeyError):
        filled(config_template(), {("cloud", "tennant"): "t"})


def test_a_file_that_nothing_is_known_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without people to try it on the first column is taken, and it is said that it is a guess."""
    (tmp_path / "hr.csv").write_text("No.;Mail\n1;x@example.net\n", encoding="utf-8")
    assert init(tmp_path, *LEAST, "--no-try", "--extra", str(tmp_path / "hr.csv")) == 0
    said = capsys.readouterr().out
    assert 'extra file: hr.csv has the columns No., Mail; "No." is taken for the key, untried' in said
    (extra,) = tomllib.loads((tmp_path / "prepop.toml").read_text(encoding="utf-8"))["extra"]
    assert (extra["name"], extra["key"], extra["attribute"]) == ("hr", "No.", "employeeID")


@pytest.mark.parametrize(
    ("content", "said"), [("", "the file is empty"), ("A;B\n1", "the last line has no end")]
)
def test_a_file_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    """A file that cannot be read is described by no config."""
    (tmp_path / "hr.csv").write_text(content, encoding="utf-8")
    assert init(tmp_path, *LEAST, "--no-try", "--extra", str(tmp_path / "hr.csv")) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "prepop.toml").exists()

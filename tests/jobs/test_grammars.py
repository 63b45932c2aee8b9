"""What no program here can run is read by its grammar: Bicep, PowerShell, Dockerfile; and the image."""

import re
import tomllib
import warnings
from collections.abc import Iterator

import pytest
import tree_sitter
import tree_sitter_bicep
import tree_sitter_dockerfile
import tree_sitter_powershell

from prepop.settings.documents import Document
from prepop.settings.environment import overlay
from tests.jobs.test_jobs import FILES, _kubernetes
from tests.supply import ROOT, dependencies, locked

BICEP = FILES["azure/prepop.bicep"]
DOCKERFILE = FILES["kubernetes/Dockerfile"]
GRAMMARS = {
    "azure/prepop.bicep": tree_sitter_bicep,
    "windows/Register-PrepopTask.ps1": tree_sitter_powershell,
    "kubernetes/Dockerfile": tree_sitter_dockerfile,
}


def _errors(node: tree_sitter.Node) -> Iterator[str]:
    if node.type == "ERROR" or node.is_missing:
        yield f"line {node.start_point.row + 1}: {(node.text or b'')[:80]!r}"
    for child in node.children:
        yield from _errors(child)


def _read(name: str, text: str) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # how older grammars hand themselves over
        parser = tree_sitter.Parser(tree_sitter.Language(GRAMMARS[name].language()))
    return list(_errors(parser.parse(text.encode()).root_node))


@pytest.mark.parametrize("name", sorted(GRAMMARS))
def test_its_grammar_takes_it(name: str) -> None:
    """Not a line is in error; and a bracket more would be seen."""
    assert _read(name, FILES[name]) == []
    broken = FILES[name] + ("\n}}}\n" if name != "kubernetes/Dockerfile" else "\nFORM x\n")
    assert _read(name, broken) != []


def test_the_job_in_azure() -> None:
    """A managed identity, one run at a time, not tried again, the secret from a vault, state on a share."""
    assert "keyVaultUrl: '${vault.properties.vaultUri}secrets/ldap-password'" in BICEP
    assert "secretRef: 'ldap-password'" in BICEP
    assert re.search(r"parallelism: 1\b", BICEP)
    assert "replicaRetryLimit: 0" in BICEP
    assert "uid=65532,gid=65532,dir_mode=0700,file_mode=0600" in BICEP
    names = set(re.findall(r"name: '(PREPOP_[A-Z_]+__[A-Z_]+)'", BICEP))
    document = Document("prepop.toml", {})
    overlay(document, dict.fromkeys(names, "x"))
    assert document.mistakes == ()
    declared = set(re.findall(r"(?m)^(?:param|resource|var) (\w+)", BICEP))
    used = set(re.findall(r"\b(\w+)\.(?:id|name|properties|listKeys)\b", BICEP)) - {"deployment"}
    assert used <= declared


def test_the_image_is_made_of_what_is_locked() -> None:
    """Every package by hash, with the Kerberos extra; the same versions as everywhere."""
    assert "--require-hashes -r requirements.lock" in DOCKERFILE
    text = FILES["kubernetes/requirements.lock"]
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", text)[1:]
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    versions = dict(re.findall(r"(?m)^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text))
    assert "gssapi" in versions
    assert set(dependencies()) <= set(versions)
    assert all(versions[name] in found for name, found in locked().items() if name in versions)


def test_the_image_is_small_and_nobody() -> None:
    """No compiler and no pip in what runs; no name, a base that a release pins; labels, a bill beside it."""
    *_, last = DOCKERFILE.split("\nFROM ")
    assert "gcc" not in last
    assert "--without-pip" in DOCKERFILE
    user = _kubernetes("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["securityContext"]
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}" in last
    assert "ARG PYTHON=" in DOCKERFILE
    assert "sha256:DIGEST" in DOCKERFILE
    assert last.count("org.opencontainers.image.") == 4
    assert "FROM scratch AS bill" in DOCKERFILE
    assert 'ENTRYPOINT ["prepop"]' in last


def test_nothing_else_gets_into_the_image() -> None:
    """.dockerignore lets in what the build reads, and by that no state, report or key of a checkout."""
    rows = [row for row in (ROOT / ".dockerignore").read_text().splitlines() if row and row[0] != "#"]
    assert rows[0] == "*"
    let_in = {row[1:] for row in rows if row.startswith("!")}
    assert all((ROOT / name).exists() for name in let_in)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    build = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*build["packages"], *build["force-include"], project["project"]["readme"]} <= let_in
    assert not let_in & {"tests", ".", "state", "reports", "prepop.toml"}
    copied = re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", DOCKERFILE)
    names = set(" ".join(copied).split()) - {"."}
    assert all(name in let_in or name.split("/")[0] in let_in for name in names)

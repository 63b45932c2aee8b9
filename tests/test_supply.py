"""No dependency without need: each is imported and has its reason, and everything is locked by hash."""

import ast
import json
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.supply import ROOT, audit, dependencies, locked, normal, sbom

# Nobody imports these: the first is what another one is pinned for, the second a connection for another one.
INDIRECT = {
    "pyasn1": "ldap3",  # later releases lack names that ldap3 2.9.1 uses
    "msgraph-core": "msgraph-sdk",  # its minor releases changed the wire
    "aiohttp": "azure-identity",  # azure.core's asynchronous transport imports it
}


def _imported() -> set[str]:
    """Distributions that a module of prepop imports."""
    names: set[str] = set()
    for path in (ROOT / "prepop").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    where = packages_distributions()
    return {normal(one) for name in names for one in where.get(name, ())}


def test_every_dependency_is_used_and_says_why() -> None:
    """Each run-time dependency is imported in prepop, or held for one that is; each says why in a line."""
    imported = _imported()
    found = dependencies()
    assert len(found) >= 15
    assert {name for name, why in found.items() if len(why) < 10} == set()
    unused = {name for name in found if name not in imported}
    assert unused <= set(INDIRECT)
    assert set(INDIRECT.values()) <= imported


def test_everything_is_locked_by_hash() -> None:
    """Every line of requirements.lock has a hash, and every run-time dependency is there."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", text)[1:]
    assert len(blocks) >= len(locked()) > len(dependencies())
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert set(dependencies()) <= locked().keys()


def test_a_bill_of_materials_is_held_against_the_lock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bill that lacks a dependency, has another version or something unknown is refused."""
    good = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
        {"name": name, "version": max(versions)} for name, versions in locked().items()
    ]}  # fmt: skip
    path = tmp_path / "sbom.json"

    def judged(components: list[dict[str, str]]) -> int:
        path.write_text(json.dumps({**good, "components": components}), encoding="utf-8")
        return sbom(path)

    rows = good["components"]
    assert isinstance(rows, list)
    assert judged(rows) == 0
    assert judged([one for one in rows if one["name"] != "ldap3"]) == 1
    assert judged([*rows, {"name": "surprise", "version": "1"}]) == 1
    assert judged([{**one, "version": "0"} if one["name"] == "rich" else one for one in rows]) == 1
    assert "missing: ldap3" in capsys.readouterr().out


def test_an_audit_that_looked_nothing_up_does_not_count_as_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Vulnerabilities fail; packages that the service does not know are named as not audited."""
    path = tmp_path / "audit.json"
    assert audit(path) == 0
    path.write_text(
        json.dumps({"dependencies": [{"name": "a", "skip_reason": "not found"}]}), encoding="utf-8"
    )
    assert audit(path) == 0
    assert capsys.readouterr().out.count("NOT AUDITED") == 2
    row = {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": []}]}
    path.write_text(json.dumps({"dependencies": [row]}), encoding="utf-8")
    assert audit(path) == 1

"""What prepop is made of: its dependencies, why each is there, a bill of materials and an audit read.

python -m tests.supply sbom FILE      holds a CycloneDX bill of materials against pyproject.toml
python -m tests.supply audit FILE     says what pip-audit found, and what it could not look up
"""

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
_DEPENDENCY = re.compile(r'^\s+"(?P<name>[A-Za-z0-9_.-]+)[^"]*",\s*(?:#\s*(?P<why>.+))?$')


def normal(name: str) -> str:
    """A package's name as indexes know it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def dependencies() -> dict[str, str]:
    """The run-time dependencies of pyproject.toml, with the reason that stands behind each; "" for none."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.partition("\ndependencies = [\n")[2].partition("\n]")[0]
    found = {}
    for line in block.splitlines():
        entry = _DEPENDENCY.match(line)
        assert entry, f"not understood: {line}"
        found[normal(entry["name"])] = (entry["why"] or "").strip()
    assert len(found) == len(tomllib.loads(text)["project"]["dependencies"])
    return found


def locked() -> dict[str, set[str]]:
    """Versions by name of everything in requirements.lock; two where Pythons differ."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"(?m)^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text):
        found.setdefault(normal(name), set()).add(version)
    return found


def sbom(path: Path) -> int:
    """Every run-time dependency is in the bill of materials, at the version that was locked."""
    whole = json.loads(path.read_text(encoding="utf-8"))
    assert whole["bomFormat"] == "CycloneDX", whole.get("bomFormat")
    listed = {normal(one["name"]): one.get("version", "") for one in whole["components"]}
    missing = sorted(set(dependencies()) - listed.keys())
    other = sorted(n for n, versions in locked().items() if n in listed and listed[n] not in versions)
    strange = sorted(listed.keys() - locked().keys() - {"prepop", "pip", "setuptools", "wheel"})
    for what, names in (("missing", missing), ("another version", other), ("not locked", strange)):
        if names:
            print(f"bill of materials: {what}: {', '.join(names)}")
    if not (missing or other or strange):
        print(f"bill of materials: CycloneDX {whole['specVersion']}, {len(listed)} components, all as locked")
    return 1 if missing or other or strange else 0


def audit(path: Path) -> int:
    """What is known to be vulnerable fails; what could not be looked up is said as loudly as it deserves."""
    if not path.exists():
        print("NOT AUDITED: pip-audit could not reach its advisory service; run it where it can")
        return 0
    rows = json.loads(path.read_text(encoding="utf-8"))["dependencies"]
    unknown = [row["name"] for row in rows if "skip_reason" in row]
    for row in rows:
        for one in row.get("vulns", ()):
            fixed = one["fix_versions"] or "nothing yet"
            print(f"{row['name']} {row['version']}: {one['id']}, fixed in {fixed}")
    if unknown:
        print(f"NOT AUDITED: the advisory service knows nothing of {len(unknown)} of {len(rows)} packages")
    else:
        print(f"audit: {len(rows)} packages looked up")
    return 1 if any(row.get("vulns") for row in rows) else 0


if __name__ == "__main__":
    sys.exit({"sbom": sbom, "audit": audit}[sys.argv[1]](Path(sys.argv[2])))

"""A new kind of method is a type error in every place that must know of it, and nowhere a silent phone."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "prepop"
_ERROR = re.compile(r'(prepop/\S+\.py):(\d+): error: Argument 1 to "assert_never" has incompatible type')
_SKIPPED = "--follow-imports=skip --ignore-missing-imports --no-incremental --config-file= --cache-dir"

OF_EACH_METHOD = {
    "cloud/parsing.py": {"method_id"},
    "model/methods.py": {"family", "report_name", "takes_extension"},
    "rules/decisions/mapping.py": {"_only_mobiles"},
    "rules/decisions/standings.py": {"_counts"},
    "sandbox/graph/methods.py": {"method_id", "signs_in", "_extends"},
}
OF_EACH_FAMILY = {
    "cloud/live.py": {"_with", "what"},
    "cloud/urls.py": {"methods"},
    "cloud/writer.py": {"_body", "_shows_another"},
    "model/facts.py": {"of", "value", "was_read"},
    "model/methods.py": {"by_sms_or_voice"},
    "rules/decisions/difference.py": {"available"},
    "rules/decisions/mapping.py": {"_wanted_by"},
    "rules/decisions/sharing.py": {"holdings"},
    "rules/readiness/permission_table.py": {"to_read", "to_write"},
    "rules/readiness/population.py": {"form"},
    "rules/summary/__init__.py": {"_country"},
    "rules/summary/security.py": {"_same"},
    "rules/values/keys.py": {"comparison_key", "normal_key"},
    "sandbox/graph/tenant.py": {"register", "unregister"},
}


def function_at(path: Path, line: int) -> str:
    """The innermost function around a line."""
    around = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.lineno <= line <= node.end_lineno
    ]
    return max(around, key=lambda node: node.lineno).name


@pytest.mark.parametrize(
    ("after", "member", "places"),
    [
        ("class Method(StrEnum):", 'FAX = "fax"', OF_EACH_METHOD),
        ("class Family(StrEnum):", 'KEY = "key"', OF_EACH_FAMILY),
    ],
    ids=["a method", "a family"],
)
def test_a_new_kind_is_named_everywhere(
    tmp_path: Path, after: str, member: str, places: dict[str, set[str]]
) -> None:
    """With one more member the type checker names each place that has to decide about it.

    Libraries are left out of the check: they say nothing of methods, and take a minute.
    """
    shutil.copytree(HOUSE, tmp_path / "prepop", ignore=shutil.ignore_patterns("__pycache__"))
    methods = tmp_path / "prepop" / "model" / "methods.py"
    text = methods.read_text(encoding="utf-8")
    before, found, rest = text.partition(after)
    docstring = re.match(r'\s+""".*?"""\n', rest, re.DOTALL)
    assert found
    assert docstring
    cut = docstring.end()
    methods.write_text(f"{before}{after}{rest[:cut]}\n    {member}\n{rest[cut:]}", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", *_SKIPPED.split(), str(tmp_path / "cache"), "prepop"]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    named: dict[str, set[str]] = {}
    for file, line in _ERROR.findall(checked.stdout):
        where = file.removeprefix("prepop/")
        named.setdefault(where, set()).add(function_at(tmp_path / file, int(line)))
    assert named == places, checked.stdout + checked.stderr

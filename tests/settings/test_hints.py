"""What messages, hints and remedies call a key is a key."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import prepop
from prepop.model import Method
from prepop.settings.checking import known_keys
from prepop.settings.environment import SECTIONS
from prepop.settings.shapes import MethodShape, OfficeShape, RegionShape

HOUSE = Path(prepop.__file__).parent
MODULES = sorted(HOUSE.rglob("*.py"))

KEYS = {name: set(known_keys(shape)) for name, shape in SECTIONS.items()}
KEYS |= {"region": set(known_keys(RegionShape))}
KEYS |= {
    str(method): set(known_keys(OfficeShape if method is Method.OFFICE else MethodShape)) for method in Method
}
EVERY = set().union(*KEYS.values())

_NAMES = "|".join(sorted(map(re.escape, KEYS), key=len, reverse=True))
_DOTTED = re.compile(rf"(?<![\w./-])({_NAMES})\.([a-z]\w*)")
_PLACE = re.compile(r"(?<![\w.])[a-z][a-z_]*_(?:env|file)(?![\w.])")
FILES = {"report": {"html", "xlsx", "csv", "json", "css", "js"}, "log": {"txt"}}


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every text of a module that is no docstring, with its line; the parts of f-strings too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def wrong_keys(text: str) -> list[str]:
    """What a text calls a key that no section has."""
    wrong = [
        f"{section}.{key}"
        for section, key in _DOTTED.findall(text)
        if key not in KEYS[section] and key not in FILES.get(section, ()) and f"{section}.{key}" not in KEYS
    ]
    return wrong + [word for word in _PLACE.findall(text) if word not in EVERY]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_key_that_is_named_is_one(path: Path) -> None:
    """Whoever follows a hint finds the key that it names, in the section that it names."""
    assert [f"{path.name}:{line}: {wrong_keys(text)}" for line, text in texts(path) if wrong_keys(text)] == []


@pytest.mark.parametrize("name", ["README.md", "jobs/README.md", "mappings/README.md", "CHANGELOG.md"])
def test_every_key_that_a_document_names_is_one(name: str) -> None:
    """So does whoever reads a document; what the changelog says is gone stands there as such."""
    lines = (HOUSE.parent / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if wrong_keys(line) and "unknown key" not in line] == []


def test_wrong_keys_are_found() -> None:
    """The search knows the mistake that it was made for, and takes no file's name for a key."""
    assert wrong_keys("cloud.client_secret_env must lead to its value") == ["cloud.client_secret_env"]
    assert wrong_keys("give a passwort_env, or mobile.form") == ["mobile.form", "passwort_env"]
    assert wrong_keys("see report.html, cloud.secret_env, secret_file and /report.dir") == []
    found = [found for path in MODULES for _, text in texts(path) for found in _DOTTED.findall(text)]
    assert len(found) > 30

"""A folder with a small right config, and a way to ask what is wrong with another one."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from prepop.errors import ConfigError
from prepop.settings import load

RIGHT = """\
mapping = "map.toml"

[directory]
url = "ldaps://dc1.corp.example"
base = "OU=Staff,DC=corp,DC=example"

[cloud]
tenant = "contoso.onmicrosoft.com"
"""

RIGHT_MAPPING = '[mobile]\nfrom = "mobile"\n'

Mistakes = Callable[..., list[str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of one test: prepop.toml and map.toml are right."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prepop.toml").write_text(RIGHT)
    (tmp_path / "map.toml").write_text(RIGHT_MAPPING)
    return tmp_path


@pytest.fixture
def mistakes(folder: Path) -> Mistakes:
    """What `load` finds wrong with a config, a mapping and an environment; nothing where it loads."""

    def ask(
        config: str = RIGHT, mapping: str = RIGHT_MAPPING, environ: Mapping[str, str] | None = None
    ) -> list[str]:
        (folder / "prepop.toml").write_text(config, encoding="utf-8")
        (folder / "map.toml").write_text(mapping, encoding="utf-8")
        try:
            load(Path("prepop.toml"), environ or {})
        except ConfigError as error:
            return list(error.mistakes)
        return []

    return ask

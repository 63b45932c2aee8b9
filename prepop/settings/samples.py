"""The mapping that `init` and `demo` begin with: in a checkout from `mappings/`, in a wheel a part of it."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def default_mapping() -> str:
    """The text of `mappings/default.toml`."""
    return _folder().joinpath("default.toml").read_text(encoding="utf-8")


def _folder() -> Traversable:
    installed = files("prepop.settings").joinpath("mappings")  # put there by pyproject's force-include
    if installed.is_dir():
        return installed
    return Path(__file__).parents[2] / "mappings"

"""The mappings that come with prepop: in a checkout the folder `mappings/`, in a wheel a part of it."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def sample_mappings() -> dict[str, str]:
    """The text of every mapping that comes with prepop, by file name."""
    return {
        file.name: file.read_text(encoding="utf-8")
        for file in sorted(_folder().iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    }


def default_mapping() -> str:
    """The text of `mappings/default.toml`."""
    return _folder().joinpath("default.toml").read_text(encoding="utf-8")


def _folder() -> Traversable:
    installed = files("prepop.settings").joinpath("mappings")  # put there by pyproject's force-include
    if installed.is_dir():
        return installed
    return Path(__file__).parents[2] / "mappings"

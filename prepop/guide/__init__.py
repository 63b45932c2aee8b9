"""The pages that `prepop guide` shows, beside this module as Markdown. A page's first line is its title."""

from importlib.resources import files
from importlib.resources.abc import Traversable

ORDER = (
    "first-rollout",
    "exports",
    "hr-file",
    "trouble",
    "mails",
    "moving",
    "security",
    "privacy",
    "costs",
    "reference",
)
"""Every page, in the order in which one reads."""


def page(topic: str) -> str:
    """The Markdown of a page. Raises KeyError for one that is not there."""
    if topic not in ORDER:
        raise KeyError(topic)
    return _file(topic).read_text(encoding="utf-8")


def title(topic: str) -> str:
    """What a page is about: its first line."""
    return page(topic).partition("\n")[0].removeprefix("# ")


def _file(topic: str) -> Traversable:
    return files("prepop.guide").joinpath(f"{topic}.md")

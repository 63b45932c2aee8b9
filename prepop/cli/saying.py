"""What a line of the terminal or of the log may show: the one place that both pass.

Nothing in it steers a terminal or begins a line of its own, whoever wrote it: a directory, Graph, or who
typed it. Numbers and addresses are masked, but what the engineer typed, and what their servers, accounts and
files are called, stands as it is (CONTRACT section 6).
"""

from collections.abc import Iterable

from prepop.rules.phrases import shortened, visible
from prepop.rules.values.masking import mask_within

_INDENT = " " * 8
_LONGEST = 10_000

_names: frozenset[str] = frozenset()


def forget_names() -> None:
    """Begin a new command, of which nothing is known yet."""
    global _names
    _names = frozenset()


def know_names(names: Iterable[str]) -> None:
    """Names that are shown as they are from now on."""
    global _names
    _names |= frozenset(names)


def typed_names(words: Iterable[str]) -> Iterable[str]:
    """What stands in a command line besides its options: `jane@x` also of `--user=jane@x`."""
    for word in words:
        yield word.partition("=")[2] if word.startswith("-") else word


def line(text: str, names: Iterable[str] = ()) -> str:
    """A text as one line. names: more that are shown as they are, here alone."""
    return visible(mask_within(shortened(text, _LONGEST), _names.union(names)))


def lines(text: str, names: Iterable[str] = ()) -> str:
    """A text of several lines, each after the first indented: none can pass for a line of prepop's own."""
    first, *others = (line(part, names) for part in text.split("\n"))
    return "\n".join([first, *(other if other[:1] in ("", " ") else f"{_INDENT}{other}" for other in others)])

"""A TOML file as it was read: its values, the place of each, and the mistakes found in it.

Every mistake is one line: `FILE:LINE: KEY: what is wrong. What to try.` Values that stand in a mistake
are words of the file such as names of choices, never a secret, a whole number or an address.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prepop.files import whose
from prepop.rules.values.masking import mask_within
from prepop.rules.values.names import near
from prepop.settings.places import Path as Place
from prepop.settings.places import line_of, lines_of_keys

_LONGEST_SHOWN = 60
_WORD = re.compile(r"[a-z]+([_-][a-z]+)*")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_TOML_KEY = re.compile(r"\(.*\)|(?:key|namespace) ['\"].*", re.DOTALL)


@dataclass(slots=True)
class Document:
    """One file that was read.

    shown: the file's name in mistakes. values: as tomllib gave them, with the environment laid over.
    variables: by the place of a value, the environment variable that set it. usable: False where there are no
    values to look at, because the file could not be read.
    """

    shown: str
    values: dict[str, object] = field(default_factory=dict)
    lines: Mapping[Place, int] = field(default_factory=dict)
    variables: dict[Place, str] = field(default_factory=dict)
    usable: bool = True
    _mistakes: list[tuple[int, str]] = field(default_factory=list)

    def mistake(self, place: Place, key: str, text: str) -> None:
        """Note that the value at `place`, called `key` in the message, is wrong."""
        variable = next(
            (self.variables[place[:n]] for n in range(len(place), 0, -1) if place[:n] in self.variables), ""
        )
        line = line_of(self.lines, place)
        if variable:
            self._mistakes.append((1_000_000_000, f"{variable}: {key}: {text}"))
        elif line is None:
            self._mistakes.append((0, f"{self.shown}: {key}: {text}"))
        else:
            self._mistakes.append((line, f"{self.shown}:{line}: {key}: {text}"))

    def variable_mistake(self, variable: str, text: str) -> None:
        """Note that an environment variable is not a key."""
        self._mistakes.append((1_000_000_000, f"{variable}: {text}"))

    def file_mistake(self, text: str, line: int = 0) -> None:
        """Note that the file as a whole cannot be used."""
        self._mistakes.append((line, f"{self.shown}:{line}: {text}" if line else f"{self.shown}: {text}"))

    def unusable(self, text: str, line: int = 0) -> None:
        """Note why the file could not be read."""
        self.file_mistake(text, line)
        self.usable = False

    @property
    def mistakes(self) -> tuple[str, ...]:
        """All mistakes, each once, in the order of the file; those of the environment last."""
        found = sorted(self._mistakes, key=lambda mistake: mistake[0])
        return tuple(dict.fromkeys(_printable(text) for _, text in found))


_ENDLESS_KEY = re.compile(r"(?<![A-Za-z0-9_-])(?:[A-Za-z0-9_-]++[ \t]*+\.[ \t]*+){64}")


def read_document(path: Path, shown: str) -> Document:
    """Read a TOML file. What cannot be read or is not TOML becomes a mistake, and `values` is empty."""
    document = Document(shown)
    try:
        with path.open("rb") as file:
            others = whose(path, file.fileno())
            content = file.read()
    except FileNotFoundError:
        document.unusable("there is no such file.")
        return document
    except (OSError, ValueError) as error:
        document.unusable(f"cannot be read: {getattr(error, 'strerror', None) or error}.")
        return document
    if others:  # and so decide whose number goes where
        document.file_mistake(f"{others}.")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        document.unusable("is written in UTF-16; save it as UTF-8.")
        return document
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")  # Windows editors write a BOM
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        document.unusable("is not UTF-8 text.", line)
        return document
    if endless := _ENDLESS_KEY.search(text):  # Python's reader takes the square of its length
        document.unusable("a key of very many parts.", text.count("\n", 0, endless.start()) + 1)
        return document
    try:
        document.values = tomllib.loads(text)
        document.lines = lines_of_keys(text)
    except tomllib.TOMLDecodeError as error:
        _note_syntax(document, str(error), text)
    except (ValueError, RecursionError):  # a number of thousands of digits, a thousand brackets
        document.unusable("is not TOML that can be read: a number or a nesting is far too long.")
    return document


def _note_syntax(document: Document, text: str, content: str) -> None:
    """tomllib says `Expected ... (at line 3, column 5)` or `... (at end of document)`.

    Where it names a key that stands there twice, the key is left out: it may be a secret in the wrong place.
    """
    place = _TOML_PLACE.search(text)
    said = _TOML_KEY.sub("a key", _TOML_PLACE.sub("", text))
    if place is None or place[1] is None:
        line, column = content.count("\n") + 1, len(content) - content.rfind("\n")
    else:
        line, column = int(place[1]), int(place[2])
    hint = ""
    if "Unescaped" in said or "hex value" in said:  # "C:\\Users": \\U begins a Unicode escape
        hint = " Write a backslash twice, or the text in 'single quotes'."
    document.unusable(f"column {column}: is not TOML: {said}.{hint}", line)


def _printable(text: str) -> str:
    """Control characters, bidirectional marks and broken UTF-8 as escapes: a file cannot steer a terminal."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )


# ---------------------------------------------------------------- words of a mistake


def quoted(value: object) -> str:
    """A value as a mistake may show it: in quotes if text, short, masked."""
    match value:
        case list():
            return "a list"
        case dict():
            return "a table"
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(mask_within(_short(value)), ensure_ascii=False)
        case _:
            return _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def unknown(value: str, known: Iterable[str]) -> str:
    """`"UK" is not known. Did you mean "GB"?`, or all the words where none is similar."""
    words = list(known)
    meant = near(value, words)
    if meant:
        return f'{quoted(value)} is not known. Did you mean "{meant}"?'
    choices = ", ".join(f'"{word}"' for word in words)
    return f"{quoted(value)} is not known. It can be {choices}."


def shown_key(key: str, known: Iterable[str]) -> str:
    """An unknown key as a mistake may show it: it may be a secret, put in the wrong place.

    A word that could be a key, or is near one, is shown whole; of any other the beginning.
    """
    return key if _WORD.fullmatch(key) or near(key, known) else f"{key[:2]}…"


def unknown_key(key: str, known: Iterable[str]) -> str:
    """`unknown key. Did you mean "additions"?`, or all the keys where none is similar."""
    words = sorted(known)
    meant = near(key, words)
    if meant:
        return f'unknown key. Did you mean "{meant}"?'
    if not words:
        return "unknown key. There are no keys here yet."
    return f"unknown key. Known keys here: {', '.join(words)}."

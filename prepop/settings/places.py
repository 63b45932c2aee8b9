"""Finds the line of every key of a TOML text, which `tomllib` does not tell.

The text has been read by `tomllib` before, so it is valid TOML (https://toml.io/en/v1.0.0) and this
scanner need not check anything: it only walks over values to know where the next key begins.

    1  mapping = "m.toml"          ("mapping",): 1
    2  [[directory]]               ("directory",): 2, ("directory", 0): 2
    3  url = [                     ("directory", 0, "url"): 3
    4    "ldaps://dc1" ]           ("directory", 0, "url", 0): 4
"""

import tomllib
from bisect import bisect_right
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Where a value stands: keys of tables and indices of arrays, from the outside in."""

_BLANK = " \t"
_BLANK_OR_NEW_LINE = " \t\r\n"
_END_OF_BARE = ",]}#\r\n"
_END_OF_BARE_KEY = ".=] \t\r\n"


def line_of(lines: Mapping[Path, int], path: Path) -> int | None:
    """The line of `path`, or of the nearest thing around it that is there; None where nothing is."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def lines_of_keys(text: str) -> dict[Path, int]:
    """The line (from 1) on which each table, key and array item of a valid TOML text begins."""
    return _Scanner(text).scan()


class _Scanner:
    """One walk over one text. `at` is the next character to look at."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.blocks: dict[Path, int] = {}  # arrays of tables, and how many [[...]] were seen
        self.starts = [0, *(i + 1 for i, letter in enumerate(text) if letter == "\n")]

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while True:
            self._skip(_BLANK_OR_NEW_LINE, comments=True)
            if self.at >= len(self.text):
                return self.lines
            if self.text.startswith("[[", self.at):
                table = self._block_header()
            elif self.text[self.at] == "[":
                table = self._table_header()
            else:
                self._pair(table)

    # ------------------------------------------------------------ headers and keys

    def _table_header(self) -> Path:
        line = self._line()
        self.at += 1
        path = self._within(self._dotted_key(), line)
        self._note(path, line)
        self.at += 1  # ]
        return path

    def _block_header(self) -> Path:
        line = self._line()
        self.at += 2
        *around, last = self._dotted_key()
        array = (*self._within(around, line), last)
        index = self.blocks.get(array, 0)
        self.blocks[array] = index + 1
        self._note(array, line)
        self._note((*array, index), line)
        self.at += 2  # ]]
        return (*array, index)

    def _within(self, keys: list[str], line: int) -> Path:
        """The path of a header: a name of an array of tables means its last block so far."""
        path: Path = ()
        for key in keys:
            self._note(path, line)
            path = (*path, key)
            if path in self.blocks:
                path = (*path, self.blocks[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        """`key = value`, `a.b.c = value`."""
        line = self._line()
        path = table
        for key in self._dotted_key():
            path = (*path, key)
            self._note(path, line)
        self.at += 1  # =
        self._value(path)

    def _dotted_key(self) -> list[str]:
        """The parts of a key; `at` stands on what follows: `=` or `]`."""
        keys = []
        while True:
            self._skip(_BLANK)
            start = self.at
            if self.text[self.at] in "\"'":
                self._string()
                keys.append(str(tomllib.loads(f"key = {self.text[start : self.at]}")["key"]))
            else:
                while self.text[self.at] not in _END_OF_BARE_KEY:
                    self.at += 1
                keys.append(self.text[start : self.at])
            self._skip(_BLANK)
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    # ------------------------------------------------------------ values

    def _value(self, path: Path) -> None:
        self._skip(_BLANK)
        match self.text[self.at]:
            case '"' | "'":
                self._string()
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case _:
                while self.at < len(self.text) and self.text[self.at] not in _END_OF_BARE:
                    self.at += 1

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while True:
            self._skip(_BLANK_OR_NEW_LINE + ",", comments=True)
            if self.text[self.at] == "]":
                self.at += 1
                return
            self._note((*path, index), self._line())
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while True:
            self._skip(_BLANK_OR_NEW_LINE + ",", comments=True)
            if self.text[self.at] == "}":
                self.at += 1
                return
            self._pair(path)

    def _string(self) -> None:
        """Walks over a string of any of the four kinds."""
        quote = self.text[self.at]
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(mark)
        while not self.text.startswith(mark, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += len(mark)
        if len(mark) == 3:  # up to two more quotes belong to the text: """"quoted""""
            for _ in range(2):
                if self.text.startswith(quote, self.at):
                    self.at += 1

    # ------------------------------------------------------------ small steps

    def _skip(self, letters: str, *, comments: bool = False) -> None:
        while self.at < len(self.text):
            if self.text[self.at] in letters:
                self.at += 1
            elif comments and self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def _line(self) -> int:
        return bisect_right(self.starts, self.at)

    def _note(self, path: Path, line: int) -> None:
        if path:
            self.lines.setdefault(path, line)

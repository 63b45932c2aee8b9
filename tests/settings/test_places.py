"""The scanner tells the line of every key of a TOML text."""

import tomllib
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prepop.settings.places import Path, line_of, lines_of_keys

WRITTEN_BY_HAND = '''\
# a comment with [a table] and a = "key"
mapping = "m.toml"      # "not" = 'a key'
"quoted key" = 1
dotted.deep."x.y" = true

[directory]
url = [                 # many lines
  "ldaps://dc1",        # ] not the end
  """ldaps://
dc2""",
]
text = \'\'\'
[not.a.table]
not = "a key"\'\'\'
after = { one = 1, two.three = [2, { four = 4 }] }

[[block]]
name = "a"
[block.inner]
x = 1979-05-27 07:32:00
[[block]]
name = """"b""""
[[block.deep]]
y = "\\"#"
[[block.deep]]
y = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("mapping",), 2),
        (("quoted key",), 3),
        (("dotted",), 4),
        (("dotted", "deep", "x.y"), 4),
        (("directory",), 6),
        (("directory", "url"), 7),
        (("directory", "url", 0), 8),
        (("directory", "url", 1), 9),
        (("directory", "text"), 12),
        (("directory", "after", "two", "three", 1, "four"), 15),
        (("block",), 17),
        (("block", 0, "name"), 18),
        (("block", 0, "inner", "x"), 20),
        (("block", 1), 21),
        (("block", 1, "name"), 22),
        (("block", 1, "deep", 0, "y"), 24),
        (("block", 1, "deep", 1, "y"), 26),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_text_with_everything_in_it(path: Path, line: int, line_end: str) -> None:
    """Comments, strings of many lines, dotted keys, inline tables and blocks do not mislead the scanner."""
    text = WRITTEN_BY_HAND.replace("\n", line_end)
    tomllib.loads(text)
    assert lines_of_keys(text)[path] == line


def test_what_is_absent_has_the_line_of_what_is_around_it() -> None:
    """A key that is missing is reported at its table, and at no line where there is no table either."""
    lines = lines_of_keys("\n[cloud]\nx = [1]\n")
    assert line_of(lines, ("cloud", "tenant")) == 2
    assert line_of(lines, ("cloud", "x", 0, "deeper")) == 3
    assert line_of(lines, ("scope", "match")) is None


@dataclass
class Written:
    """A TOML text in the making, and where each of its keys must be found."""

    text: str = ""
    expected: dict[Path, int] = field(default_factory=dict)
    blocks: dict[str, int] = field(default_factory=dict)

    def key(self, path: Path) -> None:
        """What is written next is (the begin of) `path`."""
        self.expected.setdefault(path, self.text.count("\n") + 1)


BARE = st.text("abcXYZ019-_", min_size=1, max_size=4)
AWKWARD = st.text("ab .#[]{}=\"'\\,é\t", max_size=6)
GAP = st.sampled_from(["", " ", "\t", "  "])
LINE_GAP = st.sampled_from(["", " ", "\n", "\n\n  ", ' # ] } """ = x\n', "\r\n\t"])
NUMBERS = ["1", "-0.5", "inf", "true", "1979-05-27", "1979-05-27 07:32:00", "07:32:00", "0xff", "1_000"]
TEXTS = [
    "''",
    '""',
    "'''\n[x]\ny = 1'''",
    '"""a\\\\"""',
    '"""\n"" \\" ]\n# """',
    "'\\'",
    '"\\""',
    '"""a"""""',
]
SCALARS = st.sampled_from([*NUMBERS, *TEXTS])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'


@st.composite
def documents(draw: st.DrawFn) -> Written:
    """A valid TOML text of all the syntax there is, with the expected line of every key."""
    out = Written()

    def write_keys(used: set[str]) -> list[str]:
        """One fresh key, or a dotted one, written in some spelling."""
        names = draw(st.lists(st.one_of(BARE, AWKWARD), min_size=1, max_size=3))
        names[0] = f"{names[0]}{len(used)}"
        used.add(names[0])
        shown = []
        for name in names:
            bare = name.isascii() and name.replace("-", "a").replace("_", "a").isalnum()
            shown.append(name if bare and draw(st.booleans()) else _quoted(name))
        out.text += f"{draw(GAP)}.{draw(GAP)}".join(shown)
        return names

    def write_pair(table: Path, used: set[str], *, in_line: bool) -> None:
        line_before = out.text
        names = write_keys(used)
        for depth in range(1, len(names) + 1):
            out.expected.setdefault((*table, *names[:depth]), line_before.count("\n") + 1)
        out.text += f"{draw(GAP)}={draw(GAP)}"
        write_value((*table, *names), draw(st.integers(0, 2)), in_line=in_line)

    def write_value(path: Path, depth: int, *, in_line: bool) -> None:
        kind = draw(st.sampled_from(["scalar", "array", "table"])) if depth else "scalar"
        count = draw(st.integers(0, 3))
        if kind == "scalar":
            out.text += draw(SCALARS)
        elif kind == "array":
            out.text += "["
            for index in range(count):
                out.text += draw(GAP) if in_line else draw(LINE_GAP)
                out.key((*path, index))
                write_value((*path, index), depth - 1, in_line=in_line)
                out.text += draw(GAP) if in_line else draw(LINE_GAP)
                out.text += "," if index < count - 1 or draw(st.booleans()) else ""
            out.text += "]"
        else:
            used: set[str] = set()
            out.text += "{"
            for index in range(count):
                out.text += draw(GAP)
                write_pair(path, used, in_line=True)
                out.text += draw(GAP) + ("," if index < count - 1 else "")
            out.text += "}"

    used: set[str] = set()
    table: Path = ()
    inner: set[str] = used
    for _ in range(draw(st.integers(0, 6))):
        out.text += draw(st.sampled_from(["", "\n", "# [x]\n", " \t", "\r\n"]))
        match draw(st.sampled_from(["pair", "pair", "table", "block", "again"])):
            case "pair":
                write_pair(table, inner, in_line=False)
            case "table":
                line_before = out.text
                out.text += f"[{draw(GAP)}"
                names = write_keys(used)
                for depth in range(1, len(names) + 1):
                    out.expected.setdefault(tuple(names[:depth]), line_before.count("\n") + 1)
                out.text += f"{draw(GAP)}]"
                table, inner = tuple(names), set()
            case "again" if out.blocks:
                name = draw(st.sampled_from(sorted(out.blocks)))
                table, inner = (name, out.blocks[name]), set()
                out.key(table)
                out.blocks[name] += 1
                out.text += f"[[{draw(GAP)}{_quoted(name)}]]"
            case _:
                name = f"block{len(used)}"
                used.add(name)
                out.blocks[name] = 1
                out.key((name,))
                out.key((name, 0))
                out.text += f"[[{name}{draw(GAP)}]]"
                table, inner = (name, 0), set()
        out.text += draw(st.sampled_from(["\n", " # x = 1\n", "\r\n"]))
    return out


def _paths(value: object, path: Path = ()) -> set[Path]:
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return {path}.union(*(_paths(item, (*path, key)) for key, item in inner))


@settings(max_examples=200, deadline=None)
@given(documents())
def test_every_key_of_every_document_is_found_at_its_line(written: Written) -> None:
    """The scanner finds exactly the keys that tomllib finds, each at the line where it was written."""
    try:
        values = tomllib.loads(written.text)
    except tomllib.TOMLDecodeError as error:
        raise AssertionError(f"the generator must write valid TOML: {written.text!r}") from error
    found = lines_of_keys(written.text)
    assert found == written.expected
    assert found.keys() == _paths(values) - {()}

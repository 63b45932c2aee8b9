"""CONTRACT.md promises what the program does, and marks with "(not yet)" what it does not do yet.

Whoever builds something that is marked finds here which mark to take away; whoever takes a mark away too
early finds out too.
"""

import re
from collections.abc import Collection, Iterator

import click
import pytest

from prepop.cli import VERBS, app
from prepop.model import Method, Result
from prepop.reasons import FindingCode, Level, Reason, Severity
from prepop.reports.csv_file import COLUMNS
from prepop.settings import shapes
from prepop.settings.environment import SECTIONS
from tests.documents import ROOT, keys_of

CONTRACT = (ROOT / "prepop" / "CONTRACT.md").read_text(encoding="utf-8")
NOT_YET = "(not yet"


def section(number: int) -> str:
    """The text of one section."""
    found = re.search(rf"(?ms)^## {number}\. .*?(?=^## |\Z)", CONTRACT)
    assert found, number
    return found[0]


def codes(text: str) -> tuple[list[str], list[str]]:
    """The codes of a list, and those of them that are marked; what stands in brackets is prose."""
    plain = re.sub(r" \((?!not yet\))[^()]*(?:\([^()]*\)[^()]*)*\)", "", text)
    found = re.findall(r"`([a-zA-Z-]+)`( \(not yet\))?", plain)
    return [code for code, mark in found if not mark], [code for code, mark in found if mark]


def held(promised: Collection[str], marked: Collection[str], has: Collection[str]) -> None:
    """Promised without a mark is there, and the other way round."""
    assert set(promised) == set(has)
    assert set(marked) & set(has) == set(), "it is there now: take the mark (not yet) away"


# ---------------------------------------------------------------- 1, 2: words and commands


def test_methods() -> None:
    """CONTRACT section 1 names the methods in their order."""
    found = re.search(r"\*method\*: ((?:`\w+`(?:, )?)+)", section(1))
    assert found
    assert re.findall(r"`(\w+)`", found[1]) == [str(one) for one in Method]


def _synopses() -> Iterator[tuple[str, str]]:
    block = section(2).partition("```\n")[2].partition("```")[0]
    for line in block.splitlines():
        for found in re.finditer(r"(?:^| {3})prepop (\w+)((?: (?! )\S+)*)", line):
            yield found[1], found[2]


def test_verbs_and_their_options() -> None:
    """Each verb of CONTRACT section 2 is a command with the options that its line shows."""
    context = click.Context(app)
    there = {name: command for name in VERBS if (command := app.get_command(context, name))}
    assert {verb for verb, _ in _synopses()} >= there.keys()
    for verb, rest in _synopses():
        if verb not in there:
            assert rest.endswith("(not yet)"), f"prepop {verb} is not there"
            continue
        assert not rest.endswith("(not yet)"), f"prepop {verb} is there: take the mark away"
        command = there[verb]
        assert command is not None
        has = {name for one in command.params for name in one.opts}
        for option, mark in re.findall(r"(--[a-z-]+)[^\[\]]*?( \(not yet\))?\]", rest + "]"):
            assert (option in has) is not bool(mark), f"prepop {verb} {option}"


# ---------------------------------------------------------------- 4: config


def _toml() -> Iterator[tuple[str, bool]]:
    """Every key of the block of CONTRACT section 4, and whether it is marked as wholly missing."""
    here, missing = "", False
    for line in section(4).partition("```toml\n")[2].partition("```")[0].splitlines():
        head = re.match(r"\[+([a-z.]+)\]+ *(?:# *(.*))?", line)
        key = re.match(r"([a-z_]+) = [^#]*(?:# *(.*))?", line)
        if head:
            here, missing = f"{head[1]}.", (head[2] or "").startswith(NOT_YET)
        elif key:
            yield here + key[1], missing or (key[2] or "").startswith("(not yet) ")


def test_config_keys() -> None:
    """Each key of CONTRACT section 4's example is one that the program takes."""
    there = {
        "mapping",
        *(f"{name}.{key}" for name, shape in SECTIONS.items() for key, _, _ in keys_of(shape)),
    }
    promised = [key for key, missing in _toml() if not missing]
    assert len(promised) > 35
    assert set(promised) - there == set()
    assert {key for key, missing in _toml() if missing} & there == set(), "take the mark (not yet) away"


@pytest.mark.parametrize("name", ["region", "mobile", "office", "email"])
def test_mapping_keys(name: str) -> None:
    """Each key of CONTRACT section 5's example is one that a mapping takes."""
    others: dict[str, type[shapes.Shape]] = {"region": shapes.RegionShape, "office": shapes.OfficeShape}
    shape = others.get(name, shapes.MethodShape)
    block = section(5).partition(f"[{name}]")[2].partition("\n[")[0].partition("```")[0]
    shown = re.findall(r"(?m)^(?:# )?([a-z]+) = ", block)
    assert shown
    assert set(shown) <= {key for key, _, _ in keys_of(shape)}


# ---------------------------------------------------------------- 7 to 10: codes and columns


@pytest.mark.parametrize("level", list(Level))
def test_reasons(level: Level) -> None:
    """The reasons of CONTRACT section 7, each on its level."""
    found = re.search(rf"(?m)^{level}: (.+)$", section(7))
    assert found
    held(*codes(found[1]), [one for one in Reason if one.level is level])


def test_findings() -> None:
    """The findings of CONTRACT section 8, and which of them only warn."""
    named, _, rest = section(8).partition(" Level `block`")
    held(*codes(named), list(FindingCode))
    warned = re.search(r"but `warn` for ([^.]+)\.", rest)
    assert warned
    _, missing = codes(named)
    warn = set(codes(warned[1])[0]) - set(missing)
    assert warn == {one for one in FindingCode if one.severity is Severity.WARN}


def test_outcomes() -> None:
    """The outcomes of CONTRACT section 9."""
    held(*codes(section(9).partition("; with Graph's")[0]), list(Result))


def test_columns_of_the_table() -> None:
    """The columns of report.csv, in CONTRACT section 10's order."""
    found = re.search(r"one row a verdict: `([a-z_,]+)`", section(10))
    assert found
    assert tuple(found[1].split(",")) == COLUMNS

"""What is typed wrongly, and what help shows: each message names the option or argument that it is about."""

import io
import re

import pytest

from prepop.cli import main
from prepop.cli.console import Console


@pytest.mark.parametrize(
    ("words", "expected", "hint"),
    [
        (["plan", "--limit", "-1"], "--limit", "prepop plan --help"),
        (["plan", "--limit", "x"], "--limit", "prepop plan --help"),
        (["plan", "--limit"], "--limit", "prepop --help"),
        (["apply"], "PLAN.json", "prepop apply --help"),
        (["purge"], "--older-than", "prepop purge --help"),
        (["sandbox", "--port", "99999"], "--port", "prepop sandbox --help"),
        (["apply", "a", "b"], "(b)", "prepop apply --help"),
        (["planx"], "'planx'", "prepop --help"),
        (["purge", "--older-than", "soon"], "--older-than", "30d"),
        (["apply", "plan.json", "--digest", "3f9a1c"], "--digest", "64 digits"),
        (["apply", "plan.json", "--max-duration", "3"], "--max-duration", "45m"),
    ],
)
def test_a_usage_error_names_what_is_wrong(
    words: list[str], expected: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, the option or argument by name, and the help that explains it."""
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    first, second = said.err.splitlines()
    assert expected in first
    assert hint in second


@pytest.mark.parametrize(
    "verb",
    [
        "demo", "init", "check", "plan", "apply", "sync", "resume", "rollback", "runs", "purge", "explain",
        "report", "sandbox",
    ],
)  # fmt: skip
def test_help_of_a_verb(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Help flows with a narrow terminal, writes optional arguments once, and names what every verb takes."""
    monkeypatch.setenv("COLUMNS", "80")
    assert main([verb, "--help"]) == 0
    said = capsys.readouterr().out
    flat = " ".join(said.split())
    assert "Every verb also takes -c FILE, --json, -v, -q, --log-format, --no-color and --unmask" in flat
    assert "[[" not in said
    assert not re.search("<(bool|path|str|int)", said), "Python's type stands beside what is meant"
    text = said.split("Usage")[1].split("Positional arguments:")[0].split("Options:")[0]
    for line, following in zip(text.splitlines(), text.splitlines()[1:], strict=False):
        if following.strip() and line.strip() and not line.strip().startswith(":"):
            first_word = re.split(r"\s", following.strip())[0]
            assert len(line.rstrip()) + 1 + len(first_word) > 78, "a line ends before the terminal does"


@pytest.mark.parametrize(("columns", "width"), [("72", 72), ("", 100), ("0", 100), ("wide", 100)])
def test_a_pipe_is_as_wide_as_is_said(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS counts where the answer is no terminal too; without it a file has 100 columns."""
    monkeypatch.setattr("sys.stdout", io.StringIO())
    monkeypatch.setenv("COLUMNS", columns)
    assert Console().width == width

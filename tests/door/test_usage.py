"""What is typed wrongly, and what help shows: each message names the option or argument that it is about."""

import re

import pytest

from prepop.cli import main


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
    text = said.split("Usage")[1].split("\u256d")[0]
    for line, following in zip(text.splitlines(), text.splitlines()[1:], strict=False):
        if following.strip() and line.strip() and not line.strip().startswith(":"):
            first_word = re.split(r"\s", following.strip())[0]
            assert len(line.rstrip()) + 1 + len(first_word) > 78, "a line ends before the terminal does"

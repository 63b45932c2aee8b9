"""How commands end, and what is said then."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prepop.cli import context, main
from prepop.cli.console import Console, Shown
from prepop.errors import (
    Blocked,
    ConfigError,
    Exit,
    Incomplete,
    Locked,
    OutputError,
    PrepopError,
    SignInError,
    StateError,
    UsageError,
)


@pytest.mark.parametrize("typed", [["plan", "--config"], ["plan", "-c"], ["plan", "--log-format"]])
def test_a_missing_value_does_not_swallow_the_verb(
    typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """`prepop plan --config` says that the value is missing."""
    assert main(typed) == 2
    assert f"{typed[-1]} needs a value" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (ConfigError(["a", "b"]), 2),
        (StateError("x"), 2),
        (OutputError("x"), 2),
        (Blocked("x"), 30),
        (Incomplete("x"), 40),
        (SignInError("x"), 40),
        (Locked("x"), 50),
        (KeyboardInterrupt(), 130),
        (RuntimeError("the number +44 7400123456 is odd"), 1),
    ],
)
def test_each_error_has_its_code(
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Exit codes are those of CONTRACT section 3; what went wrong goes to standard error alone."""

    def house(shown: Shown) -> object:
        raise error

    monkeypatch.setattr(context, "house_of", house)
    assert main(["plan"]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert (said.err + caplog.text) != ""
    assert "7400123456" not in said.err
    if isinstance(error, PrepopError):
        assert error.message in said.err
        assert "Traceback" not in said.err


def test_the_codes_of_the_contract() -> None:
    """The numbers that a scheduler relies on."""
    assert {one.name: int(one) for one in Exit} == {
        "DONE": 0, "BUG": 1, "USAGE": 2, "PENDING": 10, "SOME_FAILED": 20, "OUT_OF_TIME": 25,
        "BLOCKED": 30, "INCOMPLETE": 40, "LOCKED": 50, "INTERRUPTED": 130,
    }  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["plan", "--nonsense"],
        ["plan", "--limit", "many"],
        ["plan", "--limit", "-1"],
        ["apply"],
        ["apply", "a", "b"],
        ["--log-format", "xml", "plan"],
        ["sync", "--max-duration", "soon"],
        ["sync", "--accept", "everything"],
        ["plan", "-c", "absent.toml"],
        ["demo", "--people", "0"],
    ],
)
def test_wrong_words(
    words: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wrong words end with 2, say what was wrong on standard error, and leave nothing behind."""
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("prepop: ")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    """`prepop ... | head -0`: an answer that nobody reads changes nothing of the exit code."""
    code = (
        "import sys\n"
        "from prepop.cli.console import Console\n"
        "Console().answer('x' * 1_000_000)\n"
        "Console().answer('more')\n"
        "sys.exit(20)\n"
    )
    reader, writer = os.pipe()
    os.close(reader)
    answer = subprocess.run(
        [sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, timeout=600, check=False
    )
    os.close(writer)
    assert (answer.returncode, answer.stderr) == (20, b"")


def test_alone_it_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Bare `prepop` shows the help and nothing else; for a scheduler it is still wrong usage (2)."""
    assert main(["--help"]) == 0
    asked = capsys.readouterr()
    assert main([]) == 2
    assert capsys.readouterr() == asked
    assert asked.err == ""
    assert asked.out.startswith("Usage: prepop ")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` says one line, needs no verb and no config."""
    assert main(["--version"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("prepop ")
    assert said.err == ""


def test_an_answer_in_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` gives exactly one JSON document."""
    Console(as_json=True).answer("text", {"a": "ü"})
    assert json.loads(capsys.readouterr().out) == {"a": "ü"}

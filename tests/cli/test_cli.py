"""Reading words: options before or after the verb, durations, what is accepted, and how commands end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepop import cli
from prepop.cli import main
from prepop.cli.console import Console
from prepop.cli.options import accepted_findings, hoist, seconds_of
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
from prepop.reasons import FindingCode
from tests.rules.decisions.world import CALM


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["plan"], ["plan"]),
        (["plan", "-v"], ["-v", "plan"]),
        (["-v", "plan"], ["-v", "plan"]),
        (["plan", "-c", "x.toml", "--user", "jane"], ["-c", "x.toml", "plan", "--user", "jane"]),
        (["plan", "--config=x.toml", "--json"], ["--config=x.toml", "--json", "plan"]),
        (["plan", "--log-format", "json", "--limit", "3"], ["--log-format", "json", "plan", "--limit", "3"]),
        (["explain", "--", "-v"], ["explain", "--", "-v"]),
        (["-q", "explain", "--unmask", "--", "--json"], ["-q", "--unmask", "explain", "--", "--json"]),
        (["plan", "--out", "dir"], ["plan", "--out", "dir"]),
        ([], []),
    ],
)
def test_hoist(typed: list[str], read: list[str]) -> None:
    """What stands everywhere goes in front of the verb with its value; after `--` nothing moves."""
    assert hoist(typed) == read


@pytest.mark.parametrize("typed", [["plan", "--config"], ["plan", "-c"], ["plan", "--log-format"]])
def test_a_missing_value_does_not_swallow_the_verb(
    typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """`prepop plan --config` says that the value is missing."""
    assert main(typed) == 2
    assert f"{typed[-1]} needs a value" in capsys.readouterr().err


WORDS = st.lists(st.sampled_from(["plan", "-v", "--json", "-c", "x", "--user", "--", "--config=y", "7"]))


@CALM
@given(WORDS)
def test_hoisting_loses_no_word(words: list[str]) -> None:
    """Every word is still there once, and hoisting again changes nothing."""
    try:
        there = hoist(words)
    except UsageError:
        assert {"-c"} & set(words)
        return
    assert sorted(there) == sorted(words)
    assert hoist(there) == there


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90.0),
        ("90", 90.0),
        ("45m", 2700.0),
        ("2h", 7200.0),
        ("1h30m", 5400.0),
        ("1h30m15s", 5415.0),
        ("0s", 0.0),
        (" 5m ", 300.0),
        (None, None),
    ],
)
def test_durations(text: str | None, seconds: float | None) -> None:
    """Hours, minutes and seconds, in this order, each or all."""
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", " ", "h", "1d", "30m1h", "-5m", "1.5h", "5 m", "٣m", "9" * 400, "1h-", "m5"]
)
def test_what_is_no_duration(text: str) -> None:
    """Anything else is a usage error that shows how to write it."""
    with pytest.raises(UsageError) as error:
        seconds_of(text)
    assert "90s" in error.value.hint


@CALM
@given(st.text(max_size=20))
def test_any_duration(text: str) -> None:
    """Any text is a duration or a usage error."""
    try:
        seconds = seconds_of(text)
    except UsageError:
        return
    assert seconds is not None
    assert seconds >= 0


def test_accepted_findings() -> None:
    """`CODE=N` for every code that can be accepted; none is none."""
    assert accepted_findings(None) == {}
    codes = [code for code in FindingCode if code.can_be_accepted]
    assert accepted_findings([f"{code}=412" for code in codes]) == dict.fromkeys(codes, 412)
    assert accepted_findings(["source-empty=0"]) == {FindingCode.SOURCE_EMPTY: 0}


NEVER = [
    "plan-stale",
    "plan-tampered",
    "privileged-unknown",
    "mapping-changed",
    "mapping-unused",
    "sms-retires",
    "source-self-writable",
]


@pytest.mark.parametrize("code", NEVER)
def test_a_finding_that_cannot_be_accepted(code: str) -> None:
    """What no number lifts is refused where it is typed, and not offered among the codes."""
    with pytest.raises(UsageError, match=f"{code} is (a warning|to be mended)") as error:
        accepted_findings([f"{code}=1"])
    assert not set(NEVER) & set(error.value.hint.replace(",", "").split())
    assert "too-many-additions" in error.value.hint


@pytest.mark.parametrize(
    "word",
    [
        "", "=", "=5", "too-many-additions", "too-many-additions=", "too-many-additions=-1",
        "too-many-additions=all", "too-many-additions=5.0", "too-many=5", "TOO-MANY-ADDITIONS=5",
        "too-many-additions=" + "9" * 5000, "too-many-additions=5 ",
    ],
)  # fmt: skip
def test_what_accepts_nothing(word: str) -> None:
    """Anything else is a usage error that lists the codes: there is no way to accept everything."""
    with pytest.raises(UsageError, match="CODE=N") as error:
        accepted_findings([word])
    assert "too-many-additions" in error.value.hint


# ---------------------------------------------------------------- how commands end


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

    def house() -> object:
        raise error

    monkeypatch.setattr(cli, "_house", house)
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

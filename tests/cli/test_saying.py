"""What reaches the terminal and the log: one line each, that steers nothing and shows no value."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from prepop.cli import logs, main, saying
from prepop.cli.console import Console
from prepop.errors import ConfigError, Incomplete, PrepopError, UsageError

FORGED = "\nprepop: done, nothing to do"
STEERING = "\x1b[2K\x1b]0;title\x07\x9b31m\u202e"
HOSTILE = f"CN=x{FORGED}{STEERING},DC=corp"


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Put handlers and names back."""
    handlers, level = list(logging.getLogger().handlers), logging.getLogger("prepop").level
    saying.forget_names()
    yield
    logging.getLogger().handlers[:] = handlers
    logging.getLogger("prepop").setLevel(level)
    saying.forget_names()


def steers(text: str) -> bool:
    """Whether a character of it does something to a terminal."""
    return any(one in text.replace("\n", "") for one in "\x1b\x07\x9b\r\u202e\u2028")


@pytest.mark.parametrize(
    "error",
    [
        Incomplete(f"reading {HOSTILE}: no objectClass", hint=f"look at {HOSTILE}"),
        Incomplete(f"no server:\n  ldaps://dc1: {HOSTILE}"),
        ConfigError([f"people.csv: the header has {HOSTILE} twice", "another"], hint="export again"),
        UsageError(f'"{HOSTILE}" names nobody'),
    ],
)
def test_an_error_cannot_steer_the_terminal(error: PrepopError, capsys: pytest.CaptureFixture[str]) -> None:
    """A DN, a column or a server's words make no escape sequence and no line that looks like prepop's own."""
    Console().error(error)
    said = capsys.readouterr().err
    assert not steers(said)
    assert [line for line in said.splitlines() if line.startswith("prepop:")] == said.splitlines()[:1]
    assert "CN=x" in said


def test_what_was_typed_is_shown_as_it_was_and_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong verb, and a file whose name has escapes in it."""
    assert main(["jane@example.org"]) == 2
    assert "jane@example.org" in capsys.readouterr().err
    assert main([f"--config={HOSTILE}", "plan"]) == 2
    said = capsys.readouterr().err
    assert "CN=x" in said
    assert not steers(said)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_log_line_is_one_line(form: logs.LogFormat) -> None:
    """In both forms of the log, in messages and in tracebacks."""
    stream = io.StringIO()
    logs.start(form, verbose=False, quiet=False, stream=stream)
    logging.getLogger("prepop").warning("%s names nobody", HOSTILE)
    error = ValueError(HOSTILE).with_traceback(None)
    logging.getLogger("prepop").error("a bug", exc_info=error)
    said = stream.getvalue()
    assert not steers(said)
    assert "ValueError" in said
    assert not any(line.startswith(("prepop:", "CN=")) for line in said.splitlines())
    if form == "json":
        assert "names nobody" in json.loads(said.splitlines()[0])["message"]


def test_a_document_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """--json says the same texts, with what cannot be seen as escapes."""
    document = {"dn": HOSTILE, "name": "Zoë"}
    Console(as_json=True).answer("", document)
    said = capsys.readouterr().out
    assert not steers(said)
    assert "Zoë" in said
    assert json.loads(said) == document


def test_names_of_the_config_are_shown_and_values_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    """A server's address and the account that signs in help whoever reads the line; a number helps nobody."""
    saying.know_names({"91.234.50.10", "svc@corp.example"})
    Console().error(Incomplete("svc@corp.example at 91.234.50.10 over jane@corp.example, +44 7911 123456"))
    assert capsys.readouterr().err == (
        "prepop: svc@corp.example at 91.234.50.10 over j•••@corp.example, +44 •••• ••••56\n"
    )


def test_the_words_of_a_command_line_are_its_names() -> None:
    """What stands behind an option's equals sign too; the options themselves are no names."""
    assert list(saying.typed_names(["explain", "--user=jane@x.org", "-v", "a=b"])) == [
        "explain",
        "jane@x.org",
        "",
        "a=b",
    ]

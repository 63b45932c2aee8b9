"""A shell that asks is answered with verbs and options; nothing else changes."""

import subprocess
import sys
import warnings

import pytest
import tree_sitter
import tree_sitter_powershell

from tests.supply import ROOT


def asked(variables: dict[str, str]) -> str:
    """What the program says to a shell."""
    done = subprocess.run(
        [sys.executable, "-m", "prepop"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("shell", ["zsh", "fish", "powershell"])
def test_each_shell_gets_its_script(shell: str) -> None:
    """To be read at the start of a session."""
    assert "prepop" in asked({"_PREPOP_COMPLETE": f"{shell}_source"})


def test_verbs_and_options_of_bash() -> None:
    """As bash asks: the words, and which of them is being typed."""
    verbs = asked({"_PREPOP_COMPLETE": "bash_complete", "COMP_WORDS": "prepop pl", "COMP_CWORD": "1"})
    assert verbs.splitlines() == ["plain,plan"]
    options = asked(
        {"_PREPOP_COMPLETE": "bash_complete", "COMP_WORDS": "prepop plan --ex", "COMP_CWORD": "2"}
    )
    assert "plain,--exit-code" in options.splitlines()


def test_verbs_of_powershell() -> None:
    """A line each, with its help behind a tab; the script is PowerShell by its grammar."""
    told = asked({"_PREPOP_COMPLETE": "powershell_complete", "COMP_WORDS": "prepop ru", "COMP_WORD": "ru"})
    (line,) = told.splitlines()
    assert line.startswith("runs\tList past runs")
    text = asked({"_PREPOP_COMPLETE": "powershell_source"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # how older grammars hand themselves over
        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    assert not parser.parse(text.encode()).root_node.has_error


def test_a_shell_that_is_not_known() -> None:
    """No answer, and no run of anything."""
    assert asked({"_PREPOP_COMPLETE": "tcsh_source"}) == ""

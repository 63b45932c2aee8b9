"""Completing verbs and options at the prompt: bash, zsh and fish by click itself, PowerShell here.

eval "$(_PREPOP_COMPLETE=bash_source prepop)"              in ~/.bashrc; zsh_source in ~/.zshrc
_PREPOP_COMPLETE=fish_source prepop | source               in config.fish
    $env:_PREPOP_COMPLETE = "powershell_source"; prepop | Out-String | Invoke-Expression
    $env:_PREPOP_COMPLETE = ""                                 both in $PROFILE
"""

import os
from collections.abc import Mapping

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, shell_complete

VARIABLE = "_PREPOP_COMPLETE"
_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($word, $ast, $position)
    $env:%(complete_var)s = "powershell_complete"
    $env:COMP_WORDS = $ast.ToString()
    $env:COMP_WORD = $word
    try {
        %(prog_name)s | ForEach-Object {
            $name, $about = $_ -split "`t", 2
            $kind = "ParameterValue"
            [System.Management.Automation.CompletionResult]::new($name, $name, $kind, "$name $about")
        }
    } finally {
        $env:%(complete_var)s = ""
    }
}
"""


class _PowerShell(ShellComplete):
    """The words typed so far come as one text; each completion goes out as a line, its help behind a tab."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        words, word = os.environ.get("COMP_WORDS", "").split()[1:], os.environ.get("COMP_WORD", "")
        return (words[:-1] if word and words and words[-1] == word else words), word

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.value}\t{item.help or ''}"


def answered(app: click.Group, environ: Mapping[str, str]) -> int | None:
    """Answer a shell that asks, as its variable says; None where no shell asks."""
    asked = environ.get(VARIABLE)
    if not asked:
        return None
    add_completion_class(_PowerShell)
    return shell_complete(app, {}, "prepop", VARIABLE, asked)

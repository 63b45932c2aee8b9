"""Files that are not an export, recognised by one line: what the file is, and what to type instead.

What other programs print for the eye, or what they say when they fail, ends up in files: dsquery's columns,
PowerShell's lists, an error of ldapsearch, a workbook under another name. "Damaged" would help nobody there.
"""

import re
from collections.abc import Collection
from pathlib import Path

from prepop.errors import ConfigError, Incomplete
from prepop.rules.values.masking import mask_within
from prepop.sources.entries import STANDARD_ATTRIBUTES

_CSVDE = 'csvde -u -f export.csv -r "(&(objectCategory=person)(objectClass=user))" -l "{}"'

#: (how such a line begins, what it is, what to do). The first that fits says it.
_KINDS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), what, instead)
    for pattern, what, instead in (
        (
            r"PK\x03\x04|\xd0\xcf\x11\xe0",
            "an Excel workbook",
            "save it in Excel as CSV UTF-8 and name that file",
        ),
        (r"<!doctype|<html", "a web page", "download the export itself, signed in"),
        (r"<\?xml|<dsml", "XML", "write CSV (csvde, Export-Csv -Encoding utf8) or LDIF (ldifde, ldapsearch)"),
        (
            r"\s*[{\[]\s*(?:[\"{]|$)",
            "JSON",
            "write CSV (csvde, Export-Csv -Encoding utf8) or LDIF (ldifde, ldapsearch)",
        ),
        (
            r"\"?(?:CN|OU)=[^,;]+,(?:CN|OU|DC)=.*\"?$",
            "a list of distinguished names, as dsquery prints it",
            "export what prepop reads: {csvde}",
        ),
        (
            r"(?=.*\s\s\S)\s*[A-Za-z][\w-]*(?:\s+[A-Za-z][\w-]*)+\s*$",
            "a table for the screen, with blanks between its columns (dsquery, dsget, Format-Table)",
            "export what prepop reads: {csvde}",
        ),
        (
            r"AdFind V|>[\w;-]+: ",
            "AdFind's output for the screen",
            'let it write CSV: adfind -csv ... > export.csv, and set kind = "csv"',
        ),
        (
            r"[A-Za-z][\w.-]*\s+:(?:\s|$)",
            "a list for the screen (Format-List)",
            "let PowerShell write a file: ... | Export-Csv -Encoding utf8 -NoTypeInformation export.csv",
        ),
    )
)
#: What a program says that could not do its work, or not to the end.
_FAILURES: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), what, instead)
    for pattern, what, instead in (
        (
            r"(?:ldap_\w+(?:\([^)]*\))?|ldapsearch|ldb\w*): |additional info: |[A-Z][A-Za-z /-]+ \(-?\d+\)$"
            r"|Failed to connect ",
            "what ldapsearch says of a search that failed",
            "search again until it ends with result 0, and write standard output alone into the file: "
            "ldapsearch ... > export.ldif, without 2>&1",
        ),
        (
            r"Connecting to \"|Logging in as |Exporting directory to file|Searching for entries"
            r"|Writing out entries|The connection cannot be established",
            "what ldifde or csvde says on the screen",
            "let it write the file itself: ldifde -u -f export.ldif",
        ),
        (
            r"(?:Get|Select|Where|ForEach|Export|Import|Search)-\w+ ?: ",
            "an error of PowerShell",
            "mend what it says and export again",
        ),
        (
            r"\S*(?:dsquery|dsget|csvde|ldifde|AdFind)\S* (?:failed|error)",
            "an error of the export",
            "mend what it says and export again",
        ),
    )
)


def refuse_mistaken(path: Path, number: int, line: str, asked: Collection[str] = ()) -> None:
    """Raises where this line shows what the file is: ConfigError for another kind of file, Incomplete for
    the words of a program that failed. `asked`: attributes of the mapping, for the line to type."""
    refuse_failure(path, number, line)
    for pattern, what, instead in _KINDS:
        if pattern.match(line):
            raise ConfigError(
                [f"{path}, line {number}: this is {what}, not an export that can be read"],
                hint=instead.format(csvde=csvde_line(asked)),
            )


def refuse_failure(path: Path, number: int, line: str) -> None:
    """Raises Incomplete where this line is what a program said that failed, with its words."""
    for pattern, what, instead in _FAILURES:
        if pattern.match(line):
            raise Incomplete(f"{path}, line {number}: {what}: {shown(line)}", hint=instead)


def csvde_line(asked: Collection[str]) -> str:
    """The command that exports everything that is needed, as it is typed."""
    names = {name.lower(): name for name in (*asked, *STANDARD_ATTRIBUTES)}
    return _CSVDE.format(",".join(("DN", *names.values())))


def shown(line: str) -> str:
    """A line that another program wrote, short and without whole numbers or addresses."""
    text = "".join(letter for letter in line.strip() if letter.isprintable())
    return '"' + mask_within(text[:100] + ("..." if len(text) > 100 else "")) + '"'

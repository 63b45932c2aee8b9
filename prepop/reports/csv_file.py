"""`report.csv`: one row a verdict, CONTRACT section 10.

Nothing in it becomes a formula. A spreadsheet takes a field for one that begins with `= + - @` (or their
wide forms), also behind blanks. Such a field gets one leading apostrophe, as a person would type it, and so
does one that begins with apostrophes before such a sign: a program gets the text back by taking one
apostrophe off a field of that kind. A number in normal form, whole or masked (`+44 7911123456`,
`+44 ••••••••56`), begins with + and yet keeps its form: a + number, a blank and digits is not a
formula, and its blank keeps it from becoming a sum or an integer.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from prepop.files import write_through
from prepop.rules.summary.words import Row, Summary

COLUMNS = (
    "run",
    "account_upn",
    "account_id",
    "person_dn",
    "method",
    "verdict",
    "reason",
    "directory_value",
    "normal_value",
    "present_value",
    "from",
    "detail",
)
OUTCOME_COLUMNS = ("outcome", "answer")

_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]")
_NORMAL_PHONE = re.compile(r"\+[0-9]{1,3} [0-9•]{2,14}(?:x[0-9•]{1,11})?\Z")


def inert(text: str) -> str:
    """A field that no spreadsheet takes for a formula."""
    if _FORMULA.match(text) and not _NORMAL_PHONE.match(text):
        return "'" + text
    return text


def _lines(summary: Summary) -> Iterator[tuple[str, ...]]:
    yield (*COLUMNS, *OUTCOME_COLUMNS) if summary.applied else COLUMNS
    for row in summary.rows:
        fields = _fields(summary.run, row)
        yield tuple(map(inert, (*fields, row.outcome, row.answer) if summary.applied else fields))


def _fields(run: str, row: Row) -> tuple[str, ...]:
    return (
        run,
        row.upn,
        row.account_id,
        row.dn,
        row.method,
        row.verdict.value,
        row.reason.value if row.reason else "",
        row.raw,
        row.normal,
        row.present,
        row.source,
        row.detail,
    )


def write_csv(summary: Summary, path: Path) -> Path:
    """Write the table: UTF-8 with byte order mark, every field quoted, CRLF (RFC 4180).

    A run that was applied has two more columns at the end, `outcome` and `answer`.
    """

    def fill(new: Path) -> None:
        with new.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(_lines(summary))

    write_through(path, fill)
    return path

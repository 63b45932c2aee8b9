"""The rows as the page's script gets them: one JSON block, every distinct text once.

100,000 rows of masked values shrink to a table of accounts, a table of texts, and columns of small numbers,
so that the file stays light, and a search looks at each distinct text once instead of at each row.
"""

import json
from collections.abc import Sequence

from markupsafe import Markup

from prepop.reasons import Reason
from prepop.reports.csv_file import COLUMNS, OUTCOME_COLUMNS
from prepop.rules.summary.words import Row, Summary

# This many rows stand in the page itself and can be read without JavaScript.
STATIC_ROWS = 200


class _Table:
    """Distinct values in the order of their first use."""

    def __init__(self) -> None:
        self._place: dict[str, int] = {"": 0}

    def place(self, text: str) -> int:
        return self._place.setdefault(text, len(self._place))

    def texts(self) -> list[str]:
        return list(self._place)


def rows_json(summary: Summary) -> Markup:
    """The block's text, safe inside `<script type="application/json">`: no `<` is left in it."""
    columns = [*COLUMNS, *OUTCOME_COLUMNS] if summary.applied else list(COLUMNS)
    document = {"run": summary.run, "applied": summary.applied, "csv": columns, **_document(summary.rows)}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - nothing in it can end the block


def _document(rows: Sequence[Row]) -> dict[str, object]:
    texts, words = _Table(), _Table()
    accounts: dict[tuple[str, str], int] = {}
    account_lines: list[list[object]] = []
    columns: dict[str, list[int]] = {name: [] for name in _COLUMNS}
    for row in rows:
        key = (row.account_id, row.dn)
        who = accounts.get(key)
        if who is None:
            who = accounts[key] = len(account_lines)
            head, _, parent = row.dn.partition(",")
            account_lines.append([row.upn, row.account_id, row.name, head, words.place(parent)])
        values = (
            who,
            words.place(row.department),
            words.place(row.method),
            words.place(row.group),
            words.place(row.reason.value if row.reason else ""),
            texts.place(row.raw),
            texts.place(row.normal),
            texts.place(row.present),
            words.place(row.source),
            words.place(row.region),
            words.place(row.policy),
            words.place(row.why),
            texts.place(row.detail),
            words.place(row.outcome),
            texts.place(row.answer),
            texts.place(row.result),
            int(row.stage),
            int(row.new),
        )
        for name, value in zip(_COLUMNS, values, strict=True):
            columns[name].append(value)
    return {
        "words": words.texts(),
        "texts": texts.texts(),
        "fixes": {reason.value: reason.fix for reason in Reason},
        "accounts": account_lines,
        "columns": columns,
    }


_COLUMNS = (
    "who",
    "department",
    "method",
    "verdict",
    "reason",
    "raw",
    "normal",
    "present",
    "source",
    "region",
    "policy",
    "why",
    "detail",
    "outcome",
    "answer",
    "result",
    "stage",
    "new",
)

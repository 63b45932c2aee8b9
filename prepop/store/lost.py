"""What a lost state knew, as far as the reports tell that stayed: which methods earlier runs wrote.

Without the ledger a method that somebody took away cannot be told from one that never was, and would be
added again. `report.csv` of each run names account, method and what became of it, and no whole value. What it
tells makes prepop touch less, never more: nothing that exists becomes its own by it. A run whose table was
purged, or never written (`report.formats`), is not known any more.
"""

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from prepop.model import Action, Method, Result, Written
from prepop.rules.values.run_ids import began_at
from prepop.store.ledger import NOBODYS

_TABLES = ("report.csv", "applied/report.csv")


@dataclass(frozen=True, slots=True)
class Recalled:
    """What reports tell of runs that the state does not know. runs: their ids, oldest first."""

    runs: tuple[str, ...] = ()
    written: dict[tuple[str, Method], Written] = field(default_factory=dict)

    def newer_than(self, known: Mapping[tuple[str, Method], Written]) -> dict[tuple[str, Method], Written]:
        """What they wrote after what the state knows of: of an older state, not its own any more."""
        return {
            where: value
            for where, value in self.written.items()
            if where not in known or value.at > known[where].at
        }


def recall(reports: Path, known: Collection[str]) -> Recalled:
    """What runs wrote that have a table in `reports` and are not `known`; nothing where none can be read."""
    runs: list[str] = []
    written: dict[tuple[str, Method], Written] = {}
    try:
        folders = sorted(folder for folder in reports.iterdir() if folder.name not in known)
    except OSError:
        return Recalled()
    for folder in folders:
        began = began_at(folder.name)
        rows = [row for table in _TABLES for row in _done(folder / table)] if began else []
        if began and rows:
            runs.append(folder.name)
            _take(rows, folder.name, began, written)
    return Recalled(tuple(runs), written)


def _take(
    rows: Collection[tuple[str, Method, str]],
    run: str,
    at: datetime,
    written: dict[tuple[str, Method], Written],
) -> None:
    for account, method, verdict in rows:
        if verdict == Action.REMOVE:  # by prepop itself, or by a rollback: not taken away by anybody
            written.pop((account, method), None)
        else:
            written[account, method] = Written(account, method, NOBODYS, run, at)


def _done(table: Path) -> Iterator[tuple[str, Method, str]]:
    """Account, method and action of what a run did; nothing for a preview's table, or one that is damaged."""
    methods = {method.value: method for method in Method}
    actions = {action.value for action in Action}
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if "outcome" not in row:
                    return
                method = methods.get(row.get("method") or "")
                verdict = row.get("verdict") or ""
                if method and verdict in actions and row["outcome"] == Result.DONE and row.get("account_id"):
                    yield row["account_id"], method, verdict
    except (OSError, UnicodeDecodeError, csv.Error):
        return

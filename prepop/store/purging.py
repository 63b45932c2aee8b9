"""Forgetting: after some time the values go, and the counts stay."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prepop.errors import OutputError
from prepop.store.journal import StoredJournal

_RUN_ID = re.compile(r"(\d{8}T\d{6})Z-[0-9a-f]{4}")


def forget(journal: StoredJournal, reports: Path, now: datetime, days: int) -> tuple[int, int]:
    """Purge what is older than `days`: how many runs lost values, how many report folders were emptied.

    Of a report folder the masked `summary.json` stays, and with it every count. Raises OutputError where a
    file cannot be removed.
    """
    before = now - timedelta(days=days)
    values = journal.purge(before)
    emptied = 0
    for one in sorted(reports.iterdir()) if reports.is_dir() else ():
        found = _RUN_ID.fullmatch(one.name)
        if found is not None and one.is_dir():
            made = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            emptied += made < before and _empty(one)
    return values, emptied


def _empty(folder: Path) -> bool:
    files = [one for one in folder.iterdir() if one.name != "summary.json"]
    try:
        for one in files:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    except OSError as error:
        raise OutputError(f"purging {folder}: {error.strerror or error}") from error
    return bool(files)

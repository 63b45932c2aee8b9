"""Forgetting: after some time the values go, and the counts stay."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from prepop.errors import OutputError
from prepop.rules.values.run_ids import began_at
from prepop.store.journal import StoredJournal


def forget(
    journal: StoredJournal, reports: Path, now: datetime, days: int, *, dry: bool = False
) -> tuple[int, int]:
    """Purge what is older than `days`: how many runs lost values, how many report folders were emptied.

    dry: only count what would be.
    Of a report folder the masked `summary.json` stays, and with it every count. One folder that cannot be
    emptied does not keep the others: at the end OutputError names every one.
    """
    before = now - timedelta(days=days)
    values = journal.purgeable(before) if dry else journal.purge(before)
    emptied = 0
    wrong: list[OSError] = []
    for one in _folders(reports):
        made = began_at(one.name)
        if made is not None and made < before:
            try:
                emptied += _empty(one, dry=dry)
            except OSError as error:
                wrong.append(error)
    if wrong:
        told = "; ".join(f"{error.filename}: {error.strerror}" for error in wrong)
        raise OutputError(
            f"purging reports older than {days} days: {told}",
            hint=f"let the user that runs prepop remove it, then `prepop purge --older-than {days}`",
        )
    return values, emptied


def _folders(reports: Path) -> list[Path]:
    try:
        return sorted(one for one in reports.iterdir() if one.is_dir() and not one.is_symlink())
    except FileNotFoundError:
        return []  # nothing was reported yet
    except OSError as error:
        raise OutputError(
            f"purging old reports: {reports}: {error.strerror}",
            hint="let the user that runs prepop read report.dir",
        ) from error


def _empty(folder: Path, *, dry: bool) -> bool:
    """Remove all but the summary; True where there was something. Raises OSError."""
    files = [one for one in folder.iterdir() if one.name != "summary.json"]
    for one in () if dry else files:
        shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
    return bool(files)

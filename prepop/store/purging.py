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
    for folder in _folders(reports):
        made = began_at(folder.name)
        if made is not None and made < before:
            try:
                emptied += _empty(folder, dry=dry)
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
        return sorted(folder for folder in reports.iterdir() if folder.is_dir() and not folder.is_symlink())
    except FileNotFoundError:
        return []  # nothing was reported yet
    except OSError as error:
        raise OutputError(
            f"purging old reports: {reports}: {error.strerror}",
            hint="let the user that runs prepop read report.dir",
        ) from error


def _empty(folder: Path, *, dry: bool) -> bool:
    """Remove all but the summary; True where there was something. Raises OSError."""
    files = [path for path in folder.iterdir() if path.name != "summary.json"]
    for path in () if dry else files:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return bool(files)

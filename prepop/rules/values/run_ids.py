"""Ids of runs: the moment at which a run began, so that ids sort by time, and letters against coincidence."""

import re
from datetime import UTC, datetime

_FORM = "%Y%m%dT%H%M%S"
_RUN_ID = re.compile(r"(\d{8}T\d{6})Z-[0-9a-f]{4}")


def run_id(began: datetime, letters: str) -> str:
    """The id of a run that began at this moment (UTC); letters: four of a hexadecimal number."""
    return f"{began:{_FORM}}Z-{letters}"


def began_at(run: str) -> datetime | None:
    """When the run of this id began; None for a text that is no run's id."""
    found = _RUN_ID.fullmatch(run)
    try:
        return datetime.strptime(found[1], _FORM).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None

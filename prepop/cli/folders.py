"""Where a run leaves its files, and how a path is typed."""

import shlex
from pathlib import Path

from prepop.options import Settings

PLAN = "plan.json"
APPLIED = "applied"


def run_of(settings: Settings, run: str) -> Path:
    """The folder of a run's reports: `report.dir/RUN`, or `applied` in it where the plan stands there."""
    own = settings.report_dir / run
    return own / APPLIED if (own / APPLIED).is_dir() else own


def typed(path: Path) -> str:
    """A path as one would type it here."""
    try:
        here = Path.cwd()
    except OSError:  # the working folder was removed meanwhile
        return shlex.quote(str(path))
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))

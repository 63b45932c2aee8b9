"""The log: on standard error, with the run's id on every line, and without whole numbers or addresses.

Every message and every traceback passes `mask_within` on its way out. Code masks what it says by
itself; this is the second line, for what a library says.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

from prepop.rules.values.masking import mask_within

LogFormat = Literal["text", "json"]

#: Libraries of the sign-in: they warn of what they raise, and prepop's own sentence says that once.
_SAID_BY_PREPOP = ("azure", "msal", "msal_extensions")

_run = ""


def set_run(run: str) -> None:
    """Name the run whose id stands on every following line."""
    global _run
    _run = run


class _Masked(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask_within(super().format(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Text(_Masked):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return f"{line} [run {_run}]" if _run and "\n" not in line else line


class _Json(_Masked):
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "run": _run,
            "message": mask_within(record.getMessage()),
        }
        if record.exc_info:
            fields["traceback"] = mask_within(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False)


def start(log_format: LogFormat, *, verbose: bool, quiet: bool, stream: TextIO | None = None) -> None:
    """Set the log up for one command: warnings and above, with -v everything of prepop, with -q errors.

    What the libraries of the sign-in warn of appears with -v only; their errors always do.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Json() if log_format == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.ERROR if quiet else logging.WARNING)
    level = (
        logging.DEBUG
        if verbose
        else logging.ERROR
        if quiet
        else logging.INFO
        if log_format == "json"
        else None
    )
    logging.getLogger("prepop").setLevel(level if level is not None else logging.WARNING)
    for name in _SAID_BY_PREPOP:
        logging.getLogger(name).setLevel(logging.NOTSET if verbose else logging.ERROR)

"""The log: on standard error, with the run's id on every line, and without whole numbers or addresses.

Every message and every line of a traceback passes `saying.line` on its way out. Code masks what it says by
itself; this is the second line, for what a library says.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Literal, TextIO

from prepop.cli.saying import line

LogFormat = Literal["text", "json"]

#: Libraries of the sign-in: they warn of what they raise, and prepop's own sentence says that once.
_SAID_BY_PREPOP = ("azure", "msal", "msal_extensions")

_run = ""


def set_run(run: str) -> None:
    """Name the run whose id stands on every following line."""
    global _run
    _run = run


def run() -> str:
    """Its id, "" before there is one."""
    return _run


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def traceback_lines(exception: BaseException) -> list[str]:
    """A traceback, each line indented: none can pass for a line of the log."""
    whole = "".join(traceback.format_exception(exception))
    return [f"  {line(text)}" for text in whole.rstrip("\n").split("\n")]


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        run = f" [run {_run}]" if _run else ""
        said = [f"{_time(record)} {record.levelname:<7} {line(record.getMessage())}{run}"]
        if record.exc_info and record.exc_info[1]:
            said += traceback_lines(record.exc_info[1])
        return "\n".join(said)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "run": _run,
            "message": line(record.getMessage()),
        }
        event = getattr(record, "event", None)
        if isinstance(event, dict):
            fields |= {
                name: line(value) if isinstance(value, str) else value for name, value in event.items()
            }
        if record.exc_info and record.exc_info[1]:
            fields["traceback"] = "\n".join(traceback_lines(record.exc_info[1]))
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

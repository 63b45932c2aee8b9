"""A run's events where the system keeps them: fields of systemd's journal, or the Windows Event Log.

Both get the number and the name of the event, the run's id, and its fields as in the JSON log: object
ids and request-ids, no value of anybody. What cannot be written is told once, and stops nothing.
"""

import logging
import os
import socket
import struct
import uuid
from collections.abc import Callable, Mapping
from typing import Protocol

from prepop.options import EventsTo

JOURNAL = "/run/systemd/journal/socket"
SOURCE = "prepop"
SECONDS = 5.0  # in which the journal takes an event; one that hangs must not hold up a night
_NAMESPACE = uuid.UUID("6f0f1c9e-4d5d-4f0e-9a53-3f6f1f7f0b11")  # of MESSAGE_ID: the same event, the same id
_WARNING, _INFO = 4, 6  # syslog(3)
_EVENTLOG_WARNING, _EVENTLOG_INFORMATION = 2, 4  # winnt.h

Fields = Mapping[str, str | int]


class EventSink(Protocol):
    """Where one event goes. Raises OSError where it cannot be written."""

    def write(self, number: int, name: str, text: str, fields: Fields, *, attention: bool) -> None:
        """attention: somebody should look at it."""

    def close(self) -> None:
        """Nothing more comes."""


def open_sink(to: EventsTo) -> EventSink | None:
    """The sink of `[log] events`. Raises OSError where the system has none."""
    match to:
        case EventsTo.NONE:
            return None
        case EventsTo.JOURNAL:
            return Journald()
        case EventsTo.WINDOWS:
            return WindowsEventLog()


class Journald:
    """systemd's journal by its own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram an event."""

    def __init__(self, address: str = "") -> None:
        self._address = address or JOURNAL
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(SECONDS)
        if not os.path.exists(self._address):  # noqa: PTH110 - a socket, and no more is asked
            self._socket.close()
            raise FileNotFoundError(f"there is no journal at {self._address}")

    def write(self, number: int, name: str, text: str, fields: Fields, *, attention: bool) -> None:
        """See `EventSink`."""
        values: dict[str, str | int] = {
            "MESSAGE": text,
            "MESSAGE_ID": uuid.uuid5(_NAMESPACE, name).hex,
            "PRIORITY": _WARNING if attention else _INFO,
            "SYSLOG_IDENTIFIER": SOURCE,
            "PREPOP_EVENT": name,
            "PREPOP_EVENT_ID": number,
        }
        values |= {f"PREPOP_{key.upper()}": value for key, value in fields.items()}
        self._socket.sendto(b"".join(_field(key, str(value)) for key, value in values.items()), self._address)

    def close(self) -> None:
        """See `EventSink`."""
        self._socket.close()


def _field(key: str, value: str) -> bytes:
    raw = value.encode()
    if b"\n" in raw:  # the length before it, so that no line of a value passes for a field
        return key.encode() + b"\n" + struct.pack("<Q", len(raw)) + raw + b"\n"
    return key.encode() + b"=" + raw + b"\n"


class WindowsEventLog:
    """The application log, under the source that `Register-PrepopTask.ps1` makes known."""

    def __init__(self) -> None:
        try:
            import win32evtlogutil
        except ImportError as error:
            raise OSError("pywin32 is not installed (pip install prepop[windows])") from error
        self._log = win32evtlogutil

    def write(self, number: int, name: str, text: str, fields: Fields, *, attention: bool) -> None:
        """See `EventSink`. The strings of the event are its text and `key=value` of each field."""
        strings = [text, f"event={name}", *(f"{key}={value}" for key, value in fields.items())]
        kind = _EVENTLOG_WARNING if attention else _EVENTLOG_INFORMATION
        try:
            self._log.ReportEvent(SOURCE, number, eventType=kind, strings=strings)
        except Exception as error:  # pywintypes.error, which is of no common class
            raise OSError(f"the Event Log did not take it: {type(error).__name__}") from error

    def close(self) -> None:
        """See `EventSink`; each event is sent by itself."""


class EventHandler(logging.Handler):
    """Hands what `cli.recording` logs on to a sink."""

    def __init__(self, sink: EventSink, run: Callable[[], str]) -> None:
        super().__init__(logging.INFO)
        self._sink = sink
        self._run = run
        self._failed = False

    def close(self) -> None:
        """Of the handler, and of its sink."""
        self._sink.close()
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """One event; whatever else is logged is not for here."""
        event = getattr(record, "event", None)
        if self._failed or not isinstance(event, dict):
            return
        fields = {key: value for key, value in event.items() if key not in ("event", "event_id")}
        if run := self._run():
            fields = {"run": run, **fields}
        try:
            self._sink.write(
                int(event["event_id"]),
                str(event["event"]),
                record.getMessage(),
                fields,
                attention=bool(getattr(record, "attention", False)),
            )
        except OSError as error:
            self._failed = True  # before it is said: nothing more is tried in this run
            logging.getLogger(__name__).warning("events are not written to the system's log: %s", error)

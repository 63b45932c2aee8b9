"""Events in the system's own log: each field arrives, no value passes for one, nothing is stopped by it."""

import json
import logging
import os
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from prepop.cli import main
from prepop.cli.place import Place
from prepop.notices import event_log
from prepop.notices.event_log import Journald, WindowsEventLog
from prepop.rules.events import Event
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of


class Journal:
    """A socket such as systemd's; what was sent to it, read by the rules of its protocol."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self._taken: list[bytes] = []
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        while raw := self.socket.recv(1 << 20):  # it holds but a few at a time
            self._taken.append(raw)

    def close(self) -> list[dict[str, str]]:
        """Everything that came."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.socket.getsockname())
        self._thread.join(timeout=60)
        self.socket.close()
        return [self._entry(raw) for raw in self._taken]

    def _entry(self, raw: bytes) -> dict[str, str]:
        fields: dict[str, str] = {}
        while raw:
            line, _, rest = raw.partition(b"\n")
            name, equals, value = line.partition(b"=")
            if not equals:
                (length,) = struct.unpack("<Q", rest[:8])
                value, rest = rest[8 : 8 + length], rest[9 + length :]
            assert name.decode() not in fields
            fields[name.decode()], raw = value.decode(), rest
        return fields


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """Where the program looks for it."""
    path = tmp_path / "socket"
    monkeypatch.setattr(event_log, "JOURNAL", str(path))
    return Journal(path)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """What a command attaches is gone after it."""
    yield
    from prepop.cli.recording import send_to
    from prepop.options import EventsTo

    send_to(EventsTo.NONE)


def test_a_line_break_of_a_value_begins_no_field(journal: Journal) -> None:
    """With its length before it, as the protocol has it."""
    sink = Journald()
    sink.write(1, "x", "a\nPRIORITY=0", {"account": "b\nc"}, attention=True)
    sink.close()
    (entry,) = journal.close()
    assert (entry["MESSAGE"], entry["PRIORITY"], entry["PREPOP_ACCOUNT"]) == ("a\nPRIORITY=0", "4", "b\nc")


def test_a_run_in_the_journal(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It began, each change with account and request-id, it ended; the terminal shows none of it."""
    monkeypatch.setenv("PREPOP_LOG__EVENTS", "journal")
    people = sample(20, 3)
    with SandboxServer(tenant_of(people, 3, faults=Faults.none(), scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        assert main(["sync", "-c", str(tmp_path / "prepop.toml")]) == 0
    entries = journal.close()
    assert entries[0]["PREPOP_EVENT"] == Event.RUN_BEGAN
    assert entries[-1]["PREPOP_EVENT"] == Event.RUN_ENDED
    assert (entries[-1]["PREPOP_EXIT_CODE"], entries[-1]["SYSLOG_IDENTIFIER"]) == ("0", "prepop")
    changes = [one for one in entries if one["PREPOP_EVENT"] == Event.CHANGE_DONE]
    assert changes
    for one in changes:
        assert one["PREPOP_EVENT_ID"] == "1100"
        assert one["PREPOP_ACCOUNT"]
        assert one["PREPOP_REQUEST_ID"]
    assert len({one["PREPOP_RUN"] for one in entries}) == 1
    assert len({one["MESSAGE_ID"] for one in changes}) == 1
    text = json.dumps(entries)
    assert not [one for one in people.people if one.upn in text or one.name in text]
    assert Event.CHANGE_DONE.text not in capsys.readouterr().err


def test_where_there_is_no_journal_it_is_said_and_the_night_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line; the exit code is the run's."""
    monkeypatch.setenv("PREPOP_LOG__EVENTS", "journal")
    monkeypatch.setattr(event_log, "JOURNAL", str(tmp_path / "nowhere"))
    people = sample(12, 3)
    with SandboxServer(tenant_of(people, 3, faults=Faults.none(), scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        assert main(["sync", "-c", str(tmp_path / "prepop.toml")]) == 0
    assert (
        capsys.readouterr().err.count("events are not written to the system's log: there is no journal") == 1
    )


def stand_in(sent: list[tuple[Any, ...]], error: Exception | None = None) -> ModuleType:
    """pywin32's `win32evtlogutil`, by its documentation: ReportEvent(appName, eventID, ..., strings)."""
    made: Any = ModuleType("win32evtlogutil")

    def report(app: str, number: int, **more: Any) -> None:
        if error is not None:
            raise error
        assert more.keys() <= {"eventCategory", "eventType", "strings", "data", "sid"}
        sent.append((app, number, more["eventType"], tuple(more["strings"])))

    made.ReportEvent = report
    module: ModuleType = made
    return module


def test_a_run_in_the_windows_event_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbered, with its fields as strings; what was refused is a warning there."""
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setitem(sys.modules, "win32evtlogutil", stand_in(sent))
    monkeypatch.setenv("PREPOP_LOG__EVENTS", "windows")
    monkeypatch.setenv("PREPOP_LIMITS__ADDITIONS", "0")
    people = sample(12, 3)
    with SandboxServer(tenant_of(people, 3, faults=Faults.none(), scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        assert main(["sync", "-c", str(tmp_path / "prepop.toml")]) == 30
    numbers = {number: kind for _, number, kind, _ in sent}
    assert numbers[Event.RUN_BLOCKED.number] == 2
    assert numbers[Event.RUN_BEGAN.number] == 4
    strings = next(strings for _, number, _, strings in sent if number == Event.RUN_BLOCKED.number)
    assert "finding=too-many-additions" in strings


def test_an_event_log_that_fails_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By kind of error, without its words; nothing is raised."""
    monkeypatch.setitem(sys.modules, "win32evtlogutil", stand_in([], RuntimeError("secret words")))
    handler = event_log.EventHandler(WindowsEventLog(), lambda: "run")
    for _ in range(3):
        record = logging.LogRecord("x", logging.INFO, os.devnull, 1, "text", None, None)
        record.event = {"event_id": 1, "event": "x"}
        handler.emit(record)
    assert caplog.text.count("did not take it: RuntimeError") == 1
    assert "secret words" not in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has it")
def test_pywin32_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is missing the error says what to install."""
    monkeypatch.setitem(sys.modules, "win32evtlogutil", None)
    with pytest.raises(OSError, match="pywin32 is not installed"):
        WindowsEventLog()

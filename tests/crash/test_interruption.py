"""Interrupting a run: by a signal, by its time, by too many failures; and clocks that are put right.

Signals go to a real process while the tenant holds one of its batches of writes.
"""

import json
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from prepop.clock import SystemClock
from prepop.sandbox.graph.faults import not_found
from prepop.store.journal import StoredJournal
from tests.crash.stage import Batch, Night

LONG = 600.0  # seconds after which a hanging test gives up


class Started:
    """A prepop in a process of its own, and what it says."""

    def __init__(self, night: Night, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "prepop", *words, "-c", str(night.world.config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.err = ""
        self._more = threading.Condition()
        self._ear = threading.Thread(target=self._listen)
        self._ear.start()

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            with self._more:
                self.err += line
                self._more.notify_all()

    def signalled(self, number: signal.Signals, words: str = "") -> None:
        """Send a signal, and wait until it said these words."""
        self.process.send_signal(number)
        with self._more:
            assert self._more.wait_for(lambda: words in self.err, LONG)

    def end(self) -> tuple[int, str, str]:
        """Wait for it: exit code, standard output, standard error."""
        assert self.process.stdout
        assert self.process.stderr
        try:
            out = self.process.stdout.read()
            code = self.process.wait(LONG)
        finally:
            self.process.kill()
            self._ear.join()
            self.process.stdout.close()
            self.process.stderr.close()
        return code, out, self.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_batch_in_flight(night: Night, number: signal.Signals) -> None:
    """Exit 130, with what to type; the batch under way is done and journaled, no other one leaves."""
    started: list[Started] = []
    known = threading.Event()

    def hold(at: int, batch: Batch) -> None:
        if at == 1:
            assert known.wait(LONG)
            started[0].signalled(number, "stopping after")

    night.watched.on_writes = hold
    started.append(Started(night, "sync"))
    known.set()
    code, out, err = started[0].end()
    assert code == 130
    assert "stopping after" in err
    assert night.watched.write_batches == 1
    results = night.results()
    assert results.pop("done") == len(night.world.tenant.writes) > 0
    assert set(results) == {"open"}
    assert "prepop resume" in out
    assert night.prepop("resume")[0] == 0
    assert set(night.world.written().values()) == {1}
    night.whole()


@pytest.mark.parametrize("how", ["resume", "sync"])
def test_a_second_signal_stops_at_once(night: Night, how: str) -> None:
    """Exit 130 although the tenant does not answer; what was sent is read back by the next command."""
    started: list[Started] = []
    known, ended, acted = threading.Event(), threading.Event(), threading.Event()

    def hold(at: int, batch: Batch) -> None:
        if at == 1:
            assert known.wait(LONG)
            started[0].signalled(signal.SIGTERM, "stopping after")
            started[0].signalled(signal.SIGTERM)
            assert ended.wait(LONG)  # then the tenant acts, but nobody is there to hear of it

    night.watched.on_writes = hold
    night.watched.on_acted = lambda number: acted.set()
    started.append(Started(night, "sync"))
    known.set()
    code, _, err = started[0].end()
    ended.set()
    assert acted.wait(LONG)
    assert code == 130
    assert "interrupted" in err
    assert "prepop" in err.partition("interrupted")[2], "nothing says what to type"
    assert night.prepop(how)[0] == 0
    assert set(night.world.written().values()) == {1}
    night.whole()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_reading_stops_at_once(night: Night, number: signal.Signals) -> None:
    """Before the first write nothing has to be finished: exit 130 at once, nothing sent, no run open."""
    started: list[Started] = []
    known, ended = threading.Event(), threading.Event()
    inner = night.watched._app

    async def held(scope: object, receive: object, send: object) -> None:
        if not ended.is_set():
            assert known.wait(LONG)
            started[0].signalled(number)
            started[0].process.wait(LONG)
            ended.set()
        await inner(scope, receive, send)  # type: ignore[arg-type]

    night.watched._app = held
    started.append(Started(night, "sync"))
    known.set()
    code, _, err = started[0].end()
    assert code == 130
    assert "interrupted" in err
    assert night.world.tenant.writes == []
    assert "Nothing to resume" in night.prepop("resume")[1]
    assert night.prepop("sync")[0] == 0
    night.whole()


def test_the_time_is_spent(night: Night) -> None:
    """`--max-duration` ends between two batches with 25; each resume does a bit more, and the last all."""
    night.watched.on_writes = lambda number, batch: setattr(night.time, "at", night.time.at + 40)
    assert night.prepop("sync", "--max-duration", "30s")[0] == 25
    done = len(night.world.tenant.writes)
    assert done > 0
    code, out, _ = night.prepop("resume", "--max-duration", "30s")
    assert code == 25
    assert "prepop resume" in out
    assert len(night.world.tenant.writes) > done
    assert night.prepop("resume")[0] == 0
    assert set(night.results()) == {"done"}
    assert set(night.world.written().values()) == {1}
    night.whole()


def _newest(night: Night, at: int = 0) -> tuple[bool, int | None]:
    """A past run, counted from the newest: whether it is open, and the exit code that is recorded of it."""
    one = json.loads(night.prepop("runs", "--json")[1])["runs"][at]
    return one["finished"] is None, one["exit_code"]


def test_how_a_run_stopped_is_recorded(night: Night) -> None:
    """A run that ran out of time is recorded with 25: while it is open, and after a sync has closed it."""
    night.watched.on_writes = lambda number, batch: setattr(night.time, "at", night.time.at + 40)
    assert night.prepop("sync", "--max-duration", "30s")[0] == 25
    assert _newest(night) == (True, 25)
    assert "open, exit 25" in night.prepop("runs")[1]
    night.watched.on_writes = None
    assert night.prepop("sync")[0] == 0
    assert [_newest(night, 0), _newest(night, 1)] == [(False, 0), (False, 25)]
    night.whole()


def test_a_resume_that_dies_is_recorded_as_interrupted(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier stop said of the run is true no more once `resume` is under way."""
    night.watched.on_writes = lambda number, batch: setattr(night.time, "at", night.time.at + 40)
    assert night.prepop("sync", "--max-duration", "30s")[0] == 25
    night.watched.on_writes = None
    with monkeypatch.context() as dying:
        dying.setattr(StoredJournal, "sent", _dies)
        assert night.prepop("resume")[0] == 130
    assert _newest(night) == (True, None)
    assert night.prepop("sync")[0] == 0
    assert _newest(night, 1) == (False, 130)
    night.whole()


def _dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_too_many_failures(night: Night) -> None:
    """A refusal of everybody counts as failures: exit 20, the rest is not tried; the next sync does it."""
    text = night.world.config.read_text(encoding="utf-8")
    night.world.config.write_text(text.replace('failures = "500"', 'failures = "3"'), encoding="utf-8")
    night.world.tenant.faults.next("(POST|PATCH|DELETE) users/.*Methods", not_found(), 1_000_000)
    code, out, err = night.prepop("sync")
    assert code == 20
    assert "limits.failures" in err
    assert "prepop resume" not in out, "the run has ended: there is nothing to resume"
    assert _newest(night) == (False, 20)
    results = night.results()
    assert results["failed"] > 3
    assert results["not-tried"] > 0
    assert "done" not in results
    assert not night.world.tenant.writes
    night.world.tenant.faults._script.clear()
    assert night.prepop("sync")[0] == 0
    assert _newest(night, 1) == (False, 20)
    night.whole()


@pytest.mark.parametrize(
    ("step", "fine"),
    [
        pytest.param(timedelta(hours=-1), True, id="an hour back"),
        pytest.param(timedelta(hours=-23), True, id="most of a day back"),
        pytest.param(timedelta(hours=1), True, id="an hour forward"),
        pytest.param(timedelta(hours=23), True, id="most of a day forward"),
        pytest.param(timedelta(hours=25), False, id="a day forward"),
        pytest.param(timedelta(days=-3), False, id="days back"),
    ],
)
def test_the_clock_is_put_right(
    night: Night, monkeypatch: pytest.MonkeyPatch, step: timedelta, fine: bool
) -> None:
    """Between plan and apply a step of the wall clock matters for a plan's age alone; time is UTC."""
    plan = str(night.world.folder / "out" / "plan.json")
    assert night.prepop("plan", "--out", str(night.world.folder / "out"))[0] == 0
    start = datetime.now(UTC)
    monkeypatch.setattr(SystemClock, "now", lambda _: start + step)
    code, _, err = night.prepop("apply", plan)
    if not fine:
        assert code == 30
        assert "plan-stale" in err
        assert night.world.tenant.writes == []
        return
    assert code == 0, err
    assert set(night.world.written().values()) == {1}
    night.whole()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns"])
def test_the_clock_steps_while_it_writes(night: Night, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """The wall clock jumps by two hours in mid-run, in a zone with daylight saving: all is done as ever."""
    monkeypatch.setenv("TZ", zone)
    start = datetime(2026, 10, 25, 0, 59, tzinfo=UTC)  # the hour that Europe has twice
    jumps = {0: timedelta(0), 1: timedelta(hours=2), 2: timedelta(hours=-2)}
    monkeypatch.setattr(SystemClock, "now", lambda _: start + jumps[min(2, night.watched.write_batches)])
    assert night.prepop("sync", "--max-duration", "1h")[0] == 0
    assert set(night.results()) == {"done"}
    night.whole()

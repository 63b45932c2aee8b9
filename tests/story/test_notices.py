"""A night that needs a person says so, once, and names nobody; a watchdog hears of nights that are none."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from prepop.cli import main
from prepop.cli.place import EXPORT, Place
from prepop.clock import SystemClock
from prepop.sandbox.graph.faults import Faults
from prepop.sandbox.graph.server import SandboxServer
from prepop.sandbox.people.directory import sample
from prepop.sandbox.people.directory import tenant as tenant_of
from prepop.store.journal import StoredJournal
from prepop.store.lock import only_run
from tests.notices.hook import TOKEN, Hook


@dataclass
class Job:
    """A config with a webhook, and what the webhook heard."""

    folder: Path
    hook: Hook

    def typed(self, *words: str) -> int:
        """One command; the answer is its exit code."""
        self.hook.bodies.clear()
        return main([*words, "-c", str(self.folder / "prepop.toml")])

    @property
    def said(self) -> list[str]:
        """Subjects."""
        return [body["title"] for body in self.hook.bodies]


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    """Twelve people in good weather."""
    people = sample(12, 3)
    hook = Hook()
    monkeypatch.setenv("PREPOP_NOTIFY_URLS", hook.url)
    with SandboxServer(tenant_of(people, 3, faults=Faults.none(), scale=1000)) as server:
        Place(tmp_path, people).write(server.url)
        yield Job(tmp_path, hook)
    hook.close()


def test_a_good_night_is_quiet_unless_it_is_asked_for(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """attention says nothing of it, changes where something was written, always also where nothing was."""
    monkeypatch.setenv("PREPOP_NOTIFY__WHEN", "changes")
    assert job.typed("sync") == 0
    (said,) = job.said
    assert said.startswith("prepop · Contoso · done: ")
    assert said.endswith(" done")
    assert job.typed("sync") == 0
    assert job.said == []
    monkeypatch.setenv("PREPOP_NOTIFY__WHEN", "always")
    assert job.typed("sync") == 0
    assert job.said == ["prepop · Contoso · done"]
    monkeypatch.setenv("PREPOP_NOTIFY__WHEN", "attention")
    assert job.typed("sync") == 0
    assert job.said == []


def test_every_trouble_is_told(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocked by a finding, a lock that is held, a directory that cannot be read, a bug."""
    monkeypatch.setenv("PREPOP_LIMITS__ADDITIONS", "0")
    assert job.typed("sync") == 30
    assert job.said == ["prepop · Contoso · blocked: too-many-additions"]
    assert "too-many-additions" in job.hook.bodies[0]["message"]
    monkeypatch.delenv("PREPOP_LIMITS__ADDITIONS")
    with only_run(job.folder / "state", "another", SystemClock().now()):
        assert job.typed("sync") == 50
    assert [said.partition(" · ")[2].partition(" · ")[2] for said in job.said] == [
        "another run holds the lock"
    ]
    export = job.folder / EXPORT
    whole = export.read_bytes()
    export.write_bytes(whole[:-200] + b"\xff\xfe:")
    assert job.typed("sync") == 40
    assert job.said[0].endswith("could not be read")
    export.write_bytes(whole)

    def dies(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(StoredJournal, "settled", dies)
    assert job.typed("sync") == 1
    assert "broken off" in job.said[0]


def test_a_config_that_cannot_be_used_is_told(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    """A job that somebody broke by an edit does not fall silent: how many mistakes, not which."""
    config = job.folder / "prepop.toml"
    whole = config.read_text(encoding="utf-8")
    config.write_text(whole.replace("[cloud]", "[clout]") + "\n[limitz]\n", encoding="utf-8")
    assert job.typed("sync") == 2
    (said,) = job.hook.bodies
    assert said["title"] == "prepop · the config cannot be used"
    assert "no run began" in said["message"]
    assert "limitz" not in said["message"]
    assert job.typed("sync", "--dry-run") == 2
    assert job.typed("plan") == 2
    assert job.hook.bodies == []
    config.write_text("[", encoding="utf-8")
    assert job.typed("sync") == 2
    assert len(job.hook.bodies) == 1
    assert TOKEN not in capsys.readouterr().err


def test_nobody_is_named(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """No name, UPN or value of anybody stands in a notice, masked or not; where it ran does."""
    monkeypatch.setenv("PREPOP_NOTIFY__WHEN", "always")
    people = sample(12, 3).people
    assert job.typed("sync") == 0
    (body,) = job.hook.bodies
    text = body["title"] + body["message"]
    assert not [one.upn for one in people if one.upn.lower() in text.lower() or one.name in text]
    assert "•" not in text
    assert "prepop.toml" in text


def test_a_notice_that_cannot_be_sent_changes_nothing(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The night ends as it ended, and the log says which place did not take it, without its secret."""
    monkeypatch.setenv("PREPOP_NOTIFY_URLS", f"json://127.0.0.1:9/{TOKEN}")
    monkeypatch.setenv("PREPOP_NOTIFY__WHEN", "always")
    assert job.typed("sync") == 0
    told = capsys.readouterr()
    assert "was not sent to place 1 of 1 (json)" in told.err
    assert TOKEN not in told.err + told.out


def test_the_report_goes_along(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """attach = ["csv"]: the masked table of the run."""
    monkeypatch.setenv("PREPOP_NOTIFY__WHEN", "always")
    monkeypatch.setenv("PREPOP_NOTIFY__ATTACH", '["csv"]')
    assert job.typed("sync") == 0
    (attached,) = job.hook.bodies[0]["attachments"]
    assert attached["filename"] == "report.csv"


def test_a_trial(job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`notify --test` says how many places took it; none named is a mistake, one that fails ends 20."""
    assert job.typed("notify", "--test") == 0
    assert job.said == ["prepop · contoso.onmicrosoft.com · a trial notice"]
    monkeypatch.setenv("PREPOP_NOTIFY_URLS", f"{job.hook.url} json://127.0.0.1:9/{TOKEN}")
    capsys.readouterr()
    assert job.typed("notify", "--test") == 20
    told = capsys.readouterr()
    assert "Sent to 1 place of 2" in told.out
    assert TOKEN not in told.out + told.err
    monkeypatch.delenv("PREPOP_NOTIFY_URLS")
    assert job.typed("notify", "--test") == 2
    assert job.typed("notify") == 2


def test_a_watchdog(job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """30 where there was no good run, or none of late; a run that ended otherwise is not good."""
    assert job.typed("runs", "--overdue") == 30
    assert "has ended well" in capsys.readouterr().out
    assert job.typed("sync") == 0
    capsys.readouterr()
    assert job.typed("runs", "--overdue", "--json") == 0
    assert json.loads(capsys.readouterr().out)["overdue"] is False
    later = SystemClock().now() + timedelta(hours=27)
    monkeypatch.setattr("prepop.clock.SystemClock.now", lambda _: later)
    assert job.typed("runs", "--overdue") == 30
    monkeypatch.setenv("PREPOP_NOTIFY__WITHIN", "2d")
    assert job.typed("runs", "--overdue") == 0
    assert job.typed("runs", "RUN", "--overdue") == 2

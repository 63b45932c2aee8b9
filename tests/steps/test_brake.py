"""What ends a run: a signal, a time budget; while reading at once, while writing with care."""

from pathlib import Path

import pytest

from prepop.cli.context import heeding
from prepop.errors import Exit, Stopped
from prepop.model import Traffic
from prepop.options import DirectoryKind, DirectoryOptions
from prepop.sandbox.people.directory import sample
from prepop.sources import open_directory
from prepop.steps.brake import Brake
from tests.steps.model_tenant import quiet
from tests.store.made import Clock


def spent() -> Brake:
    """A brake whose time budget is used up."""
    brake = Brake(Clock(), max_seconds=60)
    brake._started -= 61
    return brake


def test_a_reading_ends_where_the_budget_is_spent() -> None:
    """Before anything is written whoever waits hears an error with 25, a signal one with 130."""
    with pytest.raises(Stopped) as told:
        spent().held()
    assert told.value.exit_code is Exit.OUT_OF_TIME
    interrupted = Brake(Clock(), interrupted=True)
    with pytest.raises(Stopped) as told:
        interrupted.heed()
    assert told.value.exit_code is Exit.INTERRUPTED


def test_a_writing_is_only_told() -> None:
    """While changes are sent nothing is raised: what is under way is finished first."""
    brake = spent()
    brake.writing = True
    brake.heed()
    assert brake.held() == "the time budget is spent"


def test_a_thread_that_reads_a_file_ends_too(tmp_path: Path) -> None:
    """A reading in a thread cannot be cancelled: it asks at each report of its progress."""
    export = tmp_path / "people.ldif"
    sample(1_200, seed=1).write_ldif(export)
    source = open_directory(DirectoryOptions("corp", DirectoryKind.LDIF, path=export))
    assert source.read(("mobile",), heeding(Brake(Clock()), quiet, Traffic())).people
    with pytest.raises(Stopped):
        source.read(("mobile",), heeding(Brake(Clock(), interrupted=True), quiet, Traffic()))

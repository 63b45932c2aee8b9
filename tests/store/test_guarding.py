"""Whoever can write the state decides what counts as prepop's own: others are refused, and links."""

import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prepop.errors import Locked, StateError
from prepop.store.database import NAME, exists, open_database, prepare_folder
from prepop.store.journal import StoredJournal
from prepop.store.key import key
from prepop.store.lock import only_run
from prepop.store.purging import forget
from tests.store.made import Clock

pytestmark = pytest.mark.skipif(os.name == "nt", reason="file modes of POSIX")
root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state with a database and a key."""
    folder = tmp_path / "state"
    use(folder)
    return folder


def use(folder: Path) -> None:
    """What each command that writes does with its state."""
    prepare_folder(folder)
    with only_run(folder, "20261122T000000Z-aaaa", NOW):
        open_database(folder, key(folder, {}, make=True), query_only=False).close()


def look(folder: Path) -> None:
    """What each command that only reads does."""
    open_database(folder, key(folder, {}, make=False), query_only=True).close()


@pytest.mark.parametrize("act", [use, look])
@pytest.mark.parametrize("name", [".", NAME, "prepop.key"])
def test_state_that_others_can_write_is_refused(state: Path, act: Callable[[Path], None], name: str) -> None:
    """Folder 0777, database or key 0666: nothing is believed and nothing written, and the file is named."""
    act(state)
    path = state / name
    path.chmod(0o777 if path.is_dir() else 0o666)
    with pytest.raises(StateError) as caught:
        act(state)
    assert str(path) in caught.value.message
    assert "can be written by others" in caught.value.message
    assert stat.S_IMODE(path.stat().st_mode) & 0o022


@root
@pytest.mark.parametrize("name", [".", NAME, "prepop.key"])
def test_state_of_another_user_is_refused(state: Path, name: str) -> None:
    """Its owner can change it any time."""
    os.chown(state / name, 4711, 0)
    with pytest.raises(StateError, match="belongs to another user"):
        use(state)


@pytest.mark.parametrize("name", [NAME, "prepop.key"])
def test_state_that_others_can_read_is_closed(state: Path, name: str) -> None:
    """Database and key are left to their owner before anything is read from them."""
    (state / name).chmod(0o644)
    use(state)
    assert stat.S_IMODE((state / name).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name", [NAME, f"{NAME}-wal", "prepop.key", "prepop.lock", "prepop.lock.json", ".probe"]
)
def test_a_planted_link_is_refused(state: Path, tmp_path: Path, name: str) -> None:
    """A link in the place of a file of the state overwrites nothing, and changes nobody's mode."""
    target = tmp_path / "precious"
    target.write_text("precious")
    target.chmod(0o644)
    (state / name).unlink(missing_ok=True)
    (state / name).symlink_to(target)
    with pytest.raises(StateError, match="is a link"):
        use(state)
    assert target.read_text() == "precious"
    assert stat.S_IMODE(target.stat().st_mode) == 0o644


def test_a_link_planted_late_is_replaced(state: Path, tmp_path: Path) -> None:
    """The name of the holder is written beside the lock without following what stands there."""
    target = tmp_path / "precious"
    target.write_text("precious")
    (state / "prepop.lock.json").symlink_to(target)
    with only_run(state, "20261122T000000Z-aaaa", NOW):
        pass
    assert target.read_text() == "precious"


def test_a_holder_that_others_wrote_is_not_quoted(state: Path) -> None:
    """Whoever waits for the lock is told of the holder only what the holder wrote."""
    with only_run(state, "20261122T000000Z-aaaa", NOW):
        (state / "prepop.lock.json").chmod(0o666)
        with pytest.raises(Locked) as caught, only_run(state, "20261122T000000Z-bbbb", NOW):
            pass
    assert "aaaa" not in caught.value.message


def test_asking_for_a_past_opens_no_link(state: Path, tmp_path: Path) -> None:
    """A database that a link leads to is not even looked into: SQLite may write to its log."""
    assert exists(state)
    (state / NAME).rename(tmp_path / "precious.db")
    (state / NAME).symlink_to(tmp_path / "precious.db")
    with pytest.raises(StateError, match="is a link"):
        exists(state)


@pytest.mark.parametrize("dry", [True, False])
def test_forgetting_follows_no_link(state: Path, tmp_path: Path, dry: bool) -> None:
    """A link in the report folder that is named like an old run, or lies in one, costs nothing of ours."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "mine.txt").write_text("precious")
    old = tmp_path / "reports" / "20200101T000000Z-aaaa"
    old.mkdir(parents=True)
    (old / "applied").symlink_to(precious)
    (tmp_path / "reports" / "20200101T000000Z-bbbb").symlink_to(precious)
    its_key = key(state, {}, make=False)
    connection = open_database(state, its_key, query_only=False)
    journal = StoredJournal(connection, its_key, Clock(NOW))
    assert forget(journal, tmp_path / "reports", NOW, 90, dry=dry) == (0, 1)
    connection.close()
    assert (precious / "mine.txt").read_text() == "precious"
    assert (old / "applied").is_symlink() is dry


def test_a_state_folder_may_be_a_link_of_ours(state: Path, tmp_path: Path) -> None:
    """A state on another disk, behind a link that its own user made, is used as ever."""
    (tmp_path / "elsewhere").symlink_to(state)
    use(tmp_path / "elsewhere")

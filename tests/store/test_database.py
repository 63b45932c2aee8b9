"""Everything that can be wrong with the state is found when it is opened, with what to do."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from prepop.errors import OutputError, StateError
from prepop.model import Method, Result
from prepop.store.database import NAME, exists, open_database, prepare_folder
from prepop.store.key import Key, key
from tests.store.made import KEY, A, change, full, opened, outcome, plan


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with one run in it."""
    folder = tmp_path / "state"
    with opened(folder) as kept:
        kept.begin(full())
        kept.journal.settled(full().run, [outcome(one, Result.DONE) for one in full().changes])
    return folder


def refused(folder: Path, its_key: Key = KEY, *, query_only: bool = False) -> StateError:
    """The error with which opening ends; it names the file and a way on, and the exit code is 2."""
    before = (folder / NAME).read_bytes()
    with pytest.raises(StateError) as error:
        open_database(folder, its_key, query_only=query_only).close()
    assert str(folder / NAME) in error.value.message
    assert error.value.hint
    assert error.value.exit_code == 2
    assert (folder / NAME).read_bytes() == before, "a file that is refused is not changed"
    return error.value


def execute(folder: Path, *statements: str) -> None:
    """Do something to the database behind prepop's back."""
    connection = sqlite3.connect(folder / NAME, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


BOTH = pytest.mark.parametrize("query_only", [False, True])


@pytest.mark.skipif(os.name == "nt", reason="file modes of POSIX")
def test_only_the_owner_reads(state: Path) -> None:
    """Folder, database and what SQLite puts beside it are the owner's only."""
    with opened(state) as kept:
        kept.begin(plan(run="second"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in state.iterdir()}
    assert NAME in modes
    assert f"{NAME}-wal" in modes
    assert set(modes.values()) == {0o600}
    assert state.stat().st_mode & 0o777 == 0o700


def test_settings_of_the_database(state: Path) -> None:
    """Write-ahead log, full durability and foreign keys are on."""
    connection = open_database(state, KEY, query_only=False)
    asked = {name: connection.execute(f"PRAGMA {name}").fetchone()[0]
             for name in ("journal_mode", "synchronous", "foreign_keys")}  # fmt: skip
    connection.close()
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@BOTH
def test_a_newer_schema(state: Path, query_only: bool) -> None:
    """A database of a newer prepop is refused."""
    execute(state, "PRAGMA user_version = 999")
    assert "newer prepop" in refused(state, query_only=query_only).message


@BOTH
def test_another_key(state: Path, query_only: bool) -> None:
    """A database that was written with another key is refused."""
    error = refused(state, Key(b"x" * 32), query_only=query_only)
    assert "another key" in error.message
    assert "prepop.key" in error.hint


@BOTH
def test_no_database_at_all(state: Path, query_only: bool) -> None:
    """A file that is no database is refused."""
    (state / NAME).write_bytes(b"this is not a database " * 100)
    assert "damaged" in refused(state, query_only=query_only).message


@BOTH
def test_somebody_elses_database(tmp_path: Path, query_only: bool) -> None:
    """A database of another program is refused and not changed."""
    execute(tmp_path, "CREATE TABLE theirs (x)")
    assert "not a database of prepop" in refused(tmp_path, query_only=query_only).message


@BOTH
def test_somebody_elses_database_with_a_version(tmp_path: Path, query_only: bool) -> None:
    """Also where the other program counts its schemas."""
    execute(tmp_path, "CREATE TABLE theirs (x)", "PRAGMA user_version = 1")
    refused(tmp_path, query_only=query_only)


def test_no_key_inside(state: Path) -> None:
    """A database that has lost the line that tells its key is refused, not a traceback."""
    execute(state, "DELETE FROM about")
    refused(state)


@BOTH
def test_a_damaged_database(state: Path, query_only: bool) -> None:
    """A page that was overwritten in the middle is found before anything is done."""
    path = state / NAME
    whole = bytearray(path.read_bytes())
    for page in range(1, len(whole) // 4096):
        whole[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    path.write_bytes(whole)
    assert "damaged" in refused(state, query_only=query_only).message


@BOTH
@pytest.mark.parametrize("size", [100, 5000])
def test_a_cut_database(state: Path, size: int, query_only: bool) -> None:
    """A database that was cut is refused."""
    path = state / NAME
    path.write_bytes(path.read_bytes()[:size])
    refused(state, query_only=query_only)


@pytest.mark.parametrize("statements", [None, ["PRAGMA journal_mode = WAL"], ["PRAGMA journal_mode = WAL",
    "CREATE TABLE t (x)", "DROP TABLE t"]], ids=["no byte", "header only", "emptied"])  # fmt: skip
def test_a_first_run_that_was_cut_off(tmp_path: Path, statements: list[str] | None) -> None:
    """What a cut first run leaves counts as no database, and the next run takes it up."""
    (tmp_path / NAME).touch()
    execute(tmp_path, *(statements or ()))
    assert ((tmp_path / NAME).stat().st_size == 0) == (statements is None)
    assert not exists(tmp_path)
    with opened(tmp_path) as kept:
        kept.begin(full())
    assert exists(tmp_path)


def test_everything_still_in_the_write_ahead_log(tmp_path: Path) -> None:
    """A file with nothing but a header is a database, as long as its log holds the rest."""
    with opened(tmp_path) as kept:
        assert (tmp_path / NAME).stat().st_size <= 4096
        assert exists(tmp_path)
        kept.begin(full())


@BOTH
def test_the_mark_of_another_program(tmp_path: Path, query_only: bool) -> None:
    """An empty database that another program marked as its own is refused and not changed."""
    execute(tmp_path, "PRAGMA application_id = 1196444487")
    assert exists(tmp_path)
    assert "not a database of prepop" in refused(tmp_path, query_only=query_only).message


@BOTH
def test_a_database_cut_to_nothing_beside_its_log(tmp_path: Path, query_only: bool) -> None:
    """No byte is left, but the log is there: SQLite would throw it away, so it is refused."""
    (tmp_path / NAME).touch()
    log = tmp_path / f"{NAME}-wal"
    log.write_bytes(b"what was written last")
    assert exists(tmp_path)
    assert "damaged" in refused(tmp_path, query_only=query_only).message
    assert log.exists()


def test_a_locked_database(state: Path) -> None:
    """If another program holds the database, the error says so, and nothing is written down."""
    connection = sqlite3.connect(state / NAME, isolation_level=None)
    with opened(state) as kept:
        kept.journal._connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateError, match="locked") as error:
            kept.journal.sent(full().run, [full().changes[0].id])
        assert "another program" in error.value.hint
        connection.execute("ROLLBACK")
        kept.journal.sent(full().run, [full().changes[0].id])
    connection.close()


def test_a_preview_cannot_write(state: Path) -> None:
    """A connection that was opened for reading refuses to write."""
    with opened(state, query_only=True) as kept, pytest.raises(StateError):
        kept.begin(plan(run="second"))
    with opened(state, query_only=True) as kept:
        assert [one.id for one in kept.journal.runs()] == [full().run]


def test_a_full_disk(tmp_path: Path) -> None:
    """If the disk is full, beginning a run is an error with a way on and leaves no half of a run."""
    with opened(tmp_path) as kept:
        pages = kept.journal._connection.execute("PRAGMA page_count").fetchone()[0]
        kept.journal._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        many = plan(*(change(n, None, A) for n in range(200)))
        with pytest.raises(StateError, match="full") as error:
            kept.begin(many)
        assert "make room" in error.value.hint
        assert kept.journal.runs() == ()
        assert kept.journal.changes(many.run, "intended") == ()


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder that others may enter, as a user without rights; skipped on Windows."""
    if os.name == "nt":
        pytest.skip("users of POSIX")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    before = os.geteuid()
    try:
        yield folder
    finally:
        os.seteuid(before)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o700)
        shutil.rmtree(folder)


def _lose_rights() -> None:
    if os.geteuid() == 0:
        os.seteuid(65534)


def test_a_folder_that_cannot_be_written(nobody: Path) -> None:
    """If the state folder may not be written to, the error names it and says what to do."""
    nobody.chmod(0o555)
    _lose_rights()
    with pytest.raises(StateError, match="using the state folder") as error:
        prepare_folder(nobody)
    assert "state.dir" in error.value.hint
    with pytest.raises(OutputError, match="making the folder"):
        prepare_folder(nobody / "state")


def test_a_database_of_somebody_else(nobody: Path) -> None:
    """If the database may not be read, both kinds of opening end with an error and no traceback."""
    with opened(nobody) as kept:
        kept.begin(full())
    (nobody / NAME).chmod(0o000)
    nobody.chmod(0o555)
    _lose_rights()
    for query_only in (False, True):
        with pytest.raises(StateError, match="opening"):
            open_database(nobody, KEY, query_only=query_only).close()


# ---------------------------------------------------------------- the key


def test_a_key_is_made_once(tmp_path: Path) -> None:
    """The key is made on first use, owner-only, and is the same ever after."""
    made = key(tmp_path, {}, make=True)
    assert key(tmp_path, {}, make=True).check == key(tmp_path, {}, make=False).check == made.check
    if os.name != "nt":
        assert (tmp_path / "prepop.key").stat().st_mode & 0o777 == 0o600


def test_a_missing_key_is_never_replaced(tmp_path: Path) -> None:
    """Where there must be a key and none is, a new one would make the database unreadable: an error."""
    with pytest.raises(StateError, match=r"there is no .*prepop\.key"):
        key(tmp_path, {}, make=False)
    assert list(tmp_path.iterdir()) == []


def test_the_environment_comes_first(tmp_path: Path) -> None:
    """A key in the environment is used, and none is written."""
    text = b64encode(b"k" * 32).decode()
    assert key(tmp_path, {"PREPOP_STATE_KEY": f" {text}\n"}, make=True).check == KEY.check
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["c2hvcnQ=", b64encode(b"k" * 31).decode(), "ü" * 44, "=" * 44])
def test_what_is_no_key(tmp_path: Path, text: str) -> None:
    """A text that is no key is refused without being shown."""
    (tmp_path / "prepop.key").write_text(text, encoding="utf-8")
    for environ in ({}, {"PREPOP_STATE_KEY": text}):
        with pytest.raises(StateError) as error:
            key(tmp_path, environ, make=True)
        assert text not in error.value.message


def test_what_is_encrypted_comes_back() -> None:
    """Encryption is fresh each time, comes back whole, and shows any damage."""
    one, other = KEY.encrypt(A), KEY.encrypt(A)
    assert one != other
    assert KEY.decrypt(one) == KEY.decrypt(other) == A
    for damaged in (one[:-1], b"", one[:5], bytes([one[0] ^ 1]) + one[1:], one + b"x"):
        with pytest.raises(StateError, match="damaged"):
            KEY.decrypt(damaged)
    assert KEY.fingerprint(Method.MOBILE, A) != Key(b"x" * 32).fingerprint(Method.MOBILE, A)


def test_exists(tmp_path: Path) -> None:
    """An untouched folder has no past."""
    assert not exists(tmp_path)
    assert not exists(tmp_path / "not" / "yet")


@pytest.mark.parametrize("below", ["", "state"])
def test_something_in_the_way(tmp_path: Path, below: str) -> None:
    """A file where the state folder, or one above it, should be is not an empty past."""
    file = tmp_path / "file"
    file.write_text("in the way", encoding="utf-8")
    with pytest.raises(StateError, match=f"{file} is not a folder"):
        exists(file / below)


# ---------------------------------------------------------------- the lock

HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from prepop.errors import PrepopError
from prepop.store.lock import only_run

try:
    with only_run(Path(sys.argv[1]), sys.argv[2], datetime(2026, 11, 22, tzinfo=UTC)):
        print("held", flush=True)
        sys.stdin.readline()
except PrepopError as error:
    print(error.exit_code, error.message, flush=True)
"""


def holding(state: Path, run: str) -> tuple[subprocess.Popen[str], str]:
    """A process that takes the lock, and the first thing it says."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(state), run],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def finish(process: subprocess.Popen[str]) -> None:
    """End a process and close its pipes."""
    process.communicate("\n", timeout=600)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """A second run ends with 50 and names the holder; afterwards, and after a SIGKILL, the lock is free."""
    first, said = holding(tmp_path, "first")
    assert said == "held"
    second, said = holding(tmp_path, "second")
    assert said.startswith("50 another run holds")
    assert f"run first, process {first.pid} on " in said
    finish(second)
    first.kill()
    first.communicate(timeout=600)
    third, said = holding(tmp_path, "third")
    assert said == "held"
    finish(third)
    fourth, said = holding(tmp_path, "fourth")
    assert said == "held"
    finish(fourth)


def test_a_lock_that_cannot_be_taken(nobody: Path) -> None:
    """If the lock file may not be made, the error says where."""
    from datetime import UTC, datetime

    from prepop.store.lock import only_run

    nobody.chmod(0o555)
    _lose_rights()
    with (
        pytest.raises(StateError, match=r"taking the lock .*prepop\.lock"),
        only_run(nobody, "run", datetime(2026, 11, 22, tzinfo=UTC)),
    ):
        pytest.fail("the lock was taken")

"""What can be wrong with the state: each a clear error before the first write, exit 2, nothing sent."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.stage import Night


def _refused(night: Night, *words: str) -> None:
    """Every verb that opens the state says the same; nothing was sent, and no run was begun."""
    for verb in (["sync"], ["resume"], ["plan"], ["runs"]):
        code, _, err = night.prepop(*verb)
        assert code == 2, (verb, err)
        assert "prepop.db" in err
        for word in words:
            assert word in err, (verb, err)
    assert night.world.tenant.writes == []


def _database(night: Night) -> Path:
    return night.world.folder / "state" / "prepop.db"


def _sql(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.close()


def test_a_newer_schema(night: Night) -> None:
    """A newer prepop wrote the state: it is left alone."""
    _sql(_database(night), "PRAGMA user_version = 99")
    _refused(night, "newer", "99")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_a_damaged_database(night: Night, share: float) -> None:
    """Pages of the file are overwritten: said before anything is sent, with how to go on."""
    path = _database(night)
    _sql(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    whole = bytearray(path.read_bytes())
    page = int(len(whole) * share) // 4096 * 4096
    whole[page : page + 4096] = b"\xa5" * 4096
    path.write_bytes(whole)
    _refused(night)
    assert "without it prepop only touches less" in night.said[-1] or "not a database" in night.said[-1]


def test_no_database_at_all(night: Night) -> None:
    """Another file under its name: nothing is guessed, nothing is sent."""
    _replaced(night, b"not a database at all, but long enough to be looked into" * 99)
    _refused(night)


@pytest.mark.parametrize("statement", ["", "PRAGMA journal_mode = WAL"], ids=["no byte", "header only"])
@pytest.mark.parametrize("key", [True, False], ids=["with its key", "without a key"])
def test_an_empty_database(night: Night, statement: str, key: bool) -> None:
    """What a first run that was killed leaves: begun afresh, and without a ledger only additions are made."""
    _replaced(night, b"")
    _sql(_database(night), statement)
    if not key:
        (night.world.folder / "state" / "prepop.key").unlink()
    assert night.prepop("plan", "--exit-code")[0] == 10
    assert json.loads(night.prepop("runs", "--json")[1])["runs"] == []
    assert night.prepop("sync")[0] == 0
    assert {write.verb for write in night.world.tenant.writes} == {"POST"}


def _replaced(night: Night, content: bytes) -> None:
    _database(night).write_bytes(content)
    for beside in ("-wal", "-shm"):
        _database(night).with_name("prepop.db" + beside).unlink(missing_ok=True)


def test_another_key(night: Night) -> None:
    """The key is another one, or it is gone: earlier values cannot be read, so nothing is done."""
    key = night.world.folder / "state" / "prepop.key"
    key.write_text("A" * 43 + "=\n", encoding="ascii")
    _refused(night, "key")
    key.unlink()
    for verb in ("sync", "plan"):
        code, _, err = night.prepop(verb)
        assert code == 2
        assert "prepop.key" in err
    assert night.world.tenant.writes == []


def test_a_database_that_another_process_holds(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody has the database open for writing: said after some seconds, before the first write."""
    connect = sqlite3.connect

    def hasty(*args: object, **kwargs: object) -> sqlite3.Connection:
        kwargs["timeout"] = 0.05
        return connect(*args, **kwargs)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(sqlite3, "connect", hasty)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
            "c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()",
            str(_database(night)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin
    assert holder.stdout
    try:
        assert holder.stdout.readline() == "held\n"
        code, _, err = night.prepop("sync")
    finally:
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()
    assert code == 2
    assert "another program has the database open" in err
    assert night.world.tenant.writes == []
    assert night.prepop("sync")[0] == 0
    night.whole()


def _limited(night: Night, limit: int) -> subprocess.CompletedProcess[str]:
    """`sync` in a process that may not make any file longer than this: what a full disk looks like."""
    code = (  # set by the process itself: between fork and exec Python may hang, as the server is a thread
        "import resource, sys\n"
        "from prepop.cli import main\n"
        "limit = int(sys.argv.pop(1))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
        "sys.exit(main())\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(limit), "sync", "-c", str(night.world.config)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_full_disk_before_the_first_write(night: Night) -> None:
    """The run cannot be opened in the journal: exit 2, nothing sent; with room all is done."""
    _sql(_database(night), "PRAGMA wal_checkpoint(TRUNCATE)")
    done = _limited(night, 61_000)
    assert done.returncode == 2, done.stderr
    assert "disk" in done.stderr
    assert "Traceback" not in done.stderr
    assert night.world.tenant.writes == []
    assert night.prepop("sync")[0] == 0
    night.whole()


def test_a_full_disk_in_mid_run(night: Night) -> None:
    """The journal cannot be written any more: the next sync reads back what was sent."""
    seen: list[int] = []
    for limit in range(70_000, 400_000, 40_000):
        done = _limited(night, limit)
        assert "Traceback" not in done.stderr
        seen.append(done.returncode)
        if done.returncode == 0:
            break
        assert done.returncode == 2, done.stderr
    assert set(seen) == {0, 2} or seen == [0]
    assert set(night.world.written().values()) == {1}
    night.whole()


@pytest.mark.parametrize("words", ["sync", "plan", "runs", "explain person0@example.com"])
def test_a_state_folder_that_cannot_be(night: Night, words: str) -> None:
    """Something stands where the state folder should be: exit 2 and nothing sent."""
    state = night.world.folder / "state"
    state.rename(night.world.folder / "kept")
    state.write_text("in the way", encoding="utf-8")
    code, _, err = night.prepop(*words.split())
    assert code == 2
    assert str(state) in err
    assert night.world.tenant.writes == []


@pytest.mark.parametrize("spoil", [lambda p: p.write_text("{"), lambda p: p.write_bytes(b"\xff\xfe")])
def test_a_lock_file_with_nonsense(night: Night, spoil: Callable[[Path], object]) -> None:
    """What a dead process left beside the lock does not hinder the next one."""
    spoil(night.world.folder / "state" / "prepop.lock.json")
    assert night.prepop("sync")[0] == 0
    night.whole()

"""STATE/prepop.db: SQLite with a write-ahead log (`network`: where that is safe), durable at every commit.

`synchronous=FULL` costs nothing beside the network: one commit a batch of requests. Everything that can
be wrong with the file is found when it is opened, before anything is written to a tenant.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from importlib.resources import files
from pathlib import Path
from typing import ParamSpec, TypeVar

from prepop.errors import StateError
from prepop.files import Untrusted, keep_from_others, owner_only_folder, restrict
from prepop.store.key import Key
from prepop.store.network import choose_journal, connect

SCHEMA = 6
# what makes of each schema the next one
_STEPS: Mapping[int, Sequence[str]] = {
    1: (
        "ALTER TABLE run ADD COLUMN os_user TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE run ADD COLUMN host TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE run ADD COLUMN stopped_by TEXT NOT NULL DEFAULT ''",
        # then one limit stopped a run, and nothing else left changes without a note in a run that ended 20
        "UPDATE run SET stopped_by = 'limits.failures' WHERE exit_code = 20 AND EXISTS (SELECT 1 FROM change "
        "WHERE change.run = run.id AND result = 'not-tried' AND note = '')",
    ),
    2: (
        "CREATE TABLE refusal (account_id TEXT NOT NULL, method TEXT NOT NULL, tenant TEXT NOT NULL, "
        "fingerprint TEXT NOT NULL, status INTEGER, code TEXT NOT NULL, message TEXT NOT NULL, "
        "runs INTEGER NOT NULL, run TEXT NOT NULL, since TEXT NOT NULL, at TEXT NOT NULL, "
        "proven INTEGER NOT NULL, PRIMARY KEY (account_id, method)) STRICT",
        "CREATE TABLE forgotten (account_id TEXT NOT NULL, method TEXT NOT NULL, run TEXT NOT NULL, "
        "written TEXT NOT NULL, forgotten TEXT NOT NULL, os_user TEXT NOT NULL, host TEXT NOT NULL) STRICT",
    ),
    3: (
        "CREATE TABLE held (run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, "
        "attribute TEXT NOT NULL, unit TEXT NOT NULL, people INTEGER NOT NULL, holders INTEGER NOT NULL, "
        "PRIMARY KEY (run, attribute, unit)) STRICT",
    ),
    4: (
        "CREATE TABLE extra (run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE, "
        "name TEXT NOT NULL, rows INTEGER NOT NULL, header TEXT NOT NULL, PRIMARY KEY (run, name)) STRICT",
    ),
    5: (
        "ALTER TABLE change ADD COLUMN mail TEXT",
        "CREATE TABLE telling (run TEXT PRIMARY KEY) STRICT",
        "CREATE TABLE mail (id TEXT PRIMARY KEY, account_id TEXT NOT NULL, run TEXT NOT NULL, "
        "began TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('sending', 'sent', 'unknown', 'refused', "
        "'no-mailbox')), note TEXT NOT NULL DEFAULT '') STRICT",
        "CREATE INDEX mail_of_run ON mail (run)",
    ),
}
NAME = "prepop.db"
_PROBE = ".probe"
_FILES = (_PROBE, NAME, f"{NAME}-wal", f"{NAME}-shm", "prepop.key", "prepop.lock", "prepop.lock.json")

P = ParamSpec("P")
R = TypeVar("R")


def open_database(state: Path, key: Key, *, query_only: bool) -> sqlite3.Connection:
    """Open the database of a state folder, made on first use unless `query_only`.

    An older schema is brought up to this one; for `query_only` in a copy in memory, so that the file stays as
    it is. Raises StateError where it cannot be opened, is damaged, is newer than this program, or belongs to
    another key.
    """
    guard_folder(state)
    path = state / NAME
    new = not os.path.exists(path)  # noqa: PTH110 - where the folder may not be entered, SQLite says so
    if not new and path.stat().st_size == 0 and _cut_to_nothing(path):
        raise _damaged(f"opening {path}", "it was cut to nothing, and its write-ahead log was not")
    with _explained(f"opening {path}"):
        connection = connect(path, timeout=10)
        try:
            if new:
                restrict(path)
            _settle(connection, path, key, query_only=query_only)
            if _version(connection) < SCHEMA:
                connection = _in_memory(connection) if query_only else connection
                _bring_up(connection, query_only=query_only)
        except BaseException:
            connection.close()
            raise
    return connection


def exists(state: Path) -> bool:
    """True where an earlier run left a database; False also where it was cut off before anything was in it.

    What cannot be looked into counts as a database: opening it says what is wrong. Raises StateError where
    something else stands in the way of the folder, and where others can write the state: a past that cannot
    be reached is not no past.
    """
    nearest = next(path for path in (state, *state.parents) if os.path.exists(path))  # noqa: PTH110 - never raises
    if not nearest.is_dir():
        raise StateError(
            f"using the state folder {state}: {nearest} is not a folder",
            hint="move it away, or name another folder in state.dir",
        )
    path = state / NAME
    try:
        if not path.exists():
            return False
        guard_folder(state)  # looking into a database may already write to its log
        if path.stat().st_size == 0:
            return _cut_to_nothing(path)
        connection = connect(path, timeout=0)
        try:
            connection.execute("PRAGMA query_only = ON")
            return not _blank(connection)
        finally:
            connection.close()
    except (OSError, sqlite3.Error):
        return True


def _blank(connection: sqlite3.Connection) -> bool:
    """True where nobody ever put anything in: no table, no version, no program's mark."""
    return not any(
        connection.execute(asked).fetchone()[0]
        for asked in ("PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite_schema")
    )


def _cut_to_nothing(path: Path) -> bool:
    """True where a log of changes belongs to a file of no length: SQLite would throw the log away."""
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def guard_folder(state: Path) -> None:
    """Whoever can write the state decides what counts as prepop's own. Raises StateError where others can.

    What others can only read is left to the owner.
    """
    for path in (state, *(state / name for name in _FILES)):
        try:
            keep_from_others(path)
        except FileNotFoundError:
            continue
        except Untrusted as error:
            raise StateError(
                f"using the state: {path} {error.why}",
                hint="look at what it holds before you trust it again, or name another folder in state.dir",
            ) from error
        except OSError:
            continue  # whoever uses it says what is wrong


def prepare_folder(state: Path) -> None:
    """Make the state folder, owner-only.

    Raises StateError where it cannot be made or written to, or where others can write there.
    """
    try:
        owner_only_folder(state)
        guard_folder(state)
        probe = state / _PROBE
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StateError(
            f"using the state folder {state}: {error.strerror or error}",
            hint="let the user that runs prepop write there, or name another folder in state.dir",
        ) from error


def _settle(connection: sqlite3.Connection, path: Path, key: Key, *, query_only: bool) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # what is purged is gone from the file too
    if query_only:
        connection.execute("PRAGMA query_only = ON")
    version = _version(connection)
    if version > SCHEMA:
        raise StateError(
            f"opening {path}: a newer prepop wrote it (schema {version}, this program knows {SCHEMA})",
            hint="run the newer prepop, or name another state folder in state.dir",
        )
    if version == 0:
        # a first run that was cut off leaves a file with nothing in it: begun afresh, by who may write
        if query_only or not _blank(connection):
            raise StateError(
                f"opening {path}: it is not a database of prepop", hint="name another folder in state.dir"
            )
        choose_journal(connection, path, new=True, query_only=query_only)
        with transaction(connection):
            for statement in (files("prepop.store") / "schema.sql").read_text(encoding="utf-8").split(";\n"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute("INSERT INTO about VALUES ('key', ?)", (key.check,))
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
    damage = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if damage != "ok":
        raise _damaged(f"opening {path}", damage)
    found = connection.execute("SELECT value FROM about WHERE name = 'key'").fetchone()
    if found != (key.check,):
        raise StateError(
            f"opening {path}: it was written with another key",
            hint="restore prepop.key (or PREPOP_STATE_KEY) that belongs to it, or move the database away",
        )
    choose_journal(connection, path, new=False, query_only=query_only)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of the database that nobody else sees."""
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.backup(copy)
    connection.close()
    return copy


def _bring_up(connection: sqlite3.Connection, *, query_only: bool) -> None:
    """Make of an older schema this one, all or nothing."""
    with transaction(connection):
        for version in range(_version(connection), SCHEMA):
            for statement in _STEPS[version]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
    if query_only:
        connection.execute("PRAGMA query_only = ON")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and on disk when it ends."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def explained(doing: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Turn what SQLite says into a StateError that says what was being done."""

    def around(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def inner(*args: P.args, **kwargs: P.kwargs) -> R:
            with _explained(doing):
                return function(*args, **kwargs)

        return inner

    return around


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        hints = {
            "SQLITE_BUSY": "another program has the database open; end it and try again",
            "SQLITE_FULL": "make room on the disk; `prepop sync` then settles what was cut off",
            "SQLITE_READONLY": "let the user that runs prepop write to the state folder",
            "SQLITE_CANTOPEN": "let the user that runs prepop read and write the state folder",
        }
        name = str(getattr(error, "sqlite_errorname", "")).split("_")
        hint = hints.get("_".join(name[:2]), "look at the disk and the state folder, then try again")
        raise StateError(f"{doing}: {error}", hint=hint) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(doing, str(error)) from error


def _damaged(doing: str, what: str) -> StateError:
    return StateError(
        f"{doing}: the database is damaged ({what})",
        hint="move it away: without it prepop only touches less. A backup knows nothing of what people "
        "changed since: what it would replace or remove is blocked (state-older) until you accept it",
    )

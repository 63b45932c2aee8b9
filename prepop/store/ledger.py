"""The ledger: what prepop wrote and nobody changed since, what Graph refused, since when values are known.

`done` and its entry are one transaction of the journal (`settled`), so that neither can be there without the
other. What somebody else removed before us leaves the ledger too: it is not ours any more, even if the same
value comes back. Nor is what a live reading shows to be another value by now, or none (`noticed`): its entry
stays, without a fingerprint, so that what somebody took away stays away, until it is forgotten (`forget`).
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from prepop.clock import Clock
from prepop.model import (
    Change,
    Ledger,
    Method,
    Operator,
    Outcome,
    Policy,
    Present,
    Refusal,
    Result,
    RunKind,
    Sighting,
    Written,
)
from prepop.rules.decisions.refusals import NOT_KEPT
from prepop.rules.values.keys import comparison_key
from prepop.store.database import explained, transaction
from prepop.store.key import Key

SHOWN_AFTER = timedelta(seconds=60)
"""So long a reading may miss a write. RealmJoin waits 5 seconds (GRAPH section 1); erring upwards
costs nothing, since the next night reads again."""

_RECALLED = "recalled "  # in `about`: a run that only its reports told of

_NOT_KEPT = "Graph took it, and later it was not there"

NOBODYS = ""  # in place of a fingerprint: what was ours here is not any more


class StoredLedger:
    """The ledger on the database of the journal."""

    def __init__(self, connection: sqlite3.Connection, key: Key, clock: Clock) -> None:
        self._connection = connection
        self._key = key
        self._clock = clock

    # ------------------------------------------------------------ writing

    def settled(self, run: str, kind: RunKind, change: Change, result: Result) -> None:
        """Enter what became of a change, inside the journal's transaction."""
        where = (change.account.id, change.method)
        if result in (Result.DONE, Result.ALREADY_TRUE, Result.MOVED_ON):
            # that it was taken once more proves nothing of what did not stay before
            self._connection.execute(
                "DELETE FROM refusal WHERE account_id = ? AND method = ? AND code <> ?", (*where, NOT_KEPT)
            )
        gone = result is Result.ALREADY_TRUE and change.after is None
        if result is Result.DONE or gone:
            self._enter(run, kind, change)

    def _enter(self, run: str, kind: RunKind, change: Change) -> None:
        where = (change.account.id, change.method)
        # what a rollback gives back after an overwrite may be the person's own, and is never ours
        given_back = kind is RunKind.ROLLBACK and change.policy is Policy.OVERWRITE
        if change.after is None or given_back:
            self._connection.execute("DELETE FROM ledger WHERE account_id = ? AND method = ?", where)
            return
        fingerprint = self._fingerprint(change)
        self._connection.execute(
            "INSERT INTO ledger VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (account_id, method) DO UPDATE "
            "SET fingerprint = ?3, run = ?4, written = ?5",
            (*where, fingerprint, run, self._now()),
        )

    @explained("writing down what is not ours any more")
    def noticed(self, present: Mapping[str, Present | None]) -> None:
        now = self._clock.now()
        other: list[tuple[str, str]] = []
        gone: list[tuple[str, str]] = []
        for account, shown in present.items():
            if shown is None:
                continue
            rows = self._connection.execute(
                "SELECT method, fingerprint, written FROM ledger WHERE account_id = ? AND fingerprint <> ?",
                (account, NOBODYS),
            )
            for name, fingerprint, written in rows:
                method = Method(name)
                # what was written just now may not show yet; a clock that was set back says nothing
                young = timedelta(0) <= now - datetime.fromisoformat(written) < SHOWN_AFTER
                if shown.was_read(method) and not young and fingerprint != self._print(method, shown):
                    other.append((account, name))
                    if shown.value(method) is None:
                        gone.append((account, name))
        if not other:
            return
        with transaction(self._connection):
            # what was sent without an answer may be what shows, and may still come true
            doubtful = set(
                self._connection.execute(
                    "SELECT account_id, method FROM change WHERE state IN ('sent', 'unknown')"
                ).fetchall()
            )
            self._connection.executemany(
                "INSERT INTO refusal SELECT l.account_id, l.method, run.tenant, l.fingerprint, NULL, ?3, ?4, "
                "1, l.run, ?5, ?5, 1 FROM ledger l JOIN run ON run.id = l.run "
                "WHERE l.account_id = ?1 AND l.method = ?2 ON CONFLICT (account_id, method) DO UPDATE SET "
                "runs = CASE WHEN fingerprint = excluded.fingerprint AND code = ?3 THEN runs + 1 ELSE 1 END, "
                "fingerprint = excluded.fingerprint, status = NULL, code = ?3, message = ?4, "
                "run = excluded.run, at = ?5, proven = 1",
                [(*where, NOT_KEPT, _NOT_KEPT, self._now()) for where in gone if where not in doubtful],
            )
            self._connection.executemany(
                "UPDATE ledger SET fingerprint = ? WHERE account_id = ? AND method = ?",
                [(NOBODYS, *where) for where in other if where not in doubtful],
            )

    def _print(self, method: Method, shown: Present) -> str | None:
        value = shown.value(method)
        return None if value is None else self._key.fingerprint(method, comparison_key(method, value))

    @explained("writing down what was refused")
    def refused(self, run: str, refusals: Sequence[tuple[Change, Outcome]], single: Collection[str]) -> None:
        """See `ports.Journal`. The same value refused in another way begins to count anew."""
        if not refusals:
            return
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO refusal SELECT ?1, ?2, tenant, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?8, ?9 FROM run "
                "WHERE id = ?7 ON CONFLICT (account_id, method) DO UPDATE SET "
                # whether it goes on as before is told by the row as it was
                "runs = CASE WHEN fingerprint = ?3 AND status IS ?4 AND code = ?5 "
                "THEN runs + (run <> ?7) ELSE 1 END, "
                "since = CASE WHEN fingerprint = ?3 AND status IS ?4 AND code = ?5 THEN since ELSE ?8 END, "
                "proven = CASE WHEN fingerprint = ?3 AND status IS ?4 AND code = ?5 "
                "THEN max(proven, ?9) ELSE ?9 END, "
                "fingerprint = ?3, status = ?4, code = ?5, message = ?6, run = ?7, at = ?8",
                [
                    (
                        change.account.id,
                        change.method,
                        self._fingerprint(change),
                        outcome.status,
                        outcome.code,
                        outcome.message,
                        run,
                        self._now(),
                        change.id in single,
                    )
                    for change, outcome in refusals
                ],
            )

    @explained("forgetting what was written")
    def forget(self, account_id: str, methods: Collection[Method], operator: Operator) -> tuple[Method, ...]:
        """Take these methods of an account out of the ledger, and out of what was refused; who did stays.

        The answer is which of them were there.
        """
        found: list[Method] = []
        with transaction(self._connection):
            for method in Method:
                if method not in methods:
                    continue
                where = (account_id, method)
                kept = self._connection.execute(
                    "INSERT INTO forgotten SELECT account_id, method, run, written, ?3, ?4, ?5 FROM ledger "
                    "WHERE account_id = ?1 AND method = ?2",
                    (*where, self._now(), operator.user, operator.host),
                ).rowcount
                gone = self._connection.execute(
                    "DELETE FROM refusal WHERE account_id = ? AND method = ?", where
                ).rowcount
                self._connection.execute("DELETE FROM ledger WHERE account_id = ? AND method = ?", where)
                if kept or gone:
                    found.append(method)
        return tuple(found)

    @explained("remembering what a lost state knew")
    def remember(self, runs: Collection[str], written: Collection[Written]) -> None:
        """Enter what earlier runs wrote, as nobody's own, so that what was taken away since stays away.

        What the ledger knows better, as it is newer, stays as it is. Of these runs nothing is entered again.
        """
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO ledger VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (account_id, method) DO UPDATE "
                "SET fingerprint = ?3, run = ?4, written = ?5 WHERE written < ?5",
                [
                    (value.account_id, value.method, NOBODYS, value.run, value.at.isoformat())
                    for value in written
                ],
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO about VALUES (?, ?)", [(_RECALLED + run, self._now()) for run in runs]
            )

    # ------------------------------------------------------------ asking

    @explained("reading which runs are known")
    def known_runs(self) -> frozenset[str]:
        """Ids of all runs that the state knows: its own, and those that it was told of (`remember`)."""
        rows = self._connection.execute(
            "SELECT id FROM run UNION SELECT plan_run FROM run "
            "UNION SELECT substr(name, ?) FROM about WHERE name LIKE ?",
            (len(_RECALLED) + 1, f"{_RECALLED}%"),
        )
        return frozenset(run for (run,) in rows)

    @explained("reading the ledger")
    def contents(self) -> Ledger:
        """All of it, as it stands now."""
        written = self._connection.execute("SELECT account_id, method, fingerprint, run, written FROM ledger")
        sightings = self._connection.execute("SELECT anchor, method, fingerprint, since FROM sighting")
        return Ledger(
            {
                (account, Method(method)): Written(
                    account, Method(method), fingerprint, run, datetime.fromisoformat(at)
                )
                for account, method, fingerprint, run, at in written
            },
            {
                (anchor, Method(method)): Sighting(fingerprint, datetime.fromisoformat(since))
                for anchor, method, fingerprint, since in sightings
            },
            self._key.fingerprint,
            self._refusals(),
        )

    @explained("reading what was refused")
    def refusals(self) -> Ledger:
        """Only what Graph refused of single accounts, without all that was written."""
        return Ledger(fingerprint=self._key.fingerprint, refusals=self._refusals())

    def _refusals(self) -> Mapping[tuple[str, Method], Refusal]:
        # a refusal that may have been everybody's is an account's own once a later write came true
        rows = self._connection.execute(
            "SELECT account_id, method, fingerprint, status, code, message, runs, run, at FROM refusal "
            "WHERE proven OR since <= (SELECT max(written) FROM ledger JOIN run ON run.id = ledger.run "
            "WHERE run.tenant = refusal.tenant)"
        )
        return {
            (account, Method(method)): Refusal(
                account,
                Method(method),
                fingerprint,
                status,
                code,
                message,
                runs,
                run,
                datetime.fromisoformat(at),
            )
            for account, method, fingerprint, status, code, message, runs, run, at in rows
        }

    def _fingerprint(self, change: Change) -> str:
        if change.after is None:
            return ""
        return self._key.fingerprint(change.method, comparison_key(change.method, change.after))

    def _now(self) -> str:
        return self._clock.now().isoformat()

"""The journal: what was meant, what was sent, what became of it. What is ours is in `ledger`.

    intended ──► sent ──► settled (done, already-true, moved-on, failed, not-tried)
                   └────► unknown ──► settled, once it was read back

A row stands on disk before its request leaves and again after its answer came. `done` and the ledger's
entry are one transaction, so that neither can be there without the other.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from prepop.clock import Clock
from prepop.model import (
    NOBODY,
    Change,
    ExtraSize,
    Holding,
    LastRun,
    Ledger,
    Method,
    Operator,
    Outcome,
    Plan,
    Present,
    Refusal,
    Result,
    RunKind,
    Sending,
    Written,
)
from prepop.ports import RunRecord
from prepop.reasons import Reason
from prepop.rules.decisions.refusals import refused_before
from prepop.store.database import explained, transaction
from prepop.store.key import Key
from prepop.store.ledger import NOBODYS, StoredLedger
from prepop.store.sealed import sealed, unsealed

_PURGEABLE = (
    "SELECT DISTINCT run.id FROM run JOIN change ON change.run = run.id "
    "WHERE finished IS NOT NULL AND started < ? AND document IS NOT NULL"
)


class StoredJournal:
    """`ports.Journal` on the database, and the questions that are asked of past runs."""

    def __init__(
        self, connection: sqlite3.Connection, key: Key, clock: Clock, operator: Operator = NOBODY
    ) -> None:
        self._connection = connection
        self._key = key
        self._clock = clock
        self._operator = operator
        self._ledger = StoredLedger(connection, key, clock)

    # ------------------------------------------------------------ writing

    @explained("opening the run in the journal")
    def begin(
        self,
        plan: Plan,
        *,
        run: str,
        digest: str,
        path: Path,
        accepted: Mapping[str, int],
        seen: Iterable[tuple[str, Method, str]] = (),
        kind: RunKind = RunKind.APPLY,
    ) -> None:
        now = self._now()
        with transaction(self._connection):
            self._connection.execute(
                "INSERT INTO run (id, kind, plan_run, plan_digest, plan_path, tenant, started, people, "
                "accounts, config_digest, mapping_digest, accepted, os_user, host) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run,
                    kind,
                    plan.run,
                    digest,
                    str(path),
                    plan.tenant,
                    now,
                    plan.totals.people,
                    plan.totals.accounts,
                    plan.config_digest,
                    plan.mapping_digest,
                    json.dumps(dict(accepted)),
                    self._operator.user,
                    self._operator.host,
                ),
            )
            self._connection.executemany(
                "INSERT INTO change (run, id, position, account_id, method, action, document, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, 'intended')",
                (
                    (
                        run,
                        change.id,
                        position,
                        change.account.id,
                        change.method,
                        change.action,
                        sealed(self._key, change),
                    )
                    for position, change in enumerate(plan.changes)
                ),
            )
            last = self._last(plan.tenant)
            self._connection.execute(
                "DELETE FROM held WHERE run <> ? AND run IN (SELECT id FROM run WHERE tenant = ?)",
                (last[0] if last else "", plan.tenant),
            )
            self._connection.executemany(
                "INSERT INTO held VALUES (?, ?, ?, ?, ?)",
                ((run, one.attribute, one.unit, one.people, one.holders) for one in plan.held),
            )
            self._connection.execute(
                "DELETE FROM extra WHERE run <> ? AND run IN (SELECT id FROM run WHERE tenant = ?)",
                (last[0] if last else "", plan.tenant),
            )
            self._connection.executemany(
                "INSERT INTO extra VALUES (?, ?, ?, ?)",
                ((run, extra.name, extra.rows, json.dumps(extra.header)) for extra in plan.extras),
            )
            self._connection.executemany(
                "INSERT INTO sighting VALUES (?1, ?2, ?3, ?4) ON CONFLICT (anchor, method) DO UPDATE "
                "SET fingerprint = ?3, since = ?4 WHERE fingerprint <> ?3",
                ((anchor, method, self._key.fingerprint(method, key), now) for anchor, method, key in seen),
            )
            if kind is RunKind.APPLY:  # of a rollback the word says only that it is not what that run wrote
                # the plan may come from a preview, which forgets nothing
                self._connection.executemany(
                    "UPDATE ledger SET fingerprint = ? WHERE account_id = ? AND method = ? AND written < ?",
                    (
                        (NOBODYS, alone.account.id, alone.method, plan.created.astimezone(UTC).isoformat())
                        for alone in plan.left_alone
                        if alone.reason is Reason.CHANGED_SINCE and alone.account and alone.method
                    ),
                )

    @explained("writing down what is about to be sent")
    def sent(self, run: str, change_ids: Sequence[str]) -> None:
        now = self._now()
        rows = [(run, change_id) for change_id in change_ids]
        with transaction(self._connection):
            self._connection.executemany("UPDATE change SET state = 'sent' WHERE run = ? AND id = ?", rows)
            self._connection.executemany(
                "INSERT INTO attempt SELECT ?1, ?2, 1 + count(*), ?3 FROM attempt "
                "WHERE run = ?1 AND change_id = ?2",
                [(run, change_id, now) for run, change_id in rows],
            )

    @explained("writing down what was not sent after all")
    def unsent(self, run: str, change_ids: Sequence[str]) -> None:
        rows = [(run, change_id) for change_id in change_ids]
        with transaction(self._connection):
            self._connection.executemany(
                "UPDATE change SET state = 'intended' WHERE run = ? AND id = ? AND state = 'sent'", rows
            )
            self._connection.executemany("DELETE FROM attempt WHERE run = ? AND change_id = ?", rows)

    @explained("writing down what became of changes")
    def settled(self, run: str, outcomes: Sequence[tuple[Change, Outcome]]) -> None:
        with transaction(self._connection):
            row = self._connection.execute("SELECT kind FROM run WHERE id = ?", (run,)).fetchone()
            kind = RunKind(row[0])
            for change, outcome in outcomes:
                state = "unknown" if outcome.result is Result.UNKNOWN else "settled"
                self._connection.execute(
                    "UPDATE change SET state = ?, result = ?, status = ?, code = ?, request_id = ?, "
                    "note = ? WHERE run = ? AND id = ?",
                    (
                        state,
                        outcome.result,
                        outcome.status,
                        outcome.code,
                        outcome.request_id,
                        outcome.note,
                        run,
                        change.id,
                    ),
                )
                self._ledger.settled(run, kind, change, outcome.result)

    def noticed(self, present: Mapping[str, Present | None]) -> None:
        self._ledger.noticed(present)

    def refused(self, run: str, refusals: Sequence[tuple[Change, Outcome]], single: Collection[str]) -> None:
        self._ledger.refused(run, refusals, single)

    @explained("writing down how the run stopped")
    def paused(self, run: str, exit_code: int | None) -> None:
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE run SET exit_code = ? WHERE id = ? AND finished IS NULL", (exit_code, run)
            )

    @explained("closing the run in the journal")
    def finish(self, run: str, exit_code: int, stopped_by: str = "") -> None:
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE change SET state = 'settled', result = 'not-tried' "
                "WHERE run = ? AND state = 'intended'",
                (run,),
            )
            self._connection.execute(
                "UPDATE run SET finished = ?, exit_code = ?, stopped_by = ? WHERE id = ?",
                (self._now(), exit_code, stopped_by, run),
            )

    # ------------------------------------------------------------ asking

    def forget(self, account_id: str, methods: Collection[Method]) -> tuple[Method, ...]:
        """What prepop wrote there is not its own any more; the answer is where it had written anything."""
        return self._ledger.forget(account_id, methods, self._operator)

    def remember(self, runs: Collection[str], written: Collection[Written]) -> None:
        """What runs wrote that a lost state knew of; see `store.lost`."""
        self._ledger.remember(runs, written)

    def known_runs(self) -> frozenset[str]:
        """Ids of all runs that this state knows or was told of."""
        return self._ledger.known_runs()

    def ledger(self) -> Ledger:
        """What prepop wrote, ever, since when values are known, and what was refused, as it stands now."""
        return self._ledger.contents()

    def refused_before(self, changes: Iterable[Change]) -> Mapping[str, Refusal]:
        refusals = self._ledger.refusals()
        found = ((change.id, refused_before(change, refusals)) for change in changes)
        return {id_: refused for id_, refused in found if refused is not None}

    @explained("reading past runs")
    def last_run(self, tenant: str) -> LastRun | None:
        """The newest run of this tenant that was closed, for the guards."""
        row = self._last(tenant)
        if row is None:
            return None
        held = self._connection.execute(
            "SELECT attribute, unit, people, holders FROM held WHERE run = ?", (row[0],)
        )
        extras = self._connection.execute("SELECT name, rows, header FROM extra WHERE run = ?", (row[0],))
        return LastRun(
            *row,
            tuple(Holding(*counts) for counts in held),
            tuple(ExtraSize(name, rows, tuple(json.loads(header))) for name, rows, header in extras),
        )

    def _last(self, tenant: str) -> tuple[str, int, int, str] | None:
        row: tuple[str, int, int, str] | None = self._connection.execute(
            "SELECT id, people, accounts, mapping_digest FROM run WHERE tenant = ? AND finished IS NOT NULL "
            "AND kind = 'apply' ORDER BY rowid DESC LIMIT 1",  # as they came: a clock may be set back
            (tenant,),
        ).fetchone()
        return row

    @explained("reading past runs")
    def runs(self, tenant: str | None = None) -> tuple[RunRecord, ...]:
        """All runs, newest first; of one tenant where it is named."""
        rows = self._connection.execute(
            "SELECT id, kind, plan_run, plan_path, tenant, started, finished, exit_code, accepted, "
            "config_digest, mapping_digest, os_user, host, stopped_by FROM run "
            "WHERE ?1 IS NULL OR tenant = ?1 ORDER BY rowid DESC",
            (tenant,),
        )
        return tuple(_record(*row) for row in rows)

    @explained("reading the changes of a run")
    def changes(self, run: str, *states: str) -> tuple[Change, ...]:
        """The changes of a run that are in one of these states, in plan order."""
        marks = ", ".join("?" * len(states))
        rows = self._connection.execute(
            f"SELECT document FROM change WHERE run = ? AND state IN ({marks}) AND document IS NOT NULL "  # noqa: S608 - question marks only
            "ORDER BY position",
            (run, *states),
        )
        return tuple(unsealed(self._key, document) for (document,) in rows)

    @explained("reading the outcomes of a run")
    def outcomes(self, run: str) -> Mapping[str, Outcome]:
        """What became of every change of a run that is settled or unknown, by change id."""
        rows = self._connection.execute(
            "SELECT id, result, status, code, request_id, note FROM change "
            "WHERE run = ? AND result IS NOT NULL",
            (run,),
        )
        return {
            id_: Outcome(id_, Result(result), status, code, request_id, note)
            for id_, result, status, code, request_id, note in rows
        }

    @explained("reading when changes were sent")
    def sendings(self, run: str) -> Mapping[str, Sending]:
        """See `ports.PastRuns`."""
        now = datetime.fromisoformat(self._now())
        rows = self._connection.execute(
            "SELECT change_id, max(sent) FROM attempt WHERE run = ? GROUP BY change_id", (run,)
        )
        moments = {change_id: datetime.fromisoformat(sent) for change_id, sent in rows}
        return {change_id: Sending(at, now - at) for change_id, at in moments.items()}

    @explained("counting the outcomes of a run")
    def counts(self, run: str) -> Mapping[str, int]:
        """How many changes of a run came to which result; `open` for those without one."""
        rows = self._connection.execute(
            "SELECT coalesce(result, 'open'), count(*) FROM change WHERE run = ? GROUP BY 1 ORDER BY 1",
            (run,),
        )
        return dict(rows.fetchall())

    @explained("counting what would be purged")
    def purgeable(self, before: datetime) -> int:
        """How many runs `purge` would take values from."""
        return len(self._connection.execute(_PURGEABLE, (before.isoformat(),)).fetchall())

    @explained("purging old runs")
    def purge(self, before: datetime) -> int:
        """Forget the values of closed runs that started before this moment; counts and outcomes stay.

        The answer is how many runs lost values. The ledger stays: it holds no values, and losing it would
        make tomorrow's run touch less than it should.
        """
        with transaction(self._connection):
            runs = self._connection.execute(_PURGEABLE, (before.isoformat(),)).fetchall()
            self._connection.executemany("UPDATE change SET document = NULL WHERE run = ?", runs)
            self._connection.execute("DELETE FROM refusal WHERE at < ?", (before.isoformat(),))
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(runs)

    # ------------------------------------------------------------ inside

    def _now(self) -> str:
        return self._clock.now().isoformat()


def _record(
    id_: str,
    kind: str,
    plan_run: str,
    plan_path: str,
    tenant: str,
    started: str,
    finished: str | None,
    exit_code: int | None,
    accepted: str,
    config_digest: str,
    mapping_digest: str,
    os_user: str,
    host: str,
    stopped_by: str,
) -> RunRecord:
    """A row of the table of runs."""
    return RunRecord(
        id=id_,
        kind=RunKind(kind),
        plan_run=plan_run,
        plan_path=Path(plan_path),
        tenant=tenant,
        started=datetime.fromisoformat(started),
        finished=datetime.fromisoformat(finished) if finished else None,
        exit_code=exit_code,
        accepted=json.loads(accepted),
        config_digest=config_digest,
        mapping_digest=mapping_digest,
        operator=Operator(os_user, host),
        stopped_by=stopped_by,
    )

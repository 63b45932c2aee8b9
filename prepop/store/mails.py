"""Mails to people in the journal: whom a change is still to be told, and what became of each mail.

    untold ──► sending ──► sent
                  │  └───► refused
                  └──────► unknown (cut off in between: never sent again)

A mail stands on disk before its last line leaves, so that a run that is cut off and gone on with tells nobody
twice. No address and no text is kept.
"""

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime

from prepop.clock import Clock
from prepop.model import DatedChange, Delivery, Untold
from prepop.store.database import explained, transaction
from prepop.store.key import Key
from prepop.store.sealed import unsealed

_PENDING = (
    "FROM change JOIN run ON run.id = change.run JOIN telling ON telling.run = run.id "
    "WHERE run.tenant = :tenant AND change.result = 'done' AND change.mail IS NULL "
    "AND change.document IS NOT NULL"
)


class StoredMails:
    """`ports.Mails` on the database of the journal."""

    def __init__(self, connection: sqlite3.Connection, key: Key, clock: Clock) -> None:
        self._connection = connection
        self._key = key
        self._clock = clock

    @explained("writing down that people hear of this run")
    def tells(self, run: str) -> None:
        """See `ports.Mails`."""
        with transaction(self._connection):
            self._connection.execute("INSERT OR IGNORE INTO telling VALUES (?)", (run,))

    @explained("looking for mails that were cut off")
    def cut_off(self) -> int:
        """See `ports.Mails`."""
        with transaction(self._connection):
            return self._connection.execute(
                "UPDATE mail SET state = ?, note = 'cut off' WHERE state = ?",
                (Delivery.UNKNOWN, Delivery.SENDING),
            ).rowcount

    @explained("looking for what people were not told")
    def untold(self, tenant: str, most: int, *, removals: bool) -> tuple[tuple[Untold, ...], int]:
        """See `ports.Mails`."""
        if not removals:
            with transaction(self._connection):
                self._connection.execute(
                    "UPDATE change SET mail = '' WHERE (run, id) IN "  # noqa: S608 - our own words
                    f"(SELECT change.run, change.id {_PENDING}) AND account_id IN (SELECT change.account_id "
                    f"{_PENDING} GROUP BY change.account_id HAVING min(change.action = 'remove'))",
                    {"tenant": tenant},
                )
        waiting = [
            account
            for (account,) in self._connection.execute(
                f"SELECT change.account_id {_PENDING} GROUP BY change.account_id "
                "ORDER BY min(run.rowid), min(change.position)",
                {"tenant": tenant},
            )
        ]
        now = waiting[:most]
        rows = self._connection.execute(
            "SELECT change.account_id, run.id, change.document, (SELECT max(sent) FROM attempt "  # noqa: S608 - our own words
            "WHERE attempt.run = change.run AND attempt.change_id = change.id), run.started "
            f"{_PENDING} AND change.account_id IN (SELECT value FROM json_each(:now)) "
            "ORDER BY run.rowid, change.position",
            {"tenant": tenant, "now": json.dumps(now)},
        )
        found: dict[str, list[DatedChange]] = {account: [] for account in now}
        for account, run, document, sent, started in rows:
            at = datetime.fromisoformat(sent or started)
            found[account].append(DatedChange(run, unsealed(self._key, document), at))
        told = tuple(Untold(account, tuple(changes)) for account, changes in found.items())
        return told, len(waiting) - len(now)

    @explained("writing down that a mail is about to leave")
    def begin(self, run: str, mail_id: str, untold: Untold) -> None:
        """See `ports.Mails`."""
        self._enter(run, mail_id, untold, Delivery.SENDING, "")

    @explained("writing down that a mail will not leave")
    def never(self, run: str, mail_id: str, untold: Untold, why: Delivery, note: str) -> None:
        """See `ports.Mails`."""
        self._enter(run, mail_id, untold, why, note)

    @explained("writing down what became of a mail")
    def ended(self, mail_id: str, state: Delivery, note: str) -> None:
        """See `ports.Mails`."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE mail SET state = ?, note = ? WHERE id = ?", (state, note, mail_id)
            )

    @explained("writing down that a mail did not leave")
    def put_back(self, mail_id: str, untold: Untold) -> None:
        """See `ports.Mails`."""
        with transaction(self._connection):
            self._mark(None, untold)
            self._connection.execute("DELETE FROM mail WHERE id = ?", (mail_id,))

    @explained("counting mails")
    def counts(self, run: str) -> Mapping[Delivery, int]:
        """How many mails this run sent came to what."""
        rows = self._connection.execute(
            "SELECT state, count(*) FROM mail WHERE run = ? GROUP BY state", (run,)
        )
        return {Delivery(state): count for state, count in rows}

    def _enter(self, run: str, mail_id: str, untold: Untold, state: Delivery, note: str) -> None:
        with transaction(self._connection):
            self._connection.execute(
                "INSERT INTO mail VALUES (?, ?, ?, ?, ?, ?)",
                (mail_id, untold.account_id, run, self._clock.now().isoformat(), state, note),
            )
            self._mark(mail_id, untold)

    def _mark(self, mail_id: str | None, untold: Untold) -> None:
        self._connection.executemany(
            "UPDATE change SET mail = ? WHERE run = ? AND id = ?",
            [(mail_id, dated.run, dated.change.id) for dated in untold.changes],
        )

-- prepop.db, schema 6 (database.py brings older ones up). Values of people are encrypted (document) or keyed hashes (fingerprint).

CREATE TABLE about (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- one execution that held the lock and meant to write
CREATE TABLE run (
    id             TEXT PRIMARY KEY,
    kind           TEXT NOT NULL CHECK (kind IN ('apply', 'rollback')),
    plan_run       TEXT NOT NULL,              -- the run that made the plan; the same for a first apply and for sync
    plan_digest    TEXT NOT NULL,
    plan_path      TEXT NOT NULL,
    tenant         TEXT NOT NULL,
    started        TEXT NOT NULL,              -- UTC, ISO 8601
    finished       TEXT,                       -- NULL: cut off, or stopped on purpose: open
    exit_code      INTEGER,
    people         INTEGER NOT NULL,
    accounts       INTEGER NOT NULL,
    config_digest  TEXT NOT NULL,
    mapping_digest TEXT NOT NULL,
    accepted       TEXT NOT NULL,              -- JSON object: finding code -> number
    os_user        TEXT NOT NULL DEFAULT '',   -- who started it, and accepted; '' in runs of schema 1
    host           TEXT NOT NULL DEFAULT '',
    stopped_by     TEXT NOT NULL DEFAULT ''    -- the key of the limit that stopped it
) STRICT;

CREATE TABLE change (
    run        TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    position   INTEGER NOT NULL,               -- plan order
    account_id TEXT NOT NULL,
    method     TEXT NOT NULL,
    action     TEXT NOT NULL,
    document   BLOB,                           -- the change, encrypted JSON; NULL once purged
    state      TEXT NOT NULL CHECK (state IN ('intended', 'sent', 'settled', 'unknown')),
    result     TEXT CHECK (result IN ('done', 'already-true', 'moved-on', 'failed', 'unknown', 'not-tried')),
    status     INTEGER,
    code       TEXT NOT NULL DEFAULT '',
    request_id TEXT NOT NULL DEFAULT '',
    note       TEXT NOT NULL DEFAULT '',
    mail       TEXT,                           -- the mail that told the person of it; '' where none will
    PRIMARY KEY (run, id)
) STRICT;

-- every time a change was about to leave
CREATE TABLE attempt (
    run       TEXT NOT NULL,
    change_id TEXT NOT NULL,
    number    INTEGER NOT NULL,
    sent      TEXT NOT NULL,
    PRIMARY KEY (run, change_id, number),
    FOREIGN KEY (run, change_id) REFERENCES change (run, id) ON DELETE CASCADE
) STRICT;

-- what prepop itself wrote and has not removed since
CREATE TABLE ledger (
    account_id  TEXT NOT NULL,
    method      TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    run         TEXT NOT NULL,
    written     TEXT NOT NULL,
    PRIMARY KEY (account_id, method)
) STRICT;

-- since when the directory has held a person's present value
CREATE TABLE sighting (
    anchor      TEXT NOT NULL,
    method      TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    since       TEXT NOT NULL,
    PRIMARY KEY (anchor, method)
) STRICT;

-- what Graph refused of one account, its newest refusal of each method; gone once it came true
CREATE TABLE refusal (
    account_id  TEXT NOT NULL,
    method      TEXT NOT NULL,
    tenant      TEXT NOT NULL,
    fingerprint TEXT NOT NULL,                 -- of the value; '' of a removal
    status      INTEGER,
    code        TEXT NOT NULL,
    message     TEXT NOT NULL,                 -- Graph's own words, masked
    runs        INTEGER NOT NULL,              -- so many in a row
    run         TEXT NOT NULL,                 -- the last of them
    since       TEXT NOT NULL,
    at          TEXT NOT NULL,
    proven      INTEGER NOT NULL,              -- 1: others succeeded beside it; 0: it may have been everybody's
    PRIMARY KEY (account_id, method)
) STRICT;

-- what `prepop forget` took out of the ledger, and who did
CREATE TABLE forgotten (
    account_id TEXT NOT NULL,
    method     TEXT NOT NULL,
    run        TEXT NOT NULL,
    written    TEXT NOT NULL,
    forgotten  TEXT NOT NULL,
    os_user    TEXT NOT NULL,
    host       TEXT NOT NULL
) STRICT;

-- how many people of a unit had an attribute when the run's plan was made; of the newest runs alone
CREATE TABLE held (
    run       TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    attribute TEXT NOT NULL,
    unit      TEXT NOT NULL,                   -- DN of the container, in lower case
    people    INTEGER NOT NULL,
    holders   INTEGER NOT NULL,
    PRIMARY KEY (run, attribute, unit)
) STRICT;

-- how many rows each extra file had when the run's plan was made, and under which header; of the newest runs alone
CREATE TABLE extra (
    run    TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    name   TEXT NOT NULL,
    rows   INTEGER NOT NULL,
    header TEXT NOT NULL,                      -- JSON array of the columns
    PRIMARY KEY (run, name)
) STRICT;

-- runs of whose changes people hear by mail: they were begun under [notify.people]
CREATE TABLE telling (
    run TEXT PRIMARY KEY
) STRICT;

-- mails to people: written down before the last line of each leaves. No address, no text
CREATE TABLE mail (
    id         TEXT PRIMARY KEY,               -- Message-ID
    account_id TEXT NOT NULL,
    run        TEXT NOT NULL,                  -- that sent it
    began      TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('sending', 'sent', 'unknown', 'refused', 'no-mailbox')),
    note       TEXT NOT NULL DEFAULT ''        -- what the server said: a code
) STRICT;

CREATE INDEX mail_of_run ON mail (run);

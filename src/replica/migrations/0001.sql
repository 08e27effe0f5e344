-- Small facts: device, next_index, last_id, log, epoch, frontier, person, scope, server, current, …
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- The log as the server wrote it. `event` is NULL where it was redacted; then so are the ids.
CREATE TABLE record (seq INTEGER PRIMARY KEY, event_id BLOB, incident BLOB, header TEXT NOT NULL, event TEXT);
CREATE INDEX record_of_incident ON record (incident, seq);
CREATE INDEX record_of_event ON record (event_id) WHERE event_id IS NOT NULL;

-- Events the log does not hold yet, in the order they were written. `changed` rises with every change, so that another process sees it.
CREATE TABLE outbox (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id BLOB NOT NULL UNIQUE,
    incident BLOB NOT NULL,
    event TEXT NOT NULL,
    log BLOB,
    person TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'later', 'final')),
    code TEXT,
    reason TEXT,
    depends_on BLOB NOT NULL,
    changed INTEGER NOT NULL
);

-- Records of a stretch the server lost when it was restored. Kept, never dropped.
CREATE TABLE lost_record (lost_at INTEGER NOT NULL, seq INTEGER NOT NULL, header TEXT NOT NULL, event TEXT, PRIMARY KEY (lost_at, seq));

CREATE TABLE draft (
    key TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started INTEGER NOT NULL,
    incident BLOB,
    body TEXT NOT NULL,
    kept_at INTEGER NOT NULL,
    PRIMARY KEY (key, pid, started)
);

CREATE TABLE dismissed (event_id BLOB PRIMARY KEY) WITHOUT ROWID;

-- domain::Header as JSON, so that opening does not fold the log.
CREATE TABLE head (incident BLOB PRIMARY KEY, fold INTEGER NOT NULL, open INTEGER NOT NULL, json TEXT NOT NULL);

-- Full text. `found` says what a row of `words` is about.
CREATE TABLE found (id INTEGER PRIMARY KEY, event_id BLOB NOT NULL UNIQUE, incident BLOB NOT NULL, entry BLOB NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2');

-- The log, its tree, and what stands beside it.

-- One row: which log this is, which device writes the server's own events, and the right edge of the tree.
CREATE TABLE meta (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    log      BLOB NOT NULL,
    device   BLOB NOT NULL,
    epoch    INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    frontier BLOB NOT NULL
) STRICT;

-- `header` and `event` are the exact bytes; `event` is NULL once it was redacted.
CREATE TABLE record (
    seq      INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL UNIQUE,
    incident BLOB NOT NULL,
    header   TEXT NOT NULL,
    event    TEXT
) STRICT;

-- Hashes of complete subtrees, at the positions of the tlog layout.
CREATE TABLE tree (
    position INTEGER PRIMARY KEY,
    hash     BLOB NOT NULL
) STRICT;

-- Times are milliseconds since 1970.
CREATE TABLE token (
    name         TEXT PRIMARY KEY,
    hash         BLOB NOT NULL UNIQUE,
    person       TEXT NOT NULL,
    scope        TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT;

CREATE TABLE answer (
    person  TEXT NOT NULL,
    route   TEXT NOT NULL,
    key     TEXT NOT NULL,
    request BLOB NOT NULL,
    status  INTEGER NOT NULL,
    body    TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (person, route, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE raw_body (
    sha256      BLOB PRIMARY KEY,
    source      TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    bytes       BLOB NOT NULL
) STRICT;

-- The same tables as in SQLite, in a schema of their own.

-- One row, locked by whoever appends: which log this is, which device writes the server's own events, the right edge of the tree, and
-- in which cluster and on which timeline of it the log was last written.
CREATE TABLE meta (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    version  INTEGER NOT NULL,
    log      UUID NOT NULL,
    device   UUID NOT NULL,
    epoch    BIGINT NOT NULL,
    size     BIGINT NOT NULL,
    frontier BYTEA NOT NULL,
    cluster  TEXT,
    timeline TEXT
);

-- `header` and `event` are the exact bytes; `event` is NULL once it was redacted, and `stub` then holds what it still does to its
-- incident: the event without its words.
CREATE TABLE record (
    seq      BIGINT PRIMARY KEY,
    event_id UUID NOT NULL UNIQUE,
    incident UUID NOT NULL,
    header   TEXT NOT NULL,
    event    TEXT,
    stub     TEXT
);

-- Hashes of complete subtrees, at the positions of the tlog layout.
CREATE TABLE tree (
    position BIGINT PRIMARY KEY,
    hash     BYTEA NOT NULL
);

-- The last checkpoint that was signed within each 1024 records: what an offline check compares the tree with.
CREATE TABLE checkpoint (
    epoch  BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    seq    BIGINT NOT NULL,
    note   TEXT NOT NULL,
    PRIMARY KEY (epoch, bucket)
);

-- Times are milliseconds since 1970.
CREATE TABLE token (
    name         TEXT PRIMARY KEY,
    hash         BYTEA NOT NULL UNIQUE,
    person       TEXT NOT NULL,
    scope        TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    revoked_at   BIGINT,
    last_used_at BIGINT
);

CREATE TABLE answer (
    person  TEXT NOT NULL,
    route   TEXT NOT NULL,
    key     TEXT NOT NULL,
    request BYTEA NOT NULL,
    status  INTEGER NOT NULL,
    body    TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (person, route, key)
);

CREATE TABLE raw_body (
    sha256      BYTEA PRIMARY KEY,
    source      TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    bytes       BYTEA NOT NULL
);

-- An incident is folded anew once an event of it was redacted.
CREATE INDEX record_of_incident ON record (incident, seq);

-- The last checkpoint that was signed within each 1024 records: what an offline check compares the tree with.
CREATE TABLE checkpoint (
    epoch  INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    note   TEXT NOT NULL,
    PRIMARY KEY (epoch, bucket)
) STRICT, WITHOUT ROWID;

-- What a redacted event still does to its incident: the event without its words. The log's own bytes are those of `header` and `event`.
ALTER TABLE record ADD COLUMN stub TEXT;

-- An incident is folded anew once an event of it was redacted.
CREATE INDEX record_of_incident ON record (incident, seq);

-- The heads of incidents, so that a start does not fold the log: made from the records, and made again from them where they are of another
-- version or have no words left. Incidents with records after `heads_at` are folded at the start.
CREATE TABLE head (
    incident UUID PRIMARY KEY,
    fold     INTEGER NOT NULL,
    json     TEXT
);

ALTER TABLE meta ADD COLUMN heads_at BIGINT NOT NULL DEFAULT 0;

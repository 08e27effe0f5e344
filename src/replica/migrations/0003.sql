-- What folds in the place of an event that was redacted; it is no part of the log.
ALTER TABLE record ADD COLUMN stub TEXT;

-- The hash of the header as it came: a header that changed on this disk is found by itself. Absent for what came before.
ALTER TABLE record ADD COLUMN leaf BLOB;

-- The last checkpoint that was found true within each 1024 records.
CREATE TABLE checkpoint (epoch INTEGER NOT NULL, bucket INTEGER NOT NULL, seq INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (epoch, bucket)) WITHOUT ROWID;

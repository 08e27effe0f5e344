-- A copy that holds only the last days begins at a base: facts `base` (its seq), `base_frontier` and `base_at`. Of what came before it, records are
-- held where somebody needs their incident; these are the hashes beside their way to the base's subtrees, at the positions of the tlog layout.
CREATE TABLE node (position INTEGER PRIMARY KEY, hash BLOB NOT NULL);

-- Incidents whose records before the base are to be fetched.
CREATE TABLE history_wanted (incident BLOB PRIMARY KEY) WITHOUT ROWID;

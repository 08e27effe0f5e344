-- Incidents whose events the server keeps from whoever works here. Their records are held without events, each with its incident.
-- `wanted_after`: since then they may be seen again; the records up to this place were asked for anew. NULL while they may not.
CREATE TABLE withheld (incident BLOB PRIMARY KEY, wanted_after INTEGER) WITHOUT ROWID;

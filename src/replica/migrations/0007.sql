-- Events of past incidents that are told afterwards and were not sent yet. They may be as many as a log of years, so they wait here, where nothing
-- but the incident they are of is read, and go into the outbox a batch at a time. Whose they are and how many stands in `meta`.
CREATE TABLE past (place INTEGER PRIMARY KEY, event_id BLOB NOT NULL UNIQUE, incident BLOB NOT NULL, event TEXT NOT NULL, sha256 TEXT NOT NULL);
CREATE INDEX past_of_incident ON past (incident, place);

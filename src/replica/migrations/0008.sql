-- The id of a row of `found` begins with its time in milliseconds, so that the newest come first and a span of time is a span of ids; behind the words
-- stand marks of kind and author. What was findable is made so again.
DROP TABLE words;
DROP TABLE found;
CREATE TABLE found (id INTEGER PRIMARY KEY, event_id BLOB NOT NULL UNIQUE, incident BLOB NOT NULL, entry BLOB NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2');
DELETE FROM meta WHERE name = 'indexed';

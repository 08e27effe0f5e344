-- Words are found from their first letter on, and of a longer beginning the index says which words go on from it. What was findable is made so again.
DROP TABLE words;
DELETE FROM found;
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', contentless_delete = 1, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, instance);
DELETE FROM meta WHERE name IN ('indexed', 'past_indexed');

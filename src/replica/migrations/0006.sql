-- The SHA-256 of an event's bytes in hexadecimal digits, as they were written: what is not that any more is kept, shown, and never sent.
ALTER TABLE outbox ADD COLUMN sha256 TEXT;

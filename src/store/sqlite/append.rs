//! One transaction for many events.

use crate::domain::EventId;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::sha256_hex;
use crate::store::Answer;
use crate::store::AnswerKey;
use crate::store::CHECKPOINT_EVERY;
use crate::store::Head;
use crate::store::KeptHeads;
use crate::store::Known;
use crate::store::Locked;
use crate::store::NewRecord;
use crate::store::Plan;
use crate::store::Redaction;
use crate::store::StoreError;
use crate::store::Stored;
use crate::store::Write;
use crate::store::sqlite::read::read_stored;
use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::OptionalExtension;
use rusqlite::params;

struct Under<'a> {
    connection: &'a Connection,
    head: &'a Head,
}

impl Locked for Under<'_> {
    fn head(&self) -> &Head {
        self.head
    }

    fn known(&self, id: EventId) -> Result<Option<Known>, StoreError> {
        let mut find = self.connection.prepare_cached("SELECT seq, event, header FROM record WHERE event_id = ?1")?;
        let found = find.query_row([id.0.as_bytes().as_slice()], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, Option<String>>(1)?, row.get::<_, String>(2)?))
        });
        let Some((seq, event, header)) = found.optional()? else { return Ok(None) };
        let event_sha256 = match event {
            Some(bytes) => sha256_hex(bytes.as_bytes()),
            // A redacted event is known by the hash its header keeps.
            None => {
                let record = crate::ledger::RecordBytes::stored(&header).read();
                record.map(|record| record.event_sha256).unwrap_or_default()
            }
        };
        Ok(Some(Known { seq, event_sha256 }))
    }

    fn stored(&self, id: EventId) -> Result<Option<Stored>, StoreError> {
        let mut find = self.connection.prepare_cached("SELECT seq, header, event, stub FROM record WHERE event_id = ?1")?;
        Ok(find.query_row([id.0.as_bytes().as_slice()], read_stored).optional()?)
    }

    fn answered(&self, key: &AnswerKey) -> Result<Option<Answer>, StoreError> {
        let sql = "SELECT request, status, body FROM answer WHERE person = ?1 AND route = ?2 AND key = ?3";
        let mut find = self.connection.prepare_cached(sql)?;
        let found = find.query_row(params![key.person.as_str(), key.route, key.key], |row| {
            Ok(Answer { request: Hash(row.get(0)?), status: row.get(1)?, body: row.get(2)? })
        });
        Ok(found.optional()?)
    }

    fn holds_body(&self, sha256: Hash) -> Result<bool, StoreError> {
        let mut find = self.connection.prepare_cached("SELECT 1 FROM raw_body WHERE sha256 = ?1")?;
        Ok(find.exists([sha256.0.as_slice()])?)
    }
}

/// Runs the plan under the write lock and commits what it says. Answers the new head.
pub(super) fn append(connection: &Connection, head: &Head, plan: &mut Plan<'_>) -> Result<Head, StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE").map_err(before_commit)?;
    let mut redacts = false;
    let written = plan(&Under { connection, head }).and_then(|writes| {
        redacts = writes.iter().any(|write| matches!(write, Write::Redact(_)));
        write(connection, head, &writes)
    });
    let head = match written {
        Ok(head) => head,
        Err(why) => {
            // A rollback that fails leaves the transaction open; the next BEGIN then fails and says so.
            let _ = connection.execute_batch("ROLLBACK");
            return Err(why);
        }
    };
    match connection.execute_batch("COMMIT") {
        Ok(()) => {
            if redacts {
                empty_wal(connection);
            }
            Ok(head)
        }
        Err(why) => {
            let _ = connection.execute_batch("ROLLBACK");
            Err(at_commit(why))
        }
    }
}

fn write(connection: &Connection, head: &Head, writes: &[Write]) -> Result<Head, StoreError> {
    let mut head = head.clone();
    let mut records = 0;
    for write in writes {
        match write {
            Write::Record(record) => {
                put_record(connection, &mut head.frontier, record).map_err(before_commit)?;
                records += 1;
            }
            Write::Answer(key, answer, at) => {
                let sql =
                    "INSERT OR IGNORE INTO answer (person, route, key, request, status, body, made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
                let values = params![key.person.as_str(), key.route, key.key, answer.request.0, answer.status, answer.body, at.millis()];
                connection.prepare_cached(sql).and_then(|mut put| put.execute(values)).map_err(before_commit)?;
            }
            Write::Heads(kept) => put_heads(connection, kept).map_err(before_commit)?,
            Write::Redact(redaction) => redact(connection, redaction).map_err(before_commit)?,
            Write::Checkpoint(signed) => {
                let at = signed.position;
                let values =
                    params![at.epoch.cast_signed(), (at.seq / CHECKPOINT_EVERY).cast_signed(), at.seq.cast_signed(), signed.note()];
                let sql = "INSERT OR REPLACE INTO checkpoint (epoch, bucket, seq, note) VALUES (?1, ?2, ?3, ?4)";
                connection.prepare_cached(sql).and_then(|mut put| put.execute(values)).map_err(before_commit)?;
            }
            Write::Body(body) => {
                let sql = "INSERT OR IGNORE INTO raw_body (sha256, source, received_at, bytes) VALUES (?1, ?2, ?3, ?4)";
                let values = params![body.sha256.0, body.source, body.received_at.millis(), body.bytes];
                connection.prepare_cached(sql).and_then(|mut put| put.execute(values)).map_err(before_commit)?;
            }
        }
    }
    if records > 0 {
        let sql = "UPDATE meta SET size = ?1, frontier = ?2 WHERE one = 1";
        let values = params![head.seq().cast_signed(), head.frontier.to_bytes()];
        connection.prepare_cached(sql).and_then(|mut put| put.execute(values)).map_err(before_commit)?;
    }
    Ok(head)
}

fn put_record(connection: &Connection, tree: &mut Frontier, new: &NewRecord) -> rusqlite::Result<()> {
    let (seq, position) = (tree.size() + 1, Frontier::stored_position(tree.size()));
    let sql = "INSERT INTO record (seq, event_id, incident, header, event) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.prepare_cached(sql)?.execute(params![
        seq.cast_signed(),
        new.id.0.as_bytes().as_slice(),
        new.incident.0.as_bytes().as_slice(),
        new.record.as_str(),
        new.event.as_str()
    ])?;
    let mut put = connection.prepare_cached("INSERT INTO tree (position, hash) VALUES (?1, ?2)")?;
    for (hash, position) in tree.push(new.record.leaf()).iter().zip(position..) {
        put.execute(params![position.cast_signed(), hash.0])?;
    }
    Ok(())
}

fn put_heads(connection: &Connection, kept: &KeptHeads) -> rusqlite::Result<()> {
    let mut put = connection.prepare_cached("INSERT OR REPLACE INTO head (incident, fold, json) VALUES (?1, ?2, ?3)")?;
    for head in &kept.heads {
        put.execute(params![head.incident.0.as_bytes().as_slice(), head.fold, head.json])?;
    }
    let mut rise = connection.prepare_cached("UPDATE meta SET heads_at = max(heads_at, ?1) WHERE one = 1")?;
    rise.execute([kept.at.cast_signed()])?;
    Ok(())
}

/// Deletes words, with what was answered about them. Pages that become free are overwritten.
fn redact(connection: &Connection, redaction: &Redaction) -> rusqlite::Result<()> {
    let sql = "UPDATE record SET event = NULL, stub = ?2 WHERE seq = ?1";
    connection.execute(sql, params![redaction.seq.cast_signed(), redaction.stub.as_str()])?;
    let about = [redaction.event.to_string(), redaction.incident.to_string()];
    connection.execute("DELETE FROM answer WHERE instr(body, ?1) > 0 OR instr(body, ?2) > 0", about)?;
    connection.execute("UPDATE head SET json = NULL WHERE incident = ?1", [redaction.incident.0.as_bytes().as_slice()])?;
    if let Some(raw) = &redaction.raw {
        connection.execute("DELETE FROM raw_body WHERE sha256 = ?1", [raw.0])?;
    }
    Ok(())
}

/// Empties the write-ahead log, in which the old pages still stand. Readers may hold it; then the next time does it.
pub(super) fn empty_wal(connection: &Connection) {
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    if emptied.ok() != Some(0) {
        tracing::warn!("redacted words may stand in the -wal file until the next checkpoint: a reader held it");
    }
}

/// An error while the transaction was open: it is rolled back, and a full disk or a long lock may pass.
fn before_commit(why: rusqlite::Error) -> StoreError {
    match why.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Unavailable("the disk is full".into()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Unavailable("another process holds the database".into()),
        Some(ErrorCode::OutOfMemory) => StoreError::Unavailable("out of memory".into()),
        _ => StoreError::Broken(why.to_string()),
    }
}

/// An error of the commit itself: only a full disk and a lock are known to have left nothing behind. After a failed fsync nobody
/// knows, and asking again may answer wrongly, so it is final.
fn at_commit(why: rusqlite::Error) -> StoreError {
    match why.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => before_commit(why),
        _ => StoreError::Broken(why.to_string()),
    }
}

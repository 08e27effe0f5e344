//! What is checked when the file is opened: that the log's end, its tree and the head kept apart tell the same story.

use crate::ledger::Hash;
use crate::ledger::Position;
use crate::ledger::RecordBytes;
use crate::ledger::sha256_hex;
use crate::store::Head;
use crate::store::StoreError;
use crate::store::sqlite::read::root_of;
use rusqlite::Connection;
use std::path::Path;

/// How many of the last records are read and hashed again.
const CHECKED_RECORDS: u64 = 200;

/// The last records fit their places and hashes, and the stored tree has the root that was noted.
pub(super) fn log_end(connection: &Connection, path: &Path, head: &Head) -> Result<(), StoreError> {
    let damaged = |what: String| StoreError::Damaged { path: path.to_owned(), what };
    let last: i64 = connection.query_row("SELECT coalesce(max(seq), 0) FROM record", [], |row| row.get(0))?;
    let last = last.cast_unsigned();
    if last != head.seq() {
        return Err(damaged(format!("the log ends at record {last} and its tree at {}", head.seq())));
    }
    let mut rows = connection.prepare("SELECT seq, header, event FROM record WHERE seq > ?1 ORDER BY seq")?;
    let mut rows = rows.query([last.saturating_sub(CHECKED_RECORDS).cast_signed()])?;
    while let Some(row) = rows.next()? {
        let (seq, header, event): (u64, String, Option<String>) = (row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?, row.get(2)?);
        let bytes = RecordBytes::stored(&header);
        let record = bytes.read().map_err(|why| damaged(format!("record {seq} cannot be read ({why})")))?;
        if record.seq != seq {
            return Err(damaged(format!("record {seq} says it is {}", record.seq)));
        }
        if event.is_some_and(|event| sha256_hex(event.as_bytes()) != record.event_sha256) {
            return Err(damaged(format!("the event of record {seq} does not have the hash its header says")));
        }
        let position = crate::ledger::Frontier::stored_position(seq - 1);
        let leaf = connection.query_row("SELECT hash FROM tree WHERE position = ?1", [position.cast_signed()], |row| row.get(0)).map(Hash);
        if leaf.ok() != Some(bytes.leaf()) {
            return Err(damaged(format!("the header of record {seq} does not have the hash the tree says")));
        }
    }
    if root_of(connection, head.seq())? == Some(head.frontier.root()) {
        Ok(())
    } else {
        Err(damaged("the hashes of its tree do not lead to the root that was noted".into()))
    }
}

/// The database holds at least what was acknowledged, and the same.
pub(super) fn against_head_file(
    connection: &Connection,
    path: &Path,
    head_path: &Path,
    head: &Head,
    known: &Position,
) -> Result<(), StoreError> {
    if known.log != head.log {
        let what =
            format!("{} belongs to another log ({}); remove it if the database was put here on purpose", head_path.display(), known.log);
        return Err(StoreError::Damaged { path: path.to_owned(), what });
    }
    if known.epoch < head.epoch {
        return Ok(());
    }
    let same = known.epoch == head.epoch && root_of(connection, known.seq)? == Some(known.root);
    if same && known.seq <= head.seq() {
        return Ok(());
    }
    if known.epoch == head.epoch && known.seq <= head.seq() {
        let what = format!("its history up to record {} is not the one that was acknowledged (says {})", known.seq, head_path.display());
        return Err(StoreError::Damaged { path: path.to_owned(), what });
    }
    Err(StoreError::Behind { path: path.to_owned(), head_file: head_path.to_owned(), found: head.seq(), acknowledged: known.seq })
}

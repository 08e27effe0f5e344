//! Reading from any thread: a few read-only connections, each seeing the log as of its query.

use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::Hash;
use crate::ledger::RecordBytes;
use crate::store::Head;
use crate::store::KeptHead;
use crate::store::KeptHeads;
use crate::store::LogReader;
use crate::store::Room;
use crate::store::StoreError;
use crate::store::Stored;
use crate::store::Token;
use crate::store::TokenHash;
use crate::store::sqlite::beside;
use crate::store::sqlite::open::read_meta;
use crate::store::sqlite::tokens;
use rusqlite::Connection;
use rusqlite::OpenFlags;
use rusqlite::OptionalExtension;
use rusqlite::Row;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tlog_tiles::HashReader;
use uuid::Uuid;

const IDLE_MAX: usize = 4;

pub(super) struct SqliteReader {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl SqliteReader {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Mutex::new(Vec::new()) }
    }

    fn with<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                connection.busy_timeout(Duration::from_secs(5))?;
                connection
            }
        };
        let answer = ask(&connection)?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(connection);
        }
        Ok(answer)
    }
}

impl LogReader for SqliteReader {
    fn room(&self) -> Room {
        let bytes = |path: &Path| std::fs::metadata(path).ok().map(|meta| meta.len());
        let disk = rustix::fs::statvfs(&self.path).ok();
        Room {
            // Between a commit and its checkpoint the newest pages lie in the write-ahead log.
            database_bytes: bytes(&self.path).map(|file| file + bytes(&beside(&self.path, "-wal")).unwrap_or(0)),
            disk_available_bytes: disk.as_ref().map(|disk| disk.f_bavail * disk.f_frsize),
            disk_bytes: disk.as_ref().map(|disk| disk.f_blocks * disk.f_frsize),
        }
    }

    fn page(&self, after: u64, limit: usize, bytes_max: usize) -> Result<Vec<Stored>, StoreError> {
        self.with(|connection| {
            let sql = "SELECT seq, header, event, stub FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2";
            let mut rows = connection.prepare_cached(sql)?;
            let mut rows = rows.query((after.cast_signed(), i64::try_from(limit).unwrap_or(i64::MAX)))?;
            let (mut page, mut bytes) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                let stored = read_stored(row)?;
                bytes += stored.bytes();
                if bytes > bytes_max && !page.is_empty() {
                    break;
                }
                page.push(stored);
            }
            Ok(page)
        })
    }

    fn each(&self, after: u64, limit: usize, take: &mut dyn FnMut(u64, &str, Option<&str>)) -> Result<(), StoreError> {
        self.with(|connection| {
            let sql = "SELECT seq, header, event FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2";
            let mut rows = connection.prepare_cached(sql)?;
            let rows = rows.query_map((after.cast_signed(), i64::try_from(limit).unwrap_or(i64::MAX)), |row| {
                take(row.get::<_, i64>(0)?.cast_unsigned(), row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str_or_null()?);
                Ok(())
            })?;
            Ok(rows.collect::<Result<(), _>>()?)
        })
    }

    fn head(&self) -> Result<Head, StoreError> {
        self.with(|connection| Ok(read_meta(connection, &self.path)?.0))
    }

    fn incident(&self, id: IncidentId) -> Result<Vec<Stored>, StoreError> {
        self.with(|connection| {
            let sql = "SELECT seq, header, event, stub FROM record WHERE incident = ?1 ORDER BY seq";
            let mut rows = connection.prepare_cached(sql)?;
            let rows = rows.query_map([id.0.as_bytes().as_slice()], read_stored)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn incident_before(&self, id: IncidentId, before: u64, limit: usize, bytes_max: usize) -> Result<Vec<Stored>, StoreError> {
        self.with(|connection| {
            let sql = "SELECT seq, header, event, stub FROM record WHERE incident = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
            let mut rows = connection.prepare_cached(sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = rows.query((id.0.as_bytes().as_slice(), i64::try_from(before).unwrap_or(i64::MAX), limit))?;
            let (mut found, mut bytes) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                let stored = read_stored(row)?;
                bytes += stored.bytes();
                if bytes > bytes_max && !found.is_empty() {
                    break;
                }
                found.push(stored);
            }
            found.reverse();
            Ok(found)
        })
    }

    fn heads(&self) -> Result<KeptHeads, StoreError> {
        self.with(|connection| {
            // One moment for both: a head that is kept meanwhile would be taken for an older one.
            let view = connection.unchecked_transaction()?;
            let at: i64 = view.query_row("SELECT heads_at FROM meta", [], |row| row.get(0))?;
            let mut heads = view.prepare_cached("SELECT incident, fold, json FROM head ORDER BY incident")?;
            let heads = heads.query_map([], |row| {
                Ok(KeptHead { incident: IncidentId(Uuid::from_bytes(row.get(0)?)), fold: row.get(1)?, json: row.get(2)? })
            })?;
            Ok(KeptHeads { at: at.cast_unsigned(), heads: heads.collect::<Result<_, _>>()? })
        })
    }

    fn incidents_after(&self, seq: u64) -> Result<Vec<IncidentId>, StoreError> {
        self.with(|connection| {
            // After the very beginning the index alone knows; else the few records that follow are looked at.
            let sql =
                if seq == 0 { "SELECT DISTINCT incident FROM record" } else { "SELECT DISTINCT +incident FROM record WHERE seq > ?1" };
            let mut find = connection.prepare_cached(sql)?;
            let read = |row: &Row<'_>| Ok(IncidentId(Uuid::from_bytes(row.get(0)?)));
            let found = if seq == 0 { find.query_map([], read)? } else { find.query_map([seq.cast_signed()], read)? };
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    fn root_at(&self, seq: u64) -> Result<Option<Hash>, StoreError> {
        self.with(|connection| root_of(connection, seq))
    }

    fn nodes(&self, positions: &[u64]) -> Result<Option<Vec<Hash>>, StoreError> {
        self.with(|connection| {
            // A whole stretch is read in one go.
            if let [first, .., last] = positions
                && positions.windows(2).all(|pair| pair[0] + 1 == pair[1])
            {
                let sql = "SELECT hash FROM tree WHERE position BETWEEN ?1 AND ?2 ORDER BY position";
                let mut find = connection.prepare_cached(sql)?;
                let found = find.query_map([first.cast_signed(), last.cast_signed()], |row| row.get(0).map(Hash))?;
                let found = found.collect::<Result<Vec<_>, _>>()?;
                return Ok((found.len() == positions.len()).then_some(found));
            }
            let mut find = connection.prepare_cached("SELECT hash FROM tree WHERE position = ?1")?;
            let found = positions.iter().map(|position| find.query_row([position.cast_signed()], |row| row.get(0)).map(Hash).optional());
            Ok(found.collect::<Result<Option<Vec<_>>, _>>()?)
        })
    }

    fn checkpoints(&self) -> Result<Vec<String>, StoreError> {
        self.with(|connection| {
            let mut notes = connection.prepare_cached("SELECT note FROM checkpoint ORDER BY epoch, seq")?;
            let notes = notes.query_map([], |row| row.get(0))?;
            Ok(notes.collect::<Result<_, _>>()?)
        })
    }

    fn token(&self, hash: TokenHash) -> Result<Option<Token>, StoreError> {
        self.with(|connection| {
            let sql = format!("SELECT {} FROM token WHERE hash = ?1", tokens::COLUMNS);
            Ok(connection.prepare_cached(&sql)?.query_row([hash.0], tokens::read).optional()?)
        })
    }

    fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.with(tokens::all)
    }

    fn touch_tokens(&self, used: &[(TokenHash, Timestamp)]) -> Result<(), StoreError> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        // Losing the last few minutes of use to a power cut harms nobody, so no fsync is spent on it.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let transaction = connection.unchecked_transaction()?;
        for (hash, at) in used {
            transaction.execute("UPDATE token SET last_used_at = ?2 WHERE hash = ?1", (hash.0, at.millis()))?;
        }
        Ok(transaction.commit()?)
    }
}

/// A row of seq, header, event and stub.
pub(super) fn read_stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        seq: row.get::<_, i64>(0)?.cast_unsigned(),
        record: RecordBytes::stored(row.get_ref(1)?.as_str()?),
        event: row.get_ref(2)?.as_str_or_null()?.map(EventBytes::stored),
        stub: row.get_ref(3)?.as_str_or_null()?.map(EventBytes::stored),
    })
}

struct Tree<'a>(&'a Connection);

impl HashReader for Tree<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let failed = |why: rusqlite::Error| tlog_tiles::Error::InvalidInput(why.to_string());
        let mut find = self.0.prepare_cached("SELECT hash FROM tree WHERE position = ?1").map_err(failed)?;
        indexes.iter().map(|index| find.query_row([index.cast_signed()], |row| row.get(0)).map(tlog_tiles::Hash).map_err(failed)).collect()
    }
}

/// The root of the first `seq` records, from the stored hashes; `None` when they do not reach that far.
pub(super) fn root_of(connection: &Connection, seq: u64) -> Result<Option<Hash>, StoreError> {
    let size: i64 = connection.query_row("SELECT size FROM meta", [], |row| row.get(0))?;
    if seq > size.cast_unsigned() {
        return Ok(None);
    }
    // A missing hash is not an error to pass on but a tree that does not reach that far.
    Ok(tlog_tiles::tree_hash(seq, &Tree(connection)).ok().map(|root| Hash(root.0)))
}

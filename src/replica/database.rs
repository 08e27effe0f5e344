//! The replica's SQLite file: opened, migrated, and written in transactions that are on disk when they are done.

use crate::replica::fault::Fault;
use crate::replica::home::Home;
use rusqlite::Connection;
use rusqlite::OpenFlags;
use rusqlite::OptionalExtension;
use rusqlite::ToSql;
use rusqlite::backup::Backup;
use rusqlite::backup::StepResult;
use rusqlite::params;
use rusqlite::types::FromSql;
use rusqlite::types::FromSqlError;
use rusqlite::types::FromSqlResult;
use rusqlite::types::ToSqlOutput;
use rusqlite::types::ValueRef;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// Each brings the database from the format before it to its own; the first makes it.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
    include_str!("migrations/0009.sql"),
];
/// From this format on the outbox holds hashes.
const HASHED_FORMAT: u32 = 6;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open database. Every write goes through `begin` and `commit`.
#[derive(Debug)]
pub(super) struct Database {
    connection: Connection,
    /// Set after a write the disk did not confirm: from then on nothing is written.
    unconfirmed: Option<String>,
    /// Where the file is, with its device and inode; none in memory.
    place: Option<(PathBuf, (u64, u64))>,
}

/// An id as sixteen bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Key(pub Uuid);

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
    }
}

impl FromSql for Key {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Uuid::from_slice(value.as_blob()?).map(Self).map_err(FromSqlError::other)
    }
}

/// Which file a path leads to: device and inode.
fn file_of(path: &Path) -> Option<(u64, u64)> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

/// Opens a database to read it as it is. Where its -wal cannot be read beside it, what was last moved into the file itself is read.
fn reading(file: &Path) -> Result<Connection, Fault> {
    // The signs that mean something in an SQLite URI.
    let path = file.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = |how: &str| -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(format!("file:{path}?{how}"), flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
        Ok(connection)
    };
    let has_wal = file.with_extension("db-wal").exists();
    let beside = has_wal.then(|| open("mode=ro").ok()).flatten();
    Ok(beside.map_or_else(|| open("immutable=1"), Ok)?)
}

impl Database {
    /// Opens the database of a home, made or brought to the newest format first.
    ///
    /// # Errors
    /// A newer format, damage, or a folder that cannot be used.
    pub fn open(home: &Home) -> Result<Self, Fault> {
        // Two processes that open a new home at once take turns; the lock goes with the file handle.
        let turn = home.file("open.lock")?;
        turn.lock().map_err(|why| Fault::Home { path: home.path("open.lock"), why: why.to_string() })?;
        drop(home.file("replica.db")?);
        let connection = Connection::open(home.database())?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(64);
        if connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))? == 0 {
            // Only a file that is new can be made so that it becomes smaller again.
            connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
        }
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000; PRAGMA secure_delete = ON;",
        )?;
        let place = home.database();
        let mut database = Self { connection, unconfirmed: None, place: file_of(&place).map(|file| (place, file)) };
        database.migrate(home)?;
        Ok(database)
    }

    /// What the database of a home holds, in memory: nothing is written to a disk, and what is changed here ends with this process.
    ///
    /// # Errors
    /// A newer format or damage.
    pub fn in_memory(home: &Home) -> Result<Self, Fault> {
        let mut connection = Connection::open_in_memory()?;
        if home.database().exists() {
            let source = reading(&home.database())?;
            // Every page at once: whoever writes there meanwhile is seen by the server's news, or at the next start.
            if Backup::new(&source, &mut connection)?.step(-1)? != StepResult::Done {
                return Err(Fault::Busy);
            }
        }
        connection.set_prepared_statement_cache_capacity(64);
        let mut database = Self { connection, unconfirmed: None, place: None };
        database.migrate(home)?;
        Ok(database)
    }

    fn migrate(&mut self, home: &Home) -> Result<(), Fault> {
        let known = MIGRATIONS.len() as u32;
        let found = self.format()?;
        if found > known {
            return Err(Fault::Newer { path: home.database(), found, known });
        }
        if found > 0 && found < known && home.is_written() {
            self.keep_aside(home, &format!("replica.before-format-{known}"))?;
        }
        for (format, migration) in (1..).zip(MIGRATIONS).skip(found as usize) {
            self.begin()?;
            let stepped = self.connection.execute_batch(&format!("{migration}\nPRAGMA user_version = {format};")).map_err(Fault::from);
            // Before there is such a column, nothing waits that lacks it.
            let done = if format < HASHED_FORMAT { stepped } else { stepped.and_then(|()| self.hash_waiting()) };
            self.finish(done)?;
        }
        Ok(())
    }

    /// A copy of the database under a name of its own, whole or not at all; what an attempt left that was broken off is begun anew.
    fn keep_aside(&self, home: &Home, name: &str) -> Result<(), Fault> {
        let (kept, part) = (home.path(&format!("{name}.db")), home.path(&format!("{name}.part")));
        if kept.exists() {
            return Ok(());
        }
        let told = |why: std::io::Error| Fault::Home { path: part.clone(), why: why.to_string() };
        home.file(&format!("{name}.part"))?.set_len(0).map_err(told)?;
        self.connection.execute("VACUUM INTO ?1", [part.to_string_lossy()])?;
        std::fs::File::open(&part).and_then(|file| file.sync_all()).map_err(told)?;
        std::fs::rename(&part, &kept).map_err(told)?;
        home.sync()
    }

    fn format(&self) -> Result<u32, Fault> {
        Ok(self.connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
    }

    /// For reading, and for writing between `begin` and `commit`.
    pub fn sql(&self) -> &Connection {
        &self.connection
    }

    /// Takes the write lock.
    ///
    /// # Errors
    /// When it is held too long by another, or nothing may be written any more.
    pub fn begin(&mut self) -> Result<(), Fault> {
        if let Some(why) = &self.unconfirmed {
            return Err(Fault::Unconfirmed(why.clone()));
        }
        if let Some((path, _)) = self.place.as_ref().filter(|(path, file)| file_of(path) != Some(*file)) {
            return Err(Fault::Gone(path.clone()));
        }
        Ok(self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([]).map(drop)?)
    }

    /// From now on everything is read as it stands now, until `abandon`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn begin_reading(&mut self) -> Result<(), Fault> {
        // The view begins with the first read, not with BEGIN.
        Ok(self.connection.execute_batch("BEGIN; SELECT count(*) FROM meta WHERE name = 'device';")?)
    }

    /// Makes what was written since `begin` durable, or undoes it where `done` failed.
    ///
    /// # Errors
    /// When it is not on disk; then nothing of it remains.
    pub fn finish<T, E: Into<Fault>>(&mut self, done: Result<T, E>) -> Result<T, Fault> {
        let committed = done.map_err(Into::into).and_then(|value| {
            self.connection.prepare_cached("COMMIT")?.execute([])?;
            Ok(value)
        });
        if let Err(fault) = &committed {
            if !self.connection.is_autocommit() {
                self.abandon();
            }
            if let Fault::Unconfirmed(why) = fault {
                self.unconfirmed = Some(why.clone());
            }
        }
        committed
    }

    /// Whether the next commits reach the disk before they return. Without it they reach it with the next one that does, in order and
    /// whole: good enough for what can be fetched or made again.
    pub fn wait_for_disk(&self, wait: bool) -> Result<(), Fault> {
        Ok(self.connection.execute_batch(if wait { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" })?)
    }

    /// Undoes what was written since `begin`.
    pub fn abandon(&mut self) {
        // A rollback that fails leaves the transaction to the next `begin`, which says so.
        let _ = self.connection.execute_batch("ROLLBACK");
    }

    /// Lets go of the file; as the last to do so, with everything in it and nothing beside it.
    ///
    /// # Errors
    /// When not everything is in it.
    pub fn close(self) -> Result<(), Fault> {
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy != 0 {
            return Err(Fault::Busy);
        }
        Ok(self.connection.close().map_err(|(_, why)| why)?)
    }

    /// Changes whenever another connection has committed.
    pub fn data_version(&self) -> Result<i64, Fault> {
        Ok(self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }

    /// A small fact, if it was ever kept.
    pub fn fact<T: FromSql>(&self, name: &str) -> Result<Option<T>, Fault> {
        let mut query = self.connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
        Ok(query.query_row([name], |row| row.get::<_, Option<T>>(0)).optional()?.flatten())
    }

    /// A small number; 0 if it was never kept.
    pub fn number(&self, name: &str) -> Result<u64, Fault> {
        Ok(self.fact::<i64>(name)?.unwrap_or(0).max(0) as u64)
    }

    /// Keeps a small number; inside a transaction.
    pub fn keep_number(&self, name: &str, value: u64) -> Result<(), Fault> {
        self.keep_fact(name, value as i64)
    }

    /// Keeps a small fact; inside a transaction.
    pub fn keep_fact(&self, name: &str, value: impl ToSql) -> Result<(), Fault> {
        let mut insert = self.connection.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?;
        insert.execute(params![name, value])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_removed_under_this_process_takes_nothing_more() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::prepare(folder.path()).unwrap();
        let mut database = Database::open(&home).unwrap();
        database.begin().unwrap();
        database.finish(Ok::<_, Fault>(())).unwrap();
        std::fs::remove_file(home.database()).unwrap();
        let refused = database.begin().unwrap_err().to_string();
        assert!(refused.contains("was removed while this ran"), "{refused}");
    }

    #[test]
    fn an_older_format_is_brought_to_the_newest_and_kept_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::prepare(folder.path()).unwrap();
        let old = Connection::open(home.database()).unwrap();
        old.execute_batch(&format!("{} PRAGMA user_version = 1; INSERT INTO meta (name, value) VALUES ('seq', 7)", MIGRATIONS[0])).unwrap();
        drop(old);
        let database = Database::open(&home).unwrap();
        assert_eq!((database.format().unwrap() as usize, database.number("seq").unwrap()), (MIGRATIONS.len(), 7));
        let backup = home.path(&format!("replica.before-format-{}.db", MIGRATIONS.len()));
        let kept = Connection::open(backup).unwrap();
        assert_eq!(kept.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0)).unwrap(), 1);
    }

    #[test]
    fn what_waited_before_there_were_hashes_gets_them() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::prepare(folder.path()).unwrap();
        let old = Connection::open(home.database()).unwrap();
        old.execute_batch(&format!("{} PRAGMA user_version = 5;", MIGRATIONS[..5].concat())).unwrap();
        let insert = "INSERT INTO outbox (event_id, incident, event, person, state, depends_on, changed) VALUES (x'01', x'02', ?1, 'ana', 'waiting', x'', 1)";
        old.execute(insert, ["{\"words\":1}"]).unwrap();
        drop(old);
        let database = Database::open(&home).unwrap();
        let hash: String = database.sql().query_row("SELECT sha256 FROM outbox", [], |row| row.get(0)).unwrap();
        assert_eq!(hash, crate::ledger::sha256_hex(b"{\"words\":1}"));
    }
}

//! A copy of the log while its server runs, and such a copy put in its place: a new epoch, the old file set aside, tokens as they are now.

use crate::domain::Timestamp;
use crate::ledger::Position;
use crate::store::Head;
use crate::store::StoreError;
use crate::store::sqlite::beside;
use crate::store::sqlite::head_file::HeadFile;
use crate::store::sqlite::migrate;
use crate::store::sqlite::open;
use crate::store::sqlite::verify;
use rusqlite::Connection;
use rusqlite::OpenFlags;
use std::fs;
use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

/// What became of a restore.
#[derive(Clone, PartialEq, Debug)]
pub struct Restored {
    /// Where the log stands now, in its new epoch.
    pub position: Position,
    /// Where it stood before, as far as that could be read.
    pub before: Option<Position>,
    /// Where the database that was there is now.
    pub aside: Option<PathBuf>,
    /// Tokens are as they were in the database that was there; else as they were in the backup.
    pub keeps_tokens: bool,
}

/// Copies the log as it stands at one moment into a new file, also while a server writes it. The copy is checked and on disk when this returns.
///
/// # Errors
/// When there is no such database, the new file exists already or cannot be written, or the copy does not fit itself.
pub fn backup(database: &Path, to: &Path) -> Result<Position, StoreError> {
    if to.exists() {
        return Err(StoreError::file(to)(std::io::ErrorKind::AlreadyExists.into()));
    }
    let part = beside(to, ".part");
    let head = copy(database, &part)?;
    fs::rename(&part, to).and_then(|()| sync_folder(to)).map_err(StoreError::file(to))?;
    Ok(head.position())
}

/// Puts a backup in the place of a database that nobody serves. The one that was there is set aside, never deleted.
///
/// # Errors
/// When a server has the database, the backup is not one or does not fit itself, or it is of another log than what is there. Then nothing changed.
pub fn restore(backup: &Path, database: &Path, now: Timestamp) -> Result<Restored, StoreError> {
    open::make_folder(database)?;
    let _lock = open::lock(database)?;
    let part = beside(database, ".restoring");
    let mut head = copy(backup, &part)?;
    let mut head_file = HeadFile::open(&beside(database, ".head"))?;
    let known = head_file.read();
    let there = if database.exists() { head_of(database) } else { None };
    let before = [there.as_ref().map(Head::position), known].into_iter().flatten().max_by_key(|at| (at.epoch, at.seq));
    if let Some(other) = before.filter(|before| before.log != head.log) {
        return Err(StoreError::OtherLog { path: database.to_owned(), log: other.log, backup: backup.to_owned(), found: head.log });
    }
    head.epoch = before.map_or(head.epoch, |before| before.epoch.max(head.epoch)) + 1;
    let keeps_tokens = there.is_some() && take_tokens(&part, database).is_ok();
    let connection = connect(&part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute("UPDATE meta SET epoch = ?1", [head.epoch.cast_signed()])?;
    connection.close().map_err(|(_, why)| why)?;
    sync(&part)?;
    let aside = set_aside(database, now)?;
    fs::rename(&part, database).and_then(|()| sync_folder(database)).map_err(StoreError::file(database))?;
    head_file.write(&head);
    Ok(Restored { position: head.position(), before, aside, keeps_tokens })
}

/// Copies a database as it stands at one moment to a file of its own, and checks the copy.
fn copy(from: &Path, to: &Path) -> Result<Head, StoreError> {
    // Only looked at: no file is made where there is none.
    fs::metadata(from).map_err(StoreError::file(from))?;
    let connection = connect(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let migrate::Found::Version(version) = migrate::inspect(&connection, from, migrate::STEPS.len())? else {
        return Err(StoreError::Foreign(from.to_owned()));
    };
    migrate::back_up(&connection, to)?;
    sync(to)?;
    let copied = connect(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let sound: String = copied.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(StoreError::Damaged { path: from.to_owned(), what: sound });
    }
    // A backup of an older version is brought to this one before it is looked at; the one it came from stays as it is.
    migrate::take(&copied, version as usize, migrate::STEPS)?;
    let (head, _) = open::read_meta(&copied, from)?;
    verify::log_end(&copied, from, &head)?;
    copied.close().map_err(|(_, why)| why)?;
    Ok(head)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// Where a database stands that may be damaged.
fn head_of(path: &Path) -> Option<Head> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
    open::read_meta(&connection, path).ok().map(|(head, _)| head)
}

/// Tokens are of today: one that was revoked since the backup stays revoked, one that was made since goes on.
fn take_tokens(part: &Path, database: &Path) -> Result<(), StoreError> {
    let connection = connect(part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute("ATTACH ?1 AS there", [database.to_string_lossy()])?;
    let columns = "name, hash, person, scope, created_at, expires_at, revoked_at, last_used_at";
    let take = format!("BEGIN; DELETE FROM main.token; INSERT INTO main.token ({columns}) SELECT {columns} FROM there.token; COMMIT;");
    let taken = connection.execute_batch(&take);
    if taken.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    Ok(taken?)
}

/// Gives what is there a second name, under which it stays: until the new one takes the first, it is found under both. The side files go first: a
/// database without them is noticed as such, side files without theirs would be taken for the new one's.
fn set_aside(database: &Path, now: Timestamp) -> Result<Option<PathBuf>, StoreError> {
    if !database.exists() {
        return Ok(None);
    }
    // What lies in its -wal moves into it where it can be read: then it is whole at every moment.
    if let Ok(connection) = connect(database, OpenFlags::SQLITE_OPEN_READ_WRITE) {
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
    let aside = beside(database, &format!(".replaced-{}", now.millis()));
    for tail in ["-wal", "-shm"] {
        let (from, to) = (beside(database, tail), beside(&aside, tail));
        if from.exists() {
            fs::rename(&from, &to).map_err(StoreError::file(&from))?;
        }
    }
    // A file system without second names gets it under the other one alone, for the moment until the new one is there.
    fs::hard_link(database, &aside).or_else(|_| fs::rename(database, &aside)).map_err(StoreError::file(database))?;
    Ok(Some(aside))
}

fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(StoreError::file(path))
}

fn sync_folder(of: &Path) -> std::io::Result<()> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

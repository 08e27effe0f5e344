//! Opening the file: lock, settings, migration, and the checks before anything is promised.

use crate::domain::DeviceId;
use crate::domain::LogId;
use crate::ledger::Frontier;
use crate::store::Head;
use crate::store::LogReader;
use crate::store::SqliteStore;
use crate::store::StoreError;
use crate::store::sqlite::beside;
use crate::store::sqlite::head_file::HeadFile;
use crate::store::sqlite::migrate;
use crate::store::sqlite::migrate::Found;
use crate::store::sqlite::read::SqliteReader;
use crate::store::sqlite::verify;
use rusqlite::Connection;
use rusqlite::OpenFlags;
use rusqlite::params;
use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use uuid::Uuid;

/// How long a server that was just killed or is stopping may take to let go of the file.
const LOCK_WAIT: Duration = Duration::from_secs(2);
const ANSWERS_KEPT_DAYS: i64 = 30;

pub(super) fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    make_folder(path)?;
    let lock = lock(path)?;
    let connection = connect(path)?;
    migrate::migrate(&connection, path, migrate::STEPS)?;
    mint(&connection)?;
    let (head, device) = read_meta(&connection, path)?;
    verify::log_end(&connection, path, &head)?;
    let head_path = beside(path, ".head");
    let mut head_file = HeadFile::open(&head_path)?;
    if let Some(known) = head_file.read() {
        verify::against_head_file(&connection, path, &head_path, &head, &known)?;
    }
    head_file.write(&head);
    let oldest = chrono::Utc::now().timestamp_millis() - ANSWERS_KEPT_DAYS * 86_400_000;
    connection.execute("DELETE FROM answer WHERE made_at < ?1", [oldest])?;
    let reader = Arc::new(SqliteReader::new(path));
    Ok(SqliteStore { connection, head, device, head_file, reader, broken: None, _lock: lock })
}

/// Accepts that the database was restored from an older copy: begins a new epoch, so that every replica notices and nothing of
/// the lost range is taken for acknowledged. Answers the new epoch.
///
/// # Errors
/// As for opening, but not because the log lost its end.
pub fn accept_restored(path: &Path) -> Result<u64, StoreError> {
    let _lock = lock(path)?;
    let connection = connect(path)?;
    migrate::migrate(&connection, path, migrate::STEPS)?;
    mint(&connection)?;
    let (mut head, _) = read_meta(&connection, path)?;
    verify::log_end(&connection, path, &head)?;
    let mut head_file = HeadFile::open(&beside(path, ".head"))?;
    // Also where the head kept apart sees no loss: a whole folder put back brings its old head with it.
    let before = head_file.read().map_or(head.epoch, |known| known.epoch.max(head.epoch));
    head.epoch = before + 1;
    set_epoch(&connection, head.epoch)?;
    head_file.write(&head);
    Ok(head.epoch)
}

pub(super) fn set_epoch(connection: &Connection, epoch: u64) -> Result<(), StoreError> {
    connection.execute("UPDATE meta SET epoch = ?1", [epoch.cast_signed()])?;
    Ok(())
}

/// Opens for tokens alone, also while a server runs: makes a new database if there is none, migrates only what nobody serves.
pub(super) fn open_beside_server(path: &Path) -> Result<Connection, StoreError> {
    make_folder(path)?;
    let connection = connect(path)?;
    match migrate::inspect(&connection, path, migrate::STEPS.len())? {
        Found::Version(version) if (version as usize) < migrate::STEPS.len() => {
            let _lock = try_lock(path)?.ok_or_else(|| StoreError::NotMigrated(path.to_owned()))?;
            migrate::migrate(&connection, path, migrate::STEPS)?;
        }
        Found::Version(_) => {}
        Found::Nothing => migrate::migrate(&connection, path, migrate::STEPS)?,
    }
    mint(&connection)?;
    Ok(connection)
}

/// Opens a database to read it as it is, also while a server runs on it.
///
/// # Errors
/// When it is something else, or of another version.
pub fn open_reader(path: &Path) -> Result<Arc<dyn LogReader>, StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match migrate::inspect(&connection, path, migrate::STEPS.len())? {
        Found::Version(version) if version as usize == migrate::STEPS.len() => Ok(Arc::new(SqliteReader::new(path))),
        Found::Version(_) => Err(StoreError::NotMigrated(path.to_owned())),
        Found::Nothing => Err(StoreError::Foreign(path.to_owned())),
    }
}

/// A file that only its owner can read, made if it is missing.
pub(super) fn private_file(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(StoreError::file(path))
}

pub(super) fn make_folder(path: &Path) -> Result<(), StoreError> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(StoreError::file(folder)),
        None => Ok(()),
    }
}

fn try_lock(path: &Path) -> Result<Option<File>, StoreError> {
    let lock_path = beside(path, ".lock");
    let file = private_file(&lock_path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(why)) => Err(StoreError::file(&lock_path)(why)),
    }
}

pub(super) fn lock(path: &Path) -> Result<File, StoreError> {
    let began = Instant::now();
    loop {
        match try_lock(path)? {
            Some(file) => return Ok(file),
            None if began.elapsed() > LOCK_WAIT => return Err(StoreError::InUse(path.to_owned())),
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    // Made with its mode first: SQLite gives the -wal and -shm files the mode of the database.
    drop(private_file(path)?);
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // The look at the file comes before the first pragma that would write into a foreign one.
    migrate::inspect(&connection, path, migrate::STEPS.len())?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is deleted here is meant to be gone, also from pages that are free.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "cache_size", -16_000)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Gives a new database its log, its device and its first epoch.
fn mint(connection: &Connection) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO meta (one, log, device, epoch, size, frontier) VALUES (1, ?1, ?2, 1, 0, x'')";
    let (log, device) = (Uuid::now_v7(), Uuid::now_v7());
    connection.execute(sql, params![log.as_bytes().as_slice(), device.as_bytes().as_slice()])?;
    Ok(())
}

/// Which log it is, where it stands, and the server's own device.
pub(super) fn read_meta(connection: &Connection, path: &Path) -> Result<(Head, DeviceId), StoreError> {
    let (log, device, epoch, size, frontier) = connection.query_row("SELECT log, device, epoch, size, frontier FROM meta", [], |row| {
        Ok((
            row.get::<_, [u8; 16]>(0)?,
            row.get::<_, [u8; 16]>(1)?,
            row.get::<_, i64>(2)?.cast_unsigned(),
            row.get::<_, i64>(3)?.cast_unsigned(),
            row.get::<_, Vec<u8>>(4)?,
        ))
    })?;
    let frontier = Frontier::from_bytes(size, &frontier).map_err(|what| StoreError::Damaged { path: path.to_owned(), what })?;
    Ok((Head { log: LogId(Uuid::from_bytes(log)), epoch, frontier }, DeviceId(Uuid::from_bytes(device))))
}

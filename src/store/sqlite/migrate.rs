//! Ordered SQL files, one transaction each, a backup first.

use crate::store::StoreError;
use crate::store::sqlite::beside;
use crate::store::sqlite::open::private_file;
use rusqlite::Connection;
use std::path::Path;

/// Every step there ever was; the database's `user_version` says how many it has taken.
pub(super) const STEPS: &[&str] =
    &[include_str!("migrations/1_log.sql"), include_str!("migrations/2_proofs.sql"), include_str!("migrations/3_heads.sql")];

/// Marks a file as the database of a warroom server ("WRSV").
const APPLICATION_ID: i32 = 0x5752_5356;

/// What is in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Found {
    Nothing,
    Version(u32),
}

/// Looks at the file without changing it.
pub(super) fn inspect(connection: &Connection, path: &Path, known: usize) -> Result<Found, StoreError> {
    let foreign = |why: rusqlite::Error| match why.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => StoreError::Foreign(path.to_owned()),
        _ => why.into(),
    };
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(foreign)?;
    if tables == 0 {
        return Ok(Found::Nothing);
    }
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    if version as usize > known {
        return Err(StoreError::Newer { path: path.to_owned(), found: version, known: known as u32 });
    }
    Ok(Found::Version(version))
}

/// Brings the database to the newest version.
pub(super) fn migrate(connection: &Connection, path: &Path, steps: &[&str]) -> Result<(), StoreError> {
    let from = match inspect(connection, path, steps.len())? {
        Found::Nothing => 0,
        Found::Version(version) => version as usize,
    };
    if from > 0 && from < steps.len() {
        back_up(connection, &beside(path, &format!(".before-{}", from + 1)))?;
    }
    take(connection, from, steps)
}

/// Takes the steps after the first `from`, with no copy aside.
pub(super) fn take(connection: &Connection, from: usize, steps: &[&str]) -> Result<(), StoreError> {
    for (step, number) in steps.iter().zip(1..).skip(from) {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        // Another process may have taken the step while this one waited for the lock.
        let done = if version as usize >= number {
            Ok(())
        } else {
            connection.execute_batch(step).and_then(|()| {
                connection.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number};"))
            })
        };
        if let Err(why) = done.and_then(|()| connection.execute_batch("COMMIT")) {
            let _ = connection.execute_batch("ROLLBACK");
            return Err(why.into());
        }
    }
    Ok(())
}

/// Copies the database as it stands at one moment, also while another process writes it.
pub(super) fn back_up(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    // An older attempt's copy is of the same version and may be half written; the new one takes its place. What lies beside it would be taken for its own.
    for tail in ["-journal", "-wal", "-shm"] {
        remove(&beside(to, tail))?;
    }
    private_file(to)?.set_len(0).map_err(StoreError::file(to))?;
    connection.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    Ok(())
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(StoreError::file(path)(why)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const FIRST: &str = "CREATE TABLE a (x INTEGER);";
    const SECOND: &str = "CREATE TABLE b (y INTEGER);";

    #[test]
    fn steps_are_taken_once_with_a_backup_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let connection = Connection::open(&path).unwrap();
        migrate(&connection, &path, &[FIRST]).unwrap();
        connection.execute("INSERT INTO a VALUES (7)", []).unwrap();
        migrate(&connection, &path, &[FIRST, SECOND]).unwrap();
        migrate(&connection, &path, &[FIRST, SECOND]).unwrap();
        assert_eq!(inspect(&connection, &path, 2).unwrap(), Found::Version(2));

        let copy = beside(&path, ".before-2");
        assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        let old = Connection::open(&copy).unwrap();
        assert_eq!(inspect(&old, &copy, 2).unwrap(), Found::Version(1));
        assert_eq!(old.query_row("SELECT x FROM a", [], |row| row.get::<_, i64>(0)).unwrap(), 7);
    }

    #[test]
    fn a_failing_step_leaves_the_store_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let connection = Connection::open(&path).unwrap();
        migrate(&connection, &path, &[FIRST]).unwrap();
        migrate(&connection, &path, &[FIRST, "CREATE TABLE b (y INTEGER); CREATE TABLE a (again INTEGER);"]).unwrap_err();
        assert_eq!(inspect(&connection, &path, 2).unwrap(), Found::Version(1));
        let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1);
    }

    #[test]
    fn a_newer_or_foreign_file_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let connection = Connection::open(&path).unwrap();
        migrate(&connection, &path, &[FIRST, SECOND]).unwrap();
        let why = migrate(&connection, &path, &[FIRST]).unwrap_err().to_string();
        assert!(why.contains("newer warroom (store version 2, this program knows 1)"), "{why}");

        let other = folder.path().join("other.db");
        let connection = Connection::open(&other).unwrap();
        connection.execute_batch(FIRST).unwrap();
        assert!(matches!(migrate(&connection, &other, &[FIRST]), Err(StoreError::Foreign(_))));
    }
}

//! What can go wrong with the local copy, in words a person can act on.

use crate::ledger::audit::Bad;
use rusqlite::ErrorCode;
use rusqlite::ffi;
use std::path::PathBuf;

/// Why the local copy could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The disk has no room.
    #[error("the disk is full; nothing was saved. Free some space, then it goes on by itself")]
    Full,
    /// Another process held the database for longer than the busy timeout.
    #[error("another process holds the database; nothing was saved. Try again, and see what runs on this home with `warroom doctor`")]
    Busy,
    /// The disk did not confirm a write: what was written since cannot be trusted, and asking again proves nothing.
    #[error(
        "the disk failed to confirm a write ({0}); nothing more is saved by this process. Copy your words, check the disk, then start again"
    )]
    Unconfirmed(String),
    /// The database's file was removed or replaced under this process: what is written now is read by nobody.
    #[error("{0} was removed while this ran; nothing more is saved by this process. Copy your words, then start again")]
    Gone(PathBuf),
    /// Written by a newer program.
    #[error("{path} was written by a newer warroom (format {found}, this program knows {known}); update warroom, or use another --home")]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// The file is not what was written.
    #[error(
        "the database is damaged ({0}); open the war room or run `warroom doctor --repair`: that sets the file aside and saves what can be read"
    )]
    Damaged(String),
    /// The folder cannot be used.
    #[error("{path}: {why}; choose another folder with --home")]
    Home {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Records from the server that do not continue what is held here.
    #[error("the server sent records that do not fit: {0}")]
    Unfit(String),
    /// The server speaks for another log.
    #[error("the server holds another log than this home; nothing was sent. Use another --home for it, or check the address")]
    OtherLog,
    /// The server's log is not the one it signed.
    #[error(
        "THE SERVER'S RECORD CANNOT BE TRUSTED: {0}. Nothing more is sent to it or taken from it; what is held here stays. Tell whoever runs the server, and see `warroom verify`"
    )]
    Untrue(String),
    /// The replica's thread is gone.
    #[error("the local copy is closed")]
    Closed,
    /// Anything else.
    #[error("the database could not be used: {0}")]
    Database(String),
}

impl Fault {
    /// Whether the file itself must be set aside.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged(_))
    }
}

impl From<Bad> for Fault {
    fn from(bad: Bad) -> Self {
        Self::Damaged(bad.to_string())
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, words) = &error else {
            return match error {
                rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::Utf8Error(..) => {
                    Self::Damaged(error.to_string())
                }
                other => Self::Database(other.to_string()),
            };
        };
        match (failure.code, failure.extended_code) {
            // Without room for its -shm file SQLite speaks of input and output, and a -wal file cannot be read.
            (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => Self::Full,
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Self::Busy,
            (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => Self::Damaged(words.clone().unwrap_or_else(|| error.to_string())),
            (_, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC) => Self::Unconfirmed(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

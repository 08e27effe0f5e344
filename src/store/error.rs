//! What can go wrong with a store, as sentences a person can act on.

use crate::domain::LogId;
use rusqlite::ErrorCode;
use std::path::Path;
use std::path::PathBuf;

/// A store failed, or refused.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another server has the file.
    #[error(
        "{0} is in use by another `warroom serve`; a database has one server. Stop the other one, or name another file with --database"
    )]
    InUse(PathBuf),
    /// A later version of this program wrote it.
    #[error(
        "{path} was written by a newer warroom (store version {found}, this program knows {known}); nothing was changed. Update warroom, or name another file with --database"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// It must be migrated, but a server of another version runs on it.
    #[error("{0} is of an older version and its server is running; start this version's `warroom serve` on it first")]
    NotMigrated(PathBuf),
    /// Some other database.
    #[error("{0} is not the database of a warroom server; name another file with --database")]
    Foreign(PathBuf),
    /// The log lost its end: acknowledged records are missing.
    #[error(
        "{path} ends at record {found}, but record {acknowledged} was acknowledged (says {head_file}); the database was replaced by an older copy or lost its -wal file. Put the newer database back; if it was restored from a backup on purpose, start once with --accept-restored, which begins a new epoch and tells every replica"
    )]
    Behind {
        /// The database.
        path: PathBuf,
        /// The file that knows better.
        head_file: PathBuf,
        /// Where the database ends.
        found: u64,
        /// Where it ended when it was last written.
        acknowledged: u64,
    },
    /// A backup of one log, and the database of another.
    #[error(
        "{backup} is a backup of log {found}, and {path} holds log {log}; nothing was changed. Name the database it belongs to, or a new file, with --database"
    )]
    OtherLog {
        /// The database.
        path: PathBuf,
        /// Its log.
        log: LogId,
        /// The backup.
        backup: PathBuf,
        /// The backup's log.
        found: LogId,
    },
    /// What is stored does not fit itself.
    #[error("{path} is damaged: {what}. Nothing was changed; keep the file, and restore the newest backup beside it")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// Nothing was written; it may work again later.
    #[error("the log cannot be written now: {0}; nothing was taken, send it again later")]
    Unavailable(String),
    /// It is not known whether the last write was kept; the store goes on and will see.
    #[error(
        "the database did not say whether the last write was kept ({0}); send the same again: what has an id or an Idempotency-Key is taken once"
    )]
    Unknown(String),
    /// Records that were read are gone: the database was restored, or a standby that lacked them took over.
    #[error("the database no longer holds what was read from it: {0}; the log is read anew, send it again")]
    Rewound(String),
    /// It is not known whether the last write is on disk. Final: a failed fsync is never tried again.
    #[error("writing the log failed: {0}; nothing more is acknowledged. Check the disk, then restart the server")]
    Broken(String),
    /// No token of that name.
    #[error("there is no token named `{0}`; `warroom token list` shows them")]
    NoSuchToken(String),
    /// The name is taken.
    #[error("a token named `{0}` exists already; choose another name, or revoke it first")]
    TokenExists(String),
    /// The file cannot be reached.
    #[error("{path} cannot be used: {source}. Name another place with --database, or let this user write there")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is broken, or holds what this program never writes.
    #[error("the database is damaged ({0}). Nothing was changed; keep the file, and restore the newest backup beside it")]
    Malformed(String),
    /// An address that cannot be used.
    #[error("this database address cannot be used: {what}")]
    Address {
        /// Why, without secrets.
        what: String,
    },
    /// A log is moved only into a database that holds none.
    #[error("{0} holds a log already; name an empty database")]
    NotEmpty(String),
    /// A database that does not answer, or does not let us in.
    #[error("{database} cannot be used: {what}. Check that it runs, and the address, the name, the password and what that name may do")]
    Unreachable {
        /// Its address, without secrets.
        database: String,
        /// What each host said.
        what: String,
    },
    /// Something else the database said.
    #[error("the database said: {0}")]
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(why: rusqlite::Error) -> Self {
        let unreadable = matches!(
            why,
            rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
        );
        match why.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Malformed(why.to_string()),
            _ if unreadable => Self::Malformed(why.to_string()),
            _ => Self::Sql(why),
        }
    }
}

impl StoreError {
    /// For `map_err` on file operations.
    pub(super) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    /// Whether the store may work again without being opened anew.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Unknown(_) | Self::Rewound(_) | Self::Unreachable { .. })
    }
}

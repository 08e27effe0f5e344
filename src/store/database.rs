//! Which database: an address on the command line, and what can be asked of the log behind it whichever kind it is.

use crate::domain::Timestamp;
use crate::store::Head;
use crate::store::LogReader;
use crate::store::LogStore;
use crate::store::SqliteStore;
use crate::store::StoreError;
use crate::store::Token;
use crate::store::postgres;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// Where a log is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// An address `postgres://…`, secrets included.
    Postgres(String),
}

impl FromStr for Database {
    type Err = String;

    fn from_str(address: &str) -> Result<Self, String> {
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Ok(Self::Postgres(address.to_owned()));
        }
        match address.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ => Err(format!("`{address}` is not a database; expected sqlite:PATH or postgres://USER@HOST/DATABASE")),
        }
    }
}

impl fmt::Display for Database {
    /// The address without its secrets.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(out, "{}", path.display()),
            Self::Postgres(url) => out.write_str(&postgres::name(url)),
        }
    }
}

impl Database {
    /// What `parse` reads, secrets included.
    pub fn address(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => url.clone(),
        }
    }

    /// Opens the log, or makes a new one.
    ///
    /// # Errors
    /// When it cannot be reached or used, a newer version wrote it, or it is damaged.
    pub fn open(&self) -> Result<Box<dyn LogStore>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Box::new(SqliteStore::open(path)?),
            Self::Postgres(url) => Box::new(PostgresStore::open(url)?),
        })
    }

    /// Opens the log to read it as it is, also while a server runs on it.
    ///
    /// # Errors
    /// When it cannot be reached, is something else, or of another version.
    pub fn open_reader(&self) -> Result<Arc<dyn LogReader>, StoreError> {
        match self {
            Self::Sqlite(path) => sqlite::open_reader(path),
            Self::Postgres(url) => postgres::open_reader(url),
        }
    }

    /// Copies the log of a file, which no server may be using, into an empty PostgreSQL database. Answers where it stands: the same
    /// seqs, hashes and proofs.
    ///
    /// # Errors
    /// When these are not a file and a PostgreSQL database, there is a log in the target, or the source is damaged. Then the target is
    /// as it was.
    pub fn migrate_to(&self, target: &Self) -> Result<Head, StoreError> {
        match (self, target) {
            (Self::Sqlite(path), Self::Postgres(url)) => postgres::import(url, &SqliteStore::open(path)?),
            _ => Err(StoreError::Address { what: "a log moves from sqlite:PATH to postgres://…, and no other way".into() }),
        }
    }

    /// Accepts that it was restored from an older copy: begins a new epoch, so that every replica notices and nothing of the lost
    /// range is taken for acknowledged. Answers the new epoch.
    ///
    /// # Errors
    /// As for opening, but not because the log lost its end.
    pub fn accept_restored(&self) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(path) => sqlite::accept_restored(path),
            Self::Postgres(url) => postgres::accept_restored(url),
        }
    }

    /// Keeps a new token. Makes the log if there is none, so that the first token needs no server.
    ///
    /// # Errors
    /// When the name is taken, or the database cannot be used.
    pub fn create_token(&self, token: &Token) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(path) => sqlite::create_token(path, token),
            Self::Postgres(url) => postgres::create_token(url, token),
        }
    }

    /// Every token, by name.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn list_tokens(&self) -> Result<Vec<Token>, StoreError> {
        match self {
            Self::Sqlite(path) => sqlite::list_tokens(path),
            Self::Postgres(url) => postgres::list_tokens(url),
        }
    }

    /// Ends a token. A running server notices within seconds. Revoking it again keeps the first time.
    ///
    /// # Errors
    /// When there is no such token, or the database cannot be used.
    pub fn revoke_token(&self, name: &str, now: Timestamp) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(path) => sqlite::revoke_token(path, name, now),
            Self::Postgres(url) => postgres::revoke_token(url, name, now),
        }
    }
}

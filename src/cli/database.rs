//! The server's database as named on the command line: `sqlite:PATH` or `postgres://…`, by default `server.db` in the home folder.

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::store::Database;
use crate::store::StoreError;
use std::path::PathBuf;

/// The database meant by `--database`, the configuration, or the default.
///
/// # Errors
/// When it names a kind of database that this program does not keep a log in.
pub fn named(session: &Session, named: Option<&str>) -> Result<Database, Failure> {
    let configured = session.config.serve.as_ref().and_then(|serve| serve.database.as_deref());
    match named.or(configured) {
        None | Some("sqlite:" | "sqlite://") => Ok(Database::Sqlite(session.root()?.join("server.db"))),
        Some(address) => address.parse().map_err(|why| Failure::Usage(format!("--database: {why}"))),
    }
}

/// The same, if it is there: looking must not make one by a slip of the path.
///
/// # Errors
/// When there is no such file.
pub fn existing(session: &Session, name: Option<&str>) -> Result<Database, Failure> {
    let database = named(session, name)?;
    match &database {
        Database::Sqlite(path) if !path.exists() => {
            Err(Failure::Missing(format!("there is no database {}; name the server's with --database", path.display())))
        }
        _ => Ok(database),
    }
}

/// The same, where only a file can be meant.
///
/// # Errors
/// When it is a PostgreSQL database, which has tools of its own for that.
pub fn file(session: &Session, name: Option<&str>) -> Result<PathBuf, Failure> {
    match named(session, name)? {
        Database::Sqlite(path) => Ok(path),
        Database::Postgres(_) => Err(Failure::Usage(
            "this is for a log in SQLite; back PostgreSQL up and restore it with its own tools (pg_basebackup, pg_dump), and the next `warroom serve` begins a new epoch".into(),
        )),
    }
}

/// What a store says, with its exit code.
pub fn failure(why: StoreError) -> Failure {
    let sentence = why.to_string();
    match why {
        StoreError::Damaged { .. } | StoreError::Malformed(_) | StoreError::Behind { .. } | StoreError::Broken(_) => {
            Failure::Damaged(sentence)
        }
        StoreError::OtherLog { .. } => Failure::Refused { code: "other_log".into(), reason: sentence },
        StoreError::Address { .. } => Failure::Usage(sentence),
        StoreError::NoSuchToken(_) => Failure::Missing(sentence),
        StoreError::TokenExists(_) => Failure::Refused { code: "token_exists".into(), reason: sentence },
        StoreError::File { path, source } => Failure::of_file(&path, "opened", &source),
        _ => Failure::Failed(sentence),
    }
}

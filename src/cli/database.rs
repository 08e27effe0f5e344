//! The server's database as named on the command line: `sqlite:PATH`, by default `server.db` in the home folder.

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::store::StoreError;
use std::path::PathBuf;

/// The database meant by `--database`, the configuration, or the default.
///
/// # Errors
/// When it names a kind of database that this program does not keep a log in.
pub fn path(session: &Session, named: Option<&str>) -> Result<PathBuf, Failure> {
    let configured = session.config.serve.as_ref().and_then(|serve| serve.database.as_deref());
    match named.or(configured) {
        None => Ok(session.root()?.join("server.db")),
        Some(address) if address.starts_with("postgres:") || address.starts_with("postgresql:") => Err(Failure::Usage(
            "this version keeps its log in SQLite; a PostgreSQL database is not supported yet. Use --database sqlite:PATH".into(),
        )),
        Some(address) => match address.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//")) {
            Some("") => Ok(session.root()?.join("server.db")),
            Some(_) => {
                let path = &address["sqlite:".len()..];
                Ok(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
            }
            None => Err(Failure::Usage(format!("`--database {address}` is not a database; expected sqlite:PATH"))),
        },
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
        StoreError::NoSuchToken(_) => Failure::Missing(sentence),
        StoreError::TokenExists(_) => Failure::Refused { code: "token_exists".into(), reason: sentence },
        StoreError::File { path, source } => Failure::of_file(&path, "opened", &source),
        _ => Failure::Failed(sentence),
    }
}

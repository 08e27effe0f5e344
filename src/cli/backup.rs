//! `warroom backup` and `warroom restore`: the server's database copied while it runs, and such a copy put in its place.

use crate::cli::database;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::store;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Copy the server's database while it runs.
///
/// The copy is one file, as it stands at one moment, checked and on disk when this ends. Whoever reads it reads the whole log: keep it as safe as
/// the server. The key that the server signs with is no part of it: keep a copy of that file apart, or everyone has to be told of a new key.
#[derive(Args, Debug)]
pub struct Backup {
    /// The new file
    file: PathBuf,
    /// The server's database: sqlite:PATH [default: server.db in the home folder]
    #[arg(long, value_name = "DB")]
    database: Option<String>,
}

/// Put a backup in the place of the server's database.
///
/// Stop the server first. The database that was there is set aside, never deleted. A new epoch begins: every replica notices, and what the backup
/// does not hold comes back from the replicas of those who wrote it. Tokens stay as they are now.
#[derive(Args, Debug)]
pub struct Restore {
    /// What `warroom backup` wrote
    file: PathBuf,
    /// The server's database: sqlite:PATH [default: server.db in the home folder]
    #[arg(long, value_name = "DB")]
    database: Option<String>,
}

impl Backup {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let database = database::file(session, self.database.as_deref())?;
        let position = store::backup(&database, &self.file).map_err(database::failure)?;
        if session.output.json {
            return session.output.object(&json!({"file": self.file.display().to_string(), "position": position}));
        }
        session.output.line(format!(
            "{}: {} records of log {}, epoch {}",
            self.file.display(),
            position.seq,
            position.log,
            position.epoch
        ))?;
        session.output.note("the key that the server signs with is not in it; keep a copy of that file apart");
        Ok(())
    }
}

impl Restore {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        session.may_write()?;
        let database = database::file(session, self.database.as_deref())?;
        let restored = store::restore(&self.file, &database, now()).map_err(database::failure)?;
        let (position, aside) = (restored.position, restored.aside.map(|path| path.display().to_string()));
        let lost = restored.before.map_or(0, |before| before.seq.saturating_sub(position.seq));
        if session.output.json {
            return session.output.object(&json!({
                "position": position, "lost": lost, "aside": aside, "keeps_tokens": restored.keeps_tokens,
            }));
        }
        session.output.line(format!("restored: {} records of log {}, epoch {} begins", position.seq, position.log, position.epoch))?;
        if let Some(aside) = aside {
            session.output.line(format!("what was there is set aside: {aside}"))?;
        }
        if lost > 0 {
            session.output.line(format!(
                "the {lost} records after that come back from the replicas of those who wrote them, as they connect; codes such as INC-42 that were given in them may be given again, to others"
            ))?;
        }
        if !restored.keeps_tokens {
            session.output.note("tokens are those of the backup: one that was revoked since counts again; `warroom token list` shows them");
        }
        session.output.line("start it: warroom serve")
    }
}

//! `warroom migrate-database`: the server's log from a file into PostgreSQL.

use crate::cli::database;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use clap::Args;
use serde_json::json;

/// Copy the server's log from SQLite into PostgreSQL.
///
/// Into an empty database: the same seqs, hashes and proofs, and the tokens.
#[derive(Args, Debug)]
pub struct MigrateDatabase {
    /// Where the log is: sqlite:PATH; its server must be stopped
    from: String,
    /// Where it goes: postgres://USER@HOST/DATABASE, with no log in it
    to: String,
}

impl MigrateDatabase {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let (from, to) = (database::existing(session, Some(&self.from))?, database::named(session, Some(&self.to))?);
        let head = from.migrate_to(&to).map_err(database::failure)?;
        if session.output.json {
            return session.output.object(&json!({"from": from.to_string(), "to": to.to_string(), "position": head.position()}));
        }
        session.output.line(format!(
            "{} records of log {} are in {to} now, with the same root {}. Serve it from there with the same server.key, and no longer from {from}: both would go on on their own",
            head.seq(),
            head.log,
            head.frontier.root()
        ))
    }
}

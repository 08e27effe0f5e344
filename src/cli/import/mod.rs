//! Past incidents, from records kept elsewhere. Reading is `crate::import`; here are the files, what is told about them, and the way into the replica.

mod batch;
mod json;
mod markdown;
mod rows;
mod servicenow;

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::text_file;
use clap::Subcommand;
use std::path::Path;

/// A record of one incident is no longer than this, in bytes.
const DOCUMENT_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Take in past incidents from records kept elsewhere.
///
/// They are marked as told afterwards. Doing it twice adds nothing.
#[derive(Subcommand, Debug)]
pub enum Import {
    ServicenowCsv(servicenow::ServicenowCsv),
    Markdown(markdown::Markdown),
    Json(json::Json),
}

impl Import {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::ServicenowCsv(asked) => asked.run(session),
            Self::Markdown(asked) => asked.run(session),
            Self::Json(asked) => asked.run(session),
        }
    }
}

/// The text of a file that tells one incident.
fn text_of(path: &Path) -> Result<String, Failure> {
    text_file::read(path, DOCUMENT_MAX_BYTES)
}

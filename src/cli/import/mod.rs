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
use std::path::PathBuf;

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

/// Whether every file is there, before anything of the first is kept.
fn all_there(files: &[PathBuf]) -> Result<(), Failure> {
    files.iter().try_for_each(|path| match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(Failure::Failed(format!("{} cannot be read: it is a folder; name the files in it", path.display())))
        }
        Ok(_) => Ok(()),
        Err(why) => Err(Failure::of_file(path, "read", &why)),
    })
}

/// The text of a file that tells one incident.
fn text_of(path: &Path) -> Result<String, Failure> {
    text_file::read(path, DOCUMENT_MAX_BYTES)
}

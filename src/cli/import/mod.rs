//! Past incidents, from records kept elsewhere. Reading is `crate::import`; here are the files, what is told about them, and the way into the replica.

mod batch;
mod json;
mod markdown;
mod servicenow;

use crate::cli::failure::Failure;
use crate::cli::session::Session;
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
    let told = |why: &std::io::Error| Failure::of_file(path, "read", why);
    let size = std::fs::metadata(path).map_err(|why| told(&why))?.len();
    if size > DOCUMENT_MAX_BYTES {
        return Err(Failure::Usage(format!("{} has {} MiB: no record of one incident is so long", path.display(), size / 1024 / 1024)));
    }
    let bytes = std::fs::read(path).map_err(|why| told(&why))?;
    String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{} is no text in UTF-8", path.display())))
}

//! `warroom import json`.

use crate::cli::failure::Failure;
use crate::cli::import::all_there;
use crate::cli::import::batch::Batch;
use crate::cli::import::text_of;
use crate::cli::session::Session;
use crate::import::json;
use clap::Args;
use std::path::PathBuf;

/// What `warroom export --format json` wrote.
///
/// Every event as it was, marked as told afterwards.
#[derive(Args, Debug)]
pub struct Json {
    /// The exports
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Json {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        all_there(&self.files)?;
        let mut batch = Batch::begin(session, None)?;
        for path in &self.files {
            batch.file(path);
            match json::read(&text_of(path)?) {
                Ok(read) => {
                    batch.find(read.findings);
                    if batch.is_held(read.original) {
                        batch.pass_over(&read.past);
                    } else {
                        batch.take(read.past)?;
                    }
                }
                Err(why) => batch.leave_file(why),
            }
        }
        batch.end()
    }
}

//! `warroom import markdown`.

use crate::cli::failure::Failure;
use crate::cli::import::all_there;
use crate::cli::import::batch::Batch;
use crate::cli::import::text_of;
use crate::cli::session::Session;
use crate::import::markdown;
use crate::import::markdown::Decided;
use chrono_tz::Tz;
use clap::Args;
use std::path::PathBuf;

/// Post-mortems in Markdown.
///
/// Title, summary, root cause, and the timeline as entries. What a document leaves open, such as a zone, is told with its line; such a line is
/// kept as words, and no time is guessed.
#[derive(Args, Debug)]
pub struct Markdown {
    /// The documents
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The zone of times that name none, such as America/New_York
    #[arg(long, value_name = "ZONE")]
    zone: Option<Tz>,
    /// 3/4/2021 is 3 April
    #[arg(long, conflicts_with = "month_first")]
    day_first: bool,
    /// 3/4/2021 is 4 March
    #[arg(long)]
    month_first: bool,
}

impl Markdown {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let day_first = (self.day_first || self.month_first).then_some(self.day_first);
        let decided = Decided { zone: self.zone, day_first };
        all_there(&self.files)?;
        let mut batch = Batch::begin(session, self.zone)?;
        for path in &self.files {
            batch.file(path);
            let text = text_of(path)?;
            // The last part of its path: the same document elsewhere is the same document.
            let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            match markdown::read(&text, &name, decided) {
                Ok(read) => {
                    batch.find(read.findings.clone());
                    batch.document(&read);
                    batch.take(read.past)?;
                }
                Err(why) => batch.leave_file(why),
            }
        }
        batch.end()
    }
}

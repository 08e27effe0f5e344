//! The record of an incident as a document: Markdown, HTML, JSON or CSV, on stdout or in a file.

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::cli::templates;
use crate::cli::whole_file;
use crate::report;
use crate::report::Document;
use crate::report::Style;
use crate::report::Subject;
use clap::Args;
use clap::ValueEnum;
use std::path::Path;
use std::path::PathBuf;

/// The record of an incident as a document.
///
/// Offline too. Markdown and HTML are written by templates. `--print-template html > mine.html.j2` gives the one to begin with, `--template
/// mine.html.j2` uses it once, and files of the names incident.md.j2 and incident.html.j2 in the folder `templates` of the configuration are used
/// always.
#[derive(Args, Debug)]
pub struct Export {
    /// The incident
    #[arg(value_name = "INC")]
    named: Option<String>,
    /// What it is written as [default: as the name of FILE or the template ends, else markdown]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// A file instead of stdout; one that is there is replaced, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// A template of your own, for markdown and html
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Print the built-in template for markdown or html instead
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with_all = ["named", "format", "output", "template"])]
    print_template: Option<Format>,
}

/// What a record is written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// For people, as text.
    Markdown,
    /// For people, as a page that needs nothing else.
    Html,
    /// For programs: everything, with its proof.
    Json,
    /// For spreadsheets: the timeline, a record a line.
    Csv,
}

impl Format {
    /// What the end of a file's name says: `.md`, `.html`, `.json`, `.csv`; of a template what stands before `.j2`.
    fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        match name.strip_suffix(".j2").unwrap_or(&name).rsplit_once('.')?.1 {
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    fn style(self) -> Option<Style> {
        match self {
            Self::Markdown => Some(Style::Markdown),
            Self::Html => Some(Style::Html),
            Self::Json | Self::Csv => None,
        }
    }
}

impl Export {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        if let Some(format) = self.print_template {
            let style =
                format.style().ok_or_else(|| Failure::Usage("json and csv have no template; print that of markdown or html".into()))?;
            return session.output.text(style.shipped());
        }
        let format = self.format(session.output.json);
        if self.template.is_some() && format.style().is_none() {
            return Err(Failure::Usage(
                "json and csv are not written by a template; leave --template out, or take --format markdown or html".into(),
            ));
        }
        // A template that is not there or a key that is wrong is told before anything is fetched.
        let templates = templates::load(&session.config, self.template.as_deref())?;
        let desk = Desk::open(session)?;
        desk.refresh();
        let incident = desk.incident(self.named.as_deref())?;
        let snapshot = desk.snapshot();
        let position = snapshot.position_words();
        let subject = Subject { incident: &incident, org: &snapshot.board.org, now: now(), position: position.as_deref() };
        let text = match (format, format.style()) {
            (_, Some(style)) => Document::of(&subject).write(style, &templates).map_err(|why| Failure::Usage(why.to_string()))?,
            (Format::Csv, None) => Document::of(&subject).csv(),
            (_, None) => {
                let proof = desk.here.replica.evidence(incident.id)?.and_then(|proof| serde_json::to_value(proof).ok());
                report::export_json(&subject, &desk.here.replica.events(incident.id)?, proof.as_ref())
            }
        };
        match &self.output {
            Some(path) => {
                whole_file::write(path, &text)?;
                session.output.note(&format!("{} is written to {}", incident.code_text(), path.display()));
                Ok(())
            }
            None => session.output.text(&text),
        }
    }

    fn format(&self, json: bool) -> Format {
        let named = || self.output.as_deref().and_then(Format::of_name);
        let by_template = || self.template.as_deref().and_then(Format::of_name);
        let wanted = self.format.or(json.then_some(Format::Json));
        wanted.or_else(by_template).or_else(named).unwrap_or(Format::Markdown)
    }
}

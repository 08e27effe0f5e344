//! Documents made of incidents: what a reviewer, an auditor or a regulator reads, and what programs get.
//!
//! * [`Document`]: what a document says, as plain data. [`Document::write`] writes it as Markdown or as a page of HTML by a template, which a person
//!   may replace; [`Document::csv`] writes its timeline as a table; [`markdown`] is the first of these with the shipped template.
//! * [`export_json`]: the record for programs; [`incident_json`], [`entry_json`], [`task_json`] and their like are the shapes
//!   that the command line and the server answer with, and [`json_text`] writes any of them.
//! * `gaps`: what the record lacks. `chart`: the picture of it, as geometry that a template draws.
//! * [`briefing()`]: what goes with command when it is handed over.
//! * [`ratings()`]: how the priority moved, when, why and by whom.
//!
//! Absent by intent: I/O, a clock (`Subject::now`). Words from outside go through `Safe` and are escaped, so that
//! nothing in them can end a table, begin a heading or act on a terminal; JSON keeps them exactly.

mod axis;
mod briefing;
mod changes;
mod chart;
mod csv;
mod document;
mod escape;
mod export;
mod filters;
mod gaps;
mod impact;
mod lines;
mod people;
mod ratings;
mod shapes;
mod stretch;
mod template;
mod template_error;
mod work;

pub use briefing::NOT_SENT;
pub use briefing::Section;
pub use briefing::briefing;
pub use briefing::briefing_text;
pub use briefing::vacancies;
pub use changes::handover_json;
pub use changes::rating_json;
pub use csv::COLUMNS;
pub use document::Document;
pub use document::Head;
pub use export::Export;
pub use export::export_json;
pub use export::json_text;
pub use gaps::Gap;
pub use lines::Line;
pub use ratings::Moved;
pub use ratings::ratings;
pub use shapes::AlertShape;
pub use shapes::EntryShape;
pub use shapes::IncidentShape;
pub use shapes::RoleShape;
pub use shapes::TaskShape;
pub use shapes::alert_json;
pub use shapes::entry_json;
pub use shapes::incident_json;
pub use shapes::role_json;
pub use shapes::task_json;
pub use template::SHIPPED;
pub use template::Style;
pub use template::Templates;
pub use template_error::TemplateError;

use crate::domain::EntryState;
use crate::domain::Incident;
use crate::domain::Org;
use crate::domain::Timestamp;

/// What a document is about, and what it is made from.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The incident, pending events folded in.
    pub incident: &'a Incident,
    /// The matrix its priority comes from, and how roles are called.
    pub org: &'a Org,
    /// When the document is made.
    pub now: Timestamp,
    /// The state of the log it is made from, in words ("log 0190…, epoch 1, seq 812"); `None` where no server has accepted
    /// anything yet.
    pub position: Option<&'a str>,
}

impl Subject<'_> {
    /// Whether no server has accepted anything of the incident: its declaration comes before all else.
    pub fn is_unsent(&self) -> bool {
        self.incident.state == EntryState::Local
    }

    /// What a reader must know of a line that no server has accepted. Where that is true of all of them it is said once, above them.
    fn mark(&self, state: EntryState) -> &'static str {
        match state {
            EntryState::Accepted { .. } => "",
            EntryState::Local if self.is_unsent() => "",
            EntryState::Local => "not accepted by the server yet",
            EntryState::Refused => "refused by the server",
        }
    }
}

/// What the record of an incident lacks, by time.
pub fn gaps(subject: &Subject<'_>) -> Vec<Gap> {
    gaps::find(subject, &ratings(subject.incident, &subject.org.matrix, subject.now))
}

/// The whole record of an incident as Markdown, by the shipped template. Times are UTC.
pub fn markdown(subject: &Subject<'_>) -> String {
    // The shipped templates are held by tests: a mistake in one would be told where the document should be.
    Document::of(subject).write(Style::Markdown, &Templates::default()).unwrap_or_else(|why| why.to_string())
}

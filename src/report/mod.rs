//! Documents made of incidents: what a reviewer, an auditor or a regulator reads, and what programs get.
//!
//! * [`markdown`]: the whole record of one incident as a document.
//! * [`export_json`]: the same for programs; [`incident_json`], [`entry_json`], [`task_json`] and their like are the shapes
//!   that the command line and the server answer with, and [`json_text`] writes any of them.
//! * [`briefing()`]: what goes with command when it is handed over.
//! * [`ratings()`]: how the priority moved, when, why and by whom.
//!
//! Absent by intent: I/O, a clock (`Subject::now`), templates. Words from outside go through `Safe` and are escaped, so that
//! nothing in them can end a table, begin a heading or act on a terminal; JSON keeps them exactly.

mod briefing;
mod document;
mod escape;
mod export;
mod facts;
mod lines;
mod ratings;
mod shapes;

pub use briefing::NOT_SENT;
pub use briefing::Section;
pub use briefing::briefing;
pub use briefing::briefing_text;
pub use briefing::vacancies;
pub use document::markdown;
pub use export::Export;
pub use export::export_json;
pub use export::json_text;
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
            EntryState::Local => " **(not accepted by the server yet)**",
            EntryState::Refused => " **(refused by the server)**",
        }
    }
}

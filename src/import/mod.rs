//! Past incidents, from records that were kept elsewhere: text in, events and findings with their lines out.
//!
//! - `json`: what `export` wrote.
//! - `markdown`: post-mortems.
//! - `servicenow`: the audit log of a ServiceNow incident table, as CSV.
//!
//! **The same record gives the same events, whoever reads it, wherever.** An event's id is derived from the source, the incident's number there, and
//! what in the record it comes from; its author is whom the record names, its device stands for the source, its salt comes from the words of the
//! record, which only those know who have it. So importing twice adds nothing, and two people who import one file to one server say the same thing
//! twice. Who imported it stands in the server's record of each event.
//!
//! Absent by intent: files, a clock, what is held already. What a record leaves open is reported with its line, never guessed in silence.

pub mod json;
pub mod markdown;
pub mod servicenow;
mod telling;
mod zone;

pub use telling::Past;

/// Something about a line of a record that whoever imports it must know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The line, from 1.
    pub line: u64,
    /// What was found, in words.
    pub says: String,
    /// Whether the line is left out because of it.
    pub is_left_out: bool,
}

//! The whole record of an incident for programs.

use serde::Serialize;

use crate::domain::Header;
use crate::domain::Rating;
use crate::domain::Readers;
use crate::report::AlertShape;
use crate::report::EntryShape;
use crate::report::Gap;
use crate::report::IncidentShape;
use crate::report::RoleShape;
use crate::report::Subject;
use crate::report::TaskShape;
use crate::report::alert_json;
use crate::report::changes;
use crate::report::changes::HandoverShape;
use crate::report::changes::RatingShape;
use crate::report::changes::StatusShape;
use crate::report::entry_json;
use crate::report::gaps;
use crate::report::incident_json;
use crate::report::ratings;
use crate::report::role_json;
use crate::report::task_json;
use crate::text::acts_or_hides;

/// `export --format json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Export<'a> {
    pub incident: IncidentShape<'a>,
    /// In more words than the title.
    pub summary: &'a str,
    /// Who may see it, where it is restricted.
    pub readers: Option<&'a Readers>,
    /// Past holdings first, oldest first.
    pub roles: Vec<RoleShape<'a>>,
    /// In the order of the timeline.
    pub entries: Vec<EntryShape<'a>>,
    pub tasks: Vec<TaskShape<'a>>,
    pub alerts: Vec<AlertShape<'a>>,
    /// Every change of the status, every move of the priority, every turn of a role.
    pub statuses: Vec<StatusShape<'a>>,
    pub ratings: Vec<RatingShape<'a>>,
    pub handovers: Vec<HandoverShape<'a>>,
    /// What the record lacks.
    pub gaps: Vec<Gap>,
    /// What all of it is folded from, in order: the bytes of each event as its author wrote them, or of what is left of it where it was redacted.
    pub events: &'a [String],
    /// The state of the log it was made from, in words.
    pub log: Option<&'a str>,
    /// What proves it: the records as they are in the log, their ways to the signed root, and the signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<&'a serde_json::Value>,
}

/// Everything held about an incident, its events, and what proves it, as JSON text with a newline at its end.
pub fn export_json(subject: &Subject<'_>, events: &[String], proof: Option<&serde_json::Value>) -> String {
    let incident = subject.incident;
    let header = Header::of(incident);
    let rating: Rating = subject.org.matrix.rate(&incident.assessment, subject.now);
    let moves = ratings(incident, &subject.org.matrix, subject.now);
    let export = Export {
        incident: incident_json(&header, &rating),
        summary: &incident.summary.value,
        readers: incident.readers.value.as_ref(),
        roles: incident.holdings().map(|(role, holding, until)| role_json(subject.org, role, holding, until)).collect(),
        entries: incident.timeline.iter().map(|entry| entry_json(incident.id, entry)).collect(),
        tasks: incident.tasks.iter().map(|task| task_json(incident.id, task)).collect(),
        alerts: incident.alerts.iter().map(alert_json).collect(),
        statuses: incident.statuses.iter().map(changes::status_json).collect(),
        gaps: gaps::find(subject, &moves),
        ratings: moves.iter().map(changes::rating_json).collect(),
        handovers: incident.handovers.iter().map(changes::handover_json).collect(),
        events,
        log: subject.position,
        proof,
    };
    json_text(&export) + "\n"
}

/// A shape as one line of JSON that does no harm on a terminal: characters that act or hide stand as `\u202e`, so a program
/// that reads it gets them exactly.
pub fn json_text(shape: &impl Serialize) -> String {
    // The shapes have string keys and no values that JSON lacks, so that writing them cannot fail.
    let json = serde_json::to_string(shape).unwrap_or_else(|_| "null".to_owned());
    if json.is_ascii() {
        return json;
    }
    let mut harmless = String::with_capacity(json.len());
    let mut halves = [0; 2];
    for c in json.chars() {
        if acts_or_hides(c) {
            for half in c.encode_utf16(&mut halves) {
                harmless.push_str(&format!("\\u{half:04x}"));
            }
        } else {
            harmless.push(c);
        }
    }
    harmless
}

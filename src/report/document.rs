//! What a document says, as plain data: every format is written from it, and a template sees nothing else.
//!
//! All words in it have passed `Safe`, so that no template can let through what acts or hides. Times are RFC 3339 in UTC to a template.

use crate::domain::EntryState;
use crate::domain::Incident;
use crate::domain::Priority;
use crate::domain::Status;
use crate::domain::Timestamp;
use crate::report::Subject;
use crate::report::chart::Chart;
use crate::report::gaps;
use crate::report::gaps::Gap;
use crate::report::impact::Impact;
use crate::report::lines;
use crate::report::lines::Day;
use crate::report::lines::Line;
use crate::report::people::HeldRole;
use crate::report::people::Turned;
use crate::report::ratings;
use crate::report::work::AlertRow;
use crate::report::work::TaskRow;
use crate::text::Safe;
use serde::Serialize;

/// The record of one incident, ready to be written down.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Document {
    /// When it was made.
    pub made_at: Timestamp,
    /// The program that made it: "warroom 0.1.0".
    pub made_by: &'static str,
    /// The state of the log it was made from, in words; nothing where no server has anything of it.
    pub log: Option<String>,
    /// What a reader must know before anything else: "2 lines are not accepted by the server yet".
    pub warnings: Vec<String>,
    /// The header.
    pub incident: Head,
    /// How bad it was, and how that moved.
    pub impact: Impact,
    /// Where it stood, from when until when.
    pub phases: Vec<PhaseRow>,
    /// Who held which role, command first.
    pub roles: Vec<HeldRole>,
    /// Every turn the roles took.
    pub handovers: Vec<Turned>,
    /// Alerts in the order they first fired.
    pub alerts: Vec<AlertRow>,
    /// What was decided.
    pub decisions: Vec<Line>,
    /// Tasks, oldest first.
    pub tasks: Vec<TaskRow>,
    /// How it was checked.
    pub validations: Vec<Line>,
    /// What was said to whom.
    pub communications: Vec<Line>,
    /// Hypotheses nobody decided, and questions nobody answered.
    pub questions: Vec<Line>,
    /// What the record lacks.
    pub gaps: Vec<Gap>,
    /// Every line, by day.
    pub days: Vec<Day>,
    /// How many lines.
    pub lines: usize,
    /// The picture of it all.
    pub chart: Chart,
}

/// What stands at the head.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Head {
    pub id: String,
    /// `INC-42`.
    pub code: String,
    pub title: String,
    pub summary: String,
    pub drill: bool,
    /// Who may see it, where it is restricted.
    pub readers: Option<String>,
    pub status: Status,
    pub status_at: Timestamp,
    /// Whether people still work on it.
    pub open: bool,
    pub severity: Option<u8>,
    pub priority: Option<Priority>,
    pub priority_reason: String,
    pub services: Vec<String>,
    pub declared_by: String,
    pub opened_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    /// From its declaration until it was over, or until now.
    pub duration_ms: i64,
    /// Everyone who had command, in order.
    pub commanders: Vec<String>,
    /// Where it goes on, once merged.
    pub merged_into: Option<String>,
}

/// A status for as long as it stood.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PhaseRow {
    pub status: Status,
    pub from: Timestamp,
    /// Nothing for the one that stands.
    pub until: Option<Timestamp>,
    /// Nothing where it stands and people no longer work on it.
    pub duration_ms: Option<i64>,
    pub by: String,
    pub reason: String,
    /// What no server has accepted of it, in words.
    pub mark: &'static str,
}

impl Document {
    /// The document about an incident.
    pub fn of(subject: &Subject<'_>) -> Self {
        let incident = subject.incident;
        let moves = ratings(incident, &subject.org.matrix, subject.now);
        let gaps = gaps::find(subject, &moves);
        let all = lines::lines(subject);
        let of_kind = |kind: &str| all.iter().filter(|line| line.kind == kind && line.struck.is_none()).cloned().collect();
        Self {
            made_at: subject.now,
            made_by: concat!("warroom ", env!("CARGO_PKG_VERSION")),
            log: subject.position.map(one_line),
            warnings: warnings(subject),
            incident: head(subject),
            phases: phases(subject),
            roles: HeldRole::all(subject),
            handovers: Turned::all(subject),
            alerts: AlertRow::all(subject),
            decisions: of_kind("decision"),
            tasks: TaskRow::all(subject),
            validations: of_kind("validation"),
            communications: of_kind("communication"),
            questions: lines::questions(incident, &all),
            chart: Chart::of(subject, &moves),
            impact: Impact::of(subject, moves),
            lines: all.len(),
            days: lines::by_day(all),
            gaps,
        }
    }
}

fn head(subject: &Subject<'_>) -> Head {
    let incident = subject.incident;
    let rating = subject.org.matrix.rate(&incident.assessment, subject.now);
    let over_at = incident.resolved_at.or(incident.assessment.settled_at);
    Head {
        id: incident.id.to_string(),
        code: incident.code_text(),
        title: one_line(&incident.title.value),
        summary: several_lines(&incident.summary.value),
        drill: incident.drill,
        readers: incident.readers.value.as_ref().map(|readers| one_line(&readers.to_string())),
        status: incident.status.value,
        status_at: incident.status.at,
        open: incident.status.value.is_open(),
        severity: incident.assessment.severity().map(|severity| severity.level()),
        priority: rating.priority,
        priority_reason: one_line(&rating.reason),
        services: incident.services.value.iter().map(|service| one_line(service)).collect(),
        declared_by: one_line(incident.declared_by.as_str()),
        opened_at: incident.opened_at,
        resolved_at: incident.resolved_at,
        duration_ms: over_at.unwrap_or(subject.now).since_ms(incident.opened_at),
        commanders: commanders(incident),
        merged_into: incident.merged_into.map(|into| into.to_string()),
    }
}

fn commanders(incident: &Incident) -> Vec<String> {
    let held = incident.holdings().filter(|(role, ..)| role.is_commander());
    held.map(|(_, holding, _)| one_line(holding.person.as_str())).collect()
}

fn phases(subject: &Subject<'_>) -> Vec<PhaseRow> {
    let row = |phase: crate::domain::Phase<'_>| PhaseRow {
        status: phase.status,
        from: phase.from,
        until: phase.until,
        duration_ms: phase.until.or(phase.status.is_open().then_some(subject.now)).map(|until| until.since_ms(phase.from)),
        by: one_line(phase.change.map_or(subject.incident.declared_by.as_str(), |change| change.by.as_str())),
        reason: phase.change.map_or_else(String::new, |change| one_line(&change.reason)),
        mark: subject.mark(phase.change.map_or(subject.incident.state, |change| change.state)),
    };
    subject.incident.phases().into_iter().map(row).collect()
}

/// A document made before the server answered says so, and what of it.
fn warnings(subject: &Subject<'_>) -> Vec<String> {
    let incident = subject.incident;
    let mut warnings = Vec::new();
    if let Some(from) = &incident.retrospective {
        let words = one_line(&from.to_string());
        warnings.push(format!("RETROSPECTIVE. Told afterwards, from {words}: its times and authors are those of that record."));
    }
    if subject.is_unsent() {
        warnings.push("No server has accepted any of this yet: it is the record of one machine, times are by its clock.".to_owned());
    }
    let pending = if subject.is_unsent() { 0 } else { incident.timeline.iter().filter(|entry| entry.is_pending()).count() };
    let refused = incident.timeline.iter().filter(|entry| entry.state == EntryState::Refused).count();
    for (count, words) in [(pending, "not accepted by the server yet"), (refused, "refused by the server")] {
        if count > 0 {
            let lines = if count == 1 { "1 line is".to_owned() } else { format!("{count} lines are") };
            warnings.push(format!("{lines} {words}, and marked so below."));
        }
    }
    warnings
}

/// Outside words in one line.
pub fn one_line(words: &str) -> String {
    Safe::line(words).as_str().trim().to_owned()
}

/// Outside words in their lines.
pub fn several_lines(words: &str) -> String {
    Safe::lines(words).as_str().trim_matches('\n').to_owned()
}

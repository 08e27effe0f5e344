//! How a command that wrote something answers: the lines it added, in words or as JSON, and whether the server has them.

use crate::cli::desk::Acted;
use crate::cli::desk::Sent;
use crate::cli::failure::Failure;
use crate::cli::find;
use crate::cli::masking::Masked;
use crate::cli::output::Paint;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::Incident;
use crate::domain::Matrix;
use crate::domain::Timestamp;
use crate::report::entry_json;
use crate::report::incident_json;
use crate::report::task_json;
use crate::text::Safe;
use crate::text::clock;
use serde_json::Value;

impl Acted {
    /// Prints the lines that were added, or the incident as JSON.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn say_incident(&self, session: &Session) -> Result<(), Failure> {
        self.say(session, || header_json(&Header::of(&self.incident), &self.snapshot.board.org.matrix, now()))
    }

    /// Prints the entry that was added or changed.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn say_entry(&self, session: &Session) -> Result<(), Failure> {
        self.say(session, || self.entry())
    }

    /// The entry that was added or changed, as JSON.
    pub fn entry_object(&self) -> Value {
        self.object(self.entry())
    }

    fn entry(&self) -> Value {
        self.lines().first().map_or(Value::Null, |entry| to_value(&entry_json(self.incident.id, entry)))
    }

    /// Prints what became of a task.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn say_task(&self, session: &Session, task: EventId) -> Result<(), Failure> {
        self.say(session, || self.incident.task(task).map_or(Value::Null, |task| to_value(&task_json(self.incident.id, task))))
    }

    fn say(&self, session: &Session, object: impl FnOnce() -> Value) -> Result<(), Failure> {
        let output = &session.output;
        if output.json {
            output.object(&self.object(object()))?;
        } else {
            for entry in self.lines() {
                output.line(format!("{}  {}", head(session, &self.incident), line(session, entry)))?;
            }
        }
        self.sent.warn(session);
        Ok(())
    }

    /// An object with how far this command's own events got, whatever the object itself says; and every answer names its incident.
    fn object(&self, mut object: Value) -> Value {
        if let Value::Object(fields) = &mut object {
            fields.insert("state".into(), self.sent.word().into());
            fields.insert("code".into(), self.incident.code_text().into());
            if !self.masked.is_empty() {
                fields.insert("masked".into(), self.masked.iter().map(Masked::to_json).collect());
            }
        }
        object
    }

    /// The lines these events added or changed.
    pub fn lines(&self) -> Vec<&Entry> {
        let touched = |entry: &&Entry| {
            let changes = entry.history.iter().map(|revision| revision.amendment).chain(entry.struck.iter().map(|strike| strike.event));
            changes.chain([entry.id]).any(|event| self.events.contains(&event))
        };
        self.incident.timeline.iter().filter(touched).collect()
    }
}

impl Sent {
    /// Says on stderr that it is not both saved here and sent.
    pub fn warn(&self, session: &Session) {
        match self {
            Self::Accepted => {}
            Self::Direct(why) => session.output.note(&format!("recorded by the server, not held here: {why}")),
            Self::Local(why) => session.output.note(&format!("saved here, not sent: {why}")),
        }
    }
}

/// An incident's shape, from its head.
pub fn header_json(header: &Header, matrix: &Matrix, now: Timestamp) -> Value {
    to_value(&incident_json(header, &header.rate(matrix, now)))
}

fn to_value(shape: &impl serde::Serialize) -> Value {
    // Shapes have string keys and nothing that JSON lacks, so this cannot fail.
    serde_json::to_value(shape).unwrap_or(Value::Null)
}

/// `INC-42 Withdrawals suspended`: every answer names its incident.
pub fn head(session: &Session, incident: &Incident) -> String {
    let code = session.output.paint(&incident.code_text(), Paint::Bold);
    let drill = if incident.drill { " DRILL" } else { "" };
    let past = if incident.retrospective.is_some() { " PAST" } else { "" };
    let restricted = if incident.readers.value.is_some() { " RESTRICTED" } else { "" };
    format!("{code}{drill}{past}{restricted} {}", Safe::clipped(&incident.title.value, 60))
}

/// `14:02:51.300 decision Suspend withdrawals  ana  (1a2b3c4d)`
pub fn line(session: &Session, entry: &Entry) -> String {
    let at = clock::clock_ms(entry.at.millis(), session.zone);
    let outcome = entry.outcome.map_or_else(String::new, |outcome| format!(" {outcome}"));
    let audience = entry.audience.as_deref().map_or_else(String::new, |audience| format!(" > {}", Safe::line(audience)));
    let written = if entry.kind.is_written() { format!(" ({})", find::short(entry.id)) } else { String::new() };
    let struck = entry.struck.as_deref().map_or_else(String::new, |strike| format!(" STRUCK: {}", Safe::line(&strike.reason)));
    let by = Safe::line(entry.by().as_str());
    format!("{at} {}{outcome}{audience}: {}  {by}{written}{struck}", entry.kind, Safe::line(&entry.text))
}

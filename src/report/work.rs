//! Tasks and alerts as a document tells them.

use crate::domain::Alert;
use crate::domain::Task;
use crate::domain::Timestamp;
use crate::report::Subject;
use crate::report::document::one_line;
use crate::report::document::several_lines;
use serde::Serialize;

/// Something that was to be done.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TaskRow {
    pub text: String,
    pub person: String,
    pub given_at: Timestamp,
    pub given_by: String,
    pub due_at: Option<Timestamp>,
    pub understood_at: Option<Timestamp>,
    pub done_at: Option<Timestamp>,
    pub withdrawn_at: Option<Timestamp>,
    /// Done after it was due, or due and not done.
    pub late: bool,
    pub result: String,
    /// What no server has accepted of it, in words.
    pub mark: &'static str,
}

/// An alert.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AlertRow {
    pub title: String,
    pub summary: String,
    pub source: String,
    pub severity: Option<u8>,
    /// When it first fired.
    pub from: Timestamp,
    /// When it ended; nothing while it fires, or where its source did not say.
    pub until: Option<Timestamp>,
    pub firing: bool,
    /// How often it began to fire.
    pub times: u32,
}

impl TaskRow {
    /// Every task, oldest first.
    pub(super) fn all(subject: &Subject<'_>) -> Vec<Self> {
        let row = |task: &Task| Self {
            text: several_lines(&task.text),
            person: one_line(task.person.as_str()),
            given_at: task.given_at,
            given_by: one_line(task.given_by.as_str()),
            due_at: task.due_at,
            understood_at: task.understood_at,
            done_at: task.done_at,
            withdrawn_at: task.withdrawn_at,
            late: task.due_at.is_some_and(|due| task.done_at.or(task.withdrawn_at).unwrap_or(subject.now) > due),
            result: several_lines(&task.result),
            mark: subject.mark(task.state),
        };
        subject.incident.tasks.iter().map(row).collect()
    }
}

impl AlertRow {
    /// Every alert, in the order they first fired.
    pub(super) fn all(subject: &Subject<'_>) -> Vec<Self> {
        let row = |alert: &Alert| Self {
            title: one_line(&alert.title),
            summary: one_line(&alert.summary),
            source: one_line(&alert.source),
            severity: alert.severity.map(|severity| severity.level()),
            from: alert.earlier.first().map_or(alert.starts_at, |(from, _)| *from),
            until: alert.ends_at.filter(|_| !alert.firing),
            firing: alert.firing,
            times: alert.times,
        };
        subject.incident.alerts.iter().map(row).collect()
    }
}

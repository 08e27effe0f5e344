//! One incident in the list, and what can be said of it in a few cells.

use std::sync::Arc;

use crate::domain::Header;
use crate::domain::Incident;
use crate::domain::Rating;
use crate::domain::Timestamp;
use crate::text::span;
use crate::tui::glyphs::PENDING;
use crate::tui::theme::Tone;

/// One incident in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub header: Arc<Header>,
    pub rating: Arc<Rating>,
}

impl Row {
    /// For how long nobody wrote, once that is too long for an open P1.
    pub fn quiet_ms(&self, now: Timestamp, quiet_p1_ms: i64) -> Option<i64> {
        let silent_ms = now.since_ms(self.header.last_entry_at);
        (self.is_p1() && self.header.status.is_open() && silent_ms >= quiet_p1_ms).then_some(silent_ms)
    }

    /// Whether it comes before all others.
    pub fn is_p1(&self) -> bool {
        self.rating.priority.is_some_and(|priority| priority.level() == 1)
    }

    /// P1 or P2.
    pub fn is_urgent(&self) -> bool {
        self.rating.priority.is_some_and(|priority| priority.level() <= 2)
    }

    /// How long it has been open, or was.
    pub fn age(&self, now: Timestamp) -> String {
        let end = self.header.resolved_at.unwrap_or(now);
        span::age(end.since_ms(self.header.opened_at))
    }

    /// How long ago somebody wrote.
    pub fn last_entry(&self, now: Timestamp) -> String {
        span::words(now.since_ms(self.header.last_entry_at))
    }

    /// Who has command, and how loud that is; marked where the server has not accepted it, unless there is none.
    pub fn commander(&self, is_alone: bool) -> (String, Tone) {
        match (&self.header.commander, self.header.status.is_open()) {
            (Some(person), _) if self.header.commander_pending && !is_alone => (format!("{person} {PENDING}"), Tone::Local),
            (Some(person), _) => (person.to_string(), Tone::Text),
            (None, true) => ("no commander".into(), Tone::Warn),
            (None, false) => (String::new(), Tone::Dim),
        }
    }

    /// How many of its tasks are past their time. Heads only know the next one that is due.
    pub fn late(&self, held: Option<&Incident>, now: Timestamp) -> usize {
        let is_late = |due: Option<Timestamp>| due.is_some_and(|due| due <= now);
        match held {
            Some(incident) => incident.tasks.iter().filter(|task| task.is_open() && is_late(task.due_at)).count(),
            None => usize::from(is_late(self.header.next_due_at)),
        }
    }
}

//! Where an incident stood, from when until when: every change of its status, in the order of the log.

use crate::domain::EntryState;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::Person;
use crate::domain::Status;
use crate::domain::Timestamp;

/// One change of the status.
#[derive(Clone, PartialEq, Debug)]
pub struct StatusChange {
    /// The event.
    pub event: EventId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Person,
    /// What it was.
    pub from: Status,
    /// What it became.
    pub to: Status,
    /// Why, if it was said.
    pub reason: String,
    /// How far it got.
    pub state: EntryState,
}

/// A status for as long as it stood.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Phase<'a> {
    /// The status.
    pub status: Status,
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None` for the one that stands.
    pub until: Option<Timestamp>,
    /// The change that began it; `None` for the first, which the declaration began.
    pub change: Option<&'a StatusChange>,
}

impl Incident {
    /// The phases, oldest first. None begins before the one before it, whatever the clock of its author said.
    pub fn phases(&self) -> Vec<Phase<'_>> {
        let mut phases = vec![Phase { status: Status::Triage, from: self.opened_at, until: None, change: None }];
        for change in &self.statuses {
            let last = phases.len() - 1;
            let from = change.at.max(phases[last].from);
            phases[last].until = Some(from);
            phases.push(Phase { status: change.to, from, until: None, change: Some(change) });
        }
        phases
    }
}

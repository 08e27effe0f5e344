//! "Take my last change back": only mine, only while it still stands, never command.

use crate::domain::Command;
use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::Field;
use crate::domain::Incident;
use crate::domain::Person;
use crate::domain::Rated;
use crate::domain::RatingChange;
use crate::domain::Refusal;
use crate::domain::Revision;
use crate::domain::Score;

/// The reason a change gives that takes another back; such a change is not taken back itself, so that asking again goes further back.
const TAKEN_BACK: &str = "taken back";
/// So far back one goes.
const CHANGES_MAX: usize = 50;

impl Incident {
    /// The change of a person that can be taken back and was made last, with the command that would do it.
    pub fn last_change_of(&self, person: &Person) -> Option<(EventId, Command)> {
        let mut mine: Vec<EventId> = self.timeline.iter().filter(|entry| entry.stands()).flat_map(|entry| changes(entry, person)).collect();
        // The ids of one author rise with time, whatever time an entry is about.
        mine.sort_unstable_by(|one, other| other.cmp(one));
        mine.into_iter().take(CHANGES_MAX).find_map(|event| Some((event, self.take_back(event, person).ok()?)))
    }

    /// The command that takes an event back.
    ///
    /// # Errors
    /// When it is not mine, no longer stands, or is of a kind that is not taken back.
    pub(super) fn take_back(&self, event: EventId, me: &Person) -> Result<Command, Refusal> {
        let reason = || TAKEN_BACK.to_owned();
        if let Some(command) = self.timeline.iter().find_map(|entry| amended_by(entry, event)) {
            return if command.0 == *me { Ok(command.1) } else { Err(not_mine()) };
        }
        if let Some(entry) = self.timeline.find(event).filter(|entry| entry.kind.is_written()) {
            if entry.by() != me {
                return Err(not_mine());
            }
            return Ok(Command::StrikeEntry { entry: event, reason: reason() });
        }
        if let Some(status) = before(&self.status, event, me)? {
            return Ok(Command::SetStatus { status, reason: reason() });
        }
        if let Some(severity) = self.assessment.severity.as_ref().map(|field| before(field, event, me)).transpose()?.flatten() {
            return Ok(Command::SetSeverity { severity, reason: reason() });
        }
        let scored = self.assessment.scores.iter().filter(|(_, scored)| scored.event == event && scored.by == *me);
        let scores: std::collections::BTreeMap<String, Score> =
            scored.map(|(id, scored)| (id.clone(), scored.previous.unwrap_or_default())).collect();
        if !scores.is_empty() {
            return Ok(Command::Assess { scores, reason: reason() });
        }
        let overridden = |change: &RatingChange| match change.what {
            Rated::Override(priority) => Some(priority),
            _ => None,
        };
        if let Some(at) = self.ratings.iter().rposition(|change| overridden(change).is_some()).filter(|at| self.ratings[*at].event == event)
        {
            if self.ratings[at].by != *me {
                return Err(not_mine());
            }
            let priority = self.ratings[..at].iter().rev().find_map(overridden).flatten();
            return Ok(Command::OverridePriority { priority, reason: reason() });
        }
        let edit = (before(&self.title, event, me)?, before(&self.summary, event, me)?, before(&self.services, event, me)?);
        if let (title, summary, services) = edit
            && (title.is_some() || summary.is_some() || services.is_some())
        {
            return Ok(Command::Edit { title, summary, services });
        }
        if let Some(before) = before(&self.readers, event, me)? {
            return Ok(match before {
                Some(readers) => Command::Restrict { people: readers.people, roles: readers.roles, reason: reason() },
                None => Command::LiftRestriction { reason: reason() },
            });
        }
        for (role, holders) in self.roles.iter().filter(|(role, _)| !role.is_commander()) {
            if let Some(holding) = holders.iter().find(|holding| holding.event == event) {
                return Ok(Command::ReleaseRole { role: role.clone(), person: Some(holding.person.clone()) });
            }
        }
        if let Some(task) = self.task(event).filter(|task| task.is_open() && task.given_by == *me) {
            return Ok(Command::WithdrawTask { task: task.id, reason: reason() });
        }
        Err(Refusal::never("not_taken_back", "this change no longer stands, or is not one that is taken back"))
    }
}

/// The changes of a person that make up an entry: its amendments that still count, or the entry itself.
///
/// Two versions that were merged stay merged: taken back, one of them would stand alone, and the other person's words would be out of sight.
fn changes(entry: &Entry, person: &Person) -> Option<EventId> {
    if !entry.kind.is_written() {
        return (entry.by() == person && !entry.text.ends_with(TAKEN_BACK)).then_some(entry.id);
    }
    match counted(entry) {
        Some(revision) => (revision.by == *person && !revision.merges).then_some(revision.amendment),
        None => (entry.by() == person).then_some(entry.id),
    }
}

/// The last amendment that was not taken back.
fn counted(entry: &Entry) -> Option<&Revision> {
    let mut taken_back = 0;
    for revision in entry.history.iter().rev() {
        match (&*revision.reason == TAKEN_BACK, taken_back) {
            (true, _) => taken_back += 1,
            (false, 0) => return Some(revision),
            (false, _) => taken_back -= 1,
        }
    }
    None
}

/// Who amended an entry by this event, and the command that brings back what stood before.
fn amended_by(entry: &Entry, event: EventId) -> Option<(Person, Command)> {
    let before = counted(entry).filter(|revision| revision.amendment == event && !revision.merges && entry.stands())?;
    let command = Command::AmendEntry {
        entry: entry.id,
        text: (before.text != entry.text).then(|| before.text.to_string()),
        kind: (before.kind != entry.kind).then_some(before.kind),
        outcome: None,
        audience: None,
        happened_at: (before.at != entry.at).then_some(before.at),
        reason: TAKEN_BACK.to_owned(),
    };
    Some((before.by.clone(), command))
}

fn before<T: Clone>(field: &Field<T>, event: EventId, me: &Person) -> Result<Option<T>, Refusal> {
    if field.event != event {
        return Ok(None);
    }
    if field.by != *me {
        return Err(not_mine());
    }
    Ok(field.previous.clone())
}

fn not_mine() -> Refusal {
    Refusal::never("not_yours", "only your own change can be taken back")
}

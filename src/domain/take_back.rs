//! "Take my last change back": only mine, only while it still stands, never command.

use crate::domain::Command;
use crate::domain::EventId;
use crate::domain::Field;
use crate::domain::Incident;
use crate::domain::Person;
use crate::domain::Refusal;
use crate::domain::Score;

impl Incident {
    /// The newest line of a person that can be taken back, with the command that would do it.
    pub fn last_change_of(&self, person: &Person) -> Option<(EventId, Command)> {
        let mine = self.timeline.iter().rev().filter(|entry| entry.by == *person && entry.stands());
        mine.take(50).find_map(|entry| self.take_back(entry.id, person).ok().map(|command| (entry.id, command)))
    }

    /// The command that takes an event back.
    ///
    /// # Errors
    /// When it is not mine, no longer stands, or is of a kind that is not taken back.
    pub(super) fn take_back(&self, event: EventId, me: &Person) -> Result<Command, Refusal> {
        let reason = || "taken back".to_owned();
        if let Some(entry) = self.timeline.find(event).filter(|entry| entry.kind.is_written()) {
            if entry.by != *me {
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
        let edit = (before(&self.title, event, me)?, before(&self.summary, event, me)?, before(&self.services, event, me)?);
        if let (title, summary, services) = edit
            && (title.is_some() || summary.is_some() || services.is_some())
        {
            return Ok(Command::Edit { title, summary, services });
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

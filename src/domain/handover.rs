//! Every turn a role took: given, given up, offered, answered, assumed. The line of the timeline and the history of a role say the same.

use crate::domain::EntryKind;
use crate::domain::EntryState;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::Timestamp;
use crate::domain::apply::Step;

/// One turn of a role.
#[derive(Clone, PartialEq, Debug)]
pub struct Handover {
    /// The event.
    pub event: EventId,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Person,
    /// The role.
    pub role: RoleId,
    /// Whom it is about: who gets it, gives it up, or answers.
    pub person: Person,
    /// Who had it before, where it changed hands.
    pub from: Option<Person>,
    /// What happened.
    pub turn: Turn,
    /// Why, if it was said.
    pub reason: String,
    /// How far it got.
    pub state: EntryState,
}

/// What happened to a role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Given, or taken while it was vacant.
    Assigned,
    /// Its holder said that they know.
    Acknowledged,
    /// Given up, or taken away.
    Released,
    /// Offered, with the briefing.
    Offered,
    /// The offer was taken back.
    Withdrawn,
    /// The offer was accepted.
    Accepted,
    /// The offer was declined.
    Declined,
    /// Taken from another, with a reason.
    Assumed,
}

impl Turn {
    /// `assigned`, `offered`, … as its event is called.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Acknowledged => "acknowledged",
            Self::Released => "released",
            Self::Offered => "offered",
            Self::Withdrawn => "withdrawn",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Assumed => "assumed",
        }
    }
}

impl Handover {
    /// In one line, without when.
    pub fn words(&self) -> String {
        let (person, duty) = (&self.person, duty(&self.role));
        let from = self.from.as_ref().map_or_else(String::new, |from| format!(" from {from}"));
        let is_own = self.person == self.by;
        let what = match self.turn {
            Turn::Assigned if is_own => format!("{person} takes {duty}"),
            Turn::Assigned => format!("{duty} → {person}"),
            Turn::Acknowledged => format!("{person} acknowledges {duty}"),
            Turn::Released if is_own => format!("{person} gives up {duty}"),
            Turn::Released => format!("{person} is relieved of {duty}"),
            Turn::Offered => format!("{duty} offered to {person}"),
            Turn::Withdrawn => format!("offer of {duty} to {person} withdrawn"),
            Turn::Accepted => format!("{person} accepts {duty}{from}"),
            Turn::Declined => format!("{person} declines {duty}"),
            Turn::Assumed => format!("{person} assumes {duty}{from}"),
        };
        if self.reason.is_empty() { what } else { format!("{what}: {}", self.reason) }
    }
}

impl Incident {
    /// Keeps a turn of a role and draws its line.
    pub(super) fn turn_of(&mut self, step: &Step<'_>, turn: Turn, role: &RoleId, person: &Person, from: Option<Person>, reason: &str) {
        let event = step.event;
        let handover = Handover {
            event: event.id,
            at: event.at,
            by: event.by.clone(),
            role: role.clone(),
            person: person.clone(),
            from,
            turn,
            reason: reason.to_owned(),
            state: step.state,
        };
        self.line(step, EntryKind::Role, handover.words());
        self.handovers.push(handover);
    }
}

impl Incident {
    /// Whoever acts here sees their roles beside their name: acting says that they know of the roles another gave them.
    pub(super) fn known_by_acting(&mut self, event: &Event) {
        let held = self.roles.values_mut().flatten();
        let unanswered =
            held.filter(|holding| holding.acknowledged_at.is_none() && holding.person == event.by && holding.event != event.id);
        unanswered.for_each(|holding| holding.acknowledged_at = Some(event.at));
    }
}

/// What a role's holder has: command is said as such.
fn duty(role: &RoleId) -> &str {
    if role.is_commander() { "command" } else { role.as_str() }
}

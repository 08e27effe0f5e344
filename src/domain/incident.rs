//! An incident as the fold of its events: what every pane, document and answer reads.

use crate::domain::Assessment;
use crate::domain::Code;
use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::EntryState;
use crate::domain::EventId;
use crate::domain::Handover;
use crate::domain::IncidentId;
use crate::domain::Outcome;
use crate::domain::Person;
use crate::domain::RatingChange;
use crate::domain::Readers;
use crate::domain::Retrospective;
use crate::domain::RoleId;
use crate::domain::Severity;
use crate::domain::Source;
use crate::domain::Status;
use crate::domain::StatusChange;
use crate::domain::Timeline;
use crate::domain::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;

/// A value that people replace, with the event that set it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Field<T> {
    /// What it is now.
    pub value: T,
    /// The event that set it: what the next change names in `replaces`.
    pub event: EventId,
    /// Who set it.
    pub by: Person,
    /// When.
    pub at: Timestamp,
    /// What it was before, to take the change back.
    pub previous: Option<T>,
    /// How far the change got.
    pub state: EntryState,
}

/// One incident. A clone shares its timeline.
#[derive(Clone, PartialEq, Debug)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// Its code, once the server gave one.
    pub code: Option<Code>,
    /// What it is, in one line.
    pub title: Field<String>,
    /// More about it.
    pub summary: Field<String>,
    /// What it affects.
    pub services: Field<Vec<String>>,
    /// Where it stands.
    pub status: Field<Status>,
    /// Every change of it, in the order of the log.
    pub statuses: Vec<StatusChange>,
    /// What people said about how bad it is.
    pub assessment: Assessment,
    /// Every change of it, in the order of the log.
    pub ratings: Vec<RatingChange>,
    /// An exercise.
    pub drill: bool,
    /// Who may see it; everyone, while it is not restricted.
    pub readers: Field<Option<Readers>>,
    /// Who declared it: a person, or the alert source's name.
    pub declared_by: Person,
    /// When it began, by its declaration.
    pub opened_at: Timestamp,
    /// When it was resolved, while it is.
    pub resolved_at: Option<Timestamp>,
    /// Where alerts brought it from.
    pub source: Option<Source>,
    /// The earlier incident of the same source.
    pub follows: Option<IncidentId>,
    /// Where it is told from, if it is a past one.
    pub retrospective: Option<Retrospective>,
    /// Who holds which role now.
    pub roles: BTreeMap<RoleId, Vec<Holding>>,
    /// Every holding that ended, oldest first.
    pub past_roles: Vec<(RoleId, Holding, Timestamp)>,
    /// Every turn a role took, in the order of the log.
    pub handovers: Vec<Handover>,
    /// Command offered and not answered yet.
    pub offer: Option<Offer>,
    /// Tasks, oldest first.
    pub tasks: Vec<Task>,
    /// Alerts, in the order they first fired.
    pub alerts: Vec<Alert>,
    /// Where it goes on, once merged.
    pub merged_into: Option<IncidentId>,
    /// What was merged into it.
    pub absorbed: Vec<IncidentId>,
    /// Changes that crossed: each side had not seen the other.
    pub conflicts: Vec<Conflict>,
    /// Every line, in order.
    pub timeline: Timeline,
    /// When a person or machine last added a line.
    pub last_entry_at: Timestamp,
    /// How far its declaration got.
    pub state: EntryState,
    /// The last record folded in; records up to it are passed over, so that redelivery changes nothing.
    pub seq: u64,
}

/// A person in a role.
#[derive(Clone, PartialEq, Debug)]
pub struct Holding {
    /// Who.
    pub person: Person,
    /// Since when.
    pub since: Timestamp,
    /// When the person said that they know, or acted here, where another gave it to them.
    pub acknowledged_at: Option<Timestamp>,
    /// The event that gave it.
    pub event: EventId,
    /// How far that event got: until accepted the screen says `IC bo ◌`.
    pub state: EntryState,
}

/// Command on offer.
#[derive(Clone, PartialEq, Debug)]
pub struct Offer {
    /// The event that offered it.
    pub event: EventId,
    /// The role, command.
    pub role: RoleId,
    /// Who offers.
    pub from: Person,
    /// To whom.
    pub to: Person,
    /// When.
    pub at: Timestamp,
    /// The briefing that was shown.
    pub briefing: String,
    /// How far it got.
    pub state: EntryState,
}

/// Something to do.
#[derive(Clone, PartialEq, Debug)]
pub struct Task {
    /// The event that gave it.
    pub id: EventId,
    /// Who is to do it.
    pub person: Person,
    /// Who gave it.
    pub given_by: Person,
    /// What.
    pub text: String,
    /// When it was given.
    pub given_at: Timestamp,
    /// Until when.
    pub due_at: Option<Timestamp>,
    /// When the person said they understood.
    pub understood_at: Option<Timestamp>,
    /// When it was done.
    pub done_at: Option<Timestamp>,
    /// What came of it.
    pub result: String,
    /// When it was taken back.
    pub withdrawn_at: Option<Timestamp>,
    /// How far its last event got.
    pub state: EntryState,
}

impl Task {
    /// Neither done nor withdrawn.
    pub fn is_open(&self) -> bool {
        self.done_at.is_none() && self.withdrawn_at.is_none()
    }
}

/// An alert, by the key its source gave it.
#[derive(Clone, PartialEq, Debug)]
pub struct Alert {
    /// The source's key for it.
    pub key: String,
    /// Which integration sent it.
    pub source: String,
    /// What it says.
    pub title: String,
    /// More.
    pub summary: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The severity its labels map to.
    pub severity: Option<Severity>,
    /// Whether it fires now.
    pub firing: bool,
    /// When it began, by its source.
    pub starts_at: Timestamp,
    /// When it ended, by its source.
    pub ends_at: Option<Timestamp>,
    /// Where the sender shows it.
    pub url: String,
    /// How often it began to fire.
    pub times: u32,
    /// From when until when it fired before this time, oldest first.
    pub earlier: Vec<(Timestamp, Timestamp)>,
}

/// The field of a conflict between two versions of an entry.
pub const ENTRY: &str = "entry";

/// Two people changed the same thing without having seen each other's change. The later seq stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Conflict {
    /// What was changed: "status", "entry", …
    pub field: String,
    /// The event that stands.
    pub winner: EventId,
    /// Its author.
    pub winner_by: Person,
    /// What stands now, in words.
    pub stands: String,
    /// The event that was overtaken.
    pub loser: EventId,
    /// Its author, who must be told.
    pub loser_by: Person,
    /// What was overtaken, in words.
    pub lost: String,
    /// When.
    pub at: Timestamp,
}

impl Incident {
    /// `INC-42`, or `NEW-7K2QD` until the server has answered.
    pub fn code_text(&self) -> String {
        self.code.map_or_else(|| self.id.provisional_code(), |code| code.to_string())
    }

    /// The two versions of an entry that stand against each other, the newest such pair.
    pub fn crossing(&self, entry: &Entry) -> Option<&Conflict> {
        let is_of =
            |conflict: &&Conflict| conflict.field == ENTRY && entry.history.iter().any(|revision| revision.amendment == conflict.winner);
        self.conflicts.iter().rev().filter(|_| entry.conflict).find(is_of)
    }

    /// Who has command.
    pub fn commander(&self) -> Option<&Holding> {
        self.roles.get(&RoleId::commander()).and_then(|holders| holders.first())
    }

    /// Whether a person holds a role.
    pub fn holds(&self, person: &Person, role: &RoleId) -> bool {
        self.roles.get(role).is_some_and(|holders| holders.iter().any(|holding| holding.person == *person))
    }

    /// The roles a person holds.
    pub fn roles_of(&self, person: &Person) -> Vec<RoleId> {
        self.roles.keys().filter(|role| self.holds(person, role)).cloned().collect()
    }

    /// Every holding of a role, those that ended first, each with its end.
    pub fn holdings(&self) -> impl Iterator<Item = (&RoleId, &Holding, Option<Timestamp>)> {
        let past = self.past_roles.iter().map(|(role, holding, until)| (role, holding, Some(*until)));
        past.chain(self.roles.iter().flat_map(|(role, holders)| holders.iter().map(move |holding| (role, holding, None))))
    }

    /// A task by id.
    pub fn task(&self, id: EventId) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == id)
    }

    /// How many alerts fire now.
    pub fn alerts_firing(&self) -> usize {
        self.alerts.iter().filter(|alert| alert.firing).count()
    }

    /// Whether a validation with outcome ok is later than the last action or command that stands: what resolving asks for.
    pub fn is_validated(&self) -> bool {
        for entry in self.timeline.iter().rev().filter(|entry| entry.stands()) {
            match entry.kind {
                EntryKind::Validation if entry.outcome == Some(Outcome::Ok) => return true,
                EntryKind::Action | EntryKind::Command => return false,
                _ => {}
            }
        }
        false
    }
}

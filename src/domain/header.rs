//! What a list needs of an incident: small enough to keep for every incident there ever was.

use crate::domain::Assessment;
use crate::domain::Code;
use crate::domain::EntryState;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Matrix;
use crate::domain::Person;
use crate::domain::Rating;
use crate::domain::Status;
use crate::domain::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// The head of an incident, cached by replicas so that they open without folding the log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// Its id.
    pub id: IncidentId,
    /// Its code, once given.
    pub code: Option<Code>,
    /// One line.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// What it affects.
    pub services: Vec<String>,
    /// What its priority is computed from.
    pub assessment: Assessment,
    /// An exercise.
    pub drill: bool,
    /// A past incident, told afterwards.
    #[serde(default)]
    pub retrospective: bool,
    /// Only some may see it.
    #[serde(default)]
    pub restricted: bool,
    /// Who has command.
    pub commander: Option<Person>,
    /// Whether the server has not accepted that yet.
    pub commander_pending: bool,
    /// To whom command is offered.
    pub offered_to: Option<Person>,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// When somebody last wrote.
    pub last_entry_at: Timestamp,
    /// How many lines it has.
    pub entries: usize,
    /// How many alerts fire.
    pub alerts_firing: usize,
    /// How many tasks are open.
    pub tasks_open: usize,
    /// When the next of them is due.
    pub next_due_at: Option<Timestamp>,
    /// Everyone who holds a role or an open task.
    pub people: Vec<Person>,
    /// Where it goes on, once merged.
    pub merged_into: Option<IncidentId>,
    /// How far its declaration got.
    pub state: EntryState,
    /// The last record in it.
    pub seq: u64,
}

impl Header {
    /// The version of the fold that makes headers and incidents; a cached header of another version is made anew.
    pub const FOLD_VERSION: u32 = 3;

    /// The head of an incident.
    pub fn of(incident: &Incident) -> Self {
        let commander = incident.commander();
        let open_tasks = || incident.tasks.iter().filter(|task| task.is_open());
        let holders = incident.roles.values().flatten().map(|holding| holding.person.clone());
        let mut people: Vec<_> = holders.chain(open_tasks().map(|task| task.person.clone())).collect();
        people.sort();
        people.dedup();
        Self {
            id: incident.id,
            code: incident.code,
            title: incident.title.value.clone(),
            status: incident.status.value,
            services: incident.services.value.clone(),
            assessment: incident.assessment.clone(),
            drill: incident.drill,
            retrospective: incident.retrospective.is_some(),
            restricted: incident.readers.value.is_some(),
            commander: commander.map(|holding| holding.person.clone()),
            commander_pending: commander.is_some_and(|holding| holding.state.seq().is_none()),
            offered_to: incident.offer.as_ref().map(|offer| offer.to.clone()),
            opened_at: incident.opened_at,
            resolved_at: incident.resolved_at,
            last_entry_at: incident.last_entry_at,
            entries: incident.timeline.len(),
            alerts_firing: incident.alerts_firing(),
            tasks_open: open_tasks().count(),
            next_due_at: open_tasks().filter_map(|task| task.due_at).min(),
            people,
            merged_into: incident.merged_into,
            state: incident.state,
            seq: incident.seq,
        }
    }

    /// `INC-42`, or `NEW-7K2QD` until the server has answered.
    pub fn code_text(&self) -> String {
        self.code.map_or_else(|| self.id.provisional_code(), |code| code.to_string())
    }

    /// Its priority now.
    pub fn rate(&self, matrix: &Matrix, now: Timestamp) -> Rating {
        matrix.rate(&self.assessment, now)
    }
}

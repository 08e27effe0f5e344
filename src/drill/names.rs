//! From a step to what is done: the scenario's names become ids as the story goes on.

use std::collections::BTreeMap;

use crate::domain::Command;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::drill::Act;
use crate::drill::AlertStep;
use crate::drill::Step;

/// What is to be done for a step.
#[derive(Clone, PartialEq, Debug)]
pub enum Deed {
    /// Decide this about that incident (`IncidentId::ORG` for a declaration) and push the events.
    Command(IncidentId, Command),
    /// Post this alert; `since` is when it first fired. The incident of its group is the step's incident.
    Alert { alert: AlertStep, since: Timestamp },
}

/// A name that no step before has given an id.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the drill names `{0}`, but the step that should have made it was refused or has not been played")]
pub struct UnknownName(pub String);

/// The ids behind the scenario's names, as far as the story was played.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Names {
    incidents: BTreeMap<String, IncidentId>,
    events: BTreeMap<String, EventId>,
    fired: BTreeMap<(String, String), Timestamp>,
}

impl Names {
    /// What to do for a step that happens at `at`.
    ///
    /// # Errors
    /// When a step before it that it refers to was not played.
    pub fn deed(&mut self, step: &Step, at: Timestamp) -> Result<Deed, UnknownName> {
        if let Act::Alert(alert) = &step.act {
            let key = (alert.group.clone(), alert.key.clone());
            let since = *self.fired.entry(key.clone()).or_insert(at);
            if !alert.firing {
                self.fired.remove(&key);
            }
            return Ok(Deed::Alert { alert: alert.clone(), since });
        }
        let incident = match &step.act {
            Act::Declare { .. } => IncidentId::ORG,
            _ => *self.incidents.get(&step.incident).ok_or_else(|| UnknownName(step.incident.clone()))?,
        };
        Ok(Deed::Command(incident, self.command(&step.act, at)?))
    }

    /// Tells what came of a step: the incident it was about (for an alert, the one of its group), and the first event it
    /// made, if any.
    pub fn played(&mut self, step: &Step, incident: IncidentId, event: Option<EventId>) {
        self.incidents.entry(step.incident.clone()).or_insert(incident);
        if let (Some(label), Some(event)) = (&step.label, event) {
            self.events.insert(label.clone(), event);
        }
    }

    /// The incident behind a name.
    pub fn incident(&self, name: &str) -> Option<IncidentId> {
        self.incidents.get(name).copied()
    }

    fn event(&self, label: &str) -> Result<EventId, UnknownName> {
        self.events.get(label).copied().ok_or_else(|| UnknownName(label.to_owned()))
    }

    fn command(&self, act: &Act, at: Timestamp) -> Result<Command, UnknownName> {
        Ok(match act.clone() {
            Act::Alert(alert) => return Err(UnknownName(alert.key)),
            Act::Declare { title, summary, services, severity } => {
                Command::Declare { title, summary, services, severity, at: Some(at), drill: true }
            }
            Act::Edit { title, summary, services } => Command::Edit { title, summary, services },
            Act::Entry(entry) => Command::AddEntry(entry),
            Act::Amend { entry, text, reason } => Command::reword(self.event(&entry)?, text, reason),
            Act::Strike { entry, reason } => Command::StrikeEntry { entry: self.event(&entry)?, reason },
            Act::Status { status, reason } => Command::SetStatus { status, reason },
            Act::Severity { severity, reason } => Command::SetSeverity { severity, reason },
            Act::Assess { scores, reason } => Command::Assess { scores, reason },
            Act::Take { reason } => Command::TakeCommand { reason },
            Act::Offer { person, briefing } => Command::OfferCommand { person, briefing },
            Act::Accept => Command::AcceptCommand,
            Act::Assign { role, person } => Command::AssignRole { role, person },
            Act::Task { person, text, within_ms } => {
                Command::GiveTask { person, text, due_at: within_ms.map(|within_ms| at.plus_ms(within_ms)) }
            }
            Act::Understood { task } => Command::UnderstandTask { task: self.event(&task)? },
            Act::Done { task, result } => Command::FinishTask { task: self.event(&task)?, result },
        })
    }
}

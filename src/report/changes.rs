//! The shapes of what changed over time: statuses, the priority, hand-overs. Add fields freely; rename and remove none.

use crate::domain::EventId;
use crate::domain::Handover;
use crate::domain::Incident;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::Status;
use crate::domain::StatusChange;
use crate::domain::Timestamp;
use crate::report::Moved;
use serde::Serialize;

/// A change of the status.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusShape<'a> {
    pub at: Timestamp,
    pub by: &'a Person,
    pub was: Status,
    pub status: Status,
    pub reason: &'a str,
    pub event: EventId,
    /// `local`, `accepted` or `refused`.
    pub state: &'static str,
}

/// A move of the priority.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RatingShape {
    pub at: Timestamp,
    /// Null where growing loss did it.
    pub by: Option<Person>,
    /// `P1` to `P5`, or null: not rated.
    pub was: Option<String>,
    pub priority: Option<String>,
    pub what: String,
    pub why: String,
    pub event: Option<EventId>,
    /// `local`, `accepted` or `refused`; null where nobody did it.
    pub state: Option<&'static str>,
}

/// A turn of a role.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HandoverShape<'a> {
    pub at: Timestamp,
    pub by: &'a Person,
    pub role: &'a RoleId,
    pub person: &'a Person,
    /// Who had it before, where it changed hands.
    pub from: Option<&'a Person>,
    /// `assigned`, `offered`, `accepted`, …
    pub turn: &'static str,
    pub reason: &'a str,
    pub event: EventId,
    /// `local`, `accepted` or `refused`.
    pub state: &'static str,
}

/// Every change of the status, in the order of the log.
pub fn statuses_json(incident: &Incident) -> Vec<StatusShape<'_>> {
    incident.statuses.iter().map(shape_of_status).collect()
}

fn shape_of_status(change: &StatusChange) -> StatusShape<'_> {
    let StatusChange { event, at, by, from, to, reason, state } = change;
    StatusShape { at: *at, by, was: *from, status: *to, reason, event: *event, state: state.word() }
}

/// Every move of the priority, oldest first.
pub fn ratings_json(moves: &[Moved]) -> Vec<RatingShape> {
    let shape = |step: &Moved| RatingShape {
        at: step.at,
        by: step.by.clone(),
        was: step.before.map(|priority| priority.to_string()),
        priority: step.priority.map(|priority| priority.to_string()),
        what: step.what.clone(),
        why: step.why.clone(),
        event: step.event,
        state: step.event.map(|_| step.state.word()),
    };
    moves.iter().map(shape).collect()
}

/// Every turn of a role, in the order of the log.
pub fn handovers_json(incident: &Incident) -> Vec<HandoverShape<'_>> {
    incident.handovers.iter().map(shape_of_turn).collect()
}

fn shape_of_turn(turn: &Handover) -> HandoverShape<'_> {
    HandoverShape {
        at: turn.at,
        by: &turn.by,
        role: &turn.role,
        person: &turn.person,
        from: turn.from.as_ref(),
        turn: turn.turn.word(),
        reason: &turn.reason,
        event: turn.event,
        state: turn.state.word(),
    }
}

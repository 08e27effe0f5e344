//! The shapes of what changed over time: statuses, the priority, hand-overs. Add fields freely; rename and remove none.

use crate::domain::EventId;
use crate::domain::Handover;
use crate::domain::Person;
use crate::domain::Priority;
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
pub struct RatingShape<'a> {
    pub at: Timestamp,
    /// Null where growing loss did it.
    pub by: Option<&'a Person>,
    /// `P1` to `P5`, or null: not rated.
    pub was: Option<Priority>,
    pub priority: Option<Priority>,
    pub what: &'a str,
    pub why: &'a str,
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

/// A change of the status for programs.
pub fn status_json(change: &StatusChange) -> StatusShape<'_> {
    let StatusChange { event, at, by, from, to, reason, state } = change;
    StatusShape { at: *at, by, was: *from, status: *to, reason, event: *event, state: state.word() }
}

/// A move of the priority for programs.
pub fn rating_json(moved: &Moved) -> RatingShape<'_> {
    RatingShape {
        at: moved.at,
        by: moved.by.as_ref(),
        was: moved.before,
        priority: moved.priority,
        what: &moved.what,
        why: &moved.why,
        event: moved.event,
        state: moved.event.map(|_| moved.state.word()),
    }
}

/// A turn of a role for programs.
pub fn handover_json(turn: &Handover) -> HandoverShape<'_> {
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

//! What lists and forms are about, and what can be chosen in them.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::Command;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::Severity;
use crate::domain::Status;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;

/// What a list is about: decides what a choice does.
#[derive(Debug, Clone, PartialEq)]
pub enum ListOf {
    /// Keys of a place; a choice does what the key does.
    Help(Place),
    Palette,
    Status(IncidentId),
    /// Which role is assigned.
    Role(IncidentId),
    /// Which holding is released.
    Holding(IncidentId),
    /// Who gets the role.
    Holder(IncidentId, RoleId),
    /// To whom command is offered.
    Successor(Vec<IncidentId>),
    /// Who gets a task.
    Assignee(IncidentId),
    /// Which task is answered.
    Tasks(IncidentId),
    /// What is answered to a task.
    TaskAnswer(IncidentId, EventId),
    /// What stands in the cell of an incident.
    Cell(IncidentId),
    /// How its priority moved.
    Ratings(IncidentId),
    /// Every turn its roles took.
    Handovers(IncidentId),
    /// Something about several incidents at once.
    Many(Vec<IncidentId>, Many),
    Views,
    Attention,
    /// What becomes of something refused.
    Parked(EventId),
    /// Into which incident something refused is written instead.
    ParkedTo(EventId),
    Log,
    Search,
    /// What of the incident, and of the entry if one is selected, is copied.
    Copy(IncidentId, Option<EventId>),
    /// Which theme is worn; the name of the one before.
    Themes(String),
    /// Words not recorded yet.
    Drafts,
    /// What the timeline is filtered by.
    Narrow,
}

impl ListOf {
    /// Whether people are chosen in it, also such as no row names yet.
    pub fn is_of_people(&self) -> bool {
        match self {
            ListOf::Holder(..) | ListOf::Successor(_) | ListOf::Assignee(_) => true,
            ListOf::Many(_, many) => matches!(many, Many::Holder(_) | Many::Assignee),
            _ => false,
        }
    }
}

/// What is chosen for several incidents at once.
#[derive(Debug, Clone, PartialEq)]
pub enum Many {
    Status,
    Severity,
    /// Which role is assigned.
    Role,
    /// Who gets the role.
    Holder(RoleId),
    /// Who gets a task.
    Assignee,
    /// Into which incident they are merged.
    Survivor,
}

/// One thing that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub enum Pick {
    Intent(Intent),
    Status(Status),
    Severity(Severity),
    Role(RoleId),
    Holding(RoleId, Person),
    Person(Person),
    Task(EventId),
    /// "Understood", "done", "withdraw".
    Answer(TaskAnswer),
    Incident(IncidentId),
    Entry(IncidentId, EventId),
    /// The view of this number.
    View(usize),
    SaveView,
    /// Something refused or waiting behind it.
    Parked(EventId),
    Retry,
    MoveElsewhere,
    Discard,
    /// Words not recorded yet, by the key they are kept under.
    Draft(String),
    /// The list of them.
    Drafts,
    /// The alarm about the log or this copy.
    Alarm,
    /// A role another gave me.
    RoleOf(IncidentId, RoleId),
    TaskOf(IncidentId, EventId),
    /// A term of a filter; nothing takes the filter away.
    Term(String),
    /// Two changes that crossed; the event that stands.
    Crossed(IncidentId, EventId),
    /// The row of this number in the list: only to be read or copied.
    Line(usize),
    Copy(Copied),
    Theme(String),
}

/// What leaves for the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    Words,
    Link,
    Document,
}

/// What a person says to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskAnswer {
    Understood,
    Done,
    Withdraw,
}

/// What a form is about: decides what its fields become.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FormOf {
    /// Title; then a digit or nothing.
    Declare,
    /// Title, summary, services.
    Edit(IncidentId),
    StatusReason(IncidentId, Status),
    TakeReason(IncidentId),
    DeclineReason(IncidentId),
    StrikeReason(IncidentId, EventId),
    RedactReason(IncidentId, EventId),
    /// Why another's line is amended; the write box waits for it.
    #[serde(skip)]
    AmendReason(IncidentId, Box<Command>),
    WithdrawReason(IncidentId, EventId),
    TaskResult(IncidentId, EventId),
    /// What, and until when.
    Task(IncidentId, Person),
    /// The time at which an entry happened.
    Retime(IncidentId, EventId),
    /// People, roles, and why.
    Restrict(IncidentId),
    /// The time to go to in a timeline.
    Time(IncidentId),
    /// Name and query.
    SaveView,
    StatusOfMany(Vec<IncidentId>, Status),
    TakeMany(Vec<IncidentId>),
    TaskOfMany(Vec<IncidentId>, Person),
}

//! What a person may ask for. `Board::decide` turns it into events, or says why not.

use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Outcome;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::RoleId;
use crate::domain::Score;
use crate::domain::SettingsPublished;
use crate::domain::Severity;
use crate::domain::Status;
use crate::domain::Timestamp;
use std::collections::BTreeMap;

/// A wish. All but `Declare` and `PublishSettings` name the incident they are about beside it (see `Board::decide`).
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    /// Begin an incident; its id is the id of the event this makes.
    Declare {
        /// One line.
        title: String,
        /// More.
        summary: String,
        /// What it affects.
        services: Vec<String>,
        /// How bad, if known.
        severity: Option<Severity>,
        /// When it began; now if absent.
        at: Option<Timestamp>,
        /// An exercise.
        drill: bool,
    },
    /// Correct title, summary or services.
    Edit {
        /// New title.
        title: Option<String>,
        /// New summary.
        summary: Option<String>,
        /// New services, all of them.
        services: Option<Vec<String>>,
    },
    /// Change the status; reopening and resolving without a validation need a reason.
    SetStatus {
        /// The new one.
        status: Status,
        /// Why.
        reason: String,
    },
    /// Say how bad it is by one word.
    SetSeverity {
        /// 1 to 5.
        severity: Severity,
        /// Why.
        reason: String,
    },
    /// Score dimensions.
    Assess {
        /// By dimension id.
        scores: BTreeMap<String, Score>,
        /// Why.
        reason: String,
    },
    /// Set the priority against the matrix (`None`: back to the matrix).
    OverridePriority {
        /// The priority.
        priority: Option<Priority>,
        /// Why.
        reason: String,
    },
    /// Give a role; command only to oneself while it is vacant.
    AssignRole {
        /// Which.
        role: RoleId,
        /// To whom.
        person: Person,
    },
    /// Give a role up, or take it from whoever holds it.
    ReleaseRole {
        /// Which.
        role: RoleId,
        /// From whom; everyone if absent.
        person: Option<Person>,
    },
    /// Say that I know I hold a role another gave me.
    AcknowledgeRole {
        /// Which.
        role: RoleId,
    },
    /// "I have command": vacant at once, offered to me as an acceptance, held by another with a reason.
    TakeCommand {
        /// Why, where it is held by another.
        reason: String,
    },
    /// Offer command with its briefing.
    OfferCommand {
        /// To whom.
        person: Person,
        /// What was shown.
        briefing: String,
    },
    /// Accept command offered to me.
    AcceptCommand,
    /// Decline command offered to me.
    DeclineCommand {
        /// Why.
        reason: String,
    },
    /// Take my offer back.
    WithdrawOffer,
    /// Give a task.
    GiveTask {
        /// To whom.
        person: Person,
        /// What.
        text: String,
        /// Until when.
        due_at: Option<Timestamp>,
    },
    /// "Understood."
    UnderstandTask {
        /// Which.
        task: EventId,
    },
    /// "Done."
    FinishTask {
        /// Which.
        task: EventId,
        /// What came of it.
        result: String,
    },
    /// No longer wanted.
    WithdrawTask {
        /// Which.
        task: EventId,
        /// Why.
        reason: String,
    },
    /// Write a line.
    AddEntry(NewEntry),
    /// Correct a line.
    AmendEntry {
        /// Which.
        entry: EventId,
        /// New words.
        text: Option<String>,
        /// New kind.
        kind: Option<EntryKind>,
        /// New outcome.
        outcome: Option<Outcome>,
        /// New audience.
        audience: Option<String>,
        /// New time.
        happened_at: Option<Timestamp>,
        /// Why; needed for another's entry.
        reason: String,
    },
    /// Strike a line.
    StrikeEntry {
        /// Which.
        entry: EventId,
        /// Why; needed for another's entry.
        reason: String,
    },
    /// Delete everything a line ever said, everywhere. A copy that holds the words makes it one `Redact` for each of its events.
    RedactEntry {
        /// The line.
        entry: EventId,
        /// Why.
        reason: String,
    },
    /// Delete the words of an accepted event, everywhere.
    Redact {
        /// Which.
        event: EventId,
        /// Its place in the log.
        seq: u64,
        /// The bytes of the event without its words.
        stub: String,
        /// Why.
        reason: String,
    },
    /// Re-file a line: struck here, added there, linked.
    MoveEntry {
        /// Which.
        entry: EventId,
        /// Where it belongs.
        to: IncidentId,
    },
    /// Go on as another incident.
    Merge {
        /// Which.
        into: IncidentId,
    },
    /// Undo a merge.
    Split,
    /// Let only these people see it, and whoever holds one of these roles; the commander's role is always among them.
    Restrict {
        /// By name.
        people: Vec<Person>,
        /// By role, for as long as it is held.
        roles: Vec<RoleId>,
        /// Why.
        reason: String,
    },
    /// Let everyone see it again.
    LiftRestriction {
        /// Why.
        reason: String,
    },
    /// Take my last change back, if what it set still stands.
    TakeBack {
        /// The event to take back.
        event: EventId,
    },
    /// Several at once: all or none.
    Together(Vec<Command>),
    /// Publish the organisation's matrix, roles, services or people.
    PublishSettings(Box<SettingsPublished>),
}

impl Command {
    /// Other words for an entry, and nothing else of it changed.
    pub fn reword(entry: EventId, text: impl Into<String>, reason: impl Into<String>) -> Self {
        let (text, reason) = (Some(text.into()), reason.into());
        Self::AmendEntry { entry, text, kind: None, outcome: None, audience: None, happened_at: None, reason }
    }
}

/// A line as its author writes it.
#[derive(Clone, PartialEq, Debug)]
pub struct NewEntry {
    /// One of the nine written kinds.
    pub kind: EntryKind,
    /// The words.
    pub text: String,
    /// When it happened; now if absent.
    pub at: Option<Timestamp>,
    /// How a validation or command ended.
    pub outcome: Option<Outcome>,
    /// To whom a communication went.
    pub audience: Option<String>,
    /// What it is about.
    pub components: Vec<String>,
    /// What it answers.
    pub reply_to: Option<EventId>,
    /// On whose behalf it is written; the author if absent.
    pub by: Option<Person>,
}

impl NewEntry {
    /// A line of this kind, now, with nothing else to say.
    pub fn new(kind: EntryKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), at: None, outcome: None, audience: None, components: Vec::new(), reply_to: None, by: None }
    }
}

//! What readers ask of the replica: plain data, answered once.

use crate::domain::Command;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::query::Query;
use crate::replica::snapshot::Answer;

/// What of a search comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// What is most about the words.
    Best,
    /// What happened last.
    Newest,
}

/// A wish of a screen or a command line.
#[derive(Clone, PartialEq, Debug)]
pub enum Request {
    /// Decide and record a command; answered when it is on disk.
    Command {
        /// The incident it is about; `IncidentId::ORG` for a declaration.
        incident: IncidentId,
        /// What is wanted.
        command: Command,
        /// The draft that becomes this record, deleted in the same transaction.
        draft: Option<String>,
    },
    /// Decide a command and send it straight to the server, as it cannot be saved here; `Answer::Told` says as what the server recorded it. What
    /// nobody answered is the same event when it is asked for again, here or by `Command`.
    SendDirect {
        /// As of `Command`.
        incident: IncidentId,
        /// What is wanted.
        command: Command,
        /// The draft that is let go of once the server has the words.
        draft: Option<String>,
    },
    /// Hold an incident in full, closed ones too.
    Open(IncidentId),
    /// Keep a draft; answered when it is on disk.
    KeepDraft {
        /// Where it belongs.
        key: String,
        /// The incident, if any.
        incident: Option<IncidentId>,
        /// The write box's own state.
        body: String,
    },
    /// Let a draft go.
    DropDraft {
        /// Which.
        key: String,
    },
    /// Full-text search over every entry held here.
    Search {
        /// Words that must occur, and what else must be so.
        query: Query,
        /// What comes first.
        order: Order,
        /// At most so many hits.
        limit: usize,
    },
    /// The SHA-256 of an event's bytes, as its record has it.
    Hash(EventId),
    /// Send a parked event again, and what waits behind it.
    RetryParked(EventId),
    /// Write a parked entry into another incident instead.
    MoveParked {
        /// Which.
        event: EventId,
        /// Where to.
        to: IncidentId,
    },
    /// Write a parked event's text to a file in the home folder and let go of it and of what waits behind it; `Answer::Told` names the file.
    DiscardParked(EventId),
    /// A crossed change was looked at.
    Dismiss(EventId),
    /// The alarm was read.
    DismissAlarm,
    /// What this person does now, told to the server if one is listening, and kept nowhere.
    Here {
        /// The incident in hand.
        incident: Option<IncidentId>,
        /// How long ago the last key was pressed, in milliseconds.
        key_age_ms: u64,
        /// A write box is open.
        is_writing: bool,
    },
    /// Work here under this name from now on, as long as no token says another one.
    Name(Person),
    /// Exchange with the server now.
    SyncNow,
}

/// A request with where its answer goes. The answer may come from another thread.
pub struct Envelope {
    /// What is wanted.
    pub request: Request,
    /// Called once.
    pub answer: Box<dyn FnOnce(Answer) + Send>,
}

impl Envelope {
    /// A request whose answer nobody waits for.
    pub fn quiet(request: Request) -> Self {
        Self { request, answer: Box::new(|_| {}) }
    }
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.request.fmt(out)
    }
}

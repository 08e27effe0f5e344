//! What can happen to an exchange, and what it may ask for.

use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::ledger::EventBytes;
use crate::ledger::Hash;
use crate::ledger::Position;
use crate::replica::standing::HistoryAsk;
use crate::replica::standing::Standing;
use crate::wire::Base;
use crate::wire::EventsPage;
use crate::wire::Head;
use crate::wire::HeadsPage;
use crate::wire::Me;
use crate::wire::Outcome;
use crate::wire::Pair;
use crate::wire::PresenceNews;
use crate::wire::Pushed;
use crate::wire::Witnessed;
use std::fmt;

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// Time passed.
    Woken,
    /// A person wants it now.
    Nudged,
    /// The copy changed by itself.
    Standing(Standing),
    /// What the person here does.
    Here(Here),
    /// The answer to `AskMe`.
    Met { ticket: u64, answer: Result<Met, Fail> },
    /// The answer to `Join`.
    Joined { ticket: u64, answer: Result<Standing, Fail> },
    /// The answer to `AskBase`; none of a server that knows no bases.
    Based { ticket: u64, answer: Result<Option<Base>, Fail> },
    /// The answer to `AskHeads`.
    Heads { ticket: u64, answer: Result<HeadsPage, Fail> },
    /// The answer to `KeepHeads`: after which incident to go on.
    HeadsKept { ticket: u64, answer: Result<Option<IncidentId>, Fail> },
    /// The answer to `AskPage`.
    Page { ticket: u64, answer: Result<EventsPage, Fail> },
    /// The answer to `Apply`.
    Applied(Result<Standing, Fail>),
    /// The answer to `Probe`.
    Probed { ticket: u64, answer: Result<Probe, Fail> },
    /// The answer to `CutBack`.
    Cut { ticket: u64, answer: Result<Standing, Fail> },
    /// The answer to `TakeBatch`.
    Batch { ticket: u64, events: Vec<EventBytes> },
    /// The answer to `Push`.
    Pushed { ticket: u64, answer: Result<Pushed, Fail> },
    /// The answer to `Witness`.
    Witnessed(Result<Standing, Fail>),
    /// The answer to `Mark` and `SendAgain`.
    Marked(Result<Standing, Fail>),
    /// The answer to `AskRecords`.
    Records { ticket: u64, answer: Result<EventsPage, Fail> },
    /// The answer to `AskHistory`; none where there is no such incident any more.
    History { ticket: u64, ask: HistoryAsk, answer: Result<Option<EventsPage>, Fail> },
    /// The answer to `Fill` and `KeepHistory`.
    Filled(Result<Standing, Fail>),
    /// Something came by the stream.
    Stream { ticket: u64, item: StreamItem },
}

/// What the person here does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Here {
    /// The incident in hand.
    pub incident: Option<IncidentId>,
    /// How long ago the last key was pressed.
    pub key_age_ms: u64,
    /// A write box is open.
    pub is_writing: bool,
}

/// Who the server says we are, and what its clock says.
#[derive(Clone, PartialEq, Debug)]
pub struct Met {
    /// The answer of `GET /v1/me`.
    pub me: Me,
    /// How long the question took.
    pub round_trip_ms: u32,
    /// The server's clock minus ours.
    pub skew_ms: i64,
    /// What the server said to a checkpoint that was seen here. None where nothing was shown to it.
    pub recalled: Option<Recalled>,
}

/// A checkpoint as it was shown to the server, and its answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Recalled {
    /// The note; by the time of the answer a newer one may have been seen.
    pub shown: String,
    /// That its log still begins so, or in words that it does not.
    pub answer: Result<Witnessed, String>,
}

/// Whether both sides hold the same record at a place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Probe {
    /// The place.
    pub seq: u64,
    /// Both hold the same bytes there; place 0 is always the same.
    pub same: bool,
    /// Where the server's log stands.
    pub head: Position,
}

/// What comes by the stream.
#[derive(Clone, Debug)]
pub enum StreamItem {
    /// The server answered the request.
    Opened,
    /// Any sign of life.
    Alive,
    /// The next record.
    Record(Pair),
    /// Where the log stands.
    Head(Head),
    /// People whose presence changed.
    Presence(PresenceNews),
    /// Our position is not of this log's history, or we were too slow.
    Resync,
    /// The server stops; another may be there already.
    Leaving,
    /// It is over.
    Ended(Fail),
}

/// Why a question was not answered.
#[derive(Clone, PartialEq, Debug)]
pub enum Fail {
    /// No answer, or a broken one on the way.
    Unreachable(String),
    /// Not now: 429, 500, 503.
    Busy {
        /// In words.
        why: String,
        /// `Retry-After`.
        retry_after_ms: Option<u64>,
    },
    /// The token, the address or the log is wrong: only a person can help.
    Forbidden(String),
    /// The token was revoked, or is over: nothing more may be recorded with it.
    LockedOut(String),
    /// The token does not permit this question.
    Scope(String),
    /// The position is not of the server's history.
    Resync,
    /// A body over a limit, or one that fails as a whole.
    TooLarge(String),
    /// An answer that is not what it should be.
    Garbled(String),
    /// An answer that is as it should be, and a copy that cannot take it: a matter of this machine, not of the line.
    Unstored(String),
}

impl fmt::Display for Fail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Unreachable(why) | Self::Forbidden(why) | Self::LockedOut(why) | Self::Scope(why) => why,
            Self::TooLarge(why) | Self::Garbled(why) | Self::Unstored(why) | Self::Busy { why, .. } => why,
            Self::Resync => "the server does not know the position of this copy",
        })
    }
}

/// A place in a log's history, whose root may still be unknown here.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    /// Which log.
    pub log: LogId,
    /// Which of its lives.
    pub epoch: u64,
    /// The record before what is asked for.
    pub seq: u64,
    /// The root of the tree up to it.
    pub root: Option<Hash>,
}

impl From<Position> for Place {
    fn from(position: Position) -> Self {
        Self { log: position.log, epoch: position.epoch, seq: position.seq, root: Some(position.root) }
    }
}

/// What to do. Questions to the server carry a ticket that comes back with the answer.
#[derive(Clone, Debug)]
pub enum Output {
    /// `GET /v1/me`, and show the last checkpoint that was seen.
    AskMe { ticket: u64, seen: Option<String> },
    /// Tell the copy whom it serves.
    Join { ticket: u64, met: Box<Met> },
    /// Compare a signed checkpoint with what is held here, now or once it reaches so far.
    Witness(String),
    /// `GET /v1/base` for so many days.
    AskBase { ticket: u64, days: u32 },
    /// `GET /v1/heads` after this incident.
    AskHeads { ticket: u64, after: Option<IncidentId> },
    /// Keep these heads of incidents whose records are not held.
    KeepHeads { ticket: u64, page: HeadsPage },
    /// Begin at this place; answered as `Join`.
    Begin { ticket: u64, base: Box<Base> },
    /// `GET /v1/events` after this place; the root proves that the place is of the server's history, where it is known already.
    AskPage { ticket: u64, after: Place },
    /// Store these records.
    Apply(Vec<Pair>),
    /// Compare the record at this place.
    Probe { ticket: u64, seq: u64 },
    /// Go back to this place, in this epoch.
    CutBack { ticket: u64, seq: u64, epoch: u64 },
    /// Ask the copy what to send, at most so many events.
    TakeBatch { ticket: u64, max_events: usize },
    /// `POST /v1/events`.
    Push { ticket: u64, events: Vec<EventBytes> },
    /// Tell the copy what became of them.
    Mark(Vec<Outcome>),
    /// What was accepted and never came is to be sent again.
    SendAgain,
    /// `GET /v1/stream` after this position; the one before is closed.
    OpenStream { ticket: u64, position: Position },
    /// `GET /v1/stream` of presence alone; the one before is closed.
    OpenPresence { ticket: u64 },
    /// `GET /v1/events` for these places alone.
    AskRecords { ticket: u64, places: Vec<u64> },
    /// Take the events of these records, which were withheld.
    Fill(EventsPage),
    /// `GET /v1/events` of one incident.
    AskHistory { ticket: u64, ask: HistoryAsk },
    /// Take records of an incident from before the base.
    KeepHistory { ask: HistoryAsk, page: Option<EventsPage> },
    /// `POST /v1/presence`; whatever the answer, the next report comes in its time.
    Report(Here),
    /// Tell the copy who is there.
    See(PresenceNews),
    /// Close the stream, if there is one.
    CloseStream,
    /// How the link stands now.
    Show(Shown),
    /// A one-shot exchange is over.
    Finished(Result<(), String>),
}

/// How the link stands, in the machine's own time.
#[derive(Clone, PartialEq, Debug)]
pub enum Shown {
    /// A first contact, or catching up.
    Connecting {
        /// How many records are still to come, where it is known.
        behind: Option<u64>,
    },
    /// The stream is open.
    Live {
        /// Round trip in milliseconds.
        round_trip_ms: u32,
        /// The server's clock minus ours.
        skew_ms: i64,
        /// When it was last heard.
        heard_ms: u64,
        /// Longer ago than `STALE_AFTER_MS`.
        stale: bool,
    },
    /// Out of reach.
    Offline {
        /// Since when.
        since_ms: u64,
        /// What happened.
        why: String,
        /// The next try.
        retry_at_ms: u64,
    },
    /// The server answers, and what it says cannot be stored here.
    Unstored {
        /// What happened.
        why: String,
    },
    /// Only a person can help.
    Refused {
        /// What to do.
        why: String,
    },
    /// The same: the token no longer counts.
    LockedOut {
        /// What to do.
        why: String,
    },
}

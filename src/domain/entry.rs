//! One line of a timeline, written by a person or drawn from another event.

use crate::domain::Acceptance;
use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::Outcome;
use crate::domain::Person;
use crate::domain::Place;
use crate::domain::RoleId;
use crate::domain::Text;
use crate::domain::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use std::ops::Deref;
use std::ops::DerefMut;
use std::sync::Arc;
use std::sync::LazyLock;

/// A line of a timeline with its history. What most lines lack stands in [`More`] and reads as if it stood here: a hundred thousand plain lines are
/// held in memory at once.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The event that added it.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it, and as what: lines of the same person share it.
    pub byline: Arc<Byline>,
    /// What kind of line it is.
    pub kind: EntryKind,
    /// What it says now.
    pub text: Text,
    /// How far it got.
    pub state: EntryState,
    more: Option<Box<More>>,
}

/// Who wrote a line, and as what.
#[derive(Clone, PartialEq, Debug)]
pub struct Byline {
    /// Who.
    pub by: Person,
    /// The roles they held then.
    pub roles: Vec<RoleId>,
}

/// What few lines have.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct More {
    /// Order among entries of the same moment that have no seq yet; 0 once there is one.
    pub index: u64,
    /// Who wrote it down, where that is another person.
    pub recorded_by: Option<Person>,
    /// How a validation or command ended.
    pub outcome: Option<Outcome>,
    /// To whom a communication went.
    pub audience: Option<Arc<str>>,
    /// What it is about.
    pub components: Arc<[String]>,
    /// The entry it answers.
    pub reply_to: Option<EventId>,
    /// Where it stood before.
    pub moved_from: Option<Place>,
    /// Its earlier versions, oldest first.
    pub history: Vec<Revision>,
    /// Why, when and by whom it was struck.
    pub struck: Option<Box<Strike>>,
    /// Two versions stand against each other: neither author had seen the other's, and nobody has merged them yet.
    pub conflict: bool,
}

/// How far an event got. Only the server's record makes it accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryState {
    /// Durable on this machine, not accepted by a server yet.
    Local,
    /// In the log.
    Accepted {
        /// Its place.
        seq: u64,
        /// When the server took it.
        received_at: Timestamp,
    },
    /// The server said no; it waits for a person.
    Refused,
}

impl EntryState {
    /// The state that follows from a record, or its absence.
    pub fn of(accepted: Option<&Acceptance>) -> Self {
        accepted.map_or(Self::Local, |record| Self::Accepted { seq: record.seq, received_at: record.received_at })
    }

    /// The seq, once accepted.
    pub fn seq(self) -> Option<u64> {
        match self {
            Self::Accepted { seq, .. } => Some(seq),
            Self::Local | Self::Refused => None,
        }
    }

    /// `local`, `accepted` or `refused`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Accepted { .. } => "accepted",
            Self::Refused => "refused",
        }
    }
}

/// An earlier version of an entry, and the amendment that replaced it.
#[derive(Clone, PartialEq, Debug)]
pub struct Revision {
    /// What it said before.
    pub text: Text,
    /// The kind it was.
    pub kind: EntryKind,
    /// When it was said to have happened.
    pub at: Timestamp,
    /// The amendment that replaced it.
    pub amendment: EventId,
    /// When it was amended.
    pub amended_at: Timestamp,
    /// Who amended it.
    pub by: Person,
    /// Why, if it was said.
    pub reason: Arc<str>,
    /// How far the amendment got.
    pub state: EntryState,
    /// The amendment's author had not seen the version it replaced.
    pub conflict: bool,
    /// The amendment settled two versions that stood against each other.
    pub merges: bool,
}

/// Why an entry no longer counts.
#[derive(Clone, PartialEq, Debug)]
pub struct Strike {
    /// The event.
    pub event: EventId,
    /// Who.
    pub by: Person,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Where it went, if it was moved.
    pub moved_to: Option<Place>,
    /// How far the strike got.
    pub state: EntryState,
}

impl From<Person> for Arc<Byline> {
    fn from(by: Person) -> Self {
        Arc::new(Byline { by, roles: Vec::new() })
    }
}

impl Deref for Entry {
    type Target = More;

    fn deref(&self) -> &More {
        static NOTHING: LazyLock<More> = LazyLock::new(More::default);
        self.more.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for Entry {
    fn deref_mut(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
            && (&self.byline, self.kind, &self.text, self.state) == (&other.byline, other.kind, &other.text, other.state)
            && **self == **other
    }
}

impl Entry {
    /// A line with nothing but its words, by a person in no role or with a byline.
    pub fn new(id: EventId, at: Timestamp, by: impl Into<Arc<Byline>>, kind: EntryKind, text: impl Into<Text>, state: EntryState) -> Self {
        Self { id, at, byline: by.into(), kind, text: text.into(), state, more: None }
    }

    /// Who did it.
    pub fn by(&self) -> &Person {
        &self.byline.by
    }

    /// The roles its author held when it was written.
    pub fn roles(&self) -> &[RoleId] {
        &self.byline.roles
    }

    /// The same line with what few lines have.
    pub fn with(mut self, more: More) -> Self {
        self.more = (more != More::default()).then(|| Box::new(more));
        self
    }

    /// The order of a timeline: by time, ties by seq, what is not accepted yet after what is.
    pub fn key(&self) -> (Timestamp, u64, u64, EventId) {
        (self.at, self.state.seq().unwrap_or(u64::MAX), self.index, self.id)
    }

    /// The last event that changed what it says: what an amendment replaces.
    pub fn version(&self) -> EventId {
        self.history.last().map_or(self.id, |revision| revision.amendment)
    }

    /// What it said once an event of it had come: the one that added it, or an amendment.
    pub fn text_at(&self, version: EventId) -> Option<&Text> {
        let next = match self.history.iter().position(|revision| revision.amendment == version) {
            Some(at) => at + 1,
            None if version == self.id => 0,
            None => return None,
        };
        Some(self.history.get(next).map_or(&self.text, |revision| &revision.text))
    }

    /// Whether this entry or a change of it has not been accepted yet.
    pub fn is_pending(&self) -> bool {
        let changes = self.history.iter().map(|revision| revision.state).chain(self.struck.iter().map(|strike| strike.state));
        changes.chain([self.state]).any(|state| state == EntryState::Local)
    }

    /// Whether it stands: not struck.
    pub fn stands(&self) -> bool {
        self.struck.is_none()
    }
}

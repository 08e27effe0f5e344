//! What readers see: plain data, shared, never locked. A new snapshot replaces the old one; what did not change is the same `Arc`.

use crate::domain::Board;
use crate::domain::Code;
use crate::domain::DeviceId;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Refusal;
use crate::domain::Retry;
use crate::domain::Timestamp;
use crate::ledger::Position;
use crate::replica::request::Order;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything a screen draws from.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Rises with every publication.
    pub revision: u64,
    /// Who works here, and what they may do as far as it is known.
    pub me: Principal,
    /// This replica.
    pub device: DeviceId,
    /// The settings, and in full: open incidents, and closed ones that were asked for. Pending events are folded in.
    pub board: Board,
    /// The heads of incidents held here, open and closed, by id: all of them but `older`.
    pub headers: Arc<BTreeMap<IncidentId, Arc<Header>>>,
    /// Closed incidents that are held here and not listed.
    pub older: Arc<Older>,
    /// How many events of each incident wait for the server.
    pub unsent: Arc<BTreeMap<IncidentId, usize>>,
    /// How many events wait in all.
    pub unsent_total: usize,
    /// How many of them are on no disk, because the folder cannot be written: they end with this process.
    pub unsaved: usize,
    /// When the oldest of them was written.
    pub unsent_since: Option<Timestamp>,
    /// What the server refused, with what waits behind it, oldest first.
    pub parked: Arc<Vec<Parked>>,
    /// Drafts that were kept, newest first.
    pub drafts: Arc<Vec<Draft>>,
    /// Crossed changes that were looked at already (the winner's event).
    pub dismissed: Arc<std::collections::BTreeSet<EventId>>,
    /// The link to the server.
    pub link: Link,
    /// Everyone the server has seen lately, this person too. Empty unless the link is live: what others do is unknown then.
    pub presence: Arc<BTreeMap<Person, Presence>>,
    /// The last place in the log that is held here.
    pub position: Option<Position>,
    /// Incidents that were closed before then are known by their heads alone, until they are opened; none where everything is held.
    pub held_since: Option<Timestamp>,
    /// The key the server is known by, and how far its signature was found true here. None before the first contact, and with a server that does not sign.
    pub signed: Option<Signed>,
    /// What keeps this program from saving, in words: shown until it passes.
    pub trouble: Option<String>,
    /// What happened to the log or to this copy that a person must know, in words: shown until `Request::DismissAlarm`.
    pub alarm: Option<String>,
}

impl Snapshot {
    /// The incident with a code, open or closed, listed or older.
    pub fn by_code(&self, code: Code) -> Option<IncidentId> {
        let listed = self.headers.values().find(|header| header.code == Some(code)).map(|header| header.id);
        listed.or_else(|| self.older.by_code(code))
    }

    /// How far the log is held here: `log 0190…, epoch 1, seq 812`; nothing where no server has accepted anything yet.
    pub fn position_words(&self) -> Option<String> {
        self.position.as_ref().map(|position| format!("log {}, epoch {}, seq {}", position.log, position.epoch, position.seq))
    }
}

/// The server's signature as this copy knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// The fingerprint of the key.
    pub key: String,
    /// The last record that a signed checkpoint covers, whose root is the one held here; 0 before the first.
    pub seq: u64,
}

/// Closed incidents of which only the code is in memory, as there are so many. Opening one brings its head among the others.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Older {
    /// The newest first.
    all: Vec<(IncidentId, Option<Code>)>,
}

impl Older {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether every incident held here has its head in the snapshot.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether an incident is one of them.
    pub fn holds(&self, id: IncidentId) -> bool {
        self.place(id).is_some()
    }

    /// The code of one of them.
    pub fn code(&self, id: IncidentId) -> Option<Code> {
        self.all[self.place(id)?].1
    }

    /// The one with this code.
    pub fn by_code(&self, code: Code) -> Option<IncidentId> {
        self.all.iter().find(|(_, given)| *given == Some(code)).map(|(id, _)| *id)
    }

    /// One of them is listed from now on.
    pub(super) fn remove(&mut self, id: IncidentId) {
        if let Some(place) = self.place(id) {
            self.all.remove(place);
        }
    }

    fn place(&self, id: IncidentId) -> Option<usize> {
        self.all.binary_search_by(|(other, _)| id.cmp(other)).ok()
    }
}

/// More that are older still, the newest first.
impl Extend<(IncidentId, Option<Code>)> for Older {
    fn extend<T: IntoIterator<Item = (IncidentId, Option<Code>)>>(&mut self, more: T) {
        self.all.extend(more);
    }
}

/// When somebody last pressed a key, and about which incident, by the server's clock. Told and forgotten: it is on no disk.
#[derive(Clone, PartialEq, Debug)]
pub struct Presence {
    /// The last key, on whichever of their machines it was pressed.
    pub last_key_at: Timestamp,
    /// The incident they had in hand then.
    pub incident: Option<IncidentId>,
    /// A write box is open there.
    pub is_writing: bool,
    /// Since when they are not connected any more.
    pub left_at: Option<Timestamp>,
}

/// The link to the server, as the sync machine sees it.
#[derive(Clone, PartialEq, Debug)]
pub enum Link {
    /// No server is configured; that is not an error.
    Alone,
    /// A first contact, or catching up: this many records behind.
    Connecting {
        /// How many records are still to come, where it is known.
        behind: Option<u64>,
    },
    /// The stream is open.
    Live {
        /// Round trip in milliseconds.
        round_trip_ms: u32,
        /// The server's clock minus ours, in milliseconds.
        skew_ms: i64,
        /// When the server was last heard.
        heard_at: Timestamp,
    },
    /// Out of reach; tried again at `retry_at`.
    Offline {
        /// Since when.
        since: Timestamp,
        /// What happened, in words.
        why: String,
        /// The next try.
        retry_at: Timestamp,
    },
    /// The server answers, and what it says cannot be stored here: a full disk, a damaged copy. Tried again by itself.
    Unstored {
        /// What happened, in words.
        why: String,
    },
    /// The server answers, but not to us: bad token, another log. Only a person can help.
    Refused {
        /// What to do, in words.
        why: String,
    },
    /// The token was revoked, or is over: nothing is recorded until there is another.
    LockedOut {
        /// What to do, in words.
        why: String,
    },
    /// Another warroom process of this home does the exchange.
    Elsewhere,
}

/// An event the server refused, or one that waits behind it.
#[derive(Clone, PartialEq, Debug)]
pub struct Parked {
    /// Which event.
    pub event: EventId,
    /// Its incident.
    pub incident: IncidentId,
    /// Its kind.
    pub kind: String,
    /// What it says, in one line.
    pub words: String,
    /// The whole text, where it has one, to edit or export.
    pub text: Option<String>,
    /// The rule that said no.
    pub code: String,
    /// The same in words.
    pub reason: String,
    /// Whether it is tried again by itself.
    pub retry: Retry,
    /// The refused event it waits behind, if it was not refused itself.
    pub behind: Option<EventId>,
    /// When it was written.
    pub at: Timestamp,
}

/// Words typed and not yet recorded.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    /// Where they belong: "write:ID", "amend:ID", "declare".
    pub key: String,
    /// The incident, if any.
    pub incident: Option<IncidentId>,
    /// The write box's own state, opaque here.
    pub body: String,
    /// When they were kept.
    pub kept_at: Timestamp,
    /// Whose it is to open.
    pub held: Held,
}

/// Who may open a draft.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// This process.
    Here,
    /// Another live process has it open.
    Elsewhere,
    /// Nobody yet: a process that died left it, and newer words of its key come first.
    Behind,
}

/// What became of a request.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// Durable here: the events that were recorded.
    Recorded {
        /// Their ids, in order.
        events: Vec<EventId>,
        /// The incident they are about (the new one, for a declaration).
        incident: IncidentId,
    },
    /// Done, nothing to tell.
    Done,
    /// A draft is on disk since then.
    Kept(Timestamp),
    /// Done, and what there is to tell about it.
    Told(String),
    /// What a search found.
    Found(Found),
    /// The SHA-256 of an event's bytes, in hexadecimal digits.
    Hashed(String),
    /// A rule says no.
    Refused(Refusal),
    /// It could not be saved; the words are still with the asker.
    NotSaved(String),
}

/// What a search found.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// The hits.
    pub hits: Vec<Hit>,
    /// The order they are in: where a word is too common to be ranked, the newest come first whatever was asked.
    pub order: Order,
    /// Whether all that could fit was looked at, or as many were found as were asked for.
    pub is_whole: bool,
    /// So many of the newest records came just now and cannot be found yet.
    pub behind: u64,
}

/// A place where a search found its words.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// The incident.
    pub incident: IncidentId,
    /// Its code.
    pub code: String,
    /// Its title.
    pub title: String,
    /// The entry; the incident itself where its title or summary was hit.
    pub entry: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// Who wrote it.
    pub by: String,
    /// The words around the hit.
    pub excerpt: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn older_incidents_are_found_by_id_and_by_code() {
        let id = |number: u128| IncidentId(Uuid::from_u128(number));
        let mut older = Older::default();
        older.extend(vec![(id(9), Some(Code(9))), (id(7), None)]);
        older.extend(vec![(id(4), Some(Code(2)))]);
        assert!([9, 7, 4].iter().all(|number| older.holds(id(*number))) && !older.holds(id(8)));
        assert_eq!((older.by_code(Code(2)), older.by_code(Code(4))), (Some(id(4)), None));
        assert_eq!((older.code(id(9)), older.code(id(7)), older.code(id(8))), (Some(Code(9)), None, None));
        older.remove(id(9));
        assert!(!older.holds(id(9)) && older.holds(id(7)) && older.len() == 2);
    }
}

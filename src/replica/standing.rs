//! What the exchange with a server needs to know of the local copy.

use crate::domain::DeviceId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::ledger::Hash;
use crate::ledger::Position;
use std::collections::BTreeMap;

/// How the local copy stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Standing {
    /// The last place held here; none before the first contact.
    pub position: Option<Position>,
    /// This copy.
    pub device: DeviceId,
    /// Who works here.
    pub person: Person,
    /// Events that may be sent now.
    pub sendable: usize,
    /// Events the server said it has, whose records have not come yet.
    pub sent: usize,
    /// Events that were refused, or wait behind such a one, or are another's.
    pub parked: usize,
    /// The last checkpoint that was found true here, as a signed note.
    pub seen: Option<String>,
    /// Places of records whose events were withheld and may be seen now: the next to ask for.
    pub wanted: Vec<u64>,
    /// Of a copy that holds nothing yet, how it is to begin; none where it is to hold everything.
    pub begins: Option<Begins>,
    /// What of an incident's history to ask for next.
    pub history: Option<HistoryAsk>,
    /// The last record before the first one that is held in order, and the root there; none where all are.
    pub base: Option<(u64, Hash)>,
}

/// How a copy begins that is to hold only the last days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Begins {
    /// How many days it is to hold.
    pub days: u32,
    /// The last incident whose head is held already, from an attempt that was broken off.
    pub after: Option<IncidentId>,
}

/// The records of an incident before a place, within the base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HistoryAsk {
    /// Whose.
    pub incident: IncidentId,
    /// The record before which they come.
    pub before: u64,
    /// The base, in whose tree they are proven.
    pub size: u64,
}

impl Standing {
    /// Events that are not in the log and are on their way.
    pub fn waiting(&self) -> usize {
        self.sendable + self.sent
    }
}

/// What a restored server lost, is held here, and nobody has sent again yet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lost {
    /// How many events of whom.
    pub people: BTreeMap<Person, usize>,
    /// How many of them a server takes from another than who wrote them.
    pub offerable: usize,
}

/// What was written before there was a server and is sent from now on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claimed {
    /// How many events.
    pub events: usize,
    /// How many of them were written for another; of these only entries and declarations are taken by a server, as recorded by the token's person.
    pub by_others: usize,
}

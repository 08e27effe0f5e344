//! Events as a record tells them: ids, device, salt and order derived from the record alone.

use crate::domain::Body;
use crate::domain::DeviceId;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Timestamp;
use sha2::Digest;
use sha2::Sha256;

/// One past incident, as far as it was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Past {
    /// What it is called in the record.
    pub number: String,
    /// Its events, in order.
    pub events: Vec<Event>,
    /// The priority its record gives it in the end, 1 to 5.
    pub priority: Option<u8>,
}

impl Past {
    /// The incident.
    pub fn incident(&self) -> Option<IncidentId> {
        self.events.first().map(|event| event.incident)
    }

    /// Takes all salts from what the events say now: those they had come from words that were masked, and would let anyone try which.
    pub fn salt_anew(&mut self) {
        for event in &mut self.events {
            event.salt = hex(&hash(&["masked", &event.id.to_string(), &format!("{:?}", event.body)]));
        }
    }
}

/// Tells one incident of a source.
#[derive(Debug)]
pub(super) struct Telling {
    source: &'static str,
    /// What tells this incident from others of its source.
    key: String,
    incident: Option<IncidentId>,
    told: u64,
}

/// One thing to tell.
pub(super) struct Told<'a> {
    /// What in the record it comes from; once per incident.
    pub key: &'a str,
    /// What the record's own clock showed, in milliseconds, whatever its zone: ids sort by it.
    pub shown_ms: i64,
    /// When it was.
    pub at: Timestamp,
    /// Who did it.
    pub by: &'a Person,
    /// Words of the record, from which the salt comes.
    pub words: &'a str,
    /// For what replaces a value: the event that set it.
    pub replaces: Option<EventId>,
}

impl Telling {
    /// Begins an incident of a source.
    pub fn of(source: &'static str, key: impl Into<String>) -> Self {
        Self { source, key: key.into(), incident: None, told: 0 }
    }

    /// The next event; the first one declares the incident.
    pub fn tell(&mut self, told: Told<'_>, body: impl Into<Body>) -> Event {
        let id = EventId::derived(told.shown_ms, &hash(&["event", self.source, &self.key, told.key]));
        let incident = *self.incident.get_or_insert(id.into());
        self.told += 1;
        Event {
            id,
            incident,
            at: told.at,
            by: told.by.clone(),
            device: DeviceId(EventId::derived(0, &hash(&["device", self.source])).0),
            index: self.told,
            salt: hex(&hash(&["salt", self.source, &self.key, told.key, told.words])),
            replaces: told.replaces,
            body: body.into(),
        }
    }
}

/// A person by a name as a record has it: one word, as short as names are here.
pub(super) fn person(name: &str) -> Option<Person> {
    let words: Vec<&str> = name.split(|sign: char| sign.is_whitespace() || sign.is_control()).filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(Person::MAX_CHARS).collect();
    (!name.is_empty()).then(|| Person::new(name))
}

/// The first half of a SHA-256 over parts, none of which can be mistaken for two.
fn hash(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize()[..16]);
    half
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

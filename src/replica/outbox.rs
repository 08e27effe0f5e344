//! Events the log does not hold yet, in the order they were written: on disk, and the same in memory.

use crate::domain::Body;
use crate::domain::DeviceId;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::sha256_hex;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use rusqlite::Row;
use rusqlite::params;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// How far an event of the outbox got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// To be sent.
    Waiting,
    /// The server said it has it; it goes once its record is pulled.
    Sent,
    /// Refused, to be tried again when something changes.
    Later,
    /// Refused for good.
    Final,
    /// Its bytes are not those that were written. So it is found, each time it is read; the row itself stays as it is.
    Damaged,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Later => "later",
            Self::Final | Self::Damaged => "final",
        }
    }

    fn from_word(word: &str) -> Self {
        match word {
            "sent" => Self::Sent,
            "later" => Self::Later,
            "final" => Self::Final,
            _ => Self::Waiting,
        }
    }

    pub fn is_parked(self) -> bool {
        matches!(self, Self::Later | Self::Final | Self::Damaged)
    }
}

/// One event of the outbox.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub place: i64,
    pub event: Arc<Event>,
    pub bytes: EventBytes,
    /// The hash of the bytes as they were written.
    pub sha256: String,
    /// The log it is meant for; none while written alone.
    pub log: Option<LogId>,
    /// Whose it is.
    pub person: Person,
    pub state: State,
    pub code: Option<String>,
    pub reason: Option<String>,
    /// Earlier events of the outbox without which it makes no sense.
    pub depends_on: Vec<EventId>,
}

/// The outbox in memory: a mirror of the table.
#[derive(Clone, Default, Debug)]
pub(super) struct Outbox {
    rows: BTreeMap<i64, Arc<Waiting>>,
    places: HashMap<EventId, i64>,
    /// Where the rows of each incident are, so that a past of years that waits to be sent is not walked for one of them.
    incidents: HashMap<IncidentId, BTreeSet<i64>>,
}

/// What an event cannot do without, as far as it is still in the outbox itself.
fn needs(event: &Event) -> Vec<EventId> {
    let declaration = EventId(event.incident.0);
    let named = match &event.body {
        Body::EntryAmended(data) => vec![data.entry],
        Body::EntryRetracted(data) => [Some(data.entry), data.moved_to.map(|place| place.entry)].into_iter().flatten().collect(),
        Body::TaskUnderstood(data) => vec![data.task],
        Body::TaskDone(data) => vec![data.task],
        Body::TaskWithdrawn(data) => vec![data.task],
        Body::RoleAccepted(data) => vec![data.offer],
        Body::RoleDeclined(data) => vec![data.offer],
        Body::RoleWithdrawn(data) => vec![data.offer],
        Body::IncidentMerged(data) => vec![EventId(data.into.0)],
        Body::IncidentLinked(data) => vec![EventId(data.other.0)],
        _ => Vec::new(),
    };
    named.into_iter().chain([declaration]).filter(|needed| *needed != event.id).collect()
}

impl Outbox {
    /// Everything in the table, in order.
    pub fn load(database: &Database) -> Result<Self, Fault> {
        let mut outbox = Self::default();
        outbox.read(database, "SELECT * FROM outbox ORDER BY place", 0)?;
        Ok(outbox)
    }

    /// Reads again what changed after `changed`; answers the incidents it is about.
    pub fn refresh(&mut self, database: &Database, changed: i64) -> Result<BTreeSet<IncidentId>, Fault> {
        let mut touched = self.read(database, "SELECT * FROM outbox WHERE changed > ?1 ORDER BY place", changed)?;
        let held: i64 = database.sql().prepare_cached("SELECT count(*) FROM outbox")?.query_row([], |row| row.get(0))?;
        if held != self.rows.len() as i64 {
            // Another process let go of some: what is no longer in the table goes.
            touched.extend(self.rows.values().map(|row| row.event.incident));
            *self = Self::load(database)?;
        }
        Ok(touched)
    }

    fn read(&mut self, database: &Database, query: &str, after: i64) -> Result<BTreeSet<IncidentId>, Fault> {
        let mut touched = BTreeSet::new();
        let mut statement = database.sql().prepare_cached(query)?;
        let mut rows = if statement.parameter_count() == 0 { statement.query([])? } else { statement.query([after])? };
        while let Some(row) = rows.next()? {
            let waiting = read_row(row)?;
            touched.insert(waiting.event.incident);
            self.put(waiting);
        }
        Ok(touched)
    }

    /// A row of the mirror.
    pub fn put(&mut self, row: Waiting) {
        let other = self.rows.get(&row.place).filter(|held| held.event.incident != row.event.incident).map(|held| held.event.id);
        if let Some(other) = other {
            self.remove(other);
        }
        self.places.insert(row.event.id, row.place);
        self.incidents.entry(row.event.incident).or_default().insert(row.place);
        self.rows.insert(row.place, Arc::new(row));
    }

    /// Takes a row out of the mirror.
    pub fn remove(&mut self, id: EventId) {
        let Some(row) = self.places.remove(&id).and_then(|place| self.rows.remove(&place)) else { return };
        if let Some(places) = self.incidents.get_mut(&row.event.incident) {
            places.remove(&row.place);
            if places.is_empty() {
                self.incidents.remove(&row.event.incident);
            }
        }
    }

    /// The row of an event.
    pub fn get(&self, id: EventId) -> Option<&Arc<Waiting>> {
        self.places.get(&id).and_then(|place| self.rows.get(place))
    }

    /// The rows of one incident, in the order they were written.
    pub fn of(&self, incident: IncidentId) -> impl Iterator<Item = &Arc<Waiting>> {
        self.incidents.get(&incident).into_iter().flatten().filter_map(|place| self.rows.get(place))
    }

    /// Whether anything of an incident waits.
    pub fn is_about(&self, incident: IncidentId) -> bool {
        self.incidents.contains_key(&incident)
    }

    /// The incidents of which something waits.
    pub fn incidents(&self) -> impl Iterator<Item = IncidentId> {
        self.incidents.keys().copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many are to be sent.
    pub fn waiting(&self) -> usize {
        self.rows.values().filter(|row| row.state == State::Waiting).count()
    }

    /// In the order they were written.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Waiting>> {
        self.rows.values()
    }

    /// The event that holds a row back because it does not go itself, if any: one it needs, directly or not.
    pub fn behind(&self, row: &Waiting, is_stuck: impl Fn(&Waiting) -> bool) -> Option<EventId> {
        let mut open: Vec<EventId> = row.depends_on.clone();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            let Some(needed) = self.get(id).filter(|_| seen.insert(id)) else { continue };
            if is_stuck(needed) {
                return Some(id);
            }
            open.extend(&needed.depends_on);
        }
        None
    }

    /// What new events cannot do without of what waits here, directly or not, in order.
    pub fn needed_by(&self, rows: &[Waiting]) -> Vec<Arc<Waiting>> {
        let mut open: Vec<EventId> = rows.iter().flat_map(|row| row.depends_on.clone()).collect();
        let mut places = BTreeSet::new();
        while let Some(id) = open.pop() {
            if let Some(needed) = self.get(id).filter(|needed| places.insert(needed.place)) {
                open.extend(&needed.depends_on);
            }
        }
        places.iter().filter_map(|place| self.rows.get(place).cloned()).collect()
    }

    /// The event itself and everything that waits behind it, in order.
    pub fn with_dependants(&self, id: EventId) -> Vec<Arc<Waiting>> {
        let mut held: BTreeSet<EventId> = [id].into();
        let mut found = Vec::new();
        for row in self.iter() {
            if row.event.id == id || row.depends_on.iter().any(|needed| held.contains(needed)) {
                held.insert(row.event.id);
                found.push(row.clone());
            }
        }
        found
    }

    /// Makes a row for a new event: what it needs of the outbox is noted.
    pub fn row(&self, place: i64, event: Arc<Event>, bytes: EventBytes, log: Option<LogId>, person: Person, with: &[Waiting]) -> Waiting {
        let mut depends_on = needs(&event);
        depends_on.retain(|needed| self.get(*needed).is_some() || with.iter().any(|row| row.event.id == *needed));
        let sha256 = bytes.sha256_hex();
        Waiting { place, event, bytes, sha256, log, person, state: State::Waiting, code: None, reason: None, depends_on }
    }
}

fn read_row(row: &Row<'_>) -> Result<Waiting, Fault> {
    // A bit that is turned over may leave no text; what can be read of it is still shown.
    let words = |column: &str| -> Result<Option<String>, Fault> {
        let stored = row.get_ref(column)?.as_bytes_or_null().map_err(|why| Fault::Damaged(format!("outbox: {why}")))?;
        Ok(stored.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
    };
    let bytes = EventBytes::stored(&words("event")?.unwrap_or_default());
    let sha256 = words("sha256")?.unwrap_or_default();
    let (id, incident) = (EventId(row.get::<_, Key>("event_id")?.0), IncidentId(row.get::<_, Key>("incident")?.0));
    let person = Person::new(words("person")?.unwrap_or_default());
    // What reads as another event is not this one.
    let event = bytes.read().ok().filter(|event| (event.id, event.incident) == (id, incident));
    let is_sound = event.is_some() && bytes.sha256_hex() == sha256;
    let depends_on: Vec<u8> = row.get("depends_on")?;
    let waiting = Waiting {
        place: row.get("place")?,
        event: Arc::new(event.unwrap_or_else(|| unreadable(id, incident, person.clone()))),
        bytes,
        sha256,
        log: row.get::<_, Option<Key>>("log")?.map(|key| LogId(key.0)),
        person,
        state: State::from_word(&words("state")?.unwrap_or_default()),
        code: words("code")?,
        reason: words("reason")?,
        depends_on: depends_on.as_chunks::<16>().0.iter().map(|id| EventId(Uuid::from_bytes(*id))).collect(),
    };
    Ok(if is_sound { waiting } else { waiting.damaged() })
}

/// What stands for an event that cannot be read.
fn unreadable(id: EventId, incident: IncidentId, by: Person) -> Event {
    let (device, at) = (DeviceId(Uuid::nil()), Timestamp::from_millis((id.0.as_u128() >> 80) as i64));
    Event { id, incident, at, by, device, index: 0, salt: String::new(), replaces: None, body: Body::Unknown { kind: "damaged".into() } }
}

impl Waiting {
    /// Whether the bytes are those that were written.
    pub fn is_sound(&self) -> bool {
        self.state != State::Damaged && self.bytes.sha256_hex() == self.sha256
    }

    /// The same, never to be sent.
    pub fn damaged(self) -> Self {
        let reason = "its bytes on this disk are not those that were written, so it is kept here and never sent: check the disk, and write what it said anew";
        Self { state: State::Damaged, code: Some("damaged".into()), reason: Some(reason.into()), ..self }
    }
}

impl Database {
    /// The place after the last one ever used.
    pub fn next_place(&self) -> Result<i64, Fault> {
        let mut query = self.sql().prepare_cached("SELECT max((SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox'), (SELECT coalesce(max(place), 0) FROM outbox))")?;
        Ok(query.query_row([], |row| row.get::<_, i64>(0))? + 1)
    }

    /// The number that the next change of the outbox gets; inside a transaction.
    pub fn next_change(&self) -> Result<i64, Fault> {
        let next = self.fact::<i64>("outbox_changed")?.unwrap_or(0) + 1;
        self.keep_fact("outbox_changed", next)?;
        Ok(next)
    }

    /// Writes a row whole; inside a transaction.
    pub fn put_waiting(&self, row: &Waiting, change: i64) -> Result<(), Fault> {
        if row.state == State::Damaged {
            // The row stays as it is: what can still be read of it may be all there is.
            return Ok(());
        }
        let depends_on: Vec<u8> = row.depends_on.iter().flat_map(|id| *id.0.as_bytes()).collect();
        let mut insert = self.sql().prepare_cached(
            "INSERT OR REPLACE INTO outbox (place, event_id, incident, event, log, person, state, code, reason, depends_on, changed, sha256)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        insert.execute(params![
            row.place,
            Key(row.event.id.0),
            Key(row.event.incident.0),
            row.bytes.as_str(),
            row.log.map(|log| Key(log.0)),
            row.person.as_str(),
            row.state.word(),
            row.code,
            row.reason,
            depends_on,
            change,
            row.sha256
        ])?;
        Ok(())
    }

    /// Notes the hashes of events that were written before there were any; inside a transaction.
    pub fn hash_waiting(&self) -> Result<(), Fault> {
        let mut query = self.sql().prepare("SELECT place, event FROM outbox WHERE sha256 IS NULL")?;
        let mut update = self.sql().prepare("UPDATE outbox SET sha256 = ?2 WHERE place = ?1")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let event = row.get_ref(1)?.as_bytes().map_err(|why| Fault::Damaged(format!("outbox: {why}")))?;
            update.execute(params![row.get::<_, i64>(0)?, sha256_hex(event)])?;
        }
        Ok(())
    }

    /// Deletes the row of an event; inside a transaction.
    pub fn delete_waiting(&self, id: EventId) -> Result<(), Fault> {
        self.sql().prepare_cached("DELETE FROM outbox WHERE event_id = ?1")?.execute([Key(id.0)])?;
        Ok(())
    }
}

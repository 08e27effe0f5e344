//! Events of past incidents that wait to be sent: told afterwards, perhaps a log of years. They stay on the disk and go into the outbox a batch at a time.

use crate::domain::Board;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::domain::Person;
use crate::ledger::EventBytes;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use rusqlite::OptionalExtension;
use rusqlite::params;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Their number, in `meta`.
const COUNT: &str = "past_count";
/// For which log they are meant; none while told alone.
const LOG: &str = "past_log";
/// Their heads were lost with a damaged file.
const HEADLESS: &str = "past_headless";
/// How many were told before, with other words.
const GAVE_WAY: &str = "past_gave_way";
/// Who told them.
const PERSON: &str = "past_person";

/// What of a past waits.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Past {
    /// How many events.
    pub count: usize,
    /// The log they are meant for; none while told alone.
    pub log: Option<LogId>,
    /// Who told them.
    pub person: Person,
}

impl Past {
    /// Nothing waits.
    pub fn none() -> Self {
        Self { count: 0, log: None, person: Person::new("") }
    }

    /// Whether they may go to a log, as somebody.
    pub fn is_sendable(&self, log: Option<LogId>, me: &Person) -> bool {
        self.count > 0 && log.is_some() && self.log == log && self.person == *me
    }
}

impl Database {
    /// What of a past waits.
    pub fn past(&self) -> Result<Past, Fault> {
        let count = self.number(COUNT)? as usize;
        if count == 0 {
            return Ok(Past::none());
        }
        let log = self.fact::<Key>(LOG)?.map(|key| LogId(key.0));
        Ok(Past { count, log, person: Person::new(self.fact::<String>(PERSON)?.unwrap_or_default()) })
    }

    /// Keeps how many wait, and whose they are; inside a transaction.
    pub fn keep_past(&self, past: &Past) -> Result<(), Fault> {
        self.keep_number(COUNT, past.count as u64)?;
        self.keep_fact(LOG, past.log.map(|log| Key(log.0)))?;
        self.keep_fact(PERSON, past.person.as_str())
    }

    /// Adds an event behind the others; inside a transaction.
    pub fn put_past(&self, id: EventId, incident: IncidentId, bytes: &EventBytes) -> Result<(), Fault> {
        let mut insert = self.sql().prepare_cached("INSERT INTO past (event_id, incident, event, sha256) VALUES (?1, ?2, ?3, ?4)")?;
        insert.execute(params![Key(id.0), Key(incident.0), bytes.as_str(), bytes.sha256_hex()])?;
        Ok(())
    }

    /// The bytes of an event that waits here.
    pub fn past_bytes(&self, id: EventId) -> Result<Option<EventBytes>, Fault> {
        let mut query = self.sql().prepare_cached("SELECT event FROM past WHERE event_id = ?1")?;
        let text: Option<String> = query.query_row([Key(id.0)], |row| row.get(0)).optional()?;
        Ok(text.map(|text| EventBytes::stored(&text)))
    }

    /// The events of an incident that wait here, in order.
    pub fn past_of(&self, incident: IncidentId) -> Result<Vec<EventBytes>, Fault> {
        let mut query = self.sql().prepare_cached("SELECT event FROM past WHERE incident = ?1 ORDER BY place")?;
        let rows = query.query_map([Key(incident.0)], |row| row.get::<_, String>(0))?;
        Ok(rows.map(|text| text.map(|text| EventBytes::stored(&text))).collect::<Result<_, _>>()?)
    }

    /// The first events, in order.
    ///
    /// # Errors
    /// When one is not as it was written: it is never sent.
    pub fn first_past(&self, most: usize) -> Result<Vec<EventBytes>, Fault> {
        let mut first = Vec::new();
        self.each_past(most, |bytes| first.push(bytes))?;
        Ok(first)
    }

    /// Holds every event that waits here against its hash.
    ///
    /// # Errors
    /// The first one that is not as it was written.
    pub fn check_past(&self) -> Result<(), Fault> {
        self.each_past(i64::MAX as usize, drop)
    }

    fn each_past(&self, most: usize, mut take: impl FnMut(EventBytes)) -> Result<(), Fault> {
        let mut query = self.sql().prepare_cached("SELECT event, sha256, place FROM past ORDER BY place LIMIT ?1")?;
        let mut rows = query.query([most as i64])?;
        while let Some(row) = rows.next()? {
            let bytes = EventBytes::stored(&row.get::<_, String>(0)?);
            if bytes.sha256_hex() != row.get::<_, String>(1)? {
                let place: i64 = row.get(2)?;
                return Err(Fault::Damaged(format!("event {place} of a past that waits to be sent is not as it was written")));
            }
            take(bytes);
        }
        Ok(())
    }

    /// Takes an event out; answers its hash, if it was there. Inside a transaction.
    pub fn delete_past(&self, id: EventId) -> Result<Option<String>, Fault> {
        let mut delete = self.sql().prepare_cached("DELETE FROM past WHERE event_id = ?1 RETURNING sha256")?;
        Ok(delete.query_row([Key(id.0)], |row| row.get(0)).optional()?)
    }

    /// How many events of a past gave way to what somebody else had told under the same id.
    pub fn gave_way(&self) -> Result<u64, Fault> {
        self.number(GAVE_WAY)
    }

    /// So many more gave way; inside a transaction.
    pub fn give_way(&self, more: u64) -> Result<(), Fault> {
        self.keep_number(GAVE_WAY, self.gave_way()? + more)
    }

    /// Counts them again, after some were saved from a damaged file without their heads; inside a transaction.
    pub fn recount_past(&self) -> Result<(), Fault> {
        let count: i64 = self.sql().query_row("SELECT count(*) FROM past", [], |row| row.get(0))?;
        self.keep_number(COUNT, count as u64)?;
        self.keep_fact(HEADLESS, count > 0)
    }

    /// Incidents of which something waits here and nothing else is known: after their heads were lost.
    pub fn headless_past(&self) -> Result<Vec<IncidentId>, Fault> {
        if !self.fact::<bool>(HEADLESS)?.unwrap_or(false) {
            return Ok(Vec::new());
        }
        let mut query = self.sql().prepare_cached(
            "SELECT DISTINCT incident FROM past WHERE NOT EXISTS (SELECT 1 FROM head WHERE head.incident = past.incident)",
        )?;
        let ids = query.query_map([], |row| Ok(IncidentId(row.get::<_, Key>(0)?.0)))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// What the log says of some incidents, with what waits here on top.
    pub fn with_past<'a>(&self, base: &'a Board, past: &Past, touched: &BTreeSet<IncidentId>) -> Result<Cow<'a, Board>, Fault> {
        let mut board = Cow::Borrowed(base);
        for id in touched.iter().filter(|_| past.count > 0) {
            for bytes in self.past_of(*id)? {
                let event = bytes.read().map_err(|why| Fault::Damaged(format!("past: {why}")))?;
                board.to_mut().apply(&event, None);
            }
        }
        Ok(board)
    }
}

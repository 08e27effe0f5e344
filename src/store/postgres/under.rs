//! What a plan may look at while the head is locked: what it named, looked up in the same exchange.

use crate::domain::EventId;
use crate::domain::Person;
use crate::ledger::Hash;
use crate::ledger::RecordBytes;
use crate::store::Answer;
use crate::store::AnswerKey;
use crate::store::Ask;
use crate::store::Head;
use crate::store::Known;
use crate::store::Locked;
use crate::store::StoreError;
use crate::store::Stored;
use crate::store::postgres::link::Session;
use crate::store::postgres::read::hash;
use crate::store::postgres::read::stored;
use crate::store::postgres::statements::Statements;
use std::collections::HashMap;
use uuid::Uuid;

/// What a plan may look at: everything it named, fetched when the head was locked.
pub(super) struct Under<'a> {
    pub(super) head: &'a Head,
    pub(super) found: Found,
}

/// What was asked for and is there; what was asked for and is not, is `None`.
#[derive(Default)]
pub(super) struct Found {
    events: HashMap<EventId, Option<Known>>,
    answers: HashMap<AnswerKey, Option<Answer>>,
    bodies: HashMap<Hash, bool>,
    records: HashMap<EventId, Option<Stored>>,
}

impl Locked for Under<'_> {
    fn head(&self) -> &Head {
        self.head
    }

    fn known(&self, id: EventId) -> Result<Option<Known>, StoreError> {
        self.found.events.get(&id).cloned().ok_or_else(|| unasked("an event"))
    }

    fn stored(&self, id: EventId) -> Result<Option<Stored>, StoreError> {
        self.found.records.get(&id).cloned().ok_or_else(|| unasked("a record"))
    }

    fn answered(&self, key: &AnswerKey) -> Result<Option<Answer>, StoreError> {
        self.found.answers.get(key).cloned().ok_or_else(|| unasked("an answer"))
    }

    fn holds_body(&self, sha256: Hash) -> Result<bool, StoreError> {
        self.found.bodies.get(&sha256).copied().ok_or_else(|| unasked("a body"))
    }
}

fn unasked(what: &str) -> StoreError {
    StoreError::Unavailable(format!("{what} was looked up that nobody had named"))
}

/// Looks up everything a plan named.
pub(super) async fn find(session: &Session, statements: &Statements, ask: &Ask) -> Result<Found, StoreError> {
    let client = &session.client;
    let (events, answers, bodies, records) = tokio::try_join!(
        biased;
        async {
            if ask.events.is_empty() {
                return Ok(Vec::new());
            }
            let ids: Vec<Uuid> = ask.events.iter().map(|id| id.0).collect();
            client.query(&statements.known, &[&ids]).await
        },
        async {
            if ask.answers.is_empty() {
                return Ok(Vec::new());
            }
            let people: Vec<&str> = ask.answers.iter().map(|key| key.person.as_str()).collect();
            let routes: Vec<&str> = ask.answers.iter().map(|key| key.route.as_str()).collect();
            let keys: Vec<&str> = ask.answers.iter().map(|key| key.key.as_str()).collect();
            client.query(&statements.answered, &[&people, &routes, &keys]).await
        },
        async {
            if ask.bodies.is_empty() {
                return Ok(Vec::new());
            }
            let hashes: Vec<&[u8]> = ask.bodies.iter().map(|hash| hash.0.as_slice()).collect();
            client.query(&statements.held, &[&hashes]).await
        },
        async {
            if ask.records.is_empty() {
                return Ok(Vec::new());
            }
            let ids: Vec<Uuid> = ask.records.iter().map(|id| id.0).collect();
            client.query(&statements.stored, &[&ids]).await
        }
    )?;
    let mut found = Found {
        events: ask.events.iter().map(|id| (*id, None)).collect(),
        answers: ask.answers.iter().map(|key| (key.clone(), None)).collect(),
        bodies: ask.bodies.iter().map(|hash| (*hash, false)).collect(),
        records: ask.records.iter().map(|id| (*id, None)).collect(),
    };
    for row in &events {
        let (id, seq): (Uuid, i64) = (row.try_get(0)?, row.try_get(1)?);
        let record = RecordBytes::stored(row.try_get(2)?).read();
        // A redacted event, too, is known by the hash its header keeps.
        let event_sha256 = record.map_err(|why| StoreError::Malformed(format!("record {seq} cannot be read: {why}")))?.event_sha256;
        found.events.insert(EventId(id), Some(Known { seq: seq.cast_unsigned(), event_sha256 }));
    }
    for row in &answers {
        let key = AnswerKey { person: Person::new(row.try_get::<_, String>(0)?), route: row.try_get(1)?, key: row.try_get(2)? };
        let status = u16::try_from(row.try_get::<_, i32>(4)?).unwrap_or_default();
        found.answers.insert(key, Some(Answer { request: hash(row.try_get(3)?)?, status, body: row.try_get(5)? }));
    }
    for row in &records {
        found.records.insert(EventId(row.try_get::<_, Uuid>(4)?), Some(stored(row)?));
    }
    for row in &bodies {
        found.bodies.insert(hash(row.try_get(0)?)?, true);
    }
    Ok(found)
}

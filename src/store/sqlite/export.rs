//! Everything in the file, for another kind of store.

use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::ledger::Hash;
use crate::store::Answer;
use crate::store::AnswerKey;
use crate::store::RawBody;
use crate::store::SqliteStore;
use crate::store::StoreError;
use crate::store::Token;
use crate::store::sqlite::tokens;
use uuid::Uuid;

/// A record with the ids it is found by, which a redacted event no longer tells.
pub(in crate::store) struct Exported {
    pub(in crate::store) seq: u64,
    pub(in crate::store) id: EventId,
    pub(in crate::store) incident: IncidentId,
    pub(in crate::store) header: String,
    pub(in crate::store) event: Option<String>,
    pub(in crate::store) stub: Option<String>,
}

impl SqliteStore {
    /// Records after a place, at most `limit`.
    pub(in crate::store) fn exported_records(&self, after: u64, limit: u32) -> Result<Vec<Exported>, StoreError> {
        let sql = "SELECT seq, event_id, incident, header, event, stub FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let mut rows = self.connection.prepare_cached(sql)?;
        let rows = rows.query_map((after.cast_signed(), limit), |row| {
            Ok(Exported {
                seq: row.get::<_, i64>(0)?.cast_unsigned(),
                id: EventId(Uuid::from_bytes(row.get(1)?)),
                incident: IncidentId(Uuid::from_bytes(row.get(2)?)),
                header: row.get(3)?,
                event: row.get(4)?,
                stub: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(in crate::store) fn exported_tokens(&self) -> Result<Vec<Token>, StoreError> {
        tokens::all(&self.connection)
    }

    /// Signed checkpoints: epoch, bucket, seq and note.
    pub(in crate::store) fn exported_checkpoints(&self) -> Result<Vec<(i64, i64, i64, String)>, StoreError> {
        let mut rows = self.connection.prepare("SELECT epoch, bucket, seq, note FROM checkpoint")?;
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What was answered to plain requests, one after another.
    pub(in crate::store) fn export_answers(
        &self,
        take: &mut dyn FnMut(AnswerKey, Answer, Timestamp) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut rows = self.connection.prepare("SELECT person, route, key, request, status, body, made_at FROM answer")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let key = AnswerKey { person: Person::new(row.get::<_, String>(0)?), route: row.get(1)?, key: row.get(2)? };
            let answer = Answer { request: Hash(row.get(3)?), status: row.get(4)?, body: row.get(5)? };
            take(key, answer, Timestamp::from_millis(row.get(6)?))?;
        }
        Ok(())
    }

    /// Bodies that could not be read, one after another.
    pub(in crate::store) fn export_bodies(&self, take: &mut dyn FnMut(RawBody) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut rows = self.connection.prepare("SELECT sha256, source, received_at, bytes FROM raw_body")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let received_at = Timestamp::from_millis(row.get(2)?);
            take(RawBody { sha256: Hash(row.get(0)?), source: row.get(1)?, received_at, bytes: row.get(3)? })?;
        }
        Ok(())
    }
}

//! The log as it is held here: rows of header and event bytes, in seq order.

use crate::domain::Acceptance;
use crate::domain::Event;
use crate::domain::IncidentId;
use crate::ledger::EventBytes;
use crate::ledger::Hash;
use crate::ledger::Record;
use crate::ledger::RecordBytes;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use rusqlite::Row;
use rusqlite::params;

/// One record as held here, decoded as far as this program can.
pub(super) struct Held {
    pub record: Record,
    /// None where it was redacted, or is of a newer version than this program reads.
    pub event: Option<Event>,
}

impl Held {
    pub fn acceptance(&self) -> Acceptance {
        self.record.acceptance()
    }

    fn read(row: &Row<'_>) -> Result<Self, Fault> {
        let damaged = |why: String| Fault::Damaged(format!("record: {why}"));
        let header = row.get_ref(0)?.as_str().map_err(|why| damaged(why.to_string()))?;
        let record: Record = serde_json::from_str(header).map_err(|why| damaged(why.to_string()))?;
        let event = row.get_ref(1)?.as_str_or_null().map_err(|why| damaged(why.to_string()))?;
        Ok(Self { record, event: event.and_then(|text| EventBytes::stored(text).read().ok()) })
    }
}

impl Database {
    /// Walks the records of an incident up to a seq, oldest first.
    pub fn each_of(&self, incident: IncidentId, up_to: u64, mut take: impl FnMut(Held)) -> Result<(), Fault> {
        let mut query =
            self.sql().prepare_cached("SELECT header, coalesce(stub, event) FROM record WHERE incident = ?1 AND seq <= ?2 ORDER BY seq")?;
        let mut rows = query.query(params![Key(incident.0), up_to as i64])?;
        while let Some(row) = rows.next()? {
            take(Held::read(row)?);
        }
        Ok(())
    }

    /// Walks the records after a seq.
    pub fn each_after(&self, seq: u64, take: impl FnMut(Held)) -> Result<(), Fault> {
        self.each_between(seq, i64::MAX as u64, take)
    }

    /// Walks the records after a seq, up to another.
    pub fn each_between(&self, after: u64, up_to: u64, mut take: impl FnMut(Held)) -> Result<(), Fault> {
        let mut query =
            self.sql().prepare_cached("SELECT header, coalesce(stub, event) FROM record WHERE seq > ?1 AND seq <= ?2 ORDER BY seq")?;
        let mut rows = query.query(params![after as i64, up_to as i64])?;
        while let Some(row) = rows.next()? {
            take(Held::read(row)?);
        }
        Ok(())
    }

    /// Adds a record; inside a transaction.
    pub fn put_record(
        &self,
        seq: u64,
        ids: Option<(Key, Key)>,
        header: &RecordBytes,
        leaf: Hash,
        event: Option<&str>,
    ) -> Result<(), Fault> {
        let mut insert = self
            .sql()
            .prepare_cached("INSERT INTO record (seq, event_id, incident, header, event, leaf) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        insert.execute(params![seq as i64, ids.map(|ids| ids.0), ids.map(|ids| ids.1), header.as_str(), event, leaf.0])?;
        Ok(())
    }
}

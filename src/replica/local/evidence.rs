//! Proof of an incident from what is held here, without the server.

use crate::domain::IncidentId;
use crate::ledger::Evidence;
use crate::ledger::Exhibit;
use crate::ledger::RecordBytes;
use crate::ledger::proof::Gather;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use rusqlite::params;

impl Local {
    /// The bytes of an incident's events, in order: of what was redacted what is left, of what waits what was not refused.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn events(&self, incident: IncidentId) -> Result<Vec<String>, Fault> {
        let mut query = self.database.sql().prepare_cached(
            "SELECT coalesce(stub, event) FROM record WHERE incident = ?1 AND coalesce(stub, event) IS NOT NULL ORDER BY seq",
        )?;
        let mut events: Vec<String> = query.query_map([Key(incident.0)], |row| row.get(0))?.collect::<Result<_, _>>()?;
        events.extend(self.unsent_of(incident)?);
        Ok(events)
    }

    fn unsent_of(&self, incident: IncidentId) -> Result<Vec<String>, Fault> {
        let past = if self.past.count > 0 { self.database.past_of(incident)? } else { Vec::new() };
        let waiting = self.outbox.of(incident).filter(|row| !row.state.is_parked());
        Ok(past.iter().chain(waiting.map(|row| &row.bytes)).map(|bytes| bytes.as_str().to_owned()).collect())
    }

    /// The records of an incident, each with its way to the last signed root; none where the server does not sign.
    ///
    /// # Errors
    /// When they cannot be read, or are not what was signed.
    pub fn evidence(&self, incident: IncidentId) -> Result<Option<Evidence>, Fault> {
        let (Some(key), Some(seen)) = (self.trust.key, &self.trust.seen) else { return Ok(None) };
        let at = seen.position;
        let sql = self.database.sql();
        let mut query = sql.prepare_cached("SELECT seq, header, event FROM record WHERE incident = ?1 ORDER BY seq")?;
        let exhibits = query.query_map([Key(incident.0)], |row| {
            Ok(Exhibit { seq: row.get::<_, i64>(0)? as u64, record: row.get(1)?, event: row.get(2)?, path: None })
        })?;
        let mut records: Vec<Exhibit> = exhibits.collect::<Result<_, _>>()?;
        let edge = self.beginning.edge.clone();
        let base = edge.size();
        let mut gather = Gather::after(edge, at.seq, records.iter().map(|exhibit| exhibit.seq));
        if base > 0 {
            for position in gather.wanted().collect::<Vec<_>>() {
                self.database.node(position)?.into_iter().for_each(|hash| gather.put(position, hash));
            }
        }
        let mut query = sql.prepare_cached("SELECT header FROM record WHERE seq > ?1 AND seq <= ?2 ORDER BY seq")?;
        let mut rows = query.query(params![base as i64, at.seq as i64])?;
        while let Some(row) = rows.next()? {
            let header = row.get_ref(0)?.as_str().map_err(|why| Fault::Damaged(format!("record: {why}")))?;
            gather.push(RecordBytes::stored(header).leaf());
        }
        if gather.frontier().root() != at.root {
            return Err(Fault::Damaged(format!(
                "the {} records that were signed are not held here as they were; `warroom verify` says which",
                at.seq
            )));
        }
        for exhibit in &mut records {
            exhibit.path = gather.prove(exhibit.seq);
        }
        let unsent = self.unsent_of(incident)?;
        Ok(Some(Evidence { key, verifier: key.verifier(&at.origin()), checkpoint: seen.note().to_owned(), records, unsent }))
    }
}

//! What a restored server lost and nobody has sent again yet: held here, and offered when a person says so.

use crate::domain::Body;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::RecordBytes;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::outbox::Waiting;
use crate::replica::standing::Lost;
use rusqlite::OptionalExtension;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Local {
    /// Events of lost stretches that are neither in the log again nor on their way, by whom they were recorded.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn lost(&self) -> Result<Lost, Fault> {
        let missing = self.missing()?;
        let mut people = BTreeMap::new();
        for (person, ..) in &missing {
            *people.entry(person.clone()).or_default() += 1;
        }
        Ok(Lost { people, offerable: offerable(missing).len() })
    }

    /// Puts what others said in lost stretches into the outbox, as recorded by the person here: entries and declarations, which a server takes for
    /// another. What others did they send themselves. Answers how many.
    ///
    /// # Errors
    /// When it is not on disk; then nothing changed.
    pub fn offer_lost(&mut self, now: Timestamp) -> Result<usize, Fault> {
        let begun = self.database.begin();
        let written = begun.and_then(|()| {
            let written = self.catch_up(now).and_then(|_| self.write_offer());
            self.database.finish(written)
        });
        let (rows, change) = self.note(written)?;
        let touched: BTreeSet<_> = rows.iter().map(|row| row.event.incident).collect();
        let offered = rows.len();
        self.outbox_changed = change;
        self.keep_head();
        for row in rows {
            self.to_index.push(row.event.id);
            self.outbox.put(row);
        }
        self.dirty = true;
        self.settle(&touched)?;
        Ok(offered)
    }

    fn write_offer(&self) -> Result<(Vec<Waiting>, i64), Fault> {
        let change = self.database.next_change()?;
        let mut rows: Vec<Waiting> = Vec::new();
        for (place, (event, bytes)) in (self.database.next_place()?..).zip(offerable(self.missing()?)) {
            let row = self.outbox.row(place, Arc::new(event), bytes, self.log, self.me.person.clone(), &rows);
            self.database.put_waiting(&row, change)?;
            rows.push(row);
        }
        Ok((rows, change))
    }

    /// In the order they had, each once.
    fn missing(&self) -> Result<Vec<(Person, Event, EventBytes)>, Fault> {
        let sql = self.database.sql();
        let mut query = sql.prepare_cached("SELECT header, event FROM lost_record WHERE event IS NOT NULL ORDER BY lost_at, seq")?;
        let mut held = sql.prepare_cached("SELECT 1 FROM record WHERE event_id = ?1")?;
        let texts = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (mut missing, mut known) = (Vec::new(), BTreeSet::<EventId>::new());
        for text in texts {
            let (header, text): (String, String) = text?;
            let (bytes, record) = (EventBytes::stored(&text), RecordBytes::stored(&header).read());
            let (Ok(event), Ok(record)) = (bytes.read(), record) else { continue };
            let is_back = held.query_row([Key(event.id.0)], |_| Ok(())).optional()?.is_some();
            if known.insert(event.id) && !is_back && self.outbox.get(event.id).is_none() {
                missing.push((record.person, event, bytes));
            }
        }
        Ok(missing)
    }
}

/// What a server takes for another: words, not acts. An alert's declaration comes again with the alert. Of an incident whose restriction is missing as
/// well nothing is offered: whoever set it has to set it again first.
fn offerable(missing: Vec<(Person, Event, EventBytes)>) -> Vec<(Event, EventBytes)> {
    let restricted = missing.iter().filter(|(_, event, _)| matches!(event.body, Body::IncidentRestricted(_)));
    let restricted: BTreeSet<_> = restricted.map(|(_, event, _)| event.incident).collect();
    let is_offerable = |event: &Event| match &event.body {
        Body::EntryAdded(_) => !restricted.contains(&event.incident),
        Body::IncidentDeclared(declared) => declared.source.is_none() && !restricted.contains(&event.incident),
        _ => false,
    };
    missing.into_iter().filter(|(_, event, _)| is_offerable(event)).map(|(_, event, bytes)| (event, bytes)).collect()
}

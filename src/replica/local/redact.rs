//! Redaction in this copy: the words of an event are deleted, its incident is folded anew from what is left.

use crate::domain::Board;
use crate::domain::Command;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::EventRedacted;
use crate::domain::IncidentId;
use crate::domain::Refusal;
use crate::ledger::EventBytes;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use rusqlite::OptionalExtension;
use rusqlite::params;

impl Local {
    /// The commands that delete everything a line ever said: the words of the event that drew it, and of its amendments.
    pub(super) fn redactions(&mut self, incident: IncidentId, entry: EventId, reason: &str) -> Result<Result<Command, Refusal>, Fault> {
        self.ask_for(incident)?;
        let held = self.view.get(incident).and_then(|incident| incident.timeline.find(entry)).cloned();
        let Some(held) = held else { return Ok(Err(Refusal::never("unknown_entry", "no such line is held here"))) };
        let mut commands = Vec::new();
        for event in [entry].into_iter().chain(held.history.iter().map(|revision| revision.amendment)) {
            let Some((seq, text)) = self.database.event_of(event)? else {
                let reason =
                    "it is not in the server's log yet, so that there is nothing to delete there; strike it, or discard what was not sent";
                return Ok(Err(Refusal::later("not_accepted", reason)));
            };
            // What was redacted before, or holds no words, is passed over.
            let stub = text.and_then(|text| EventBytes::stored(&text).read().ok()).and_then(|event| event.stub());
            let stub = stub.and_then(|stub| EventBytes::write(&stub).ok());
            commands.extend(stub.map(|stub| Command::Redact { event, seq, stub: stub.as_str().to_owned(), reason: reason.to_owned() }));
        }
        match commands.is_empty() {
            true => Ok(Err(Refusal::never("no_words", "this line holds no words of a person or a sender, or they were deleted already"))),
            false => Ok(Ok(Command::Together(commands))),
        }
    }

    /// The incident as the records up to a place fold, with stubs where words were deleted.
    pub(super) fn board_of(&self, id: IncidentId, up_to: u64) -> Result<Board, Fault> {
        let mut folded = Board::new(self.base.org.clone());
        self.database.each_of(id, up_to, |held| {
            if let Some(event) = &held.event {
                folded.apply(event, Some(&held.acceptance()));
            }
        })?;
        Ok(folded)
    }

    /// In how many places words of an event are still on the disk: its record, what is findable, records that were set aside; for the simulation.
    #[cfg(test)]
    pub(in crate::replica) fn words_left(&self, id: EventId, words: &str) -> [i64; 3] {
        let sql = "SELECT (SELECT count(*) FROM record WHERE event_id = ?1 AND event IS NOT NULL),
            (SELECT count(*) FROM words JOIN found ON found.id = words.rowid WHERE event_id = ?1 AND words MATCH ?2),
            (SELECT count(*) FROM lost_record WHERE instr(event, ?3) > 0)";
        let (quoted, own_id) = (format!("\"{words}\""), format!("\"id\":\"{id}\""));
        let look =
            self.database.sql().query_row(sql, params![Key(id.0), quoted, own_id], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]));
        look.expect("a look")
    }

    /// After a commit that deleted words: nothing of them stays in the free pages, the search index or the write-ahead log of this copy.
    pub(super) fn scrub(&self) {
        let scrubbed = self.database.sql().execute_batch("INSERT INTO words (words) VALUES ('optimize'); PRAGMA wal_checkpoint(TRUNCATE);");
        if let Err(why) = scrubbed {
            tracing::warn!(%why, "redacted words may stand in free pages until the next checkpoint");
        }
    }
}

impl Database {
    /// The place and the bytes of an accepted event; no bytes where it was redacted.
    pub(super) fn event_of(&self, id: EventId) -> Result<Option<(u64, Option<String>)>, Fault> {
        let mut query = self.sql().prepare_cached("SELECT seq, event FROM record WHERE event_id = ?1")?;
        Ok(query.query_row([Key(id.0)], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?))).optional()?)
    }

    /// Deletes the words of an event, wherever they lie here; inside a transaction.
    pub fn redact(&self, by: &Event, redacted: &EventRedacted) -> Result<(), Fault> {
        // Only a stub of that very event folds in its place; records of another shape leave the place empty, the same on every copy.
        let stub = EventBytes::take(redacted.stub.as_bytes()).ok();
        let stub = stub.filter(|(_, stub)| (stub.id, stub.incident) == (redacted.event, by.incident)).map(|(bytes, _)| bytes);
        let sql = self.sql();
        sql.execute(
            "UPDATE record SET event = NULL, stub = ?2, event_id = ?3, incident = ?4 WHERE seq = ?1
                AND (event_id IS NULL OR event_id = ?3) AND (incident IS NULL OR incident = ?4)",
            params![redacted.seq as i64, stub.as_ref().map(EventBytes::as_str), Key(redacted.event.0), Key(by.incident.0)],
        )?;
        sql.execute("UPDATE lost_record SET event = NULL WHERE instr(event, ?1) > 0", [redacted.event.to_string()])?;
        self.forget_words(redacted.event)
    }
}

//! A server that was restored from a backup has lost the end of its log: cut ours back to what both hold, and lose nothing.

use crate::domain::Body;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::Frontier;
use crate::ledger::RecordBytes;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::local::parked::counted;
use crate::replica::outbox::State;
use crate::replica::outbox::Waiting;
use crate::replica::standing::Standing;
use rusqlite::OptionalExtension;
use rusqlite::params;
use rusqlite::types::Null;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Why an event waits although nothing refused it.
pub(super) const RESTRICTION_LOST: &str = "restriction_lost";

impl Local {
    /// Whether our record at this place has these bytes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn has_record(&self, seq: u64, header: &str) -> Result<bool, Fault> {
        let mut query = self.database.sql().prepare_cached("SELECT header = ?2 FROM record WHERE seq = ?1")?;
        let same: Option<bool> = query.query_row(params![seq as i64, header], |row| row.get(0)).optional()?;
        // What came before the base is the same as far as anybody here can tell: the root of the base says more, once it is asked.
        Ok(same.unwrap_or(seq <= self.beginning.seq()))
    }

    /// Goes back to `seq`, in the server's new epoch. Own events of the lost stretch return to the outbox; the records are set aside; an alarm says so.
    ///
    /// # Errors
    /// When it is not on disk; then nothing changed.
    pub fn cut_back(&mut self, seq: u64, epoch: u64, now: Timestamp) -> Result<Standing, Fault> {
        self.alarmed(now, |local| local.may_cut_back(seq, epoch))?;
        if seq >= self.seq() {
            self.small_write(now, |database| {
                database.keep_number("epoch", epoch)?;
                database.keep_fact("judged", Null)
            })?;
            self.epoch = epoch;
            self.dirty = true;
            self.judge_again(now)?;
            return Ok(self.standing());
        }
        let begun = self.database.begin();
        let written = begun.and_then(|()| {
            let written = self.catch_up(now).and_then(|_| self.write_cut(seq, epoch, now));
            self.database.finish(written)
        });
        let touched = self.note(written)?;
        self.read_all(now)?;
        self.keep_head();
        self.settle(&touched)?;
        self.judge_again(now)?;
        Ok(self.standing())
    }

    fn write_cut(&mut self, seq: u64, epoch: u64, now: Timestamp) -> Result<BTreeSet<IncidentId>, Fault> {
        let lost = self.seq().saturating_sub(seq);
        let kept_away = self.database.own_without_event(&self.me.person, seq)?;
        let held: i64 = self.database.sql().query_row("SELECT count(*) FROM record WHERE seq > ?1", [seq as i64], |row| row.get(0))?;
        let let_go = lost.saturating_sub(held.max(0) as u64);
        let mut own: Vec<Own> = Vec::new();
        let mut restricted: BTreeSet<IncidentId> = BTreeSet::new();
        let mut touched = BTreeSet::new();
        let device = self.device;
        let mut query =
            self.database.sql().prepare_cached("SELECT header, event FROM record WHERE seq > ?1 AND event IS NOT NULL ORDER BY seq")?;
        let texts = query.query_map([seq as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let texts: Vec<(String, String)> = texts.collect::<Result<_, _>>()?;
        drop(query);
        for (header, text) in texts {
            let bytes = EventBytes::stored(&text);
            let Ok(event) = bytes.read() else { continue };
            touched.insert(event.incident);
            self.database.forget_words(event.id)?;
            let record = RecordBytes::stored(&header).read().map_err(|why| Fault::Damaged(why.to_string()))?;
            // What they wrote on another machine is theirs as well, and that one may never come back: the same event twice is one.
            if event.device == device || record.person == self.me.person {
                own.push(Own { person: record.person, bytes, id: event.id, is_held: restricted.contains(&event.incident) });
            } else if matches!(event.body, Body::IncidentRestricted(_)) {
                restricted.insert(event.incident);
            }
        }
        let sql = self.database.sql();
        sql.execute(
            "INSERT OR REPLACE INTO lost_record (lost_at, seq, header, event) SELECT ?1, seq, header, event FROM record WHERE seq > ?2",
            params![now.millis(), seq as i64],
        )?;
        sql.execute("DELETE FROM record WHERE seq > ?1", [seq as i64])?;
        let begins_anew = seq < self.beginning.seq();
        let seq = if begins_anew { 0 } else { seq };
        if begins_anew {
            self.write_end()?;
        }
        self.return_own(&own, &restricted)?;
        for id in &touched {
            self.database.outdate_head(*id)?;
        }
        self.keep_position(&self.frontier_to(seq)?, epoch)?;
        self.database.keep_number("indexed", self.database.number("indexed")?.min(seq))?;
        self.database.keep_fact("cuts", self.cuts + 1)?;
        self.database.keep_fact("judged", Null)?;
        if lost > 0 {
            self.database.keep_fact("alarm", alarm(lost, own.len(), kept_away, let_go))?;
        }
        Ok(touched)
    }

    /// Puts own events back in front of what waits, in the order they had: what waits may need them. What was said to few is not said to all because
    /// another's restriction was lost: it waits for that.
    fn return_own(&self, own: &[Own], restricted: &BTreeSet<IncidentId>) -> Result<(), Fault> {
        let change = self.database.next_change()?;
        let mut rows: Vec<Waiting> = Vec::new();
        let mut waiting = self.outbox.clone();
        let mut place = self.database.next_place()?;
        for Own { person, bytes, id, is_held } in own.iter().filter(|own| self.outbox.get(own.id).is_none()) {
            let event = bytes.read().map_err(|why| Fault::Damaged(format!("record of {id}: {why}")))?;
            let row = waiting.row(place, Arc::new(event), bytes.clone(), self.log, person.clone(), &rows);
            let row = if *is_held { held(row) } else { row };
            waiting.put(row.clone());
            rows.push(row);
            place += 1;
        }
        // What waited before moves behind them, and is noted to need what it names.
        for row in self.outbox.iter().filter(|row| row.state != State::Damaged) {
            self.database.delete_waiting(row.event.id)?;
            let again = waiting.row(place, row.event.clone(), row.bytes.clone(), row.log, row.person.clone(), &rows);
            let again = Waiting { state: row.state, code: row.code.clone(), reason: row.reason.clone(), ..again };
            let is_held = restricted.contains(&row.event.incident) && !row.state.is_parked();
            rows.push(if is_held { held(again) } else { again });
            place += 1;
        }
        rows.iter().try_for_each(|row| self.database.put_waiting(row, change))
    }

    /// The tree of the first `seq` records, computed again from their bytes.
    fn frontier_to(&self, seq: u64) -> Result<Frontier, Fault> {
        if seq == 0 {
            return Ok(Frontier::default());
        }
        let mut frontier = self.beginning.edge.clone();
        let mut query = self.database.sql().prepare_cached("SELECT header FROM record WHERE seq > ?1 AND seq <= ?2 ORDER BY seq")?;
        let mut rows = query.query([frontier.size() as i64, seq as i64])?;
        while let Some(row) = rows.next()? {
            let header = row.get_ref(0)?.as_str().map_err(|why| Fault::Damaged(format!("record: {why}")))?;
            frontier.push(RecordBytes::stored(header).leaf());
        }
        Ok(frontier)
    }
}

/// An own event of a lost stretch.
struct Own {
    person: Person,
    bytes: EventBytes,
    id: EventId,
    /// It was said under a restriction that another set, and that is lost as well.
    is_held: bool,
}

/// Sent once the incident is restricted again, or a person says so.
fn held(row: Waiting) -> Waiting {
    let reason =
        "the incident was restricted when this was written, and the server lost the restriction; it goes by itself once that is back";
    Waiting { state: State::Later, code: Some(RESTRICTION_LOST.into()), reason: Some(reason.into()), ..row }
}

/// `kept_away` are own events that this copy had to let go of, because their incidents were restricted; `let_go`, records of which it held no more
/// than the heads of their incidents.
fn alarm(lost: u64, own: usize, kept_away: usize, let_go: u64) -> String {
    let others = (lost as usize).saturating_sub(own + kept_away + let_go as usize);
    let held = if let_go == 0 { " held here" } else { "" };
    let mut words = format!("The server was restored from a backup and has lost the last {}{held}.", counted(lost as usize));
    if let_go > 0 {
        words.push_str(&format!(
            " {} of them are older than the days held here and not in this copy any more; one that holds everything (`replica_days = 0`) may have them.",
            counted(let_go as usize)
        ));
    }
    if own > 0 {
        let are = if own == 1 { "is" } else { "are" };
        words.push_str(&format!(" {} written here {are} sent again.", counted(own)));
    }
    if kept_away > 0 {
        words.push_str(&format!(
            " {} of yours in restricted incidents cannot be sent from here, as this copy had to let go of them; an administrator's copy may offer them (`warroom sync --offer-lost`).",
            counted(kept_away)
        ));
    }
    if others > 0 {
        words.push_str(&format!(
            " {} of others are set aside in this home's database; their authors' machines send them again, `warroom doctor` says which are not back.",
            counted(others)
        ));
    }
    words
}

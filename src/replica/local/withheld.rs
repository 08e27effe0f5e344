//! Restricted incidents that whoever works here may not see, or may see again: what was held of them goes, and is fetched anew.
//!
//! The server sends such records without their event, and says of which incident they are. The first one takes everything held of that
//! incident away. A later record that comes whole says that it may be seen again: then the events that are missing are asked for by
//! their places, and the incident is shown once all are here. So no copy ever folds a part of one.

use crate::domain::Body;
use crate::domain::Event;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::ledger;
use crate::ledger::EventBytes;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::outbox::Waiting;
use crate::replica::standing::Standing;
use crate::wire::EventsPage;
use crate::wire::ONLY_MAX_RECORDS;
use crate::wire::Pair;
use rusqlite::OptionalExtension;
use rusqlite::params;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which incidents are withheld, and of those that may be seen again, up to which place their records were asked for.
pub(super) type Withheld = BTreeMap<IncidentId, Option<u64>>;

/// What a page of events that may be seen again turned into.
struct Filled {
    withheld: Withheld,
    /// Incidents none of whose events is missing any more.
    whole: BTreeSet<IncidentId>,
    /// Something was taken away, or words were deleted.
    deletes: bool,
}

impl Local {
    /// The places of records to ask for, because their events may be seen again.
    pub(super) fn wanted(&self) -> Vec<u64> {
        let wanted = self.withheld.iter().filter_map(|(id, after)| Some((*id, (*after)?)));
        // What cannot be read now is asked for later.
        let of = |(id, after)| self.database.places_without_event(id, after, ONLY_MAX_RECORDS).unwrap_or_default();
        wanted.map(of).find(|places| !places.is_empty()).unwrap_or_default()
    }

    /// The own event whose record comes without it, as it is withheld or was redacted: it is known by its bytes.
    pub(super) fn own_of(&self, sha256: &str) -> Option<Arc<Waiting>> {
        self.outbox.iter().find(|row| row.bytes.sha256_hex() == sha256).cloned()
    }

    /// After a commit: nothing of what is withheld stays in memory.
    pub(super) fn let_go(&mut self, withheld: Withheld) {
        for id in withheld.keys() {
            self.base.forget(*id);
            self.view.forget(*id);
            self.full.remove(id);
            self.asked.remove(id);
            if self.headers.contains_key(id) {
                Arc::make_mut(&mut self.headers).remove(id);
                self.dirty = true;
            }
            if self.older.holds(*id) {
                Arc::make_mut(&mut self.older).remove(*id);
                self.dirty = true;
            }
        }
        self.withheld = withheld;
    }

    /// Takes events that may be seen again. An incident is shown once none is missing.
    ///
    /// # Errors
    /// When nothing of it was taken: bytes that are not those of their record, or a disk that does not take them.
    pub fn fill(&mut self, page: &EventsPage, now: Timestamp) -> Result<Standing, Fault> {
        let begun = self.database.begin();
        let written = begun.and_then(|()| {
            let written = self.catch_up(now).and_then(|_| self.write_filled(page));
            self.database.finish(written)
        });
        let Filled { withheld, whole, deletes } = self.note(written)?;
        if deletes {
            self.scrub();
        }
        self.let_go(withheld);
        self.cuts += 1;
        self.settle(&whole)?;
        for id in whole.into_iter().filter(|id| *id != IncidentId::ORG) {
            if self.beginning.seq() > 0 && self.view.get(id).is_none() {
                self.want(id)?;
            }
        }
        Ok(self.standing())
    }

    /// How many records with their event, heads and findable words of an incident are on the disk, but for what waits; for the simulation.
    #[cfg(test)]
    pub(in crate::replica) fn held_of(&self, incident: IncidentId) -> [i64; 3] {
        let sql = "SELECT (SELECT count(*) FROM record WHERE incident = ?1 AND coalesce(stub, event) IS NOT NULL), (SELECT count(*) FROM head WHERE incident = ?1),
            (SELECT count(*) FROM found WHERE incident = ?1 AND event_id NOT IN (SELECT event_id FROM outbox))";
        let look = self.database.sql().query_row(sql, [Key(incident.0)], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]));
        look.expect("a look")
    }

    fn write_filled(&self, page: &EventsPage) -> Result<Filled, Fault> {
        let (mut withheld, mut touched, mut deletes) = (self.withheld.clone(), BTreeSet::new(), false);
        for pair in &page.records {
            let Some((seq, incident)) = self.database.place_of(pair)? else { continue };
            // Withheld again since it was asked for: it stays so.
            let Some(Some(after)) = withheld.get_mut(&incident) else { continue };
            touched.insert(incident);
            if pair.withheld.is_some() {
                // An answer that is older than what came since says nothing: it is asked for again.
                if page.head.position.seq >= self.database.last_event_of(incident)? {
                    self.database.withhold(incident)?;
                    withheld.insert(incident, None);
                    deletes = true;
                }
                continue;
            }
            *after = seq.max(*after);
            if let Some(event) = &pair.event {
                let event = self.database.put_event(seq, event.get())?;
                if let Some((event, Body::EventRedacted(redaction))) = event.as_ref().map(|event| (event, &event.body)) {
                    self.database.redact(event, redaction)?;
                    deletes = true;
                }
            }
        }
        if touched.is_empty() {
            // An answer to nothing that was asked: asking again would be answered the same.
            withheld.values_mut().for_each(|after| *after = None);
        }
        let mut whole = BTreeSet::new();
        for (id, after) in withheld.iter().filter_map(|(id, after)| Some((*id, (*after)?))) {
            if self.database.places_without_event(id, after, 1)?.is_empty() {
                whole.insert(id);
            }
        }
        withheld.retain(|id, _| !whole.contains(id));
        self.database.keep_withheld(&withheld)?;
        self.database.keep_fact("cuts", self.cuts + 1)?;
        Ok(Filled { withheld, whole, deletes })
    }

    /// Another token, or a log that went back: what is held is judged again, and what is withheld is asked for again.
    ///
    /// # Errors
    /// When it is not on disk.
    pub(super) fn judge_again(&mut self, now: Timestamp) -> Result<(), Fault> {
        let restricted = self.database.restricted()?;
        let mut withheld: Withheld = self.withheld.keys().map(|id| (*id, Some(0))).collect();
        // Of what the log no longer holds, nothing is missing.
        withheld.retain(|id, _| !matches!(self.database.lacks_events_of(*id), Ok(false)));
        let (mut hidden, mut bare) = (Withheld::new(), Vec::new());
        for id in restricted {
            if self.load(id)? {
                let is_seen = self.base.get(id).is_none_or(|held| held.is_seen_by(&self.me));
                hidden.extend((!is_seen).then_some((id, None)));
            } else if self.me.scope != Scope::Admin && self.is_away(id)? {
                // Of one whose history is not held nobody can say here who may see it: it is hidden, and the server is asked.
                hidden.insert(id, Some(0));
                bare.extend(self.database.lowest_of(id)?.is_none().then_some(id));
            }
        }
        let mut gone = withheld.clone();
        gone.extend(hidden.iter().map(|(id, after)| (*id, *after)));
        withheld.extend(hidden.iter().filter(|(id, _)| !bare.contains(*id)).map(|(id, after)| (*id, *after)));
        if gone != self.withheld {
            // Whatever other processes of this home hold in memory of it goes, too.
            let cuts = i64::from(!hidden.is_empty());
            self.small_write(now, |database| {
                hidden.keys().try_for_each(|id| database.withhold(*id))?;
                bare.iter().try_for_each(|id| database.want(*id))?;
                database.keep_fact("cuts", database.fact::<i64>("cuts")?.unwrap_or(0) + cuts)?;
                database.keep_withheld(&withheld)
            })?;
            self.cuts += cuts;
            if !hidden.is_empty() {
                self.scrub();
            }
            self.let_go(gone);
            self.withheld = withheld;
            self.wanted_history.extend(bare);
        }
        if !self.is_judged()? {
            let judged = self.judged();
            self.small_write(now, |database| database.keep_fact("judged", judged))?;
        }
        Ok(())
    }

    /// Whether what is held was judged for whoever works here. A process may end between the change of a token and that.
    pub(super) fn is_judged(&self) -> Result<bool, Fault> {
        Ok(self.database.fact::<String>("judged")?.is_some_and(|judged| judged == self.judged()))
    }

    fn judged(&self) -> String {
        format!("{} {}", self.me.person, self.me.scope)
    }
}

impl Database {
    /// What is withheld, as it was kept.
    pub(super) fn withheld(&self) -> Result<Withheld, Fault> {
        let mut query = self.sql().prepare_cached("SELECT incident, wanted_after FROM withheld")?;
        let rows = query.query_map([], |row| {
            let after: Option<i64> = row.get(1)?;
            Ok((IncidentId(row.get::<_, Key>(0)?.0), after.map(|after| after.max(0) as u64)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every incident whose head says that it is restricted.
    fn restricted(&self) -> Result<Vec<IncidentId>, Fault> {
        let mut query = self.sql().prepare_cached("SELECT incident FROM head WHERE instr(json, '\"restricted\":true') > 0")?;
        let ids = query.query_map([], |row| Ok(IncidentId(row.get::<_, Key>(0)?.0)))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Keeps what is withheld; inside a transaction.
    pub(super) fn keep_withheld(&self, withheld: &Withheld) -> Result<(), Fault> {
        self.sql().execute("DELETE FROM withheld", [])?;
        let mut insert = self.sql().prepare_cached("INSERT INTO withheld (incident, wanted_after) VALUES (?1, ?2)")?;
        for (id, after) in withheld {
            insert.execute(params![Key(id.0), after.map(|after| after as i64)])?;
        }
        Ok(())
    }

    /// Notes of which incident a record without its event is; inside a transaction.
    pub(super) fn file_under(&self, seq: u64, incident: IncidentId) -> Result<(), Fault> {
        let mut update = self.sql().prepare_cached("UPDATE record SET incident = ?2 WHERE seq = ?1")?;
        update.execute(params![seq as i64, Key(incident.0)])?;
        Ok(())
    }

    /// Takes away everything held of an incident but the headers of its records, and what was written here and not sent; inside a transaction.
    pub(super) fn withhold(&self, incident: IncidentId) -> Result<(), Fault> {
        let sql = self.sql();
        // What is deleted is overwritten, in the file as in its free pages.
        sql.execute_batch("PRAGMA secure_delete = ON")?;
        let key = Key(incident.0);
        sql.execute("UPDATE record SET event = NULL, stub = NULL, event_id = NULL WHERE incident = ?1", [key])?;
        sql.execute("UPDATE lost_record SET event = NULL WHERE instr(event, ?1) > 0", [format!("\"incident\":\"{incident}\"")])?;
        sql.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM found WHERE incident = ?1)", [key])?;
        sql.execute("DELETE FROM found WHERE incident = ?1", [key])?;
        self.drop_head(incident)
    }

    /// Places of an incident's records that are held without their event.
    fn places_without_event(&self, incident: IncidentId, after: u64, limit: usize) -> Result<Vec<u64>, Fault> {
        let sql = "SELECT seq FROM record WHERE incident = ?1 AND seq > ?2 AND event IS NULL ORDER BY seq LIMIT ?3";
        let mut query = self.sql().prepare_cached(sql)?;
        let places = query.query_map(params![Key(incident.0), after as i64, limit as i64], |row| row.get::<_, i64>(0))?;
        Ok(places.map(|place| place.map(|place| place as u64)).collect::<Result<_, _>>()?)
    }

    /// Whether a record of an incident is held without its event.
    pub(super) fn lacks_events_of(&self, incident: IncidentId) -> Result<bool, Fault> {
        Ok(!self.places_without_event(incident, 0, 1)?.is_empty())
    }

    /// How many records after a place are a person's own, and are held without their event because their incidents are restricted.
    pub(super) fn own_without_event(&self, person: &Person, after: u64) -> Result<usize, Fault> {
        let sql = "SELECT header FROM record WHERE seq > ?1 AND event IS NULL AND event_id IS NULL AND incident IS NOT NULL";
        let mut query = self.sql().prepare_cached(sql)?;
        let mut rows = query.query([after as i64])?;
        let mut own = 0;
        while let Some(row) = rows.next()? {
            let header: String = row.get(0)?;
            let record = ledger::RecordBytes::stored(&header).read().map_err(|why| Fault::Damaged(why.to_string()))?;
            own += usize::from(record.person == *person);
        }
        Ok(own)
    }

    /// The last record of an incident that is held with its event.
    fn last_event_of(&self, incident: IncidentId) -> Result<u64, Fault> {
        let sql = "SELECT max(seq) FROM record WHERE incident = ?1 AND event IS NOT NULL";
        let last: Option<i64> = self.sql().prepare_cached(sql)?.query_row([Key(incident.0)], |row| row.get(0))?;
        Ok(last.unwrap_or(0) as u64)
    }

    /// The place and the incident of a record that is held with this header.
    fn place_of(&self, pair: &Pair) -> Result<Option<(u64, IncidentId)>, Fault> {
        let record = ledger::RecordBytes::stored(pair.record.get()).read().map_err(|why| Fault::Unfit(why.to_string()))?;
        let sql = "SELECT incident FROM record WHERE seq = ?1 AND header = ?2 AND incident IS NOT NULL";
        let mut query = self.sql().prepare_cached(sql)?;
        let incident: Option<Key> = query.query_row(params![record.seq as i64, pair.record.get()], |row| row.get(0)).optional()?;
        if let (Some(event), Some(_)) = (&pair.event, incident)
            && ledger::sha256_hex(event.get().as_bytes()) != record.event_sha256
        {
            return Err(Fault::Unfit(format!("the bytes of the event of record {} are not those of its header", record.seq)));
        }
        Ok(incident.map(|key| (record.seq, IncidentId(key.0))))
    }

    /// Puts the event of a record that was held without it, and makes its words findable; inside a transaction. Answers it where it was
    /// put and can be read.
    fn put_event(&self, seq: u64, text: &str) -> Result<Option<Event>, Fault> {
        let event = EventBytes::stored(text).read().ok();
        let id = event.as_ref().map(|event| Key(event.id.0));
        // A record that has an id and no event was redacted since it was asked for: its words stay away.
        let sql = "UPDATE record SET event = ?2, event_id = ?3 WHERE seq = ?1 AND event IS NULL AND event_id IS NULL";
        if self.sql().prepare_cached(sql)?.execute(params![seq as i64, text, id])? == 0 {
            return Ok(None);
        }
        event.iter().try_for_each(|event| self.index_words(event))?;
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::IncidentDeclared;
    use crate::domain::RestrictionLifted;
    use crate::ledger::Hash;
    use crate::ledger::Position;
    use crate::ledger::SecretKey;
    use crate::replica::local::base::tests::LOG;
    use crate::replica::local::base::tests::NOW;
    use crate::replica::local::base::tests::copy;
    use crate::replica::local::base::tests::met;
    use crate::replica::local::base::tests::written;
    use crate::wire::Head;
    use uuid::Uuid;

    /// What a node says that has not read as far as this copy has.
    #[test]
    fn an_answer_older_than_what_came_since_is_asked_for_again() {
        let (_home, mut local) = copy();
        local.join(&met(Scope::Responder, &SecretKey::from_seed([3; 32]), &[]), NOW).unwrap();
        let incident = IncidentId(Uuid::from_u128(1));
        let hidden = [1, 2].map(|seq| written(seq, incident, IncidentDeclared::titled("kept from ana")));
        let (record, event) = written(3, incident, RestrictionLifted { reason: String::new() });
        let hidden = hidden.map(|(record, _)| Pair { record: record.to_raw(), event: None, withheld: Some(incident), path: None });
        let lifted = Pair { record: record.to_raw(), event: Some(event.to_raw()), withheld: None, path: None };
        local.take_page(&hidden, NOW).unwrap();
        assert_eq!(local.take_page(&[lifted], NOW).unwrap().wanted, [1, 2]);
        let answer = |seq| {
            let position = Position { log: LOG, epoch: 1, seq, root: Hash([0; 32]) };
            EventsPage { records: hidden.to_vec(), next: None, head: Head { position, now: NOW, checkpoint: None } }
        };
        assert_eq!(local.fill(&answer(2), NOW).unwrap().wanted, [1, 2]);
        assert_eq!(local.fill(&answer(3), NOW).unwrap().wanted, [0; 0], "it knows what came since, and still keeps it");
    }
}

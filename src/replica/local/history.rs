//! Records from before the base, fetched where somebody needs their incident: one that is open, was written to again, or was asked for. They come
//! from the newest back, each with its way to the root of the base, and each header names the one before it: none is taken that was not signed,
//! and none can be left out.

use crate::domain::Body;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::RecordBytes;
use crate::ledger::audit::Bad;
use crate::ledger::audit::examine;
use crate::ledger::proof;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::local::take_page::read;
use crate::replica::standing::HistoryAsk;
use crate::replica::standing::Standing;
use crate::wire::EventsPage;
use crate::wire::Pair;
use rusqlite::OptionalExtension;
use rusqlite::params;
use std::collections::BTreeSet;

/// What a page of an incident's history came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    /// There is more.
    Part,
    /// All of it is here.
    Whole,
    /// Nobody here may see it, or there is no such incident.
    Nothing,
}

impl Local {
    /// What to ask for next: what a person waits for comes first.
    pub(super) fn next_history(&self) -> Option<HistoryAsk> {
        let wanted = &self.wanted_history;
        let incident = *wanted.iter().find(|id| self.asked.contains(*id)).or_else(|| wanted.first())?;
        let size = self.beginning.seq();
        // What cannot be read now is asked for from the end again.
        let lowest = self.database.lowest_of(incident).ok().flatten().map_or(size + 1, |(seq, _)| seq);
        Some(HistoryAsk { incident, before: lowest.min(size + 1), size })
    }

    /// Wants the history of an incident. Answers whether it was not wanted before.
    ///
    /// # Errors
    /// When it is not on disk.
    pub(super) fn want(&mut self, id: IncidentId) -> Result<bool, Fault> {
        if self.wanted_history.contains(&id) {
            return Ok(false);
        }
        // Lost by a power cut, it is wanted again by whoever opens it.
        self.database.wait_for_disk(false)?;
        let kept = self.database.begin().and_then(|()| {
            let kept = self.database.want(id);
            self.database.finish(kept)
        });
        self.database.wait_for_disk(true)?;
        kept?;
        self.dirty = true;
        Ok(self.wanted_history.insert(id))
    }

    /// Takes records of an incident from before the base; `None` where the server knows no such incident for whoever works here.
    ///
    /// # Errors
    /// When nothing of it was taken: `Untrue` where a record is not in the log that was signed, or one was left out.
    pub fn keep_history(&mut self, ask: HistoryAsk, page: Option<&EventsPage>, now: Timestamp) -> Result<Standing, Fault> {
        let of = ask.incident;
        if ask.size != self.beginning.seq() {
            // The base moved on meanwhile: this is proven in another tree, and asked for again.
            return Ok(self.standing());
        }
        let mut arrived = BTreeSet::new();
        let begun = self.database.begin();
        let written = begun.and_then(|()| {
            let written = self.catch_up(now).and_then(|_| self.write_history(of, page, &mut arrived));
            let written = written.and_then(|came| {
                if came == Came::Whole || !arrived.is_empty() {
                    self.database.keep_fact("cuts", self.cuts + 1)?;
                }
                Ok(came)
            });
            self.database.finish(written)
        });
        let written = self.alarmed(now, |_| written);
        let came = self.note(written)?;
        if came == Came::Whole || !arrived.is_empty() {
            arrived.iter().for_each(|id| self.outbox.remove(*id));
            self.cuts += 1;
            self.full.remove(&of);
            self.settle(&[of].into())?;
            if let Some(header) = self.headers.get(&of).cloned() {
                self.list(header);
            }
            self.forget_closed(&[of].into());
        }
        if came == Came::Nothing && page.is_none() && !self.withheld.contains_key(&of) && self.database.lowest_of(of)?.is_some() {
            // Records of it came while it could be seen.
            let mut withheld = self.withheld.clone();
            withheld.insert(of, None);
            let cuts = self.cuts + 1;
            self.small_write(now, |database| {
                database.withhold(of)?;
                database.keep_fact("cuts", cuts)?;
                database.keep_withheld(&withheld)
            })?;
            self.cuts = cuts;
            self.scrub();
            self.let_go(withheld);
        }
        if came != Came::Part {
            self.wanted_history.remove(&of);
            self.dirty = true;
        }
        Ok(self.standing())
    }

    /// `arrived` takes the events of the outbox that are among them.
    fn write_history(&self, of: IncidentId, page: Option<&EventsPage>, arrived: &mut BTreeSet<EventId>) -> Result<Came, Fault> {
        let done = |came: Came| {
            self.database.sql().execute("DELETE FROM history_wanted WHERE incident = ?1", [Key(of.0)])?;
            Ok(came)
        };
        let is_hidden = |page: &&EventsPage| self.withheld.contains_key(&of) || page.records.iter().any(|pair| pair.withheld.is_some());
        let Some(page) = page.filter(|page| !is_hidden(page)) else {
            // Of what is kept from whoever works here, their own words go as well, once the log has them.
            arrived.extend(self.taken_long_ago.iter().filter(|id| self.outbox.get(**id).is_some_and(|row| row.event.incident == of)));
            for own in arrived.iter() {
                self.database.delete_waiting(*own)?;
                self.database.forget_words(*own)?;
            }
            return done(Came::Nothing);
        };
        let lowest = self.database.lowest_of(of)?;
        // The place of the record that must come next, where it is known: the one before the lowest, or the last that the head tells of.
        let mut next = match lowest {
            Some((_, before)) => before,
            None => self.database.head(of)?.map(|head| head.seq).filter(|seq| (1..=self.beginning.seq()).contains(seq)),
        };
        for pair in page.records.iter().rev() {
            next = self.write_old(of, pair, next, arrived)?;
        }
        self.redact_again(of)?;
        let is_end = page.next.is_none();
        if of == IncidentId::ORG {
            return if is_end { done(Came::Whole) } else { Ok(Came::Part) };
        }
        match next {
            _ if self.database.holds_declaration(of)? => done(Came::Whole),
            Some(place) if place > 0 && is_end => Err(left_out(place, of)),
            _ if is_end => done(Came::Nothing),
            _ => Ok(Came::Part),
        }
    }

    /// One record from before the base; answers the place of the one before it. `expected` is where it must stand.
    fn write_old(&self, of: IncidentId, pair: &Pair, expected: Option<u64>, arrived: &mut BTreeSet<EventId>) -> Result<Option<u64>, Fault> {
        let edge = &self.beginning.edge;
        let (header, record) = RecordBytes::take(pair.record.get().as_bytes()).map_err(|why| Fault::Unfit(why.to_string()))?;
        let (seq, leaf, path) = (record.seq, header.leaf(), pair.path.as_deref().unwrap_or_default());
        if let Some(place) = expected.filter(|place| *place != seq) {
            return Err(left_out(place, of));
        }
        if !proof::check_inclusion(path, edge.size(), edge.root(), seq, leaf) {
            let what = format!(
                "record {seq}, which it shows as one of incident {of}, is not in the log of which it signed the first {}",
                edge.size()
            );
            return Err(Fault::Untrue(what));
        }
        let event = pair.event.as_ref().map(|raw| read(raw.get(), &record.event_sha256)).transpose()?;
        if event.as_ref().is_some_and(|(ids, _)| ids.incident != of) {
            return Err(Fault::Unfit(format!("record {seq} is of another incident than was asked for")));
        }
        let ids = event.as_ref().map(|(ids, _)| (Key(ids.id.0), Key(of.0)));
        self.database.put_record(seq, ids, &header, leaf, pair.event.as_ref().map(|raw| raw.get()))?;
        self.database.file_under(seq, of)?;
        self.database.put_nodes(edge, seq, path)?;
        let own = match &event {
            Some((ids, _)) => self.outbox.get(ids.id).map(|row| row.event.id),
            None => self.own_of(&record.event_sha256).map(|row| row.event.id),
        };
        if let Some(own) = own {
            self.database.delete_waiting(own)?;
            arrived.insert(own);
        }
        match (&event, own) {
            (Some((_, Some(event))), _) => self.database.index_words(event)?,
            // Redacted before it came.
            (None, Some(own)) => self.database.forget_words(own)?,
            _ => {}
        }
        Ok(record.before)
    }

    /// The record that deletes words comes before the one whose words it deletes.
    fn redact_again(&self, of: IncidentId) -> Result<(), Fault> {
        let mut redactions: Vec<Event> = Vec::new();
        self.database.each_of(of, i64::MAX as u64, |held| {
            redactions.extend(held.event.filter(|event| matches!(event.body, Body::EventRedacted(_))));
        })?;
        for event in &redactions {
            if let Body::EventRedacted(redaction) = &event.body {
                self.database.redact(event, redaction)?;
            }
        }
        Ok(())
    }

    /// Walks the records from before the base, each against its way to the base. Answers how many there are.
    ///
    /// # Errors
    /// The first that is not as it was written.
    pub(super) fn verify_old(&self) -> Result<u64, Fault> {
        let edge = &self.beginning.edge;
        let mut query = self.database.sql().prepare_cached("SELECT seq, header, event FROM record WHERE seq <= ?1 ORDER BY seq")?;
        let mut rows = query.query([edge.size() as i64])?;
        let mut found = 0;
        while let Some(row) = rows.next()? {
            let (seq, header, event): (i64, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let seq = seq as u64;
            examine(seq, &header, event.as_deref())?;
            let (level, peak) = proof::peak_of(edge, seq).ok_or_else(|| Bad::at(seq, "it has no place in the tree"))?;
            let beside = (0..level).map(|level| self.database.node(proof::beside(level, seq))).collect::<Result<Option<Vec<_>>, _>>()?;
            let root = beside.map(|beside| proof::climb(seq, RecordBytes::stored(&header).leaf(), &beside));
            if root != Some(peak) {
                return Err(Bad::at(seq, "it does not lead to the root of the base with the hashes kept beside it").into());
            }
            found += 1;
        }
        Ok(found)
    }
}

fn left_out(place: u64, of: IncidentId) -> Fault {
    Fault::Untrue(format!("of incident {of} it leaves out record {place}, which a later one names"))
}

impl Database {
    /// What is wanted, as it was kept.
    pub(super) fn wanted_history(&self) -> Result<BTreeSet<IncidentId>, Fault> {
        let mut query = self.sql().prepare_cached("SELECT incident FROM history_wanted")?;
        let ids = query.query_map([], |row| Ok(IncidentId(row.get::<_, Key>(0)?.0)))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// The first record of an incident that is held, and the one before it.
    pub(super) fn lowest_of(&self, id: IncidentId) -> Result<Option<(u64, Option<u64>)>, Fault> {
        let sql = "SELECT seq, header FROM record WHERE incident = ?1 ORDER BY seq LIMIT 1";
        let mut query = self.sql().prepare_cached(sql)?;
        let found: Option<(i64, String)> = query.query_row([Key(id.0)], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((seq, header)) = found else { return Ok(None) };
        let record = RecordBytes::stored(&header).read().map_err(|why| Fault::Damaged(format!("record {seq}: {why}")))?;
        Ok(Some((seq as u64, record.before)))
    }

    /// Keeps the hashes beside a record's way to its subtree of the base; those above are of the base itself. Inside a transaction.
    fn put_nodes(&self, edge: &Frontier, seq: u64, path: &[Hash]) -> Result<(), Fault> {
        let Some((level, _)) = proof::peak_of(edge, seq) else { return Ok(()) };
        (0..level).zip(path).try_for_each(|(level, hash)| self.put_node(proof::beside(level, seq), *hash))
    }

    /// Keeps one of them; inside a transaction.
    pub(super) fn put_node(&self, position: u64, hash: Hash) -> Result<(), Fault> {
        let mut put = self.sql().prepare_cached("INSERT OR REPLACE INTO node (position, hash) VALUES (?1, ?2)")?;
        put.execute(params![position as i64, hash.0])?;
        Ok(())
    }

    /// A hash beside a way.
    pub(super) fn node(&self, position: u64) -> Result<Option<Hash>, Fault> {
        let mut query = self.sql().prepare_cached("SELECT hash FROM node WHERE position = ?1")?;
        Ok(query.query_row([position as i64], |row| row.get::<_, [u8; 32]>(0)).optional()?.map(Hash))
    }
}

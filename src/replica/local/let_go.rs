//! Letting go of what is older than the days this copy holds: the base moves on, a piece at a time while nobody waits. Of what lies behind it, the
//! records of incidents that are open, were written to within the days, wait to be sent, are being written or were opened here stay, with the
//! hashes that prove them; of all others the head is left. Nothing goes that was not found signed.

use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::RecordBytes;
use crate::ledger::proof;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::local::base::Beginning;
use rusqlite::params;
use std::collections::BTreeSet;

const DAY_MS: i64 = 86_400_000;
/// By so many records the base moves in one transaction: a tenth of a second or two. The logs of the simulation are short.
const STEP_RECORDS: u64 = if cfg!(test) { 7 } else { 5_000 };
/// Fewer are not worth a move.
const LEAST_RECORDS: u64 = if cfg!(test) { 2 } else { 64 };
/// How often to look whether days have passed.
const LOOK_EVERY_MS: i64 = 600_000;
/// Pages of the file that are given back after a step.
const PAGES_BACK: u32 = 4_000;

impl Local {
    /// Lets go of a piece of what is too old, where this process does the exchange. Answers whether there may be more.
    ///
    /// # Errors
    /// When it is not on disk; then nothing is gone.
    pub fn let_go_ahead(&mut self, now: Timestamp) -> Result<bool, Fault> {
        let does_exchange = self.exchange.is_some() && !self.beside;
        // A history that is on its way, proven in the tree of the base as it was, is asked for again.
        if self.days == 0 || self.read_only || !does_exchange {
            return Ok(false);
        }
        if self.looked_for_old_at.is_some_and(|at| now.since_ms(at) < LOOK_EVERY_MS) {
            return Ok(false);
        }
        let (from, target) = (self.beginning.seq(), self.last_before(now.plus_ms(-i64::from(self.days) * DAY_MS))?);
        if target < from + LEAST_RECORDS {
            self.looked_for_old_at = Some(now);
            return Ok(false);
        }
        let begun = self.database.begin();
        let written = begun.and_then(|()| {
            let written = self.catch_up(now).and_then(|_| self.move_base(target.min(from + STEP_RECORDS), target));
            self.database.finish(written)
        });
        self.beginning = self.note(written)?;
        self.cuts += 1;
        self.dirty = true;
        self.database.give_back(PAGES_BACK)?;
        Ok(true)
    }

    /// The last record before a moment that is held, findable, and under a signature where there is one. Times never go back in a log.
    fn last_before(&self, since: Timestamp) -> Result<u64, Fault> {
        let signed = match (&self.trust.key, &self.trust.seen) {
            (Some(_), seen) => seen.as_ref().map_or(0, |seen| seen.position.seq),
            (None, _) => self.seq(),
        };
        let (mut before, mut after) = (self.beginning.seq(), self.seq().min(signed).min(self.indexed) + 1);
        while before + 1 < after {
            let middle = before + (after - before) / 2;
            if self.database.received_at(middle)? < since { before = middle } else { after = middle }
        }
        Ok(before)
    }

    /// Moves the base to a record; inside a transaction. What stays is judged by where the base will come to rest.
    fn move_base(&self, to: u64, rest: u64) -> Result<Beginning, Fault> {
        let (database, edge) = (&self.database, &self.beginning.edge);
        let gone = self.too_old(to, rest)?;
        let mut moved = edge.clone();
        let mut leaves = Vec::with_capacity((to - edge.size()) as usize);
        let mut kept = Vec::new();
        database.each_leaf(edge.size(), to, |seq, leaf, incident| {
            leaves.push(leaf);
            moved.push(leaf);
            if incident.is_some_and(|id| !gone.contains(&id)) {
                kept.push((0, seq - 1));
            }
        })?;
        if moved.size() != to {
            return Err(Fault::Damaged(format!("the log held here has no record {}", moved.size() + 1)));
        }
        let at = Some(database.received_at(to)?);
        let mut left = Vec::new();
        for id in &gone {
            left.extend(database.old_records_of(*id, edge.size())?);
            database.let_go_of(*id, to)?;
        }
        database
            .sql()
            .execute("DELETE FROM record WHERE seq > ?1 AND seq <= ?2 AND incident IS NULL", params![edge.size() as i64, to as i64])?;
        // The hashes beside the ways of what stays: of each record that is passed now, and of each subtree that the base had before.
        for level in (0..u64::BITS).rev().filter(|level| edge.size() >> level & 1 == 1) {
            let place = (edge.size() >> level) - 1;
            if database.holds_under(level, place)? {
                kept.push((level, place));
            }
        }
        let mut wanted = BTreeSet::new();
        for (level, place) in kept {
            let top = proof::peak_of(&moved, (place << level) + 1).map_or(0, |(top, _)| top);
            wanted.extend((level..top).map(|above| proof::node_position(above, (place >> (above - level)) ^ 1)));
        }
        for (position, hash) in nodes_of(edge, &leaves).filter(|(position, _)| wanted.contains(position)) {
            database.put_node(position, hash)?;
        }
        for seq in left {
            database.drop_nodes(seq, &moved)?;
        }
        database.keep_number("base", to)?;
        database.keep_fact("base_frontier", moved.to_bytes())?;
        database.keep_fact("base_at", at.map(Timestamp::millis))?;
        database.keep_fact("cuts", self.cuts + 1)?;
        Ok(Beginning { edge: moved, at })
    }

    /// Incidents with records up to a place that nobody needs here.
    fn too_old(&self, to: u64, rest: u64) -> Result<BTreeSet<IncidentId>, Fault> {
        let sql = self.database.sql();
        let mut query = sql.prepare_cached("SELECT DISTINCT incident FROM record WHERE seq <= ?1 AND incident IS NOT NULL")?;
        let ids = query.query_map([to as i64], |row| Ok(IncidentId(row.get::<_, Key>(0)?.0)))?;
        let ids: BTreeSet<IncidentId> = ids.collect::<Result<_, _>>()?;
        let mut needed = sql.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM head WHERE incident = ?1 AND open = 1) OR EXISTS (SELECT 1 FROM record WHERE incident = ?1 AND seq > ?2)
                OR EXISTS (SELECT 1 FROM outbox WHERE incident = ?1) OR EXISTS (SELECT 1 FROM draft WHERE incident = ?1)",
        )?;
        let mut gone = BTreeSet::new();
        for id in ids {
            let is_ours = id == IncidentId::ORG || self.asked.contains(&id) || matches!(self.withheld.get(&id), Some(Some(_)));
            if !is_ours && !needed.query_row(params![Key(id.0), rest as i64], |row| row.get::<_, bool>(0))? {
                gone.insert(id);
            }
        }
        Ok(gone)
    }
}

/// The hashes of all subtrees that are complete once these leaves follow an edge, and those of the edge, by their positions.
fn nodes_of(edge: &Frontier, leaves: &[Hash]) -> impl Iterator<Item = (u64, Hash)> {
    let levels = (0..u64::BITS).rev().filter(|level| edge.size() >> level & 1 == 1);
    let peaks = levels.map(|level| proof::node_position(level, (edge.size() >> level) - 1)).zip(edge.peaks().iter().copied());
    let mut grown = edge.clone();
    let new = leaves.iter().flat_map(move |leaf| {
        let first = Frontier::stored_position(grown.size());
        (first..).zip(grown.push(*leaf))
    });
    peaks.chain(new)
}

impl Database {
    fn received_at(&self, seq: u64) -> Result<Timestamp, Fault> {
        let header: String =
            self.sql().prepare_cached("SELECT header FROM record WHERE seq = ?1")?.query_row([seq as i64], |row| row.get(0))?;
        let record = RecordBytes::stored(&header).read().map_err(|why| Fault::Damaged(format!("record {seq}: {why}")))?;
        Ok(record.received_at)
    }

    /// Walks the leaves of a stretch, each with the incident of its record.
    fn each_leaf(&self, after: u64, to: u64, mut take: impl FnMut(u64, Hash, Option<IncidentId>)) -> Result<(), Fault> {
        let mut query = self.sql().prepare_cached("SELECT seq, header, incident FROM record WHERE seq > ?1 AND seq <= ?2 ORDER BY seq")?;
        let mut rows = query.query(params![after as i64, to as i64])?;
        while let Some(row) = rows.next()? {
            let header = row.get_ref(1)?.as_str().map_err(|why| Fault::Damaged(format!("record: {why}")))?;
            let incident = row.get::<_, Option<Key>>(2)?.map(|key| IncidentId(key.0));
            take(row.get::<_, i64>(0)? as u64, RecordBytes::stored(header).leaf(), incident);
        }
        Ok(())
    }

    /// Gives free pages at the end of the file back to the disk. In a file that an older version made, they are used again instead.
    fn give_back(&self, pages: u32) -> Result<(), Fault> {
        let mut vacuum = self.sql().prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        let mut rows = vacuum.query([])?;
        // Each step gives one page back.
        while rows.next()?.is_some() {}
        Ok(())
    }

    /// The records of an incident up to a place.
    fn old_records_of(&self, id: IncidentId, to: u64) -> Result<Vec<u64>, Fault> {
        let mut query = self.sql().prepare_cached("SELECT seq FROM record WHERE incident = ?1 AND seq <= ?2")?;
        let seqs = query.query_map(params![Key(id.0), to as i64], |row| row.get::<_, i64>(0))?;
        Ok(seqs.map(|seq| seq.map(|seq| seq as u64)).collect::<Result<_, _>>()?)
    }

    /// Whether a record of a subtree is held.
    fn holds_under(&self, level: u32, place: u64) -> Result<bool, Fault> {
        let mut query = self.sql().prepare_cached("SELECT EXISTS (SELECT 1 FROM record WHERE seq > ?1 AND seq <= ?2)")?;
        Ok(query.query_row(params![(place << level) as i64, ((place + 1) << level) as i64], |row| row.get(0))?)
    }

    /// Deletes the hashes beside the way of a record that is gone, as far as no other that is held goes that way; inside a transaction.
    fn drop_nodes(&self, seq: u64, edge: &Frontier) -> Result<(), Fault> {
        let Some((top, _)) = proof::peak_of(edge, seq) else { return Ok(()) };
        let mut delete = self.sql().prepare_cached("DELETE FROM node WHERE position = ?1")?;
        for level in 0..top {
            if self.holds_under(level, (seq - 1) >> level)? {
                // So do all hashes above it.
                return Ok(());
            }
            delete.execute([proof::beside(level, seq) as i64])?;
        }
        Ok(())
    }

    /// Deletes the records of an incident up to a place, with their words; inside a transaction.
    fn let_go_of(&self, id: IncidentId, to: u64) -> Result<(), Fault> {
        let (sql, key) = (self.sql(), Key(id.0));
        sql.prepare_cached("DELETE FROM record WHERE incident = ?1 AND seq <= ?2")?.execute(params![key, to as i64])?;
        sql.prepare_cached("DELETE FROM words WHERE rowid IN (SELECT id FROM found WHERE incident = ?1)")?.execute([key])?;
        sql.prepare_cached("DELETE FROM found WHERE incident = ?1")?.execute([key])?;
        Ok(())
    }
}

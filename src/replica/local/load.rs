//! Folding incidents from the records held here: open ones ahead of time, most urgent first, others when somebody asks.

use crate::domain::Board;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::replica::fault::Fault;
use crate::replica::fold::rebase;
use crate::replica::local::Closed;
use crate::replica::local::Local;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Heads of closed incidents read in one piece: a millisecond or two.
const CLOSED_AT_ONCE: usize = 400;
/// The same where somebody waits for all of them, and codes at any time: enough for every core, and little text in memory at a time.
const CLOSED_IN_BULK: usize = 2_000;

impl Local {
    /// Holds an incident in full from now on. Answers whether there is such an incident.
    ///
    /// # Errors
    /// When its records cannot be read.
    pub fn load(&mut self, id: IncidentId) -> Result<bool, Fault> {
        if self.full.contains(&id) {
            return Ok(true);
        }
        if self.withheld.contains_key(&id) {
            return Ok(false);
        }
        let folded = self.board_of(id, self.seq())?;
        if id == IncidentId::ORG {
            self.base.org = folded.org.clone();
        }
        if let Some(incident) = folded.get(id) {
            self.base.put(incident.clone());
        }
        let touched = [id].into();
        let base = self.database.with_past(&self.base, &self.past, &touched)?;
        rebase(&base, &self.outbox, &BTreeSet::new(), &touched, &mut self.view);
        let found = self.view.get(id).is_some();
        if found || id == IncidentId::ORG {
            self.full.insert(id);
            self.dirty = true;
        }
        Ok(found)
    }

    /// An incident as its records and what waits have it, held no longer than the answer.
    ///
    /// # Errors
    /// When its records cannot be read.
    pub(super) fn folded(&self, id: IncidentId) -> Result<Option<Arc<Incident>>, Fault> {
        if self.withheld.contains_key(&id) {
            return Ok(None);
        }
        let base = self.board_of(id, self.seq())?;
        let mut view = Board::new(self.base.org.clone());
        let touched = [id].into();
        let base = self.database.with_past(&base, &self.past, &touched)?;
        rebase(&base, &self.outbox, &BTreeSet::new(), &touched, &mut view);
        Ok(view.get(id).cloned())
    }

    /// Puts a head among those in memory.
    pub(super) fn list(&mut self, header: Arc<Header>) {
        if self.older.holds(header.id) {
            Arc::make_mut(&mut self.older).remove(header.id);
        }
        Arc::make_mut(&mut self.headers).insert(header.id, header);
    }

    /// Whether something may be held of an incident.
    pub(super) fn is_known(&self, id: IncidentId) -> bool {
        self.headers.contains_key(&id) || self.closed_before.is_some() || self.older.holds(id)
    }

    /// Holds an incident in full although it is closed.
    ///
    /// # Errors
    /// When its records cannot be read.
    pub fn ask_for(&mut self, id: IncidentId) -> Result<bool, Fault> {
        let found = self.load(id)?;
        if !found && self.is_away(id)? {
            // Once its history is here, it stays.
            self.asked.insert(id);
        }
        if found {
            self.asked.insert(id);
            if let Some(incident) = self.view.get(id).filter(|_| self.older.holds(id)) {
                self.list(Arc::new(Header::of(incident)));
            }
        }
        Ok(found)
    }

    /// Queues open incidents, most urgent first, then those whose head is of another fold.
    pub(super) fn plan_loading(&mut self, stale: Vec<IncidentId>, now: Timestamp) {
        let mut open: Vec<_> = self.headers.values().filter(|header| header.status.is_open()).collect();
        open.sort_by_cached_key(|header| (header.rate(&self.base.org.matrix, now).rank(), header.opened_at));
        // A salvaged outbox comes without heads.
        let headless: BTreeSet<IncidentId> = self
            .outbox
            .incidents()
            .chain(self.database.headless_past().unwrap_or_default())
            .filter(|id| *id != IncidentId::ORG && !self.headers.contains_key(id))
            .filter(|id| matches!(self.database.has_head(*id), Ok(false)))
            .collect();
        // What somebody looks at stays in their hands, whatever another process did to the log.
        let asked = self.asked.iter().copied();
        self.to_load = headless.into_iter().chain(asked).chain(open.into_iter().map(|header| header.id)).chain(stale).collect();
    }

    /// Folds at once what was salvaged and has no head: a command that comes next must find it.
    pub(super) fn fold_headless(&mut self) {
        let is_headless = |local: &Self, id: &IncidentId| !local.headers.contains_key(id) && local.outbox.is_about(*id);
        while self.to_load.front().is_some_and(|id| is_headless(self, id)) {
            // A head that cannot be kept now is made again at the next opening.
            let _ = self.work_ahead();
        }
    }

    /// Reads what is still to be read of closed incidents: nothing is recorded or searched before.
    ///
    /// # Errors
    /// When it cannot be read; it is still to be read then.
    pub fn read_closed(&mut self) -> Result<(), Fault> {
        while self.read_some_closed(CLOSED_IN_BULK)? {}
        Ok(())
    }

    /// Reads the next heads of closed incidents, or the codes of those whose heads stay on the disk; answers whether there may be more.
    fn read_some_closed(&mut self, most: usize) -> Result<bool, Fault> {
        let Some(before) = self.closed_before else { return Ok(false) };
        let room = match self.closed {
            Closed::All => usize::MAX,
            Closed::Newest(count) => count - self.closed_read.min(count),
        };
        let (last, stale) = if room > 0 {
            let heads = self.database.closed_heads(before, most.min(room))?;
            self.closed_read += heads.read.len();
            let headers = Arc::make_mut(&mut self.headers);
            // What changed meanwhile is newer than what was kept of it.
            for (id, header) in heads.read {
                headers.entry(id).or_insert(header);
            }
            (heads.last, heads.stale)
        } else {
            let codes = self.database.closed_codes(before, CLOSED_IN_BULK)?;
            let headers = &self.headers;
            Arc::make_mut(&mut self.older).extend(codes.read.into_iter().filter(|(id, _)| !headers.contains_key(id)));
            (codes.last, codes.stale)
        };
        self.to_load.extend(stale);
        self.dirty |= last.is_some();
        self.closed_before = last;
        Ok(last.is_some())
    }

    /// Folds the next incident of the queue, else reads some heads of closed ones; answers whether there may be more to do.
    ///
    /// # Errors
    /// When its records cannot be read.
    pub fn work_ahead(&mut self) -> Result<bool, Fault> {
        let Some(id) = self.to_load.pop_front() else { return self.read_some_closed(CLOSED_AT_ONCE) };
        if self.full.contains(&id) {
            return Ok(true);
        }
        let is_here = self.load(id)?;
        if !is_here && self.is_away(id)? {
            // Its head is all there is of it here, unless it is open: then it belongs here in full.
            if self.asked.contains(&id) || self.headers.get(&id).is_some_and(|header| header.status.is_open()) {
                self.want(id)?;
            }
        } else if !is_here && self.headers.contains_key(&id) {
            self.database.begin()?;
            let dropped = self.database.drop_head(id);
            self.database.finish(dropped)?;
            Arc::make_mut(&mut self.headers).remove(&id);
            self.dirty = true;
        }
        if let Some(incident) = self.view.get(id) {
            let header = Header::of(incident);
            let is_other = self.headers.get(&id).is_none_or(|held| **held != header);
            if is_other || !self.database.is_of_this_fold(id)? {
                // Made again from the log if it is lost: it need not reach the disk before the next durable commit does.
                self.database.wait_for_disk(false)?;
                let kept = self.database.begin().and_then(|()| {
                    let kept = self.database.keep_head(&header);
                    self.database.finish(kept)
                });
                self.database.wait_for_disk(true)?;
                kept?;
            }
            if is_other && (header.status.is_open() || !self.older.holds(id)) {
                Arc::make_mut(&mut self.headers).insert(id, Arc::new(header));
            }
        }
        self.forget_closed(&[id].into());
        Ok(true)
    }

    /// Lets go of incidents that are closed, were not asked for, and have nothing to send.
    pub(super) fn forget_closed(&mut self, ids: &BTreeSet<IncidentId>) {
        for id in ids.iter().filter(|id| !self.asked.contains(*id) && !self.outbox.is_about(**id)) {
            if self.view.get(*id).is_some_and(|incident| !incident.status.value.is_open()) {
                self.base.forget(*id);
                self.view.forget(*id);
                self.full.remove(id);
                self.dirty = true;
            }
        }
    }

    /// Folds the touched incidents anew on top of the base, as far as they are held in full, and answers their heads.
    pub(super) fn rebase_held(&mut self, touched: &BTreeSet<IncidentId>) -> Vec<Arc<Header>> {
        let held: BTreeSet<IncidentId> = touched.iter().filter(|id| self.full.contains(*id)).copied().collect();
        // What cannot be read of what waits is shown without it until the next fold.
        let base = self.database.with_past(&self.base, &self.past, &held).unwrap_or(Cow::Borrowed(&self.base));
        rebase(&base, &self.outbox, &BTreeSet::<EventId>::new(), &held, &mut self.view);
        self.dirty = true;
        held.iter().filter_map(|id| self.view.get(*id)).map(|incident| Arc::new(Header::of(incident))).collect()
    }
}

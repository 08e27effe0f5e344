//! Seeing what another process of the same home has committed.

use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::ledger::Frontier;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Local {
    /// Reads what others have committed since the last look. Answers whether there was anything.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn catch_up(&mut self, now: Timestamp) -> Result<bool, Fault> {
        let version = self.database.data_version()?;
        if version == self.data_version {
            return Ok(false);
        }
        if self.database.fact::<i64>("cuts")?.unwrap_or(0) != self.cuts {
            self.read_all(now)?;
            return Ok(true);
        }
        let (log, me) = (self.log, self.me.clone());
        let before = self.seq();
        let (base, full) = (&mut self.base, &self.full);
        let (mut touched, mut arrived, mut last) = (BTreeSet::new(), Vec::<EventId>::new(), before);
        self.database.each_after(before, |held| {
            last = held.record.seq;
            let Some(event) = &held.event else { return };
            touched.insert(event.incident);
            arrived.push(event.id);
            if full.contains(&event.incident) {
                base.apply(event, Some(&held.acceptance()));
            }
        })?;
        for id in arrived {
            self.outbox.remove(id);
        }
        touched.extend(self.outbox.refresh(&self.database, self.outbox_changed)?);
        self.outbox_changed = self.database.fact("outbox_changed")?.unwrap_or(0);
        self.read_facts()?;
        self.hear_nudge()?;
        if self.frontier.size() != last {
            return Err(Fault::Damaged(format!("the log held here ends at {last}, its tree at {}", self.frontier.size())));
        }
        if log.is_some() && self.log != log {
            return Err(Fault::Damaged("it was joined to another log while this process ran; start again".into()));
        }
        self.take_heads(&touched)?;
        self.read_drafts(now)?;
        self.dirty |= self.me != me || !touched.is_empty();
        self.data_version = version;
        Ok(true)
    }

    /// The heads of touched incidents: folded here where they are held in full, else as the other process kept them.
    fn take_heads(&mut self, touched: &BTreeSet<IncidentId>) -> Result<(), Fault> {
        let folded = self.rebase_held(touched);
        let headers = Arc::make_mut(&mut self.headers);
        headers.extend(folded.into_iter().map(|header| (header.id, header)));
        for id in touched.iter().filter(|id| !self.full.contains(*id)) {
            if let Some(header) = self.database.head(*id)? {
                if header.status.is_open() {
                    self.to_load.push_back(*id);
                }
                headers.insert(*id, Arc::new(header));
            }
        }
        Ok(())
    }

    /// Keeps where the log stands; inside a transaction.
    pub(super) fn keep_position(&self, frontier: &Frontier, epoch: u64) -> Result<(), Fault> {
        self.database.keep_number("seq", frontier.size())?;
        self.database.keep_number("epoch", epoch)?;
        self.database.keep_fact("frontier", frontier.to_bytes())
    }
}

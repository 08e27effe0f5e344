//! Seeing what another process of the same home has committed.

use crate::domain::Body;
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
        if self.database.data_version()? == self.data_version {
            return Ok(false);
        }
        self.in_one_view(|local| local.read_news(now))
    }

    /// Reads several things as they stood at one moment, whatever another process commits meanwhile.
    pub(super) fn in_one_view<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if !self.database.sql().is_autocommit() {
            return read(self);
        }
        self.database.begin_reading()?;
        let done = read(self);
        self.database.abandon();
        done
    }

    fn read_news(&mut self, now: Timestamp) -> Result<bool, Fault> {
        let version = self.database.data_version()?;
        if self.database.fact::<i64>("cuts")?.unwrap_or(0) != self.cuts {
            self.read_all(now)?;
            return Ok(true);
        }
        let (log, me) = (self.log, self.me.clone());
        let before = self.seq();
        let (base, full) = (&mut self.base, &self.full);
        let (mut touched, mut redacted, mut arrived, mut last) = (BTreeSet::new(), BTreeSet::new(), Vec::<EventId>::new(), before);
        self.database.each_after(before, |held| {
            last = held.record.seq;
            let Some(event) = &held.event else { return };
            touched.insert(event.incident);
            if matches!(event.body, Body::EventRedacted(_)) {
                redacted.insert(event.incident);
            }
            arrived.push(event.id);
            if full.contains(&event.incident) {
                base.apply(event, Some(&held.acceptance()));
            }
        })?;
        for id in redacted.iter().filter(|id| self.full.contains(*id)) {
            if let Some(incident) = self.board_of(*id, last)?.get(*id) {
                self.base.put(incident.clone());
            }
        }
        for id in arrived {
            self.outbox.remove(id);
        }
        let waiting = self.outbox.refresh(&self.database, self.outbox_changed)?;
        self.outbox_changed = self.database.fact("outbox_changed")?.unwrap_or(0);
        self.read_facts()?;
        self.hear_nudge()?;
        if self.frontier.size() != last {
            return Err(Fault::Damaged(format!("the log held here ends at {last}, its tree at {}", self.frontier.size())));
        }
        if log.is_some() && self.log != log {
            return Err(Fault::Damaged("it was joined to another log while this process ran; start again".into()));
        }
        // What waits is folded here: its head is not of the transaction that changed the outbox.
        let mut let_go = BTreeSet::new();
        for id in &waiting {
            if !self.load(*id)? {
                let_go.insert(*id);
            }
        }
        touched.extend(waiting);
        self.take_heads(&touched, &let_go)?;
        self.forget_closed(&touched);
        self.read_drafts(now)?;
        self.dirty |= self.me != me || !touched.is_empty();
        self.data_version = version;
        Ok(true)
    }

    /// The heads of touched incidents: folded here where they are held in full, else as the other process kept them.
    fn take_heads(&mut self, touched: &BTreeSet<IncidentId>, let_go: &BTreeSet<IncidentId>) -> Result<(), Fault> {
        self.rebase_held(touched).into_iter().for_each(|header| self.list(header));
        let heads_only: Vec<IncidentId> = touched.iter().filter(|id| !self.full.contains(*id)).copied().collect();
        for id in &heads_only {
            // Nothing of it was recorded, and nothing of it waits any more: its head is about to go, too.
            if self.base.get(*id).is_none() && let_go.contains(id) {
                Arc::make_mut(&mut self.headers).remove(id);
            } else if let Some(header) = self.database.head(*id)? {
                if header.status.is_open() {
                    self.to_load.push_back(*id);
                }
                self.list(Arc::new(header));
            }
        }
        // A declaration that another process let go of takes its incident with it.
        let vanished = touched.iter().filter(|id| **id != IncidentId::ORG && self.full.contains(*id) && self.view.get(**id).is_none());
        for id in vanished.copied().collect::<Vec<_>>() {
            self.full.remove(&id);
            Arc::make_mut(&mut self.headers).remove(&id);
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

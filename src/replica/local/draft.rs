//! Keeping and dropping drafts, and what was looked at.

use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Refusal;
use crate::domain::Timestamp;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Held;
use std::sync::Arc;

/// The fact that holds the name a person gave when they were asked.
const NAME: &str = "setting.person";

/// How often to look whether another process that holds drafts has died.
const LOOK_EVERY_MS: i64 = 2_000;

impl Local {
    /// Keeps a draft; answered when it is on disk.
    pub fn keep_draft(&mut self, key: &str, incident: Option<IncidentId>, body: &str, now: Timestamp) -> Answer {
        let lease = self.lease;
        let kept = self.small_write(now, |database| database.keep_draft(key, incident, body, lease, now));
        if kept.is_ok() {
            // Newer words have taken the place of those that were sent.
            self.drafts_sent.remove(key);
        }
        kept.map_or_else(|fault| Answer::NotSaved(fault.to_string()), |()| Answer::Kept(now))
    }

    /// Lets a draft go.
    pub fn drop_draft(&mut self, key: &str, now: Timestamp) -> Answer {
        let lease = self.lease;
        done(self.small_write(now, |database| database.drop_draft(key, lease)))
    }

    /// A crossed change was looked at.
    pub fn dismiss(&mut self, event: EventId, now: Timestamp) -> Answer {
        let kept = self.small_write(now, |database| {
            database.sql().prepare_cached("INSERT OR IGNORE INTO dismissed (event_id) VALUES (?1)")?.execute([Key(event.0)])?;
            Ok(())
        });
        if kept.is_ok() {
            Arc::make_mut(&mut self.dismissed).insert(event);
        }
        done(kept)
    }

    /// The alarm was read.
    pub fn dismiss_alarm(&mut self, now: Timestamp) -> Answer {
        let kept = self.small_write(now, |database| database.keep_fact("alarm", rusqlite::types::Null));
        if kept.is_ok() {
            self.alarm = None;
        }
        done(kept)
    }

    /// The person here told their name; a token knows it better.
    pub fn name(&mut self, person: Person, now: Timestamp) -> Answer {
        if let Err(why) = person.check() {
            return Answer::Refused(Refusal::never("bad_person", why));
        }
        let kept = self.small_write(now, |database| database.keep_fact(NAME, person.as_str()));
        if kept.is_ok() && self.log.is_none() {
            self.me.person = person;
            self.dirty = true;
        }
        done(kept)
    }

    /// The name a person told.
    pub fn told_name(&self) -> Result<Option<String>, Fault> {
        self.database.fact(NAME)
    }

    pub(super) fn small_write(&mut self, now: Timestamp, write: impl FnOnce(&Database) -> Result<(), Fault>) -> Result<(), Fault> {
        let begun = self.database.begin();
        let written = begun.and_then(|()| {
            let written = self.catch_up(now).and_then(|_| write(&self.database));
            self.database.finish(written)
        });
        self.note(written)?;
        self.read_drafts(now)
    }

    /// Reads the drafts again, taking over what dead processes left.
    pub(super) fn read_drafts(&mut self, now: Timestamp) -> Result<(), Fault> {
        let (mut drafts, orphans) = self.database.drafts(self.lease)?;
        // Inside a transaction of our own, the next look takes them over.
        if orphans && !self.read_only && self.database.sql().is_autocommit() {
            self.database.begin()?;
            let taken = self.database.take_over_drafts(self.lease);
            self.database.finish(taken)?;
            (drafts, _) = self.database.drafts(self.lease)?;
        }
        self.drafts_looked_at = now;
        if *self.drafts != drafts {
            self.drafts = Arc::new(drafts);
            self.dirty = true;
        }
        Ok(())
    }

    /// Looks from time to time whether a process that holds drafts has died.
    ///
    /// # Errors
    /// When the drafts cannot be read.
    pub fn look_after_drafts(&mut self, now: Timestamp) -> Result<(), Fault> {
        let held_elsewhere = self.drafts.iter().any(|draft| draft.held == Held::Elsewhere);
        if held_elsewhere && now.since_ms(self.drafts_looked_at).abs() >= LOOK_EVERY_MS { self.read_drafts(now) } else { Ok(()) }
    }
}

fn done(kept: Result<(), Fault>) -> Answer {
    kept.map_or_else(|fault| Answer::NotSaved(fault.to_string()), |()| Answer::Done)
}

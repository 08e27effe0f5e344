//! From the local copy to what readers see.

use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Retry;
use crate::domain::Timestamp;
use crate::replica::local::Local;
use crate::replica::outbox::State;
use crate::replica::outbox::Waiting;
use crate::replica::snapshot::Link;
use crate::replica::snapshot::Parked;
use crate::replica::snapshot::Signed;
use crate::replica::snapshot::Snapshot;
use crate::replica::words::words_of;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often it is kept when the server was last heard.
const HEARD_KEPT_EVERY_MS: i64 = 60_000;

impl Local {
    /// Whether something changed since the last snapshot.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Everything as it is now, shared.
    pub fn snapshot(&mut self) -> Snapshot {
        self.dirty = false;
        self.revision += 1;
        let (mut unsent, mut since, mut total, mut parked) = (BTreeMap::<IncidentId, usize>::new(), None, 0, Vec::new());
        let any_stuck = self.any_stuck();
        for row in self.outbox.iter() {
            if let Some(why) = self.why_parked(row, any_stuck) {
                parked.push(why);
            } else {
                *unsent.entry(row.event.incident).or_default() += 1;
                since = since.or_else(|| self.written_at(&row.event));
                total += 1;
            }
        }
        Snapshot {
            revision: self.revision,
            me: self.me.clone(),
            device: self.device,
            board: self.view.clone(),
            headers: self.headers.clone(),
            older: self.older.clone(),
            unsent: Arc::new(unsent),
            unsent_total: total + self.past.count,
            // What is held in memory is a device of its own; what it read from the disk is still there.
            unsaved: if self.unwritable.is_some() { self.outbox.iter().filter(|row| row.event.device == self.device).count() } else { 0 },
            unsent_since: since,
            parked: Arc::new(parked),
            drafts: self.drafts.clone(),
            dismissed: self.dismissed.clone(),
            link: self.link.clone(),
            presence: self.presence.clone(),
            position: self.position(),
            held_since: self.beginning.at,
            signed: self
                .trust
                .key
                .map(|key| Signed { key: key.fingerprint(), seq: self.trust.seen.as_ref().map_or(0, |seen| seen.position.seq) }),
            trouble: self.trouble.clone().or_else(|| self.unwritable.clone()),
            alarm: self.alarm.clone(),
        }
    }

    /// When an event was written: its id says so, while `at` may have been set back by its author. When a past was told, nothing says.
    fn written_at(&self, event: &Event) -> Option<Timestamp> {
        if event.id.is_derived() { None } else { Some(event.id.made_at().unwrap_or(event.at)) }
    }

    /// Why a row is not on its way, if it is not.
    fn why_parked(&self, row: &Waiting, any_stuck: bool) -> Option<Parked> {
        let behind = if any_stuck && !row.state.is_parked() { self.behind(row) } else { None };
        let (code, reason, retry) = if row.state.is_parked() {
            let retry = if row.state == State::Later { Retry::Later } else { Retry::Never };
            (row.code.clone().unwrap_or_default(), row.reason.clone().unwrap_or_default(), retry)
        } else if let Some(root) = behind {
            let first = self.outbox.get(root).map(|row| words_of(&row.event).0).unwrap_or_default();
            ("behind".into(), format!("waits behind: {first}"), Retry::Later)
        } else {
            let (code, reason) = self.foreign(row)?;
            (code.into(), reason, Retry::Later)
        };
        Some(self.parked(row, code, reason, retry, behind))
    }

    fn parked(&self, row: &Waiting, code: String, reason: String, retry: Retry, behind: Option<EventId>) -> Parked {
        let (words, text) = match (row.state, words_of(&row.event)) {
            // What the letters can still tell is for a person to judge.
            (State::Damaged, (_, None)) => (row.bytes.as_str().to_owned(), Some(row.bytes.as_str().to_owned())),
            (_, words) => words,
        };
        let event = &row.event;
        Parked {
            event: event.id,
            incident: event.incident,
            kind: event.body.kind().to_owned(),
            words,
            text,
            code,
            reason,
            retry,
            behind,
            at: event.at,
        }
    }

    /// Why a row must not be sent by whoever works here now. Where no server is in play, nothing is foreign.
    pub(super) fn foreign(&self, row: &Waiting) -> Option<(&'static str, String)> {
        let log = self.log?;
        if row.person != self.me.person {
            let reason = format!(
                "written as {}, but the token here is {}'s; it is sent once {} works here again, or after `warroom connect URL --claim {}` if that is the same person",
                row.person, self.me.person, row.person, row.person
            );
            return Some(("other_person", reason));
        }
        match row.log {
            Some(written_for) if written_for != log => {
                Some(("other_log", format!("written for another log ({written_for}); use the --home that belongs to it")))
            }
            Some(_) => None,
            None => Some(("not_claimed", "written before there was a server; `warroom connect` sends it".into())),
        }
    }

    /// Sets how the link to the server stands. What others do is known only while somebody listens; who was heard before is offline since then,
    /// in this run or an earlier one.
    pub fn set_link(&mut self, link: Link, now: Timestamp) {
        let link = match link {
            Link::Offline { since, why, retry_at } => {
                Link::Offline { since: self.heard_at.map_or(since, |heard_at| heard_at.min(since)), why, retry_at }
            }
            other => other,
        };
        match link {
            Link::Live { heard_at, .. } => self.heard_at = Some(heard_at),
            // Whoever does the exchange hears and keeps it; what was read here long ago would make a short outage a long one.
            Link::Elsewhere => self.heard_at = None,
            _ => {}
        }
        let is_over = matches!(self.link, Link::Live { .. }) && !matches!(link, Link::Live { .. });
        if is_over
            || self.heard_at.is_some_and(|heard_at| self.heard_kept_at.is_none_or(|kept| heard_at.since_ms(kept) >= HEARD_KEPT_EVERY_MS))
        {
            self.keep_heard(now);
        }
        if self.link != link {
            if !matches!(link, Link::Live { .. } | Link::Elsewhere) {
                self.presence = Arc::default();
            }
            self.link = link;
            self.dirty = true;
        }
    }

    /// Keeps when the server was last heard, for the next run to say how old what it shows is.
    fn keep_heard(&mut self, now: Timestamp) {
        let Some(heard_at) = self.heard_at.filter(|_| !self.read_only) else { return };
        self.heard_kept_at = Some(heard_at);
        // What cannot be kept is said by whatever else is to be saved.
        let _ = self.small_write(now, |database| database.keep_fact("heard_at", heard_at.millis()));
    }
}

//! Records from the server: checked, stored and folded in one transaction, and with it what they say of the outbox.

use crate::domain::Board;
use crate::domain::Body;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::ledger;
use crate::ledger::EventBytes;
use crate::ledger::Frontier;
use crate::ledger::RecordBytes;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::fold::rebase;
use crate::replica::local::Local;
use crate::replica::local::cut::RESTRICTION_LOST;
use crate::replica::local::trust::Trust;
use crate::replica::local::withheld::Withheld;
use crate::replica::outbox::State;
use crate::replica::outbox::Waiting;
use crate::replica::past::Past;
use crate::replica::snapshot::Link;
use crate::replica::standing::Standing;
use crate::wire::Pair;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a page turns into while its transaction is open.
struct Page {
    base: Board,
    view: Board,
    frontier: Frontier,
    epoch: u64,
    trust: Trust,
    touched: BTreeSet<IncidentId>,
    /// Events of the outbox that are in the log now.
    arrived: BTreeSet<EventId>,
    /// Refused events worth another try, because what they waited for may have come.
    again: Vec<Waiting>,
    heads: Vec<Arc<Header>>,
    vanished: Vec<IncidentId>,
    change: i64,
    withheld: Withheld,
    past: Past,
    /// Incidents that were written to again and whose history is not held.
    wanted: Vec<IncidentId>,
    /// Words were deleted, or something that was held is withheld now.
    deletes: bool,
    takes_away: bool,
}

/// What every event has, also one of a version this program does not read.
#[derive(Deserialize)]
pub(super) struct Ids {
    pub(super) id: EventId,
    pub(super) incident: IncidentId,
}

impl Local {
    /// Takes records in seq order. Those held already are passed over; a gap, or bytes that do not match their hash, refuse the whole page.
    ///
    /// # Errors
    /// When nothing of it was taken: it does not fit, or is not on disk.
    pub fn take_page(&mut self, pairs: &[Pair], now: Timestamp) -> Result<Standing, Fault> {
        // Lost by a power cut, these records are fetched again; and what left the outbox with them is back, and sent to the same answer.
        self.database.wait_for_disk(false)?;
        let begun = self.database.begin();
        let written = begun.and_then(|()| {
            let written = self.catch_up(now).and_then(|_| self.write_page(pairs));
            self.database.finish(written)
        });
        self.database.wait_for_disk(true)?;
        let written = self.alarmed(now, |_| written);
        let page = self.note(written)?;
        if matches!(self.link, Link::Live { .. }) {
            // Whoever watches an incident end goes on looking at it; only what ended while nobody could look becomes a row at once.
            let watched = page.touched.iter().filter(|id| self.view.get(**id).is_some_and(|incident| incident.status.value.is_open()));
            self.asked.extend(watched);
        }
        if page.deletes {
            self.scrub();
        }
        self.base = page.base;
        self.view = page.view;
        self.frontier = page.frontier;
        self.epoch = page.epoch;
        self.trust = page.trust;
        self.outbox_changed = page.change;
        self.past = page.past;
        self.cuts += i64::from(page.takes_away);
        // The head kept apart stays as it is: a power cut may take these records, and nobody must be alarmed by that.
        page.arrived.iter().for_each(|id| self.outbox.remove(*id));
        page.again.into_iter().for_each(|row| self.outbox.put(row));
        for header in page.heads {
            self.full.insert(header.id);
            self.list(header);
        }
        for id in page.vanished {
            self.full.remove(&id);
            Arc::make_mut(&mut self.headers).remove(&id);
        }
        self.let_go(page.withheld);
        self.wanted_history.extend(page.wanted);
        self.forget_closed(&page.touched);
        self.dirty |= !page.touched.is_empty();
        Ok(self.standing())
    }

    fn write_page(&mut self, pairs: &[Pair]) -> Result<Page, Fault> {
        let (mut frontier, mut epoch, mut trust) = (self.frontier.clone(), self.epoch, self.trust.clone());
        let (mut touched, mut redacted, mut arrived, mut events) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), Vec::new());
        let (mut withheld, mut takes_away) = (self.withheld.clone(), false);
        let (mut past, mut gave_way) = (self.past.clone(), 0);
        for pair in pairs {
            let (header, record) = RecordBytes::take(pair.record.get().as_bytes()).map_err(|why| Fault::Unfit(why.to_string()))?;
            if record.seq <= frontier.size() {
                continue;
            }
            if record.seq != frontier.size() + 1 {
                return Err(Fault::Unfit(format!("record {} came after record {}", record.seq, frontier.size())));
            }
            let event = pair.event.as_ref().map(|raw| read(raw.get(), &record.event_sha256)).transpose()?;
            let ids = event.as_ref().map(|(ids, _)| (Key(ids.id.0), Key(ids.incident.0)));
            let leaf = header.leaf();
            self.database.put_record(record.seq, ids, &header, leaf, pair.event.as_ref().map(|raw| raw.get()))?;
            frontier.push(leaf);
            trust.compare(&frontier)?;
            epoch = epoch.max(record.epoch);
            if let Some(incident) = pair.withheld.filter(|_| event.is_none()) {
                self.database.file_under(record.seq, incident)?;
                if withheld.insert(incident, None) != Some(None) {
                    self.database.withhold(incident)?;
                    takes_away = true;
                }
            }
            if event.is_none()
                && let Some(own) = self.own_of(&record.event_sha256)
            {
                self.database.delete_waiting(own.event.id)?;
                self.database.forget_words(own.event.id)?;
                arrived.insert(own.event.id);
                // Redacted before it came: its words go at once, and what is left of it comes with the redaction.
                touched.insert(own.event.incident);
                self.load(own.event.incident)?;
            }
            if let Some((ids, event)) = event {
                // The same record, imported elsewhere with another zone or in another version, has the same ids: the log's words stand.
                if past.count > 0
                    && ids.id.is_derived()
                    && let Some(ours) = self.database.delete_past(ids.id)?
                {
                    past.count -= 1;
                    gave_way += u64::from(ours != record.event_sha256);
                }
                if let Some(ours) = self.outbox.get(ids.id) {
                    gave_way += u64::from(ours.bytes.sha256_hex() != record.event_sha256);
                    self.database.delete_waiting(ids.id)?;
                    arrived.insert(ids.id);
                }
                if let Some(Event { body: Body::EventRedacted(redaction), .. }) = &event
                    && let Some(event) = &event
                {
                    self.database.redact(event, redaction)?;
                    redacted.insert(ids.incident);
                }
                if let Some(wanted_after) = withheld.get_mut(&ids.incident) {
                    // It may be seen again: what is missing of it is asked for.
                    wanted_after.get_or_insert(0);
                    if self.database.lacks_events_of(ids.incident)? {
                        continue;
                    }
                    withheld.remove(&ids.incident);
                }
                if touched.insert(ids.incident) && (self.is_known(ids.incident)) {
                    self.load(ids.incident)?;
                }
                events.extend(event.map(|event| (event, record.acceptance())));
            }
        }
        if withheld != self.withheld {
            self.database.keep_withheld(&withheld)?;
        }
        if takes_away {
            self.database.keep_fact("cuts", self.cuts + 1)?;
        }
        let deletes = takes_away || !redacted.is_empty();
        redacted.retain(|id| !withheld.contains_key(id));
        touched.retain(|id| !withheld.contains_key(id));
        events.retain(|(event, _): &(Event, _)| !withheld.contains_key(&event.incident));
        let mut base = self.base.clone();
        events.iter().for_each(|(event, acceptance)| base.apply(event, Some(acceptance)));
        for id in &redacted {
            // Nothing of the words stays in memory either.
            if let Some(incident) = self.board_of(*id, frontier.size())?.get(*id) {
                base.put(incident.clone());
            }
        }
        let mut view = self.view.clone();
        let again = self.worth_another_try(&touched, &base);
        let change = if arrived.is_empty() && again.is_empty() { self.outbox_changed } else { self.database.next_change()? };
        for row in &again {
            self.database.put_waiting(row, change)?;
        }
        if past != self.past {
            self.database.keep_past(&past)?;
        }
        if gave_way > 0 {
            self.database.give_way(gave_way)?;
        }
        rebase(&*self.database.with_past(&base, &past, &touched)?, &self.outbox, &arrived, &touched, &mut view);
        let heads: Vec<_> = touched.iter().filter_map(|id| view.get(*id)).map(|incident| Arc::new(Header::of(incident))).collect();
        heads.iter().try_for_each(|header| self.database.keep_head(header))?;
        let is_missing = |id: &&IncidentId| self.beginning.seq() > 0 && **id != IncidentId::ORG && base.get(**id).is_none();
        let wanted: Vec<IncidentId> = touched.iter().filter(is_missing).copied().collect();
        wanted.iter().try_for_each(|id| self.database.want(*id))?;
        // Of these nothing is left but a redacted declaration that is still to come; what began before the base keeps its head.
        let vanished = touched.iter().filter(|id| **id != IncidentId::ORG && view.get(**id).is_none());
        let vanished: Vec<_> = vanished.filter(|id| !matches!(self.is_away(**id), Ok(true))).copied().collect();
        vanished.iter().try_for_each(|id| self.database.drop_head(*id))?;
        self.keep_position(&frontier, epoch)?;
        trust.keep(&self.database)?;
        Ok(Page {
            base,
            view,
            frontier,
            epoch,
            trust,
            touched,
            arrived,
            again,
            heads,
            vanished,
            change,
            withheld,
            past,
            wanted,
            deletes,
            takes_away,
        })
    }

    /// What was refused because something was unknown, in incidents that now have news.
    fn worth_another_try(&self, touched: &BTreeSet<IncidentId>, base: &Board) -> Vec<Waiting> {
        let is_restricted = |id| base.get(id).is_some_and(|incident| incident.readers.value.is_some());
        let is_safe = |row: &Waiting| row.code.as_deref() == Some(RESTRICTION_LOST) && is_restricted(row.event.incident);
        let unknown = |row: &Waiting| row.code.as_deref().is_some_and(|code| code.starts_with("unknown_") && code != "unknown_kind");
        let rows = self
            .outbox
            .iter()
            .filter(|row| row.state == State::Later && (unknown(row) || is_safe(row)) && touched.contains(&row.event.incident));
        rows.map(|row| Waiting { state: State::Waiting, code: None, reason: None, ..Waiting::clone(row) }).collect()
    }
}

/// The event of a record, if this program reads it; its ids in any case.
pub(super) fn read(text: &str, sha256: &str) -> Result<(Ids, Option<Event>), Fault> {
    let unfit = |why: String| Fault::Unfit(why);
    let ids: Ids = serde_json::from_str(text).map_err(|why| unfit(format!("an event without ids: {why}")))?;
    if ledger::sha256_hex(text.as_bytes()) != sha256 {
        return Err(unfit(format!("the bytes of event {} are not those of its record", ids.id)));
    }
    let event = EventBytes::stored(text).read().ok();
    Ok((ids, event))
}

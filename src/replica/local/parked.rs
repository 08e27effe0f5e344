//! What a person decides about refused events: try again, write elsewhere, or let go. Text is never lost.

use crate::domain::Body;
use crate::domain::Command;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::NewEntry;
use crate::domain::Refusal;
use crate::domain::Timestamp;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::outbox::State;
use crate::replica::outbox::Waiting;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Link;
use crate::replica::words::words_of;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

impl Local {
    /// Sends a parked event again, and with it what it waits behind.
    pub fn retry_parked(&mut self, event: EventId, now: Timestamp) -> Answer {
        let Some(row) = self.outbox.get(event).cloned() else { return unknown() };
        let root = self.behind(&row).and_then(|root| self.outbox.get(root).cloned());
        if [Some(&row), root.as_ref()].into_iter().flatten().any(|row| row.state == State::Damaged) {
            return damaged();
        }
        let again = [Some(row), root].into_iter().flatten().filter(|row| row.state.is_parked());
        let again = again.map(|row| Waiting { state: State::Waiting, code: None, reason: None, ..Waiting::clone(&row) }).collect();
        done(self.change_outbox(again, &[], now))
    }

    /// Writes a parked entry into another incident, as it stands now, and lets go of the refused one.
    pub fn move_parked(&mut self, event: EventId, to: IncidentId, now: Timestamp) -> Answer {
        let Some(row) = self.outbox.get(event).cloned() else { return unknown() };
        if row.state == State::Damaged {
            return damaged();
        }
        let Body::EntryAdded(added) = &row.event.body else {
            return Answer::Refused(Refusal::never("not_an_entry", "only entries are moved; retry it, or export and discard it"));
        };
        // Amendments that wait behind it are part of what it says.
        let _ = self.load(row.event.incident);
        let entry = self.view.get(row.event.incident).and_then(|incident| incident.timeline.find(event)).cloned();
        let mut new = NewEntry::new(added.kind.kind(), added.text.clone());
        new.at = Some(row.event.at);
        new.by = Some(row.event.by.clone());
        new.outcome = added.outcome;
        new.audience = added.audience.clone();
        new.components = added.components.clone();
        if let Some(entry) = entry {
            new.kind = entry.kind;
            new.text = entry.text.to_string();
            new.at = Some(entry.at);
            new.outcome = entry.outcome;
            new.audience = entry.audience.as_deref().map(str::to_owned);
        }
        let answer = self.command(to, Command::AddEntry(new), None, now);
        if !matches!(answer, Answer::Recorded { .. }) {
            return answer;
        }
        let gone: Vec<EventId> = self.outbox.with_dependants(event).iter().map(|row| row.event.id).collect();
        match self.change_outbox(Vec::new(), &gone, now) {
            Ok(()) => answer,
            // It stands there now and still waits here: said, so that it is not moved a second time.
            Err(fault) => Answer::NotSaved(format!("it was written there, but the refused one could not be removed: {fault}")),
        }
    }

    /// Writes a parked event and what waits behind it to a file, then lets go of them.
    pub fn discard_parked(&mut self, event: EventId, now: Timestamp) -> Answer {
        let rows = self.outbox.with_dependants(event);
        if rows.is_empty() {
            return unknown();
        }
        let kept = self.home.keep("discarded", &format!("{event}.txt"), &as_text(&rows));
        let path = match kept {
            Ok(path) => path,
            Err(fault) => return Answer::NotSaved(fault.to_string()),
        };
        let gone: Vec<EventId> = rows.iter().map(|row| row.event.id).collect();
        match self.change_outbox(Vec::new(), &gone, now) {
            Ok(()) => Answer::Told(format!("{} discarded; the text is in {}", counted(rows.len()), path.display())),
            Err(fault) => Answer::NotSaved(fault.to_string()),
        }
    }

    /// Holds an incident in full; what a reader asked for.
    pub fn hold(&mut self, incident: IncidentId) -> Answer {
        match self.ask_for(incident) {
            Ok(true) => Answer::Done,
            Ok(false) if matches!(self.is_away(incident), Ok(true)) => match self.want(incident) {
                Ok(_) => Answer::Refused(self.not_held(incident)),
                Err(fault) => Answer::Refused(Refusal::later("unreadable", fault.to_string())),
            },
            Ok(false) => Answer::Refused(Refusal::never("unknown_incident", "no such incident is held here")),
            Err(fault) => Answer::Refused(Refusal::later("unreadable", fault.to_string())),
        }
    }

    /// Why an incident that is known by its head cannot be shown or written to now.
    pub(super) fn not_held(&self, id: IncidentId) -> Refusal {
        let code =
            self.headers.get(&id).map_or_else(|| self.older.code(id).map(|code| code.to_string()), |header| Some(header.code_text()));
        let code = code.unwrap_or_else(|| id.provisional_code());
        let then = match &self.link {
            Link::Live { .. } | Link::Elsewhere => "it is being fetched",
            Link::Connecting { .. } => "it is fetched as soon as the server is caught up with",
            _ => "it is fetched as soon as the server is reached: keep it open, or `warroom sync`",
        };
        Refusal::later("history_not_held", format!("the history of {code} is older than what is held here, and {then}"))
    }

    /// Changes rows and removes others in one transaction, then folds the touched incidents anew.
    pub(super) fn change_outbox(&mut self, changed: Vec<Waiting>, gone: &[EventId], now: Timestamp) -> Result<(), Fault> {
        let begun = self.database.begin();
        let written = begun.and_then(|()| {
            let written = self.catch_up(now).and_then(|_| self.write_outbox(&changed, gone));
            self.database.finish(written)
        });
        let (changed, change) = self.note(written)?;
        // Whether an event was sent yet does not change what is seen of it; whether it is parked, or what it says, does.
        let is_same = |old: &Waiting, row: &Waiting| old.state.is_parked() == row.state.is_parked() && old.bytes == row.bytes;
        let seen_otherwise = changed.iter().filter(|row| self.outbox.get(row.event.id).is_none_or(|old| !is_same(old, row)));
        let touched: BTreeSet<IncidentId> = seen_otherwise.map(|row| row.event.incident).chain(self.incidents_of(gone)).collect();
        self.outbox_changed = change;
        self.keep_head();
        for row in changed {
            self.outbox.put(row);
        }
        for id in gone {
            self.outbox.remove(*id);
        }
        self.dirty = true;
        if touched.is_empty() { Ok(()) } else { self.settle(&touched) }
    }

    fn incidents_of(&self, events: &[EventId]) -> Vec<IncidentId> {
        events.iter().filter_map(|id| self.outbox.get(*id)).map(|row| row.event.incident).collect()
    }

    fn write_outbox(&self, changed: &[Waiting], gone: &[EventId]) -> Result<(Vec<Waiting>, i64), Fault> {
        let change = self.database.next_change()?;
        // What another process took out of the outbox meanwhile stays out.
        let changed: Vec<_> = changed.iter().filter(|row| self.outbox.get(row.event.id).is_some()).cloned().collect();
        for row in &changed {
            self.database.put_waiting(row, change)?;
        }
        for id in gone {
            self.database.delete_waiting(*id)?;
        }
        for id in self.incidents_of(gone) {
            self.database.outdate_head(id)?;
        }
        Ok((changed, change))
    }

    /// After the outbox changed: folds anew what is held in full, and keeps the heads.
    pub(super) fn settle(&mut self, touched: &BTreeSet<IncidentId>) -> Result<(), Fault> {
        for id in touched {
            self.load(*id)?;
        }
        let heads = self.rebase_held(touched);
        let vanished: Vec<IncidentId> =
            touched.iter().filter(|id| **id != IncidentId::ORG && self.view.get(**id).is_none()).copied().collect();
        // Of what began before the base there is a head; it may tell of what is gone, and is made again from its history.
        let away = vanished.iter().copied().filter(|id| matches!(self.is_away(*id), Ok(true))).collect::<BTreeSet<_>>();
        let vanished: Vec<IncidentId> = vanished.into_iter().filter(|id| !away.contains(id)).collect();
        for id in away {
            self.want(id)?;
        }
        // Heads are a cache that follows: where this fails, the next opening folds these incidents again.
        self.database.begin()?;
        let kept = heads.iter().try_for_each(|header| self.database.keep_head(header));
        let kept = kept.and_then(|()| vanished.iter().try_for_each(|id| self.database.drop_head(*id)));
        self.database.finish(kept)?;
        let headers = Arc::make_mut(&mut self.headers);
        for id in vanished {
            headers.remove(&id);
            self.full.remove(&id);
        }
        headers.extend(heads.into_iter().map(|header| (header.id, header)));
        Ok(())
    }
}

/// For a file a person can read: words first, the exact bytes below.
fn as_text(rows: &[Arc<Waiting>]) -> String {
    rows.iter().fold(String::new(), |mut text, row| {
        let (words, whole) = words_of(&row.event);
        // Writing into a string does not fail.
        let _ = writeln!(text, "{} {} by {}: {words}", row.event.at, row.event.body.kind(), row.event.by);
        if let Some(whole) = whole {
            let _ = writeln!(text, "\n{whole}");
        }
        let reason = row.reason.as_deref().unwrap_or("waited behind the one above");
        let _ = write!(text, "\nrefused: {reason}\nevent: {}\n\n", row.bytes.as_str());
        text
    })
}

pub(super) fn counted(events: usize) -> String {
    if events == 1 { "1 event".into() } else { format!("{events} events") }
}

fn damaged() -> Answer {
    let reason = "what is held of it is not what was written; write it anew, then discarding it keeps what can be read in a file";
    Answer::Refused(Refusal::never("damaged", reason))
}

fn unknown() -> Answer {
    Answer::Refused(Refusal::never("unknown_event", "this event does not wait here any more"))
}

fn done(changed: Result<(), Fault>) -> Answer {
    changed.map_or_else(|fault| Answer::NotSaved(fault.to_string()), |()| Answer::Done)
}

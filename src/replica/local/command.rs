//! From a command to durable events: decided on the newest state, written once, on disk before anybody is told.

use crate::domain::Author;
use crate::domain::Board;
use crate::domain::Command;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::Refusal;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::fold::fold_waiting;
use crate::replica::local::Local;
use crate::replica::outbox::Waiting;
use crate::replica::snapshot::Answer;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a command turns into before it is committed.
pub(super) struct Plan {
    pub rows: Vec<Waiting>,
    /// The touched incidents with the new events on top.
    trial: Board,
    heads: Vec<Header>,
}

impl Local {
    /// Decides and records a command. The answer says what is on disk.
    pub fn command(&mut self, incident: IncidentId, command: Command, draft: Option<&str>, now: Timestamp) -> Answer {
        let named = incidents_of(incident, &command);
        let done = self.record(incident, command, draft, now);
        if matches!(&done, Ok(Err(refusal)) if refusal.code == "history_not_held") {
            for id in named.into_iter().filter(|id| matches!(self.is_away(*id), Ok(true))).collect::<Vec<_>>() {
                // What cannot be noted now is wanted again with the next try.
                let _ = self.want(id);
            }
        }
        match self.note(done) {
            Ok(Ok((events, incident))) => Answer::Recorded { events, incident },
            Ok(Err(refusal)) => Answer::Refused(refusal),
            Err(fault) => Answer::NotSaved(fault.to_string()),
        }
    }

    fn record(
        &mut self,
        incident: IncidentId,
        command: Command,
        draft: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<(Vec<EventId>, IncidentId), Refusal>, Fault> {
        self.database.begin()?;
        // The write lock is held: what is decided now is decided on everything that any process of this home has recorded.
        let planned = self.catch_up(now).and_then(|_| self.plan(incident, command, now));
        let plan = match planned {
            Ok(Ok(plan)) => plan,
            Ok(Err(refusal)) => {
                self.database.abandon();
                return Ok(Err(refusal));
            }
            Err(fault) => return self.database.finish(Err(fault)),
        };
        let written = self.write(&plan, draft);
        let change = self.database.finish(written)?;
        self.outbox_changed = change;
        let events: Vec<EventId> = plan.rows.iter().map(|row| row.event.id).collect();
        let incident = plan.rows.first().map_or(incident, |row| row.event.incident);
        self.unanswered.take_if(|sent| sent.is(&events));
        self.take(plan);
        self.keep_head();
        if draft.is_some() {
            // Recorded is recorded, even if the drafts cannot be read now: whoever is told otherwise writes it again.
            let read = self.read_drafts(now);
            let _ = self.note(read);
        }
        Ok(Ok((events, incident)))
    }

    pub(super) fn plan(&mut self, incident: IncidentId, command: Command, now: Timestamp) -> Result<Result<Plan, Refusal>, Fault> {
        let command = match command {
            Command::RedactEntry { entry, reason } => match self.redactions(incident, entry, &reason)? {
                Ok(command) => command,
                Err(refusal) => return Ok(Err(refusal)),
            },
            command => command,
        };
        for id in incidents_of(incident, &command) {
            if !self.ask_for(id)? && self.is_away(id)? {
                return Ok(Err(self.not_held(id)));
            }
        }
        let author = Author { principal: self.me.clone(), device: self.device };
        let mint = &mut self.mint;
        let decided = match self.unanswered.as_ref().and_then(|sent| sent.same(incident, &command, now)) {
            // The server may have it: it is the same event, whichever way it goes now.
            Some(events) => Ok(events),
            None => self.view.decide(incident, command, &author, now, &mut || mint.stamp(now)),
        };
        let events = match decided {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut trial = Board::new(self.view.org.clone());
        let mut rows = Vec::new();
        for (place, event) in (self.database.next_place()?..).zip(events) {
            let bytes = match EventBytes::write(&event) {
                Ok(bytes) => bytes,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if trial.get(event.incident).is_none()
                && let Some(held) = self.view.get(event.incident)
            {
                trial.put(held.clone());
            }
            let row = self.outbox.row(place, Arc::new(event), bytes, self.log, self.me.person.clone(), &rows);
            fold_waiting(&mut trial, &row);
            rows.push(row);
        }
        let heads = trial.iter().map(|incident| Header::of(incident)).collect();
        Ok(Ok(Plan { rows, trial, heads }))
    }

    fn write(&self, plan: &Plan, draft: Option<&str>) -> Result<i64, Fault> {
        let change = self.database.next_change()?;
        for row in &plan.rows {
            self.database.put_waiting(row, change)?;
        }
        for header in &plan.heads {
            self.database.keep_head(header)?;
        }
        self.keep_mint()?;
        if let Some(key) = draft {
            self.database.drop_draft(key, self.lease)?;
        }
        Ok(change)
    }

    /// Keeps how far ids and indexes got; inside a transaction.
    pub(super) fn keep_mint(&self) -> Result<(), Fault> {
        self.database.keep_number("next_index", self.mint.next_index())?;
        self.database.keep_fact("last_id", Key(self.mint.last()))
    }

    /// What was committed becomes what is seen.
    fn take(&mut self, plan: Plan) {
        self.view.org = plan.trial.org.clone();
        let headers = Arc::make_mut(&mut self.headers);
        for header in plan.heads {
            self.full.insert(header.id);
            headers.insert(header.id, Arc::new(header));
        }
        for incident in plan.trial.iter() {
            self.view.put(incident.clone());
        }
        for row in plan.rows {
            self.to_index.push(row.event.id);
            self.outbox.put(row);
        }
        self.dirty = true;
    }
}

/// The incidents a command reads: the one it is about, and any it names.
fn incidents_of(incident: IncidentId, command: &Command) -> BTreeSet<IncidentId> {
    let mut named = BTreeSet::new();
    match command {
        Command::Declare { .. } | Command::PublishSettings(_) => return named,
        Command::MoveEntry { to, .. } => drop(named.insert(*to)),
        Command::Merge { into } => drop(named.insert(*into)),
        _ => {}
    }
    named.insert(incident);
    named
}

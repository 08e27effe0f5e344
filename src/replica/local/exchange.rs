//! What the exchange asks of the local copy: whom it serves, what to send, what became of it.

use crate::domain::Body;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Retry;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::outbox::State;
use crate::replica::outbox::Waiting;
use crate::replica::past::Past;
use crate::replica::snapshot::Answer;
use crate::replica::standing::Claimed;
use crate::replica::standing::Standing;
use crate::replica::sync::Input;
use crate::replica::sync::Met;
use crate::wire::Me;
use crate::wire::Outcome;
use crate::wire::OutcomeWord;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;

impl Waiting {
    /// The same event, as the token's person says it to this log.
    fn claimed(self, me: &Me) -> Self {
        let (log, person) = (Some(me.log), me.person.clone());
        if self.person == person || self.state == State::Damaged {
            return Self { log, ..self };
        }
        // What is told afterwards is the same whoever tells it, and was not said here under any name.
        if self.event.id.is_derived() {
            return Self { log, person, ..self };
        }
        let event = Event::clone(&self.event).renamed(&self.person, &person);
        // One that became too long under the longer name goes as it is: the server says so, and the words stay.
        let Ok(bytes) = EventBytes::write(&event) else { return Self { log, person, ..self } };
        Self { event: Arc::new(event), sha256: bytes.sha256_hex(), bytes, log, person, ..self }
    }
}

impl Local {
    /// How the copy stands now.
    pub fn standing(&self) -> Standing {
        let (mut sendable, mut sent, mut parked) = (0, 0, 0);
        let any_stuck = self.any_stuck();
        for row in self.outbox.iter() {
            match row.state {
                state if state.is_parked() => parked += 1,
                _ if self.is_held_back(row, any_stuck) => parked += 1,
                // Whoever only looks sends nothing, not even what waited.
                _ if self.read_only => {}
                State::Sent => sent += 1,
                _ => sendable += 1,
            }
        }
        // What of a past stays behind goes once records of what was sent have come.
        if !self.read_only && self.may_refill() {
            sendable += self.past.count;
        }
        Standing {
            position: self.position(),
            device: self.device,
            person: self.me.person.clone(),
            sendable,
            sent,
            parked,
            seen: self.seen_note(),
            wanted: self.wanted(),
            begins: self.begins(),
            history: self.next_history(),
            base: (self.beginning.seq() > 0).then(|| (self.beginning.seq(), self.beginning.edge.root())),
        }
    }

    /// From now on the exchange hears when the copy changes by itself, and what the person here does; `None` ends that. One `beside` another
    /// process's only keeps up presence.
    pub fn tell_exchange(&mut self, exchange: Option<UnboundedSender<Input>>, beside: bool) {
        (self.exchange, self.beside) = (exchange, beside);
        self.told = self.telling();
        self.tell_presence();
    }

    fn telling(&self) -> (i64, u64, usize) {
        (self.outbox_changed, self.seq(), self.wanted_history.len())
    }

    /// Tells the exchange what changed since it was last told.
    pub fn tell_changes(&mut self) {
        let now = self.telling();
        if self.told != now
            && let Some(exchange) = &self.exchange
        {
            // An error says that the exchange has ended; the next one begins with what stands then.
            let _ = exchange.send(Input::Standing(self.standing()));
            self.told = now;
        }
    }

    /// A person wants an exchange now: this process's, or the one of whichever process runs it.
    pub fn sync_now(&mut self, now: Timestamp) -> Answer {
        if let Some(exchange) = &self.exchange {
            let _ = exchange.send(Input::Nudged);
            if !self.beside {
                return Answer::Done;
            }
        }
        let nudged = now.millis();
        match self.small_write(now, |database| database.keep_fact("nudged", nudged)) {
            Ok(()) => Answer::Done,
            Err(fault) => Answer::NotSaved(fault.to_string()),
        }
    }

    /// Another process may have asked for an exchange.
    pub(super) fn hear_nudge(&mut self) -> Result<(), Fault> {
        let nudged = self.database.fact::<i64>("nudged")?.unwrap_or(0);
        if nudged != self.nudged {
            self.nudged = nudged;
            if let Some(exchange) = &self.exchange {
                let _ = exchange.send(Input::Nudged);
            }
        }
        Ok(())
    }

    /// The standing after a look at what other processes did.
    pub fn look_again(&mut self, now: Timestamp) -> Standing {
        // What cannot be read now is looked at again soon.
        let _ = self.catch_up(now);
        self.standing()
    }

    /// Whether a row does not go by itself: it was refused, or is another's.
    fn is_stuck(&self, row: &Waiting) -> bool {
        row.state.is_parked() || self.foreign(row).is_some()
    }

    pub(super) fn any_stuck(&self) -> bool {
        self.outbox.iter().any(|row| self.is_stuck(row))
    }

    /// The event a row waits behind: one it needs that does not go by itself.
    pub(super) fn behind(&self, row: &Waiting) -> Option<EventId> {
        self.outbox.behind(row, |needed| self.is_stuck(needed))
    }

    pub(super) fn is_held_back(&self, row: &Waiting, any_stuck: bool) -> bool {
        any_stuck && (self.behind(row).is_some() || self.foreign(row).is_some())
    }

    /// Belongs to the server's log from now on, and works as the token's person. What was refused for now is tried again if the server or the token is another.
    ///
    /// # Errors
    /// When this copy belongs to another log, the server's is not the one it signed, or it is not on disk.
    pub fn join(&mut self, met: &Met, now: Timestamp) -> Result<Standing, Fault> {
        let me = &met.me;
        if self.log.is_none_or(|log| log == me.log) {
            self.alarmed(now, |local| local.recognise(met, now))?;
        }
        let (person, before) = (me.person.clone(), self.me.clone());
        self.adopt(me, now, |written_by| *written_by == person)?;
        self.welcome(now);
        if self.me != before || !self.is_judged()? {
            self.judge_again(now)?;
        }
        Ok(self.standing())
    }

    /// How many events were written here before there was a server, and under which names.
    pub fn written_alone(&self) -> BTreeMap<Person, usize> {
        let mut names = BTreeMap::new();
        for row in self.outbox.iter().filter(|row| row.log.is_none()) {
            *names.entry(row.person.clone()).or_default() += 1;
        }
        if self.past.count > 0 && self.past.log.is_none() {
            *names.entry(self.past.person.clone()).or_default() += self.past.count;
        }
        names
    }

    /// Claims what was written here before there was a server, by the token's person or under one of the names that are theirs as well. No server
    /// has seen it, so it is written anew under the token's name; what somebody else wrote waits for them.
    ///
    /// # Errors
    /// When this copy belongs to another log, or it is not on disk.
    pub fn claim(&mut self, me: &Me, names: &BTreeSet<Person>, now: Timestamp) -> Result<Claimed, Fault> {
        let is_mine = |person: &Person| *person == me.person || names.contains(person);
        let unclaimed = self.outbox.iter().filter(|row| row.log.is_none() && is_mine(&row.person));
        let unclaimed: Vec<EventId> = unclaimed.map(|row| row.event.id).collect();
        let past = if self.past.log.is_none() && is_mine(&self.past.person) { self.past.count } else { 0 };
        self.adopt(me, now, is_mine)?;
        let claimed = unclaimed.iter().filter_map(|id| self.outbox.get(*id)).filter(|row| row.log.is_some());
        let (events, by_others) =
            claimed.fold((0, 0), |(events, others), row| (events + 1, others + usize::from(row.event.by != me.person)));
        Ok(Claimed { events: events + past, by_others })
    }

    fn adopt(&mut self, me: &Me, now: Timestamp, mine: impl Fn(&Person) -> bool) -> Result<(), Fault> {
        if self.log.is_some_and(|log| log != me.log) {
            return Err(Fault::OtherLog);
        }
        let server = format!("{} {} {} {}", me.version, me.token, me.person, me.scope);
        let another = self.database.fact::<String>("server")?.as_ref() != Some(&server);
        let mut changed: Vec<Waiting> = Vec::new();
        for row in self.outbox.iter() {
            let claims = row.log.is_none() && mine(&row.person);
            let retries = another && row.state == State::Later;
            if claims || retries {
                let mut row = Waiting::clone(row);
                if claims {
                    row = row.claimed(me);
                }
                if retries {
                    (row.state, row.code, row.reason) = (State::Waiting, None, None);
                }
                changed.push(row);
            }
        }
        if another || self.log.is_none() {
            self.keep_server(me, &server, now)?;
        }
        if !changed.is_empty() {
            self.change_outbox(changed, &[], now)?;
        }
        if self.past.count > 0 && self.past.log.is_none() && mine(&self.past.person) {
            self.own_past(Past { log: Some(me.log), person: me.person.clone(), ..self.past.clone() }, now)?;
        }
        Ok(())
    }

    fn keep_server(&mut self, me: &Me, server: &str, now: Timestamp) -> Result<(), Fault> {
        let (log, epoch) = (me.log, if self.seq() == 0 { me.epoch } else { self.epoch });
        let scope = me.scope.word();
        self.small_write(now, |database| {
            database.keep_fact("log", Key(log.0))?;
            database.keep_number("epoch", epoch)?;
            database.keep_fact("server", server)?;
            database.keep_fact("person", me.person.as_str())?;
            database.keep_fact("scope", scope)
        })?;
        self.log = Some(LogId(log.0));
        self.epoch = epoch;
        self.me = Principal { person: me.person.clone(), scope: if self.read_only { Scope::Viewer } else { me.scope } };
        self.dirty = true;
        Ok(())
    }

    /// The next events to send, in order. An entry that was moved is struck only once it stands elsewhere, so the strike never shares a batch with it.
    pub fn next_batch(&mut self, max_events: usize, max_bytes: usize) -> Vec<EventBytes> {
        let is_turned = |row: &&Arc<Waiting>| row.state == State::Waiting && !row.is_sound();
        for row in self.outbox.iter().filter(is_turned).cloned().collect::<Vec<_>>() {
            self.outbox.put(Waiting::clone(&row).damaged());
            self.dirty = true;
        }
        let any_stuck = self.any_stuck();
        let (mut batch, mut size) = (Vec::new(), 0);
        let mut in_batch: BTreeSet<EventId> = BTreeSet::new();
        for row in self.outbox.iter().filter(|row| row.state == State::Waiting) {
            if self.is_held_back(row, any_stuck) {
                continue;
            }
            let moved = match &row.event.body {
                Body::EntryRetracted(struck) => struck.moved_to.is_some_and(|place| in_batch.contains(&place.entry)),
                _ => false,
            };
            size += row.bytes.as_str().len() + 1;
            if moved || batch.len() == max_events || (size > max_bytes && !batch.is_empty()) {
                break;
            }
            in_batch.insert(row.event.id);
            batch.push(row.bytes.clone());
        }
        batch
    }

    /// Notes what became of a push. Accepted events stay until their records come; refused ones are parked, unless what they need was refused before them.
    ///
    /// # Errors
    /// When it is not on disk; then they are sent again, to the same answer.
    pub fn mark(&mut self, outcomes: &[Outcome], now: Timestamp) -> Result<Standing, Fault> {
        let mut changed = Vec::<Waiting>::new();
        for outcome in outcomes {
            let Some(row) = self.outbox.get(outcome.id).filter(|row| !row.state.is_parked()) else { continue };
            let mut row = Waiting::clone(row);
            match outcome.outcome {
                OutcomeWord::Accepted | OutcomeWord::Duplicate => row.state = State::Sent,
                OutcomeWord::Refused => {
                    let refused = |id: &EventId| changed.iter().any(|row| row.event.id == *id && row.state.is_parked());
                    if self.behind(&row).is_some() || row.depends_on.iter().any(refused) {
                        continue;
                    }
                    row.state = if outcome.retry == Some(Retry::Later) { State::Later } else { State::Final };
                    row.code = Some(outcome.code.clone().unwrap_or_else(|| "refused".into()));
                    row.reason = Some(outcome.reason.clone().unwrap_or_else(|| "the server gave no reason".into()));
                }
            }
            changed.push(row);
        }
        // What was taken before the base by which this copy began does not come with the records: it is fetched.
        let is_old = |outcome: &&Outcome| outcome.seq.is_some_and(|seq| seq <= self.beginning.seq());
        let old: Vec<EventId> = outcomes.iter().filter(is_old).map(|outcome| outcome.id).collect();
        let incidents: BTreeSet<IncidentId> = old.iter().filter_map(|id| Some(self.outbox.get(*id)?.event.incident)).collect();
        self.taken_long_ago.extend(old);
        if !changed.is_empty() {
            self.change_outbox(changed, &[], now)?;
        }
        for id in incidents {
            self.want(id)?;
        }
        Ok(self.standing())
    }

    /// What the server said it has, and whose records never came, is sent again: the answer is the same.
    ///
    /// # Errors
    /// When it is not on disk.
    pub fn send_again(&mut self, now: Timestamp) -> Result<Standing, Fault> {
        let rows = self.outbox.iter().filter(|row| row.state == State::Sent);
        let changed: Vec<_> = rows.map(|row| Waiting { state: State::Waiting, ..Waiting::clone(row) }).collect();
        if !changed.is_empty() {
            self.change_outbox(changed, &[], now)?;
        }
        Ok(self.standing())
    }
}

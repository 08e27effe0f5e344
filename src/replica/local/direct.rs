//! Words that cannot be saved here and go straight to the server: the same event until somebody answers for it, kept in memory alone.

use crate::domain::Command;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::domain::Person;
use crate::domain::Refusal;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::PublicKey;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::outbox::State;
use crate::replica::remote::Remote;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Link;
use crate::replica::sync::Fail;
use crate::wire::Outcome;
use crate::wire::OutcomeWord;

/// The same words so much later are meant as others, in milliseconds.
const SAME_FOR_MS: i64 = 600_000;

/// Events that went to the server, and nobody answered.
#[derive(Clone, Debug)]
pub(super) struct Unanswered {
    incident: IncidentId,
    command: Command,
    events: Vec<Event>,
    at: Timestamp,
}

impl Unanswered {
    /// The events of a command, if it is this one.
    pub fn same(&self, incident: IncidentId, command: &Command, now: Timestamp) -> Option<Vec<Event>> {
        let is_same = self.incident == incident && self.command == *command && now.since_ms(self.at) < SAME_FOR_MS;
        is_same.then(|| self.events.clone())
    }

    /// Whether it is these events.
    pub fn is(&self, events: &[EventId]) -> bool {
        self.events.iter().map(|event| event.id).eq(events.iter().copied())
    }
}

/// What goes to the server, and to which one.
#[derive(Clone, Debug)]
pub(in crate::replica) struct Parcel {
    /// Where to.
    pub remote: Remote,
    /// The log it is meant for; none before the first contact.
    pub log: Option<LogId>,
    /// The key that log is known by.
    pub key: Option<PublicKey>,
    /// Whose words they are.
    pub person: Person,
    /// What the events need of what waits here, and then the events: one after another, each only once those before it are taken.
    pub events: Vec<EventBytes>,
    draft: Option<String>,
}

impl Local {
    /// Looks whether it can be saved again, while something keeps it from being saved.
    pub fn try_saving(&mut self, now: Timestamp) {
        if self.trouble.is_some() || !self.drafts_sent.is_empty() {
            // What comes of it is in `trouble`.
            let _ = self.let_go_of_sent(now);
        }
    }

    /// From now on words that cannot be saved may go there.
    pub fn know_remote(&mut self, remote: Option<Remote>) {
        self.remote = remote;
    }

    /// Decides a command on what is held here, and packs its events for the server; or answers why not.
    pub(in crate::replica) fn parcel(
        &mut self,
        incident: IncidentId,
        command: Command,
        draft: Option<String>,
        now: Timestamp,
    ) -> Result<Parcel, Answer> {
        let refused = |code, why: &str| Err(Answer::Refused(Refusal::later(code, why)));
        let Some(remote) = self.remote.clone() else { return refused("no_server", "no server is configured here to send it to") };
        if let Link::Refused { why } | Link::LockedOut { why } = &self.link {
            return refused("turned_away", why);
        }
        let planned = self.catch_up(now).and_then(|_| self.plan(incident, command.clone(), now));
        let plan = match planned {
            Ok(Ok(plan)) => plan,
            Ok(Err(refusal)) => return Err(Answer::Refused(refusal)),
            Err(fault) => return Err(Answer::NotSaved(fault.to_string())),
        };
        let needed = self.outbox.needed_by(&plan.rows);
        let any_stuck = self.any_stuck();
        if needed.iter().any(|row| row.state.is_parked() || self.is_held_back(row, any_stuck)) {
            return refused("waits_behind", "it needs what the server refused or another wrote here: see to that first");
        }
        let before = needed.iter().filter(|row| row.state == State::Waiting).map(|row| row.bytes.clone());
        let events = before.chain(plan.rows.iter().map(|row| row.bytes.clone())).collect();
        let own = plan.rows.iter().map(|row| Event::clone(&row.event)).collect();
        let at = self.unanswered.as_ref().filter(|sent| sent.same(incident, &command, now).is_some()).map_or(now, |sent| sent.at);
        self.unanswered = Some(Unanswered { incident, command, events: own, at });
        let (log, key, person) = (self.log, self.trust.key, self.me.person.clone());
        Ok(Parcel { remote, log, key, person, events, draft })
    }

    /// Takes what became of a parcel, and answers whoever sent it.
    pub(in crate::replica) fn arrived(&mut self, parcel: Parcel, told: Result<Vec<Outcome>, Fail>, now: Timestamp) -> Answer {
        let outcomes = match told {
            Ok(outcomes) => outcomes,
            Err(Fail::Forbidden(why) | Fail::LockedOut(why) | Fail::Scope(why)) => {
                self.unanswered = None;
                return Answer::Refused(Refusal::later("turned_away", why));
            }
            Err(Fail::TooLarge(why)) => {
                self.unanswered = None;
                return Answer::Refused(Refusal::never("malformed", why));
            }
            Err(fail) => {
                return Answer::NotSaved(format!("no answer from the server ({fail}); tried again, it is still recorded once"));
            }
        };
        self.unanswered = None;
        if let Some(refused) = outcomes.iter().find(|outcome| outcome.outcome == OutcomeWord::Refused) {
            let reason = refused.reason.as_deref().unwrap_or("it gave no reason");
            return Answer::Refused(Refusal::never("refused_by_server", format!("the server refused it: {reason}")));
        }
        self.drafts_sent.extend(parcel.draft);
        // Tried again until something can be written.
        let _ = self.let_go_of_sent(now);
        let seq = outcomes.last().and_then(|outcome| outcome.seq).map_or_else(String::new, |seq| format!(" as record {seq}"));
        Answer::Told(format!("recorded by the server{seq}, not held here"))
    }

    /// Writes that words were sent, and so whether anything can be written again.
    pub(super) fn let_go_of_sent(&mut self, now: Timestamp) -> Result<(), Fault> {
        let (lease, sent) = (self.lease, self.drafts_sent.clone());
        self.small_write(now, |database| {
            sent.iter().try_for_each(|key| database.drop_draft(key, lease))?;
            database.keep_fact("tried", now.millis())
        })?;
        self.drafts_sent.clear();
        Ok(())
    }
}

//! The sending half: batches of what waits, one at a time, beside the stream.

use crate::domain::Retry;
use crate::ledger::EventBytes;
use crate::replica::standing::Standing;
use crate::replica::sync::Fail;
use crate::replica::sync::Machine;
use crate::replica::sync::Output;
use crate::replica::sync::Phase;
use crate::wire::Outcome;
use crate::wire::OutcomeWord;
use crate::wire::PUSH_MAX_EVENTS;
use crate::wire::Pushed;

/// How far a push is.
#[derive(Debug)]
pub(super) struct Pushing {
    at: At,
    pub not_before_ms: Option<u64>,
    /// Halved while bodies are too large or fail as a whole.
    max_events: usize,
    /// What is on its way, to park it if nothing else helps.
    sent: Vec<EventBytes>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    Rest,
    Taking,
    Sending,
    Marking,
}

impl Default for Pushing {
    fn default() -> Self {
        Self { at: At::Rest, not_before_ms: None, max_events: PUSH_MAX_EVENTS, sent: Vec::new() }
    }
}

impl Pushing {
    pub fn is_busy(&self) -> bool {
        self.at != At::Rest
    }

    /// The copy is told something; nothing else is sent until it has answered.
    pub fn mark(&mut self) {
        self.at = At::Marking;
    }

    /// A new attempt begins: whatever was on its way is asked for again.
    pub fn forget(&mut self) {
        *self = Self { max_events: self.max_events, ..Self::default() };
    }
}

impl Machine {
    pub(super) fn may_push(&self) -> bool {
        !self.beside && matches!(self.phase, Phase::Caught | Phase::Listening { .. })
    }

    pub(super) fn push_on(&mut self, now_ms: u64) {
        let due = self.push.not_before_ms.is_none_or(|then| now_ms >= then);
        if self.may_push() && self.push.at == At::Rest && due && self.standing.sendable > 0 {
            self.push.not_before_ms = None;
            self.push.at = At::Taking;
            self.out.push(Output::TakeBatch { ticket: self.ticket, max_events: self.push.max_events });
        }
    }

    pub(super) fn batch(&mut self, ticket: u64, events: Vec<EventBytes>, now_ms: u64) {
        if ticket != self.ticket || self.push.at != At::Taking {
            return;
        }
        if events.is_empty() {
            // The count was out of date; a new standing comes with whatever changed it.
            self.push.at = At::Rest;
            self.push.not_before_ms = Some(now_ms + 1_000);
            return;
        }
        self.push.at = At::Sending;
        self.push.sent.clone_from(&events);
        self.out.push(Output::Push { ticket, events });
    }

    pub(super) fn pushed(&mut self, ticket: u64, answer: Result<Pushed, Fail>, now_ms: u64) {
        let current = ticket == self.ticket && self.push.at == At::Sending;
        match answer {
            Ok(pushed) if current && pushed.outcomes.is_empty() => {
                self.fail(Fail::Garbled("the server's answer to what was sent says nothing of it".into()), now_ms);
            }
            // What the server did is done, however late its answer is.
            Ok(pushed) => {
                if current {
                    self.push.at = At::Marking;
                    self.sent_since_page = true;
                    self.push.max_events = PUSH_MAX_EVENTS.min(self.push.max_events * 2);
                }
                self.out.push(Output::Mark(pushed.outcomes));
            }
            Err(_) if !current => {}
            Err(Fail::Busy { why, retry_after_ms }) => {
                self.push.at = At::Rest;
                let wait_ms = self.next_wait_ms(retry_after_ms);
                self.push.not_before_ms = Some(now_ms + wait_ms);
                if self.once {
                    self.out.push(Output::Finished(Err(why)));
                }
            }
            Err(Fail::TooLarge(why)) => {
                self.push.at = At::Rest;
                match self.push.sent.len() {
                    0 | 1 => self.refuse_sent("malformed", &why, Retry::Never),
                    several => self.push.max_events = several / 2,
                }
            }
            // A token that may not write: what was written waits for another one, and reading goes on.
            Err(Fail::Scope(why)) => self.refuse_sent("scope", &why, Retry::Later),
            Err(fail) => self.fail(fail, now_ms),
        }
    }

    /// The body was refused as a whole: so is each event in it.
    fn refuse_sent(&mut self, code: &str, why: &str, retry: Retry) {
        let events = self.push.sent.iter().filter_map(|bytes| bytes.read().ok());
        let refused = events.map(|event| Outcome {
            id: event.id,
            outcome: OutcomeWord::Refused,
            seq: None,
            code: Some(code.to_owned()),
            reason: Some(why.to_owned()),
            retry: Some(retry),
        });
        let outcomes = refused.collect();
        self.push.at = At::Marking;
        self.out.push(Output::Mark(outcomes));
    }

    pub(super) fn marked(&mut self, answer: Result<Standing, Fail>, now_ms: u64) {
        if self.push.at == At::Marking {
            self.push.at = At::Rest;
        }
        match answer {
            Ok(standing) => self.stand(standing, now_ms),
            Err(Fail::Garbled(_)) => self.push.not_before_ms = Some(now_ms + 5_000),
            Err(fail) => self.fail(fail, now_ms),
        }
    }
}

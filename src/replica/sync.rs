//! The exchange with a server as a pure machine: what happened goes in, what to do comes out. No clock, no network, no randomness.

mod begin;
mod fill;
mod input;
mod listen;
mod presence;
mod pull;
mod push;
#[cfg(test)]
mod tests;

pub use input::Fail;
pub use input::Here;
pub use input::Input;
pub use input::Met;
pub use input::Output;
pub use input::Place;
pub use input::Probe;
pub use input::Recalled;
pub use input::Shown;
pub use input::StreamItem;

use crate::ledger::Position;
use crate::replica::standing::Standing;
use crate::wire::Base;
use crate::wire::EventsPage;
use crate::wire::Pair;
use presence::Reporting;
use push::Pushing;

/// A stream that was silent for so long is shown as stale …
pub const STALE_AFTER_MS: u64 = 20_000;
/// … and for so long, is dead.
pub const DEAD_AFTER_MS: u64 = 35_000;
/// After a refusal only a person can resolve, how long until the server is asked again whether that has changed.
const ASK_AGAIN_MS: u64 = 60_000;
/// How long an accepted event may wait for its record before it is sent again.
const SEND_AGAIN_MS: u64 = 30_000;
/// How often a sign of life is worth showing.
const SHOW_EVERY_MS: u64 = 1_000;
const BACK_OFF_FIRST_MS: u64 = 500;
/// A server that is back is found within so long: people who wait for it look at the screen.
const BACK_OFF_MAX_MS: u64 = 15_000;
/// Records that may wait to be stored before the stream is given up for pages.
const BUFFER_MAX_RECORDS: usize = 5_000;

/// Where the exchange is.
#[derive(Clone, PartialEq, Debug)]
enum Phase {
    /// Not begun, or over.
    Idle,
    /// Asked who the token is.
    Meeting,
    /// The copy takes the answer in.
    Joining,
    /// Asked where its days begin, then for the heads of all incidents.
    Beginning(Option<Box<Base>>),
    /// Asked for the next page, or storing one.
    Paging,
    /// Looking for the last record both sides hold: it is at or after `low`, before `high`. It began where `ours` was; the answers are of `epoch`.
    Probing { low: u64, high: u64, ours: Position, epoch: Option<u64> },
    /// Nothing after the base is the same. Whether the base is of the server's log, which probes up to it cannot tell, its root is asked for; the
    /// server's log reaches to this place.
    Weighing(Position),
    /// The copy goes back to what both hold.
    Cutting,
    /// Everything the server has is here; a one-shot exchange stays in this phase, others listen.
    Caught,
    /// The stream is being opened, or open.
    Listening { open: bool },
    /// Out of reach until then.
    BackOff { until_ms: u64, why: String, is_here: bool },
    /// Only a person can help; asked again then.
    Refused { until_ms: u64, why: String, is_locked_out: bool },
}

/// The page after the one that is being stored.
#[derive(Debug)]
enum Ahead {
    No,
    Asked,
    Here(EventsPage),
}

/// One exchange with one server.
#[derive(Debug)]
pub struct Machine {
    /// Ends once nothing waits, instead of listening.
    once: bool,
    /// Another process does the exchange: this one tells of the person here and hears who is there, and nothing else.
    beside: bool,
    phase: Phase,
    /// Rises with every new attempt: answers to earlier questions are passed over.
    ticket: u64,
    standing: Standing,
    met: Option<Met>,
    push: Pushing,
    reporting: Reporting,
    failures: u32,
    offline_since_ms: Option<u64>,
    /// State of the jitter, seeded from outside.
    jitter: u64,
    heard_ms: u64,
    /// Where the server's log is known to reach.
    head_seq: u64,
    applying: bool,
    /// Whether events that were withheld are on their way.
    filling: bool,
    buffer: Vec<Pair>,
    ahead: Ahead,
    /// Since when accepted events wait for their records.
    sent_since_ms: Option<u64>,
    /// The epoch in which this attempt was last told to start anew …
    cut_before: Option<u64>,
    /// … and whether the server has confirmed since then what is held here.
    confirmed: bool,
    /// Whether this attempt had caught up before.
    caught_before: bool,
    /// Whether something was sent since the last page.
    sent_since_page: bool,
    now_ms: u64,
    shown: Option<Shown>,
    out: Vec<Output>,
}

impl Machine {
    /// A machine for a copy that stands so. It begins with the first `Input::Woken`.
    pub fn new(standing: Standing, once: bool, seed: u64) -> Self {
        Self {
            once,
            beside: false,
            phase: Phase::Idle,
            ticket: 0,
            standing,
            met: None,
            push: Pushing::default(),
            reporting: Reporting::default(),
            failures: 0,
            offline_since_ms: None,
            jitter: seed | 1,
            heard_ms: 0,
            head_seq: 0,
            applying: false,
            filling: false,
            buffer: Vec::new(),
            ahead: Ahead::No,
            sent_since_ms: None,
            cut_before: None,
            confirmed: false,
            caught_before: false,
            sent_since_page: false,
            now_ms: 0,
            shown: None,
            out: Vec::new(),
        }
    }

    /// A machine for a process that leaves the exchange to another one, and keeps up presence only.
    pub fn beside(standing: Standing, seed: u64) -> Self {
        Self { beside: true, ..Self::new(standing, false, seed) }
    }

    /// What to do about what happened. `now_ms` never goes back.
    pub fn step(&mut self, input: Input, now_ms: u64) -> Vec<Output> {
        self.now_ms = now_ms;
        self.take(input, now_ms);
        self.keep_time(now_ms);
        self.go_on(now_ms);
        self.report(now_ms);
        self.show();
        std::mem::take(&mut self.out)
    }

    /// Whether it keeps up presence only.
    pub fn is_beside(&self) -> bool {
        self.beside
    }

    /// When to wake the machine if nothing happens before.
    pub fn next_wake_ms(&self) -> Option<u64> {
        let phase = match &self.phase {
            Phase::Idle => Some(0),
            Phase::BackOff { until_ms, .. } | Phase::Refused { until_ms, .. } => Some(*until_ms),
            Phase::Listening { .. } => {
                let stale_ms = self.heard_ms + STALE_AFTER_MS;
                Some(if self.now_ms < stale_ms { stale_ms } else { self.heard_ms + DEAD_AFTER_MS })
            }
            _ => None,
        };
        let sent = self.sent_since_ms.filter(|_| self.may_push() && !self.push.is_busy()).map(|since| since + SEND_AGAIN_MS);
        let push = self.push.not_before_ms.filter(|_| self.may_push() && self.standing.sendable > 0);
        [phase, sent, push, self.next_report_ms()].into_iter().flatten().min()
    }

    fn take(&mut self, input: Input, now_ms: u64) {
        match input {
            Input::Woken => {}
            Input::Nudged => {
                self.push.not_before_ms = None;
                if matches!(self.phase, Phase::BackOff { .. } | Phase::Refused { .. }) {
                    self.begin(now_ms);
                }
            }
            Input::Standing(standing) => self.stand(standing, now_ms),
            Input::Here(here) => self.reporting.take(here, now_ms),
            // What was found true is shown to the server at the next meeting.
            Input::Witnessed(Ok(standing)) => self.stand(standing, now_ms),
            Input::Witnessed(Err(fail)) => self.fail(fail, now_ms),
            Input::Met { ticket, answer } if ticket == self.ticket => self.meet(answer, now_ms),
            Input::Joined { ticket, answer } => self.joined(ticket, answer, now_ms),
            Input::Based { ticket, answer } if ticket == self.ticket => self.based(answer, now_ms),
            Input::Heads { ticket, answer } if ticket == self.ticket => self.heads(answer, now_ms),
            Input::HeadsKept { ticket, answer } if ticket == self.ticket => self.heads_kept(answer, now_ms),
            Input::Page { ticket, answer } if ticket == self.ticket => self.page(answer, now_ms),
            Input::Applied(answer) => self.applied(answer, now_ms),
            Input::Probed { ticket, answer } if ticket == self.ticket => self.probed(answer, now_ms),
            Input::Cut { ticket, answer } => match answer {
                Ok(standing) => {
                    self.stand(standing, now_ms);
                    if ticket == self.ticket {
                        self.catch_up();
                    }
                }
                Err(fail) => self.fail(fail, now_ms),
            },
            Input::Batch { ticket, events } => self.batch(ticket, events, now_ms),
            Input::Pushed { ticket, answer } => self.pushed(ticket, answer, now_ms),
            Input::Marked(answer) => self.marked(answer, now_ms),
            Input::Records { ticket, answer } if ticket == self.ticket => self.records(answer, now_ms),
            Input::History { ticket, ask, answer } if ticket == self.ticket => self.history(ask, answer, now_ms),
            Input::Filled(answer) => self.filled(answer, now_ms),
            Input::Stream { ticket, item } if ticket == self.ticket => self.streamed(item, now_ms),
            Input::Met { .. } | Input::Page { .. } | Input::Probed { .. } | Input::Records { .. } | Input::Stream { .. } => {}
            Input::Based { .. } | Input::Heads { .. } | Input::HeadsKept { .. } | Input::History { .. } => {}
        }
    }

    /// Timers that are due.
    fn keep_time(&mut self, now_ms: u64) {
        match &self.phase {
            Phase::Idle => self.begin(now_ms),
            Phase::BackOff { until_ms, .. } | Phase::Refused { until_ms, .. } if now_ms >= *until_ms => self.begin(now_ms),
            Phase::Listening { .. } if now_ms >= self.heard_ms + DEAD_AFTER_MS => {
                self.fail(Fail::Unreachable(format!("the stream was silent for {} s", DEAD_AFTER_MS / 1000)), now_ms);
            }
            Phase::Listening { .. } if now_ms >= self.heard_ms + STALE_AFTER_MS => self.mark_stale(),
            _ => {}
        }
        if self.may_push() && self.sent_since_ms.is_some_and(|since| now_ms >= since + SEND_AGAIN_MS) {
            self.send_again();
        }
    }

    fn send_again(&mut self) {
        if !self.push.is_busy() {
            self.sent_since_ms = None;
            self.push.mark();
            self.out.push(Output::SendAgain);
        }
    }

    /// What follows once nothing else is in the way.
    fn go_on(&mut self, now_ms: u64) {
        if !self.buffer.is_empty() && !self.applying && matches!(self.phase, Phase::Listening { .. }) {
            self.applying = true;
            self.out.push(Output::Apply(std::mem::take(&mut self.buffer)));
        }
        self.push_on(now_ms);
        self.fill_on();
        if self.phase != Phase::Caught || (self.once && (self.push.is_busy() || self.filling)) {
            return;
        }
        if !self.once {
            self.phase = Phase::Listening { open: false };
            self.heard_ms = now_ms;
            if let Some(position) = self.standing.position {
                self.out.push(Output::OpenStream { ticket: self.ticket, position });
            }
        } else if self.sent_since_page {
            self.sent_since_page = false;
            self.phase = Phase::Paging;
            self.ask_page();
        } else if !self.out.iter().any(|output| matches!(output, Output::Finished(_))) {
            self.out.push(Output::Finished(Ok(())));
        }
    }

    fn begin(&mut self, now_ms: u64) {
        self.ticket += 1;
        self.push.forget();
        self.buffer.clear();
        self.ahead = Ahead::No;
        self.filling = false;
        (self.cut_before, self.confirmed) = (None, false);
        self.caught_before = false;
        self.sent_since_page = false;
        self.heard_ms = now_ms;
        self.phase = Phase::Meeting;
        self.out.push(Output::AskMe { ticket: self.ticket, seen: self.standing.seen.clone() });
    }

    fn meet(&mut self, answer: Result<Met, Fail>, now_ms: u64) {
        match answer {
            Ok(met) if self.standing.position.is_some_and(|position| position.log != met.me.log) => {
                let why =
                    "this address holds another log than this home; nothing was sent. Use another --home for it, or check the address";
                self.met = Some(met);
                self.refuse(why.into(), now_ms);
            }
            Ok(met) if self.beside => {
                self.heard_ms = now_ms;
                self.met = Some(met);
                self.phase = Phase::Listening { open: false };
                self.out.push(Output::OpenPresence { ticket: self.ticket });
            }
            Ok(met) => {
                self.heard_ms = now_ms;
                self.out.push(Output::Join { ticket: self.ticket, met: Box::new(met.clone()) });
                self.met = Some(met);
                self.phase = Phase::Joining;
            }
            Err(fail) => self.fail(fail, now_ms),
        }
    }

    fn stand(&mut self, standing: Standing, now_ms: u64) {
        self.sent_since_ms = match standing.sent {
            0 => None,
            // Progress starts the wait anew.
            sent if sent != self.standing.sent => Some(now_ms),
            _ => self.sent_since_ms.or(Some(now_ms)),
        };
        self.standing = standing;
    }

    fn fail(&mut self, fail: Fail, now_ms: u64) {
        match fail {
            Fail::Resync => self.probe_from_the_end(),
            Fail::Forbidden(why) | Fail::Scope(why) => self.refuse(why, now_ms),
            Fail::LockedOut(why) => self.leave(Phase::Refused { until_ms: now_ms + ASK_AGAIN_MS, why, is_locked_out: true }),
            Fail::Unreachable(why) => self.back_off(why, None, now_ms),
            Fail::Busy { why, retry_after_ms } => self.back_off(why, retry_after_ms, now_ms),
            Fail::TooLarge(why) | Fail::Garbled(why) => self.back_off(why, None, now_ms),
            Fail::Unstored(why) => {
                let until_ms = now_ms + self.next_wait_ms(None);
                self.leave(Phase::BackOff { until_ms, why, is_here: true });
            }
        }
    }

    fn refuse(&mut self, why: String, now_ms: u64) {
        self.leave(Phase::Refused { until_ms: now_ms + ASK_AGAIN_MS, why, is_locked_out: false });
    }

    fn back_off(&mut self, why: String, retry_after_ms: Option<u64>, now_ms: u64) {
        self.offline_since_ms.get_or_insert(now_ms);
        let wait_ms = self.next_wait_ms(retry_after_ms);
        self.leave(Phase::BackOff { until_ms: now_ms + wait_ms, why, is_here: false });
    }

    /// The server stops in good order: it, or another in its place, is looked for at once, and not by everybody in the same moment.
    fn come_again(&mut self, now_ms: u64) {
        self.failures = 0;
        let wait_ms = self.next_wait_ms(None) / 2;
        self.failures = 0;
        self.leave(Phase::BackOff { until_ms: now_ms + wait_ms, why: "the server stops".into(), is_here: false });
    }

    fn leave(&mut self, phase: Phase) {
        self.ticket += 1;
        self.buffer.clear();
        self.ahead = Ahead::No;
        self.push.forget();
        self.out.push(Output::CloseStream);
        if self.once {
            let (Phase::BackOff { why, .. } | Phase::Refused { why, .. }) = &phase else { return };
            self.out.push(Output::Finished(Err(why.clone())));
        }
        self.phase = phase;
    }

    /// Doubles from half a second to [`BACK_OFF_MAX_MS`], of which the second half is left to chance, so that many do not come back at once.
    fn next_wait_ms(&mut self, retry_after_ms: Option<u64>) -> u64 {
        let full = BACK_OFF_MAX_MS.min(BACK_OFF_FIRST_MS << self.failures.min(10));
        self.failures = self.failures.saturating_add(1);
        // xorshift64 (Marsaglia 2003)
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 7;
        self.jitter ^= self.jitter << 17;
        let jittered = full / 2 + self.jitter % (full / 2 + 1);
        // Retry-After is a promise not to come earlier; chance only adds.
        retry_after_ms.map_or(jittered, |least| least.max(jittered))
    }
}

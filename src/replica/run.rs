//! One machine at work: what it orders is asked of the server or done with the copy, and what came of it is told to the machine.

use crate::domain::DeviceId;
use crate::domain::Timestamp;
use crate::ledger::Position;
use crate::replica::exchange::Exchanged;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::remote::Http;
use crate::replica::snapshot::Link;
use crate::replica::sync::Fail;
use crate::replica::sync::Here;
use crate::replica::sync::Input;
use crate::replica::sync::Machine;
use crate::replica::sync::Output;
use crate::replica::sync::Probe;
use crate::replica::sync::Shown;
use crate::replica::sync::StreamItem;
use crate::replica::thread::Requests;
use crate::replica::thread::now;
use crate::wire::EventsPage;
use crate::wire::OutcomeWord;
use crate::wire::PUSH_MAX_BYTES;
use crate::wire::PresenceReport;
use std::time::Duration;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;
use tokio::time::sleep_until;

/// One machine at work.
pub(super) struct Run {
    requests: Requests,
    http: Http,
    machine: Machine,
    /// What the server knows this war room's presence by.
    room: DeviceId,
    tell: UnboundedSender<Input>,
    heard: UnboundedReceiver<Input>,
    pub(super) stream: Option<AbortHandle>,
    began: Instant,
    finished: bool,
    pub(super) done: Exchanged,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.close_stream();
    }
}

impl Run {
    /// Puts a machine to work; `stream` is one that is open already, until the machine's own is.
    pub(super) fn new(requests: Requests, http: Http, room: DeviceId, machine: Machine, stream: Option<AbortHandle>) -> Self {
        let (tell, heard) = mpsc::unbounded_channel();
        let (told, beside) = (tell.clone(), machine.is_beside());
        requests.visit(move |local| local.tell_exchange(Some(told), beside));
        Self { requests, http, machine, room, tell, heard, stream, began: Instant::now(), finished: false, done: Exchanged::default() }
    }

    pub(super) async fn until_finished(&mut self) {
        while !self.finished {
            let wake = self.machine.next_wake_ms().map(|at_ms| self.began + Duration::from_millis(at_ms));
            let input = tokio::select! {
                biased;
                heard = self.heard.recv() => heard.unwrap_or(Input::Woken),
                () = sleep_until(wake.unwrap_or_else(Instant::now).into()), if wake.is_some() => Input::Woken,
            };
            self.step(input);
        }
        self.close_stream();
    }

    fn step(&mut self, input: Input) {
        let now_ms = self.began.elapsed().as_millis() as u64;
        for output in self.machine.step(input, now_ms) {
            self.perform(output);
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::AskMe { ticket, seen } => {
                self.ask(async move |http| Input::Met { ticket, answer: http.meet(seen.as_deref()).await });
            }
            Output::AskPage { ticket, after } => {
                self.ask(async move |http| Input::Page { ticket, answer: http.page(&after).await });
            }
            Output::Push { ticket, events } => {
                self.ask(async move |http| Input::Pushed { ticket, answer: http.push(&events).await });
            }
            Output::AskRecords { ticket, places } => {
                self.ask(async move |http| Input::Records { ticket, answer: http.records(&places).await });
            }
            Output::AskBase { ticket, days } => {
                self.ask(async move |http| Input::Based { ticket, answer: http.base(days).await });
            }
            Output::AskHeads { ticket, after } => {
                self.ask(async move |http| Input::Heads { ticket, answer: http.heads(after).await });
            }
            Output::KeepHeads { ticket, page } => {
                self.visit(move |local| Input::HeadsKept { ticket, answer: local.keep_heads(&page).map_err(Fail::from) });
            }
            Output::Begin { ticket, base } => {
                self.visit(move |local| Input::Joined { ticket, answer: local.begin_at(&base, now()).map_err(Fail::from) });
            }
            Output::AskHistory { ticket, ask } => {
                self.ask(async move |http| Input::History { ticket, ask, answer: http.history(ask).await });
            }
            Output::KeepHistory { ask, page } => {
                self.visit(move |local| Input::Filled(local.keep_history(ask, page.as_ref(), now()).map_err(Fail::from)));
            }
            Output::Fill(page) => self.visit(move |local| Input::Filled(local.fill(&page, now()).map_err(Fail::from))),
            Output::Probe { ticket, seq } => self.probe(ticket, seq),
            Output::OpenStream { ticket, position } => self.open_stream(ticket, Some(position)),
            Output::OpenPresence { ticket } => self.open_stream(ticket, None),
            Output::CloseStream => self.close_stream(),
            Output::Report(here) => {
                let (http, Here { incident, key_age_ms, is_writing: writing }) = (self.http.clone(), here);
                let report = PresenceReport { device: self.room, incident, key_age_ms, writing };
                tokio::spawn(async move { http.report(&report).await });
            }
            Output::See(news) => drop(self.requests.visit(move |local| local.see(news))),
            Output::Join { ticket, met } => {
                self.visit(move |local| Input::Joined { ticket, answer: local.join(&met, now()).map_err(Fail::from) });
            }
            Output::Witness(note) => {
                self.visit(move |local| Input::Witnessed(local.witness(&note, now()).map(|()| local.standing()).map_err(Fail::from)));
            }
            Output::Apply(pairs) => self.visit(move |local| Input::Applied(local.take_page(&pairs, now()).map_err(Fail::from))),
            Output::CutBack { ticket, seq, epoch } => {
                self.visit(move |local| Input::Cut { ticket, answer: local.cut_back(seq, epoch, now()).map_err(Fail::from) });
            }
            Output::TakeBatch { ticket, max_events } => {
                // The body around the events takes a few bytes of its own.
                self.visit(move |local| {
                    local.refill(max_events, now());
                    Input::Batch { ticket, events: local.next_batch(max_events, PUSH_MAX_BYTES - 64) }
                });
            }
            Output::Mark(outcomes) => {
                let refused = outcomes.iter().filter(|outcome| outcome.outcome == OutcomeWord::Refused).count();
                self.done.refused += refused;
                self.done.sent += outcomes.len() - refused;
                self.visit(move |local| Input::Marked(local.mark(&outcomes, now()).map_err(Fail::from)));
            }
            Output::SendAgain => self.visit(|local| Input::Marked(local.send_again(now()).map_err(Fail::from))),
            Output::Show(shown) => {
                let (link, mark) = (self.link(shown), self.http.remote.token_mark());
                self.requests.visit(move |local| {
                    local.keep_turned_away(&mark, &link, now());
                    local.set_link(link, now());
                });
            }
            Output::Finished(outcome) => {
                self.done.trouble = outcome.err();
                self.finished = true;
            }
        }
    }

    fn ask<F>(&self, question: impl FnOnce(Http) -> F)
    where
        F: Future<Output = Input> + Send + 'static,
    {
        let answer = question(self.http.clone());
        let tell = self.tell.clone();
        tokio::spawn(async move {
            // An error says that the exchange is over.
            let _ = tell.send(answer.await);
        });
    }

    fn visit(&self, act: impl FnOnce(&mut Local) -> Input + Send + 'static) {
        let tell = self.tell.clone();
        self.requests.visit(move |local| {
            let _ = tell.send(act(local));
        });
    }

    fn probe(&self, ticket: u64, seq: u64) {
        let (http, requests, tell) = (self.http.clone(), self.requests.clone(), self.tell.clone());
        tokio::spawn(async move {
            let page = match http.record(seq).await {
                Ok(page) => page,
                // Beyond the end of a log there is nothing to compare; where the end is, its first record tells.
                Err(Fail::Resync) if seq > 1 => match http.record(1).await {
                    Ok(page) => EventsPage { records: Vec::new(), ..page },
                    Err(fail) => return drop(tell.send(Input::Probed { ticket, answer: Err(fail) })),
                },
                Err(fail) => return drop(tell.send(Input::Probed { ticket, answer: Err(fail) })),
            };
            requests.visit(move |local| {
                let head = page.head.position;
                let theirs = page.records.first().map(|pair| pair.record.get());
                let same = if seq == 0 { Ok(true) } else { theirs.map_or(Ok(false), |theirs| local.has_record(seq, theirs)) };
                let answer = same.map(|same| Probe { seq, same, head }).map_err(Fail::from);
                let _ = tell.send(Input::Probed { ticket, answer });
            });
        });
    }

    /// Opens the stream after a position, or that of presence alone; the one before ends once this one is open.
    fn open_stream(&mut self, ticket: u64, after: Option<Position>) {
        let (http, tell, room, before) = (self.http.clone(), self.tell.clone(), self.room, self.stream.take());
        let task = tokio::spawn(async move {
            let told = |item: StreamItem| {
                before.iter().for_each(AbortHandle::abort);
                drop(tell.send(Input::Stream { ticket, item }));
            };
            let fail = http.stream(after.as_ref(), room, told).await;
            before.iter().for_each(AbortHandle::abort);
            let item = if fail == Fail::Resync { StreamItem::Resync } else { StreamItem::Ended(fail) };
            let _ = tell.send(Input::Stream { ticket, item });
        });
        self.stream = Some(task.abort_handle());
    }

    fn close_stream(&mut self) {
        if let Some(stream) = self.stream.take() {
            stream.abort();
        }
    }

    /// The machine counts milliseconds since it began; people read clocks.
    fn link(&self, shown: Shown) -> Link {
        let (now_ms, wall) = (self.began.elapsed().as_millis() as i64, now());
        let at = |ms: u64| -> Timestamp { wall.plus_ms(ms as i64 - now_ms) };
        match shown {
            Shown::Connecting { .. } | Shown::Live { .. } if self.machine.is_beside() => Link::Elsewhere,
            Shown::Connecting { behind } => Link::Connecting { behind },
            Shown::Live { round_trip_ms, skew_ms, heard_ms, .. } => Link::Live { round_trip_ms, skew_ms, heard_at: at(heard_ms) },
            Shown::Offline { since_ms, why, retry_at_ms } => Link::Offline { since: at(since_ms), why, retry_at: at(retry_at_ms) },
            Shown::Unstored { why } => Link::Unstored { why },
            Shown::Refused { why } => Link::Refused { why },
            Shown::LockedOut { why } => Link::LockedOut { why },
        }
    }
}

impl From<Fault> for Fail {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::OtherLog | Fault::Untrue(_) => Self::Forbidden(fault.to_string()),
            Fault::Unfit(_) => Self::Garbled(fault.to_string()),
            here => Self::Unstored(here.to_string()),
        }
    }
}

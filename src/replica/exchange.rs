//! Runs the sync machine against a real server: its questions become requests and visits to the copy, their answers come back in.

use crate::domain::DeviceId;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::ledger::Position;
use crate::replica::attend::Remotes;
use crate::replica::attend::attend;
use crate::replica::fault::Fault;
use crate::replica::home::Home;
use crate::replica::local::Local;
use crate::replica::mint::Mint;
use crate::replica::mint::random;
use crate::replica::remote::Http;
use crate::replica::remote::Remote;
use crate::replica::snapshot::Link;
use crate::replica::standing::Claimed;
use crate::replica::standing::Standing;
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
use crate::wire::Me;
use crate::wire::OutcomeWord;
use crate::wire::PUSH_MAX_BYTES;
use crate::wire::PresenceReport;
use std::collections::BTreeSet;
use std::fs::File;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::sleep_until;
use tokio::time::timeout;

/// How often to look whether another process still does the exchange.
const LOCK_LOOK_EVERY: Duration = Duration::from_millis(500);

/// What one exchange came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Exchanged {
    /// Events the server took.
    pub sent: usize,
    /// Records that came.
    pub received: u64,
    /// Events the server refused.
    pub refused: usize,
    /// Events that still wait.
    pub waiting: usize,
    /// Why it ended early, in words.
    pub trouble: Option<String>,
    /// Another process of this home does the exchange.
    pub elsewhere: bool,
}

/// An exchange that runs until it is dropped.
pub(super) struct Exchange {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Exchange {
    /// Starts the exchange on a thread of its own; nothing here waits for the network.
    pub fn start(requests: Requests, remotes: Remotes, home: Home) -> Result<Self, Fault> {
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("exchange".into()).spawn(move || {
            let Ok(runtime) = runtime() else { return };
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = attend(&requests, remotes, &home) => {}
                }
            });
            requests.visit(|local| local.tell_exchange(None, false));
            // A request that hangs must not hold up the end of the process.
            runtime.shutdown_background();
        });
        let thread = thread.map_err(|why| Fault::Database(format!("no thread could be started: {why}")))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to end.
            let _ = thread.join();
        }
    }
}

pub(super) fn runtime() -> Result<Runtime, Fault> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|why| Fault::Database(format!("no runtime could be started: {why}")))
}

/// Asks a server who a token is; for `connect`. Waits.
///
/// # Errors
/// Why not, in words.
pub fn greet(remote: &Remote) -> Result<Me, String> {
    let http = Http::new(remote.clone()).map_err(|fail| fail.to_string())?;
    let asked = runtime().map_err(|fault| fault.to_string())?.block_on(http.meet(None));
    asked.map(|met| met.me).map_err(|fail| fail.to_string())
}

/// Adopts a server's log and claims what was written alone.
pub(super) fn claim(requests: &Requests, me: Me, names: BTreeSet<Person>) -> Result<Claimed, Fault> {
    requests.call(move |local| local.claim(&me, &names, now()))?
}

/// Pushes and pulls until nothing waits or the time is over. Waits.
pub(super) fn once(requests: &Requests, remote: &Remote, home: &Home, limit: Duration) -> Result<Exchanged, Fault> {
    let until = Instant::now() + limit;
    let before = requests.call(|local| local.standing())?;
    let mut done = Exchanged::default();
    match lock(home)? {
        Some(_lock) => {
            let runtime = runtime()?;
            let http = match Http::new(remote.clone()) {
                Ok(http) => http,
                Err(fail) => return Ok(Exchanged { trouble: Some(fail.to_string()), waiting: before.waiting(), ..done }),
            };
            runtime.block_on(async {
                let mut run = Run::new(requests.clone(), http, before.device, Machine::new(before.clone(), true, seed()), None);
                if timeout(limit, run.until_finished()).await.is_err() {
                    run.done.trouble = Some("the server did not answer in time; what waits is sent later".into());
                }
                done = run.done.clone();
            });
            requests.visit(|local| local.tell_exchange(None, false));
            runtime.shutdown_background();
        }
        None => {
            done.elsewhere = true;
            requests.call(|local| local.sync_now(now()))?;
            let is_over = |standing: &Standing| standing.waiting() == 0 && standing.history.is_none();
            while Instant::now() < until && !is_over(&requests.call(|local| local.look_again(now()))?) {
                // What that one heard of this token is known here, too.
                done.trouble = turned_away(requests, remote)?;
                if done.trouble.is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
    let after = requests.call(|local| local.standing())?;
    let seq = |standing: &Standing| standing.position.map_or(0, |position| position.seq);
    done.received = seq(&after).saturating_sub(seq(&before));
    done.waiting = after.waiting();
    Ok(done)
}

/// Why the server turns the token of a remote away, as far as this home knows.
pub(super) fn turned_away(requests: &Requests, remote: &Remote) -> Result<Option<String>, Fault> {
    let mark = remote.token_mark();
    requests.call(move |local| local.turned_away(&mark))
}

/// The right of one process of a home to do the exchange.
struct Turn {
    _lock: Option<File>,
}

/// The right to do the exchange; `None` while another process of the home has it. What is held in memory is nobody else's.
fn lock(home: &Home) -> Result<Option<Turn>, Fault> {
    if !home.is_written() {
        return Ok(Some(Turn { _lock: None }));
    }
    let file = home.file("sync.lock")?;
    Ok(file.try_lock().is_ok().then_some(Turn { _lock: Some(file) }))
}

/// Exchanges until the replica is closed.
pub(super) async fn stay(requests: &Requests, remote: Remote, home: &Home) {
    let http = match Http::new(remote) {
        Ok(http) => http,
        Err(fail) => return show(requests, Link::Refused { why: fail.to_string() }),
    };
    // Each war room is present by itself, also where several share a home: the server shows a person's freshest.
    let room = DeviceId(Mint::after(None, 0).stamp(now()).id.0);
    let mut beside: Option<Run> = None;
    let _lock = loop {
        match lock(home) {
            Ok(Some(lock)) => break lock,
            Ok(None) if beside.is_none() => {
                show(requests, Link::Elsewhere);
                let Ok(standing) = requests.call(|local| local.standing()) else { return };
                let machine = Machine::beside(standing, seed());
                beside = Some(Run::new(requests.clone(), http.clone(), room, machine, None));
            }
            Ok(None) => {}
            Err(fault) => show(requests, Link::Refused { why: fault.to_string() }),
        }
        let look_again = tokio::time::sleep(LOCK_LOOK_EVERY);
        match &mut beside {
            Some(run) => drop(timeout(LOCK_LOOK_EVERY, run.until_finished()).await),
            None => look_again.await,
        }
    };
    let Ok(standing) = requests.call(|local| local.standing()) else { return };
    // The stream of presence goes on until the whole one is open: nobody reads meanwhile that the person left.
    let stream = beside.and_then(|mut run| run.stream.take());
    Run::new(requests.clone(), http, room, Machine::new(standing, false, seed()), stream).until_finished().await;
}

/// Chance for the machine's jitter.
fn seed() -> u64 {
    u64::from_le_bytes(random())
}

fn show(requests: &Requests, link: Link) {
    requests.visit(move |local| local.set_link(link, now()));
}

impl From<Fault> for Fail {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::OtherLog | Fault::Untrue(_) => Self::Forbidden(fault.to_string()),
            other => Self::Garbled(other.to_string()),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.close_stream();
    }
}

/// One machine at work.
struct Run {
    requests: Requests,
    http: Http,
    machine: Machine,
    /// What the server knows this war room's presence by.
    room: DeviceId,
    tell: UnboundedSender<Input>,
    heard: UnboundedReceiver<Input>,
    stream: Option<AbortHandle>,
    began: Instant,
    finished: bool,
    done: Exchanged,
}

impl Run {
    /// Puts a machine to work; `stream` is one that is open already, until the machine's own is.
    fn new(requests: Requests, http: Http, room: DeviceId, machine: Machine, stream: Option<AbortHandle>) -> Self {
        let (tell, heard) = mpsc::unbounded_channel();
        let (told, beside) = (tell.clone(), machine.is_beside());
        requests.visit(move |local| local.tell_exchange(Some(told), beside));
        Self { requests, http, machine, room, tell, heard, stream, began: Instant::now(), finished: false, done: Exchanged::default() }
    }

    async fn until_finished(&mut self) {
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
            Shown::Refused { why } => Link::Refused { why },
            Shown::LockedOut { why } => Link::LockedOut { why },
        }
    }
}

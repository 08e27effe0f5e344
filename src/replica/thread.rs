//! The thread that owns the database: requests in order, snapshots out. It never waits for a network, and nobody waits for it but those who asked.

use crate::domain::Event;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::ledger::Evidence;
use crate::ledger::PublicKey;
use crate::replica::attend::Remotes;
use crate::replica::direct;
use crate::replica::exchange;
use crate::replica::exchange::Exchange;
use crate::replica::exchange::Exchanged;
use crate::replica::fault::Fault;
use crate::replica::home::Home;
use crate::replica::local::Config;
use crate::replica::local::Imported;
use crate::replica::local::Local;
use crate::replica::local::Mend;
use crate::replica::local::Signatures;
use crate::replica::local::Verified;
use crate::replica::remote::Remote;
use crate::replica::request::Envelope;
use crate::replica::request::Request;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Snapshot;
use crate::replica::standing::Claimed;
use crate::replica::standing::Lost;
use crate::replica::sync::Here;
use crate::wire::Me;
use chrono::Utc;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;
use tokio::sync::watch;

/// The least time between two snapshots: a frame.
const PUBLISH_EVERY: Duration = Duration::from_millis(16);
/// How often to look whether another process has written.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long to fold ahead before looking for requests again.
const PIECE: Duration = Duration::from_millis(5);

/// Words are made findable once nobody has asked for anything for so long …
const QUIET: Duration = Duration::from_millis(100);
/// … or when they have waited for so long.
const INDEX_AT_LEAST_EVERY: Duration = Duration::from_secs(1);

/// What there is to do without being asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spare {
    /// Incidents to fold.
    Fold,
    /// Words to make findable.
    Index,
    Nothing,
}

/// What can wake the thread.
enum Wake {
    /// A reader wants something.
    Request(Envelope),
    /// Something to be done with the copy itself.
    Visit(Box<dyn FnOnce(&mut Local) + Send>),
    /// Publish now, then answer.
    Flush(Box<dyn FnOnce() + Send>),
    /// Let go of the database and end.
    Stop,
}

/// Where requests go. A clone is cheap.
#[derive(Clone)]
pub struct Requests(mpsc::Sender<Wake>);

impl Requests {
    /// Sends a request; once the replica is closed, it is answered with `NotSaved`.
    pub fn send(&self, envelope: Envelope) {
        if let Err(mpsc::SendError(Wake::Request(envelope))) = self.0.send(Wake::Request(envelope)) {
            (envelope.answer)(Answer::NotSaved(Fault::Closed.to_string()));
        }
    }

    /// Does something with the copy on its own thread; answers whether the thread is there to do it.
    pub(super) fn visit(&self, act: impl FnOnce(&mut Local) + Send + 'static) -> bool {
        self.0.send(Wake::Visit(Box::new(act))).is_ok()
    }

    pub(super) fn call<T: Send + 'static>(&self, act: impl FnOnce(&mut Local) -> T + Send + 'static) -> Result<T, Fault> {
        let (tell, told) = mpsc::sync_channel(1);
        self.visit(move |local| drop(tell.send(act(local))));
        told.recv().map_err(|_| Fault::Closed)
    }
}

/// An open replica. Dropping it closes the database.
pub struct Replica {
    /// Always the newest snapshot.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Where requests go.
    pub requests: Requests,
    home: Home,
    exchange: Option<Exchange>,
    thread: Option<JoinHandle<()>>,
}

/// Opens the replica of a home and starts its thread; the first snapshot, drawn from the heads, is there when this returns. Needs no network.
///
/// # Errors
/// A folder that cannot be used, a newer format, damage.
pub fn open(config: Config) -> Result<Replica, Fault> {
    let local = Local::open(&config, now())?;
    start(config, local)
}

/// Opens the replica of a home as `open` does. A database as damaged as `mend` says is set aside first and what can be saved of it is saved: the
/// alarm in the snapshot says so.
///
/// # Errors
/// A folder that cannot be used, a newer format, damage while another process has it open.
pub fn open_mending(config: Config, mend: Mend) -> Result<Replica, Fault> {
    let local = Local::open_mending(&config, now(), mend)?;
    start(config, local)
}

fn start(config: Config, mut local: Local) -> Result<Replica, Fault> {
    let home = local.home().clone();
    let (publish, snapshots) = watch::channel(Arc::new(local.snapshot()));
    let (requests, wakes) = mpsc::channel();
    let (requests, own) = (Requests(requests.clone()), Requests(requests));
    let thread = std::thread::Builder::new().name("replica".into()).spawn(move || run(&mut local, &wakes, &publish, &own));
    let thread = thread.map_err(|why| Fault::Home { path: config.home, why: format!("no thread could be started: {why}") })?;
    Ok(Replica { snapshots, requests, home, exchange: None, thread: Some(thread) })
}

impl Replica {
    /// The newest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshots.borrow().clone()
    }

    /// Asks and waits; what was done is in the snapshot by then. For the command line and tests; screens send and go on.
    pub fn ask(&self, request: Request) -> Answer {
        let (tell, told) = mpsc::sync_channel(1);
        self.requests.send(Envelope { request, answer: Box::new(move |answer| drop(tell.send(answer))) });
        let answer = told.recv().unwrap_or_else(|_| Answer::NotSaved(Fault::Closed.to_string()));
        self.flush();
        answer
    }

    /// Waits until everything asked before is in the snapshot.
    pub fn flush(&self) {
        let (tell, told) = mpsc::sync_channel(1);
        if self.requests.0.send(Wake::Flush(Box::new(move || tell.send(()).unwrap_or_default()))).is_ok() {
            // An error says that the thread ended; then nothing more is published.
            let _ = told.recv();
        }
    }

    /// Waits until what was left for later of closed incidents is in the snapshot.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_closed(&self) -> Result<(), Fault> {
        let done = self.requests.call(Local::read_closed)?;
        self.flush();
        done
    }

    /// Walks everything held here against its hashes. Waits: a million records take a second or two.
    ///
    /// # Errors
    /// The first thing that is not as it was written.
    pub fn verify(&self) -> Result<Verified, Fault> {
        self.requests.call(|local| local.verify())?
    }

    /// What is known here of the server's signature.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn signatures(&self) -> Result<Signatures, Fault> {
        self.requests.call(|local| local.signatures())?
    }

    /// Proof of an incident, for a document; none where the server does not sign.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was signed.
    pub fn evidence(&self, incident: IncidentId) -> Result<Option<Evidence>, Fault> {
        self.requests.call(move |local| local.evidence(incident))?
    }

    /// The bytes of an incident's events, in order; of what was redacted what is left.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn events(&self, incident: IncidentId) -> Result<Vec<String>, Fault> {
        self.requests.call(move |local| local.events(incident))?
    }

    /// So many days are held in full: a copy that has not met its server yet begins there, and what becomes older goes; with 0, everything stays.
    pub fn hold_days(&self, days: u32) {
        self.requests.visit(move |local| local.hold_days(days));
    }

    /// Exchanges with a server from now on, in the background; another one before it ends. Returns at once.
    ///
    /// # Errors
    /// When no thread could be started.
    pub fn exchange(&mut self, remote: Remote) -> Result<(), Fault> {
        self.exchange_with(Box::new(move || Some(remote.clone())))
    }

    /// The same with whichever server and token `remotes` names, which is asked again from time to time.
    ///
    /// # Errors
    /// When no thread could be started.
    pub fn exchange_with(&mut self, remotes: Remotes) -> Result<(), Fault> {
        self.exchange = None;
        self.exchange = Some(Exchange::start(self.requests.clone(), remotes, self.home.clone())?);
        Ok(())
    }

    /// Why the server turns the token of a remote away, as far as any process of this home heard last.
    ///
    /// # Errors
    /// When the replica is closed.
    pub fn turned_away(&self, remote: &Remote) -> Result<Option<String>, Fault> {
        exchange::turned_away(&self.requests, remote)
    }

    /// Pushes and pulls until nothing waits or the time is over; if another process of this home does the exchange, nudges it and watches. For the command line.
    ///
    /// # Errors
    /// When the copy cannot be used; what the network did is in the answer.
    pub fn exchange_once(&self, remote: &Remote, limit: Duration) -> Result<Exchanged, Fault> {
        let done = exchange::once(&self.requests, remote, &self.home, limit);
        self.flush();
        done
    }

    /// How many events were written here before there was a server, and under which names.
    ///
    /// # Errors
    /// When the replica is closed.
    pub fn written_alone(&self) -> Result<BTreeMap<Person, usize>, Fault> {
        self.requests.call(|local| local.written_alone())
    }

    /// Belongs to a server's log from now on, and claims what was written here before there was one: by the token's person, and under those `names`,
    /// which are theirs as well. `greet` tells who the token is.
    ///
    /// # Errors
    /// When this copy belongs to another log, or it is not on disk.
    pub fn claim(&self, me: Me, names: BTreeSet<Person>) -> Result<Claimed, Fault> {
        let claimed = exchange::claim(&self.requests, me, names);
        self.flush();
        claimed
    }

    /// Knows the server by this key from now on, whatever it was known by before.
    ///
    /// # Errors
    /// When it is not on disk.
    pub fn trust_key(&self, key: PublicKey) -> Result<(), Fault> {
        self.requests.call(move |local| local.trust_key(key, now()))?
    }

    /// What a restored server lost, is held here, and nobody has sent again yet.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn lost(&self) -> Result<Lost, Fault> {
        self.requests.call(|local| local.lost())?
    }

    /// Offers the server what others said in a stretch that it lost, as recorded by the person here; answers how many events. They go with the next exchange.
    ///
    /// # Errors
    /// When it is not on disk.
    pub fn offer_lost(&self) -> Result<usize, Fault> {
        self.requests.call(|local| local.offer_lost(now()))?
    }

    /// Records the events of past incidents, those of one incident beside each other and in order; each once, however often it is told.
    ///
    /// # Errors
    /// When it is not on disk; then nothing of it remains.
    pub fn import(&self, incidents: Vec<Vec<Event>>) -> Result<Imported, Fault> {
        self.requests.call(move |local| local.import(&incidents, now()))?
    }

    /// The name a person gave when they were asked.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn name(&self) -> Result<Option<String>, Fault> {
        self.requests.call(|local| local.told_name())?
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.exchange = None;
        // An error says that it ended already.
        let _ = self.requests.0.send(Wake::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The wall clock.
pub(super) fn now() -> Timestamp {
    Utc::now().into()
}

fn run(local: &mut Local, wakes: &mpsc::Receiver<Wake>, publish: &watch::Sender<Arc<Snapshot>>, requests: &Requests) {
    let (mut published, mut looked, mut asked, mut indexed) = (Instant::now(), Instant::now(), Instant::now(), Instant::now());
    let mut spare = Spare::Fold;
    loop {
        let until_look = LOOK_EVERY.saturating_sub(looked.elapsed());
        let until_publish = if local.is_dirty() { PUBLISH_EVERY.saturating_sub(published.elapsed()) } else { LOOK_EVERY };
        let until_spare = match spare {
            Spare::Fold => Duration::ZERO,
            Spare::Index => QUIET.saturating_sub(asked.elapsed()).min(INDEX_AT_LEAST_EVERY.saturating_sub(indexed.elapsed())),
            Spare::Nothing => LOOK_EVERY,
        };
        match wakes.recv_timeout(until_look.min(until_publish).min(until_spare)) {
            Ok(Wake::Request(envelope)) => {
                complete(local);
                answer(local, envelope, requests);
                (spare, asked) = (Spare::Fold, Instant::now());
            }
            Ok(Wake::Visit(act)) => {
                complete(local);
                act(local);
                (spare, asked) = (Spare::Fold, Instant::now());
            }
            Ok(Wake::Flush(then)) => {
                publish.send_replace(Arc::new(local.snapshot()));
                published = Instant::now();
                then();
                continue;
            }
            Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => match spare {
                Spare::Fold => spare = fold_ahead(local),
                Spare::Index if asked.elapsed() >= QUIET || indexed.elapsed() >= INDEX_AT_LEAST_EVERY => {
                    indexed = Instant::now();
                    // What could not be written now is tried again after the next request.
                    let has_more = matches!(local.index_ahead(), Ok(true)) || matches!(local.let_go_ahead(now()), Ok(true));
                    spare = if has_more { Spare::Index } else { Spare::Nothing };
                }
                Spare::Index | Spare::Nothing => {}
            },
        }
        if looked.elapsed() >= LOOK_EVERY {
            looked = Instant::now();
            // What cannot be read now is looked at again soon.
            if local.catch_up(now()).and_then(|seen| local.look_after_drafts(now()).map(|()| seen)).unwrap_or(false) {
                spare = Spare::Fold;
            }
            local.try_saving(now());
        }
        local.tell_changes();
        if local.is_dirty() && published.elapsed() >= PUBLISH_EVERY {
            publish.send_replace(Arc::new(local.snapshot()));
            published = Instant::now();
        }
    }
}

/// Whoever asks for something finds every head here.
fn complete(local: &mut Local) {
    // What is asked for next meets the same fault, and tells it to whoever asks.
    let _ = local.read_closed();
}

/// Folds ahead for a while; answers what there is to do then.
fn fold_ahead(local: &mut Local) -> Spare {
    let began = Instant::now();
    while began.elapsed() < PIECE {
        if !matches!(local.work_ahead(), Ok(true)) {
            return Spare::Index;
        }
    }
    Spare::Fold
}

fn answer(local: &mut Local, envelope: Envelope, requests: &Requests) {
    let answer = match envelope.request {
        Request::Command { incident, command, draft } => local.command(incident, command, draft.as_deref(), now()),
        Request::SendDirect { incident, command, draft } => {
            return direct::send(local, requests, (incident, command, draft), envelope.answer);
        }
        Request::Open(incident) => local.hold(incident),
        Request::KeepDraft { key, incident, body } => local.keep_draft(&key, incident, &body, now()),
        Request::DropDraft { key } => local.drop_draft(&key, now()),
        Request::Search { query, order, limit } => local.search(&query, order, limit, now()),
        Request::Hash(event) => local.hash(event),
        Request::RetryParked(event) => local.retry_parked(event, now()),
        Request::MoveParked { event, to } => local.move_parked(event, to, now()),
        Request::DiscardParked(event) => local.discard_parked(event, now()),
        Request::Dismiss(event) => local.dismiss(event, now()),
        Request::DismissAlarm => local.dismiss_alarm(now()),
        Request::Here { incident, key_age_ms, is_writing } => local.here(Here { incident, key_age_ms, is_writing }),
        Request::Name(person) => local.name(person, now()),
        Request::SyncNow => local.sync_now(now()),
    };
    (envelope.answer)(answer);
}

//! The thread that owns the database: requests in order, snapshots out. It never waits for a network, and nobody waits for it but those who asked.

use crate::domain::Timestamp;
use crate::replica::direct;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::request::Envelope;
use crate::replica::request::Request;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Snapshot;
use crate::replica::sync::Here;
use chrono::Utc;
use std::io;
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

    /// Waits until everything asked before is in the snapshot.
    pub(super) fn flush(&self) {
        let (tell, told) = mpsc::sync_channel(1);
        if self.0.send(Wake::Flush(Box::new(move || tell.send(()).unwrap_or_default()))).is_ok() {
            // An error says that the thread ended; then nothing more is published.
            let _ = told.recv();
        }
    }

    /// Lets the thread end, once everything asked before is done.
    pub(super) fn stop(&self) {
        // An error says that it ended already.
        let _ = self.0.send(Wake::Stop);
    }

    pub(super) fn call<T: Send + 'static>(&self, act: impl FnOnce(&mut Local) -> T + Send + 'static) -> Result<T, Fault> {
        let (tell, told) = mpsc::sync_channel(1);
        self.visit(move |local| drop(tell.send(act(local))));
        told.recv().map_err(|_| Fault::Closed)
    }
}

/// Starts the thread that owns a copy: its newest snapshot, always; where requests go; and the thread itself.
///
/// # Errors
/// When there is none to be had.
pub(super) fn start(mut local: Local) -> io::Result<(watch::Receiver<Arc<Snapshot>>, Requests, JoinHandle<()>)> {
    let (publish, snapshots) = watch::channel(Arc::new(local.snapshot()));
    let (requests, wakes) = mpsc::channel();
    let (requests, own) = (Requests(requests.clone()), Requests(requests));
    let thread = std::thread::Builder::new().name("replica".into()).spawn(move || run(&mut local, &wakes, &publish, &own))?;
    Ok((snapshots, requests, thread))
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

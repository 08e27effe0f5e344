//! The one thread of this process that writes. It drains its queue, decides everything in it under the head lock, commits once,
//! publishes, and only then answers. The order matters: what was answered is on disk, and what is published was committed. What other
//! nodes wrote is folded before anything is decided, and when the store says that there may be news.

use crate::domain::Board;
use crate::domain::Body;
use crate::domain::IncidentId;
use crate::domain::KeyReplaced;
use crate::domain::Org;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::ledger::Checkpoint;
use crate::ledger::EventBytes;
use crate::ledger::Position;
use crate::ledger::RecordBytes;
use crate::ledger::SecretKey;
use crate::ledger::succession::Succession;
use crate::server::batch::Batch;
use crate::server::batch::Offered;
use crate::server::clock;
use crate::server::failure::Failure;
use crate::server::figures::Count;
use crate::server::figures::Figures;
use crate::server::figures::Measure;
use crate::server::figures::Sort;
use crate::server::fold::fold;
use crate::server::fold::follow;
use crate::server::fold::incident;
use crate::server::fold::take_all;
use crate::server::health::Health;
use crate::server::intake;
use crate::server::job::Job;
use crate::server::job::Pushed;
use crate::server::job::Reply;
use crate::server::job::Work;
use crate::server::shelf::Folded;
use crate::server::shelf::Shelf;
use crate::server::shown::Frame;
use crate::server::tail::Tail;
use crate::store::Ask;
use crate::store::Head;
use crate::store::LogReader;
use crate::store::LogStore;
use crate::store::StoreError;
use crate::store::Write;
use crate::wire::OutcomeWord;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

/// How much is decided in one commit: enough to carry many writers, little enough that the first of them does not wait long.
const BATCH_JOBS: usize = 512;
const BATCH_EVENTS: usize = 2000;

/// What the thread owns and whom it tells.
pub(super) struct Appender {
    pub(super) store: Box<dyn LogStore>,
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) shelf: Arc<Shelf>,
    pub(super) tail: Arc<Tail>,
    pub(super) health: Arc<Health>,
    pub(super) key: SecretKey,
    /// The settings that hold until some are in the log.
    pub(super) org: Org,
    /// Set while the board is not that of the store's log, or not of its last life: that one is above this epoch.
    pub(super) reload_above: Option<u64>,
}

impl Appender {
    /// Runs until every sender is gone and the queue is empty, or until it is told to stop.
    pub(super) fn run(mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            let mut events = first.weight();
            let mut batch = vec![first];
            while batch.len() < BATCH_JOBS && events < BATCH_EVENTS {
                let Ok(next) = self.jobs.try_recv() else { break };
                events += next.weight();
                batch.push(next);
            }
            if batch.iter().any(|job| matches!(job.work, Work::Stop)) {
                return;
            }
            if self.health.is_broken() {
                answer_broken(batch);
                continue;
            }
            // A panic in the rules must not end the server in silence: reads go on, and readiness says why writes do not.
            if catch_unwind(AssertUnwindSafe(|| self.take(batch))).is_err() {
                self.health.fails("the appender failed on its own fault; look into the server's log and restart it".into(), true);
            }
        }
        // In order, with time to spare: the next start folds nothing.
        if !self.health.is_broken() && self.reload_above.is_none() {
            let shelf = self.shelf.clone();
            shelf.change(|folded| keep_heads(&mut *self.store, folded));
        }
    }

    fn take(&mut self, jobs: Vec<Job>) {
        let disowned = jobs.iter().filter_map(|job| match job.work {
            Work::BeginEpoch { above } => Some(above),
            _ => None,
        });
        let above = disowned.filter(|above| *above >= self.store.head().epoch).chain(self.reload_above).max();
        self.reload_above = above;
        if let Some(above) = above
            && let Err(why) = self.reload(above)
        {
            return self.refuse(jobs.into_iter().map(|job| job.reply), &why);
        }
        if jobs.iter().all(|job| matches!(job.work, Work::CatchUp | Work::BeginEpoch { .. })) {
            self.catch_up(jobs);
        } else {
            self.commit(jobs);
        }
    }

    fn catch_up(&mut self, jobs: Vec<Job>) {
        let (shelf, tail, reader) = (&self.shelf, &self.tail, self.store.reader());
        match self.store.catch_up(&mut |head, records| follow(shelf, tail, &*reader, head, records)) {
            Ok(()) => {
                self.health.works();
                for job in jobs {
                    let _ = job.reply.send(Ok(Reply::CaughtUp));
                }
            }
            Err(why) => self.refuse(jobs.into_iter().map(|job| job.reply), &why),
        }
    }

    /// The store lost records that were folded or promised: a new epoch begins, the board is folded anew, and every stream is told to start again.
    fn reload(&mut self, above: u64) -> Result<(), StoreError> {
        self.store.begin_epoch(above)?;
        let folded = fold(&*self.store, &self.org)?;
        self.shelf.change(|shelf| *shelf = folded);
        self.tail.restart(self.store.head());
        self.reload_above = None;
        Ok(())
    }

    fn refuse(&mut self, replies: impl Iterator<Item = oneshot::Sender<Result<Reply, Failure>>>, why: &StoreError) {
        // Nothing was applied outside the batch, so the board is still that of the last commit, unless the store says otherwise.
        if matches!(why, StoreError::Rewound(_)) {
            self.reload_above = Some(self.store.head().epoch);
        }
        self.health.fails(why.to_string(), !why.is_passing());
        for reply in replies {
            let _ = reply.send(Err(failure(why)));
        }
    }

    fn commit(&mut self, jobs: Vec<Job>) {
        let began = Instant::now();
        let device = self.store.device();
        let (mut work, mut replies) = (Vec::with_capacity(jobs.len()), Vec::with_capacity(jobs.len()));
        let mut ask = Ask::default();
        for job in jobs {
            job.work.ask(&mut ask);
            work.push((job.principal, job.work));
            replies.push((job.asked, job.reply));
        }
        let (shelf, tail, health, key, reader) = (&self.shelf, &self.tail, &self.health, &self.key, self.store.reader());
        let (mut answers, mut decided, mut kept, mut before) = (Vec::new(), None, None, 0);
        let committed = self.store.append(&ask, &mut |head, records| follow(shelf, tail, &*reader, head, records), &mut |under| {
            let folded = shelf.read();
            let mut batch = Batch::new(&folded, under, &*reader, device, clock::now());
            for (principal, work) in std::mem::take(&mut work) {
                answers.push(match work {
                    Work::Push(events) => batch.push(&principal, events)?,
                    Work::Command(plain) => batch.command(&principal, *plain)?,
                    Work::Alerts(alerts) => intake::take(&mut batch, &principal, &alerts)?,
                    Work::CatchUp | Work::BeginEpoch { .. } | Work::Stop => Reply::CaughtUp,
                });
            }
            let mut writes = std::mem::take(&mut batch.writes);
            writes.extend(signed(under.head(), &batch.frames, key).map(Write::Checkpoint));
            before = under.head().seq();
            if !batch.frames.is_empty() {
                // As they are before this batch: without what it adds, and not at all where it deletes.
                let bare = batch.redacted.iter().map(|gone| gone.incident).collect();
                kept = folded.to_keep(before, false, &bare);
                writes.extend(kept.clone().map(Write::Heads));
            }
            decided = Some((batch.board.clone(), std::mem::take(&mut batch.frames), std::mem::take(&mut batch.redacted), batch.now()));
            Ok(writes)
        });
        match committed {
            Ok(head) => {
                if let Some((mut board, frames, redacted, now)) = decided {
                    health.figures.measured(Measure::CommitEvents, frames.len() as f64);
                    for gone in &redacted {
                        tail.replace(gone.seq, Frame::new(gone.seq, &gone.record, None, None));
                    }
                    let bare: BTreeSet<_> = redacted.iter().map(|gone| gone.incident).collect();
                    bare.iter().for_each(|id| refold(&*reader, &mut board, *id, head.seq()));
                    shelf.change(|folded| {
                        if let Some(kept) = &kept {
                            folded.kept(kept);
                        }
                        folded.board.org = board.org.clone();
                        folded.received_at = if frames.is_empty() { folded.received_at } else { now };
                        for incident in board.iter().filter(|incident| incident.seq > before) {
                            if bare.contains(&incident.id) {
                                folded.put_bare(incident.clone(), incident.seq);
                            } else {
                                folded.put(incident.clone(), incident.seq);
                            }
                        }
                    });
                    bare.iter().for_each(|id| shelf.forget_read(*id));
                    if !frames.is_empty() {
                        let new = |(seq, record, event, incident): &_| Frame::new(*seq, record, Some(event), Some(*incident));
                        let frames = frames.iter().map(new).collect();
                        self.tail.publish(frames, &head);
                    }
                }
                health.works();
                count(&health.figures, &answers);
                health.figures.measured(Measure::CommitSeconds, began.elapsed().as_secs_f64());
                for ((asked, reply), answer) in replies.into_iter().zip(answers) {
                    if !matches!(answer, Reply::CaughtUp) {
                        health.figures.measured(Measure::AppendSeconds, asked.elapsed().as_secs_f64());
                    }
                    // Whoever asked may be gone; the events are in the log all the same.
                    let _ = reply.send(Ok(answer));
                }
            }
            Err(why) => self.refuse(replies.into_iter().map(|(_, reply)| reply), &why),
        }
    }
}

/// The checkpoint over the log with a batch's records in it: it becomes durable with them.
fn signed(head: &Head, frames: &[(u64, RecordBytes, EventBytes, IncidentId)], key: &SecretKey) -> Option<Checkpoint> {
    let mut frontier = head.frontier.clone();
    frames.iter().for_each(|(_, record, ..)| drop(frontier.push(record.leaf())));
    let position = Position { log: head.log, epoch: head.epoch, seq: frontier.size(), root: frontier.root() };
    (!frames.is_empty()).then(|| Checkpoint::sign(position, key))
}

impl Job {
    fn weight(&self) -> usize {
        match &self.work {
            Work::Push(events) => events.len(),
            Work::Alerts(alerts) => alerts.len(),
            Work::Command(_) | Work::CatchUp | Work::BeginEpoch { .. } | Work::Stop => 1,
        }
    }
}

impl Work {
    /// Names what deciding it will look up in the store.
    fn ask(&self, ask: &mut Ask) {
        match self {
            Self::Push(events) => {
                ask.records.extend(events.iter().filter_map(|pushed| match pushed {
                    Pushed::Read(_, event) => match &event.body {
                        Body::EventRedacted(redacted) => Some(redacted.event),
                        _ => None,
                    },
                    Pushed::Unread(..) => None,
                }));
                ask.events.extend(events.iter().filter_map(|pushed| match pushed {
                    Pushed::Read(_, event) => Some(event.id),
                    Pushed::Unread(..) => None,
                }))
            }
            Self::Command(plain) => ask.answers.extend(plain.remember.iter().map(|(key, _)| key.clone())),
            Self::Alerts(alerts) => {
                ask.bodies.push(alerts.sha256());
                ask.answers.extend_from_slice(alerts.once());
            }
            Self::CatchUp | Self::BeginEpoch { .. } | Self::Stop => {}
        }
    }
}

/// An incident folded anew from what the store still has of it up to a head: nothing of the words that were deleted stays in memory.
fn refold(reader: &dyn LogReader, board: &mut Board, id: IncidentId, last: u64) {
    match incident(reader, id, last) {
        Ok(left) => left.into_iter().for_each(|incident| board.put(incident)),
        // The words are gone from the disk; what is in memory goes with the next start.
        Err(why) => tracing::error!(%why, "an incident could not be folded anew after a redaction; restart the server"),
    }
}

/// Keeps every head that is not kept yet. What cannot be kept is folded again at the next start.
pub(super) fn keep_heads(store: &mut dyn LogStore, folded: &mut Folded) {
    if folded.unkept.is_empty() {
        return;
    }
    let reader = store.reader();
    // Both closures need it, one after the other.
    let (shared, mut kept) = (RefCell::new(&mut *folded), None);
    let done = store.append(&Ask::default(), &mut |_, records| take_all(&*reader, &mut shared.borrow_mut(), records), &mut |under| {
        kept = shared.borrow().to_keep(under.head().seq(), true, &BTreeSet::new());
        Ok(kept.clone().map(Write::Heads).into_iter().collect())
    });
    match (done, kept) {
        (Ok(_), Some(kept)) => folded.kept(&kept),
        (Ok(_), None) => {}
        (Err(why), _) => tracing::warn!(%why, "the heads of incidents were not kept; the next start folds them again"),
    }
}

/// Writes into the log that another key follows; the old one signs that, and the log up to there.
pub(super) fn replace_key(store: &mut dyn LogStore, mut folded: Folded, old: &SecretKey, new: &SecretKey) -> Result<Folded, StoreError> {
    let note = Succession::sign(store.head().log, old, &new.public());
    let server = Principal { person: Person::new("server"), scope: Scope::Admin };
    let device = store.device();
    // Both closures need it, one after the other.
    let shared = RefCell::new(&mut folded);
    let mut received_at = Timestamp::default();
    let reader = store.reader();
    store.append(&Ask::default(), &mut |_, records| take_all(&*reader, &mut shared.borrow_mut(), records), &mut |under| {
        let folded = shared.borrow();
        let mut batch = Batch::new(&folded, under, &*reader, device, clock::now());
        received_at = batch.now();
        let body = Body::KeyReplaced(KeyReplaced { note: note.clone() });
        if let (_, Offered::Refused(refusal)) = batch.write_own(&server, Some(IncidentId::ORG), received_at, body)? {
            return Err(StoreError::Unavailable(refusal.reason));
        }
        let mut writes = std::mem::take(&mut batch.writes);
        writes.extend(signed(under.head(), &batch.frames, old).map(Write::Checkpoint));
        Ok(writes)
    })?;
    folded.succession.push(note);
    folded.received_at = received_at;
    Ok(folded)
}

fn count(figures: &Figures, answers: &[Reply]) {
    let (mut accepted, mut duplicates) = (0, 0);
    let refused = |code: &str| figures.add_to(Sort::Refused, code, 1);
    for answer in answers {
        match answer {
            Reply::Outcomes(outcomes) => {
                for outcome in outcomes {
                    match outcome.outcome {
                        OutcomeWord::Accepted => accepted += 1,
                        OutcomeWord::Duplicate => duplicates += 1,
                        OutcomeWord::Refused => refused(outcome.code.as_deref().unwrap_or_default()),
                    }
                }
            }
            Reply::Answer { .. } => accepted += 1,
            Reply::Refused(refusal) => refused(refusal.code),
            Reply::Taken { events, .. } => accepted += *events as u64,
            Reply::CaughtUp => {}
        }
    }
    figures.add(Count::Accepted, accepted);
    figures.add(Count::Duplicates, duplicates);
}

fn failure(why: &StoreError) -> Failure {
    match why {
        why if why.is_passing() => Failure::unavailable("unavailable", why.to_string(), 5),
        // The cause is in the server's log; the client learns only that nothing was acknowledged.
        _ => {
            Failure::unavailable("not_writable", "the log cannot be written; nothing was acknowledged. Keep it and send it again later", 30)
        }
    }
}

fn answer_broken(jobs: Vec<Job>) {
    for job in jobs {
        if let Work::CatchUp | Work::BeginEpoch { .. } = job.work {
            // Reads go on from what is here.
            let _ = job.reply.send(Ok(Reply::CaughtUp));
            continue;
        }
        let why = "the log cannot be written until the server is restarted; nothing was taken. Keep it and send it again later";
        let _ = job.reply.send(Err(Failure::unavailable("not_writable", why, 30)));
    }
}

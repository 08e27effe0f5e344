//! The one thread that writes. It drains its queue, decides everything in it under the head lock, commits once, publishes, and only
//! then answers. The order matters: what was answered is on disk, and what is published was committed.

use crate::domain::Event;
use crate::domain::IncidentId;
use crate::ledger::Checkpoint;
use crate::ledger::EventBytes;
use crate::ledger::Position;
use crate::ledger::RecordBytes;
use crate::ledger::SecretKey;
use crate::server::batch::Batch;
use crate::server::clock;
use crate::server::failure::Failure;
use crate::server::health::Count;
use crate::server::health::Health;
use crate::server::intake;
use crate::server::job::Job;
use crate::server::job::Reply;
use crate::server::job::Work;
use crate::server::shelf::Folded;
use crate::server::shelf::Shelf;
use crate::server::shown::Frame;
use crate::server::tail::Tail;
use crate::store::Head;
use crate::store::LogStore;
use crate::store::StoreError;
use crate::store::Write;
use crate::wire::OutcomeWord;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

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
                answer_broken(batch, &self.health);
                continue;
            }
            // A panic in the rules must not end the server in silence: reads go on, and readiness says why writes do not.
            if catch_unwind(AssertUnwindSafe(|| self.commit(batch))).is_err() {
                self.health.fails("the appender failed on its own fault; look into the server's log and restart it".into(), true);
            }
        }
    }

    fn commit(&mut self, jobs: Vec<Job>) {
        let began = Instant::now();
        let device = self.store.device();
        let (mut work, mut replies) = (Vec::with_capacity(jobs.len()), Vec::with_capacity(jobs.len()));
        for job in jobs {
            work.push((job.principal, job.work));
            replies.push(job.reply);
        }
        let (shelf, health, key) = (&self.shelf, &self.health, &self.key);
        let mut answers = Vec::new();
        let mut decided = None;
        let committed = self.store.append(&mut |under, _| {
            let folded = shelf.read();
            let mut batch = Batch::new(&folded, under, device, clock::now());
            for (principal, work) in std::mem::take(&mut work) {
                answers.push(match work {
                    Work::Push(events) => batch.push(&principal, events)?,
                    Work::Command(plain) => batch.command(&principal, *plain)?,
                    Work::Alerts(alerts) => intake::take(&mut batch, &principal, &alerts)?,
                    Work::Stop => Reply::Outcomes(Vec::new()),
                });
            }
            let mut writes = std::mem::take(&mut batch.writes);
            writes.extend(signed(under.head(), &batch.frames, key).map(Write::Checkpoint));
            decided = Some((batch.board.clone(), std::mem::take(&mut batch.frames), batch.now()));
            Ok(writes)
        });
        match committed {
            Ok(head) => {
                if let Some((board, frames, now)) = decided {
                    shelf.change(|folded| {
                        folded.board.org = board.org.clone();
                        folded.received_at = if frames.is_empty() { folded.received_at } else { now };
                        for incident in board.iter() {
                            folded.index(incident);
                            folded.board.put(incident.clone());
                        }
                    });
                    if !frames.is_empty() {
                        let frames =
                            frames.iter().map(|(seq, record, event, incident)| Frame::new(*seq, record, event, *incident)).collect();
                        self.tail.publish(frames, &head);
                    }
                }
                health.works();
                count(health, &answers);
                health.add(Count::Commits, 1);
                health.add(Count::CommitMicros, u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
                for (reply, answer) in replies.into_iter().zip(answers) {
                    // Whoever asked may be gone; the events are in the log all the same.
                    let _ = reply.send(Ok(answer));
                }
            }
            Err(why) => {
                // Nothing was applied outside the batch, so the board is still that of the last commit.
                health.fails(why.to_string(), !why.is_passing());
                for reply in replies {
                    let _ = reply.send(Err(failure(&why)));
                }
            }
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
            Work::Command(_) | Work::Stop => 1,
        }
    }
}

/// Folds the whole log, in order, at start.
pub(super) fn fold(store: &dyn LogStore, mut folded: Folded) -> Result<Folded, StoreError> {
    let reader = store.reader();
    let mut seq = 0;
    loop {
        let page = reader.page(seq, 1000, 8 * 1024 * 1024)?;
        let Some(last) = page.last() else { break };
        seq = last.seq;
        for stored in &page {
            let damaged = |why: crate::ledger::Malformed| StoreError::Malformed(format!("record {} cannot be read: {why}", stored.seq));
            let record = stored.record.read().map_err(damaged)?;
            if stored.event.as_ref().is_some_and(|bytes| bytes.sha256_hex() != record.event_sha256) {
                let what = format!("the event of record {} does not have the hash its header says", stored.seq);
                return Err(StoreError::Malformed(what));
            }
            let acceptance = record.acceptance();
            folded.received_at = acceptance.received_at;
            folded.last_code = folded.last_code.max(acceptance.code.map_or(0, |code| code.0));
            let event: Option<Event> = stored.event.as_ref().map(|bytes| bytes.read()).transpose().map_err(damaged)?;
            if let Some(event) = event {
                folded.board.apply(&event, Some(&acceptance));
            }
        }
    }
    let incidents: Vec<_> = folded.board.iter().cloned().collect();
    for incident in incidents {
        folded.index(&incident);
    }
    Ok(folded)
}

fn count(health: &Health, answers: &[Reply]) {
    let (mut accepted, mut duplicates, mut refused) = (0, 0, 0);
    for answer in answers {
        match answer {
            Reply::Outcomes(outcomes) => {
                for outcome in outcomes {
                    match outcome.outcome {
                        OutcomeWord::Accepted => accepted += 1,
                        OutcomeWord::Duplicate => duplicates += 1,
                        OutcomeWord::Refused => refused += 1,
                    }
                }
            }
            Reply::Answer { .. } => accepted += 1,
            Reply::Refused(_) => refused += 1,
            Reply::Taken { events, .. } => accepted += *events as u64,
        }
    }
    health.add(Count::Accepted, accepted);
    health.add(Count::Duplicates, duplicates);
    health.add(Count::Refused, refused);
}

fn failure(why: &StoreError) -> Failure {
    match why {
        StoreError::Unavailable(_) => Failure::unavailable("unavailable", why.to_string(), 5),
        // The cause is in the server's log; the client learns only that nothing was acknowledged.
        _ => {
            Failure::unavailable("not_writable", "the log cannot be written; nothing was acknowledged. Keep it and send it again later", 30)
        }
    }
}

fn answer_broken(jobs: Vec<Job>, health: &Health) {
    health.add(Count::Refused, jobs.len() as u64);
    for job in jobs {
        let why = "the log cannot be written until the server is restarted; nothing was taken. Keep it and send it again later";
        let _ = job.reply.send(Err(Failure::unavailable("not_writable", why, 30)));
    }
}

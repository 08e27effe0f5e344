//! What is asked of the appender, and what it answers.

use crate::domain::Acceptance;
use crate::domain::Board;
use crate::domain::Command;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Refusal;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::Hash;
use crate::ledger::Malformed;
use crate::server::failure::Failure;
use crate::server::intake::Intake;
use crate::store::AnswerKey;
use crate::store::Wake;
use crate::wire::Outcome;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::time::timeout;

/// How long a request waits for its commit before it is told to come again.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// One request to the log. Everything in it is decided and committed together.
pub(super) struct Job {
    pub(super) principal: Principal,
    pub(super) work: Work,
    pub(super) reply: oneshot::Sender<Result<Reply, Failure>>,
    /// When it came.
    pub(super) asked: Instant,
}

/// What to do.
pub(super) enum Work {
    /// Events decided elsewhere.
    Push(Vec<Pushed>),
    /// A plain command, decided here.
    Command(Box<PlainCommand>),
    /// An intake body.
    Alerts(Box<Intake>),
    /// Follow what other nodes wrote.
    CatchUp,
    /// Begin an epoch above this one, unless that was done: the log lacks what was signed in it.
    BeginEpoch { above: u64 },
    /// Stop at once, without finishing what waits.
    Stop,
}

/// An event as it was pushed.
pub(super) enum Pushed {
    /// It can be read.
    Read(EventBytes, Box<Event>),
    /// Only its id can.
    Unread(EventId, Malformed),
}

/// What a plain POST asks for.
pub(super) struct PlainCommand {
    /// Which incident; passed over by a declaration.
    pub(super) incident: IncidentId,
    pub(super) command: Command,
    /// The status of the answer when it is done.
    pub(super) status: u16,
    /// The body of the answer.
    pub(super) answer: Answerer,
    /// Where to remember it, with the hash of the request's body.
    pub(super) remember: Option<(AnswerKey, Hash)>,
}

/// Words the answer to a command from the board after it and the events it made.
pub(super) type Answerer = fn(&Board, &[(Event, Acceptance)], Timestamp) -> String;

/// What came of a job.
pub(super) enum Reply {
    Outcomes(Vec<Outcome>),
    Answer { status: u16, body: String },
    Refused(Refusal),
    Taken { events: usize, incidents: Vec<String>, repeated: bool },
    CaughtUp,
}

/// The way to the appender.
#[derive(Clone)]
pub(super) struct Desk(mpsc::Sender<Job>);

/// Who may act where nobody asked.
pub(super) fn server() -> Principal {
    Principal { person: Person::new("server"), scope: Scope::Admin }
}

impl Desk {
    pub(super) fn new(queue: usize) -> (Self, mpsc::Receiver<Job>) {
        let (sender, receiver) = mpsc::channel(queue);
        (Self(sender), receiver)
    }

    /// Hands a job in and waits until it is on disk, or refused.
    pub(super) async fn ask(&self, principal: Principal, work: Work) -> Result<Reply, Failure> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Job { principal, work, reply, asked: Instant::now() }).map_err(|why| match why {
            mpsc::error::TrySendError::Full(_) => Failure::unavailable(
                "overloaded",
                "more is being sent than the log can take; nothing of this was taken, send it again later",
                1,
            ),
            mpsc::error::TrySendError::Closed(_) => stopping(),
        })?;
        match timeout(ANSWER_WITHIN, answer).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => Err(stopping()),
            Err(_) => Err(Failure::unavailable("slow", "the log did not answer in time; send the same again, nothing is taken twice", 5)),
        }
    }

    /// How many jobs wait.
    pub(super) fn waiting(&self) -> u64 {
        (self.0.max_capacity() - self.0.capacity()) as u64
    }

    /// What wakes the appender when other nodes may have written: at most one such job waits. It does not keep the appender running.
    pub(super) fn waker(&self) -> Wake {
        let (jobs, waiting) = (self.0.downgrade(), Mutex::new(None::<oneshot::Receiver<_>>));
        Arc::new(move || {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let is_waiting = waiting.as_mut().is_some_and(|answer| matches!(answer.try_recv(), Err(TryRecvError::Empty)));
            if !is_waiting && let Some(jobs) = jobs.upgrade() {
                let (reply, answer) = oneshot::channel();
                // A full queue is on its way to the log, and follows what is there before anything of it is decided.
                let sent = jobs.try_send(Job { principal: server(), work: Work::CatchUp, reply, asked: Instant::now() });
                *waiting = sent.is_ok().then_some(answer);
            }
        })
    }

    /// Tells the appender to stop at once.
    pub(super) fn stop(&self) {
        let (reply, _) = oneshot::channel();
        // A full queue means it finishes what waits first; a closed one that it has stopped.
        let _ = self.0.try_send(Job { principal: server(), work: Work::Stop, reply, asked: Instant::now() });
    }
}

fn stopping() -> Failure {
    Failure::unavailable("stopping", "the server is stopping; send the same again, nothing is taken twice", 2)
}

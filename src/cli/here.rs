//! The replica as the command line holds it: opened with the connection's settings, asked, exchanged with the server for a while.

use crate::cli::failure::Failure;
use crate::cli::home::Home;
use crate::cli::session::Connection;
use crate::cli::session::Session;
use crate::domain::EventId;
use crate::domain::Person;
use crate::replica;
use crate::replica::Fault;
use crate::replica::request::Request;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Snapshot;
use crate::wire::builtin_org;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

/// How long a request for an incident in full may take to reach the snapshot.
const LOOK_FOR: Duration = Duration::from_secs(5);

/// An open replica.
pub struct Here {
    replica: replica::Replica,
}

impl Here {
    /// Opens the replica in a person's folder.
    ///
    /// # Errors
    /// Damage (6), a newer format or a folder that cannot be used (1).
    pub fn open(session: &Session, home: &Home, person: Person, _connection: &Connection) -> Result<Self, Failure> {
        let config = replica::Config { home: home.folder().to_owned(), person, read_only: session.read_only(), org: builtin_org() };
        Ok(Self { replica: replica::open(config).map_err(failure)? })
    }

    /// What it holds now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.replica.snapshot()
    }

    /// Asks and waits for the answer; what was done is in the snapshot by then.
    ///
    /// # Errors
    /// A rule that says no, or a disk that does not take it.
    pub fn ask(&self, request: Request) -> Result<Answer, Failure> {
        match self.replica.ask(request) {
            Answer::Refused(refusal) => Err(refusal.into()),
            Answer::NotSaved(why) => Err(Failure::Failed(why)),
            answer => Ok(answer),
        }
    }

    /// Exchanges with the server until these events are answered or the time is over; says why they still wait, if they do.
    pub fn exchange(&self, _within: Duration, _events: &[EventId]) -> Option<String> {
        Some("the server was not asked".into())
    }

    /// Waits until a snapshot shows something.
    pub fn wait_for<T>(&self, look: impl Fn(&Snapshot) -> Option<T>) -> Option<T> {
        let began = Instant::now();
        loop {
            match look(&self.snapshot()) {
                None if began.elapsed() < LOOK_FOR => std::thread::sleep(Duration::from_millis(5)),
                seen => return seen,
            }
        }
    }
}

/// A fault with its exit code.
pub fn failure(fault: Fault) -> Failure {
    if fault.is_damage() { Failure::Damaged(fault.to_string()) } else { Failure::Failed(fault.to_string()) }
}

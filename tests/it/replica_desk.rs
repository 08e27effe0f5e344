//! One vocabulary for tests of the replica: a home of its own, people who open it, commands that must succeed.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use warroom::domain::Command;
use warroom::domain::EntryKind;
use warroom::domain::EventId;
use warroom::domain::IncidentId;
use warroom::domain::NewEntry;
use warroom::domain::Person;
use warroom::replica::Closed;
use warroom::replica::Config;
use warroom::replica::Fault;
use warroom::replica::Mend;
use warroom::replica::Replica;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;
use warroom::replica::snapshot::Snapshot;
use warroom::wire::builtin_org;

/// A home that is gone with the test.
pub struct Desk(tempfile::TempDir);

impl Desk {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn home(&self) -> &Path {
        self.0.path()
    }

    pub fn config(&self, person: &str) -> Config {
        Config {
            home: self.home().to_owned(),
            person: Person::new(person),
            read_only: false,
            unwritable: None,
            closed: Closed::All,
            org: builtin_org(),
        }
    }

    pub fn open(&self, person: &str) -> Replica {
        warroom::replica::open(self.config(person)).expect("a replica")
    }

    /// The same, when the database may be damaged.
    pub fn mend(&self, person: &str) -> Replica {
        self.try_mend(person).expect("a replica")
    }

    pub fn try_mend(&self, person: &str) -> Result<Replica, Fault> {
        warroom::replica::open_mending(self.config(person), Mend::WhatDoesNotOpen)
    }

    /// A command that must be recorded; its last event and its incident.
    pub fn done(&self, replica: &Replica, incident: IncidentId, command: Command) -> (EventId, IncidentId) {
        match replica.ask(Request::Command { incident, command, draft: None }) {
            Answer::Recorded { events, incident } => (*events.last().expect("an event"), incident),
            other => panic!("{other:?}"),
        }
    }

    pub fn declare(&self, replica: &Replica, title: &str) -> IncidentId {
        let (title, summary) = (title.to_owned(), String::new());
        let declare = Command::Declare { title, summary, services: Vec::new(), severity: None, at: None, drill: false };
        self.done(replica, IncidentId::ORG, declare).1
    }

    pub fn log(&self, replica: &Replica, incident: IncidentId, text: &str) -> EventId {
        self.done(replica, incident, Command::AddEntry(NewEntry::new(EntryKind::Note, text))).0
    }

    /// Waits until a snapshot is as it must be.
    pub fn until(&self, replica: &Replica, holds: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let began = Instant::now();
        loop {
            let snapshot = replica.snapshot();
            if holds(&snapshot) {
                return snapshot;
            }
            let now = (&snapshot.link, &snapshot.position, snapshot.unsent_total, &snapshot.parked, &snapshot.trouble, &snapshot.alarm);
            assert!(began.elapsed() < Duration::from_secs(20), "never so: {now:?}, {:?}", snapshot.headers);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

//! The replica as the command line holds it: opened, asked, and exchanged with the server for a while.

use crate::cli::config::REPLICA_DAYS;
use crate::cli::failure::Failure;
use crate::cli::home::Home;
use crate::cli::session::Connection;
use crate::cli::session::Session;
use crate::domain::EventId;
use crate::domain::Person;
use crate::replica;
use crate::replica::Closed;
use crate::replica::Exchanged;
use crate::replica::Fault;
use crate::replica::Mend;
use crate::replica::Remote;
use crate::replica::request::Request;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Link;
use crate::replica::snapshot::Snapshot;
use crate::wire::builtin_org;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

/// How long a request for an incident in full may take to reach the snapshot.
const LOOK_FOR: Duration = Duration::from_secs(5);

/// How a replica is opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// What is set aside and made anew first.
    pub mend: Mend,
    /// Which closed incidents are listed.
    pub closed: Closed,
    /// A folder that cannot be written is read into memory instead.
    pub in_memory: bool,
}

impl From<Mend> for Opening {
    fn from(mend: Mend) -> Self {
        Self { mend, closed: Closed::All, in_memory: false }
    }
}

/// An open replica, and the server it exchanges with.
pub struct Here {
    /// The replica itself.
    pub replica: replica::Replica,
    remote: Option<Remote>,
}

impl Here {
    /// Opens the replica in a person's folder. One as damaged as `opening` says is set aside first, and what can be saved of it is saved.
    ///
    /// # Errors
    /// Damage (6), a newer format or a folder that cannot be used (1).
    pub fn open(
        session: &Session,
        home: &Home,
        person: Person,
        connection: &Connection,
        opening: Opening,
        unwritable: Option<String>,
    ) -> Result<Self, Failure> {
        let remote = match (&connection.remote, &connection.token) {
            (Some(address), Some(token)) => Some(Remote::new(address, token.secret()).map_err(Failure::Usage)?),
            _ => None,
        };
        let (home, read_only) = (home.folder().to_owned(), session.read_only());
        let (closed, org) = (opening.closed, builtin_org());
        let config = replica::Config { home, person, read_only, unwritable, closed, org };
        let replica = replica::open_mending(config, opening.mend)?;
        replica.hold_days(session.config.replica_days.unwrap_or(REPLICA_DAYS));
        Ok(Self { replica, remote })
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
            Answer::NotSaved(why) => Err(Failure::NotSaved(why)),
            answer => Ok(answer),
        }
    }

    /// Exchanges with the server until nothing waits or the time is over; says why these events still wait, if they do.
    pub fn exchange(&self, within: Duration, events: &[EventId]) -> Option<String> {
        let Some(remote) = &self.remote else { return Some(NO_TOKEN.into()) };
        let done = match self.replica.exchange_once(remote, within) {
            Ok(done) => done,
            Err(fault) => return Some(fault.to_string()),
        };
        // Others may still wait, such as what another person of this login wrote.
        let waits = done.waiting > 0 || done.trouble.is_some();
        (waits && !events.is_empty())
            .then(|| done.trouble.map_or_else(|| "the server has not taken it yet".into(), |why| without_numbers(&why)))
    }

    /// Exchanges with the server, and tells what came of it.
    ///
    /// # Errors
    /// No token, or a store that cannot be used; what the network did is in the answer.
    pub fn sync(&self, within: Duration) -> Result<Exchanged, Failure> {
        let remote = self.remote.as_ref().ok_or_else(|| Failure::Usage(NO_TOKEN.into()))?;
        let done = self.replica.exchange_once(remote, within)?;
        Ok(Exchanged { trouble: done.trouble.as_deref().map(without_numbers), ..done })
    }

    /// Whether the server answers and says no, which waiting does not change.
    pub fn is_turned_away(&self) -> bool {
        matches!(self.snapshot().link, Link::Refused { .. } | Link::LockedOut { .. }) || self.turned_away().is_some()
    }

    /// Why the server turned this token away when any process of this home last asked it.
    pub fn turned_away(&self) -> Option<String> {
        self.replica.turned_away(self.remote.as_ref()?).ok()?
    }

    /// How many events imported here gave way to what somebody else had imported of the same record, ever.
    pub fn gave_way(&self) -> Option<u64> {
        self.replica.gave_way().ok()
    }

    /// Exchanges in the background from now on.
    ///
    /// # Errors
    /// When no thread could be started.
    pub fn start_sync(&mut self, session: &Session, home: &Home) -> Result<(), Failure> {
        Ok(self.replica.exchange_with(session.remotes(home, self.remote.clone()))?)
    }

    /// Waits until a snapshot shows something.
    pub fn wait_for<T>(&self, look: impl Fn(&Snapshot) -> Option<T>) -> Option<T> {
        let began = Instant::now();
        loop {
            match look(&self.snapshot()) {
                None if began.elapsed() < LOOK_FOR => std::thread::sleep(Duration::from_millis(2)),
                seen => return seen,
            }
        }
    }
}

/// The words without the operating system's error number in them.
fn without_numbers(words: &str) -> String {
    match words.split_once(" (os error ") {
        Some((before, after)) => format!("{before}{}", after.split_once(')').map_or("", |(_, rest)| rest)),
        None => words.to_owned(),
    }
}

const NO_TOKEN: &str = "there is no token for the server; `warroom connect URL` with --token-file FILE or WARROOM_TOKEN keeps one";

impl From<Fault> for Failure {
    /// A copy that belongs to another log refuses (4), damage has a code of its own (6).
    fn from(fault: Fault) -> Self {
        let words = fault.to_string();
        match fault {
            Fault::OtherLog => Self::Refused { code: "other_log".into(), reason: words },
            Fault::Full => Self::NotSaved(words),
            fault if fault.is_damage() => Self::Damaged(words),
            _ => Self::Failed(words),
        }
    }
}

/// What is said of events that gave way.
pub fn gave_way(count: u64) -> String {
    let events = if count == 1 { "1 imported event was".to_owned() } else { format!("{count} imported events were") };
    format!(
        "{events} on the server already with other words: the same record, imported with another --zone or in another version. The server's stand, as they do for everyone"
    )
}

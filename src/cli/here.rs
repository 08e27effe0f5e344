//! The replica as the command line holds it: opened, asked, and exchanged with the server for a while.

use crate::cli::config::REPLICA_DAYS;
use crate::cli::failure::Failure;
use crate::cli::home::Home;
use crate::cli::session::Connection;
use crate::cli::session::Session;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::ledger::Evidence;
use crate::ledger::PublicKey;
use crate::replica;
use crate::replica::Claimed;
use crate::replica::Closed;
use crate::replica::Exchanged;
use crate::replica::Fault;
use crate::replica::Imported;
use crate::replica::Lost;
use crate::replica::Mend;
use crate::replica::Remote;
use crate::replica::Requests;
use crate::replica::Signatures;
use crate::replica::Verified;
use crate::replica::request::Request;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Link;
use crate::replica::snapshot::Snapshot;
use crate::wire::Me;
use crate::wire::builtin_org;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use tokio::sync::watch;

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
    replica: replica::Replica,
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
        let replica = replica::open_mending(config, opening.mend).map_err(failure)?;
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

    /// Something kept in this home.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn setting(&self, name: &str) -> Result<Option<String>, Failure> {
        self.replica.setting(name).map_err(failure)
    }

    /// Waits until closed incidents are listed, too.
    ///
    /// # Errors
    /// When they cannot be read (6).
    pub fn read_closed(&self) -> Result<(), Failure> {
        self.replica.read_closed().map_err(failure)
    }

    /// Walks everything held here against its hashes.
    ///
    /// # Errors
    /// The first thing that is not as it was written (6).
    pub fn verify(&self) -> Result<Verified, Failure> {
        self.replica.verify().map_err(failure)
    }

    /// What is known here of the server's signature.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn signatures(&self) -> Result<Signatures, Failure> {
        self.replica.signatures().map_err(failure)
    }

    /// Proof of an incident, for a document; none where the server does not sign.
    ///
    /// # Errors
    /// A store that cannot be read, or is not what was signed (6).
    pub fn evidence(&self, incident: IncidentId) -> Result<Option<Evidence>, Failure> {
        self.replica.evidence(incident).map_err(failure)
    }

    /// The events of an incident as they are held here, in order, for a document.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn events(&self, incident: IncidentId) -> Result<Vec<String>, Failure> {
        self.replica.events(incident).map_err(failure)
    }

    /// Knows the server by this key from now on.
    ///
    /// # Errors
    /// When it is not on disk.
    pub fn trust_key(&self, key: PublicKey) -> Result<(), Failure> {
        self.replica.trust_key(key).map_err(failure)
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
        let done = self.replica.exchange_once(remote, within).map_err(failure)?;
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

    /// How many events were written here before there was a server, and under which names.
    ///
    /// # Errors
    /// When the replica is closed.
    pub fn written_alone(&self) -> Result<BTreeMap<Person, usize>, Failure> {
        self.replica.written_alone().map_err(failure)
    }

    /// Belongs to a server's log from now on, and claims what was written alone by the token's person, `names` being theirs as well.
    ///
    /// # Errors
    /// When this copy belongs to another log (4), or it is not on disk.
    pub fn claim(&self, me: Me, names: BTreeSet<Person>) -> Result<Claimed, Failure> {
        self.replica.claim(me, names).map_err(failure)
    }

    /// What a restored server lost, is held here, and nobody has sent again yet.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn lost(&self) -> Result<Lost, Failure> {
        self.replica.lost().map_err(failure)
    }

    /// Offers the server what others said in a stretch that it lost; answers how many events.
    ///
    /// # Errors
    /// When it is not on disk.
    pub fn offer_lost(&self) -> Result<usize, Failure> {
        self.replica.offer_lost().map_err(failure)
    }

    /// Records the events of past incidents, those of one incident beside each other and in order; each once, however often it is told.
    ///
    /// # Errors
    /// When it is not on disk; then nothing of it remains.
    pub fn import(&self, incidents: Vec<Vec<Event>>) -> Result<Imported, Failure> {
        self.replica.import(incidents).map_err(failure)
    }

    /// Exchanges in the background from now on.
    ///
    /// # Errors
    /// When no thread could be started.
    pub fn start_sync(&mut self, session: &Session, home: &Home) -> Result<(), Failure> {
        self.replica.exchange_with(session.remotes(home, self.remote.clone())).map_err(failure)
    }

    /// Where screens read, and where they ask.
    pub fn readers(&self) -> (watch::Receiver<Arc<Snapshot>>, Requests) {
        (self.replica.snapshots.clone(), self.replica.requests.clone())
    }

    /// Waits until a snapshot shows something.
    pub fn wait_for<T>(&self, look: impl Fn(&Snapshot) -> Option<T>) -> Option<T> {
        self.wait_for_within(LOOK_FOR, look)
    }

    /// The same, with a limit of one's own.
    pub fn wait_for_within<T>(&self, limit: Duration, look: impl Fn(&Snapshot) -> Option<T>) -> Option<T> {
        let began = Instant::now();
        loop {
            match look(&self.snapshot()) {
                None if began.elapsed() < limit => std::thread::sleep(Duration::from_millis(2)),
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

/// A fault with its exit code.
pub fn failure(fault: Fault) -> Failure {
    let words = fault.to_string();
    match fault {
        Fault::OtherLog => Failure::Refused { code: "other_log".into(), reason: words },
        Fault::Full => Failure::NotSaved(words),
        fault if fault.is_damage() => Failure::Damaged(words),
        _ => Failure::Failed(words),
    }
}

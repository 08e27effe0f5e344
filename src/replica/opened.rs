//! An open replica as others hold it: they ask and wait, or read the newest snapshot; its thread does everything.

use crate::domain::Event;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::ledger::Evidence;
use crate::ledger::PublicKey;
use crate::replica::attend::Remotes;
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
use crate::replica::thread;
use crate::replica::thread::Requests;
use crate::replica::thread::now;
use crate::wire::Me;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

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

fn start(config: Config, local: Local) -> Result<Replica, Fault> {
    let home = local.home().clone();
    let started = thread::start(local);
    let (snapshots, requests, thread) =
        started.map_err(|why| Fault::Home { path: config.home, why: format!("no thread could be started: {why}") })?;
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
        self.requests.flush();
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

    /// How many events of a past that was told here gave way to what somebody else had told of the same record.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn gave_way(&self) -> Result<u64, Fault> {
        self.requests.call(|local| local.gave_way())?
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
        self.requests.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

//! Runs the sync machine against a real server: its questions become requests and visits to the copy, their answers come back in.

use crate::domain::DeviceId;
use crate::domain::Person;
use crate::replica::attend::Remotes;
use crate::replica::attend::attend;
use crate::replica::fault::Fault;
use crate::replica::home::Home;
use crate::replica::mint::Mint;
use crate::replica::mint::random;
use crate::replica::remote::Http;
use crate::replica::remote::Remote;
use crate::replica::run::Run;
use crate::replica::snapshot::Link;
use crate::replica::standing::Claimed;
use crate::replica::standing::Standing;
use crate::replica::sync::Machine;
use crate::replica::thread::Requests;
use crate::replica::thread::now;
use crate::wire::Me;
use std::collections::BTreeSet;
use std::fs::File;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How often to look whether another process still does the exchange.
const LOCK_LOOK_EVERY: Duration = Duration::from_millis(500);

/// What one exchange came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Exchanged {
    /// Events the server took.
    pub sent: usize,
    /// Records that came.
    pub received: u64,
    /// Events the server refused.
    pub refused: usize,
    /// Events that still wait.
    pub waiting: usize,
    /// Why it ended early, in words.
    pub trouble: Option<String>,
    /// Another process of this home does the exchange.
    pub elsewhere: bool,
}

/// An exchange that runs until it is dropped.
pub(super) struct Exchange {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Exchange {
    /// Starts the exchange on a thread of its own; nothing here waits for the network.
    pub fn start(requests: Requests, remotes: Remotes, home: Home) -> Result<Self, Fault> {
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("exchange".into()).spawn(move || {
            let Ok(runtime) = runtime() else { return };
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = attend(&requests, remotes, &home) => {}
                }
            });
            requests.visit(|local| local.tell_exchange(None, false));
            // A request that hangs must not hold up the end of the process.
            runtime.shutdown_background();
        });
        let thread = thread.map_err(|why| Fault::Database(format!("no thread could be started: {why}")))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to end.
            let _ = thread.join();
        }
    }
}

pub(super) fn runtime() -> Result<Runtime, Fault> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|why| Fault::Database(format!("no runtime could be started: {why}")))
}

/// Asks a server who a token is; for `connect`. Waits.
///
/// # Errors
/// Why not, in words.
pub fn greet(remote: &Remote) -> Result<Me, String> {
    let http = Http::new(remote.clone()).map_err(|fail| fail.to_string())?;
    let asked = runtime().map_err(|fault| fault.to_string())?.block_on(http.meet(None));
    asked.map(|met| met.me).map_err(|fail| fail.to_string())
}

/// Adopts a server's log and claims what was written alone.
pub(super) fn claim(requests: &Requests, me: Me, names: BTreeSet<Person>) -> Result<Claimed, Fault> {
    requests.call(move |local| local.claim(&me, &names, now()))?
}

/// Pushes and pulls until nothing waits or the time is over. Waits.
pub(super) fn once(requests: &Requests, remote: &Remote, home: &Home, limit: Duration) -> Result<Exchanged, Fault> {
    let until = Instant::now() + limit;
    let before = requests.call(|local| local.standing())?;
    let mut done = Exchanged::default();
    match lock(home)? {
        Some(_lock) => {
            let runtime = runtime()?;
            let http = match Http::new(remote.clone()) {
                Ok(http) => http,
                Err(fail) => return Ok(Exchanged { trouble: Some(fail.to_string()), waiting: before.waiting(), ..done }),
            };
            runtime.block_on(async {
                let mut run = Run::new(requests.clone(), http, before.device, Machine::new(before.clone(), true, seed()), None);
                if timeout(limit, run.until_finished()).await.is_err() {
                    run.done.trouble = Some("the server did not answer in time; what waits is sent later".into());
                }
                done = run.done.clone();
            });
            requests.visit(|local| local.tell_exchange(None, false));
            runtime.shutdown_background();
        }
        None => {
            done.elsewhere = true;
            requests.call(|local| local.sync_now(now()))?;
            let is_over = |standing: &Standing| standing.waiting() == 0 && standing.history.is_none();
            while Instant::now() < until && !is_over(&requests.call(|local| local.look_again(now()))?) {
                // What that one heard of this token is known here, too.
                done.trouble = turned_away(requests, remote)?;
                if done.trouble.is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
    let after = requests.call(|local| local.standing())?;
    let seq = |standing: &Standing| standing.position.map_or(0, |position| position.seq);
    done.received = seq(&after).saturating_sub(seq(&before));
    done.waiting = after.waiting();
    Ok(done)
}

/// Why the server turns the token of a remote away, as far as this home knows.
pub(super) fn turned_away(requests: &Requests, remote: &Remote) -> Result<Option<String>, Fault> {
    let mark = remote.token_mark();
    requests.call(move |local| local.turned_away(&mark))
}

/// The right of one process of a home to do the exchange.
struct Turn {
    _lock: Option<File>,
}

/// The right to do the exchange; `None` while another process of the home has it. What is held in memory is nobody else's.
fn lock(home: &Home) -> Result<Option<Turn>, Fault> {
    if !home.is_written() {
        return Ok(Some(Turn { _lock: None }));
    }
    let file = home.file("sync.lock")?;
    Ok(file.try_lock().is_ok().then_some(Turn { _lock: Some(file) }))
}

/// Exchanges until the replica is closed.
pub(super) async fn stay(requests: &Requests, remote: Remote, home: &Home) {
    let http = match Http::new(remote) {
        Ok(http) => http,
        Err(fail) => return show(requests, Link::Refused { why: fail.to_string() }),
    };
    // Each war room is present by itself, also where several share a home: the server shows a person's freshest.
    let room = DeviceId(Mint::after(None, 0).stamp(now()).id.0);
    let mut beside: Option<Run> = None;
    let _lock = loop {
        match lock(home) {
            Ok(Some(lock)) => break lock,
            Ok(None) if beside.is_none() => {
                show(requests, Link::Elsewhere);
                let Ok(standing) = requests.call(|local| local.standing()) else { return };
                let machine = Machine::beside(standing, seed());
                beside = Some(Run::new(requests.clone(), http.clone(), room, machine, None));
            }
            Ok(None) => {}
            Err(fault) => show(requests, Link::Refused { why: fault.to_string() }),
        }
        let look_again = tokio::time::sleep(LOCK_LOOK_EVERY);
        match &mut beside {
            Some(run) => drop(timeout(LOCK_LOOK_EVERY, run.until_finished()).await),
            None => look_again.await,
        }
    };
    let Ok(standing) = requests.call(|local| local.standing()) else { return };
    // The stream of presence goes on until the whole one is open: nobody reads meanwhile that the person left.
    let stream = beside.and_then(|mut run| run.stream.take());
    Run::new(requests.clone(), http, room, Machine::new(standing, false, seed()), stream).until_finished().await;
}

/// Chance for the machine's jitter.
fn seed() -> u64 {
    u64::from_le_bytes(random())
}

fn show(requests: &Requests, link: Link) {
    requests.visit(move |local| local.set_link(link, now()));
}

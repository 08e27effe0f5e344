//! A device of the simulation: one home, two processes of the real local copy, and the real sync machine of the first.

use crate::domain::Org;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::replica::local::Closed;
use crate::replica::local::Config;
use crate::replica::local::Local;
use crate::replica::simulation::world::World;
use crate::replica::sync::Fail;
use crate::replica::sync::Input;
use crate::replica::sync::Machine;
use crate::replica::sync::Output;
use crate::wire::builtin_org;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::LazyLock;
use tempfile::TempDir;

/// Reading the settings takes longer than opening a copy.
static ORG: LazyLock<Org> = LazyLock::new(builtin_org);

pub struct Device {
    pub home: TempDir,
    /// Whose token it has now.
    pub who: Principal,
    /// Whose it is.
    pub owner: Person,
    pub local: Local,
    /// Another process of the same home: it writes, and leaves the exchange to the first.
    pub beside: Local,
    pub machine: Machine,
    /// What the machine asked of the copy, not yet done.
    pub acts: VecDeque<Output>,
    pub stream: Option<u64>,
    /// After a crash nobody hears the answers to what was asked before.
    pub life: u64,
    pub began_ms: u64,
    /// How far its clock is off.
    pub skew_ms: i64,
    /// The node it talks to.
    pub node: usize,
    /// Nothing gets through until then.
    pub cut_until_ms: u64,
    /// Its token is not accepted until then.
    pub revoked_until_ms: u64,
    /// It worked for another person in between.
    pub was_lent: bool,
}

impl std::fmt::Display for Device {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} life {} acts {:?}\n  {:?}\n  {:?}", self.who.person, self.life, self.acts, self.local.standing(), self.machine)
    }
}

fn folder() -> TempDir {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { TempDir::new_in(shared).or_else(|_| TempDir::new()) } else { TempDir::new() }.expect("a folder")
}

fn open(home: &Path, person: &Person, now: Timestamp) -> Local {
    let (home, person) = (home.to_owned(), person.clone());
    let config = Config { home, person, read_only: false, unwritable: None, closed: Closed::All, org: ORG.clone() };
    Local::open(&config, now).expect("a copy that was left in order")
}

impl Device {
    pub fn new(name: &str, seed: u64, now: Timestamp) -> Self {
        let home = folder();
        let who = Principal { person: Person::new(name), scope: Scope::Commander };
        let local = open(home.path(), &who.person, now);
        let beside = open(home.path(), &who.person, now);
        let machine = Machine::new(local.standing(), false, seed);
        Self {
            home,
            owner: who.person.clone(),
            who,
            local,
            beside,
            machine,
            acts: VecDeque::new(),
            stream: None,
            life: 0,
            began_ms: 0,
            skew_ms: 0,
            node: 0,
            cut_until_ms: 0,
            revoked_until_ms: 0,
            was_lent: false,
        }
    }
}

impl World {
    /// Kills the first process of a device at this very moment and starts it again from what it had committed.
    pub fn crash(&mut self, at: usize) {
        let now = self.wall(at);
        let seed = self.dice.roll();
        let now_ms = self.now_ms;
        let device = &mut self.devices[at];
        device.life += 1;
        device.acts.clear();
        device.local = open(device.home.path(), &device.owner, now);
        device.machine = Machine::new(device.local.standing(), false, seed);
        device.began_ms = now_ms;
        if let Some(stream) = device.stream.take() {
            self.streams.remove(&stream);
        }
        self.tell(|world| format!("device {at} starts again at {:?}", world.devices[at].local.position()));
        self.observe(at);
    }

    /// Changes places with the other process of the home, for a moment.
    pub fn turn(&mut self, at: usize) {
        let device = &mut self.devices[at];
        std::mem::swap(&mut device.local, &mut device.beside);
    }

    /// The copy looks at what the other process did, and the exchange hears of it.
    pub fn look(&mut self, at: usize) {
        let now = self.wall(at);
        let local = &mut self.devices[at].local;
        local.catch_up(now).expect("a look");
        let standing = local.standing();
        self.feed(at, Input::Standing(standing));
        self.observe(at);
    }

    /// Another person's token in the same home, until the owner's comes back.
    pub fn lend(&mut self, at: usize) {
        let device = &mut self.devices[at];
        let is_home = device.who.person == device.owner;
        device.who.person = if is_home { Person::new("cy") } else { device.owner.clone() };
        device.was_lent |= is_home;
        self.crash(at);
    }

    /// Feeds one input to a device's machine and takes its orders.
    pub fn feed(&mut self, at: usize, input: Input) {
        let device = &mut self.devices[at];
        let outputs = device.machine.step(input, self.now_ms - device.began_ms);
        for output in outputs {
            self.order(at, output);
        }
    }

    /// Does the next thing the machine asked of a device's copy; answers whether there was one.
    pub fn act(&mut self, at: usize) -> bool {
        let now = self.wall(at);
        let device = &mut self.devices[at];
        let local = &mut device.local;
        let Some(act) = device.acts.pop_front() else { return false };
        let told = self.is_told.then(|| format!("device {at}: {act:?}"));
        let input = match act {
            Output::Join { ticket, met } => Input::Joined { ticket, answer: local.join(&met, now).map_err(Fail::from) },
            Output::Witness(note) => Input::Witnessed(local.witness(&note, now).map(|()| local.standing()).map_err(Fail::from)),
            Output::Fill(page) => Input::Filled(local.fill(&page, now).map_err(Fail::from)),
            Output::Apply(pairs) => Input::Applied(local.take_page(&pairs, now).map_err(Fail::from)),
            Output::CutBack { ticket, seq, epoch } => Input::Cut { ticket, answer: local.cut_back(seq, epoch, now).map_err(Fail::from) },
            Output::TakeBatch { ticket, max_events } => Input::Batch { ticket, events: local.next_batch(max_events.min(7), 64 * 1024) },
            Output::Mark(outcomes) => Input::Marked(local.mark(&outcomes, now).map_err(Fail::from)),
            Output::SendAgain => Input::Marked(local.send_again(now).map_err(Fail::from)),
            other => panic!("not an act: {other:?}"),
        };
        if let Some(told) = told {
            self.tell(|_| told);
        }
        self.observe(at);
        self.feed(at, input);
        true
    }
}

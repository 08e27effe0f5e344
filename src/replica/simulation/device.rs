//! A device of the simulation: one home, two processes of the real local copy, and the real sync machine of the first.

use crate::domain::Org;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::replica::fault;
use crate::replica::local::Closed;
use crate::replica::local::Config;
use crate::replica::local::Local;
use crate::replica::simulation::failing_disk::Disk;
use crate::replica::simulation::failing_disk::Fault;
use crate::replica::simulation::history::Shown;
use crate::replica::simulation::world::World;
use crate::replica::sync::Fail;
use crate::replica::sync::Input;
use crate::replica::sync::Machine;
use crate::replica::sync::Output;
use crate::wire::builtin_org;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::LazyLock;
use tempfile::TempDir;
use tokio::sync::mpsc::unbounded_channel;

/// Reading the settings takes longer than opening a copy.
static ORG: LazyLock<Org> = LazyLock::new(builtin_org);

pub struct Device {
    pub home: TempDir,
    pub disk: Arc<Disk>,
    /// What its disk does wrong from some write on, and whether both processes die of it.
    pub failing: Option<(Fault, bool)>,
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
    /// How many days it holds in full; 0 for everything.
    pub days: u32,
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

fn open(home: &Path, person: &Person, days: u32, now: Timestamp) -> Result<Local, fault::Fault> {
    let (home, person) = (home.to_owned(), person.clone());
    let config = Config { home, person, read_only: false, unwritable: None, closed: Closed::All, org: ORG.clone() };
    let mut local = Local::open(&config, now)?;
    local.hold_days(days);
    // Only the process that does the exchange lets go of what is old; what it is told that way, the machine of the device is told by `feed`.
    local.tell_exchange(Some(unbounded_channel().0), false);
    Ok(local)
}

fn open_both(home: &Path, person: &Person, days: u32, now: Timestamp) -> (Local, Local) {
    let open = || open(home, person, days, now).expect("a copy that was left in order");
    let (local, mut beside) = (open(), open());
    beside.tell_exchange(None, false);
    (local, beside)
}

impl Device {
    pub fn new(name: &str, days: u32, seed: u64, now: Timestamp) -> Self {
        let home = folder();
        let disk = Disk::below(home.path());
        let who = Principal { person: Person::new(name), scope: Scope::Commander };
        let (local, beside) = open_both(home.path(), &who.person, days, now);
        let machine = Machine::new(local.standing(), false, seed);
        Self {
            home,
            disk,
            failing: None,
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
            days,
        }
    }
}

impl World {
    /// Kills the first process of a device at this very moment and starts it again from what it had committed.
    pub fn crash(&mut self, at: usize) {
        let now = self.wall(at);
        let seed = self.dice.roll();
        let device = &mut self.devices[at];
        match open(device.home.path(), &device.owner, device.days, now) {
            Ok(local) => device.local = local,
            // A disk that takes nothing: whoever starts it again later succeeds.
            Err(fault) => assert!(device.failing.is_some(), "a copy that was left in order does not open: {fault}"),
        }
        self.begin_life(at, seed);
    }

    fn begin_life(&mut self, at: usize, seed: u64) {
        let device = &mut self.devices[at];
        device.life += 1;
        device.acts.clear();
        device.machine = Machine::new(device.local.standing(), false, seed);
        device.began_ms = self.now_ms;
        if let Some(stream) = device.stream.take() {
            self.streams.remove(&stream);
        }
        self.tell(|world| format!("device {at} starts again at {:?}", world.devices[at].local.position()));
        self.observe(at);
    }

    /// The disk of a device goes wrong after some more writes: for a while, or until both processes die of it.
    pub fn fail_disk(&mut self, at: usize) {
        let spared = self.dice.below(30);
        let fault = *self.dice.pick(&[Fault::TornWrite, Fault::TornWrite, Fault::Full, Fault::Fsync]).expect("a fault");
        // What the disk did not confirm is not asked for again: that process is over.
        let is_deadly = fault == Fault::Fsync || (fault == Fault::TornWrite && self.dice.one_in(2));
        let lasts = is_deadly || fault == Fault::Full;
        let device = &mut self.devices[at];
        device.failing = Some((fault, is_deadly));
        device.disk.fail_after(spared, fault, lasts);
    }

    /// After anything that was done with a copy: if its disk killed it, it ends here, whatever it was about to say.
    pub fn outlive(&mut self, at: usize) {
        let device = &self.devices[at];
        if device.disk.was_hit() && matches!(device.failing, Some((_, true))) {
            self.die(at);
        }
    }

    /// Both processes of a device end in the middle of what they do; with the power, in half of the cases: then what was not fsynced is there or not.
    pub fn die(&mut self, at: usize) {
        let (now, seed, seconds) = (self.wall(at), self.dice.roll(), self.dice.roll());
        let no_power = self.dice.one_in(2);
        self.tell(|_| format!("device {at} dies, without power: {no_power}"));
        let device = &mut self.devices[at];
        if !matches!(device.failing, Some((_, true))) {
            // Nothing that ends gets to tidy up.
            device.disk.fail_after(0, Fault::TornWrite, true);
        }
        device.failing = None;
        if no_power {
            let home = folder();
            device.disk.after_power_cut(home.path(), seed);
            // Records that were not fsynced are fetched again.
            self.history.shown[at] = Shown::default();
            let disk = Disk::below(home.path());
            (device.local, device.beside) = open_both(home.path(), &device.owner, device.days, now);
            (device.disk, device.home) = (disk, home);
        } else {
            let away = folder();
            // What stands in for them while both are gone.
            (device.local, device.beside) = open_both(away.path(), &device.owner, device.days, now);
            device.disk.heal();
            (device.local, device.beside) = open_both(device.home.path(), &device.owner, device.days, now);
        }
        self.begin_life(at, seconds);
        self.check_recorded_here(at);
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
        // As its thread does from time to time.
        local.try_saving(now);
        while matches!(local.work_ahead(), Ok(true)) || matches!(local.index_ahead(), Ok(true)) {}
        while matches!(local.let_go_ahead(now), Ok(true)) {
            self.tally.bases += 1;
        }
        let standing = local.standing();
        self.feed(at, Input::Standing(standing));
        self.observe(at);
        self.outlive(at);
    }

    /// Another machine in the place of this one: what only that knew is gone with it.
    pub fn replace_device(&mut self, at: usize) {
        let (now, seed) = (self.wall(at), self.dice.roll());
        let Device { owner, days, .. } = &self.devices[at];
        let fresh = Device::new(owner.as_str(), *days, seed, now);
        let before = std::mem::replace(&mut self.devices[at], fresh);
        let device = &mut self.devices[at];
        (device.life, device.skew_ms, device.stream, device.who) = (before.life, before.skew_ms, before.stream, before.who);
        (device.cut_until_ms, device.revoked_until_ms) = (before.cut_until_ms, before.revoked_until_ms);
        self.history.forget_device(at);
        self.begin_life(at, seed);
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
        let Some(act) = self.devices[at].acts.pop_front() else { return false };
        if let Output::CutBack { seq, .. } = act {
            self.miss(at, seq);
        }
        let comes_again = matches!(act, Output::Apply(_)) && self.dice.one_in(4);
        let local = &mut self.devices[at].local;
        let told = self.is_told.then(|| format!("device {at}: {act:?}"));
        let input = match act {
            Output::Join { ticket, met } => Input::Joined { ticket, answer: local.join(&met, now).map_err(Fail::from) },
            Output::Witness(note) => Input::Witnessed(local.witness(&note, now).map(|()| local.standing()).map_err(Fail::from)),
            Output::Fill(page) => Input::Filled(local.fill(&page, now).map_err(Fail::from)),
            Output::KeepHeads { ticket, page } => Input::HeadsKept { ticket, answer: local.keep_heads(&page).map_err(Fail::from) },
            Output::Begin { ticket, base } => {
                self.tally.bases += 1;
                Input::Joined { ticket, answer: local.begin_at(&base, now).map_err(Fail::from) }
            }
            Output::KeepHistory { ask, page } => Input::Filled(local.keep_history(ask, page.as_ref(), now).map_err(Fail::from)),
            Output::Apply(pairs) => {
                let taken = local.take_page(&pairs, now);
                // What comes a second time changes nothing.
                let taken = if comes_again && taken.is_ok() { local.take_page(&pairs, now) } else { taken };
                Input::Applied(taken.map_err(Fail::from))
            }
            Output::CutBack { ticket, seq, epoch } => Input::Cut { ticket, answer: local.cut_back(seq, epoch, now).map_err(Fail::from) },
            Output::TakeBatch { ticket, max_events } => Input::Batch { ticket, events: local.next_batch(max_events.min(7), 64 * 1024) },
            Output::Mark(outcomes) => Input::Marked(local.mark(&outcomes, now).map_err(Fail::from)),
            Output::SendAgain => Input::Marked(local.send_again(now).map_err(Fail::from)),
            other => panic!("not an act: {other:?}"),
        };
        if let Some(told) = told {
            self.tell(|_| told);
        }
        let life = self.devices[at].life;
        self.observe(at);
        self.outlive(at);
        if self.devices[at].life == life {
            self.feed(at, input);
        }
        true
    }
}

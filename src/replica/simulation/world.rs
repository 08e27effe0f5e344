//! Two devices, one server, and a network that drops, delays, repeats and reorders. One seed decides everything.

use crate::domain::EventId;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::Position;
use crate::replica::local::Closed;
use crate::replica::local::Config;
use crate::replica::local::Local;
use crate::replica::simulation::server::Server;
use crate::replica::sync::Fail;
use crate::replica::sync::Input;
use crate::replica::sync::Machine;
use crate::replica::sync::Met;
use crate::replica::sync::Output;
use crate::replica::sync::Place;
use crate::replica::sync::Probe;
use crate::replica::sync::StreamItem;
use crate::wire::Head;
use crate::wire::builtin_org;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;
use tempfile::TempDir;

/// Splitmix64 (Steele, Lea, Flood 2014): enough to make choices that a seed reproduces.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }

    pub fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }
}

/// A question on its way to the server.
#[derive(Clone, Debug)]
enum Question {
    Me,
    Page(Place),
    Records(Vec<u64>),
    Probe(u64),
    Push(Vec<EventBytes>),
    Stream(Position),
}

/// What is on its way. `life` is the life of the device that asked: after a crash nobody hears the answer.
#[derive(Clone, Debug)]
enum Parcel {
    Question {
        life: u64,
        ticket: u64,
        question: Question,
        answered: bool,
    },
    Answer {
        life: u64,
        input: Input,
    },
    /// The next look of the server at what a stream has not been sent.
    Feed {
        stream: u64,
    },
}

struct Stream {
    device: usize,
    life: u64,
    ticket: u64,
    sent: u64,
}

pub struct Device {
    pub home: TempDir,
    pub who: Principal,
    pub local: Local,
    /// Another process of the same home: it writes, and leaves the exchange to the first.
    pub beside: Local,
    machine: Machine,
    /// What the machine asked of the copy, not yet done.
    acts: VecDeque<Output>,
    stream: Option<u64>,
    life: u64,
    began_ms: u64,
}

impl std::fmt::Display for Device {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} life {} acts {:?}\n  {:?}", self.who.person, self.life, self.acts, self.machine)
    }
}

pub struct World {
    pub dice: Dice,
    pub now_ms: u64,
    pub server: Server,
    pub devices: Vec<Device>,
    /// Whether anything goes wrong.
    pub faults: bool,
    parcels: BTreeMap<(u64, u64), (usize, Parcel)>,
    streams: BTreeMap<u64, Stream>,
    posted: u64,
    /// What each device was told is on disk.
    pub recorded: BTreeMap<EventId, usize>,
    /// Of these, what a server that was restored lost of incidents that had been restricted.
    pub forgiven: BTreeMap<EventId, usize>,
    /// How many own events each device said it cannot send again.
    pub alarmed_of: [usize; 2],
}

fn folder() -> TempDir {
    // In memory where there is such a place: what a process lost is simulated here, not what a disk lost.
    let shared = std::path::Path::new("/dev/shm");
    if shared.is_dir() { TempDir::new_in(shared).or_else(|_| TempDir::new()) } else { TempDir::new() }.expect("a folder")
}

fn open(home: &TempDir, person: &Person, now: Timestamp) -> Local {
    let config = Config {
        home: home.path().to_owned(),
        person: person.clone(),
        read_only: false,
        unwritable: None,
        closed: Closed::All,
        org: builtin_org(),
    };
    Local::open(&config, now).expect("a copy that was left in order")
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut world = Self {
            dice: Dice::new(seed),
            now_ms: 0,
            server: Server::new(),
            devices: Vec::new(),
            faults: true,
            parcels: BTreeMap::new(),
            streams: BTreeMap::new(),
            posted: 0,
            recorded: BTreeMap::new(),
            forgiven: BTreeMap::new(),
            alarmed_of: [0; 2],
        };
        for name in ["ana", "bo"] {
            let home = folder();
            let who = Principal { person: Person::new(name), scope: Scope::Commander };
            let local = open(&home, &who.person, world.wall());
            let beside = open(&home, &who.person, world.wall());
            let machine = Machine::new(local.standing(), false, seed);
            let device = Device { home, who, local, beside, machine, acts: VecDeque::new(), stream: None, life: 0, began_ms: 0 };
            world.devices.push(device);
        }
        world
    }

    pub fn wall(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + self.now_ms as i64)
    }

    /// Kills a device at this very moment and starts it again from what it had committed.
    pub fn crash(&mut self, at: usize) {
        let now = self.wall();
        let seed = self.dice.below(u64::MAX);
        let now_ms = self.now_ms;
        let device = &mut self.devices[at];
        device.life += 1;
        device.acts.clear();
        device.local = open(&device.home, &device.who.person, now);
        device.machine = Machine::new(device.local.standing(), false, seed);
        device.began_ms = now_ms;
        if let Some(stream) = device.stream.take() {
            self.streams.remove(&stream);
        }
    }

    /// Changes places with the other process of the home, for a moment.
    pub fn turn(&mut self, at: usize) {
        let device = &mut self.devices[at];
        std::mem::swap(&mut device.local, &mut device.beside);
    }

    /// The copy looks at what the other process did, and the exchange hears of it.
    pub fn look(&mut self, at: usize) {
        let now = self.wall();
        let local = &mut self.devices[at].local;
        local.catch_up(now).expect("a look");
        let standing = local.standing();
        self.feed(at, Input::Standing(standing));
    }

    /// The server's process ends; what it committed stays.
    pub fn restart_server(&mut self) {
        let streams: Vec<u64> = self.streams.keys().copied().collect();
        for stream in streams {
            self.end_stream(stream, Fail::Unreachable("the server closed the stream".into()));
        }
    }

    fn end_stream(&mut self, id: u64, fail: Fail) {
        if let Some(stream) = self.streams.remove(&id) {
            let input = Input::Stream { ticket: stream.ticket, item: StreamItem::Ended(fail) };
            self.post(stream.device, Parcel::Answer { life: stream.life, input }, 1);
        }
    }

    fn post(&mut self, device: usize, parcel: Parcel, after_ms: u64) {
        self.posted += 1;
        self.parcels.insert((self.now_ms + after_ms, self.posted), (device, parcel));
    }

    fn travel_ms(&mut self) -> u64 {
        if self.faults && self.dice.one_in(10) { self.dice.below(20_000) } else { 1 + self.dice.below(60) }
    }

    /// Feeds one input to a device's machine and takes its orders.
    pub fn feed(&mut self, at: usize, input: Input) {
        let device = &mut self.devices[at];
        let outputs = device.machine.step(input, self.now_ms - device.began_ms);
        for output in outputs {
            self.order(at, output);
        }
    }

    fn order(&mut self, at: usize, output: Output) {
        match output {
            Output::AskMe { ticket, .. } => self.ask(at, ticket, Question::Me),
            Output::AskPage { ticket, after } => self.ask(at, ticket, Question::Page(after)),
            Output::AskRecords { ticket, places } => self.ask(at, ticket, Question::Records(places)),
            Output::Probe { ticket, seq } => self.ask(at, ticket, Question::Probe(seq)),
            Output::Push { ticket, events } => self.ask(at, ticket, Question::Push(events)),
            Output::OpenStream { ticket, position } => self.ask(at, ticket, Question::Stream(position)),
            Output::CloseStream => {
                if let Some(stream) = self.devices[at].stream.take() {
                    self.streams.remove(&stream);
                }
            }
            Output::Show(_) | Output::Report(_) | Output::See(_) => {}
            Output::Finished(_) => panic!("an exchange that stays does not finish"),
            act => self.devices[at].acts.push_back(act),
        }
    }

    fn ask(&mut self, device: usize, ticket: u64, question: Question) {
        let life = self.devices[device].life;
        let (lost, repeated) = (self.faults && self.dice.one_in(12), self.faults && self.dice.one_in(15));
        let after_ms = self.travel_ms();
        if lost {
            return self.fail(device, life, ticket, &question, after_ms);
        }
        if repeated {
            // A proxy that sends a question twice: only one answer is heard.
            let again_ms = after_ms + self.travel_ms();
            let question = question.clone();
            self.post(device, Parcel::Question { life, ticket, question, answered: false }, again_ms);
        }
        self.post(device, Parcel::Question { life, ticket, question, answered: true }, after_ms);
    }

    fn fail(&mut self, device: usize, life: u64, ticket: u64, question: &Question, after_ms: u64) {
        let fail = match self.dice.below(3) {
            0 => Fail::Busy { why: "503".into(), retry_after_ms: Some(self.dice.below(5_000)) },
            _ => Fail::Unreachable("lost on the way".into()),
        };
        let input = match question {
            Question::Me => Input::Met { ticket, answer: Err(fail) },
            Question::Page(_) => Input::Page { ticket, answer: Err(fail) },
            Question::Records(_) => Input::Records { ticket, answer: Err(fail) },
            Question::Probe(_) => Input::Probed { ticket, answer: Err(fail) },
            Question::Push(_) => Input::Pushed { ticket, answer: Err(fail) },
            Question::Stream(_) => Input::Stream { ticket, item: StreamItem::Ended(fail) },
        };
        self.post(device, Parcel::Answer { life, input }, after_ms);
    }

    /// The server answers a question, if it is up, the answer may still be lost.
    fn serve(&mut self, at: usize, life: u64, ticket: u64, question: Question, answered: bool) {
        let now = self.wall();
        let who = self.devices[at].who.clone();
        if !self.server.up {
            return if answered {
                self.fail(at, life, ticket, &question, 1)
            };
        }
        let input = match &question {
            Question::Me => {
                let met = Met { me: self.server.me(&who, now), round_trip_ms: 5, skew_ms: 0, recalled: None };
                Input::Met { ticket, answer: Ok(met) }
            }
            Question::Page(position) => Input::Page { ticket, answer: self.server.page(&who, position, now) },
            Question::Records(places) => Input::Records { ticket, answer: Ok(self.server.records(&who, places, now)) },
            Question::Push(events) => Input::Pushed { ticket, answer: Ok(self.server.push(&who, events, now)) },
            Question::Probe(seq) => {
                let head = self.server.position();
                let theirs = self.server.pair(&who, *seq).map(|pair| pair.record);
                let same = *seq == 0 || theirs.is_some_and(|theirs| self.devices[at].local.has_record(*seq, theirs.get()).expect("a look"));
                Input::Probed { ticket, answer: Ok(Probe { seq: *seq, same, head }) }
            }
            Question::Stream(position) => {
                if !answered || self.devices[at].life != life {
                    return;
                }
                let position = &Place::from(*position);
                let item = if self.server.knows(position) { StreamItem::Opened } else { StreamItem::Resync };
                if self.server.knows(position) {
                    self.posted += 1;
                    self.streams.insert(self.posted, Stream { device: at, life, ticket, sent: position.seq });
                    self.devices[at].stream = Some(self.posted);
                    self.post(at, Parcel::Feed { stream: self.posted }, 2);
                }
                Input::Stream { ticket, item }
            }
        };
        if !answered {
            return;
        }
        if self.faults && self.dice.one_in(12) {
            let after_ms = self.travel_ms();
            return self.fail(at, life, ticket, &question, after_ms);
        }
        let after_ms = self.travel_ms();
        self.post(at, Parcel::Answer { life, input }, after_ms);
    }

    /// Sends a stream what it has not been sent. Within one stream nothing overtakes: it is one connection.
    fn feed_stream(&mut self, id: u64) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let (device, life, ticket) = (stream.device, stream.life, stream.ticket);
        let who = &self.devices[device].who;
        let fresh: Vec<_> = (stream.sent + 1..).map_while(|seq| self.server.pair(who, seq)).collect();
        stream.sent += fresh.len() as u64;
        let head = Head { position: self.server.position(), now: self.wall(), checkpoint: None };
        let broken = self.faults && self.dice.one_in(60);
        let after_ms = 1 + self.dice.below(if self.faults { 40 } else { 5 });
        for item in fresh.into_iter().map(StreamItem::Record).chain([StreamItem::Head(head)]) {
            self.post(device, Parcel::Answer { life, input: Input::Stream { ticket, item } }, after_ms);
        }
        if broken {
            self.end_stream(id, Fail::Unreachable("the stream broke".into()));
        } else {
            let pause_ms = if self.faults { 50 } else { 1_000 };
            self.post(device, Parcel::Feed { stream: id }, pause_ms + after_ms);
        }
    }

    /// Does the next thing the machine asked of a device's copy; answers whether there was one.
    pub fn act(&mut self, at: usize) -> bool {
        let now = self.wall();
        let device = &mut self.devices[at];
        let local = &mut device.local;
        let Some(act) = device.acts.pop_front() else { return false };
        let input = match act {
            Output::Join { ticket, met } => Input::Joined { ticket, answer: local.join(&met, now).map_err(Fail::from) },
            Output::Fill(page) => Input::Filled(local.fill(&page, now).map_err(Fail::from)),
            Output::Apply(pairs) => Input::Applied(local.take_page(&pairs, now).map_err(Fail::from)),
            Output::CutBack { ticket, seq, epoch } => {
                let answer = local.cut_back(seq, epoch, now).map_err(Fail::from);
                self.alarmed_of[at] += local.alarmed_of();
                local.dismiss_alarm(now);
                Input::Cut { ticket, answer }
            }
            Output::TakeBatch { ticket, max_events } => Input::Batch { ticket, events: local.next_batch(max_events.min(7), 64 * 1024) },
            Output::Mark(outcomes) => Input::Marked(local.mark(&outcomes, now).map_err(Fail::from)),
            Output::SendAgain => Input::Marked(local.send_again(now).map_err(Fail::from)),
            other => panic!("not an act: {other:?}"),
        };
        self.feed(at, input);
        true
    }

    /// Lets the next thing happen: the earliest parcel or timer. Answers whether there was one.
    pub fn pass(&mut self) -> bool {
        for at in 0..self.devices.len() {
            // Between an order and its deed, anything else may happen first.
            if !self.faults || !self.dice.one_in(3) {
                while self.act(at) && !(self.faults && self.dice.one_in(4)) {}
            }
        }
        let wakes = (0..self.devices.len()).filter_map(|at| {
            let device = &self.devices[at];
            Some((device.machine.next_wake_ms()? + device.began_ms, at))
        });
        let wake = wakes.min();
        let parcel = self.parcels.keys().next().copied();
        match (wake, parcel) {
            (Some((due_ms, at)), parcel) if parcel.is_none_or(|(then_ms, _)| due_ms < then_ms) => {
                self.now_ms = self.now_ms.max(due_ms);
                self.feed(at, Input::Woken);
                true
            }
            (_, Some(key)) => {
                self.now_ms = self.now_ms.max(key.0);
                if let Some((device, parcel)) = self.parcels.remove(&key) {
                    self.deliver(device, parcel);
                }
                true
            }
            _ => false,
        }
    }

    fn deliver(&mut self, device: usize, parcel: Parcel) {
        match parcel {
            Parcel::Question { life, ticket, question, answered } => self.serve(device, life, ticket, question, answered),
            Parcel::Answer { life, input } if life == self.devices[device].life => self.feed(device, input),
            Parcel::Answer { .. } => {}
            Parcel::Feed { stream } => self.feed_stream(stream),
        }
    }

    /// Whether both copies hold everything the server has and wait for nothing.
    pub fn is_settled(&self) -> bool {
        let position = Some(self.server.position());
        self.devices.iter().all(|device| {
            let standing = device.local.standing();
            standing.position == position && standing.waiting() == 0 && standing.wanted.is_empty() && device.acts.is_empty()
        })
    }

    /// Ids in the log, each checked to be there once.
    pub fn log_ids(&self) -> BTreeSet<EventId> {
        let ids: BTreeSet<EventId> = self.server.log.iter().map(|(_, bytes)| bytes.read().expect("an event").id).collect();
        assert_eq!(ids.len(), self.server.log.len(), "an event is in the log twice");
        ids
    }
}

//! Several devices, several server nodes on one log, and what is between them. One seed decides everything; time is virtual.

use crate::domain::Timestamp;
use crate::replica::simulation::device::Device;
use crate::replica::simulation::dice;
use crate::replica::simulation::dice::Dice;
use crate::replica::simulation::history::History;
use crate::replica::simulation::log::Log;
use crate::replica::simulation::network::Parcel;
use crate::replica::simulation::network::Stream;
use crate::replica::simulation::node::Node;
use crate::replica::simulation::tamper::Liar;
use crate::replica::sync::Fail;
use crate::replica::sync::Input;
use crate::wire::builtin_org;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

/// What a seed did, to be told and to be compared.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    pub steps: u64,
    pub records: u64,
    pub faults: u64,
    pub restores: u64,
    /// How often a copy began at a base or moved it on, histories that were fetched, and keys that were replaced.
    pub bases: u64,
    pub fetched: u64,
    pub keys: u64,
    pub tampered: u64,
    /// How often a copy was told of a past that was not so.
    pub told: u64,
    pub alarmed: u64,
    /// A hash over everything that happened.
    pub trace: u64,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.records += other.records;
        self.faults += other.faults;
        self.restores += other.restores;
        self.bases += other.bases;
        self.fetched += other.fetched;
        self.keys += other.keys;
        self.tampered += other.tampered;
        self.told += other.told;
        self.alarmed += other.alarmed;
    }
}

pub struct World {
    pub dice: Dice,
    pub now_ms: u64,
    pub log: Log,
    pub nodes: Vec<Node>,
    pub devices: Vec<Device>,
    pub history: History,
    /// Whether anything goes wrong.
    pub faults: bool,
    /// Some copies hold only the last day.
    pub is_bounded: bool,
    /// The server is a liar from now on.
    pub liar: Option<Liar>,
    pub parcels: BTreeMap<(u64, u64), Parcel>,
    pub streams: BTreeMap<u64, Stream>,
    pub posted: u64,
    pub tally: Tally,
    /// Somebody wants to read what happens.
    pub is_told: bool,
}

impl World {
    /// Where it is bounded, some copies hold the last day and no more.
    pub fn new(seed: u64, is_bounded: bool, is_told: bool) -> Self {
        dice::seed_system(seed);
        let mut dice = Dice::new(seed);
        let log = Log::new(Arc::new(builtin_org()));
        let skew_ms = |dice: &mut Dice| if dice.one_in(3) { dice.below(120_000) as i64 - 60_000 } else { 0 };
        let nodes = (0..1 + dice.below(3)).map(|_| Node::start(&log, 1, skew_ms(&mut dice))).collect();
        let mut world = Self {
            dice,
            now_ms: 0,
            log,
            nodes,
            devices: Vec::new(),
            history: History::default(),
            faults: true,
            is_bounded,
            liar: None,
            parcels: BTreeMap::new(),
            streams: BTreeMap::new(),
            posted: 0,
            tally: Tally::default(),
            is_told,
        };
        // Ana has two machines; somebody else's are one each.
        let names = ["ana", "bo", "ana", "dee"];
        for name in &names[..2 + world.dice.below(3) as usize] {
            let days = u32::from(is_bounded && !world.dice.one_in(3));
            let device = Device::new(name, days, world.dice.roll(), world.true_wall());
            world.devices.push(device);
            world.history.begin_device();
        }
        for node in 0..world.nodes.len() {
            world.post(Parcel::Follow(node), 1);
        }
        world
    }

    /// What a right clock says.
    pub fn true_wall(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + self.now_ms as i64)
    }

    /// What the clock of a device says.
    pub fn wall(&self, at: usize) -> Timestamp {
        self.true_wall().plus_ms(self.devices[at].skew_ms)
    }

    /// Notes that something happened; in words, where somebody reads them.
    pub fn tell(&mut self, what: impl FnOnce(&Self) -> String) {
        self.note(&self.now_ms.clone());
        if self.is_told {
            println!("{:>9} {}", self.now_ms, what(self));
        }
    }

    /// Mixes something into the trace (FNV-1a).
    pub fn note(&mut self, what: &impl Debug) {
        for byte in format!("{what:?}").bytes() {
            self.tally.trace = (self.tally.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// The process of a node ends and begins again; what was committed stays.
    pub fn restart_node(&mut self, node: usize) {
        let (version, skew_ms, up) = (self.nodes[node].version, self.nodes[node].skew_ms, self.nodes[node].up);
        let streams: Vec<u64> = self.streams.iter().filter(|(_, stream)| stream.node == node).map(|(id, _)| *id).collect();
        for stream in streams {
            self.end_stream(stream, Fail::Unreachable("the server closed the stream".into()));
        }
        self.nodes[node] = Node::start(&self.log, version, skew_ms);
        self.nodes[node].up = up;
    }

    pub fn restart_nodes(&mut self) {
        (0..self.nodes.len()).for_each(|node| self.restart_node(node));
    }

    /// Lets the next thing happen: the earliest parcel or timer.
    pub fn pass(&mut self) {
        for at in 0..self.devices.len() {
            // Between an order and its deed, anything else may happen first.
            if !self.faults || !self.dice.one_in(3) {
                while self.act(at) && !(self.faults && self.dice.one_in(4)) {}
            }
        }
        let wakes = self.devices.iter().enumerate().filter_map(|(at, device)| Some((device.machine.next_wake_ms()? + device.began_ms, at)));
        let wake = wakes.min();
        let parcel = self.parcels.keys().next().copied().expect("a node that follows");
        match wake {
            Some((due_ms, at)) if due_ms < parcel.0 => {
                self.now_ms = self.now_ms.max(due_ms);
                self.feed(at, Input::Woken);
            }
            _ => {
                self.now_ms = self.now_ms.max(parcel.0);
                if let Some(parcel) = self.parcels.remove(&parcel) {
                    self.deliver(parcel);
                }
            }
        }
    }

    /// Whether all copies hold everything the server has and wait for nothing.
    pub fn is_settled(&self) -> bool {
        let position = Some(self.log.position());
        self.nodes.iter().all(|node| node.seq == self.log.end())
            && self.devices.iter().all(|device| {
                let standing = device.local.standing();
                standing.position == position
                    && standing.waiting() == 0
                    && standing.wanted.is_empty()
                    && standing.history.is_none()
                    && device.acts.is_empty()
            })
    }

    pub fn standings(&self) -> String {
        self.devices.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

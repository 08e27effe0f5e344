//! What happens in the simulation while things go wrong, step by step, and how it ends: nothing breaks any more, and everybody must agree.

use crate::domain::Scope;
use crate::replica::simulation::world::World;
use crate::replica::sync::Input;

/// A while after the last fault everything must have come to rest.
const SETTLE_WITHIN_MS: u64 = 20 * 60_000;

impl World {
    /// One step: somebody writes, something breaks, or what is due happens.
    pub fn step(&mut self, restores: bool) {
        self.tally.steps += 1;
        let at = self.dice.below(self.devices.len() as u64) as usize;
        let node = self.dice.below(self.nodes.len() as u64) as usize;
        let breaks = match self.dice.below(200) {
            0..50 => return self.write(at),
            50..52 => return self.feed(at, Input::Nudged),
            52..56 => return self.look(at),
            56..58 => return self.restrict(),
            58 => return self.redact(),
            59 => {
                self.now_ms += self.dice.below(40_000);
                return;
            }
            60..66 => "crash",
            66..69 => "node restarts",
            69..72 => "node ends",
            72..78 => {
                self.nodes[node].up = true;
                return;
            }
            78..82 => "another scope",
            82 => "lent",
            83..86 => "cut off",
            86 => "revoked",
            87 if restores && self.log.end() > 0 => "restored",
            88..92 => "clock",
            92..96 => "disk",
            96..98 => "disk mended",
            98..100 => "power",
            100..103 if self.is_bounded => return self.pass_days(1),
            103 => "key",
            104 => "another machine",
            // A backup from before the days that copies hold.
            105 if restores && self.is_bounded && self.log.end() > 0 => "restored",
            _ => return self.pass(),
        };
        self.tally.faults += 1;
        self.tell(|_| format!("{breaks}: device {at}, node {node}"));
        self.breaks(breaks, at, node);
    }

    fn breaks(&mut self, what: &str, at: usize, node: usize) {
        match what {
            "crash" => self.crash(at),
            "node restarts" => self.restart_node(node),
            "node ends" => {
                self.restart_node(node);
                self.nodes[node].up = false;
            }
            "another scope" => {
                let scopes = [Scope::Viewer, Scope::Responder, Scope::Commander, Scope::Commander, Scope::Admin];
                self.devices[at].who.scope = scopes[self.dice.below(5) as usize];
                // A token never changes: this is another one, and the program starts again with it.
                self.crash(at);
            }
            "lent" => self.lend(at),
            "disk" => self.fail_disk(at),
            "disk mended" => self.mend_disk(at),
            "power" => self.die(at),
            "cut off" => self.devices[at].cut_until_ms = self.now_ms + self.dice.below(90_000),
            "revoked" => self.devices[at].revoked_until_ms = self.now_ms + self.dice.below(60_000),
            "restored" => self.restore(),
            "key" => self.replace_key(),
            "another machine" => self.replace_device(at),
            "clock" => self.devices[at].skew_ms = self.skew_ms(),
            other => unreachable!("{other}"),
        }
    }

    fn mend_disk(&mut self, at: usize) {
        let device = &mut self.devices[at];
        if !matches!(device.failing, Some((_, true))) {
            device.failing = None;
            device.disk.heal();
        }
    }

    /// A clock is right, a little off, or hours off; now and then it is days off.
    fn skew_ms(&mut self) -> i64 {
        let most_ms = [0, 2_000, 600_000, 20 * 3_600_000, 3 * 86_400_000][self.dice.below(5) as usize];
        self.dice.below(2 * most_ms + 1) as i64 - most_ms as i64
    }

    /// The database is put back from a backup, and every node starts again.
    fn restore(&mut self) {
        // Whoever puts back a backup from before a key was replaced tells every copy of it by hand.
        let least = self.log.successions().last().map_or(0, |(seq, _)| seq);
        let kept = least + self.dice.below(self.log.end() + 1 - least);
        self.forgive(kept);
        self.tally.restores += 1;
        self.log.restore(kept);
        self.restart_nodes();
    }

    /// Nothing goes wrong any more. Within bounded time every outbox is empty or parked with a reason, and every copy has the whole log.
    pub fn settle(&mut self) {
        self.faults = false;
        for node in &mut self.nodes {
            // Another version of the server and whole tokens: what was refused for now gets its next try when the devices meet it.
            (node.up, node.version) = (true, node.version + 1);
        }
        for at in 0..self.devices.len() {
            if let Some((_, true)) = self.devices[at].failing {
                self.die(at);
            }
            self.mend_disk(at);
            let device = &mut self.devices[at];
            (device.cut_until_ms, device.revoked_until_ms, device.skew_ms) = (0, 0, 0);
            (device.who.scope, device.who.person) = (Scope::Commander, device.owner.clone());
            self.crash(at);
        }
        self.restart_nodes();
        self.tell(|_| "nothing breaks any more".into());
        // So long that all have met the new version.
        self.come_to_rest(3 * 60_000);
    }

    /// Time goes on, at least for so long, until everything has come to rest.
    pub fn come_to_rest(&mut self, at_least_ms: u64) {
        let until_ms = self.now_ms + SETTLE_WITHIN_MS;
        let (mut at_once, mut last_ms) = (0, 0);
        while self.now_ms < until_ms {
            self.pass();
            at_once = if self.now_ms == last_ms { at_once + 1 } else { 0 };
            last_ms = self.now_ms;
            assert!(at_once < 10_000, "time stands still:\n{}", self.standings());
            if self.now_ms > until_ms - SETTLE_WITHIN_MS + at_least_ms && self.is_settled() {
                return;
            }
        }
        panic!("never settled: {:?}\n{}", self.log.position(), self.standings());
    }
}

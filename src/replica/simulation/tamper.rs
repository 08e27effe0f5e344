//! The server turns into a liar: it forgets or changes what it signed, in the same epoch, with its own key. Every copy that saw more must say so.

use crate::domain::Body;
use crate::domain::EventId;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Scope;
use crate::ledger::Checkpoint;
use crate::ledger::EventBytes;
use crate::replica::simulation::log::Line;
use crate::replica::simulation::world::World;
use uuid::Uuid;

/// Within so long after the lie every copy has met the server again, or was told something new by it.
const ALARMED_WITHIN_MS: u64 = 5 * 60_000;

impl World {
    pub fn tamper(&mut self) {
        let end = self.log.end();
        if end < 3 {
            return;
        }
        // What each copy has seen signed and found true.
        let seen: Vec<u64> = (0..self.devices.len())
            .map(|at| self.devices[at].local.standing().seen.map_or(0, |note| Checkpoint::claimed(&note).expect("a checkpoint").seq))
            .collect();
        self.is_tampered = true;
        self.tally.tampered += 1;
        let changed = 1 + self.dice.below(end);
        let mut lines: Vec<Line> = self.log.lines[changed as usize - 1..].to_vec();
        let how = self.dice.below(4);
        match how {
            // Rolled back.
            0 => lines.clear(),
            // One record left out, the others as they were.
            1 => drop(lines.remove(0)),
            // One record says something else.
            2 => lines[0].header.received_at = lines[0].header.received_at.plus_ms(1),
            // Said by another.
            _ => lines[0].header.person = Person::new("mallory"),
        }
        self.log.forge(changed - 1, lines);
        self.restart_nodes();
        self.tell(|world| format!("the server lies from {changed} on ({how}), {} records now, seen {seen:?}", world.log.end()));
        let until_ms = self.now_ms + ALARMED_WITHIN_MS;
        let mut is_grown = false;
        while self.now_ms < until_ms {
            if !is_grown && self.now_ms > until_ms - ALARMED_WITHIN_MS / 2 {
                // The liar goes on: others write, so that its log grows longer than it was.
                is_grown = true;
                self.grow();
            }
            self.pass();
        }
        for (at, seen) in seen.into_iter().enumerate() {
            let alarm = self.devices[at].local.alarm().unwrap_or_default().to_owned();
            let is_alarmed = alarm.contains("CANNOT BE TRUSTED");
            assert!(
                is_alarmed || seen < changed,
                "device {at} saw {seen} signed records, the server lies from {changed} on ({how}), and it says {alarm:?}"
            );
            self.tally.alarmed += u64::from(is_alarmed);
        }
    }

    fn grow(&mut self) {
        let who = Principal { person: Person::new("root"), scope: Scope::Admin };
        let lines: Vec<Line> =
            self.log.lines.iter().filter(|line| matches!(line.folded.body, Body::EntryAdded(_))).take(3).cloned().collect();
        for line in lines {
            let mut event = (*line.folded).clone();
            event.id = EventId(Uuid::from_u64_pair(self.dice.roll(), self.dice.roll()));
            let bytes = EventBytes::write(&event).expect("an event");
            let now = self.true_wall();
            self.log.append(&who, &bytes, &event, now);
        }
    }
}

//! The server turns into a liar, and vouches for its lies as well as it can. Every copy that saw more, or is told what was never signed, must say so.

use crate::domain::Body;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Scope;
use crate::ledger::Checkpoint;
use crate::ledger::EventBytes;
use crate::ledger::Frontier;
use crate::ledger::RecordBytes;
use crate::ledger::succession::Succession;
use crate::replica::simulation::log::Line;
use crate::replica::simulation::network::Question;
use crate::replica::simulation::network::Request;
use crate::replica::simulation::past::base;
use crate::replica::simulation::world::World;
use crate::replica::sync::Fail;
use crate::replica::sync::Input;
use crate::replica::sync::Place;
use crate::wire::Witnessed;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Within so long after the lie every copy has met the server again, or was told something new by it.
const ALARMED_WITHIN_MS: u64 = 5 * 60_000;

/// What the server lies about.
#[derive(Clone, Debug)]
pub enum Lie {
    /// From this record on its log is another, in the same epoch and signed with its own key.
    Log { from: u64 },
    /// It signs with another key, and shows this for it.
    Key { note: String },
    /// An incident's history is not shown to a copy as it is.
    Past(How),
    /// A copy that is new is told that the log began otherwise.
    Beginning,
}

/// How a stretch of records is made another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    RolledBack,
    LeftOut,
    SaidOtherwise,
    SaidByAnother,
}

/// A liar at work.
pub struct Liar {
    pub lie: Lie,
    /// Asked for a proof, it shows one that proves nothing, where a clumsier one says that it does not know what it signed.
    bluffs: bool,
    /// Who was told something that cannot be true.
    told: BTreeSet<usize>,
}

impl World {
    pub fn tamper(&mut self) {
        let end = self.log.end();
        if end < 3 {
            return;
        }
        self.tally.tampered += 1;
        // What each copy has seen signed and found true.
        let seen: Vec<u64> = (0..self.devices.len())
            .map(|at| self.devices[at].local.standing().seen.map_or(0, |note| Checkpoint::claimed(&note).expect("a checkpoint").seq))
            .collect();
        let how = *self.dice.pick(&[How::RolledBack, How::LeftOut, How::SaidOtherwise, How::SaidByAnother]).expect("a way");
        let lie = match self.dice.below(if self.is_bounded { 9 } else { 4 }) {
            0..3 => self.forge(how),
            3 => self.lie_of_keys(),
            4..8 => Lie::Past(how),
            _ => Lie::Beginning,
        };
        self.tell(|world| format!("the server lies, {lie:?} ({how:?}), {} records now, seen {seen:?}", world.log.end()));
        let bluffs = self.dice.one_in(2);
        self.liar = Some(Liar { lie: lie.clone(), bluffs, told: BTreeSet::new() });
        self.provoke(&lie);
        self.restart_nodes();
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
            let must_be = match lie {
                Lie::Log { from } => seen >= from,
                Lie::Key { .. } => true,
                Lie::Past(_) | Lie::Beginning => self.liar.as_ref().is_some_and(|liar| liar.told.contains(&at)),
            };
            assert!(
                is_alarmed || !must_be,
                "device {at} saw {seen} signed records, the server lies ({lie:?}, {how:?}), and it says {alarm:?}"
            );
            self.tally.alarmed += u64::from(is_alarmed);
            self.tally.told += u64::from(self.liar.as_ref().is_some_and(|liar| liar.told.contains(&at)));
            if !matches!(lie, Lie::Log { .. } | Lie::Beginning) {
                self.check_held(at);
            }
        }
    }

    /// Another log in the place of the one that was signed.
    fn forge(&mut self, how: How) -> Lie {
        let from = 1 + self.dice.below(self.log.end());
        let mut lines: Vec<Line> = self.log.lines[from as usize - 1..].to_vec();
        match how {
            How::RolledBack => lines.clear(),
            How::LeftOut => drop(lines.remove(0)),
            How::SaidOtherwise => lines[0].header.received_at = lines[0].header.received_at.plus_ms(1),
            How::SaidByAnother => lines[0].header.person = Person::new("mallory"),
        }
        self.log.forge(from - 1, lines);
        Lie::Log { from }
    }

    /// A thief's key, for which nobody vouches, or nobody whose word counts.
    fn lie_of_keys(&mut self) -> Lie {
        let (log, known, thief, other) = (self.log.id, self.log.key.public(), self.new_key(), self.new_key());
        let note = match self.dice.below(4) {
            0 => String::new(),
            1 => Succession::sign(log, &thief, &thief.public()),
            // In the name of the key that is known.
            2 => Succession::sign(log, &other, &thief.public()).replace(&other.public().to_string(), &known.to_string()),
            // Signed by that key indeed, for another log of the same server.
            _ => Succession::sign(LogId(Uuid::from_u128(8)), &self.log.key, &thief.public()),
        };
        self.log.sign_with(thief);
        Lie::Key { note }
    }

    /// A new machine asks where its day begins, and for the history of every incident that is open.
    fn provoke(&mut self, lie: &Lie) {
        for at in (0..self.devices.len()).filter(|_| matches!(lie, Lie::Past(_) | Lie::Beginning)) {
            if self.devices[at].days > 0 {
                self.replace_device(at);
            }
        }
    }

    /// What the liar makes of an answer.
    pub fn twist(&mut self, request: &Request, input: Input) -> Input {
        let now = self.true_wall();
        let Some(liar) = &mut self.liar else { return input };
        let (log, at, node) = (&self.log, request.device, &mut self.nodes[request.node]);
        match (input, &liar.lie, &request.question) {
            (Input::Met { ticket, answer: Ok(mut met) }, lie, _) => {
                if let Lie::Key { note } = lie {
                    met.me.succession.push(note.clone());
                }
                if let Some(recalled) = met.recalled.as_mut().filter(|recalled| liar.bluffs && recalled.answer.is_err()) {
                    let seen = Checkpoint::claimed(&recalled.shown).expect("a checkpoint").seq;
                    let here = node.position(log);
                    let proof = log.prove(seen.min(here.seq), here.seq);
                    recalled.answer = Ok(Witnessed { checkpoint: log.sign(here), proof });
                }
                Input::Met { ticket, answer: Ok(met) }
            }
            (Input::History { ticket, ask, answer: Ok(Some(mut page)) }, Lie::Past(how), _) if ask.incident != IncidentId::ORG => {
                let place = self.dice.below(page.records.len() as u64) as usize;
                let mut header = page.records[place].record.get().to_owned();
                match how {
                    How::RolledBack => page.records.truncate(place),
                    How::LeftOut => drop(page.records.remove(place)),
                    How::SaidOtherwise => header = header.replacen("\"epoch\":", "\"epoch\":1", 1),
                    How::SaidByAnother => header = header.replacen("\"person\":\"", "\"person\":\"not ", 1),
                }
                if let Some(pair) = page.records.get_mut(place).filter(|_| matches!(how, How::SaidOtherwise | How::SaidByAnother)) {
                    pair.record = RecordBytes::stored(&header).to_raw();
                }
                liar.told.insert(at);
                Input::History { ticket, ask, answer: Ok(Some(page)) }
            }
            (Input::Based { ticket, answer: Ok(Some(told)) }, Lie::Beginning, _) if told.position.seq > 0 => {
                let mut edge = Frontier::default();
                let first = log.lines[1].record.leaf();
                let leaves = log.lines.iter().map(|line| line.record.leaf()).skip(1).take(told.position.seq as usize - 1);
                std::iter::once(first).chain(leaves).for_each(|leaf| drop(edge.push(leaf)));
                liar.told.insert(at);
                Input::Based { ticket, answer: Ok(Some(base(log, node, &edge, told.received_at, told.head.now))) }
            }
            (Input::Page { ticket, answer: Err(Fail::Resync) }, Lie::Beginning, Question::Page(place)) => {
                let any = Place { root: None, ..*place };
                Input::Page { ticket, answer: node.page(log, &request.who, &any, now) }
            }
            (input, ..) => input,
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

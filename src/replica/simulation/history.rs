//! The model checker: what each client was told and shown, held against the one log. It knows nothing of how the copies work.

use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Principal;
use crate::ledger::EventBytes;
use crate::ledger::Position;
use crate::replica::simulation::world::World;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// Of so many looks one is a thorough one.
const THOROUGH_ONE_IN: u64 = 12;

/// An event that a device was told is on disk.
#[derive(Clone, Debug)]
pub struct Noted {
    pub device: usize,
    pub person: Person,
}

/// What a home has shown.
#[derive(Clone, Default, Debug)]
pub struct Shown {
    /// The epoch and the seq of its last position.
    reached: (u64, u64),
    /// How many records it had let go of of what the server lost.
    pub let_go: usize,
    /// Lines that were shown as accepted in this epoch, with their place.
    confirmed: BTreeMap<EventId, (IncidentId, u64)>,
}

#[derive(Default, Debug)]
pub struct History {
    /// What was acknowledged, and no person let go of.
    pub recorded: BTreeMap<EventId, Noted>,
    /// Of these, what a server that was restored lost of incidents that had been restricted: a copy had to let go of it.
    pub forgiven: BTreeMap<EventId, Noted>,
    /// How many own events each device said it cannot send again.
    pub alarmed_of: Vec<usize>,
    pub shown: Vec<Shown>,
    /// Incidents that were restricted at any time before a restore.
    pub restricted: BTreeSet<IncidentId>,
    /// Incidents of which a server that was restored lost a redaction: copies keep it.
    pub redaction_lost: BTreeSet<IncidentId>,
}

impl History {
    pub fn begin_device(&mut self) {
        self.alarmed_of.push(0);
        self.shown.push(Shown::default());
    }

    /// Its home is no more: what it alone knew is gone, and it shows everything anew.
    pub fn forget_device(&mut self, at: usize) {
        self.recorded.retain(|_, noted| noted.device != at);
        self.forgiven.retain(|_, noted| noted.device != at);
        self.shown[at] = Shown::default();
    }

    /// An event reached the server under a token.
    pub fn was_sent(&self, bytes: &EventBytes, who: &Principal) {
        let event = bytes.read().expect("bytes of a replica");
        let noted = self.recorded.get(&event.id).or_else(|| self.forgiven.get(&event.id));
        if let Some(noted) = noted {
            assert!(noted.person == who.person, "{} was written by {} and is sent as {}", event.id, noted.person, who.person);
        }
    }
}

impl World {
    /// Looks at what a device shows, and holds it against the log and against what it showed before.
    pub fn observe(&mut self, at: usize) {
        if self.liar.is_some() {
            return;
        }
        let Some(position) = self.devices[at].local.position() else { return };
        self.note(&(at, position.epoch, position.seq));
        let history = &self.log.histories[&position.epoch];
        let ours = history.get(position.seq as usize).map(|(_, root)| *root);
        assert!(ours == Some(position.root), "device {at} holds another history than the log ever had: {position:?}, {ours:?}");
        let shown = &mut self.history.shown[at];
        let reached = (position.epoch, position.seq);
        assert!(reached >= shown.reached, "device {at} went back from {:?} to {reached:?}", shown.reached);
        if reached.0 != shown.reached.0 {
            shown.confirmed.clear();
        }
        let lost = reached.0 != shown.reached.0 && reached.1 < shown.reached.1;
        shown.reached = reached;
        self.hear_alarm(at, lost);
        if self.dice.one_in(THOROUGH_ONE_IN) {
            self.observe_lines(at, position.epoch, position.seq);
        }
    }

    /// What a device raises must be true; what it lost it must say.
    fn hear_alarm(&mut self, at: usize, lost: bool) {
        let alarm = self.devices[at].local.alarm().unwrap_or_default().to_owned();
        assert!(!lost || alarm.contains("restored from a backup"), "device {at} lost records and says nothing: {alarm:?}");
        if alarm.is_empty() {
            return;
        }
        assert!(self.tally.restores > 0 && alarm.contains("restored from a backup"), "a false alarm at device {at}: {alarm}");
        self.history.alarmed_of[at] += alarmed_of(&alarm);
        let let_go = std::mem::take(&mut self.history.shown[at].let_go);
        assert!(let_go == 0 || alarm.contains("older than the days held here"), "device {at} had let go of {let_go}, and says {alarm:?}");
        let now = self.wall(at);
        self.devices[at].local.dismiss_alarm(now);
    }

    /// A machine that gives up until a person helps, although the server is honest.
    pub fn hear_refused(&mut self, at: usize, why: &str) {
        assert!(self.liar.is_some(), "device {at} refuses a sound server: {why}\n{}", self.standings());
    }

    fn observe_lines(&mut self, at: usize, epoch: u64, seq: u64) {
        let history = &self.log.histories[&epoch];
        let shown = &mut self.history.shown[at];
        let snapshot = self.devices[at].local.snapshot();
        for incident in snapshot.board.iter() {
            let (mut ids, mut lines) = (BTreeSet::new(), BTreeSet::new());
            for entry in incident.timeline.iter() {
                ids.insert(entry.id);
                // One event may draw several lines, and each of them once.
                assert!(lines.insert((entry.id, entry.text.to_string())), "device {at} shows {} twice", entry.id);
                match (entry.state.seq(), shown.confirmed.get(&entry.id)) {
                    (Some(place), _) => {
                        let real = place <= seq && history[place as usize].0 == entry.id;
                        assert!(
                            real,
                            "device {at} shows {} as accepted at {place}, where the log has {}",
                            entry.id, history[place as usize].0
                        );
                        shown.confirmed.insert(entry.id, (incident.id, place));
                    }
                    (None, Some(place)) => {
                        let lines: Vec<_> = incident.timeline.iter().filter(|line| line.id == entry.id).collect();
                        panic!("device {at} showed {} as accepted at {place:?} and takes it back: {lines:?}", entry.id)
                    }
                    (None, None) => {}
                }
            }
            let gone = shown.confirmed.iter().find(|(id, (of, _))| *of == incident.id && !ids.contains(*id));
            assert!(gone.is_none(), "device {at} showed {gone:?} as accepted, and no longer shows it");
        }
        self.check_recorded_here(at);
    }

    /// Everything that was acknowledged here waits here or is in the log, as far as this copy knows it or as it is now.
    pub fn check_recorded_here(&self, at: usize) {
        let device = &self.devices[at];
        let known = |position: Position| &self.log.histories[&position.epoch][..=position.seq as usize];
        let held: BTreeSet<EventId> = device.local.position().into_iter().flat_map(known).map(|(id, _)| *id).collect();
        for (id, _) in self.history.recorded.iter().filter(|(_, noted)| noted.device == at) {
            let is_there = held.contains(id) || device.local.waits(*id) || device.beside.waits(*id) || self.log.seq_of(*id).is_some();
            assert!(is_there, "device {at} was told that {id} is on disk, and it is nowhere");
        }
    }
}

/// How many own events an alarm says cannot be sent again.
fn alarmed_of(alarm: &str) -> usize {
    let Some((before, _)) = alarm.split_once(" of yours in restricted incidents") else { return 0 };
    before.split_whitespace().rev().nth(1).and_then(|count| count.parse().ok()).expect("a count")
}

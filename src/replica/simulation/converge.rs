//! The end of a seed: every copy is what the log folds to, what was acknowledged is in it once, and nothing was lost unsaid.

use crate::domain::Board;
use crate::domain::Body;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::IncidentId;
use crate::replica::simulation::world::World;
use std::collections::BTreeSet;

impl World {
    pub fn check_all(&mut self) {
        self.check_recorded();
        let board = self.log.fold(self.log.end());
        for node in &self.nodes {
            assert!(*node.board() == board, "a node folds otherwise than the log says");
        }
        let incidents = self.incidents();
        for at in 0..self.devices.len() {
            let now = self.wall(at);
            // As its thread does once nobody asks for anything.
            let local = &mut self.devices[at].local;
            while local.work_ahead().expect("folding ahead") {}
            local.try_saving(now);
            self.check_copy(at, &board, &incidents);
            let local = &mut self.devices[at].local;
            assert_eq!(local.snapshot().trouble, None, "device {at} has trouble with a sound disk");
            // The other process of the home sees the same, once it looks.
            self.turn(at);
            let local = &mut self.devices[at].local;
            local.catch_up(now).expect("a look");
            while local.work_ahead().expect("folding ahead") {}
            self.check_copy(at, &board, &incidents);
            self.turn(at);
            // What is on disk is the same as what is in memory.
            self.crash(at);
            self.check_held(at);
            self.check_copy(at, &board, &incidents);
            let local = &mut self.devices[at].local;
            while local.work_ahead().expect("folding ahead") {}
            local.catch_up(now).expect("a look");
        }
    }

    fn check_recorded(&self) {
        let logged: BTreeSet<EventId> = self.log.lines.iter().map(|line| line.folded.id).collect();
        assert_eq!(logged.len(), self.log.lines.len(), "an event is in the log twice");
        for (id, noted) in &self.history.recorded {
            let waits = self.devices[noted.device].local.waits(*id);
            assert!(logged.contains(id) != waits, "{id} of {noted:?}: in the log {}, parked {waits}", logged.contains(id));
        }
        for (at, device) in self.devices.iter().enumerate().filter(|(_, device)| !device.was_lent) {
            let lost = |id: &EventId| !logged.contains(id) && !device.local.waits(*id);
            let lost = self.history.forgiven.iter().filter(|(id, noted)| noted.device == at && lost(id)).count();
            let said = self.history.alarmed_of[at];
            assert!(lost <= said, "device {at} lost {lost} of its own events and said so of {said}");
        }
    }

    fn check_copy(&mut self, at: usize, board: &Board, incidents: &[IncidentId]) {
        let (who, end) = (self.devices[at].who.clone(), self.log.position());
        let local = &mut self.devices[at].local;
        assert_eq!(local.position(), Some(end), "device {at}");
        for id in incidents {
            let theirs = board.get(*id).cloned();
            if theirs.as_ref().is_some_and(|incident| !incident.is_seen_by(&who)) {
                assert!(!local.load(*id).expect("a look"), "device {at} shows {id}: {:?} {:?}", local.held_of(*id), local.both(*id));
                let [records, heads, words] = local.held_of(*id);
                assert!(records + heads + words == 0, "device {at} holds {records} records, {heads} heads and {words} words of {id}");
                continue;
            }
            if self.history.redaction_lost.contains(id) {
                continue;
            }
            if local.is_away(*id).expect("a look") {
                let theirs = theirs.as_deref().expect("an incident that is known by its head");
                assert!(!theirs.status.value.is_open(), "device {at} holds the head alone of {id}, which is open");
                let snapshot = local.snapshot();
                let head = snapshot.headers.get(id).expect("a head");
                assert_eq!(**head, Header::of(theirs), "device {at}: the head of {id}");
                continue;
            }
            assert!(local.load(*id).expect("a load"), "{id} is not held by device {at}");
            let (base, view) = local.both(*id);
            assert!(base == theirs, "device {at} folds {id} otherwise:\n{base:?}\n{theirs:?}");
            if !local.waits_in(*id) {
                assert!(view == base, "device {at} shows {id} otherwise than the log says");
            }
        }
        for line in &self.log.lines {
            let Some((_, _, before)) = &line.redacted else { continue };
            let Body::EntryAdded(entry) = &before.body else { continue };
            let left = local.words_left(before.id, &entry.text);
            assert_eq!(left, [0; 3], "device {at} holds words of {}, which are to be deleted", before.id);
        }
        let snapshot = local.snapshot();
        let foreign = local.outbox().iter().filter(|row| row.person != who.person).count();
        assert!(snapshot.unsent_total <= foreign, "device {at} still has {} to send", snapshot.unsent_total);
        assert!(snapshot.parked.iter().all(|parked| !parked.reason.is_empty()), "device {at} parks without a reason");
        for incident in snapshot.board.iter() {
            assert_eq!(*snapshot.headers[&incident.id], Header::of(incident), "the head of {}", incident.id);
        }
        let own: Vec<_> = snapshot.headers.keys().filter(|id| !incidents.contains(id)).collect();
        assert!(own.iter().all(|id| snapshot.parked.iter().any(|parked| parked.incident == **id)), "incidents of nowhere: {own:?}");
    }
}

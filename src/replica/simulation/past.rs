//! The past in the simulation: what a node tells of it to copies that hold only the last day, the days that pass, and what such a copy must still know.

use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::Principal;
use crate::domain::Timestamp;
use crate::ledger::Frontier;
use crate::ledger::Position;
use crate::ledger::proof;
use crate::replica::simulation::log::Log;
use crate::replica::simulation::node::Node;
use crate::replica::simulation::world::World;
use crate::replica::standing::HistoryAsk;
use crate::replica::sync::Input;
use crate::wire::Base;
use crate::wire::EventsPage;
use crate::wire::HeadsPage;
use crate::wire::Pair;
use std::collections::BTreeSet;

const DAY_MS: u64 = 86_400_000;
/// Small, so that the heads take several pages …
const PAGE_HEADS: usize = 3;
/// … and the history of an incident, too.
const PAGE_RECORDS: usize = 3;

impl Node {
    /// Where a copy begins that holds so many days.
    pub fn base(&self, log: &Log, days: u32, now: Timestamp) -> Base {
        let since = now.plus_ms(-i64::from(days) * DAY_MS as i64);
        let before = log.lines[..self.seq as usize].partition_point(|line| line.header.received_at < since) as u64;
        let edge = proof::frontier(before, &log.nodes()).expect("the hashes of the tree");
        base(log, self, &edge, log.line(before).map(|line| line.header.received_at), now)
    }

    /// The heads of the incidents that somebody may see.
    pub fn heads(&self, log: &Log, who: &Principal, after: Option<IncidentId>, now: Timestamp) -> HeadsPage {
        let seen = self.board().iter().filter(|incident| incident.is_seen_by(who) && after.is_none_or(|after| incident.id > after));
        let mut heads: Vec<Header> = seen.map(|incident| Header::of(incident)).collect();
        heads.sort_by_key(|head| head.id);
        let is_more = heads.len() > PAGE_HEADS;
        heads.truncate(PAGE_HEADS);
        let next = heads.last().filter(|_| is_more).map(|head| head.id);
        HeadsPage { fold: Header::FOLD_VERSION, heads, next, head: self.head(log, now) }
    }

    /// Records of an incident before a place, each with its way to the root of the first `size`; none where somebody may not see it.
    pub fn history(&self, log: &Log, who: &Principal, ask: HistoryAsk, now: Timestamp) -> Option<EventsPage> {
        let is_seen = self.board().get(ask.incident).is_some_and(|incident| incident.is_seen_by(who));
        if ask.incident != IncidentId::ORG && !is_seen {
            return None;
        }
        let size = ask.size.min(self.seq);
        let lines = log.lines[..size as usize].iter().filter(|line| line.folded.incident == ask.incident && line.header.seq < ask.before);
        let seqs: Vec<u64> = lines.map(|line| line.header.seq).collect();
        let (earlier, these) = seqs.split_at(seqs.len().saturating_sub(PAGE_RECORDS));
        let pair = |seq: &u64| {
            let path = proof::prove_inclusion(size, *seq, &log.nodes());
            self.pair(log, who, *seq).map(|pair| Pair { path, ..pair })
        };
        let next = these.first().filter(|_| !earlier.is_empty()).copied();
        Some(EventsPage { records: these.iter().filter_map(pair).collect(), next, head: self.head(log, now) })
    }
}

/// A base at this edge, as a node tells of it.
pub fn base(log: &Log, node: &Node, edge: &Frontier, received_at: Option<Timestamp>, now: Timestamp) -> Base {
    let head = node.head(log, now);
    let position = Position { seq: edge.size(), root: edge.root(), ..head.position };
    Base { position, received_at, peaks: edge.peaks().to_vec(), head }
}

impl World {
    /// Nobody does anything for a while of up to so many days.
    pub fn pass_days(&mut self, most: u64) {
        self.now_ms += self.dice.below(most * DAY_MS);
    }

    /// Everybody lets go of what is old; then a person opens everything there is, and it is fetched.
    pub fn live_with_the_past(&mut self) {
        self.now_ms += 2 * DAY_MS;
        for at in 0..self.devices.len() {
            self.look(at);
        }
        self.come_to_rest(1_000);
        self.check_all();
        for at in 0..self.devices.len() {
            let incidents: Vec<IncidentId> = self.devices[at].local.snapshot().headers.keys().copied().collect();
            let local = &mut self.devices[at].local;
            incidents.into_iter().for_each(|id| drop(local.hold(id)));
            let standing = local.standing();
            self.feed(at, Input::Standing(standing));
        }
        self.come_to_rest(1_000);
        for at in 0..self.devices.len() {
            let local = &self.devices[at].local;
            let incidents = self.incidents();
            let away: Vec<_> = incidents.iter().filter(|id| local.is_away(**id).expect("a look")).collect();
            assert!(away.is_empty(), "device {at} was asked for {away:?}, and has them not");
        }
    }

    /// Before a copy goes back: what it let go of of what the server lost, it cannot send again, and has to say so.
    pub fn miss(&mut self, at: usize, seq: u64) {
        let local = &self.devices[at].local;
        // What a liar has in the place of the log says nothing of what was lost.
        let Some(position) = local.position().filter(|_| self.liar.is_none()) else { return };
        let held: BTreeSet<u64> = local.held().into_iter().map(|(seq, ..)| seq).collect();
        let history = &self.log.histories[&position.epoch];
        let gone: Vec<EventId> =
            (seq + 1..=position.seq).filter(|place| !held.contains(place)).map(|place| history[place as usize].0).collect();
        for id in &gone {
            if self.history.recorded.get(id).is_some_and(|noted| noted.device == at) {
                self.history.recorded.remove(id);
            }
        }
        self.history.shown[at].let_go = gone.len();
    }

    /// Every record that is held is as it is in the log, those of the organisation are all held, and what is held is proven.
    pub fn check_held(&self, at: usize) {
        let local = &self.devices[at].local;
        let held = local.held();
        let of_all = self.log.lines.iter().filter(|line| line.folded.incident == IncidentId::ORG).map(|line| line.header.seq);
        let missing: Vec<u64> = of_all.filter(|seq| !held.iter().any(|(held, ..)| held == seq)).collect();
        assert!(self.liar.is_some() || missing.is_empty(), "device {at} does not hold {missing:?}, which are of everybody");
        for (seq, header, event) in held {
            let line = self.log.line(seq).unwrap_or_else(|| panic!("device {at} holds record {seq}, which is not in the log"));
            assert!(line.record.as_str() == header, "device {at} holds another record {seq} than the log has: {header}");
            let real = line.event.as_ref().or(line.redacted.as_ref().map(|(_, words, _)| words));
            let same = event.is_none_or(|event| real.is_some_and(|real| real.as_str() == event));
            assert!(same, "device {at} holds other words in record {seq} than were written");
        }
        let verified = local.verify();
        assert!(verified.is_ok(), "device {at}: what is held is not as it was written: {verified:?}");
    }
}

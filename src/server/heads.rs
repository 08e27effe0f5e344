//! The heads of all incidents. What is in hand is folded; of the others only the head is in memory, kept in the store so that a start reads
//! heads and not the log. What changed since it was kept is folded again after a crash, so it is kept a little with each commit: no commit
//! waits for all of it.

use crate::domain::Code;
use crate::domain::Header;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Source;
use crate::store::KeptHead;
use crate::store::KeptHeads;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

/// Of what is not kept yet, this part goes with each commit …
const PART: usize = 16;
/// … and at least so many once the oldest is so many records old: a start after a crash looks through no more than about these.
const LEAST: usize = 64;
const BEHIND_RECORDS: u64 = 10_000;
/// Fewer heads than this are decoded on one core.
const WORTH_THREADS: usize = 2_000;
const CORES_MAX: usize = 4;

/// What is known of an incident that is not in hand.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Card {
    pub(super) head: Header,
    /// Where alerts brought it from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<Source>,
}

impl Card {
    pub(super) fn of(incident: &Incident) -> Self {
        Self { head: Header::of(incident), source: incident.source.clone() }
    }

    pub(super) fn code(&self) -> Option<Code> {
        self.head.code
    }

    /// As the store keeps it.
    pub(super) fn kept(&self) -> KeptHead {
        // A head is made of words and numbers; one that could not be written would be folded again at the next start.
        KeptHead { incident: self.head.id, fold: Header::FOLD_VERSION, json: serde_json::to_string(self).ok() }
    }
}

/// Decodes what was kept, on several cores: this is most of what a start costs. Those of another version are left out.
pub(super) fn decode(kept: &[KeptHead]) -> Vec<Arc<Card>> {
    let read = |part: &[KeptHead]| -> Vec<Arc<Card>> {
        let current = part.iter().filter(|head| head.fold == Header::FOLD_VERSION);
        let cards = current
            .filter_map(|head| serde_json::from_str::<Card>(head.json.as_deref()?).ok().filter(|card| card.head.id == head.incident));
        cards.map(Arc::new).collect()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(CORES_MAX);
    if cores == 1 || kept.len() < WORTH_THREADS {
        return read(kept);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = kept.chunks(kept.len().div_ceil(cores)).map(|part| (part, scope.spawn(move || read(part)))).collect();
        // A thread that panicked has said so; its part is read here.
        parts.into_iter().flat_map(|(part, thread)| thread.join().unwrap_or_else(|_| read(part))).collect()
    })
}

/// Incidents whose heads changed since they were kept, the longest ago first.
#[derive(Debug, Default)]
pub(super) struct Unkept {
    order: BTreeMap<u64, IncidentId>,
    since: HashMap<IncidentId, u64>,
}

impl Unkept {
    /// An incident has a record at this place that its kept head does not know.
    pub(super) fn touch(&mut self, id: IncidentId, seq: u64) {
        if let std::collections::hash_map::Entry::Vacant(entry) = self.since.entry(id) {
            entry.insert(seq);
            self.order.insert(seq, id);
        }
    }

    /// The head of an incident was kept.
    pub(super) fn done(&mut self, id: IncidentId) {
        if let Some(seq) = self.since.remove(&id) {
            self.order.remove(&seq);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Which are to be kept with the next commit, of a log that ends at `head`; `but` is left for later.
    pub(super) fn next(&self, head: u64, is_last: bool, but: &BTreeSet<IncidentId>) -> Vec<IncidentId> {
        let behind = self.order.first_key_value().map_or(0, |(oldest, _)| head.saturating_sub(*oldest));
        let part = self.order.len() / PART;
        let most = match (is_last, behind > BEHIND_RECORDS) {
            (true, _) => usize::MAX,
            (false, true) => part.max(LEAST),
            (false, false) => part,
        };
        self.order.values().filter(|id| !but.contains(id)).take(most).copied().collect()
    }

    /// Up to where all heads are as kept, once these are.
    pub(super) fn kept_to(&self, head: u64, with: &[KeptHead]) -> u64 {
        let with: BTreeSet<IncidentId> = with.iter().map(|kept| kept.incident).collect();
        self.order.iter().find(|(_, id)| !with.contains(id)).map_or(head, |(seq, _)| seq - 1)
    }

    /// The same as a write, of these cards.
    pub(super) fn write(&self, head: u64, cards: Vec<KeptHead>) -> KeptHeads {
        KeptHeads { at: self.kept_to(head, &cards), heads: cards }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(number: u128) -> IncidentId {
        IncidentId(Uuid::from_u128(number))
    }

    fn kept(numbers: &[u128]) -> Vec<KeptHead> {
        numbers.iter().map(|number| KeptHead { incident: id(*number), fold: 1, json: None }).collect()
    }

    #[test]
    fn what_changed_longest_ago_goes_first_and_the_mark_never_passes_what_is_left() {
        let mut unkept = Unkept::default();
        (1..=40).for_each(|number| unkept.touch(id(number), number as u64 * 10));
        unkept.touch(id(1), 900);
        assert_eq!(unkept.next(900, false, &BTreeSet::new()), [id(1), id(2)], "a sixteenth");
        assert_eq!(unkept.next(900, false, &BTreeSet::from([id(1)])), [id(2), id(3)]);
        assert_eq!(unkept.next(10_011, false, &BTreeSet::new()).len(), 40, "it is long ago");
        assert_eq!((unkept.kept_to(900, &kept(&[1, 2])), unkept.kept_to(900, &kept(&[2, 3]))), (29, 9));
        unkept.done(id(1));
        assert_eq!(unkept.kept_to(900, &[]), 19);
        (2..=40).for_each(|number| unkept.done(id(number)));
        assert!(unkept.is_empty() && unkept.kept_to(900, &[]) == 900 && unkept.next(900, true, &BTreeSet::new()).is_empty());
    }
}

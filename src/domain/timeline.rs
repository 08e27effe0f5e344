//! The timeline: entries in order, in shared chunks, so that a snapshot is cheap and a change copies one chunk.

use crate::domain::Entry;
use crate::domain::EventId;
use std::collections::HashSet;
use std::sync::Arc;

const CHUNK_ENTRIES: usize = 256;

/// Entries by time, ties by seq. A clone shares every chunk.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Timeline {
    chunks: Vec<Arc<Vec<Arc<Entry>>>>,
    len: usize,
}

impl Timeline {
    /// How many entries it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entry at a place, counted from the oldest. Looks from the nearer end: screens read the newest entries most.
    pub fn get(&self, mut place: usize) -> Option<&Arc<Entry>> {
        if place >= self.len / 2 {
            let mut from_end = self.len.checked_sub(place)?;
            for chunk in self.chunks.iter().rev() {
                match chunk.len().checked_sub(from_end) {
                    Some(at) => return chunk.get(at),
                    None => from_end -= chunk.len(),
                }
            }
            return None;
        }
        for chunk in &self.chunks {
            match chunk.get(place) {
                Some(entry) => return Some(entry),
                None => place -= chunk.len(),
            }
        }
        None
    }

    /// The newest entry.
    pub fn last(&self) -> Option<&Arc<Entry>> {
        self.chunks.last().and_then(|chunk| chunk.last())
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// Oldest first, from a place on, without walking what lies before it.
    pub fn iter_from(&self, mut place: usize) -> impl Iterator<Item = &Arc<Entry>> {
        let mut first = 0;
        while let Some(chunk) = self.chunks.get(first).filter(|chunk| chunk.len() <= place) {
            place -= chunk.len();
            first += 1;
        }
        self.chunks[first..].iter().flat_map(|chunk| chunk.iter()).skip(place)
    }

    /// The entry an event added. Looks from the newest on, where nearly every correction goes.
    pub fn find(&self, id: EventId) -> Option<&Arc<Entry>> {
        self.iter().rev().find(|entry| entry.id == id)
    }

    /// The place of an entry, counted from the oldest.
    pub fn position(&self, id: EventId) -> Option<usize> {
        let mut before = self.len;
        for chunk in self.chunks.iter().rev() {
            before -= chunk.len();
            if let Some(place) = chunk.iter().position(|entry| entry.id == id) {
                return Some(before + place);
            }
        }
        None
    }

    /// The place of the first entry at or after a moment.
    pub fn place_at(&self, at: crate::domain::Timestamp) -> usize {
        let mut before = 0;
        for chunk in &self.chunks {
            if chunk.last().is_some_and(|entry| entry.at >= at) {
                return before + chunk.partition_point(|entry| entry.at < at);
            }
            before += chunk.len();
        }
        before
    }

    /// The same timeline with some entries in other words; `change` keeps their keys. Chunks without a change are shared.
    pub fn with(&self, change: impl Fn(&Entry) -> Option<Entry>) -> Self {
        let changed = |chunk: &Arc<Vec<Arc<Entry>>>| {
            let mut changed = Arc::clone(chunk);
            for (place, entry) in chunk.iter().enumerate() {
                if let Some(new) = change(entry) {
                    Arc::make_mut(&mut changed)[place] = Arc::new(new);
                }
            }
            changed
        };
        Self { chunks: self.chunks.iter().map(changed).collect(), len: self.len }
    }

    /// The entries that are here and were not in `old`, an earlier clone. Chunks both share are not looked into.
    pub fn added_since<'a>(&'a self, old: &Timeline) -> Vec<&'a Arc<Entry>> {
        let chunks = |timeline: &Timeline| timeline.chunks.iter().map(Arc::as_ptr).collect::<HashSet<_>>();
        let (here, there) = (chunks(self), chunks(old));
        let gone = old.chunks.iter().filter(|chunk| !here.contains(&Arc::as_ptr(chunk)));
        let known: HashSet<EventId> = gone.flat_map(|chunk| chunk.iter()).map(|entry| entry.id).collect();
        let new = self.chunks.iter().filter(|chunk| !there.contains(&Arc::as_ptr(chunk))).flat_map(|chunk| chunk.iter());
        new.filter(|entry| !known.contains(&entry.id)).collect()
    }

    /// Puts an entry where its key belongs.
    pub fn insert(&mut self, entry: Entry) {
        let key = entry.key();
        self.len += 1;
        // Nearly every entry is the newest: it goes to the end without a search.
        if self.last().is_none_or(|last| last.key() <= key) {
            match self.chunks.last_mut().filter(|chunk| chunk.len() < CHUNK_ENTRIES) {
                Some(chunk) => Arc::make_mut(chunk).push(Arc::new(entry)),
                None => self.chunks.push(Arc::new(vec![Arc::new(entry)])),
            }
            return;
        }
        let chunk = self.chunks.partition_point(|chunk| chunk.first().is_some_and(|first| first.key() <= key)).saturating_sub(1);
        let entries = Arc::make_mut(&mut self.chunks[chunk]);
        let place = entries.partition_point(|other| other.key() <= key);
        entries.insert(place, Arc::new(entry));
        if entries.len() > CHUNK_ENTRIES {
            let rest = entries.split_off(CHUNK_ENTRIES / 2);
            self.chunks.insert(chunk + 1, Arc::new(rest));
        }
    }

    /// Changes an entry; it moves if its key changes. Answers whether it was there.
    pub fn update(&mut self, id: EventId, change: impl FnOnce(&mut Entry)) -> bool {
        for index in (0..self.chunks.len()).rev() {
            let Some(place) = self.chunks[index].iter().position(|entry| entry.id == id) else { continue };
            let entries = Arc::make_mut(&mut self.chunks[index]);
            let entry = Arc::make_mut(&mut entries[place]);
            let before = entry.key();
            change(entry);
            if entry.key() != before {
                let moved = Arc::unwrap_or_clone(entries.remove(place));
                self.len -= 1;
                if entries.is_empty() {
                    self.chunks.remove(index);
                }
                self.insert(moved);
            }
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::EntryKind;
    use crate::domain::EntryState;
    use crate::domain::Person;
    use crate::domain::Timestamp;

    fn entry(number: i64) -> Entry {
        Entry {
            id: EventId(uuid::Uuid::from_u128(number as u128)),
            at: Timestamp::from_millis(number),
            by: Person::new("ana"),
            recorded_by: None,
            roles: Arc::from([]),
            kind: EntryKind::Note,
            text: Arc::from("text"),
            outcome: None,
            audience: None,
            components: Arc::from([]),
            reply_to: None,
            moved_from: None,
            state: EntryState::Local,
            index: 0,
            history: Vec::new(),
            struck: None,
            conflict: false,
        }
    }

    #[test]
    fn what_was_added_is_told_wherever_it_went() {
        let mut timeline = Timeline::default();
        (0..700).filter(|number| number % 100 != 50).for_each(|number| timeline.insert(entry(number)));
        let old = timeline.clone();
        assert!(timeline.added_since(&old).is_empty());
        timeline.update(entry(3).id, |entry| entry.text = Arc::from("amended"));
        (0..7).map(|hundred| 100 * hundred + 50).chain([900]).for_each(|number| timeline.insert(entry(number)));
        let added: Vec<i64> = timeline.added_since(&old).iter().map(|entry| entry.at.millis()).collect();
        assert_eq!(added, [50, 150, 250, 350, 450, 550, 650, 900]);
        assert_eq!(timeline.added_since(&Timeline::default()).len(), timeline.len());
    }

    #[test]
    fn every_place_is_found_from_either_end() {
        for len in [0, 1, 2, 255, 256, 257, 700] {
            let mut timeline = Timeline::default();
            (0..len).for_each(|number| timeline.insert(entry(number)));
            for place in 0..len {
                assert_eq!(timeline.get(place as usize).map(|entry| entry.at.millis()), Some(place), "{place} of {len}");
            }
            assert!(timeline.get(len as usize).is_none() && timeline.get(usize::MAX).is_none());
        }
    }
}

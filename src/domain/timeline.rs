//! The timeline: entries in order, in shared chunks, so that a snapshot is cheap and a change copies one chunk.

use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::Text;
use crate::domain::Timestamp;
use std::collections::HashSet;
use std::sync::Arc;

/// How many entries a chunk holds at most.
pub const CHUNK_ENTRIES: usize = 256;

/// From so many on the texts of a chunk are laid together whenever it has doubled.
const PACKED_FROM: usize = 16;

/// Entries that lie beside each other, shared until one of them changes.
pub type Chunk = Arc<Vec<Entry>>;

/// Entries by time, ties by seq. A clone shares every chunk.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Timeline {
    chunks: Vec<Chunk>,
    /// The place of the first entry of each chunk.
    starts: Vec<usize>,
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

    /// The entry at a place, counted from the oldest.
    pub fn get(&self, place: usize) -> Option<&Entry> {
        let chunk = self.starts.partition_point(|start| *start <= place).checked_sub(1)?;
        self.chunks[chunk].get(place - self.starts[chunk])
    }

    /// The newest entry.
    pub fn last(&self) -> Option<&Entry> {
        self.chunks.last().and_then(|chunk| chunk.last())
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// Oldest first, from a place on, without walking what lies before it.
    pub fn iter_from(&self, place: usize) -> impl Iterator<Item = &Entry> {
        let chunk = self.starts.partition_point(|start| *start <= place).saturating_sub(1);
        let before = self.starts.get(chunk).map_or(0, |start| place - start);
        self.chunks[chunk.min(self.chunks.len())..].iter().flat_map(|chunk| chunk.iter()).skip(before)
    }

    /// The entry an event added. Looks from the newest on, where nearly every correction goes.
    pub fn find(&self, id: EventId) -> Option<&Entry> {
        self.iter().rev().find(|entry| entry.id == id)
    }

    /// The place of an entry, counted from the oldest.
    pub fn position(&self, id: EventId) -> Option<usize> {
        let chunks = self.chunks.iter().zip(&self.starts).rev();
        chunks.into_iter().find_map(|(chunk, start)| Some(start + chunk.iter().position(|entry| entry.id == id)?))
    }

    /// The place of the first entry at or after a moment.
    pub fn place_at(&self, at: Timestamp) -> usize {
        self.places_at([at]).next().unwrap_or(self.len)
    }

    /// How many entries lie before each of these moments, rising.
    pub fn places_at(&self, moments: impl IntoIterator<Item = Timestamp>) -> impl Iterator<Item = usize> {
        moments.into_iter().map(|moment| {
            let chunk = self.chunks.partition_point(|chunk| chunk.last().is_some_and(|last| last.at < moment));
            let within = |chunk: &Chunk| chunk.partition_point(|entry| entry.at < moment);
            self.chunks.get(chunk).map_or(self.len, |found| self.starts[chunk] + within(found))
        })
    }

    /// The place of an entry among those at most `reach` places away from one, the nearest first.
    pub fn near(&self, id: EventId, place: usize, reach: usize) -> Option<usize> {
        let is_it = |at: usize| self.get(at).is_some_and(|entry| entry.id == id);
        (0..=reach).flat_map(|step| [place.checked_sub(step), place.checked_add(step)]).flatten().find(|at| is_it(*at))
    }

    /// The shared chunks, oldest first: whoever keeps something about each of them finds out what changed by comparing pointers.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// The same timeline with some entries in other words; `change` keeps their keys. Chunks without a change are shared.
    pub fn with(&self, change: impl Fn(&Entry) -> Option<Entry>) -> Self {
        let changed = |chunk: &Chunk| {
            let mut changed = Arc::clone(chunk);
            for (place, entry) in chunk.iter().enumerate() {
                if let Some(new) = change(entry) {
                    Arc::make_mut(&mut changed)[place] = new;
                }
            }
            changed
        };
        Self { chunks: self.chunks.iter().map(changed).collect(), starts: self.starts.clone(), len: self.len }
    }

    /// The entries that are here and were not in `old`, an earlier clone. Chunks both share are not looked into.
    pub fn added_since<'a>(&'a self, old: &Timeline) -> Vec<&'a Entry> {
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
                Some(chunk) => push(Arc::make_mut(chunk), entry),
                None => {
                    self.starts.push(self.len - 1);
                    self.chunks.push(Arc::new(vec![entry]));
                }
            }
            return;
        }
        let chunk = self.chunks.partition_point(|chunk| chunk.first().is_some_and(|first| first.key() <= key)).saturating_sub(1);
        let entries = Arc::make_mut(&mut self.chunks[chunk]);
        let place = entries.partition_point(|other| other.key() <= key);
        entries.insert(place, entry);
        if entries.len() > CHUNK_ENTRIES {
            let rest = entries.split_off(CHUNK_ENTRIES / 2);
            self.chunks.insert(chunk + 1, Arc::new(rest));
        }
        self.count_from(chunk);
    }

    /// Changes an entry; it moves if its key changes. Answers whether it was there.
    pub fn update(&mut self, id: EventId, change: impl FnOnce(&mut Entry)) -> bool {
        for index in (0..self.chunks.len()).rev() {
            let Some(place) = self.chunks[index].iter().position(|entry| entry.id == id) else { continue };
            let entries = Arc::make_mut(&mut self.chunks[index]);
            let entry = &mut entries[place];
            let before = entry.key();
            change(entry);
            if entry.key() != before {
                let moved = entries.remove(place);
                self.len -= 1;
                if entries.is_empty() {
                    self.chunks.remove(index);
                }
                self.count_from(index.saturating_sub(1));
                self.insert(moved);
            }
            return true;
        }
        false
    }

    /// Counts where chunks begin anew, from one that begins where it did.
    fn count_from(&mut self, chunk: usize) {
        self.starts.truncate(chunk);
        let mut start = chunk.checked_sub(1).map_or(0, |before| self.starts[before] + self.chunks[before].len());
        for chunk in &self.chunks[chunk.min(self.chunks.len())..] {
            self.starts.push(start);
            start += chunk.len();
        }
    }
}

/// Puts an entry at the end of a chunk.
fn push(entries: &mut Vec<Entry>, entry: Entry) {
    entries.push(entry);
    let len = entries.len();
    if len >= PACKED_FROM && len.is_power_of_two() {
        Text::pack(&mut entries.iter_mut().map(|entry| &mut entry.text).collect::<Vec<_>>());
    }
    if len == CHUNK_ENTRIES {
        entries.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::EntryKind;
    use crate::domain::EntryState;
    use crate::domain::Person;

    fn entry(number: i64) -> Entry {
        let (id, at) = (EventId(uuid::Uuid::from_u128(number as u128)), Timestamp::from_millis(number));
        Entry::new(id, at, Person::new("ana"), EntryKind::Note, "text", EntryState::Local)
    }

    #[test]
    fn what_was_added_is_told_wherever_it_went() {
        let mut timeline = Timeline::default();
        (0..700).filter(|number| number % 100 != 50).for_each(|number| timeline.insert(entry(number)));
        let old = timeline.clone();
        assert!(timeline.added_since(&old).is_empty());
        timeline.update(entry(3).id, |entry| entry.text = "amended".into());
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

    #[test]
    fn places_of_moments_are_counted() {
        let mut timeline = Timeline::default();
        (0..700).for_each(|number| timeline.insert(entry(number / 2)));
        let moments = [-5, 0, 1, 128, 128, 349, 350, 9_999];
        let places: Vec<usize> = timeline.places_at(moments.map(Timestamp::from_millis)).collect();
        assert_eq!(places, [0, 0, 2, 256, 256, 698, 700, 700]);
        assert_eq!(Timeline::default().places_at(moments.map(Timestamp::from_millis)).sum::<usize>(), 0);
    }

    #[test]
    fn places_hold_whatever_moves() {
        let mut timeline = Timeline::default();
        (0..900).for_each(|number| timeline.insert(entry((number * 7919) % 1_000)));
        for number in (0..900).step_by(13) {
            let id = EventId(uuid::Uuid::from_u128(((number * 7919) % 1_000) as u128));
            assert!(timeline.update(id, |entry| entry.at = Timestamp::from_millis((number * 31) % 1_500)));
        }
        let all: Vec<_> = timeline.iter().map(|entry| entry.id).collect();
        assert_eq!(all.len(), 900);
        assert!(timeline.iter().zip(timeline.iter().skip(1)).all(|(one, next)| one.key() <= next.key()));
        for (place, id) in all.iter().enumerate() {
            assert_eq!(timeline.get(place).map(|entry| entry.id), Some(*id));
            assert_eq!(timeline.iter_from(place).next().map(|entry| entry.id), Some(*id));
            assert_eq!(timeline.position(*id), Some(place));
        }
        assert!(timeline.iter_from(900).next().is_none() && timeline.get(900).is_none());
        let moment = Timestamp::from_millis(500);
        assert_eq!(timeline.place_at(moment), timeline.iter().filter(|entry| entry.at < moment).count());
    }

    #[test]
    fn an_entry_is_found_near_where_it_was() {
        let mut timeline = Timeline::default();
        (0..300).for_each(|number| timeline.insert(entry(number)));
        let id = |number: u128| EventId(uuid::Uuid::from_u128(number));
        assert_eq!(timeline.near(id(10), 14, 4), Some(10));
        assert_eq!(timeline.near(id(10), 15, 4), None);
        assert_eq!(timeline.near(id(299), 0, 299), Some(299));
    }
}

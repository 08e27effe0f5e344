//! The entries that fit a query, found a slice at a time and chunk by chunk: what did not change is never looked at again, and no
//! key waits for a long timeline to be read.

use std::sync::Arc;

use crate::domain::Chunk;
use crate::domain::Entry;
use crate::domain::Timeline;
use crate::query::Query;
use crate::tui::panes::timeline::news::News;

/// So many entries are looked at while a key waits for its frame: more than fit on any screen.
pub const AT_ONCE: usize = 512;
/// So many are looked at in one go while nobody waits: about half a millisecond.
pub const IN_THE_BACKGROUND: usize = 2_048;

/// A query and what fits it.
#[derive(Debug, Clone)]
pub struct Sieve {
    /// As it was typed.
    pub typed: String,
    pub query: Query,
    sifted: Vec<Sifted>,
    places: Vec<usize>,
}

/// A chunk, and which of its entries fit, once that is known.
#[derive(Debug, Clone)]
struct Sifted {
    chunk: Chunk,
    fitting: Option<Vec<u16>>,
}

impl Sieve {
    /// A sieve that has seen nothing yet.
    pub fn new(typed: &str, query: Query) -> Self {
        Self { typed: typed.to_owned(), query, sifted: Vec::new(), places: Vec::new() }
    }

    /// Places of the entries that fit, rising; while not all were looked at, the newest of them.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// Whether every entry was looked at.
    pub fn is_whole(&self) -> bool {
        self.sifted.iter().all(|sifted| sifted.fitting.is_some())
    }

    /// Looks at what is new in a timeline, the newest first, at most about so many entries of it.
    pub fn sift(&mut self, timeline: &Timeline, news: Option<&News>, most: usize) {
        let is_moved = self.follow(timeline.chunks());
        let mut budget = most;
        let mut is_changed = is_moved;
        for sifted in self.sifted.iter_mut().rev().filter(|sifted| sifted.fitting.is_none()) {
            if budget == 0 {
                break;
            }
            budget = budget.saturating_sub(sifted.chunk.len());
            let is_fitting = |entry: &Entry| self.query.matches_entry(entry, news.is_some_and(|news| news.holds(entry)));
            let fitting = (0_u16..).zip(sifted.chunk.iter()).filter(|(_, entry)| is_fitting(entry)).map(|(at, _)| at);
            sifted.fitting = Some(fitting.collect());
            is_changed = true;
        }
        if is_changed {
            self.places.clear();
            let mut start = 0;
            for sifted in &self.sifted {
                self.places.extend(sifted.fitting.iter().flatten().map(|at| start + usize::from(*at)));
                start += sifted.chunk.len();
            }
        }
    }

    /// Takes over the chunks as they are now; answers whether any is another one.
    fn follow(&mut self, chunks: &[Chunk]) -> bool {
        let is_same = |(sifted, chunk): &(&Sifted, &Chunk)| Arc::ptr_eq(&sifted.chunk, chunk);
        let head = self.sifted.iter().zip(chunks).take_while(is_same).count();
        let tail = self.sifted[head..].iter().rev().zip(chunks[head..].iter().rev()).take_while(is_same).count();
        if head == chunks.len() && head == self.sifted.len() {
            return false;
        }
        let new = chunks[head..chunks.len() - tail].iter().map(|chunk| Sifted { chunk: Arc::clone(chunk), fitting: None });
        self.sifted.splice(head..self.sifted.len() - tail, new);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::EntryKind;
    use crate::domain::EntryState;
    use crate::domain::EventId;
    use crate::domain::Person;
    use crate::domain::Timestamp;

    fn entry(number: u64) -> Entry {
        let (id, at) = (EventId(uuid::Uuid::from_u128(u128::from(number))), Timestamp::from_millis(number as i64 * 10));
        let text = if number.is_multiple_of(3) { "fizz" } else { "none" };
        let mut entry = Entry::new(id, at, Person::new("ana"), EntryKind::Note, text, EntryState::Local);
        entry.index = number;
        entry
    }

    fn fizz() -> Sieve {
        let ground = crate::query::Ground {
            about: crate::query::About::Entries,
            now: Timestamp::from_millis(0),
            zone: chrono_tz::Tz::UTC,
            roles: &[],
            me: &Person::new("ana"),
        };
        Sieve::new("fizz", Query::parse("fizz", &ground))
    }

    fn whole(timeline: &Timeline) -> Vec<usize> {
        timeline.iter().enumerate().filter(|(_, entry)| &*entry.text == "fizz").map(|(at, _)| at).collect()
    }

    #[test]
    fn a_long_timeline_is_looked_at_in_slices_from_the_newest() {
        let mut timeline = Timeline::default();
        (0..10_000).for_each(|number| timeline.insert(entry(number)));
        let mut sieve = fizz();
        sieve.sift(&timeline, None, AT_ONCE);
        assert!(!sieve.is_whole());
        assert_eq!(sieve.places().last(), Some(&9_999));
        let mut turns = 1;
        while !sieve.is_whole() {
            sieve.sift(&timeline, None, IN_THE_BACKGROUND);
            turns += 1;
        }
        assert_eq!((sieve.places(), turns), (&*whole(&timeline), 6));
    }

    #[test]
    fn what_arrives_changes_and_moves_is_followed() {
        let mut timeline = Timeline::default();
        let mut sieve = fizz();
        for number in 0..2_000 {
            // Some arrive late, some are re-timed, some get other words.
            let mut entry = entry(number);
            entry.at = Timestamp::from_millis(((number * 7919) % 5_000) as i64);
            timeline.insert(entry);
            if number % 7 == 0 {
                let id = EventId(uuid::Uuid::from_u128(u128::from(number / 2)));
                timeline.update(id, |entry| entry.at = entry.at.plus_ms(700));
                timeline.update(id, |entry| entry.text = "fizz".into());
            }
            if number % 50 == 0 {
                sieve.sift(&timeline, None, IN_THE_BACKGROUND);
                assert_eq!(sieve.places(), whole(&timeline), "{number}");
            }
        }
    }
}

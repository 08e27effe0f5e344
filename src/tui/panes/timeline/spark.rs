//! Entries per time, as bars: how busy an incident was, at a glance. Entries lie by time, so a bar is the difference of two places.

use crate::domain::Timeline;
use crate::domain::Timestamp;
use crate::text::glyphs;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Times a bar may stand for, with their words.
const STEPS: [(i64, &str); 20] = [
    (10 * SECOND, "10 s"),
    (30 * SECOND, "30 s"),
    (MINUTE, "min"),
    (2 * MINUTE, "2 min"),
    (5 * MINUTE, "5 min"),
    (10 * MINUTE, "10 min"),
    (15 * MINUTE, "15 min"),
    (30 * MINUTE, "30 min"),
    (HOUR, "hour"),
    (2 * HOUR, "2 h"),
    (3 * HOUR, "3 h"),
    (6 * HOUR, "6 h"),
    (12 * HOUR, "12 h"),
    (DAY, "day"),
    (2 * DAY, "2 days"),
    (7 * DAY, "week"),
    (30 * DAY, "30 days"),
    (90 * DAY, "90 days"),
    (365 * DAY, "year"),
    (10 * 365 * DAY, "10 years"),
];
/// Fewer bars tell nothing, more are a wall.
const BARS_MIN: usize = 6;
const BARS_MAX: usize = 24;

/// Bars with what they count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spark {
    pub bars: String,
    /// `entries per 5 min`; shorter or nothing where there is no room for it.
    pub says: String,
}

/// The bars of a timeline up to `end`, or its newest entry if that is later, in at most `cells` cells.
pub fn spark(timeline: &Timeline, end: Timestamp, cells: usize) -> Option<Spark> {
    let (first, last) = (timeline.get(0)?.at, timeline.last()?.at.max(end));
    // Words first where both fit: bars nobody can read are decoration.
    let labels = [("entries per ", 21), ("per ", 13), ("", 0)];
    let (label, taken) = labels.into_iter().find(|(_, taken)| cells >= BARS_MIN + 6 + taken).or(labels.last().copied())?;
    let most = cells.saturating_sub(taken).min(BARS_MAX);
    if most < BARS_MIN || timeline.len() < 2 {
        return None;
    }
    let bucket = |at: Timestamp, step: i64| at.millis().div_euclid(step);
    let fits = |(step, _): &&(i64, &str)| bucket(last, *step).saturating_sub(bucket(first, *step)) < most as i64;
    let (step, name) = *STEPS.iter().find(fits).or(STEPS.last())?;
    let to = bucket(last, step);
    let from = bucket(first, step).max(to.saturating_sub(most as i64 - 1));
    let edges = (from..=to.saturating_add(1)).map(|bucket| Timestamp::from_millis(bucket.saturating_mul(step)));
    let places: Vec<usize> = timeline.places_at(edges).collect();
    let counts: Vec<u64> = places.windows(2).map(|pair| (pair[1] - pair[0]) as u64).collect();
    let highest = counts.iter().copied().max().unwrap_or(0);
    let bars = counts.into_iter().map(|count| glyphs::bar(count, highest)).collect();
    let says = if label.is_empty() { String::new() } else { format!("{label}{name}") };
    Some(Spark { bars, says })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Entry;
    use crate::domain::EntryKind;
    use crate::domain::EntryState;
    use crate::domain::EventId;
    use crate::domain::Person;
    use proptest::prelude::*;

    fn timeline(minutes: &[i64]) -> Timeline {
        let mut timeline = Timeline::default();
        for (number, minute) in minutes.iter().enumerate() {
            let (id, at) = (EventId(uuid::Uuid::from_u128(number as u128)), Timestamp::from_millis(minute * MINUTE));
            let mut entry = Entry::new(id, at, Person::new("ana"), EntryKind::Note, "text", EntryState::Local);
            entry.index = number as u64;
            timeline.insert(entry);
        }
        timeline
    }

    fn check(minutes: &[i64], end: i64, cells: usize, bars: &str, says: &str) {
        let spark = spark(&timeline(minutes), Timestamp::from_millis(end * MINUTE), cells);
        assert_eq!(spark, Some(Spark { bars: bars.into(), says: says.into() }), "{minutes:?} until {end} in {cells}");
    }

    #[test]
    fn the_span_chooses_what_a_bar_stands_for() {
        check(&[0, 1, 2, 2, 2, 3, 4, 5], 5, 50, "▄▁▄▁█▁▄▁▄▁▄", "entries per 30 s");
        check(&[0, 2, 2, 2, 9, 21], 24, 50, "▄█▁▁▄▁▁▁▁▁▄▁▁", "entries per 2 min");
        check(&[0, 2, 2, 2, 9, 21], 24, 26, "▄█▁▁▄▁▁▁▁▁▄▁▁", "per 2 min");
        check(&[0, 2, 2, 2, 9, 21], 24, 10, "█▃▁▁▃", "");
        check(&[0, 60, 60 * 24 * 3], 0, 44, "█▁▁▁▁▁▁▁▁▁▁▁▅", "entries per 6 h");
        assert_eq!(spark(&timeline(&[3]), Timestamp::from_millis(0), 80), None, "one entry has no rhythm");
        assert_eq!(spark(&timeline(&[1, 2]), Timestamp::from_millis(0), 5), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn bars_fit_whatever_the_times(minutes in prop::collection::vec(-100_000_000_i64..100_000_000, 0..40), end in any::<i64>(), cells in 0usize..60) {
            if let Some(spark) = spark(&timeline(&minutes), Timestamp::from_millis(end), cells) {
                let (bars, says) = (spark.bars.chars().count(), spark.says.chars().count());
                prop_assert!(bars >= 1 && bars + says + usize::from(says > 0) <= cells, "{} {}", spark.bars, spark.says);
            }
        }
    }
}

//! The time axis of a picture: which stretch it shows, where a moment lies on it, and its ticks.

use crate::domain::Timestamp;
use crate::report::stretch::Stretch;
use crate::text::clock;
use chrono_tz::Tz;
use serde::Serialize;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What lies between two ticks.
const STEPS_MS: &[i64] = &[
    SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    91 * DAY,
    364 * DAY,
];
/// More ticks than this do not fit beside each other.
const TICKS_MAX: i64 = 9;
/// What a letter of a label takes on a phone, with some room between labels, in percent of the width.
const LETTER_PERCENT: f64 = 2.6;
/// What lies outside the heart of an incident may take at most so many times its length.
const MARGIN: i64 = 2;

/// The stretch a picture shows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Axis {
    /// Its left end.
    pub from: Timestamp,
    /// Its right end, later than the left.
    pub until: Timestamp,
}

/// A tick.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Tick {
    /// In percent of the width.
    pub x: f64,
    pub label: String,
    /// How its label lies: `start`, `middle` or `end`.
    pub anchor: &'static str,
    /// Shown where there is little room, too.
    pub narrow: bool,
}

impl Axis {
    /// An axis from the first to the last of what happened, or where that reaches far beyond the heart of it (its declaration until it was over),
    /// only a little beyond: one line written weeks later does not make a picture of nothing.
    pub fn around(heart: Stretch, whole: Stretch) -> Self {
        let length = heart.1.since_ms(heart.0).max(SECOND);
        let from = if heart.0.since_ms(whole.0) > MARGIN * length { heart.0.plus_ms(-length / 5) } else { whole.0.min(heart.0) };
        let until = if whole.1.since_ms(heart.1) > MARGIN * length { heart.1.plus_ms(length / 5) } else { whole.1.max(heart.1) };
        Self { from, until: until.max(from.plus_ms(SECOND)) }
    }

    /// Its length.
    pub fn length_ms(&self) -> i64 {
        self.until.since_ms(self.from)
    }

    /// Where a moment lies, in percent of the width, to a hundredth.
    pub fn x(&self, at: Timestamp) -> f64 {
        let share = at.since_ms(self.from) as f64 / self.length_ms() as f64;
        (share.clamp(0.0, 1.0) * 10_000.0).round() / 100.0
    }

    /// Whether a moment lies on it.
    pub fn holds(&self, at: Timestamp) -> bool {
        (self.from..=self.until).contains(&at)
    }

    /// Where a stretch begins and how wide it is, in percent; nothing where it lies outside.
    pub fn bar(&self, (from, until): Stretch) -> Option<(f64, f64)> {
        let is_outside = until < self.from || from > self.until;
        let x = self.x(from);
        (!is_outside).then(|| (x, ((self.x(until) - x) * 100.0).round() / 100.0))
    }

    /// Round moments, at most nine.
    pub fn ticks(&self) -> Vec<Tick> {
        let step = STEPS_MS.iter().copied().find(|step| self.length_ms() / step <= TICKS_MAX).unwrap_or(self.length_ms() / TICKS_MAX);
        let first = self.from.millis().div_euclid(step) + i64::from(self.from.millis().rem_euclid(step) > 0);
        let moments: Vec<i64> = (first..).map(|number| number * step).take_while(|at| *at <= self.until.millis()).collect();
        let x = |at: i64| self.x(Timestamp::from_millis(at));
        let apart = step as f64 * 100.0 / self.length_ms() as f64;
        let letters = moments.iter().map(|at| label(*at, step).len()).max().unwrap_or(1);
        let skips = ((letters as f64 * LETTER_PERCENT / apart).ceil() as usize).max(1);
        // Labels at the ends lie inwards, and need more room than those between.
        let is_narrow = |number: usize, x: f64| number.is_multiple_of(skips) && (5.0..=95.0).contains(&x);
        let tick = |(number, at): (usize, &i64)| {
            let x = x(*at);
            Tick { x, label: label(*at, step), anchor: anchor(x), narrow: is_narrow(number, x) }
        };
        moments.iter().enumerate().map(tick).collect()
    }
}

/// How a label at a place lies so that it stays inside the picture.
fn anchor(x: f64) -> &'static str {
    if x < 5.0 {
        "start"
    } else if x > 95.0 {
        "end"
    } else {
        "middle"
    }
}

fn label(at_ms: i64, step_ms: i64) -> String {
    let day = || {
        let day = clock::day(at_ms, Tz::UTC);
        day.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" ")
    };
    match step_ms {
        step if step < MINUTE => clock::clock_s(at_ms, Tz::UTC),
        step if step >= DAY || at_ms.rem_euclid(DAY) == 0 => day(),
        _ => clock::clock_min(at_ms, Tz::UTC),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}Z").parse().unwrap()
    }

    fn labels(from: &str, until: &str) -> String {
        let axis = Axis { from: at(from), until: at(until) };
        axis.ticks().iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(labels("21T12:00:07", "21T12:04:10"), "12:00:30 12:01:00 12:01:30 12:02:00 12:02:30 12:03:00 12:03:30 12:04:00");
        assert_eq!(labels("21T21:10:00", "22T02:10:00"), "22:00 23:00 22 Nov 01:00 02:00");
        assert_eq!(labels("20T05:00:00", "23T06:00:00"), "12:00 21 Nov 12:00 22 Nov 12:00 23 Nov");
        assert_eq!(labels("01T00:00:00", "21T00:00:00"), "5 Nov 12 Nov 19 Nov");
        let years = Axis { from: Timestamp::from_millis(0), until: Timestamp::from_millis(i64::MAX) };
        assert!(years.ticks().len() <= 10);
    }

    #[test]
    fn what_lies_far_outside_is_left_out() {
        let heart = (at("21T12:00:00"), at("21T13:00:00"));
        let near = Axis::around(heart, (at("21T11:30:00"), at("21T14:00:00")));
        assert_eq!((near.from, near.until), (at("21T11:30:00"), at("21T14:00:00")));
        let far = Axis::around(heart, (at("01T00:00:00"), at("28T00:00:00")));
        assert_eq!((far.from, far.until), (at("21T11:48:00"), at("21T13:12:00")));
        assert_eq!(far.x(at("21T12:30:00")), 50.0);
        assert_eq!(far.bar((at("21T13:06:00"), at("28T00:00:00"))), Some((92.86, 7.14)));
        assert_eq!(far.bar((at("27T13:06:00"), at("28T00:00:00"))), None);
        let none = Axis::around((heart.0, heart.0), (heart.0, heart.0));
        assert_eq!(none.length_ms(), 1_000);
    }
}

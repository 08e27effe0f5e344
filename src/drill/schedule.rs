//! When each step is played: the story's own pace, made uneven by a seed, faster by a speed, begun in the middle if wished.

use crate::drill::Scenario;
use crate::drill::Step;

/// How far a seed moves a step, in percent of the pause before it.
const JITTER_PERCENT: i64 = 20;

/// A step and its times.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Timed<'a> {
    /// When it is played, in milliseconds after the showing began.
    pub due_ms: i64,
    /// When it happened, in milliseconds after the showing began: negative for the past of a story begun in the middle.
    pub happened_ms: i64,
    pub step: &'a Step,
}

/// The steps in the order of the story. What lies before `from_ms` (milliseconds of the story) is due at once and happened
/// in the past, at the story's own pace; the rest follows `speed` times faster than the story. Seed 0 keeps the story's
/// times exactly; another seed makes the pauses uneven, the same way every time.
pub fn schedule(scenario: &Scenario, seed: u64, speed: f64, from_ms: i64) -> Vec<Timed<'_>> {
    let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
    let mut state = seed;
    let mut before_ms = 0;
    let mut told_ms = 0;
    let mut timed = Vec::with_capacity(scenario.steps.len());
    for step in &scenario.steps {
        let pause_ms = step.at_ms - before_ms;
        before_ms = step.at_ms;
        told_ms += pause_ms + jitter(&mut state, seed, pause_ms);
        let after_ms = told_ms - from_ms;
        let (due_ms, happened_ms) = if after_ms <= 0 {
            (0, after_ms)
        } else {
            let played_ms = (after_ms as f64 / speed) as i64;
            (played_ms, played_ms)
        };
        timed.push(Timed { due_ms, happened_ms, step });
    }
    timed
}

fn jitter(state: &mut u64, seed: u64, pause_ms: i64) -> i64 {
    if seed == 0 || pause_ms == 0 {
        return 0;
    }
    let most = pause_ms * JITTER_PERCENT / 100;
    let span = most.unsigned_abs() * 2 + 1;
    (next(state) % span) as i64 - most
}

/// SplitMix64 (Steele, Lea, Flood 2014): a small generator whose numbers are the same everywhere.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(seed: u64, speed: f64, from_ms: i64) -> Vec<(i64, i64)> {
        let scenario = Scenario::shipped("hot-wallet-drain").unwrap();
        schedule(&scenario, seed, speed, from_ms).iter().map(|timed| (timed.due_ms, timed.happened_ms)).collect()
    }

    #[test]
    fn a_story_told_from_the_start_at_its_own_pace() {
        let scenario = Scenario::shipped("hot-wallet-drain").unwrap();
        let told = times(0, 1.0, 0);
        assert_eq!(told.last().unwrap().0, scenario.length_ms());
        assert!(told.iter().zip(&scenario.steps).all(|(time, step)| *time == (step.at_ms, step.at_ms)));
        assert_eq!(times(0, 10.0, 0).last().unwrap().0, scenario.length_ms() / 10);
    }

    #[test]
    fn a_story_begun_in_the_middle_has_a_past() {
        let (past, live): (Vec<_>, Vec<_>) = times(0, 60.0, 1_800_000).into_iter().partition(|(due, _)| *due == 0);
        assert!(past.len() > 10 && live.len() > 10);
        assert_eq!(past[0].1, -1_800_000);
        assert!(past.windows(2).all(|pair| pair[0].1 <= pair[1].1));
        assert!(live.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    }

    #[test]
    fn a_seed_makes_pauses_uneven_and_keeps_the_order() {
        for seed in 1..50 {
            let told = times(seed, 1.0, 0);
            assert_eq!(told, times(seed, 1.0, 0));
            assert!(told.windows(2).all(|pair| pair[0].0 <= pair[1].0));
            assert_ne!(told, times(0, 1.0, 0));
        }
        assert_eq!(times(3, f64::NAN, 0), times(3, 1.0, 0));
    }
}

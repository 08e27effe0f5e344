//! Timers: armed only while something counts, so that an idle screen costs nothing.

use crate::domain::Timestamp;
use crate::tui::effect::Effect;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::presence;

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timer {
    /// The clock in the header, ages, time left.
    Clock,
    /// A growing loss moves a priority.
    Priority,
    /// A draft is kept.
    Draft,
    /// A notice has been read.
    Notice,
    /// The server hears that somebody is here.
    Presence,
    /// A filter has more of a long timeline to look at.
    Sift,
    /// Keys wait no longer for an incident.
    Ahead,
}

/// Every timer.
const ALL: [Timer; 7] = [Timer::Clock, Timer::Priority, Timer::Draft, Timer::Notice, Timer::Presence, Timer::Sift, Timer::Ahead];

/// When each timer should ring, on the monotonic clock; by the order of `ALL`.
pub type Armed = [Option<u64>; 7];

/// Brings the armed timers to what the model needs now, and answers what has to change.
pub fn rearm(model: &mut Model) -> Vec<Effect> {
    let wanted = wanted(model);
    let mut effects = Vec::new();
    for (slot, timer) in ALL.into_iter().enumerate() {
        if model.armed[slot] != wanted[slot] {
            effects.push(wanted[slot].map_or(Effect::Disarm(timer), |at| Effect::Arm(timer, at)));
        }
    }
    model.armed = wanted;
    effects
}

/// A timer that rang is armed no more.
pub fn rang(model: &mut Model, timer: Timer) {
    model.armed[ALL.iter().position(|known| *known == timer).unwrap_or(0)] = None;
}

fn wanted(model: &Model) -> Armed {
    let mono_ms = model.moment.mono_ms;
    let wall_ms = model.now().millis();
    // The header shows seconds where there is room for them, else minutes; nothing else on screen changes faster.
    let step_ms = if model.shows_seconds() || counts_down(model) { 1_000 } else { 60_000 };
    let until_next = step_ms - wall_ms.rem_euclid(step_ms);
    // What becomes overdue is called out on time, not at the next minute.
    let due = model.next_due.map_or(i64::MAX, |due| due.millis().saturating_sub(wall_ms).max(1));
    let clock = mono_ms + until_next.min(due) as u64;
    let priority = model.next_change().map(|at| mono_ms + at.since_ms(model.now()).clamp(1, 3_600_000) as u64);
    let notice = model.notice.as_ref().and_then(|notice| notice.until_ms);
    // Keys that wait are taken first: a slice of a filter is for when nothing else is to do.
    let sift = model.timeline.sieve.as_ref().filter(|sieve| !sieve.is_whole()).map(|_| mono_ms + 1);
    [Some(clock), priority, model.draft_due_ms, notice, presence::due_ms(model), sift, model.ahead.due_ms]
}

/// Whether a time-box on screen is short enough to be told in seconds.
fn counts_down(model: &Model) -> bool {
    let is_near = |due: Timestamp| (0..SECONDS_SHOWN_MS).contains(&due.since_ms(model.now()));
    let tasks = || model.current().into_iter().flat_map(|incident| incident.tasks.iter());
    model.focus == Pane::Roles && tasks().any(|task| task.is_open() && task.due_at.is_some_and(is_near))
}

const SECONDS_SHOWN_MS: i64 = 61_000;

//! Calls a person who looks elsewhere: bell, notification and window title. Few, and once for each thing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;

use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::theme::Tone;

/// By which ways a person wants to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notify {
    /// BEL: a sound or a flash, as the terminal is set up.
    pub bell: bool,
    /// OSC 9: a notification of the desktop, where the terminal knows it.
    pub osc9: bool,
    /// The window's title says what is in hand, and what one was called for.
    pub title: bool,
}

impl Default for Notify {
    fn default() -> Self {
        Self { bell: true, osc9: true, title: true }
    }
}

/// So many calls in [`WINDOW_MS`], and no two closer than [`GAP_MS`]: more would be switched off, and then none is heard.
const CALLS_MAX: usize = 3;
const WINDOW_MS: u64 = 60_000;
const GAP_MS: u64 = 2_000;

/// What one was called for lately.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calls {
    /// When, on the monotonic clock, oldest first.
    recent: VecDeque<u64>,
    /// Calls kept back since the last one.
    held: usize,
    /// Said in the title until a key is pressed.
    pub unseen: Option<String>,
    /// Tasks that are overdue and were called out: mine, and of incidents I command.
    pub(super) overdue: BTreeSet<EventId>,
    /// The last words to me in each incident that I did not look at since, and whose.
    pub(super) mentions: BTreeMap<IncidentId, (Person, String)>,
}

impl Calls {
    /// Whether one may call at this moment; answers how many calls were kept back since the last.
    fn admit(&mut self, now_ms: u64) -> Option<usize> {
        while self.recent.front().is_some_and(|first| now_ms.saturating_sub(*first) >= WINDOW_MS) {
            self.recent.pop_front();
        }
        let is_close = self.recent.back().is_some_and(|last| now_ms.saturating_sub(*last) < GAP_MS);
        if is_close || self.recent.len() >= CALLS_MAX {
            self.held += 1;
            return None;
        }
        self.recent.push_back(now_ms);
        Some(std::mem::take(&mut self.held))
    }
}

/// Calls the person for one thing, in the ways they want; what comes too thick is only counted.
pub fn call(model: &mut Model, words: String) -> Vec<Effect> {
    model.calls.unseen = Some(words.clone());
    let Some(held) = model.calls.admit(model.moment.mono_ms) else {
        return Vec::new();
    };
    let notify = model.custom.notify;
    let words = if held == 0 { words } else { format!("{words} (and {held} more)") };
    let bell = notify.bell.then_some(Effect::Bell);
    let shown = notify.osc9.then_some(Effect::Notify(words));
    bell.into_iter().chain(shown).collect()
}

/// The bell sounds, or is silent.
pub fn toggle_sound(model: &mut Model) -> Vec<Effect> {
    let bell = &mut model.custom.notify.bell;
    *bell = !*bell;
    let words = if *bell { "the bell sounds when you are called" } else { "no bell sounds until you quit, or the same command again" };
    model.say(words, Tone::Info);
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_come_a_few_a_minute_and_never_two_at_once() {
        let mut calls = Calls::default();
        assert_eq!(calls.admit(1_000), Some(0));
        assert_eq!(calls.admit(1_500), None, "two at once are one");
        assert_eq!(calls.admit(3_000), Some(1), "the one kept back is counted");
        assert_eq!(calls.admit(5_000), Some(0));
        assert_eq!(calls.admit(7_000), None, "three a minute are enough");
        assert_eq!(calls.admit(60_999), None);
        assert_eq!(calls.admit(61_000), Some(2), "the first is a minute old");
        assert_eq!(calls.admit(61_000 + 10 * WINDOW_MS), Some(0));
    }
}

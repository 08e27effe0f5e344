//! Calls a person who looks elsewhere: bell, notification and window title. Few, and once for each thing.

use std::collections::BTreeSet;
use std::collections::VecDeque;

use crate::domain::Board;
use crate::domain::EventId;
use crate::text::mention;
use crate::tui::callouts;
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
    overdue: BTreeSet<EventId>,
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

/// Calls for entries that are new since `before` and speak to me.
pub fn mentions(model: &mut Model, before: &Board) -> Vec<Effect> {
    let me = model.me().as_str().to_lowercase();
    let mut found = Vec::new();
    for incident in model.board().iter() {
        // What was not held before is read for the first time, not new.
        let Some(old) = before.get(incident.id).filter(|old| !std::sync::Arc::ptr_eq(old, incident)) else {
            continue;
        };
        for entry in incident.timeline.added_since(&old.timeline) {
            let is_mine = entry.by.as_str().to_lowercase() == me;
            if !is_mine && mention::mentions(&entry.text).iter().any(|name| name.to_lowercase() == me) {
                found.push(format!("{} speaks to you in {}", entry.by, incident.code_text()));
            }
        }
    }
    let calls = found.into_iter().flat_map(|words| {
        model.note(words.clone());
        call(model, words)
    });
    calls.collect()
}

/// Calls out tasks that became overdue: mine, and those of an incident I command. The first look only learns which were.
pub fn overdue(model: &mut Model, is_first: bool) -> Vec<Effect> {
    let (me, now) = (model.me().clone(), model.now());
    let mut late = Vec::new();
    let mut next = None;
    for row in model.incidents.open.iter().filter(|row| row.header.next_due_at.is_some()) {
        let Some(incident) = model.incident(row.header.id) else { continue };
        let is_commander = incident.commander().is_some_and(|holding| holding.person == me);
        for task in incident.tasks.iter().filter(|task| task.is_open()) {
            let code = incident.code_text();
            match task.due_at {
                Some(due) if due > now => next = Some(next.map_or(due, |known| due.min(known))),
                Some(_) if task.person == me => late.push((task.id, incident.id, format!("your task in {code} is overdue"), Tone::Loud)),
                Some(_) if is_commander => {
                    let words = format!("{code}: {} is OVERDUE with {}", task.person, task.text);
                    late.push((task.id, incident.id, words, Tone::Warn));
                }
                _ => {}
            }
        }
    }
    model.next_due = next;
    let known = std::mem::replace(&mut model.calls.overdue, late.iter().map(|(task, ..)| *task).collect());
    let new = late.into_iter().filter(|(task, ..)| !is_first && !known.contains(task));
    new.flat_map(|(_, incident, words, tone)| callouts::call_out(model, incident, words, tone)).collect()
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

//! Moving through a timeline.

use chrono_tz::Tz;
use ratatui::layout::Rect;

use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::Org;
use crate::domain::Timestamp;
use crate::tui::clockface::Clockface;
use crate::tui::keymap::Intent;
use crate::tui::panes::timeline::model;
use crate::tui::panes::timeline::model::Model;
use crate::tui::panes::timeline::model::Pin;
use crate::tui::panes::timeline::sieve::Sieve;
use crate::tui::panes::timeline::window::Anchor;
use crate::tui::panes::timeline::window::Line;
use crate::tui::panes::timeline::window::Measure;

/// Rows of the pane that entries do not get: the line that names the day.
pub const HEAD_ROWS: u16 = 1;

/// What a timeline stands on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub incident: &'a Incident,
    pub org: &'a Org,
    pub clockface: Clockface,
    /// The zone of "local" times.
    pub local: Tz,
    /// No server is configured.
    pub is_alone: bool,
    /// The inside of the pane.
    pub area: Rect,
}

impl Ground<'_> {
    /// Rows that entries get.
    pub fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(HEAD_ROWS)).max(1)
    }

    /// The zone of days.
    pub fn zone(&self) -> Tz {
        self.clockface.zone(self.local)
    }

    /// A moment on the clock on screen, in at most `cells` cells.
    pub fn write(&self, at: Timestamp, cells: usize) -> String {
        self.clockface.write(at, self.incident.opened_at, self.local, cells)
    }
}

/// Moves the selection. Answers whether the intent was a movement.
pub fn moved(model: &mut Model, intent: Intent, ground: &Ground<'_>) -> bool {
    let (to, anchor) = {
        let measure = model.measure(ground);
        let Some(here) = model.selected_place(ground.incident) else {
            return is_movement(intent);
        };
        let last = measure.shown.len() - 1;
        let anchor = model.anchor(&measure);
        let page = || measure.visible(anchor).map_or(1, |(first, last)| last - first).max(1);
        let to = match intent {
            Intent::Down => here + 1,
            Intent::Up => here.saturating_sub(1),
            Intent::Top => 0,
            Intent::Bottom => last,
            Intent::PageDown => here + page(),
            Intent::PageUp => here.saturating_sub(page()),
            Intent::HalfDown => here + (page() / 2).max(1),
            Intent::HalfUp => here.saturating_sub((page() / 2).max(1)),
            _ => return false,
        };
        let to = to.min(last);
        (to, if to == last { Anchor::Bottom } else { measure.reveal(anchor, to) })
    };
    settle(model, ground.incident, to, anchor);
    read(model);
    true
}

/// Selects the entry on a row of the pane, without moving what is on screen; answers whether it was selected already.
pub fn select_row(model: &mut Model, ground: &Ground<'_>, row: u16) -> bool {
    let (at, anchor) = {
        let measure = model.measure(ground);
        let (anchor, lines) = model.window(&measure);
        let line = row.checked_sub(HEAD_ROWS).and_then(|row| lines.get(usize::from(row)).copied());
        let Some(Line::Entry { at, .. }) = line else { return false };
        let is_at_end = at + 1 == measure.shown.len() && anchor == Anchor::Bottom;
        let held = Measure::above(&lines, at).map_or(anchor, |above| measure.below(above, at));
        (at, if is_at_end { Anchor::Bottom } else { held })
    };
    let is_again = model.selected_place(ground.incident) == Some(at);
    settle(model, ground.incident, at, anchor);
    is_again
}

/// A key answered the greeting; the newest entry was reached: nothing is new any more.
fn read(model: &mut Model) {
    let is_at_end = model.follows();
    if let Some(news) = &mut model.news {
        news.answer(is_at_end);
    }
}

/// Puts the first entry that is new at the top, below the line that says so. Answers whether anything was new.
pub fn read_news(model: &mut Model, ground: &Ground<'_>) -> bool {
    let Some(first) = model.news.as_ref().filter(|news| news.is_greeting()).map(|news| news.first) else {
        return false;
    };
    let Some(whole) = ground.incident.timeline.position(first) else {
        return false;
    };
    model.filter.line = None;
    let anchor = model.measure(ground).top_with_news(whole);
    settle(model, ground.incident, whole, anchor);
    read(model);
    true
}

/// Selects the next (or previous) entry that was searched for, wherever it is. Answers whether there is one.
pub fn next_match(model: &mut Model, is_forward: bool, ground: &Ground<'_>) -> bool {
    let found = {
        let places = model.sieve.as_ref().filter(|sieve| !sieve.query.is_empty()).map(Sieve::places).unwrap_or_default();
        let measure = model.measure(ground);
        let here = model.selected_place(ground.incident).and_then(|at| measure.shown.whole(at));
        let Some(here) = here.filter(|_| !places.is_empty()) else {
            return false;
        };
        let at = if is_forward {
            places.get(places.partition_point(|place| *place <= here)).or(places.first())
        } else {
            places.partition_point(|place| *place < here).checked_sub(1).and_then(|before| places.get(before)).or(places.last())
        };
        at.map(|whole| {
            let at = measure.shown.places.map_or(*whole, |shown| shown.partition_point(|place| place < whole));
            (at, measure.reveal(model.anchor(&measure), at))
        })
    };
    if let Some((at, anchor)) = found {
        settle(model, ground.incident, at, anchor);
    }
    found.is_some()
}

/// Selects an entry by id and brings it onto the screen.
pub fn reveal(model: &mut Model, id: EventId, ground: &Ground<'_>) {
    if let Some(whole) = ground.incident.timeline.position(id) {
        reveal_place(model, whole, ground);
    }
}

/// Selects the entry at a place of the whole timeline and brings it onto the screen; a filter that hides it goes.
pub fn reveal_place(model: &mut Model, whole: usize, ground: &Ground<'_>) {
    let at = match model.shown(ground.incident).places {
        None => whole,
        Some(places) => match places.binary_search(&whole) {
            Ok(at) => at,
            Err(_) => {
                model.filter.line = None;
                whole
            }
        },
    };
    let measure = model.measure(ground);
    let anchor = measure.reveal(model.anchor(&measure), at);
    settle(model, ground.incident, at, anchor);
}

/// Selects the first entry at or after a moment, near the top. Answers it, or nothing when all lie before: then the newest is selected.
pub fn to_time(model: &mut Model, at: Timestamp, ground: &Ground<'_>) -> Option<Timestamp> {
    let (place, anchor, found) = {
        let measure = model.measure(ground);
        let last = measure.shown.len().checked_sub(1)?;
        let whole = ground.incident.timeline.place_at(at);
        let place = measure.shown.places.map_or(whole, |places| places.partition_point(|place| *place < whole));
        let found = measure.shown.get(place).map(|entry| entry.at);
        let place = place.min(last);
        // What happened just before stays in sight.
        (place, measure.below((measure.ground.height() / 4).cast_signed(), place), found)
    };
    let anchor = if found.is_none() { Anchor::Bottom } else { anchor };
    settle(model, ground.incident, place, anchor);
    read(model);
    found
}

fn settle(model: &mut Model, incident: &Incident, at: usize, anchor: Anchor) {
    let (selected, top) = {
        let shown = model.shown(incident);
        let pin = |at: usize| Some(Pin { id: shown.get(at)?.id, at: shown.whole(at)? });
        let is_last = at + 1 == shown.len();
        match anchor {
            // Back at the newest entry: follow again.
            Anchor::Bottom if is_last => (None, None),
            Anchor::Bottom => (pin(at), None),
            Anchor::Top { at: top, skip } => (pin(at), pin(top).map(|pin| (pin, skip))),
        }
    };
    model.selected = selected;
    model.top = top;
}

/// Selects an entry for good, the newest one too: it is about to move.
pub fn pin(model: &mut Model, id: EventId, ground: &Ground<'_>) {
    model.selected = ground.incident.timeline.position(id).map(|at| Pin { id, at });
}

/// Remembers where on screen the selected entry stands; called before news comes.
pub fn hold(model: &mut Model, ground: &Ground<'_>) {
    model.held = model.selected.and_then(|pin| {
        let measure = model.measure(ground);
        Measure::above(&model.window(&measure).1, model::place(&measure.shown, pin)?)
    });
}

/// Puts the selected entry back to where on screen it stood, whatever came above or below it.
pub fn steady(model: &mut Model, ground: &Ground<'_>) {
    let Some(above) = model.held.take() else { return };
    let top = {
        let measure = model.measure(ground);
        let Some(at) = model.selected.and_then(|pin| model::place(&measure.shown, pin)) else { return };
        let Anchor::Top { at, skip } = measure.below(above, at) else { return };
        measure.shown.get(at).zip(measure.shown.whole(at)).map(|(entry, at)| (Pin { id: entry.id, at }, skip))
    };
    model.top = top;
    if let Some(pin) = &mut model.selected
        && let Some(at) = model::whole(&ground.incident.timeline, *pin)
    {
        pin.at = at;
    }
}

fn is_movement(intent: Intent) -> bool {
    use Intent::*;
    matches!(intent, Down | Up | Top | Bottom | PageDown | PageUp | HalfDown | HalfUp)
}

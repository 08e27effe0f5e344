//! Moving through a timeline.

use chrono_tz::Tz;
use ratatui::layout::Rect;

use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::Org;
use crate::tui::keymap::Intent;
use crate::tui::panes::timeline::model::Model;
use crate::tui::panes::timeline::model::Pin;
use crate::tui::panes::timeline::window::Anchor;
use crate::tui::panes::timeline::window::Line;
use crate::tui::panes::timeline::window::Measure;

/// Rows of the pane that entries do not get: the line that names the day.
pub const HEAD_ROWS: u16 = 1;

/// What a timeline stands on while one moves through it.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub incident: &'a Incident,
    pub org: &'a Org,
    pub zone: Tz,
    /// The inside of the pane.
    pub area: Rect,
}

impl Ground<'_> {
    /// Rows that entries get.
    pub fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(HEAD_ROWS)).max(1)
    }

    fn measure<'a>(&'a self, model: &'a Model) -> Measure<'a> {
        model.measure(self.incident, self.org, self.area.width, self.zone)
    }
}

/// Moves the selection. Answers whether the intent was a movement.
pub fn moved(model: &mut Model, intent: Intent, ground: &Ground<'_>) -> bool {
    let height = ground.height();
    let (to, anchor) = {
        let measure = ground.measure(model);
        let Some(here) = model.selected_place(ground.incident) else {
            return is_movement(intent);
        };
        let last = measure.shown.len() - 1;
        let anchor = model.anchor(ground.incident);
        let page = measure.visible(anchor, height).map_or(1, |(first, last)| last - first).max(1);
        let to = match intent {
            Intent::Down => here + 1,
            Intent::Up => here.saturating_sub(1),
            Intent::Top => 0,
            Intent::Bottom => last,
            Intent::PageDown => here + page,
            Intent::PageUp => here.saturating_sub(page),
            Intent::HalfDown => here + (page / 2).max(1),
            Intent::HalfUp => here.saturating_sub((page / 2).max(1)),
            _ => return false,
        };
        let to = to.min(last);
        (to, if to == last { Anchor::Bottom } else { measure.reveal(anchor, to, height) })
    };
    settle(model, ground.incident, to, anchor);
    true
}

/// Selects the entry on a row of the pane, without moving what is on screen; answers whether it was selected already.
pub fn select_row(model: &mut Model, ground: &Ground<'_>, row: u16) -> bool {
    let height = ground.height();
    let anchor = model.anchor(ground.incident);
    let (line, held) = {
        let measure = ground.measure(model);
        let lines = measure.window(anchor, height);
        let line = row.checked_sub(HEAD_ROWS).and_then(|row| lines.get(usize::from(row)).copied());
        (line, measure.held(anchor, height))
    };
    let Some(Line::Entry { at, .. }) = line else {
        return false;
    };
    let is_again = model.selected_place(ground.incident) == Some(at);
    let is_last = at + 1 == model.shown(ground.incident).len();
    settle(model, ground.incident, at, if is_last && anchor == Anchor::Bottom { Anchor::Bottom } else { held });
    is_again
}

/// Selects the next (or previous) entry that fits the last query, wherever it is.
pub fn next_match(model: &mut Model, is_forward: bool, ground: &Ground<'_>) -> bool {
    let height = ground.height();
    let found = {
        let measure = ground.measure(model);
        let (Some(here), query) = (model.selected_place(ground.incident), &model.query) else {
            return false;
        };
        let len = measure.shown.len();
        let fitting = |at: &usize| measure.shown.get(*at).is_some_and(|entry| query.matches_entry(entry, false));
        let ahead = (1..len).map(|step| if is_forward { (here + step) % len } else { (here + len - step) % len });
        let mut ahead = ahead;
        ahead.find(fitting).map(|at| (at, measure.reveal(model.anchor(ground.incident), at, height)))
    };
    let Some((at, anchor)) = found.filter(|_| !model.query.is_empty()) else {
        return false;
    };
    settle(model, ground.incident, at, anchor);
    true
}

/// Selects an entry by id and brings it onto the screen.
pub fn reveal(model: &mut Model, id: EventId, ground: &Ground<'_>) {
    if model.places.is_some() {
        model.filter = None;
        model.places = None;
    }
    let height = ground.height();
    if let Some(at) = ground.incident.timeline.position(id) {
        let anchor = ground.measure(model).reveal(model.anchor(ground.incident), at, height);
        settle(model, ground.incident, at, anchor);
    }
}

fn settle(model: &mut Model, incident: &Incident, at: usize, anchor: Anchor) {
    let pin = |at: usize| model.shown(incident).get(at).map(|entry| Pin { id: entry.id, at });
    let is_last = at + 1 == model.shown(incident).len();
    let (selected, top) = match anchor {
        // Back at the newest entry: follow again.
        Anchor::Bottom if is_last => (None, None),
        Anchor::Bottom => (pin(at), None),
        Anchor::Top { at: top, skip } => (pin(at), pin(top).map(|pin| (pin, skip))),
    };
    model.selected = selected;
    model.top = top;
}

/// Holds the screen where it is, so that news moves nothing; called before the timeline grows while an entry is selected.
pub fn hold(model: &mut Model, ground: &Ground<'_>) {
    if model.selected.is_none() || model.top.is_some() {
        return;
    }
    let held = ground.measure(model).held(Anchor::Bottom, ground.height());
    if let Anchor::Top { at, skip } = held {
        model.top = model.shown(ground.incident).get(at).map(|entry| (Pin { id: entry.id, at }, skip));
    }
}

fn is_movement(intent: Intent) -> bool {
    use Intent::*;
    matches!(intent, Down | Up | Top | Bottom | PageDown | PageUp | HalfDown | HalfUp)
}

//! Typing leaves the panes still: a letter for the open box changes the box and the lines at the edges, and only those are drawn again.

use crate::domain::IncidentId;
use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::input::Input;
use crate::tui::layout::Areas;
use crate::tui::model::Model;
use crate::tui::msg::Msg;
use crate::tui::panes::timeline::news::News;

/// What a letter for the box could change in the panes all the same. Whatever else they show changes by other messages, the time by its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Still {
    areas: Areas,
    in_hand: Option<IncidentId>,
    news: Option<News>,
}

impl Still {
    /// How the panes stand before a letter for the box; `None` before anything else.
    pub fn before(model: &Model, msg: &Msg) -> Option<Self> {
        let is_typed = |chord: &Chord| chord.typed().is_some() || (chord.key, chord.ctrl, chord.alt) == (Key::Backspace, false, false);
        matches!(msg, Msg::Input(Input::Key(chord)) if is_typed(chord)).then(|| Self::of(model)).flatten()
    }

    /// How they stand now; `None` where something lies over them, or no box is open.
    pub fn of(model: &Model) -> Option<Self> {
        let areas = model.areas();
        let is_free = model.overlays.is_empty() && areas.alarm.height == 0 && areas.write.height > 0;
        let has_box = model.write.as_ref().is_some_and(|editor| !editor.has_offer());
        (is_free && has_box && !model.ahead.holds()).then(|| Self { areas, in_hand: model.in_hand, news: model.timeline.news.clone() })
    }
}

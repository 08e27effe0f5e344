//! Where the lines of the list stand: asked by the view, by movements and by the mouse alike.

use ratatui::layout::Rect;

use crate::domain::IncidentId;
use crate::tui::panes::incidents::model::Model;

/// From here on one line holds all of an incident, in columns with a head.
const COLUMNS_FROM: u16 = 90;
/// Below this height an incident gets one line.
const TWO_LINES_FROM: u16 = 6;

/// The lines of the pane's inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lay {
    /// The filter; no height without one.
    pub filter: Rect,
    /// What is shown and in which order, or the head of the columns.
    pub head: Rect,
    pub rows: Rect,
    /// That the incident in hand, or older ones, are not among the rows.
    pub foot: Rect,
    /// Lines an incident takes.
    pub each: u16,
    pub has_columns: bool,
}

impl Lay {
    /// The lines of an inside; `has_frame`: its frame says what is shown.
    pub fn of(area: Rect, model: &Model, in_hand: Option<IncidentId>, has_frame: bool) -> Self {
        let has_columns = area.width >= COLUMNS_FROM;
        let is_usual = model.is_usual();
        let is_lost = in_hand.is_some() && model.place(in_hand).is_none() && !model.listed.is_empty();
        let mut rest = area;
        let mut cut = |wanted: bool| {
            // Two lines are left for an incident before anything is said about the list.
            let height = u16::from(wanted && rest.height > 2);
            let cut = Rect { height, ..rest };
            rest.y += height;
            rest.height -= height;
            cut
        };
        let filter = cut(model.filter.line.is_some());
        let head = cut(has_columns || (!has_frame && !is_usual));
        let foot_height = u16::from((is_lost || model.leaves_out_older()) && rest.height > 2);
        rest.height -= foot_height;
        let foot = Rect { y: rest.bottom(), height: foot_height, ..rest };
        let each = if !has_columns && rest.height >= TWO_LINES_FROM { 2 } else { 1 };
        Self { filter, head, rows: rest, foot, each, has_columns }
    }

    /// How many incidents are on screen at once.
    pub fn fitting(&self) -> usize {
        usize::from(self.rows.height / self.each).max(1)
    }

    /// The incident on a line of the screen, for the mouse.
    pub fn at(&self, model: &Model, line: u16) -> Option<IncidentId> {
        let below = line.checked_sub(self.rows.y).filter(|below| *below < self.rows.height)?;
        model.listed.get(model.top + usize::from(below / self.each)).map(|row| row.header.id)
    }
}

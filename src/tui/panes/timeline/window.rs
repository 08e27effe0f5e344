//! Which lines of a timeline are on screen. Costs what is on screen, however long the timeline is.

use std::sync::Arc;

use chrono_tz::Tz;

use crate::domain::Entry;
use crate::domain::Org;
use crate::domain::Timeline;
use crate::text::clock;
use crate::tui::panes::timeline::row;
use crate::tui::panes::timeline::row::Columns;

/// A gap longer than this is said.
const SILENCE_MS: i64 = 20 * 60_000;

/// A timeline as it is shown: all of it, or the entries a filter lets through.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub timeline: &'a Timeline,
    /// Places in the timeline, rising.
    pub places: Option<&'a [usize]>,
}

impl<'a> Shown<'a> {
    /// How many entries are shown.
    pub fn len(&self) -> usize {
        self.places.map_or(self.timeline.len(), <[usize]>::len)
    }

    /// Whether none is shown.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry at a place among those shown.
    pub fn get(&self, at: usize) -> Option<&'a Arc<Entry>> {
        match self.places {
            None => self.timeline.get(at),
            Some(places) => self.timeline.get(*places.get(at)?),
        }
    }
}

/// Everything the height of an entry depends on.
#[derive(Clone, Copy)]
pub struct Measure<'a> {
    pub shown: Shown<'a>,
    pub org: &'a Org,
    pub columns: Columns,
    pub zone: Tz,
}

/// One line on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A new day begins with the entry at this place.
    Day(usize),
    /// So long nobody wrote before the entry below.
    Silence(i64),
    /// A row of the entry at this place.
    Entry { at: usize, row: usize },
}

/// What is held in place when the screen is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The newest entry is at the bottom.
    Bottom,
    /// The entry at this place is at the top, without the first `skip` lines of it and of the separators above it.
    Top { at: usize, skip: usize },
}

impl Measure<'_> {
    /// The lines that fill `height` rows.
    pub fn window(&self, anchor: Anchor, height: usize) -> Vec<Line> {
        let len = self.shown.len();
        if len == 0 || height == 0 {
            return Vec::new();
        }
        if let Anchor::Top { at: top, skip } = anchor {
            let top = top.min(len - 1);
            let mut lines = Vec::with_capacity(height + 8);
            for at in top..len {
                self.lines_of(at, &mut lines);
                if at == top {
                    lines.drain(..skip.min(lines.len()));
                }
                if lines.len() >= height {
                    lines.truncate(height);
                    return lines;
                }
            }
            if top == 0 && skip == 0 {
                return lines;
            }
        }
        self.up_from(len - 1, height)
    }

    /// The lines that end with the entry at `last`, at most `height`.
    fn up_from(&self, last: usize, height: usize) -> Vec<Line> {
        let mut pieces: Vec<Vec<Line>> = Vec::new();
        let mut count = 0;
        for at in (0..=last).rev() {
            let mut piece = Vec::new();
            self.lines_of(at, &mut piece);
            count += piece.len();
            pieces.push(piece);
            if count >= height {
                break;
            }
        }
        let lines: Vec<Line> = pieces.into_iter().rev().flatten().collect();
        lines[lines.len().saturating_sub(height)..].to_vec()
    }

    /// The anchor that shows the entry at `at` whole, moving as little as it can from `anchor`.
    pub fn reveal(&self, anchor: Anchor, at: usize, height: usize) -> Anchor {
        let lines = self.window(anchor, height);
        let rows_shown = lines.iter().filter(|line| matches!(line, Line::Entry { at: shown, .. } if *shown == at)).count();
        let rows = self.shown.get(at).map_or(1, |entry| row::height(entry, self.org, &self.columns));
        if rows_shown >= rows {
            return anchor;
        }
        let first = lines.iter().find_map(|line| if let Line::Entry { at, .. } = line { Some(*at) } else { None });
        if first.is_none_or(|first| at <= first) {
            return self.top(at);
        }
        // The entry becomes the last one: the top is the first entry that is whole above it.
        let above = self.up_from(at, height);
        let whole = above.iter().find_map(|line| if let Line::Entry { at, row: 0 } = line { Some(*at) } else { None });
        self.top(whole.unwrap_or(at))
    }

    /// The anchor that shows exactly what is on screen now, whatever is added below.
    pub fn held(&self, anchor: Anchor, height: usize) -> Anchor {
        let lines = self.window(anchor, height);
        let first = lines.iter().enumerate().find_map(|(above, line)| match line {
            Line::Entry { at, row } => Some((above, *at, *row)),
            _ => None,
        });
        first.map_or(anchor, |(above, at, row)| Anchor::Top { at, skip: self.separators(at) + row - above.min(self.separators(at) + row) })
    }

    fn top(&self, at: usize) -> Anchor {
        Anchor::Top { at, skip: self.separators(at) }
    }

    fn separators(&self, at: usize) -> usize {
        let mut lines = Vec::new();
        self.lines_of(at, &mut lines);
        lines.iter().take_while(|line| !matches!(line, Line::Entry { .. })).count()
    }

    /// Places of the entries on screen, first and last.
    pub fn visible(&self, anchor: Anchor, height: usize) -> Option<(usize, usize)> {
        let lines = self.window(anchor, height);
        let places = || lines.iter().filter_map(|line| if let Line::Entry { at, .. } = line { Some(*at) } else { None });
        Some((places().next()?, places().next_back()?))
    }

    fn lines_of(&self, at: usize, lines: &mut Vec<Line>) {
        let Some(entry) = self.shown.get(at) else {
            return;
        };
        if let Some(before) = at.checked_sub(1).and_then(|before| self.shown.get(before)) {
            let is_new_day = clock::day_number(before.at.millis(), self.zone) != clock::day_number(entry.at.millis(), self.zone);
            let gap_ms = entry.at.since_ms(before.at);
            if gap_ms >= SILENCE_MS && self.shown.places.is_none() {
                lines.push(Line::Silence(gap_ms));
            }
            if is_new_day {
                lines.push(Line::Day(at));
            }
        }
        let rows = row::height(entry, self.org, &self.columns);
        lines.extend((0..rows).map(|row| Line::Entry { at, row }));
    }
}

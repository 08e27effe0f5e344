//! Which lines of a timeline are on screen. Costs what is on screen, however long the timeline is.

use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::Timeline;
use crate::text::clock;
use crate::tui::panes::timeline::row;
use crate::tui::panes::timeline::row::Columns;
use crate::tui::panes::timeline::update::Ground;

/// A gap longer than this is said.
const SILENCE_MS: i64 = 20 * 60_000;
/// How far around where it should be the entry that another one answers is looked for.
const REPLY_REACH: usize = 48;

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
    pub fn get(&self, at: usize) -> Option<&'a Entry> {
        self.timeline.get(self.whole(at)?)
    }

    /// Its place in the whole timeline.
    pub fn whole(&self, at: usize) -> Option<usize> {
        match self.places {
            None => Some(at),
            Some(places) => places.get(at).copied(),
        }
    }
}

/// Everything the height of an entry depends on.
#[derive(Clone, Copy)]
pub struct Measure<'a> {
    pub shown: Shown<'a>,
    pub ground: Ground<'a>,
    pub columns: Columns,
    /// What is new begins above this entry.
    pub news: Option<EventId>,
}

/// One line on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A new day begins with the entry at this place.
    Day(usize),
    /// So long nobody wrote before the entry below.
    Silence(i64),
    /// What is below was not seen yet.
    News,
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
    /// The lines that fill the screen.
    pub fn window(&self, anchor: Anchor) -> Vec<Line> {
        let (len, height) = (self.shown.len(), self.ground.height());
        if len == 0 {
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
            let piece = self.piece(at);
            count += piece.len();
            pieces.push(piece);
            if count >= height {
                break;
            }
        }
        let lines: Vec<Line> = pieces.into_iter().rev().flatten().collect();
        lines[lines.len().saturating_sub(height)..].to_vec()
    }

    /// The anchor that shows the entry at `at` whole, moving as little as it can from `anchor`; its first row where not all fit.
    pub fn reveal(&self, anchor: Anchor, at: usize) -> Anchor {
        let (lines, height) = (self.window(anchor), self.ground.height());
        if self.is_whole(&lines, at) {
            return anchor;
        }
        let first = lines.iter().find_map(|line| if let Line::Entry { at, .. } = line { Some(*at) } else { None });
        if first.is_none_or(|first| at <= first) || self.rows(at) >= height {
            return self.top(at);
        }
        // The entry becomes the last one: the top is the first entry that is whole above it.
        let above = self.up_from(at, height);
        let whole = above.iter().find_map(|line| if let Line::Entry { at, row: 0 } = line { Some(*at) } else { None });
        self.top(whole.unwrap_or(at))
    }

    /// Whether lines show an entry from its first row on, as far as the screen reaches.
    pub fn is_whole(&self, lines: &[Line], at: usize) -> bool {
        let row = |line: &Line| if let Line::Entry { at: other, row } = line { (*other == at).then_some(*row) } else { None };
        let mut shown = lines.iter().filter_map(row);
        shown.next() == Some(0) && 1 + shown.count() >= self.rows(at).min(self.ground.height())
    }

    /// How many lines of the screen are above the first row of an entry; negative where that is above the screen.
    pub fn above(lines: &[Line], at: usize) -> Option<isize> {
        lines.iter().zip(0_isize..).find_map(|(line, above)| match line {
            Line::Entry { at: other, row } if *other == at => Some(above - row.cast_signed()),
            _ => None,
        })
    }

    /// The anchor that leaves so many lines of the screen above an entry, whatever these are.
    pub fn below(&self, above: isize, at: usize) -> Anchor {
        let separators = self.separators(at);
        let Ok(mut missing) = usize::try_from(above) else {
            return Anchor::Top { at, skip: separators + above.unsigned_abs() };
        };
        if missing <= separators {
            return Anchor::Top { at, skip: separators - missing };
        }
        missing -= separators;
        for other in (0..at).rev() {
            let lines = self.piece(other).len();
            if missing <= lines {
                return Anchor::Top { at: other, skip: lines - missing };
            }
            missing -= lines;
        }
        Anchor::Top { at: 0, skip: 0 }
    }

    /// The entry at the top, its separators above the screen.
    pub fn top(&self, at: usize) -> Anchor {
        Anchor::Top { at, skip: self.separators(at) }
    }

    /// The entry at the top below the line that says what is new.
    pub fn top_with_news(&self, at: usize) -> Anchor {
        let skip = self.piece(at).iter().position(|line| *line == Line::News).unwrap_or_else(|| self.separators(at));
        Anchor::Top { at, skip }
    }

    fn separators(&self, at: usize) -> usize {
        self.piece(at).iter().take_while(|line| !matches!(line, Line::Entry { .. })).count()
    }

    /// Places of the entries on screen, first and last.
    pub fn visible(&self, anchor: Anchor) -> Option<(usize, usize)> {
        let lines = self.window(anchor);
        let places = || lines.iter().filter_map(|line| if let Line::Entry { at, .. } = line { Some(*at) } else { None });
        Some((places().next()?, places().next_back()?))
    }

    fn rows(&self, at: usize) -> usize {
        let Some(entry) = self.shown.get(at) else { return 1 };
        row::height(entry, &self.lead(at, entry), self.ground.org, &self.columns)
    }

    /// What stands before the words of an entry: which one it answers.
    pub fn lead(&self, at: usize, entry: &Entry) -> String {
        let Some(id) = entry.reply_to else { return String::new() };
        let timeline = self.shown.timeline;
        let near = |place: usize| timeline.near(id, place, REPLY_REACH);
        // Most answers follow soon; else the id says when what they answer was written.
        let found = self.shown.whole(at).and_then(near).or_else(|| near(timeline.place_at(id.made_at()?)));
        match found.and_then(|place| timeline.get(place)) {
            Some(answered) => format!("↳ re {} ", self.ground.write(answered.at, 5)),
            None => "↳ re an earlier entry: ".into(),
        }
    }

    fn piece(&self, at: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        self.lines_of(at, &mut lines);
        lines
    }

    fn lines_of(&self, at: usize, lines: &mut Vec<Line>) {
        let Some(entry) = self.shown.get(at) else {
            return;
        };
        if let Some(before) = at.checked_sub(1).and_then(|before| self.shown.get(before)) {
            let day = |entry: &Entry| clock::day_number(entry.at.millis(), self.ground.zone());
            let gap_ms = entry.at.since_ms(before.at);
            if gap_ms >= SILENCE_MS && self.shown.places.is_none() {
                lines.push(Line::Silence(gap_ms));
            }
            if day(before) != day(entry) {
                lines.push(Line::Day(at));
            }
        }
        if self.news == Some(entry.id) {
            lines.push(Line::News);
        }
        lines.extend((0..self.rows(at)).map(|row| Line::Entry { at, row }));
    }
}

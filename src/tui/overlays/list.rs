//! A list over the panes: pickers, help, palette, attention, log, search. What a choice means is the owner's affair.

use ratatui::layout::Position;
use ratatui::layout::Rect;

use crate::tui::chord::Chord;
use crate::tui::edit::LineEdit;
use crate::tui::edit::readline;
use crate::tui::fuzzy::Finder;
use crate::tui::fuzzy::Fit;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::overlays::panel;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::panes::matrix::chart;
use crate::tui::panes::matrix::chart::Chart;
use crate::tui::scroll::Scroll;
use crate::tui::theme::Tone;

/// Rows a list shows at once; the rest is scrolled or typed to. More would cover, and cost a slow link, the whole screen twice.
const ROWS_MAX: usize = 16;

/// Said of a row whose choice is no longer there.
const GONE: &str = "no longer here";

/// One line of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What is chosen with it; `None` for a heading or a line that only informs.
    pub pick: Option<Pick>,
    /// Words in a column of their own at the left; may be empty.
    pub lead: String,
    pub label: String,
    /// Second to the label, at the right where there is room.
    pub note: String,
    pub tone: Tone,
}

impl Row {
    /// A line that can be chosen.
    pub fn new(pick: Pick, label: impl Into<String>) -> Self {
        Self { pick: Some(pick), lead: String::new(), label: label.into(), note: String::new(), tone: Tone::Text }
    }

    /// A line that only informs.
    pub fn says(label: impl Into<String>) -> Self {
        Self { pick: None, lead: String::new(), label: label.into(), note: String::new(), tone: Tone::Dim }
    }

    /// With words in the column at the left.
    #[must_use]
    pub fn lead(mut self, lead: impl Into<String>) -> Self {
        self.lead = lead.into();
        self
    }

    /// With words at the right.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// All of it in the order of its columns: what a query is held against.
    pub(super) fn line(&self) -> String {
        format!("{} {} {}", self.lead, self.label, self.note)
    }

    /// In another tone.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

/// An open list.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    pub of: ListOf,
    pub title: String,
    pub rows: Vec<Row>,
    /// What was typed to narrow it, while typing is on.
    pub query: Option<LineEdit>,
    /// Digits 1 to 9 choose.
    pub is_numbered: bool,
    /// Whether `rows` answer the query already, so that it does not narrow them again.
    pub is_answered: bool,
    /// Drawn over the rows.
    pub chart: Option<Chart>,
    /// Said in place of rows when there are none.
    pub empty: String,
    pub(super) scroll: Scroll,
}

/// What a key did to a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Nothing,
    /// The query changed.
    Typed,
    /// Enter, and no row fits what was typed.
    Unmatched,
    Chosen(Pick),
    /// An intent that is the owner's affair, with the selected row.
    Asked(Intent, Option<Pick>),
}

impl List {
    /// A list in which digits, `j` and `k` choose.
    pub fn choices(of: ListOf, title: impl Into<String>, rows: Vec<Row>) -> Self {
        Self {
            of,
            title: title.into(),
            rows,
            query: None,
            is_numbered: true,
            is_answered: false,
            chart: None,
            empty: "nothing here".into(),
            scroll: Scroll::default(),
        }
    }

    /// A list that narrows as one types.
    pub fn typing(of: ListOf, title: impl Into<String>, rows: Vec<Row>) -> Self {
        Self { query: Some(LineEdit::default()), is_numbered: false, ..Self::choices(of, title, rows) }
    }

    /// With this said when it is empty.
    #[must_use]
    pub fn or_says(mut self, empty: impl Into<String>) -> Self {
        self.empty = empty.into();
        self
    }

    /// With numbers: digits choose until letters are typed.
    #[must_use]
    pub fn numbered(mut self) -> Self {
        self.is_numbered = true;
        self
    }

    /// Without numbers.
    #[must_use]
    pub fn unnumbered(mut self) -> Self {
        self.is_numbered = false;
        self
    }

    /// With this row selected.
    #[must_use]
    pub fn select(mut self, selected: impl Fn(&Row) -> bool) -> Self {
        self.scroll.selected = self.rows.iter().position(selected).unwrap_or(0);
        self
    }

    /// Puts new rows in, keeping what is selected selected. A digit that chose something chooses nothing else later: where digits choose, what
    /// is new goes to the end, and what is gone says so in its place.
    pub fn refresh(&mut self, rows: Vec<Row>) {
        let selected = self.selected().cloned();
        self.rows = if self.is_numbered && self.query.is_none() { in_place(std::mem::take(&mut self.rows), rows) } else { rows };
        if let Some(pick) = selected {
            let shown = self.shown();
            if let Some(at) = shown.iter().position(|(row, _)| self.rows[*row].pick.as_ref() == Some(&pick)) {
                self.scroll.selected = at;
            }
        }
        self.scroll.keep(self.shown().len(), usize::MAX);
    }

    /// The choice under the selection.
    pub fn selected(&self) -> Option<&Pick> {
        let shown = self.shown();
        let (row, _) = shown.get(self.scroll.selected)?;
        self.rows[*row].pick.as_ref()
    }

    /// Whether nothing was typed or moved since it opened.
    pub fn is_untouched(&self) -> bool {
        self.scroll.selected == 0 && self.query.as_ref().is_none_or(LineEdit::is_empty)
    }

    /// The words of the selected row.
    pub fn selected_text(&self) -> String {
        let shown = self.shown();
        let row = shown.get(self.scroll.selected).map(|(row, _)| &self.rows[*row]);
        row.map(|row| row.line().trim().to_owned()).unwrap_or_default()
    }

    /// Takes pasted text into the query.
    pub fn paste(&mut self, text: &str) {
        self.query.get_or_insert_default().insert(text);
        self.scroll = Scroll::default();
    }

    /// Takes a key.
    pub fn key(&mut self, chord: Chord, look: &Look, body: Rect) -> Told {
        if let Some(digit) = chord.typed().and_then(|c| c.to_digit(10)).filter(|digit| *digit > 0)
            && self.digits_choose()
        {
            return self.choose(digit as usize - 1);
        }
        let mut height = usize::from(self.area(body).height).saturating_sub(2 + self.query_rows() + self.chart_rows(body));
        height = height.max(1);
        let is_typed = chord.typed().is_some();
        if let Some(query) = &mut self.query
            && (is_typed || (chord.ctrl && readline::takes(chord)) || look.keymap.intent(Place::List, chord).is_none())
        {
            let changed = query.key(chord);
            if changed {
                self.scroll = Scroll::default();
            }
            return if changed { Told::Typed } else { Told::Nothing };
        }
        let Some(intent) = look.keymap.intent(Place::List, chord) else {
            return Told::Nothing;
        };
        match intent {
            Intent::Choose if self.shown().is_empty() => Told::Unmatched,
            Intent::Choose => self.choose(self.scroll.selected),
            Intent::Filter => {
                self.query.get_or_insert_default();
                Told::Nothing
            }
            intent if self.scroll.take(intent, self.shown().len(), height) => Told::Nothing,
            intent => Told::Asked(intent, self.selected().cloned()),
        }
    }

    /// Takes a click: a row is chosen, the line one types in takes the cursor.
    pub fn click(&mut self, body: Rect, at: Position) -> Told {
        let area = self.area(body);
        let inside = Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height.saturating_sub(2) };
        if !inside.contains(at) {
            return Told::Nothing;
        }
        let row = usize::from(at.y - inside.y);
        if let Some(query) = self.query.as_mut().filter(|_| row == 0) {
            let (cells, column) = (usize::from(inside.width).saturating_sub(4), usize::from(at.x - inside.x).saturating_sub(3));
            query.click(cells, column);
            return Told::Nothing;
        }
        let height = usize::from(inside.height) - self.query_rows();
        self.scroll.keep(self.shown().len(), height);
        self.scroll.selected = self.scroll.top + row - self.query_rows();
        self.choose(self.scroll.selected)
    }

    pub(super) fn digits_choose(&self) -> bool {
        self.is_numbered && self.query.as_ref().is_none_or(LineEdit::is_empty)
    }

    fn choose(&self, at: usize) -> Told {
        let pick = self.shown().get(at).and_then(|(row, _)| self.rows[*row].pick.clone());
        pick.map_or(Told::Nothing, Told::Chosen)
    }

    /// Places of the rows that answer the query, the best first, and which letters of each did.
    pub(super) fn shown(&self) -> Vec<(usize, Vec<u32>)> {
        let query = self.query.as_ref().map(LineEdit::text).filter(|query| !query.trim().is_empty() && !self.is_answered);
        let Some(query) = query else {
            return (0..self.rows.len()).map(|at| (at, Vec::new())).collect();
        };
        let lines: Vec<(usize, String)> =
            self.rows.iter().enumerate().filter(|(_, row)| row.pick.is_some()).map(|(at, row)| (at, row.line())).collect();
        let ranked = Finder::new(query.trim()).rank(lines.iter().map(|(at, line)| (*at, line.as_str())));
        ranked.into_iter().map(|(at, Fit { letters, .. })| (at, letters)).collect()
    }

    pub(super) fn query_rows(&self) -> usize {
        usize::from(self.query.is_some())
    }

    /// Rows of the chart: all of it with a blank below, or one line where the list would keep too little.
    pub(super) fn chart_rows(&self, body: Rect) -> usize {
        let full = usize::from(chart::ROWS) + 1;
        self.chart.as_ref().map_or(0, |_| if body.height >= 16 { full } else { 1 })
    }

    pub(super) fn area(&self, body: Rect) -> Rect {
        // A list that narrows keeps its height, so that nothing jumps while one types.
        panel::place(body, self.rows.len().clamp(1, ROWS_MAX) + self.query_rows() + self.chart_rows(body))
    }
}

/// New rows in the places of the old ones.
fn in_place(old: Vec<Row>, mut new: Vec<Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::with_capacity(new.len());
    for was in old {
        match new.iter().position(|row| row.pick.is_some() && row.pick == was.pick) {
            Some(at) => rows.push(new.remove(at)),
            None if was.pick.is_some() || was.note == GONE => rows.push(Row { pick: None, note: GONE.into(), tone: Tone::Dim, ..was }),
            // What only informs is said anew.
            None => {}
        }
    }
    rows.extend(new);
    rows
}

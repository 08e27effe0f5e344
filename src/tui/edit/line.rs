//! One line of text being typed, on the text area widget: filters, form fields, the palette's query. The widget counts code points and undoes
//! call by call; this makes whole grapheme clusters and whole words of it.

use std::ops::Range;

use tui_textarea::CursorMove;
use tui_textarea::TextArea;
use unicode_segmentation::UnicodeSegmentation;

use crate::tui::chord::Chord;
use crate::tui::edit::cells_of;
use crate::tui::edit::readline;
use crate::tui::edit::readline::Editable;

/// More than any field takes; a paste beyond it is cut, which `insert` tells. Columns fit the widget's 16 bits.
const BYTES_MAX: usize = 60 * 1024;
/// How many calls the widget can take back.
const CALLS_KEPT: usize = 4_096;

/// What the last change was: neighbours of the same origin go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Origin {
    Typed,
    Killed,
    #[default]
    Other,
}

/// A line with its cursor, always between two grapheme clusters, and its undo.
#[derive(Debug, Clone)]
pub struct LineEdit {
    area: TextArea<'static>,
    /// How many calls of the widget each change took, oldest first.
    done: Vec<usize>,
    undone: Vec<usize>,
    last: Origin,
    killed: String,
}

impl Default for LineEdit {
    fn default() -> Self {
        let mut area = TextArea::default();
        area.set_max_histories(CALLS_KEPT);
        Self { area, done: Vec::new(), undone: Vec::new(), last: Origin::Other, killed: String::new() }
    }
}

impl PartialEq for LineEdit {
    fn eq(&self, other: &Self) -> bool {
        (self.text(), self.cursor()) == (other.text(), other.cursor())
    }
}

impl Eq for LineEdit {}

impl LineEdit {
    /// A line that holds `text`, the cursor behind it.
    pub fn with(text: impl Into<String>) -> Self {
        let mut line = Self::default();
        line.insert(&text.into());
        // What it began with is not taken back.
        line.done.clear();
        line
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// Takes a key the way readline does. Answers whether it was one of its own.
    pub fn key(&mut self, chord: Chord) -> bool {
        match chord.typed() {
            Some(c) if self.text().len() + c.len_utf8() <= BYTES_MAX => self.type_char(c),
            Some(_) => {}
            None => return readline::edit(self, chord),
        }
        true
    }

    /// Puts text in at the cursor as one change; line ends and tabs become blanks. Answers whether all of it fitted.
    pub fn insert(&mut self, text: &str) -> bool {
        let at = self.cursor();
        self.put(at..at, text)
    }

    /// Puts text in the place of all that is here, as one change that goes on with what is typed next. Answers whether all of it fitted.
    pub fn put_over(&mut self, text: &str) -> bool {
        let is_whole = self.put(0..self.text().len(), text);
        self.last = Origin::Typed;
        is_whole
    }

    fn put(&mut self, place: Range<usize>, text: &str) -> bool {
        let room = BYTES_MAX.saturating_sub(self.text().len() - place.len());
        let fits = &text[..text.floor_char_boundary(room)];
        self.replace(place.start, place.end, &fits.replace("\r\n", " ").replace(is_break, " "));
        fits.len() == text.len()
    }

    /// The part that fits into `cells` with the cursor in it, and the cursor's column.
    pub fn window(&self, cells: usize) -> (&str, usize) {
        let (part, column) = self.part(cells);
        (&self.text()[part], column)
    }

    /// Moves the cursor to the cluster in a column of [`window`](Self::window), or behind its last one.
    pub fn click(&mut self, cells: usize, column: usize) {
        let (part, _) = self.part(cells);
        let mut used = 0;
        let under = self.text()[part.clone()].grapheme_indices(true).find(|(_, cluster)| {
            used += cells_of(cluster);
            used > column
        });
        let to = under.map_or(part.end, |(offset, _)| part.start + offset);
        self.move_to(to);
    }

    fn part(&self, cells: usize) -> (Range<usize>, usize) {
        let (text, at, room) = (self.text(), self.cursor(), cells.saturating_sub(1));
        let (mut start, mut column) = (at, 0);
        for (before, cluster) in text[..at].grapheme_indices(true).rev() {
            let wider = column + cells_of(cluster);
            if wider > room {
                break;
            }
            (start, column) = (before, wider);
        }
        let (mut end, mut used) = (at, column);
        for (after, cluster) in text[at..].grapheme_indices(true) {
            used += cells_of(cluster);
            if used > cells {
                break;
            }
            end = at + after + cluster.len();
        }
        (start..end, column)
    }

    fn type_char(&mut self, c: char) {
        let begins_word = !c.is_whitespace() && self.text()[..self.cursor()].ends_with(char::is_whitespace);
        let joins = self.last == Origin::Typed && !begins_word;
        self.area.insert_char(if is_break(c) { ' ' } else { c });
        self.changed(1, joins, Origin::Typed);
    }

    /// Counts a change, and steps out of a cluster that it may have joined.
    fn changed(&mut self, calls: usize, joins: bool, origin: Origin) {
        match self.done.last_mut().filter(|_| joins) {
            Some(change) => *change += calls,
            None => self.done.push(calls),
        }
        self.undone.clear();
        self.step_out_of_cluster();
        self.last = origin;
    }

    fn step_out_of_cluster(&mut self) {
        let at = self.cursor();
        if !self.is_boundary(at) {
            self.jump(self.after(at));
        }
    }

    fn jump(&mut self, at: usize) {
        let column = self.text()[..at].chars().count();
        self.area.move_cursor(CursorMove::Jump(0, u16::try_from(column).unwrap_or(u16::MAX)));
    }
}

impl Editable for LineEdit {
    fn text(&self) -> &str {
        self.text()
    }

    fn cursor(&self) -> usize {
        let text = self.text();
        text.char_indices().nth(self.area.cursor().1).map_or(text.len(), |(at, _)| at)
    }

    fn move_to(&mut self, to: usize) {
        self.jump(self.boundary_at(to));
        self.last = Origin::Other;
    }

    fn erase(&mut self, from: usize, to: usize) {
        self.replace(from, to, "");
    }

    fn kill_to(&mut self, to: usize) {
        let is_ahead = to > self.cursor();
        let (from, to) = (self.cursor().min(to), self.cursor().max(to));
        if from == to {
            return;
        }
        let cut = self.text()[from..to].to_owned();
        self.killed = match (self.last == Origin::Killed, is_ahead) {
            (false, _) => cut,
            (true, true) => std::mem::take(&mut self.killed) + &cut,
            (true, false) => cut + &self.killed,
        };
        self.replace(from, to, "");
        self.last = Origin::Killed;
    }

    fn yank(&mut self) {
        let killed = std::mem::take(&mut self.killed);
        self.insert(&killed);
        self.killed = killed;
    }

    fn replace(&mut self, from: usize, to: usize, text: &str) {
        let characters = self.text()[from..to].chars().count();
        self.jump(from);
        let is_cut = characters > 0 && self.area.delete_str(characters);
        let is_put = !text.is_empty() && self.area.insert_str(text);
        if is_cut || is_put {
            self.changed(usize::from(is_cut) + usize::from(is_put), false, Origin::Other);
        }
    }

    fn undo(&mut self) -> bool {
        let Some(calls) = self.done.pop() else { return false };
        // The widget says no only when it has nothing left; then there is nothing to do.
        (0..calls).for_each(|_| _ = self.area.undo());
        self.undone.push(calls);
        self.step_out_of_cluster();
        self.last = Origin::Other;
        true
    }

    fn redo(&mut self) -> bool {
        let Some(calls) = self.undone.pop() else { return false };
        (0..calls).for_each(|_| _ = self.area.redo());
        self.done.push(calls);
        self.step_out_of_cluster();
        self.last = Origin::Other;
        true
    }
}

/// What would end a line, or be of no fixed width in it.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t')
}

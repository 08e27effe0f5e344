//! Readline's own keys, for every text that is typed here.

use unicode_segmentation::GraphemeCursor;
use unicode_segmentation::UnicodeSegmentation;

use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::edit::buffer::Buffer;

/// A text with a cursor between two grapheme clusters. Offsets are bytes.
pub trait Editable {
    /// The text.
    fn text(&self) -> &str;

    /// Where the cursor stands.
    fn cursor(&self) -> usize;

    /// Moves the cursor to the cluster boundary at or before `to`.
    fn move_to(&mut self, to: usize);

    /// Takes away what stands between, as one change.
    fn erase(&mut self, from: usize, to: usize);

    /// Cuts from the cursor to `to`, whichever comes first, for a later yank; cuts in a row are put back together.
    fn kill_to(&mut self, to: usize);

    /// Puts back what was cut last.
    fn yank(&mut self);

    /// Replaces `from..to`, as one change; the cursor stands behind the new text.
    fn replace(&mut self, from: usize, to: usize, text: &str);

    /// Takes the last change back. Answers whether there was one.
    fn undo(&mut self) -> bool;

    /// Makes the change taken back last again. Answers whether there was one.
    fn redo(&mut self) -> bool;

    /// The boundary before `at`.
    fn before(&self, at: usize) -> usize {
        let mut finder = GraphemeCursor::new(at, self.text().len(), true);
        finder.prev_boundary(self.text(), 0).ok().flatten().unwrap_or(0)
    }

    /// The boundary after `at`.
    fn after(&self, at: usize) -> usize {
        let mut finder = GraphemeCursor::new(at, self.text().len(), true);
        finder.next_boundary(self.text(), 0).ok().flatten().unwrap_or(self.text().len())
    }

    /// Whether `at` lies between two clusters.
    fn is_boundary(&self, at: usize) -> bool {
        GraphemeCursor::new(at, self.text().len(), true).is_boundary(self.text(), 0).unwrap_or(true)
    }

    /// The boundary at or before `to`.
    fn boundary_at(&self, to: usize) -> usize {
        let near = self.text().floor_char_boundary(to);
        if self.is_boundary(near) { near } else { self.before(near) }
    }

    /// Where the line of the cursor starts.
    fn line_start(&self) -> usize {
        self.text()[..self.cursor()].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line of the cursor ends.
    fn line_end(&self) -> usize {
        self.text()[self.cursor()..].find('\n').map_or(self.text().len(), |newline| self.cursor() + newline)
    }

    /// Where the word before the cursor starts, words being parted by clusters that begin with such a character.
    fn word_start(&self, parts: fn(char) -> bool) -> usize {
        let mut before = self.text()[..self.cursor()].grapheme_indices(true).rev().skip_while(|(_, cluster)| cluster.starts_with(parts));
        before.find(|(_, cluster)| cluster.starts_with(parts)).map_or(0, |(at, cluster)| at + cluster.len())
    }

    /// Where the word after the cursor ends.
    fn word_end(&self, parts: fn(char) -> bool) -> usize {
        let mut ahead = self.text()[self.cursor()..].grapheme_indices(true).skip_while(|(_, cluster)| cluster.starts_with(parts));
        ahead.find(|(_, cluster)| cluster.starts_with(parts)).map_or(self.text().len(), |(at, _)| self.cursor() + at)
    }

    /// Changes the places of the clusters before and under the cursor; at the end of a line, of the two before it.
    fn transpose(&mut self) {
        let is_at_end = self.cursor() == self.line_end();
        let here = if is_at_end { self.before(self.cursor()) } else { self.cursor() };
        if here <= self.line_start() || self.text().is_empty() {
            return;
        }
        let (from, to) = (self.before(here), self.after(here));
        let swapped = format!("{}{}", &self.text()[here..to], &self.text()[from..here]);
        self.replace(from, to, &swapped);
    }
}

/// Does what readline does for a key that is not a character. Answers whether this was one of its keys.
pub fn edit(line: &mut impl Editable, chord: Chord) -> bool {
    let is_space = |c: char| c.is_whitespace();
    let is_part = |c: char| !c.is_alphanumeric();
    match (chord.key, chord.ctrl, chord.alt) {
        (Key::Left, false, false) | (Key::Char('b'), true, false) => line.move_to(line.before(line.cursor())),
        (Key::Right, false, false) | (Key::Char('f'), true, false) => line.move_to(line.after(line.cursor())),
        (Key::Home, false, _) | (Key::Char('a'), true, false) => line.move_to(line.line_start()),
        (Key::End, false, _) | (Key::Char('e'), true, false) => line.move_to(line.line_end()),
        (Key::Home, true, _) | (Key::Char('<'), false, true) => line.move_to(0),
        (Key::End, true, _) | (Key::Char('>'), false, true) => line.move_to(line.text().len()),
        (Key::Char('b'), false, true) | (Key::Left, _, _) => line.move_to(line.word_start(is_part)),
        (Key::Char('f'), false, true) | (Key::Right, _, _) => line.move_to(line.word_end(is_part)),
        (Key::Backspace, false, false) | (Key::Char('h'), true, false) => line.erase(line.before(line.cursor()), line.cursor()),
        (Key::Delete, false, false) | (Key::Char('d'), true, false) => line.erase(line.cursor(), line.after(line.cursor())),
        (Key::Char('w'), true, false) => line.kill_to(line.word_start(is_space)),
        (Key::Backspace, _, _) => line.kill_to(line.word_start(is_part)),
        (Key::Char('d'), false, true) | (Key::Delete, _, _) => line.kill_to(line.word_end(is_part)),
        (Key::Char('u'), true, false) => line.kill_to(line.line_start()),
        (Key::Char('k'), true, false) => match line.line_end() {
            end if end == line.cursor() => line.kill_to(line.after(end)),
            end => line.kill_to(end),
        },
        (Key::Char('y'), true, false) => line.yank(),
        (Key::Char('t'), true, false) => line.transpose(),
        // Terminals send Ctrl-_ as the same byte as Ctrl-7 and Ctrl-/.
        (Key::Char('z' | '_' | '/' | '7'), true, false) => drop(line.undo()),
        (Key::Char('r'), true, false) => drop(line.redo()),
        _ => return false,
    }
    true
}

/// Whether a key is one of readline's.
pub fn takes(chord: Chord) -> bool {
    edit(&mut Buffer::<()>::default(), chord)
}

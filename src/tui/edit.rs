//! One line of text being typed: filter, form fields, the palette's query. The write box has an editor of its own.

use tui_textarea::CursorMove;
use tui_textarea::TextArea;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::width;
use crate::tui::chord::Chord;
use crate::tui::chord::Key;

/// More than any field takes; a paste beyond it is cut. Columns fit the widget's 16 bits.
const BYTES_MAX: usize = 8 * 1024;

/// A line with its cursor, always between two grapheme clusters, and its undo.
#[derive(Debug, Clone, Default)]
pub struct LineEdit {
    area: TextArea<'static>,
}

impl PartialEq for LineEdit {
    fn eq(&self, other: &Self) -> bool {
        (self.text(), self.at()) == (other.text(), other.at())
    }
}

impl Eq for LineEdit {}

impl LineEdit {
    /// A line that holds `text`, the cursor behind it.
    pub fn with(text: impl Into<String>) -> Self {
        let mut line = Self::default();
        line.insert(&text.into());
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
        if let Some(c) = chord.typed() {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        match (chord.key, chord.ctrl, chord.alt) {
            (Key::Backspace, false, false) | (Key::Char('h'), true, false) => self.cut(self.before(), self.at()),
            (Key::Delete, false, false) | (Key::Char('d'), true, false) => self.cut(self.at(), self.after()),
            (Key::Left, false, false) | (Key::Char('b'), true, false) => self.go(self.before()),
            (Key::Right, false, false) | (Key::Char('f'), true, false) => self.go(self.after()),
            (Key::Home, false, false) | (Key::Char('a'), true, false) => self.go(0),
            (Key::End, false, false) | (Key::Char('e'), true, false) => self.go(self.text().len()),
            (Key::Char('u'), true, false) => self.cut(0, self.at()),
            (Key::Char('k'), true, false) => self.cut(self.at(), self.text().len()),
            (Key::Char('w'), true, false) | (Key::Backspace, false, true) => self.cut(self.word_before(), self.at()),
            (Key::Char('z' | '_'), true, false) => drop(self.area.undo()),
            (Key::Char('r'), true, false) => drop(self.area.redo()),
            _ => return false,
        }
        true
    }

    /// Puts text in at the cursor; line ends become blanks.
    pub fn insert(&mut self, text: &str) {
        let room = BYTES_MAX.saturating_sub(self.text().len());
        let fits = &text[..text.floor_char_boundary(room)];
        self.area.insert_str(fits.replace(['\n', '\r'], " "));
        // A combining mark joins the cluster before it, so the cursor may have to move behind the whole of it.
        let at = self.at();
        let next = self.boundaries().find(|boundary| *boundary >= at);
        self.go(next.unwrap_or(at));
    }

    /// The part that fits into `cells` with the cursor in it, and the cursor's column.
    pub fn window(&self, cells: usize) -> (&str, usize) {
        let (text, at, room) = (self.text(), self.at(), cells.saturating_sub(1));
        let shows_cursor = |boundary: &usize| *boundary >= at || width::cells(&text[*boundary..at]) <= room;
        let start = self.boundaries().find(shows_cursor).unwrap_or(at);
        (width::prefix(&text[start..], cells).0, width::cells(&text[start..at]))
    }

    /// The cursor as a byte offset; the widget counts code points.
    fn at(&self) -> usize {
        let text = self.text();
        text.char_indices().nth(self.area.cursor().1).map_or(text.len(), |(at, _)| at)
    }

    fn go(&mut self, at: usize) {
        let column = self.text()[..at].chars().count();
        self.area.move_cursor(CursorMove::Jump(0, u16::try_from(column).unwrap_or(u16::MAX)));
    }

    fn boundaries(&self) -> impl Iterator<Item = usize> {
        self.text().grapheme_indices(true).map(|(at, _)| at).chain([self.text().len()])
    }

    fn before(&self) -> usize {
        self.text()[..self.at()].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        let at = self.at();
        self.text()[at..].graphemes(true).next().map_or(at, |cluster| at + cluster.len())
    }

    fn word_before(&self) -> usize {
        let trimmed = self.text()[..self.at()].trim_end();
        trimmed.rfind(char::is_whitespace).map_or(0, |at| at + trimmed[at..].chars().next().map_or(1, char::len_utf8))
    }

    fn cut(&mut self, from: usize, to: usize) {
        let characters = self.text()[from..to].chars().count();
        self.go(from);
        self.area.delete_str(characters);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(keys: &[&str], text: &str, column: usize) {
        let mut line = LineEdit::default();
        for key in keys {
            line.key(Chord::parse(key).unwrap());
        }
        assert_eq!((line.text(), line.window(80).1), (text, column), "{keys:?}");
    }

    #[test]
    fn readline_keys() {
        check(&["a", "b", "Left", "x"], "axb", 2);
        check(&["a", "b", "Ctrl-a", "Delete"], "b", 0);
        check(&["a", "Space", "b", "c", "Ctrl-w"], "a ", 2);
        check(&["a", "b", "Left", "Ctrl-u"], "b", 0);
        check(&["a", "b", "Left", "Ctrl-k"], "a", 1);
        check(&["a", "b", "Ctrl-u", "Ctrl-z"], "ab", 2);
    }

    #[test]
    fn a_long_line_shows_the_part_with_the_cursor() {
        let line = LineEdit::with("0123456789");
        assert_eq!(line.window(5), ("6789", 4));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_and_any_key_keep_the_cursor_between_clusters(pieces in prop::collection::vec(any::<String>(), 0..8), keys in prop::collection::vec(0usize..10, 0..30)) {
            let known = ["Left", "Right", "Backspace", "Delete", "Home", "End", "Ctrl-w", "Ctrl-u", "Ctrl-k", "x"];
            let mut line = LineEdit::default();
            for piece in &pieces {
                line.insert(piece);
                line.key(Chord::char('\u{301}'));
            }
            for key in keys {
                line.key(Chord::parse(known[key]).unwrap());
                line.insert("é");
                prop_assert!(line.boundaries().any(|boundary| boundary == line.at()));
                prop_assert!(line.window(7).1 < 7);
            }
        }
    }
}

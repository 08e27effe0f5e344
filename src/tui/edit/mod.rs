//! Text being typed. [`LineEdit`] is one line: filters, form fields, the palette's query. The write box stands on the same
//! [`Buffer`](buffer::Buffer) and the same keys.

pub mod buffer;
pub mod readline;

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::text::Safe;
use crate::text::width;
use crate::tui::chord::Chord;
use crate::tui::edit::buffer::Buffer;

/// More than any field takes; a paste beyond it is cut, which `insert` tells.
const BYTES_MAX: usize = 64 * 1024;

/// A line with its cursor, always between two grapheme clusters, and its undo.
#[derive(Debug, Clone, Default)]
pub struct LineEdit {
    buffer: Buffer,
}

impl PartialEq for LineEdit {
    fn eq(&self, other: &Self) -> bool {
        (self.text(), self.buffer.cursor()) == (other.text(), other.buffer.cursor())
    }
}

impl Eq for LineEdit {}

impl LineEdit {
    /// A line that holds `text`, the cursor behind it.
    pub fn with(text: impl Into<String>) -> Self {
        let text = text.into().replace(is_break, " ");
        let cursor = text.len();
        Self { buffer: Buffer::with(text, cursor, ()) }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.buffer.text()
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// Takes a key the way readline does. Answers whether it was one of its own.
    pub fn key(&mut self, chord: Chord) -> bool {
        match chord.typed() {
            Some(c) if self.text().len() + c.len_utf8() <= BYTES_MAX => self.buffer.type_char(c),
            Some(_) => {}
            None => return readline::edit(&mut self.buffer, chord),
        }
        true
    }

    /// Puts text in at the cursor as one change; line ends and tabs become blanks. Answers whether all of it fitted.
    pub fn insert(&mut self, text: &str) -> bool {
        let room = BYTES_MAX.saturating_sub(self.text().len());
        let fits = &text[..text.floor_char_boundary(room)];
        self.buffer.insert(&fits.replace("\r\n", " ").replace(is_break, " "));
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
        self.buffer.move_to(to);
    }

    fn part(&self, cells: usize) -> (Range<usize>, usize) {
        let (text, at, room) = (self.text(), self.buffer.cursor(), cells.saturating_sub(1));
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
}

/// What would end a line, or be of no fixed width in it.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t')
}

/// The cells of a cluster as it is drawn.
pub fn cells_of(cluster: &str) -> usize {
    if cluster.len() == 1 && cluster.as_bytes()[0] >= 0x20 {
        return width::grapheme_cells(cluster);
    }
    Safe::line(cluster).cells()
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
        check(&["a", "Space", "b", "c", "Ctrl-w", "Ctrl-w", "Ctrl-y"], "a bc", 4);
        check(&["a", "Space", "b", "c", "Alt-b", "Alt-b", "Alt-d", "Ctrl-e", "Ctrl-y"], " bca", 4);
        check(&["a", "b", "Ctrl-t", "Ctrl-_", "Ctrl-r"], "ba", 2);
        check(&["e", "\u{301}", "x", "Ctrl-a", "Alt-d", "Ctrl-y", "!"], "e\u{301}x!", 3);
    }

    #[test]
    fn a_paste_is_one_change_and_says_when_it_was_cut() {
        let mut line = LineEdit::with("x");
        assert!(line.insert("one\r\ntwo\tthree"));
        assert_eq!(line.text(), "xone two three");
        line.key(Chord::ctrl('z'));
        assert_eq!(line.text(), "x");
        assert!(!line.insert(&"é".repeat(BYTES_MAX)));
        assert_eq!(line.window(10).1, 9);
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
            let known = ["Left", "Right", "Backspace", "Delete", "Alt-b", "Alt-d", "Ctrl-w", "Ctrl-t", "Ctrl-y", "x"];
            let mut line = LineEdit::default();
            for piece in &pieces {
                line.insert(piece);
                line.key(Chord::char('\u{301}'));
            }
            for key in keys {
                line.key(Chord::parse(known[key]).unwrap());
                line.insert("é");
                let clusters = line.text().grapheme_indices(true).map(|(at, _)| at);
                prop_assert!(clusters.chain([line.text().len()]).any(|boundary| boundary == line.buffer.cursor()));
                prop_assert!(line.window(7).1 < 7);
            }
        }
    }
}

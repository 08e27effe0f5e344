//! Text being typed. [`LineEdit`] is one line, on the text area widget; the write box, which may hold a megabyte, stands on a
//! [`Buffer`](buffer::Buffer) of its own. Both take the same keys.

pub mod buffer;
mod line;
pub mod readline;

pub use crate::tui::edit::line::LineEdit;

use crate::text::Safe;
use crate::text::width;

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
    use crate::tui::chord::Chord;
    use crate::tui::edit::readline::Editable;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

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
        assert!(!line.insert(&"é".repeat(64 * 1024)));
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
                prop_assert!(clusters.chain([line.text().len()]).any(|boundary| boundary == line.cursor()));
                prop_assert!(line.window(7).1 < 7);
            }
        }
    }
}

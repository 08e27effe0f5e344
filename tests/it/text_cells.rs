//! Safe text on a ratatui buffer: what the text room measures is what is drawn, cell for cell.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::buffer::CellWidth;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use warroom::text::Safe;
use warroom::text::width;

/// Every scalar value on its own is drawn as wide as it was measured.
#[test]
fn every_character_is_drawn_as_wide_as_measured() {
    for c in '\0'..=char::MAX {
        let outside = c.to_string();
        let safe = Safe::line(&outside);
        let drawn: usize = safe.as_str().graphemes(true).map(|cluster| usize::from(cluster.cell_width())).sum();
        assert_eq!(drawn, safe.cells(), "U+{:04X}", c as u32);
        assert!(drawn > 0, "U+{:04X} is invisible", c as u32);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The cursor of the buffer stands exactly behind the text, and every cluster is in a cell.
    #[test]
    fn safe_text_takes_the_cells_it_was_given(outside in "[\\PC\u{1b}\u{202e}\u{301}\u{200d}👩🏽🇩ﾞ한क्]{0,40}", limit in 1usize..60) {
        let safe = Safe::clipped(&outside, limit);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 1));
        let (end, _) = buffer.set_stringn(0, 0, safe.as_str(), limit, Style::default());
        prop_assert_eq!(usize::from(end), safe.cells());
        prop_assert_eq!(usize::from(end), width::cells(safe.as_str()));
        let drawn: String = (0..end).map(|x| buffer[(x, 0)].symbol()).collect();
        for cluster in safe.as_str().graphemes(true) {
            prop_assert!(drawn.contains(cluster));
        }
    }
}

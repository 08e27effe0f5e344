//! Which signs the terminal's font has. The views draw one set; a screen for ASCII is changed cell by cell at the end.

use ratatui::buffer::Buffer;

use crate::text::glyphs::to_ascii;

/// The signs in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GlyphSet {
    #[default]
    Unicode,
    Ascii,
}

/// Corners clockwise from the top left, then across and down.
pub const FRAME: [&str; 6] = ["╭", "╮", "╯", "╰", "─", "│"];
/// In front of the selected row.
pub const SELECTED: &str = "▌";
/// Not accepted yet.
pub const PENDING: &str = "◌";
pub const LIVE: &str = "●";
pub const DOWN: &str = "○";
/// Between two things on one line, and an empty cell of the matrix.
pub const DOT: &str = "·";
/// New or changed, not looked at yet.
pub const FRESH: &str = "◆";
/// Marked for bulk work.
pub const MARK: &str = "✓";

/// Lines and corners as ASCII; all other signs are `text`'s.
const LINES: [(&str, &str); 10] =
    [("╭", "+"), ("╮", "+"), ("╯", "+"), ("╰", "+"), ("─", "-"), ("│", "|"), ("━", "="), ("┃", "|"), ("├", "+"), ("┤", "+")];

/// Redraws a finished screen with ASCII signs, cell for cell.
pub fn plain(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let line = LINES.iter().find(|(sign, _)| *sign == cell.symbol()).map(|(_, plain)| (*plain).to_owned());
        let plain = line.unwrap_or_else(|| to_ascii(cell.symbol()).into_owned());
        cell.set_symbol(&plain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    #[test]
    fn a_plain_screen_has_no_sign_of_ours_left() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        let signs = FRAME.concat() + SELECTED + PENDING + LIVE + DOWN + DOT + FRESH + MARK;
        buffer.set_string(0, 0, signs, ratatui::style::Style::new());
        plain(&mut buffer);
        assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
    }
}

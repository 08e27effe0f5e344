//! The box that everything over the panes stands in.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::look::Look;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::theme::Tone;

/// Columns beyond which lines of text are hard to read.
const COLUMNS_MAX: u16 = 100;

/// Where a box of these inner rows stands over `body`, frame included. Narrow screens give it all their columns.
pub fn place(body: Rect, rows: usize) -> Rect {
    let columns = if body.width <= 84 { body.width } else { (body.width - 8).min(COLUMNS_MAX) };
    let height = u16::try_from(rows.saturating_add(2)).unwrap_or(u16::MAX).min(body.height);
    // A little above the middle, so that the rows it covers at the bottom (the newest ones) are few.
    let free = body.height - height;
    Rect { x: body.x + (body.width - columns) / 2, y: body.y + free / 3, width: columns, height }
}

/// Draws the empty box with its title and what its keys do; answers the inside.
pub fn draw(buffer: &mut Buffer, look: &Look, area: Rect, title: &str, right: &str, keys: &[(String, String)]) -> Rect {
    paint::clear(buffer, area, look.style(Tone::Overlay));
    let border = look.style(Tone::OverlayBorder);
    let words = look.style(Tone::Overlay).patch(look.style(Tone::TitleFocus));
    let dim = look.style(Tone::Overlay).patch(look.style(Tone::Dim));
    let inside = paint::frame(buffer, area, &[(title.to_owned(), words)], (right, dim), border);
    hints(buffer, look, area, keys);
    Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside }
}

fn hints(buffer: &mut Buffer, look: &Look, area: Rect, keys: &[(String, String)]) {
    if area.height < 2 || keys.is_empty() || area.width < 12 {
        return;
    }
    let line = Rect { x: area.x + 2, y: area.bottom() - 1, width: area.width - 4, height: 1 };
    let mut pen = Pen::new(buffer, line, 0);
    let key_style = look.style(Tone::Overlay).patch(look.style(Tone::KeyName));
    let dim = look.style(Tone::Overlay).patch(look.style(Tone::Dim));
    for (key, says) in keys {
        if pen.room() < key.len() + says.len() + 4 {
            break;
        }
        pen.put(" ", dim).put(key, key_style).put(" ", dim).put(says, dim).put(" ", dim);
    }
}

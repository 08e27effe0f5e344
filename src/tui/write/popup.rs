//! The words on offer, over whatever lies above the box: what is typed is never hidden by them.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;

use crate::text::width;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::theme::Tone;
use crate::tui::write::WriteBox;

/// Words shown at once.
const ROWS_MAX: u16 = 9;

/// Draws the words that complete what is typed, above the box that stands at `area`, over the column the word begins in.
pub fn popup(editor: &WriteBox, area: Rect, above: Rect, cursor: Option<Position>, buffer: &mut Buffer, look: &Look) {
    let (Some(offer), Some(cursor)) = (&editor.offer, cursor) else { return };
    let room = area.y.saturating_sub(above.y).min(ROWS_MAX);
    let rows = u16::try_from(offer.words.len()).unwrap_or(ROWS_MAX).min(room);
    if rows == 0 || area.width < 12 {
        return;
    }
    let key = look.keymap.key(Place::Write, Intent::NextField);
    let cells = |of: fn(&super::Word) -> &str| offer.words.iter().map(|word| width::cells(of(word))).max().unwrap_or(0);
    let (words, notes) = (cells(|word| &word.word), cells(|word| &word.note));
    let wanted = words + offer.sign.len() + 2 + if notes > 0 { notes + 2 } else { 0 } + key.len() + 2;
    let columns = u16::try_from(wanted).unwrap_or(u16::MAX).min(area.width);
    let typed = editor.text().get(offer.from..editor.draft().cursor).map_or(0, width::cells);
    let x = cursor.x.saturating_sub(u16::try_from(typed).unwrap_or(0) + 1).clamp(area.x, area.right() - columns);
    let place = Rect { x, y: area.y - rows, width: columns, height: rows };
    paint::clear(buffer, place, look.style(Tone::Overlay));
    let first = (offer.selected + 1).saturating_sub(usize::from(rows));
    for (line, (at, word)) in (0..rows).zip(offer.words.iter().enumerate().skip(first)) {
        let is_selected = at == offer.selected;
        let ground = look.style(Tone::Overlay);
        let over = if is_selected { ground.patch(look.style(Tone::Selection)) } else { ground };
        let dim = if is_selected { over } else { ground.patch(look.style(Tone::Dim)) };
        let mut pen = Pen::new(buffer, place, line);
        pen.ground(over);
        if is_selected {
            pen.right(format!("{key} "), over.patch(look.style(Tone::KeyName)));
        }
        pen.put(" ", over).column(format!("{}{}", offer.sign, word.word), words + offer.sign.len(), over).put("  ", over);
        pen.put(&word.note, dim);
    }
}

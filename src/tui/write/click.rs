//! A click into the box places the cursor.

use ratatui::layout::Position;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use crate::tui::edit::cells_of;
use crate::tui::edit::readline::Editable;
use crate::tui::write::WriteBox;
use crate::tui::write::layout;
use crate::tui::write::view::SIDES;

/// Places the cursor at the cluster under `at`, or behind the last one of that row. `area` is the whole box.
pub fn click(editor: &mut WriteBox, area: Rect, at: Position) {
    let rows = usize::from(area.height.saturating_sub(2));
    let Some(row) = at.y.checked_sub(area.y + 1).map(usize::from).filter(|row| *row < rows) else {
        return;
    };
    let columns = usize::from(area.width).saturating_sub(SIDES).max(1);
    let page = layout::page(editor.text(), editor.buffer.cursor(), columns, rows);
    let Some(range) = page.rows.get(row).or(page.rows.last()) else {
        return;
    };
    let wanted = usize::from(at.x.saturating_sub(area.x + 2));
    let text = &editor.text()[range.clone()];
    let mut used = 0;
    let under = text.grapheme_indices(true).find(|(_, cluster)| {
        used += cells_of(cluster);
        used > wanted
    });
    let to = range.start + under.map_or(text.len(), |(offset, _)| offset);
    editor.buffer.move_to(to);
    editor.leave_word();
    editor.goal = None;
}

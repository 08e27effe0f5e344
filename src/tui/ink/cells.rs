//! What of a cell shows, and how many columns it takes.

use ratatui::buffer::Cell;
use ratatui::buffer::CellWidth;
use ratatui::style::Color;
use ratatui::style::Modifier;

use crate::tui::ink::pen::ON_BLANK;

/// What does not show is not compared: a blank has no colour but its ground.
pub(super) fn settle(cell: &mut Cell) {
    if cell.symbol().is_empty() {
        cell.set_symbol(" ");
    }
    if is_blank(cell) {
        cell.fg = Color::Reset;
        cell.modifier = Modifier::empty();
    }
    cell.underline_color = Color::Reset;
}

/// Whether two settled cells show the same. Nearly every symbol is one byte, which needs no call to be compared.
pub(super) fn is_same(one: &Cell, other: &Cell) -> bool {
    let is_alike = one.fg == other.fg && one.bg == other.bg && one.modifier == other.modifier;
    is_alike
        && match (one.symbol().as_bytes(), other.symbol().as_bytes()) {
            ([one], [other]) => one == other,
            ([_], _) | (_, [_]) => false,
            (one, other) => one == other,
        }
}

pub(super) fn is_blank(cell: &Cell) -> bool {
    matches!(cell.symbol().as_bytes(), b" ") && !cell.modifier.intersects(ON_BLANK)
}

/// The columns a cell covers, its own included.
pub(super) fn columns(cell: &Cell) -> u16 {
    match cell.symbol().as_bytes() {
        // ASCII; lines, blocks and shapes (U+2500 to U+25BF), which frames are made of.
        [_] | [0xE2, 0x94..=0x96, _] => 1,
        _ => cell.cell_width().max(1),
    }
}

/// Whether the terminal's column after the cell is surely the next one.
pub(super) fn is_one_column(cell: &Cell) -> bool {
    let mut chars = cell.symbol().chars();
    chars.next().is_some() && chars.next().is_none() && cell.cell_width() == 1
}

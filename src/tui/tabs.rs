//! The tabs of a narrow screen, with what is wrong behind them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::replica::snapshot::Link;
use crate::text::width;
use crate::tui::glyphs::DOWN;
use crate::tui::glyphs::LIVE;
use crate::tui::header::Piece;
use crate::tui::header::link;
use crate::tui::header::over;
use crate::tui::header::wrong;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::theme::Tone;

/// Below this only the tab on screen has its name.
const TIGHT_COLUMNS: u16 = 70;

/// Draws them.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    let ground = model.look.style(Tone::Header);
    paint::clear(buffer, area, ground);
    let is_tight = area.width < TIGHT_COLUMNS;
    let mut pen = Pen::new(buffer, area, 0);
    let mut right: Vec<Piece> = Vec::new();
    if !is_tight {
        right.push((model.me().to_string(), Tone::Mine));
    }
    right.extend(wrong(model));
    let (words, tone) = link(model);
    let is_live = tone == Tone::Live && is_tight;
    right.push((if is_live { LIVE.into() } else { words }, tone));
    let least = if is_tight { 18 } else { 46 };
    for (words, tone) in right {
        if pen.room() > least + width::cells(&words) + 1 {
            pen.right(format!("{words} "), over(model, tone));
        } else if matches!(model.snapshot.link, Link::Offline { .. }) && tone == Tone::Stale && pen.room() > least + 11 {
            // Where it stands counts more than since when, which `!` tells.
            pen.right(format!("{DOWN} offline "), over(model, tone));
        }
    }
    for (pane, digit) in Pane::ALL.into_iter().zip(1..) {
        pen.put(" ", ground).put(digit.to_string(), over(model, Tone::KeyName));
        let Some(name) = name_of(model, pane, is_tight) else {
            continue;
        };
        pen.put(" ", ground).put(name, over(model, if pane == model.shown_pane() { Tone::TitleFocus } else { Tone::Dim }));
        pen.put(if is_tight { "" } else { " " }, ground);
    }
}

/// What stands behind the digit of a tab; nothing where there is only room for the one on screen.
fn name_of(model: &Model, pane: Pane, is_tight: bool) -> Option<String> {
    let count = model.incidents.open.len();
    match (pane == model.shown_pane(), is_tight) {
        (false, true) => None,
        (true, true) => Some(pane.name().to_uppercase()),
        (is_here, false) => {
            let name = if is_here { pane.name().to_uppercase() } else { pane.name().to_owned() };
            Some(if pane == Pane::Incidents && count > 0 { format!("{name} {count}") } else { name })
        }
    }
}

/// The pane whose tab is in a column.
pub fn at(model: &Model, area: Rect, column: u16) -> Option<Pane> {
    let is_tight = area.width < TIGHT_COLUMNS;
    let mut end = area.x;
    Pane::ALL.into_iter().find(|pane| {
        let name = name_of(model, *pane, is_tight).map_or(0, |name| width::cells(&name) + if is_tight { 1 } else { 2 });
        end += 2 + u16::try_from(name).unwrap_or(0);
        column < end
    })
}

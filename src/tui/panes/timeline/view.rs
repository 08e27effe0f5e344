//! Draws a timeline: only the lines on screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::Entry;
use crate::domain::Incident;
use crate::domain::Org;
use crate::text::clock;
use crate::text::span;
use crate::text::width;
use crate::tui::clockface::Clockface;
use crate::tui::glyphs::DOT;
use crate::tui::glyphs::SELECTED;
use crate::tui::look::Look;
use crate::tui::paint::Pen;
use crate::tui::panes::timeline::model::Model;
use crate::tui::panes::timeline::row;
use crate::tui::panes::timeline::row::Columns;
use crate::tui::panes::timeline::row::EntryRows;
use crate::tui::panes::timeline::update::HEAD_ROWS;
use crate::tui::panes::timeline::window::Line;
use crate::tui::theme::Tone;
use crate::tui::words;

/// What a timeline is drawn with.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub incident: &'a Incident,
    pub org: &'a Org,
    pub look: &'a Look,
    pub clockface: Clockface,
    pub has_focus: bool,
}

/// Draws the pane's inside; answers where the cursor stands while the filter is typed.
pub fn view(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    if area.height <= HEAD_ROWS || area.width < 12 {
        return None;
    }
    let zone = scene.clockface.zone(scene.look.local);
    let measure = model.measure(scene.incident, scene.org, area.width, zone);
    let height = usize::from(area.height - HEAD_ROWS);
    let lines = measure.window(model.anchor(scene.incident), height);
    let selected = model.selected_place(scene.incident).filter(|_| scene.has_focus);
    let mut last: Option<(usize, EntryRows)> = None;
    for (line, number) in lines.iter().zip(HEAD_ROWS..) {
        let mut pen = Pen::new(buffer, area, number);
        match *line {
            Line::Day(at) => {
                if let Some(entry) = measure.shown.get(at) {
                    day(scene, &mut pen, entry, "");
                }
            }
            Line::Silence(gap_ms) => {
                let words = format!("{DOT} {} {DOT}", span::silence(gap_ms));
                pen.skip(measure.columns.text).put(words, scene.look.style(Tone::Faint));
            }
            Line::Entry { at, row: number } => {
                let Some(entry) = measure.shown.get(at) else {
                    continue;
                };
                if last.as_ref().is_none_or(|(known, _)| *known != at) {
                    last = Some((at, row::rows(entry, scene.org, &measure.columns)));
                }
                if let Some((_, rows)) = &last {
                    entry_row(scene, &mut pen, entry, rows, &measure.columns, (number, selected == Some(at)));
                }
            }
        }
    }
    let first = lines.iter().find_map(|line| if let Line::Entry { at, .. } = line { measure.shown.get(*at) } else { None });
    head(model, scene, buffer, area, first.map(|entry| &**entry), (measure.shown.len(), lines.len()))
}

fn head(
    model: &Model,
    scene: &Scene<'_>,
    buffer: &mut Buffer,
    area: Rect,
    first: Option<&Entry>,
    (shown, lines): (usize, usize),
) -> Option<(u16, u16)> {
    let mut pen = Pen::new(buffer, area, 0);
    let key = scene.look.style(Tone::KeyName);
    if let Some(filter) = &model.filter {
        let style = scene.look.style(if model.is_typing { Tone::FieldFocus } else { Tone::Field });
        pen.right(format!("{shown} of {}", scene.incident.timeline.len()), scene.look.style(Tone::Dim));
        pen.put("/", key);
        let (text, column) = filter.window(pen.room());
        let at = (pen.column_at() + u16::try_from(column).unwrap_or(0), area.y);
        pen.put(text, style).fill(" ", style);
        return model.is_typing.then_some(at);
    }
    let more = match model.selected_place(scene.incident) {
        Some(at) if !model.follows() => format!("{} newer below", shown - 1 - at),
        _ => String::new(),
    };
    match first {
        Some(entry) => day(scene, &mut pen, entry, &more),
        None => {
            let says = if lines == 0 && scene.incident.timeline.is_empty() { "no entries yet" } else { "nothing fits the filter" };
            pen.put(format!(" {says}"), scene.look.style(Tone::Dim));
        }
    }
    None
}

fn day(scene: &Scene<'_>, pen: &mut Pen<'_>, entry: &Entry, more: &str) {
    let faint = scene.look.style(Tone::Faint);
    let zone = scene.clockface.zone(scene.look.local);
    let name = scene.clockface.name(entry.at, scene.look.local);
    pen.put("─ ", faint).put(clock::day(entry.at.millis(), zone), scene.look.style(Tone::Dim));
    pen.put(" ─ times ", faint).put(name, scene.look.style(Tone::Dim)).put(" ", faint);
    if !more.is_empty() {
        pen.right(more, scene.look.style(Tone::Info));
    }
    pen.fill("─", faint);
}

fn entry_row(
    scene: &Scene<'_>,
    pen: &mut Pen<'_>,
    entry: &Entry,
    rows: &EntryRows,
    columns: &Columns,
    (number, is_selected): (usize, bool),
) {
    let look = scene.look;
    let over = |style: Style| {
        if is_selected { style.patch(look.style(Tone::Selection)) } else { style }
    };
    let plain = over(look.style(Tone::Text));
    pen.put(if is_selected { SELECTED } else { " " }, over(look.style(Tone::BorderFocus)));
    let tone = words::kind_tone(entry.kind);
    let words_style = if !entry.stands() {
        look.style(Tone::Struck)
    } else if matches!(tone, Tone::KindDecision | Tone::KindAlert) {
        look.style(tone)
    } else if matches!(tone, Tone::KindEvent | Tone::KindNote) {
        look.style(Tone::Dim)
    } else {
        look.style(Tone::Text)
    };
    if number == 0 {
        let time = scene.clockface.write(entry.at, scene.incident.opened_at, look.local, columns.time);
        pen.column(time, columns.time, over(look.style(Tone::Dim))).put(" ", plain);
        pen.put(words::mark(entry.kind), over(look.style(tone))).put(" ", plain);
        if columns.kind > 0 {
            pen.column(words::kind(entry), columns.kind, over(look.style(tone))).put(" ", plain);
        }
        let cells: usize = rows.right.iter().map(|(words, _)| width::cells(words) + 1).sum();
        let text_cells = pen.room().saturating_sub(cells + 1);
        pen.column(&rows.words[0], text_cells, over(words_style));
        for (words, tone) in &rows.right {
            let style = if is_selected && *tone == Tone::Dim { plain } else { over(look.style(*tone)) };
            pen.put(" ", plain).put(words, style);
        }
    } else {
        pen.column("", columns.text - 1, plain);
        pen.put(rows.words.get(number).map_or("", String::as_str), over(words_style));
    }
    if is_selected {
        pen.fill(" ", plain);
    }
}

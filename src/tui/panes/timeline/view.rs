//! Draws a timeline: only the lines on screen.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::domain::Entry;
use crate::domain::Timestamp;
use crate::query::Query;
use crate::text::span;
use crate::text::width;
use crate::tui::glyphs::DOT;
use crate::tui::glyphs::FRESH;
use crate::tui::glyphs::SELECTED;
use crate::tui::look::Look;
use crate::tui::paint::Pen;
use crate::tui::panes::timeline::head;
use crate::tui::panes::timeline::model::Model;
use crate::tui::panes::timeline::row;
use crate::tui::panes::timeline::row::Columns;
use crate::tui::panes::timeline::row::EntryRows;
use crate::tui::panes::timeline::update::Ground;
use crate::tui::panes::timeline::update::HEAD_ROWS;
use crate::tui::panes::timeline::window::Line;
use crate::tui::theme::Tone;
use crate::tui::words;

/// What a timeline is drawn with.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub ground: Ground<'a>,
    pub look: &'a Look,
    pub now: Timestamp,
    pub has_focus: bool,
}

/// How one row of an entry looks beyond what it says.
#[derive(Clone, Copy)]
struct Mood<'a> {
    /// Which of its rows.
    number: usize,
    is_selected: bool,
    /// It came while nobody looked.
    is_fresh: bool,
    /// What was searched for.
    marked: Option<&'a Query>,
}

/// Draws the pane's inside; answers where the cursor stands while the filter is typed.
pub fn view(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let area = scene.ground.area;
    if area.height <= HEAD_ROWS || area.width < 12 {
        return None;
    }
    let measure = model.measure(&scene.ground);
    let (_, lines) = model.window(&measure);
    let selected = model.selected_place(scene.ground.incident).filter(|_| scene.has_focus);
    let marked = model.sieve.as_ref().map(|sieve| &sieve.query).filter(|query| !query.is_empty());
    let mut last: Option<(usize, EntryRows)> = None;
    for (line, number) in lines.iter().zip(HEAD_ROWS..) {
        let mut pen = Pen::new(buffer, area, number);
        match *line {
            Line::Day(at) => {
                if let Some(entry) = measure.shown.get(at) {
                    head::day(scene, &mut pen, entry, false);
                }
            }
            Line::Silence(gap_ms) => {
                let words = format!("{DOT} {} {DOT}", span::silence(gap_ms));
                pen.skip(measure.columns.text).put(words, scene.look.style(Tone::Faint));
            }
            Line::News => news(model, scene, &mut pen),
            Line::Entry { at, row: number } => {
                let Some(entry) = measure.shown.get(at) else {
                    continue;
                };
                if last.as_ref().is_none_or(|(known, _)| *known != at) {
                    last = Some((at, row::rows(entry, &measure.lead(at, entry), scene.ground.org, &measure.columns)));
                }
                if let Some((_, rows)) = &last {
                    let is_fresh = model.news.as_ref().is_some_and(|news| news.holds(entry));
                    let mood = Mood { number, is_selected: selected == Some(at), is_fresh, marked };
                    entry_row(scene, &mut pen, entry, rows, &measure.columns, mood);
                }
            }
        }
    }
    let places = || lines.iter().filter_map(|line| if let Line::Entry { at, .. } = line { Some(*at) } else { None });
    let window = head::Window {
        first: places().next().and_then(|at| measure.shown.get(at)),
        shown: measure.shown.len(),
        below: places().next_back().map_or(0, |last| measure.shown.len() - 1 - last),
    };
    head::draw(model, scene, buffer, area, &window)
}

/// The line above what was not seen yet.
fn news(model: &Model, scene: &Scene<'_>, pen: &mut Pen<'_>) {
    let Some(news) = &model.news else { return };
    let style = scene.look.style(Tone::Fresh);
    let since = scene.ground.write(news.seen.at, 5);
    pen.put("── ", style).put(format!("new since {since}"), style).put(" ", style).fill("─", style);
}

fn entry_row(scene: &Scene<'_>, pen: &mut Pen<'_>, entry: &Entry, rows: &EntryRows, columns: &Columns, mood: Mood<'_>) {
    let (look, is_selected) = (scene.look, mood.is_selected);
    let over = |style: Style| {
        if is_selected { style.patch(look.style(Tone::Selection)) } else { style }
    };
    let plain = over(look.style(Tone::Text));
    match (is_selected, mood.is_fresh && mood.number == 0) {
        (true, _) => pen.put(SELECTED, over(look.style(Tone::BorderFocus))),
        (false, true) => pen.put(FRESH, look.style(Tone::Fresh)),
        (false, false) => pen.put(" ", plain),
    };
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
    let text = rows.words.get(mood.number).map_or("", String::as_str);
    let found = mood.marked.map(|query| query.highlights(text)).unwrap_or_default();
    if mood.number == 0 {
        let time = scene.ground.write(entry.at, columns.time);
        pen.column(time, columns.time, over(look.style(Tone::Dim))).put(" ", plain);
        pen.put(words::mark(entry.kind), over(look.style(tone))).put(" ", plain);
        if columns.kind > 0 {
            pen.column(words::kind(entry), columns.kind, over(look.style(tone))).put(" ", plain);
        }
        let cells: usize = rows.right.iter().map(|(words, _)| width::cells(words) + 1).sum();
        let text_cells = pen.room().saturating_sub(cells + 1);
        let start = pen.column_at();
        pen.column(text, text_cells, over(words_style));
        pen.mark(start, text, &found, look.style(Tone::Match));
        for (words, tone) in &rows.right {
            let style = if is_selected && *tone == Tone::Dim { plain } else { over(look.style(*tone)) };
            pen.put(" ", plain).put(words, style);
        }
    } else {
        pen.column("", columns.text - 1, plain);
        let start = pen.column_at();
        pen.put(text, over(words_style));
        pen.mark(start, text, &found, look.style(Tone::Match));
    }
    if is_selected {
        pen.fill(" ", plain);
    }
}

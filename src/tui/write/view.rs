//! The box as it is drawn.

use chrono_tz::Tz;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::Safe;
use crate::text::clock;
use crate::text::span;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::theme::Theme;
use crate::tui::theme::Tone;
use crate::tui::words;
use crate::tui::write::Phase;
use crate::tui::write::Purpose;
use crate::tui::write::WriteBox;
use crate::tui::write::layout;

/// Cells of the box's width that are not text: two borders, a blank, and the cell of a cursor behind a full row.
pub(super) const SIDES: usize = 4;

/// The height the box wants at this width, borders included: at least two rows of text, at most what is offered.
pub fn height(editor: &WriteBox, width: u16, most: u16) -> u16 {
    let columns = usize::from(width).saturating_sub(SIDES).max(1);
    let least = if editor.purpose.is_entry() { 2 } else { 1 };
    let offered = usize::from(most.saturating_sub(2)).max(1);
    let rows = layout::rows_up_to(editor.text(), columns, offered) + usize::from(said(editor).is_some());
    let rows = rows.max(least).min(offered);
    u16::try_from(rows).unwrap_or(most).saturating_add(2)
}

/// Draws the box and answers where the cursor stands, if it is inside.
pub fn view(editor: &WriteBox, area: Rect, buffer: &mut Buffer, theme: &Theme, now_ms: i64, zone: Tz) -> Option<Position> {
    let style = |tone| theme.style(tone);
    let border = if said(editor).is_some() { style(Tone::Alarm) } else { style(Tone::BorderFocus) };
    paint::clear(buffer, area, style(Tone::Text));
    let when = when(editor, now_ms, zone);
    let inside = paint::frame(buffer, area, &title(editor, theme), (&when, style(Tone::Dim)), border);
    let hint = hint(editor, now_ms);
    paint::write_edge(buffer, area, area.height.saturating_sub(1), &[(hint, style(Tone::Dim))], ("", Style::new()));
    if inside.width < 3 || inside.height == 0 {
        return None;
    }
    let mut text = Rect { x: inside.x + 1, width: inside.width - 1, ..inside };
    if let Some((words, tone)) = said(editor).filter(|_| text.height > 1) {
        Pen::new(buffer, text, text.height - 1).put(words, style(tone));
        text.height -= 1;
    }
    let columns = usize::from(area.width).saturating_sub(SIDES).max(1);
    let cursor = editor.buffer.cursor();
    let page = layout::page(editor.text(), cursor, columns, usize::from(text.height));
    let ink = if editor.is_recording() { style(Tone::Dim) } else { style(Tone::Text) };
    for (row, range) in page.rows.iter().enumerate() {
        let shown = editor.text()[range.clone()].trim_end_matches(' ');
        Pen::new(buffer, text, row as u16).put(Safe::line(shown).as_str(), ink);
    }
    for (is_more, row) in [(page.more_above, inside.top()), (page.more_below, text.bottom() - 1)] {
        if is_more && let Some(cell) = buffer.cell_mut((inside.right() - 1, row)) {
            cell.set_symbol("…").set_style(style(Tone::Dim));
        }
    }
    let place = Position::new(text.x + page.cursor_cells as u16, text.y + page.cursor_row as u16);
    if let Some(rest) = editor.completion() {
        let behind = Rect { x: place.x, y: place.y, width: text.right().saturating_sub(place.x), height: 1 };
        Pen::new(buffer, behind, 0).put(rest, style(Tone::Faint));
    }
    (place.x < inside.right() && !editor.is_recording()).then_some(place)
}

fn title(editor: &WriteBox, theme: &Theme) -> Vec<(String, Style)> {
    let strong = theme.style(Tone::TitleFocus);
    let mut parts = Vec::new();
    let mut put = |words: String, style| parts.push((words, style));
    match &editor.purpose {
        Purpose::Entry => put("Write to ".to_owned(), strong),
        Purpose::Reply { to, .. } => put(format!("Reply to {to} in "), strong),
        Purpose::Amend { what, .. } => put(format!("Amend {what} in "), theme.style(Tone::Loud)),
        Purpose::Declare => put("Declare an incident".to_owned(), strong),
        Purpose::Prompt { title } => put(title.clone(), strong),
    }
    if let Some(target) = editor.target.as_ref().filter(|_| editor.purpose.is_entry()) {
        if target.is_drill {
            put("DRILL".to_owned(), theme.style(Tone::Drill));
            put(" ".to_owned(), strong);
        }
        if target.is_presenting {
            put("PRESENTING ".to_owned(), theme.style(Tone::Warn));
        }
        put(target.priority.clone(), theme.style(tone_of_priority(&target.priority)));
        put(format!(" {}", target.code), strong);
    }
    if editor.purpose.is_entry() {
        put(" ─ ".to_owned(), theme.style(Tone::Border));
        match editor.command_word() {
            Some(word) => put(format!("command /{word}"), theme.style(Tone::Loud)),
            None => put(editor.buffer.stamp.words(), theme.style(words::kind_tone(editor.kind()))),
        }
    }
    parts
}

/// `at 14:03:27 UTC, now` or `at 14:02:00 UTC, 12 min ago`; the day too where it is another.
fn when(editor: &WriteBox, now_ms: i64, zone: Tz) -> String {
    if !editor.purpose.is_entry() {
        return String::new();
    }
    let at_ms = editor.buffer.stamp.at.map_or(now_ms, |at| at.millis());
    let day = match clock::day_number(at_ms, zone) == clock::day_number(now_ms, zone) {
        true => String::new(),
        false => format!("{} ", clock::day(at_ms, zone)),
    };
    let ago = if editor.buffer.stamp.at.is_some() { span::ago(at_ms, now_ms) } else { "now".to_owned() };
    format!("at {day}{} {}, {ago}", clock::clock_s(at_ms, zone), clock::zone_name(at_ms, zone))
}

/// What the keys do now, and whether the draft is safe.
fn hint(editor: &WriteBox, now_ms: i64) -> String {
    let keys = match (&editor.phase, &editor.purpose) {
        (Phase::Recording(_), _) => return "recording…".to_owned(),
        (Phase::Asking(_), _) => return "Enter or m mask it  r record as it is  Esc back to the text".to_owned(),
        (Phase::Typing, Purpose::Declare) => "Enter declare  Esc keep draft",
        (Phase::Typing, Purpose::Prompt { .. }) => return "Enter go on  Esc back".to_owned(),
        (Phase::Typing, _) if editor.completion().is_some() => "Enter record  Tab complete  Esc keep draft",
        (Phase::Typing, _) => "Enter record  \\ Enter new line  Tab kind  Esc keep draft",
    };
    match editor.kept_at {
        Some(kept_ms) if !editor.is_empty() => format!("{keys} ─ kept {}", span::moments_ago(kept_ms, now_ms)),
        _ => keys.to_owned(),
    }
}

/// One sentence under the text that must be seen.
fn said(editor: &WriteBox) -> Option<(String, Tone)> {
    if let Phase::Asking(finds) = &editor.phase {
        let word = finds.first().map_or("secret", |find| find.secret.word());
        let others = finds.len().saturating_sub(1);
        let more = if others > 0 { format!(" (and {others} more)") } else { String::new() };
        return Some((format!("This looks like {} {word}{more}. Nobody can take it back out of the log.", article(word)), Tone::Alarm));
    }
    editor.notice.clone().map(|notice| (notice, Tone::Alarm))
}

fn article(word: &str) -> &'static str {
    if word.starts_with('a') { "an" } else { "a" }
}

fn tone_of_priority(word: &str) -> Tone {
    match word {
        "P1" => Tone::P1,
        "P2" => Tone::P2,
        "P3" => Tone::P3,
        "P4" => Tone::P4,
        "P5" => Tone::P5,
        _ => Tone::PUnknown,
    }
}

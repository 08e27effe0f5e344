//! The box as it is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::Safe;
use crate::text::clock;
use crate::text::span;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::theme::Theme;
use crate::tui::theme::Tone;
use crate::tui::words;
use crate::tui::write::Here;
use crate::tui::write::Phase;
use crate::tui::write::Purpose;
use crate::tui::write::WriteBox;
use crate::tui::write::layout;
use crate::tui::write::model::Kept;

/// Cells of the box's width that are not text: two borders, a blank, and the cell of a cursor behind a full row.
pub(super) const SIDES: usize = 4;

/// The height the box wants at this width, borders included: at least two rows of text, at most what is offered.
pub fn height(editor: &WriteBox, width: u16, most: u16) -> u16 {
    let columns = usize::from(width).saturating_sub(SIDES).max(1);
    let offered = usize::from(most.saturating_sub(2)).max(1);
    let rows = layout::rows_up_to(editor.text(), columns, offered) + usize::from(said(editor).is_some());
    let rows = rows.max(2).min(offered);
    u16::try_from(rows).unwrap_or(most).saturating_add(2)
}

/// Draws the box and answers where the cursor stands, if it is inside.
pub fn view(editor: &WriteBox, area: Rect, buffer: &mut Buffer, theme: &Theme, here: &Here<'_>) -> Option<Position> {
    let style = |tone| theme.style(tone);
    let border = match &editor.purpose {
        _ if matches!(said(editor), Some((_, Tone::Alarm))) => Tone::Alarm,
        // Words that stand already are about to be changed: that is not to be missed.
        Purpose::Amend { .. } => Tone::Loud,
        Purpose::Entry | Purpose::Reply { .. } => Tone::BorderFocus,
    };
    paint::clear(buffer, area, style(Tone::Text));
    let when = when(editor, here);
    let inside = paint::frame(buffer, area, &title(editor, theme), (&when, style(Tone::Dim)), style(border));
    let (hint, kept) = hint(editor, here);
    paint::write_edge(buffer, area, area.height.saturating_sub(1), &[(hint, style(Tone::Dim))], (&kept, style(Tone::Dim)));
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
    }
    if let Some(target) = &editor.target {
        for (mark, tone) in &target.marks {
            put(mark.clone(), theme.style(*tone));
            put(" ".to_owned(), strong);
        }
        put(target.priority.clone(), theme.style(tone_of_priority(&target.priority)));
        put(format!(" {}", target.code), strong);
    }
    put(" ─ ".to_owned(), theme.style(Tone::Border));
    match editor.command_word() {
        Some(word) => put(format!("command /{word}"), theme.style(Tone::Loud)),
        None => put(editor.buffer.stamp.words(), theme.style(words::kind_tone(editor.kind()))),
    }
    parts
}

/// `at 14:03:27 UTC, now` or `at 14:02:00 UTC, 12 min ago`; the day too where it is another.
fn when(editor: &WriteBox, here: &Here<'_>) -> String {
    let (now_ms, zone) = (here.now_ms, here.zone);
    let is_amended = matches!(editor.purpose, Purpose::Amend { .. });
    if is_amended && editor.buffer.stamp.at.is_none() {
        return "keeps its time".to_owned();
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
fn hint(editor: &WriteBox, here: &Here<'_>) -> (String, String) {
    let key = |intent| here.keymap.key(Place::Write, intent);
    let (enter, tab, esc) = (key(Intent::Submit), key(Intent::NextField), key(Intent::Back));
    let does = if editor.command_word().is_some() { "do it" } else { "record" };
    let keys = match &editor.phase {
        Phase::Recording(_) => return ("recording…".to_owned(), String::new()),
        Phase::Asking(_) => return ("Enter or m mask it  r record as it is  Esc back to the text".to_owned(), String::new()),
        Phase::Typing if editor.offer.is_some() => format!("{enter} {does}  {tab} takes the word  Up Down another  {esc} none"),
        Phase::Typing => format!("{enter} {does}  \\ {enter} new line  {tab} kind  {esc} keep draft"),
    };
    let kept = match editor.kept {
        _ if editor.is_idle() => String::new(),
        Kept::Failed => "NOT KEPT on disk".to_owned(),
        Kept::At(kept_ms) => format!("kept {}", span::moments_ago(kept_ms, here.now_ms)),
        Kept::Never => "not kept yet".to_owned(),
    };
    (keys, kept)
}

/// One sentence under the text that must be seen.
fn said(editor: &WriteBox) -> Option<(String, Tone)> {
    if let Phase::Asking(finds) = &editor.phase {
        let word = finds.first().map_or("a secret", |find| find.secret.words());
        let others = finds.len().saturating_sub(1);
        let more = if others > 0 { format!(" (and {others} more)") } else { String::new() };
        return Some((format!("This looks like {word}{more}. Nobody can take it back out of the log."), Tone::Alarm));
    }
    let ended = || editor.target.as_ref()?.ended.clone().map(|ended| (ended, Tone::Warn));
    editor.notice.clone().map(|notice| (notice, Tone::Alarm)).or_else(ended)
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

//! The box as it is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::Safe;
use crate::text::clock;
use crate::text::span;
use crate::tui::edit::readline::Editable;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::presenting;
use crate::tui::theme::Theme;
use crate::tui::theme::Tone;
use crate::tui::words;
use crate::tui::write::Here;
use crate::tui::write::Phase;
use crate::tui::write::Purpose;
use crate::tui::write::Target;
use crate::tui::write::WriteBox;
use crate::tui::write::complete;
use crate::tui::write::layout;
use crate::tui::write::model::Kept;

/// Cells of the box's width that are not text: two borders, a blank, and the cell of a cursor behind a full row.
pub(super) const SIDES: usize = 4;

/// From this width on there is room for the time in full.
const ROOMY: u16 = 60;
/// Rows of a sentence under the text.
const SAID_ROWS_MAX: usize = 3;

/// The height of an empty box, borders included.
pub const ROWS_MIN: u16 = 4;

/// The height the box wants at this width, borders included: at least two rows of text, at most what is offered.
pub fn height(editor: &WriteBox, width: u16, most: u16) -> u16 {
    let columns = usize::from(width).saturating_sub(SIDES).max(1);
    let offered = usize::from(most.saturating_sub(2)).max(1);
    let rows = layout::rows_up_to(editor.text(), columns, offered) + said(editor, columns).0.len();
    let rows = rows.max(usize::from(ROWS_MIN) - 2).min(offered);
    u16::try_from(rows).unwrap_or(most).saturating_add(2)
}

/// Draws the box and answers where the cursor stands, if it is inside.
pub fn view(editor: &WriteBox, area: Rect, buffer: &mut Buffer, theme: &Theme, here: &Here<'_>) -> Option<Position> {
    let style = |tone| theme.style(tone);
    let border = match &editor.purpose {
        _ if said(editor, usize::MAX).1 == Tone::Alarm => Tone::Alarm,
        // Words that stand already are about to be changed: that is not to be missed.
        Purpose::Amend { .. } => Tone::Loud,
        Purpose::Entry | Purpose::Reply { .. } => Tone::BorderFocus,
    };
    paint::clear(buffer, area, style(Tone::Text));
    let when = when(editor, here, area.width >= ROOMY);
    // The line of the title says where the hands are; only what is not to be missed colours the whole frame.
    let sides = if border == Tone::BorderFocus { Tone::Border } else { border };
    let inside = paint::frame_under(buffer, area, &title(editor, theme), (&when, style(Tone::Dim)), style(border), style(sides));
    let (hint, kept) = hint(editor, here);
    paint::write_edge(buffer, area, area.height.saturating_sub(1), &[(hint, style(Tone::Dim))], (&kept, style(Tone::Dim)));
    if inside.width < 3 || inside.height == 0 {
        return None;
    }
    let mut text = Rect { x: inside.x + 1, width: inside.width - 1, ..inside };
    let columns = usize::from(area.width).saturating_sub(SIDES).max(1);
    let (lines, tone) = said(editor, columns);
    // The words themselves keep what they need, up to half of the box.
    let needed = layout::rows_up_to(editor.text(), columns, usize::from(text.height / 2).max(1));
    let told = lines.len().min(usize::from(text.height).saturating_sub(needed));
    let below = text;
    text.height -= u16::try_from(told).unwrap_or(0);
    for (at, row) in (0..told).zip(text.height..) {
        // What does not fit ends the last line, clipped.
        let line = if at + 1 == told { lines[at..].join(" ") } else { lines[at].clone() };
        Pen::new(buffer, below, row).put(line, style(tone));
    }
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
        Purpose::Reply { .. } => put("Reply in ".to_owned(), strong),
        Purpose::Amend { .. } => put("Amend in ".to_owned(), theme.style(Tone::Loud)),
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
    let about = match &editor.purpose {
        Purpose::Entry => return parts,
        Purpose::Reply { to, .. } => format!("to the line of {to}"),
        Purpose::Amend { what, .. } => what.clone(),
    };
    parts.push((" ─ ".to_owned(), theme.style(Tone::Border)));
    parts.push((about, if matches!(editor.purpose, Purpose::Amend { .. }) { theme.style(Tone::Loud) } else { strong }));
    parts
}

/// `at 14:03:27 UTC, now` or `at 14:02:00 UTC, 12 min ago`; the day too where it is another.
fn when(editor: &WriteBox, here: &Here<'_>, is_roomy: bool) -> String {
    let (now_ms, zone) = (here.now_ms, here.zone);
    if !is_roomy {
        // Where there is little room, the time is worth it only if it is not now.
        return editor.buffer.stamp.at.map(|at| span::ago(at.millis(), now_ms)).unwrap_or_default();
    }
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
        Phase::Asking(_) => return ("Enter mask it  r record it  Esc back".to_owned(), String::new()),
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

/// What must be seen under the text, as lines of so many columns.
fn said(editor: &WriteBox, columns: usize) -> (Vec<String>, Tone) {
    let (words, tone) = match (&editor.phase, &editor.notice) {
        (Phase::Asking(finds), _) => {
            let word = finds.first().map_or("a secret", |find| find.secret.words());
            let others = finds.len().saturating_sub(1);
            let more = if others > 0 { format!(" (and {others} more)") } else { String::new() };
            (format!("This looks like {word}{more}. Once recorded, every copy has it."), Tone::Alarm)
        }
        (_, Some(notice)) => (notice.clone(), Tone::Alarm),
        (_, None) => match &editor.target {
            Some(target) if target.has_onlookers && presenting::hides(editor.kind()) => {
                (format!("Onlookers see this {} until it is recorded.", editor.kind()), Tone::Warn)
            }
            _ if names_in_vain(editor) => {
                ("An amendment changes words, not what an entry is about: ^ names nothing here.".to_owned(), Tone::Warn)
            }
            Some(Target { ended: Some(ended), .. }) => (ended.clone(), Tone::Warn),
            _ => return (Vec::new(), Tone::Text),
        },
    };
    let mut lines = paint::wrapped(&words, columns);
    lines.truncate(SAID_ROWS_MAX);
    (lines, tone)
}

/// Whether a component is named in an amendment, which leaves the components of a line as they are.
fn names_in_vain(editor: &WriteBox) -> bool {
    let names = |text: &str| complete::components(text, editor.kind(), &editor.vocabulary).0;
    let stood = || editor.stands.as_deref().map(names).unwrap_or_default();
    matches!(editor.purpose, Purpose::Amend { .. }) && names(editor.text()).iter().any(|name| !stood().contains(name))
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

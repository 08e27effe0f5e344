//! One entry as rows of a width: columns, wrapped words, and what stands at the right.

use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::EntryState;
use crate::domain::Org;
use crate::domain::Outcome;
use crate::text::Safe;
use crate::text::width;
use crate::text::wrap;
use crate::tui::glyphs::PENDING;
use crate::tui::theme::Tone;

/// More rows of one entry than these are in its detail.
const ROWS_MAX: usize = 4;
/// Names longer than this lose their end, so that text keeps its place.
const AUTHOR_CELLS: usize = 20;

/// The columns of a timeline of some width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    /// All cells.
    pub width: usize,
    /// Cells of the time.
    pub time: usize,
    /// Cells of the kind's word; 0 leaves only its mark.
    pub kind: usize,
    /// Where the words begin.
    pub text: usize,
    /// Whether the author stands at the right.
    pub has_author: bool,
    /// Whether a row says that it is not sent; without a server all rows would.
    pub tells_unsent: bool,
    /// Whether a row says who recorded it for its author. One person told all of a past incident: its declaration says so, once.
    pub tells_recorder: bool,
}

impl Columns {
    /// The columns of a pane of this width, where no server is configured (`is_alone`) or one is, of an incident told afterwards or as it went.
    pub fn of(width: usize, is_alone: bool, is_past: bool) -> Self {
        let (time, kind, has_author) = match width {
            0..=59 => (5, 0, false),
            60..=81 => (8, 10, true),
            _ => (12, 10, true),
        };
        let text = 1 + time + 1 + 2 + if kind > 0 { kind + 1 } else { 0 };
        Self { width, time, kind, text, has_author, tells_unsent: !is_alone, tells_recorder: !is_past }
    }
}

/// An entry, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryRows {
    /// The words, a row each; at least one.
    pub words: Vec<String>,
    /// What stands at the right of the first row, with blanks between.
    pub right: Vec<(String, Tone)>,
    /// Whether there is more than `words` say.
    pub is_cut: bool,
}

/// How many rows an entry takes behind the words that lead it, without making them.
pub fn height(entry: &Entry, lead: &str, org: &Org, columns: &Columns) -> usize {
    let right = right(entry, org, columns);
    let (safe, _) = beginning(entry, lead, org, columns);
    let text = safe.as_str().trim_end();
    broken(text, first_cells(columns, &right), rest_cells(columns)).take(ROWS_MAX).count().max(1)
}

/// The rows of an entry, led by these words.
pub fn rows(entry: &Entry, lead: &str, org: &Org, columns: &Columns) -> EntryRows {
    let right = right(entry, org, columns);
    let (safe, mut is_cut) = beginning(entry, lead, org, columns);
    let text = safe.as_str().trim_end();
    let mut rows = broken(text, first_cells(columns, &right), rest_cells(columns));
    let mut words: Vec<String> = rows.by_ref().take(ROWS_MAX).map(str::to_owned).collect();
    is_cut |= rows.next().is_some();
    if words.is_empty() {
        words.push(String::new());
    }
    let cells = if words.len() == 1 { first_cells(columns, &right) } else { rest_cells(columns) };
    if is_cut && let Some(last) = words.last_mut() {
        let kept = width::prefix(last, cells.saturating_sub(2)).0.to_owned();
        *last = format!("{kept} …");
    }
    EntryRows { words, right, is_cut }
}

/// The first row leaves room for the author; the rows below it have the whole width.
fn broken(text: &str, first_cells: usize, rest_cells: usize) -> impl Iterator<Item = &str> {
    let first = wrap::rows(text, first_cells).next().filter(|_| !text.is_empty());
    let rest = first.clone().map_or("", |first| {
        let rest = &text[first.end..];
        rest.strip_prefix('\n').unwrap_or(rest).trim_start_matches(' ')
    });
    let below = wrap::rows(rest, rest_cells).map(move |row| wrap::shown(rest, row)).take(if rest.is_empty() { 0 } else { usize::MAX });
    first.into_iter().map(move |row| wrap::shown(text, row)).chain(below)
}

fn first_cells(columns: &Columns, right: &[(String, Tone)]) -> usize {
    let taken: usize = right.iter().map(|(words, _)| width::cells(words) + 1).sum();
    columns.width.saturating_sub(columns.text + taken + 1).max(8)
}

fn rest_cells(columns: &Columns) -> usize {
    columns.width.saturating_sub(columns.text + 1).max(8)
}

/// As much of the text as its rows can show: what a megabyte says behind that costs nothing.
fn beginning<'a>(entry: &'a Entry, lead: &str, org: &Org, columns: &Columns) -> (Safe<'a>, bool) {
    let most = columns.width.max(20) * ROWS_MAX * 8;
    let bound = entry.text.floor_char_boundary(most);
    let text = Safe::lines(&entry.text[..bound]);
    let is_cut = bound < entry.text.len();
    if !lead.is_empty() {
        return (Safe::lines(&format!("{lead}{text}")).into_owned(), is_cut);
    }
    if entry.kind != EntryKind::Rating {
        return (text, is_cut);
    }
    // Events name dimensions by id; people read the short word that the reason of a priority uses.
    let named =
        org.matrix.dimensions.iter().fold(text.as_str().to_owned(), |text, dimension| text.replace(&dimension.id, &dimension.short));
    (Safe::lines(&named).into_owned(), is_cut)
}

fn right(entry: &Entry, org: &Org, columns: &Columns) -> Vec<(String, Tone)> {
    let mut right = Vec::new();
    let mut say = |words: String, tone: Tone| right.push((words, tone));
    match entry.outcome {
        Some(Outcome::Ok) => say("ok".into(), Tone::Good),
        Some(Outcome::Fail) => say("FAIL".into(), Tone::Loud),
        None => {}
    }
    if entry.conflict {
        say("two versions".into(), Tone::Warn);
    }
    match (entry.state, entry.is_pending()) {
        (EntryState::Refused, _) => say("refused".into(), Tone::Refused),
        _ if !columns.tells_unsent => {}
        (EntryState::Local, _) if columns.has_author => say(format!("{PENDING} not sent"), Tone::Local),
        (EntryState::Local, _) => say(PENDING.into(), Tone::Local),
        (_, true) if columns.has_author => say(format!("{PENDING} change not sent"), Tone::Local),
        (_, true) => say(PENDING.into(), Tone::Local),
        _ => {}
    }
    match &entry.struck {
        Some(strike) if strike.moved_to.is_some() => say("moved".into(), Tone::Struck),
        Some(_) => say("struck".into(), Tone::Struck),
        None if !entry.history.is_empty() => say("amended".into(), Tone::Amended),
        None => {}
    }
    if columns.has_author {
        let role = entry.roles().first().map(|role| org.role_short(role)).unwrap_or_default();
        let recorder = entry.recorded_by.as_ref().filter(|_| columns.tells_recorder || entry.kind == EntryKind::Incident);
        let recorder = recorder.map(|person| format!(", recorded by {person}")).unwrap_or_default();
        let author = format!("{}{recorder} {role}", entry.by());
        let most = if recorder.is_empty() { AUTHOR_CELLS } else { AUTHOR_CELLS * 2 };
        say(Safe::clipped(author.trim_end(), most).into(), Tone::Dim);
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, first: usize, rest: usize, rows: &[&str]) {
        assert_eq!(broken(text, first, rest).collect::<Vec<_>>(), rows, "{text:?}");
    }

    #[test]
    fn only_the_first_row_leaves_room_for_the_author() {
        check("one two three four five", 8, 12, &["one two", "three four", "five"]);
        check("one\ntwo three", 8, 12, &["one", "two three"]);
        check("one\n\ntwo", 8, 12, &["one", "", "two"]);
        check("", 8, 12, &[]);
        check("fits", 8, 12, &["fits"]);
        check("unbreakableword", 8, 12, &["unbreaka", "bleword"]);
    }
}

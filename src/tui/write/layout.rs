//! Which rows of the text are on screen, and where the cursor is in them. Looks only at the text around the cursor, so
//! that a key costs the same in a text of a megabyte.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::text::Safe;
use crate::text::wrap;
use crate::tui::edit::cells_of;

/// A line longer than this is laid out from a multiple of it on: a few screens, whatever the width.
const STRETCH_BYTES: usize = 16 * 1024;

/// Rows as byte ranges of the text, and the cursor among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub rows: Vec<Range<usize>>,
    pub cursor_row: usize,
    pub cursor_cells: usize,
    pub more_above: bool,
    pub more_below: bool,
}

/// The `height` rows around the cursor at a width of `columns` cells.
pub fn page(text: &str, cursor: usize, columns: usize, height: usize) -> Page {
    let height = height.max(1);
    let (mut rows, mut at) = rows_with(text, cursor, columns);
    while at < height
        && let Some(before) = rows_before(text, rows.first().map_or(0, |row| row.start), columns)
    {
        at += before.len();
        rows.splice(0..0, before);
    }
    while rows.len() - at < height
        && let Some(after) = rows_after(text, rows.last().map_or(0, |row| row.end), columns, height)
    {
        rows.extend(after);
    }
    let below = rows.len() - 1 - at;
    // One row below the cursor stays in sight where there is one.
    let last = at + usize::from(below > 0 && height > 2);
    let first = (last + 1).saturating_sub(height);
    let shown: Vec<Range<usize>> = rows[first..].iter().take(height).cloned().collect();
    let here = shown[at - first].start;
    Page {
        cursor_row: at - first,
        cursor_cells: cells(&text[here..cursor]).min(columns),
        more_above: shown.first().is_some_and(|row| row.start > 0),
        more_below: shown.last().is_some_and(|row| row.end < text.len()),
        rows: shown,
    }
}

/// The offset in the row above or below the cursor that is nearest to the column `goal`; `None` at the edge of the text.
pub fn vertical(text: &str, cursor: usize, columns: usize, is_down: bool, goal: usize) -> Option<usize> {
    let here = page(text, cursor, columns, 3);
    let target = if is_down { here.cursor_row + 1 } else { here.cursor_row.checked_sub(1)? };
    let row = here.rows.get(target)?.clone();
    let mut used = 0;
    for (offset, cluster) in text[row.clone()].grapheme_indices(true) {
        let next = used + cells(cluster);
        if next > goal {
            return Some(row.start + offset);
        }
        used = next;
    }
    // Behind a row that goes on in the next one the cursor would stand at the start of that.
    let wraps = here.rows.get(target + 1).is_some_and(|next| next.start == row.end);
    let end = if wraps { row.start + text[row.clone()].grapheme_indices(true).next_back().map_or(0, |(at, _)| at) } else { row.end };
    Some(end)
}

/// How many rows the text takes, counted up to `most`.
pub fn rows_up_to(text: &str, columns: usize, most: usize) -> usize {
    wrap::rows_by(text, columns, cells_of).take(most).count()
}

/// The rows of the stretch of the line with the cursor, and which of them it is in.
fn rows_with(text: &str, cursor: usize, columns: usize) -> (Vec<Range<usize>>, usize) {
    let line_start = text[..cursor].rfind('\n').map_or(0, |newline| newline + 1);
    let back = (cursor - line_start) / STRETCH_BYTES;
    let start = match back {
        0 => line_start,
        _ => text.floor_char_boundary(line_start + (back - 1) * STRETCH_BYTES).max(line_start),
    };
    let mut rows: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for row in wrap::rows_by(line_from(text, start), columns, cells_of) {
        let row = start + row.start..start + row.end;
        let enough = row.start > cursor + STRETCH_BYTES;
        if row.start <= cursor {
            at = rows.len();
        }
        rows.push(row);
        if enough {
            break;
        }
    }
    (rows, at)
}

fn line_from(text: &str, start: usize) -> &str {
    let line = &text[start..];
    line.find('\n').map_or(line, |newline| &line[..newline])
}

/// The rows of what ends before `start`: the line before, or the stretch before of the same line.
fn rows_before(text: &str, start: usize, columns: usize) -> Option<Vec<Range<usize>>> {
    if start == 0 {
        return None;
    }
    let end = if text[..start].ends_with('\n') { start - 1 } else { start };
    let line_start = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
    let from = text.floor_char_boundary(end.saturating_sub(STRETCH_BYTES)).max(line_start);
    Some(wrap::rows_by(&text[from..end], columns, cells_of).map(|row| from + row.start..from + row.end).collect())
}

/// The rows of what begins after `end`.
fn rows_after(text: &str, end: usize, columns: usize, most: usize) -> Option<Vec<Range<usize>>> {
    if end >= text.len() {
        return None;
    }
    let start = if text[end..].starts_with('\n') { end + 1 } else { end };
    let rows = wrap::rows_by(line_from(text, start), columns, cells_of).take(most);
    Some(rows.map(|row| start + row.start..start + row.end).collect())
}

/// The cells of raw text as it is drawn.
fn cells(raw: &str) -> usize {
    Safe::line(raw).cells()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(text: &str, cursor: usize, columns: usize, height: usize) -> (Vec<&str>, usize, usize) {
        let page = page(text, cursor, columns, height);
        (page.rows.iter().map(|row| &text[row.clone()]).collect(), page.cursor_row, page.cursor_cells)
    }

    #[test]
    fn rows_follow_the_cursor() {
        let text = "one two three\nfour\n\nfive";
        assert_eq!(drawn(text, 0, 8, 2), (vec!["one two ", "three"], 0, 0));
        assert_eq!(drawn(text, 8, 8, 9), (vec!["one two ", "three", "four", "", "five"], 1, 0));
        assert_eq!(drawn(text, text.len(), 8, 2), (vec!["", "five"], 1, 4));
        assert_eq!(drawn("", 0, 8, 2), (vec![""], 0, 0));
        assert_eq!(drawn("a\n", 2, 8, 2), (vec!["a", ""], 1, 0));
    }

    #[test]
    fn up_and_down_keep_the_column() {
        let text = "one two three\nfo\nlonger";
        assert_eq!(vertical(text, 11, 8, false, 3), Some(3));
        assert_eq!(vertical(text, 12, 8, true, 4), Some(16), "a shorter row takes the cursor at its end");
        assert_eq!(vertical(text, 2, 8, false, 2), None);
        assert_eq!(vertical(text, text.len(), 8, true, 6), None);
    }

    #[test]
    fn a_megabyte_line_costs_a_few_stretches() {
        let text = "word ".repeat(200_000);
        let started = std::time::Instant::now();
        for cursor in [0, 500_000, text.len()] {
            assert_eq!(page(&text, cursor, 80, 8).rows.len(), 8);
        }
        assert!(started.elapsed().as_millis() < 1500, "{:?}", started.elapsed());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_cursor_is_on_the_page(text in "[a-z \n取👩\u{301}\u{200d}\u{1b}]{0,80}", place in 0usize..80, columns in 2usize..20, height in 1usize..6) {
            let cursor = text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).nth(place).unwrap_or(text.len());
            let page = page(&text, cursor, columns, height);
            prop_assert!(page.rows.len() <= height);
            let row = &page.rows[page.cursor_row];
            prop_assert!(row.start <= cursor && cursor <= row.end);
            prop_assert!(page.cursor_cells <= columns);
            for is_down in [true, false] {
                if let Some(moved) = vertical(&text, cursor, columns, is_down, page.cursor_cells) {
                    prop_assert!((moved > cursor) == is_down && moved != cursor);
                    prop_assert!(text.grapheme_indices(true).any(|(at, _)| at == moved) || moved == text.len());
                }
            }
        }
    }
}

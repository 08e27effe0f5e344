//! Plain tables: columns aligned by cells on screen, not by bytes, every word made safe on its way in.

use crate::cli::output::Output;
use crate::cli::output::Paint;
use crate::text::Safe;
use crate::text::width;
use std::ops::Range;

/// Two spaces between columns; the last one is never filled up.
const GAP: &str = "  ";
/// Fewer cells of the last column say nothing: then it stands whole, on the lines below.
const LAST_CELLS_MIN: usize = 16;

/// A table as it grows.
pub struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
    limit: Option<usize>,
}

struct Cell {
    words: String,
    paint: Paint,
    /// What of it stands out, in bytes.
    marks: Vec<Range<usize>>,
}

impl Table {
    /// A table with these heads. On a terminal no column grows wider than `limit` cells, so that a long title does not push the rest away.
    pub fn new(output: &Output, heads: &[&'static str], limit: usize) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new(), limit: output.terminal.then_some(limit) }
    }

    /// Adds a row; words from outside are made safe here.
    pub fn row<const N: usize>(&mut self, cells: [(&str, Paint); N]) {
        let limit = self.limit.unwrap_or(usize::MAX);
        let cell = |(words, paint): (&str, Paint)| {
            let safe = if limit == usize::MAX { Safe::line(words) } else { Safe::clipped(words, limit) };
            Cell { words: safe.into(), paint, marks: Vec::new() }
        };
        self.rows.push(cells.into_iter().map(cell).collect());
    }

    /// Makes parts of the last cell of the last row stand out; `find` is asked where they are, in bytes.
    pub fn mark(&mut self, find: impl Fn(&str) -> Vec<Range<usize>>) {
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            cell.marks = find(&cell.words);
        }
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines, heads first.
    pub fn lines(&self, output: &Output) -> Vec<String> {
        let widths: Vec<usize> = (0..self.heads.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| width::cells(&cell.words));
                cells.chain([width::cells(self.heads[column])]).max().unwrap_or(0)
            })
            .collect();
        let heads: Vec<Cell> =
            self.heads.iter().map(|head| Cell { words: (*head).to_owned(), paint: Paint::Dim, marks: Vec::new() }).collect();
        let before: usize = widths.iter().rev().skip(1).map(|cells| cells + GAP.len()).sum();
        let room = self.limit.and(output.columns()).map(|columns| columns.saturating_sub(before)).filter(|room| *room >= LAST_CELLS_MIN);
        std::iter::once(&heads).chain(&self.rows).map(|row| draw(row, &widths, room, output)).collect()
    }
}

/// The last column ends where the terminal does, rather than in the middle of a word on the next line.
fn draw(row: &[Cell], widths: &[usize], room: Option<usize>, output: &Output) -> String {
    let mut line = String::new();
    for (column, (cell, wide)) in row.iter().zip(widths).enumerate() {
        let last = column + 1 == row.len();
        let words = width::clip(&cell.words, room.filter(|_| last).unwrap_or(usize::MAX));
        let mut done = 0;
        for mark in cell.marks.iter().filter(|mark| words.get(..mark.end) == cell.words.get(..mark.end)) {
            line.push_str(&output.paint(&words[done..mark.start], cell.paint));
            line.push_str(&output.paint(&words[mark.clone()], Paint::Bold));
            done = mark.end;
        }
        line.push_str(&output.paint(&words[done..], cell.paint));
        if !last {
            let missing = wide.saturating_sub(width::cells(&cell.words));
            line.extend(std::iter::repeat_n(' ', missing));
            line.push_str(GAP);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::Color;

    #[test]
    fn columns_are_aligned_by_cells_and_hostile_words_are_shown() {
        let output = Output::new(false, Color::Never);
        let mut table = Table { heads: vec!["CODE", "TITLE", "IC"], rows: Vec::new(), limit: None };
        table.row([("INC-1", Paint::Plain), ("取引所停止", Paint::Plain), ("ana", Paint::Plain)]);
        table.row([("INC-22", Paint::Loud), ("\u{1b}[2Jx\ny", Paint::Plain), ("", Paint::Plain)]);
        assert_eq!(table.lines(&output), ["CODE    TITLE       IC", "INC-1   取引所停止  ana", "INC-22  ␛[2Jx⏎y"]);
    }

    #[test]
    fn the_last_column_ends_with_the_terminal_and_marks_end_with_it() {
        let output = Output::new(false, Color::Always);
        let cell = Cell { words: "one signer down".into(), paint: Paint::Plain, marks: vec![0..3, 11..15] };
        assert_eq!(draw(&[cell], &[15], Some(11), &output), "\u{1b}[1mone\u{1b}[0m signer…");
    }
}

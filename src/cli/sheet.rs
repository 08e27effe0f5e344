//! A page of words for people: headings, facts and lines, wrapped to the terminal with hanging indents. In a pipe every line stays one line,
//! so that programs that look for words find them.

use crate::cli::output::Output;
use crate::cli::output::Paint;
use crate::text::Safe;
use crate::text::width;
use crate::text::wrap;
use std::ops::Range;

/// Lines longer than this are hard to read, however wide the terminal is.
const CELLS_MAX: usize = 120;
/// A terminal narrower than this wraps by itself.
const CELLS_MIN: usize = 24;
/// What heads of facts take at least.
const FACT_CELLS: usize = 9;

/// A page as it grows.
pub struct Sheet<'a> {
    output: &'a Output,
    /// Cells of a line; `None`: lines are not wrapped.
    cells: Option<usize>,
    text: String,
}

/// Some words and how they are painted.
pub type Span = (String, Paint);

impl<'a> Sheet<'a> {
    /// A page as wide as the terminal, or one for a pipe.
    pub fn new(output: &'a Output) -> Self {
        Self::of_width(output, output.terminal.then(|| output.columns()).flatten())
    }

    fn of_width(output: &'a Output, columns: Option<usize>) -> Self {
        Self { output, cells: columns.map(|columns| columns.clamp(CELLS_MIN, CELLS_MAX)), text: String::new() }
    }

    /// Cells of a line, where lines are wrapped.
    pub fn cells(&self) -> Option<usize> {
        self.cells
    }

    /// Whether there is room for columns.
    pub fn is_wide(&self) -> bool {
        self.cells.is_none_or(|cells| cells >= 80)
    }

    /// A heading, after an empty line.
    pub fn heading(&mut self, words: &str) {
        self.text.push('\n');
        self.line("", &[(words.to_owned(), Paint::Bold)]);
    }

    /// A fact: its name, and what it is.
    pub fn fact(&mut self, name: &str, words: &str, paint: Paint) {
        let head = format!("{name:<FACT_CELLS$} ");
        self.spans(&head, Paint::Dim, &[(words.to_owned(), paint)]);
    }

    /// A line, and what hangs over under its first word behind the head.
    pub fn line(&mut self, head: &str, spans: &[Span]) {
        self.spans(head, Paint::Plain, spans);
    }

    /// A line with a painted head. Words from outside are made safe here.
    pub fn spans(&mut self, head: &str, paint: Paint, spans: &[Span]) {
        let safe = |words: &str| match self.cells {
            Some(_) => String::from(Safe::lines(words.trim_end_matches('\n'))),
            None => String::from(Safe::line(words)),
        };
        let head = String::from(Safe::line(head));
        let spans: Vec<Span> = spans.iter().map(|(words, paint)| (safe(words), *paint)).collect();
        let whole: String = spans.iter().map(|(words, _)| words.as_str()).collect();
        let indent = width::cells(&head);
        let rows: Vec<Range<usize>> = match self.cells {
            Some(cells) => wrap::rows(&whole, cells.saturating_sub(indent).max(8)).collect(),
            None => std::iter::once(0..whole.len()).collect(),
        };
        for (number, row) in rows.into_iter().enumerate() {
            let before = if number == 0 { self.output.paint(&head, paint) } else { " ".repeat(indent) };
            let row = row.start..row.start + wrap::shown(&whole, row.clone()).len();
            let line = format!("{before}{}", self.painted(&spans, row));
            self.text.push_str(line.trim_end_matches(' '));
            self.text.push('\n');
        }
    }

    /// Part of the words of some spans, each in its paint.
    fn painted(&self, spans: &[Span], row: Range<usize>) -> String {
        let mut at = 0;
        let mut line = String::new();
        for (words, paint) in spans {
            let (from, until) = (row.start.max(at), row.end.min(at + words.len()));
            if from < until {
                line.push_str(&self.output.paint(&words[from - at..until - at], *paint));
            }
            at += words.len();
        }
        line
    }

    /// The page.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::Color;

    #[test]
    fn lines_hang_under_their_first_word_and_are_whole_in_a_pipe() {
        let output = Output::new(false, Color::Never);
        let spans = [("Suspend withdrawals on BTC ".to_owned(), Paint::Plain), ("ana".to_owned(), Paint::Dim)];
        let mut narrow = Sheet::of_width(&output, Some(24));
        narrow.line("12:00 ", &spans);
        assert_eq!(narrow.text(), "12:00 Suspend\n      withdrawals on BTC\n      ana\n");
        let mut piped = Sheet::of_width(&output, None);
        piped.heading("Roles");
        piped.fact("Opened", "one\n\u{1b}two", Paint::Plain);
        piped.line("12:00 ", &spans);
        assert_eq!(piped.text(), "\nRoles\nOpened    one⏎␛two\n12:00 Suspend withdrawals on BTC ana\n");
    }

    #[test]
    fn paint_follows_its_words_over_the_end_of_a_line() {
        let output = Output::new(false, Color::Always);
        let mut sheet = Sheet::of_width(&output, Some(24));
        sheet.line("", &[("plain words and then ".to_owned(), Paint::Plain), ("painted ones here".to_owned(), Paint::Bold)]);
        assert_eq!(sheet.text(), "plain words and then\n\u{1b}[1mpainted ones here\u{1b}[0m\n");
    }
}

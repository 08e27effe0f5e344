//! The end of what a command said, in bounded memory.

use std::collections::VecDeque;

/// Of this the record shows the end; the rest lets a secret be known by where it begins.
const HELD_MAX: usize = 128 * 1024;
/// The record shows so many bytes and lines at most.
const SHOWN_BYTES: usize = 16 * 1024;
const SHOWN_LINES: usize = 100;

/// The end of a stream of bytes.
#[derive(Default)]
pub struct Tail {
    bytes: VecDeque<u8>,
    /// Lines that are held no longer.
    lines_before: usize,
    /// Grows with every piece.
    pub changes: u64,
}

impl Tail {
    /// Takes what was said.
    pub fn push(&mut self, piece: &[u8]) {
        self.changes += 1;
        self.bytes.extend(piece);
        if self.bytes.len() > HELD_MAX * 2 {
            let over = self.bytes.len() - HELD_MAX;
            self.lines_before += self.bytes.drain(..over).filter(|byte| *byte == b'\n').count();
        }
    }

    /// The end as plain words, and how many lines came before what is held; `None` after the last line end if the last line is still being written.
    pub fn words(&self, is_whole: bool) -> (String, usize) {
        let bytes: Vec<u8> = self.bytes.iter().copied().collect();
        let end = if is_whole { bytes.len() } else { bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1) };
        (plain(&String::from_utf8_lossy(&bytes[..end])), self.lines_before)
    }
}

/// The last lines of words, cut where a character begins, and what came before them counted.
pub fn shown(words: &str, lines_before: usize) -> String {
    let words = words.trim_end();
    let mut from = words.ceil_char_boundary(words.len().saturating_sub(SHOWN_BYTES));
    if from > 0 {
        // A line that is longer than all that is shown is cut; of others the first is whole.
        from = words[from..].find('\n').map_or(from, |end| from + end + 1);
    }
    if let Some((at, _)) = words[from..].rmatch_indices('\n').nth(SHOWN_LINES - 1) {
        from += at + 1;
    }
    let before = lines_before + words[..from].matches('\n').count();
    match (before, from) {
        (0, 0) => words.to_owned(),
        (0, _) => format!("… {}", &words[from..]),
        (1, _) => format!("… 1 line before\n{}", &words[from..]),
        (_, _) => format!("… {} lines before\n{}", grouped(before), &words[from..]),
    }
}

/// `1 234`
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(" ")
}

/// The words a terminal would be left with, line by line: no escape sequences, what a carriage return or a backspace writes over is gone.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut line = 0;
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => skip_escape(&mut letters),
            '\r' if letters.peek() == Some(&'\n') => {}
            // Progress writes its line again and again: the last one counts.
            '\r' if letters.peek().is_some() => out.truncate(line),
            '\n' => {
                out.push('\n');
                line = out.len();
            }
            '\u{8}' if out.len() > line => drop(out.pop()),
            '\t' => out.push('\t'),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

/// Skips the rest of an escape sequence (ECMA-48): a control sequence to its final letter, a string to its terminator, else one letter.
fn skip_escape(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match letters.next() {
        Some('[') => while letters.next().is_some_and(|letter| !('@'..='~').contains(&letter)) {},
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(letter) = letters.next_if(|letter| *letter != '\n') {
                if letter == '\u{7}' || (letter == '\u{1b}' && letters.next_if_eq(&'\\').is_some()) {
                    break;
                }
            }
        }
        Some(' '..='/') => drop(letters.next()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_show_is_kept() {
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m \u{1b}]0;title\u{7}x\u{1b}(B"), "red x");
        assert_eq!(plain("10 %\r50 %\r100 %\r\ndone\u{7}\n"), "100 %\ndone\n");
        assert_eq!(plain("a\u{8}b"), "b");
    }

    #[test]
    fn memory_is_bounded_and_the_end_is_shown_with_a_count() {
        let mut tail = Tail::default();
        for number in 0..400_000 {
            tail.push(format!("line {number}\n").as_bytes());
        }
        assert!(tail.bytes.len() <= HELD_MAX * 2 + 100);
        let (words, before) = tail.words(true);
        let shown = shown(&words, before);
        assert!(shown.starts_with("… 399 900 lines before\nline 399900\n") && shown.ends_with("line 399999"), "{}", &shown[..60]);
        let mut tail = Tail::default();
        tail.push("é".repeat(100_000).as_bytes());
        let (words, before) = tail.words(true);
        assert!(super::shown(&words, before).starts_with("… é") && tail.words(false).0.is_empty());
    }
}

//! Words from outside inside Markdown (CommonMark with tables) and HTML: shown as they are, never read as markup.

use crate::text::Safe;
use std::borrow::Cow;

/// Characters that begin or end markup somewhere inside a line.
const MARKUP: &[char] = &['\\', '`', '*', '_', '[', ']', '<', '>', '|', '~', '&', '#', '$', '!', '{', '}', '^'];
/// Stands for a blank where Markdown would take blanks for structure.
const NO_BREAK_SPACE: char = '\u{A0}';

/// One line: in a heading, a table cell or a sentence. A newline shows as `⏎`.
pub fn inline(outside: &str) -> String {
    escaped(Safe::line(outside).as_str().trim())
}

/// Several lines behind words of ours, each further one indented by `indent` blanks and kept as a line of its own.
pub fn block(outside: &str, indent: usize) -> String {
    let safe = Safe::lines(outside);
    let text = safe.as_str().trim_matches('\n');
    let mut lines = text.split('\n');
    let mut written = escaped(lines.next().unwrap_or_default().trim());
    for line in lines {
        // A backslash before the end of a line is CommonMark's hard break.
        written.push_str("\\\n");
        written.extend(std::iter::repeat_n(' ', indent));
        written.push_str(&line_start(line));
    }
    written
}

/// Several lines that stand alone: not even the first may begin anything.
pub fn paragraph(outside: &str) -> String {
    let safe = Safe::lines(outside);
    let lines: Vec<String> = safe.as_str().trim_matches('\n').split('\n').map(line_start).collect();
    lines.join("\\\n")
}

/// Words in HTML, in text and in quoted attributes.
pub fn html(outside: &str) -> Cow<'_, str> {
    let safe = Safe::lines(outside);
    if !safe.as_str().contains(['&', '<', '>', '"', '\'']) {
        return safe.into();
    }
    let mut written = String::with_capacity(outside.len() + 16);
    for c in safe.as_str().chars() {
        match c {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\'' => written.push_str("&#39;"),
            c => written.push(c),
        }
    }
    Cow::Owned(written)
}

fn escaped(line: &str) -> String {
    let mut written = String::with_capacity(line.len() + 8);
    for c in line.chars() {
        if MARKUP.contains(&c) {
            written.push('\\');
        }
        written.push(c);
    }
    written
}

/// A line that begins where a list, a rule or a code block could begin.
fn line_start(line: &str) -> String {
    let text = line.trim_end().trim_start_matches(' ');
    let blanks = line.len() - line.trim_start_matches(' ').len();
    let mut written: String = std::iter::repeat_n(NO_BREAK_SPACE, blanks).collect();
    if text.is_empty() {
        return NO_BREAK_SPACE.to_string();
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let ends_number = digits > 0 && matches!(text.as_bytes().get(digits), Some(b'.' | b')'));
    if blanks == 0 && text.starts_with(['-', '+', '=', ':']) {
        written.push('\\');
        written.push_str(&escaped(text));
    } else if blanks == 0 && ends_number {
        written.push_str(&text[..digits]);
        written.push('\\');
        written.push_str(&escaped(&text[digits..]));
    } else {
        written.push_str(&escaped(text));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown_and_not_read() {
        assert_eq!(inline("a | b\n# *c* <script>"), "a \\| b⏎\\# \\*c\\* \\<script\\>");
        assert_eq!(inline("[x](javascript:1) `y` &lt;"), "\\[x\\](javascript:1) \\`y\\` \\&lt;");
        assert_eq!(inline("\u{1b}[2J\u{202e}"), "␛\\[2J\\<U+202E\\>");
    }

    #[test]
    fn lines_stay_lines_and_begin_nothing() {
        assert_eq!(
            block("one\n# two\n- three\n1. four\n    five\n\n===\n", 2),
            "one\\\n  \\# two\\\n  \\- three\\\n  1\\. four\\\n  \u{a0}\u{a0}\u{a0}\u{a0}five\\\n  \u{a0}\\\n  \\==="
        );
        assert_eq!(block("12:30 is a time", 2), "12:30 is a time");
    }
}

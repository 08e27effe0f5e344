//! How a value stands behind its name, and where it ends.

use std::ops::Range;

/// More than any value has; looking no further keeps many names linear.
pub const VALUE_MAX: usize = 512;
/// Spaces, quotes and signs between them.
const GAP_MAX: usize = 6;

/// How a value follows its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Joined {
    /// `name=value`, `--name value`, `"name": "value"`, `<name>value<`: nobody writes sentences so.
    Tightly,
    /// `name: value`, `name = value`.
    Loosely,
    /// `the name is value`.
    BySaying,
    /// `name value`.
    ByStanding,
}

/// How the value behind a name is joined to it, and where it stands.
pub fn value_after(text: &str, at: usize, end: usize, is_flag: bool) -> Option<(Joined, Range<usize>)> {
    let rest = &text[end..text.floor_char_boundary(end + VALUE_MAX)];
    let is_mark = |c: char| " \t=:>\"'\\`,".contains(c);
    let gap = rest.find(|c| !is_mark(c)).unwrap_or(rest.len());
    let (marks, is_opened) = (&rest[..gap], text[..at].ends_with(['"', '\'', '<']));
    let said = ["is ", "was "].iter().find(|word| marks == " " && rest[gap..].starts_with(**word));
    if let Some(word) = said {
        return Some((Joined::BySaying, plain_value(end + gap + word.len(), &rest[gap + word.len()..])));
    }
    if gap > GAP_MAX || marks.is_empty() || rest[gap..].is_empty() {
        return None;
    }
    let quote = marks.chars().next_back().filter(|mark| matches!(mark, '"' | '\'' | '`'));
    let has_sign = marks.contains(['=', ':']) || (marks == ">" && is_opened);
    let joined = match (has_sign, quote) {
        (true, Some(_)) => Joined::Tightly,
        (true, None) if !marks.contains([' ', '\t', ',']) && !marks.starts_with(':') => Joined::Tightly,
        (true, None) => Joined::Loosely,
        (false, _) if is_flag && !rest[gap..].starts_with('-') => Joined::Tightly,
        (false, None) if marks == " " => Joined::ByStanding,
        (false, _) => return None,
    };
    // `"Password: "; read it` quotes the name, not a value.
    if quote.is_some() && rest[gap..].starts_with([';', ')', '|', '&', ']', '}']) {
        return None;
    }
    let start = end + gap;
    let range = match quote.filter(|_| has_sign || is_flag) {
        Some(quote) => start..start + rest[gap..].find([quote, '\n']).unwrap_or(rest.len() - gap),
        // In an address the next parameter follows.
        None if text[..at].ends_with(['?', '&']) => plain_value(start, rest[gap..].split(['&', '#']).next().unwrap_or_default()),
        None => plain_value(start, &rest[gap..]),
    };
    // The backslash before a quote that stands inside another string is not of the value.
    let value = text[range.clone()].trim_end_matches('\\');
    Some((joined, range.start..range.start + value.len()))
}

/// A value without quotes: to the next space or to what ends a value in addresses, connection strings and lists.
pub fn plain_value(start: usize, rest: &str) -> Range<usize> {
    let mut end = rest.find(|c: char| c.is_whitespace() || "\"'`<>;".contains(c)).unwrap_or(rest.len());
    // A comma ends it where another `name=` follows.
    if let Some(comma) = rest[..end].find(',').filter(|comma| rest[*comma..end].contains(['=', ':'])) {
        end = comma;
    }
    let value = rest[..end].trim_end_matches(['.', ',', ':', ')', ']', '}']);
    start..start + value.len()
}

//! `Safe`: the only way words from outside reach a terminal or a document.

use std::borrow::Cow;
use std::fmt;

use super::escape::Shape;
use super::escape::tame;
use super::width;

/// Bytes looked at for each cell asked for: a cell of honest text has at most a few dozen, so a cluster of a million
/// combining marks costs no more than its row.
const BYTES_PER_CELL: usize = 64;

/// Text that can neither act on a terminal nor hide from a reader.
///
/// No C0, C1 or DEL (shown as `␛`, `␡`, `<U+009B>`), no bidi controls, zero-width, tag or other invisible characters
/// (shown as `<U+202E>`), at most four combining marks on a base (the rest shown once as `<+12 marks>`), and no cluster
/// on whose width terminals disagree: joined emoji stand side by side, presentation selectors and skin tones are dropped.
/// Making safe text safe again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Safe<'a>(Cow<'a, str>);

impl<'a> Safe<'a> {
    /// One line: a newline shows as `⏎`, a tab as a space.
    pub fn line(outside: &'a str) -> Safe<'a> {
        Safe::pass(outside, Shape::Line, usize::MAX).0
    }

    /// Several lines: newlines stay (`\r\n` becomes `\n`), tabs become spaces up to the next stop of four cells.
    pub fn lines(outside: &'a str) -> Safe<'a> {
        Safe::pass(outside, Shape::Lines, usize::MAX).0
    }

    /// One line in at most `limit` cells, with an ellipsis where something was cut off. Costs what the cells cost, however
    /// long the text is.
    pub fn clipped(outside: &'a str, limit: usize) -> Safe<'a> {
        let bound = outside.floor_char_boundary(limit.saturating_add(1).saturating_mul(BYTES_PER_CELL));
        let (near, is_whole) = Safe::pass(&outside[..bound], Shape::Line, limit);
        if is_whole && bound == outside.len() {
            return near.into_clipped(limit);
        }
        // More follows what was looked at, even when that took no cells.
        let (kept, _) = width::prefix(near.as_str(), limit.saturating_sub(1));
        let ellipsis = if limit == 0 { "" } else { width::ELLIPSIS };
        Safe(Cow::Owned(format!("{kept}{ellipsis}")))
    }

    /// Words of our own, written in the source and therefore known.
    pub fn own(words: &'static str) -> Safe<'static> {
        Safe(Cow::Borrowed(words))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The width in cells (of the widest line, were it drawn as one).
    pub fn cells(&self) -> usize {
        width::cells(&self.0)
    }

    /// At most `limit` cells of it.
    pub fn into_clipped(self, limit: usize) -> Safe<'a> {
        match self.0 {
            Cow::Borrowed(text) => Safe(width::clip(text, limit)),
            Cow::Owned(text) => Safe(Cow::Owned(width::clip(&text, limit).into_owned())),
        }
    }

    /// The same text, owned.
    pub fn into_owned(self) -> Safe<'static> {
        Safe(Cow::Owned(self.0.into_owned()))
    }

    /// Makes text safe until a line of it takes more than `most` cells; answers whether that was all of it.
    fn pass(outside: &'a str, shape: Shape, most: usize) -> (Safe<'a>, bool) {
        let harmless = |byte: u8| (0x20..0x7F).contains(&byte) || (byte == b'\n' && shape == Shape::Lines);
        let clean = outside.bytes().take_while(|&byte| harmless(byte)).count();
        if clean == outside.len() {
            return (Safe(Cow::Borrowed(outside)), true);
        }
        // The last clean byte may be the base of a mark that follows, so it is looked at again with it.
        let mut seen = clean.saturating_sub(1);
        let mut changed: Option<String> = None;
        let line_start = outside[..seen].rfind('\n').map_or(0, |newline| newline + 1);
        let mut column = seen - line_start;
        let from = seen;
        for (_, cluster) in width::each_cluster(&outside[from..]) {
            if column > most {
                return (Safe(changed.map_or(Cow::Borrowed(&outside[..seen]), Cow::Owned)), false);
            }
            let tamed = tame(cluster, column, shape);
            column = if tamed == "\n" { 0 } else { column + width::cells(&tamed) };
            match (&mut changed, &tamed) {
                (Some(text), _) => text.push_str(&tamed),
                (None, Cow::Borrowed(same)) if *same == cluster => {}
                (None, _) => {
                    let mut text = String::with_capacity(seen + cluster.len() + 16);
                    text.push_str(&outside[..seen]);
                    text.push_str(&tamed);
                    changed = Some(text);
                }
            }
            seen += cluster.len();
        }
        (Safe(changed.map_or(Cow::Borrowed(outside), Cow::Owned)), true)
    }
}

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Safe<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Safe<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Safe<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<'a> From<Safe<'a>> for Cow<'a, str> {
    fn from(safe: Safe<'a>) -> Cow<'a, str> {
        safe.0
    }
}

impl From<Safe<'_>> for String {
    fn from(safe: Safe<'_>) -> String {
        safe.0.into_owned()
    }
}

#[cfg(test)]
#[path = "safe_tests.rs"]
mod tests;

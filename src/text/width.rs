//! Cells on a screen. A string is as wide as the sum of its grapheme clusters, each measured as ratatui measures the
//! symbol of a cell; nothing here ever splits a cluster, and nothing walks further than it has to.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What stands at the end of clipped text: one cell.
pub const ELLIPSIS: &str = "…";

/// The width of one grapheme cluster in cells.
///
/// The half-width katakana sound marks count one cell each although Unicode calls them combining, because terminals
/// draw them beside their base and ratatui counts them so.
pub fn grapheme_cells(cluster: &str) -> usize {
    if cluster.len() == 1 {
        return 1;
    }
    let sound_marks = cluster.chars().filter(|c| matches!(c, '\u{FF9E}' | '\u{FF9F}')).count();
    cluster.width() + sound_marks
}

/// The grapheme clusters of a text and where each begins, as Unicode says. Most of what is written is plain, and a plain letter before another needs
/// no rule to stand alone.
pub fn each_cluster(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = &text.as_bytes()[at..];
        let is_alone = (0x20..0x7F).contains(bytes.first()?) && bytes.get(1).is_none_or(u8::is_ascii);
        let cluster = if is_alone { &text[at..=at] } else { text[at..].graphemes(true).next()? };
        let start = at;
        at += cluster.len();
        Some((start, cluster))
    })
}

/// The width of a text in cells.
pub fn cells(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    each_cluster(text).map(|(_, cluster)| grapheme_cells(cluster)).sum()
}

/// The longest prefix that fits into `limit` cells, and its width. Walks no further than the prefix.
pub fn prefix(text: &str, limit: usize) -> (&str, usize) {
    // Plain letters are a cell each, and the one behind the last that fits is looked at too: it could be a mark on it.
    let near = &text.as_bytes()[..text.len().min(limit.saturating_add(1))];
    if near.iter().all(|byte| (0x20..0x7F).contains(byte)) {
        let fits = near.len().min(limit);
        return (&text[..fits], fits);
    }
    let mut used = 0;
    for (start, cluster) in each_cluster(text) {
        let wide = grapheme_cells(cluster);
        if used + wide > limit {
            return (&text[..start], used);
        }
        used += wide;
    }
    (text, used)
}

/// The text in at most `limit` cells; what was cut off is shown by an ellipsis.
pub fn clip(text: &str, limit: usize) -> Cow<'_, str> {
    let (fits, _) = prefix(text, limit);
    if fits.len() == text.len() {
        return Cow::Borrowed(text);
    }
    if limit == 0 {
        return Cow::Borrowed("");
    }
    let (kept, _) = prefix(fits, limit - 1);
    Cow::Owned(format!("{kept}{ELLIPSIS}"))
}

/// The text in exactly `limit` cells, at the left: clipped, or filled up with spaces.
pub fn fit(text: &str, limit: usize) -> String {
    let mut fitted = clip(text, limit).into_owned();
    let missing = limit.saturating_sub(cells(&fitted));
    fitted.extend(std::iter::repeat_n(' ', missing));
    fitted
}

/// How many letters a reader counts: grapheme clusters.
pub fn clusters(text: &str) -> usize {
    text.graphemes(true).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_are_clipped_to_the_cell() {
        assert_eq!(cells("取引所"), 6);
        assert_eq!(clip("取引所", 6), "取引所");
        assert_eq!(clip("取引所", 5), "取引…");
        assert_eq!(clip("取引所", 4), "取…", "half a character is never shown");
        assert_eq!(clip("取引所", 1), "…");
        assert_eq!(clip("取引所", 0), "");
    }

    #[test]
    fn fitting_fills_every_cell() {
        assert_eq!(fit("ab", 4), "ab  ");
        assert_eq!(fit("取引所", 4), "取… ");
    }

    #[test]
    fn a_cluster_is_never_split() {
        assert_eq!(prefix("e\u{301}x", 1), ("e\u{301}", 1));
        assert_eq!(clip("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    }

    #[test]
    fn clusters_are_those_of_unicode() {
        for text in ["plain", "e\u{301}e\u{301}x", "a\r\nb\r", "👩‍👩‍👧‍👦🇩🇪🇫🇷x", "각a\u{200d}b", "\u{600}1\u{600}", "", "ab\u{fe0f}\u{20e3}"]
        {
            assert_eq!(each_cluster(text).collect::<Vec<_>>(), text.grapheme_indices(true).collect::<Vec<_>>(), "{text:?}");
        }
    }

    #[test]
    fn clipping_does_not_walk_the_rest() {
        let long = "é".repeat(4_000_000);
        for _ in 0..1000 {
            assert_eq!(cells(&clip(&long, 80)), 80);
        }
    }
}

//! Lines broken to a width: at spaces where there are some, else between grapheme clusters.

use std::ops::Range;

use super::width::each_cluster;
use super::width::grapheme_cells;

/// The rows of a text at a width of `limit` cells, as byte ranges, lazily, so that a reader who stops early has not
/// paid for the rest.
///
/// Ranges follow each other and leave out only the newlines: an editor finds its cursor in them. Spaces that do not fit
/// hang over at the end of their row. A row is never empty except for an empty line; a cluster wider than the limit
/// stands alone in its row.
pub fn rows(text: &str, limit: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    rows_by(text, limit, grapheme_cells)
}

/// The same for text that is drawn otherwise than it is written, such as raw text in an editor: `measure` says how many
/// cells a cluster takes.
pub fn rows_by<M: FnMut(&str) -> usize>(text: &str, limit: usize, measure: M) -> Rows<'_, M> {
    Rows { text, limit: limit.max(1), start: 0, finished: false, measure }
}

/// The rows of a text as they are shown: without the spaces hanging over at their ends.
pub fn wrap(text: &str, limit: usize) -> Vec<&str> {
    rows(text, limit).map(|range| shown(text, range)).collect()
}

/// A row without the spaces at its end.
pub fn shown(text: &str, row: Range<usize>) -> &str {
    text[row].trim_end_matches(' ')
}

/// The iterator behind [`rows`].
pub struct Rows<'a, M> {
    text: &'a str,
    limit: usize,
    start: usize,
    finished: bool,
    measure: M,
}

impl<M: FnMut(&str) -> usize> Iterator for Rows<'_, M> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        if self.finished {
            return None;
        }
        let start = self.start;
        let mut used = 0;
        let mut after_space = None;
        for (offset, cluster) in each_cluster(&self.text[start..]) {
            let here = start + offset;
            if cluster == "\n" || cluster == "\r\n" {
                self.start = here + cluster.len();
                return Some(start..here);
            }
            let wide = (self.measure)(cluster);
            if cluster == " " {
                used += wide;
                after_space = Some(here + 1);
                continue;
            }
            if used + wide > self.limit && here > start {
                let end = after_space.unwrap_or(here);
                self.start = end;
                return Some(start..end);
            }
            used += wide;
        }
        self.finished = true;
        Some(start..self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrap("suspend withdrawals on BTC", 12), ["suspend", "withdrawals", "on BTC"]);
        assert_eq!(wrap("a  b", 2), ["a", "b"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("one\n\ntwo\n", 10), ["one", "", "two", ""]);
    }

    #[test]
    fn long_words_break_between_clusters() {
        assert_eq!(wrap("0xdeadbeef", 4), ["0xde", "adbe", "ef"]);
        assert_eq!(wrap("取引所停止", 5), ["取引", "所停", "止"]);
        assert_eq!(wrap("取引", 1), ["取", "引"]);
        assert_eq!(wrap("id 0xdeadbeef", 6), ["id", "0xdead", "beef"]);
    }

    #[test]
    fn ranges_cover_all_but_newlines() {
        let text = "suspend  withdrawals\non  BTC ";
        let joined: String = rows(text, 9).map(|row| &text[row]).collect();
        assert_eq!(joined, text.replace('\n', ""));
    }
}

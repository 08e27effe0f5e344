//! Text to be read: paragraphs of toned words, laid out in rows of cells. Only safe text gets in.

mod markdown;

pub use markdown::markdown;

use unicode_segmentation::UnicodeSegmentation;

use crate::text::Safe;
use crate::text::width;
use crate::text::wrap;
use crate::tui::theme::Tone;

/// Words of one tone.
pub type Run = (String, Tone);

/// From so many cells on two texts stand beside each other.
const BESIDE_CELLS: usize = 60;
const BETWEEN: &str = " │ ";

/// One paragraph.
#[derive(Debug, Clone, PartialEq)]
pub enum Para {
    /// Words behind what leads them; further rows begin below the words.
    Words { lead: Vec<Run>, words: Vec<Run> },
    /// Kept as it is written, broken only at the edge: code, output, what a machine said.
    Exact { lead: Vec<Run>, text: String, tone: Tone },
    /// Two texts beside each other, or one above the other where it is narrow.
    Beside(Vec<Para>, Vec<Para>),
}

impl Para {
    /// Words of one tone.
    pub fn words(text: &str, tone: Tone) -> Self {
        Self::Words { lead: Vec::new(), words: vec![run(text, tone)] }
    }

    /// Several runs of words.
    pub fn runs(words: Vec<Run>) -> Self {
        Self::Words { lead: Vec::new(), words }
    }

    /// An empty row.
    pub fn gap() -> Self {
        Self::Words { lead: Vec::new(), words: Vec::new() }
    }

    /// Words with others before them.
    pub fn led(lead: impl Into<String>, lead_tone: Tone, words: Vec<Run>) -> Self {
        Self::Words { lead: vec![(lead.into(), lead_tone)], words }
    }
}

/// Words from anywhere, made safe.
pub fn run(text: &str, tone: Tone) -> Run {
    (Safe::lines(text).into(), tone)
}

/// The rows of paragraphs at a width of so many cells.
pub fn lay(paras: &[Para], columns: usize) -> Vec<Vec<Run>> {
    let columns = columns.max(1);
    let mut rows = Vec::new();
    for para in paras {
        match para {
            Para::Words { lead, words } => rows.extend(broken(lead, words, columns, wrap::rows)),
            Para::Exact { lead, text, tone } => {
                let words = [(text.clone(), *tone)];
                rows.extend(broken(lead, &words, columns, |text, limit| cut(text, limit).into_iter()));
            }
            Para::Beside(left, right) if columns >= BESIDE_CELLS => {
                let each = (columns - width::cells(BETWEEN)) / 2;
                let (left, right) = (lay(left, each), lay(right, each));
                for at in 0..left.len().max(right.len()) {
                    let mut row = left.get(at).cloned().unwrap_or_default();
                    let taken: usize = row.iter().map(|(words, _)| width::cells(words)).sum();
                    row.push((" ".repeat(each.saturating_sub(taken)), Tone::Text));
                    row.push((BETWEEN.to_owned(), Tone::Faint));
                    row.extend(right.get(at).cloned().unwrap_or_default());
                    rows.push(row);
                }
            }
            Para::Beside(left, right) => {
                rows.extend(lay(left, columns));
                rows.push(Vec::new());
                rows.extend(lay(right, columns));
            }
        }
    }
    rows
}

/// All of it as plain text, a paragraph a line.
pub fn plain(paras: &[Para]) -> String {
    let mut text = String::new();
    for para in paras {
        if let Para::Beside(left, right) = para {
            text.push_str(&format!("{}\n{}\n", plain(left), plain(right)));
            continue;
        }
        for row in lay(std::slice::from_ref(para), usize::MAX / 4) {
            row.iter().for_each(|(words, _)| text.push_str(words));
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
    }
    text.trim_end().to_owned()
}

/// Runs as rows; what leads them stands before the first row, blanks of its width before the others.
fn broken<'a, I>(lead: &[Run], words: &'a [Run], columns: usize, rows: impl Fn(&'a str, usize) -> I) -> Vec<Vec<Run>>
where
    I: Iterator<Item = std::ops::Range<usize>>,
{
    let hang: usize = lead.iter().map(|(words, _)| width::cells(words)).sum();
    // Where the lead would leave no room it is cut rather than the words.
    let hang = hang.min(columns * 2 / 3);
    let lead = clipped(lead, hang);
    let joined;
    let text = match words {
        [(only, _)] => only.as_str(),
        several => {
            joined = several.iter().map(|(words, _)| words.as_str()).collect::<String>();
            return toned(&joined, several, &lead, wrap::rows(&joined, columns - hang).collect());
        }
    };
    toned(text, words, &lead, rows(text, columns - hang).collect())
}

fn toned(text: &str, words: &[Run], lead: &[Run], ranges: Vec<std::ops::Range<usize>>) -> Vec<Vec<Run>> {
    // Where each run ends in the whole text: a cluster belongs to the run it begins in.
    let mut ends = Vec::with_capacity(words.len());
    let mut end = 0;
    for (words, tone) in words {
        end += words.len();
        ends.push((end, *tone));
    }
    let mut rows = Vec::with_capacity(ranges.len());
    for (number, range) in ranges.into_iter().enumerate() {
        // The bars of quotes go on down; all else that leads is blank from the second row on.
        let below = |(words, tone): &Run| (if words.contains('│') { words.clone() } else { " ".repeat(width::cells(words)) }, *tone);
        let mut row: Vec<Run> = if number == 0 { lead.to_vec() } else { lead.iter().map(below).collect() };
        let shown = wrap::shown(text, range.clone());
        for (offset, cluster) in shown.grapheme_indices(true) {
            let at = range.start + offset;
            let tone = ends[ends.partition_point(|(end, _)| *end <= at).min(ends.len() - 1)].1;
            match row.last_mut().filter(|(_, last)| offset > 0 && *last == tone) {
                Some((words, _)) => words.push_str(cluster),
                None => row.push((cluster.to_owned(), tone)),
            }
        }
        rows.push(row);
    }
    rows
}

/// Rows broken only at line ends and at the edge, so that columns in output stay columns.
fn cut(text: &str, limit: usize) -> Vec<std::ops::Range<usize>> {
    let mut rows = Vec::new();
    let mut line_start = 0;
    for line in text.split('\n') {
        let mut start = line_start;
        loop {
            let rest = &text[start..line_start + line.len()];
            let (mut kept, _) = width::prefix(rest, limit);
            if kept.is_empty() {
                kept = rest.graphemes(true).next().unwrap_or("");
            }
            rows.push(start..start + kept.len());
            start += kept.len();
            if start >= line_start + line.len() {
                break;
            }
        }
        line_start += line.len() + 1;
    }
    rows
}

fn clipped(runs: &[Run], cells: usize) -> Vec<Run> {
    let mut left = cells;
    let mut kept = Vec::new();
    for (words, tone) in runs {
        let (fits, wide) = width::prefix(words, left);
        kept.push((fits.to_owned(), *tone));
        left -= wide;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text_of(rows: &[Vec<Run>]) -> Vec<String> {
        rows.iter().map(|row| row.iter().map(|(words, _)| words.as_str()).collect()).collect()
    }

    #[test]
    fn further_rows_begin_below_the_words() {
        let para = Para::led("who  ", Tone::Dim, vec![run("ana, incident", Tone::Text), run(" commander", Tone::Strong)]);
        let rows = lay(&[para], 16);
        assert_eq!(text_of(&rows), ["who  ana,", "     incident", "     commander"]);
        assert_eq!(rows[2][1], ("commander".into(), Tone::Strong));
    }

    #[test]
    fn code_keeps_its_columns() {
        let para = Para::Exact { lead: vec![("  ".into(), Tone::Text)], text: "a    b\n\nlonger".into(), tone: Tone::KindCommand };
        assert_eq!(text_of(&lay(&[para], 7)), ["  a", "  b", "  ", "  longe", "  r"]);
    }

    #[test]
    fn two_texts_stand_beside_each_other_where_there_is_room() {
        let beside = || vec![Para::Beside(vec![Para::words("mine", Tone::Text)], vec![Para::words("theirs", Tone::Text)])];
        assert_eq!(text_of(&lay(&beside(), 63))[0].split('│').count(), 2);
        assert_eq!(text_of(&lay(&beside(), 20)), ["mine", "", "theirs"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn rows_fit_and_lose_no_word(parts in prop::collection::vec("[ab 取👩e\u{301}\n`*_#>-]{0,20}", 0..6), columns in 4usize..90) {
            let text = parts.join("\n");
            let words = parts.iter().map(|part| run(part, Tone::Text)).collect();
            let paras = [Para::led("lead ", Tone::Dim, words), Para::Beside(markdown(&text), vec![Para::words(&text, Tone::Dim)])];
            for row in lay(&paras, columns) {
                let cells: usize = row.iter().map(|(words, _)| width::cells(words)).sum();
                prop_assert!(cells <= columns.max(4), "{row:?} in {columns}");
            }
        }
    }
}

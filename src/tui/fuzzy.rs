//! Finding a line by a few letters of it, the best first.

use nucleo_matcher::Config;
use nucleo_matcher::Matcher;
use nucleo_matcher::Utf32Str;
use nucleo_matcher::pattern::AtomKind;
use nucleo_matcher::pattern::CaseMatching;
use nucleo_matcher::pattern::Normalization;
use nucleo_matcher::pattern::Pattern;

/// How a line answers a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// Higher is better; an empty query gives zero to all.
    pub score: u32,
    /// Which grapheme clusters of the line answered, rising.
    pub letters: Vec<u32>,
}

/// A query, ready for many lines.
pub struct Finder {
    pattern: Pattern,
    matcher: Matcher,
}

impl Finder {
    /// Each word of the query has to be found, its letters in order; case and accents do not matter.
    pub fn new(query: &str) -> Self {
        let pattern = Pattern::new(query, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
        Self { pattern, matcher: Matcher::new(Config::DEFAULT) }
    }

    /// How a line answers; `None` is not at all.
    pub fn fit(&mut self, line: &str) -> Option<Fit> {
        let (mut letters, mut characters) = (Vec::new(), Vec::new());
        let score = self.pattern.indices(Utf32Str::new(line, &mut characters), &mut self.matcher, &mut letters)?;
        letters.sort_unstable();
        letters.dedup();
        Some(Fit { score, letters })
    }

    /// The places of the lines that answer, the best first, and how they do. Letters scattered over a line are a guess: shown only while
    /// nothing answers much better.
    pub fn rank<'a>(&mut self, lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<(usize, Fit)> {
        let mut fitting: Vec<(usize, Fit)> = lines.filter_map(|(at, line)| Some((at, self.fit(line)?))).collect();
        fitting.sort_by_key(|(at, fit)| (std::cmp::Reverse(fit.score), *at));
        let best = fitting.first().map_or(0, |(_, fit)| fit.score);
        fitting.retain(|(_, fit)| fit.score * 4 >= best * 3);
        fitting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked<'a>(query: &str, lines: &[&'a str]) -> Vec<&'a str> {
        let found = Finder::new(query).rank(lines.iter().copied().enumerate());
        found.into_iter().map(|(at, _)| lines[at]).collect()
    }

    #[test]
    fn words_beat_letters_and_starts_beat_middles() {
        let lines = ["detached hat", "restate it", "change the status", "nothing"];
        assert_eq!(ranked("sta", &lines)[0], "change the status");
        assert_eq!(ranked("chst", &lines), ["change the status"], "letters in order are enough when nothing else answers");
        assert_eq!(ranked("status change", &lines), ["change the status"], "in any order");
        assert_eq!(ranked("", &lines), lines, "nothing typed lets everything through as it stood");
        assert!(ranked("zzz", &lines).is_empty());
    }

    #[test]
    fn it_says_which_letters_answered() {
        let fit = Finder::new("sta").fit("e\u{301} 資 status").unwrap();
        assert_eq!(fit.letters, [4, 5, 6], "counted as a reader counts letters");
        assert_eq!(Finder::new("resume").fit("Résumé").map(|fit| fit.letters.len()), Some(6));
    }
}

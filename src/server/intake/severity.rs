//! From the words monitoring systems use to a severity.

use crate::domain::Severity;
use std::collections::BTreeMap;

/// The labels that may say how bad it is, the first that is there counts.
const LABELS: &[&str] = &["severity", "priority", "level"];

/// Words for each severity, worst first.
const WORDS: [&[&str]; 5] = [
    &["critical", "page", "emergency", "disaster", "fatal", "p1", "sev1", "1", "p0", "sev0"],
    &["error", "major", "high", "p2", "sev2", "2"],
    &["warning", "warn", "medium", "average", "p3", "sev3", "3"],
    &["minor", "low", "p4", "sev4", "4"],
    &["info", "informational", "notice", "none", "debug", "p5", "sev5", "5"],
];

/// The severity of a set of labels, if one of them says.
pub(super) fn of_labels(labels: &BTreeMap<String, String>) -> Option<Severity> {
    LABELS.iter().find_map(|label| of_word(labels.get(*label)?))
}

/// The severity a word means.
pub(super) fn of_word(word: &str) -> Option<Severity> {
    let word = word.trim().to_ascii_lowercase();
    let level = WORDS.iter().zip(1..).find(|(words, _)| words.contains(&word.as_str())).map(|(_, level)| level)?;
    Severity::new(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_systems_mean_five_levels() {
        let level = |word: &str| of_word(word).map(Severity::level);
        let words = ["Critical", "page", "P2", "warning", "minor", "none", "4", "purple", ""];
        assert_eq!(words.map(level), [Some(1), Some(1), Some(2), Some(3), Some(4), Some(5), Some(4), None, None]);
        let labels = BTreeMap::from([("priority".to_owned(), "P1".to_owned()), ("severity".to_owned(), "unheard of".to_owned())]);
        assert_eq!(of_labels(&labels).map(Severity::level), Some(1), "a word nobody knows leaves it to the next label");
    }
}

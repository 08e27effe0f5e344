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

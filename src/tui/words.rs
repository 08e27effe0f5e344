//! Short words for columns: kinds, their marks, and the tones that go with kinds and priorities.

use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::Priority;
use crate::tui::theme::Tone;

/// The sign people type to make a line of this kind, `~` for lines nobody typed.
pub fn mark(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Observation => ".",
        EntryKind::Action => "!",
        EntryKind::Decision => "=",
        EntryKind::Hypothesis => "?",
        EntryKind::Communication => ">",
        EntryKind::Command => "$",
        EntryKind::Evidence => "#",
        EntryKind::Validation => "+",
        EntryKind::Note => " ",
        _ => "~",
    }
}

/// The kind in at most ten cells; a communication says to whom.
pub fn kind(entry: &Entry) -> &str {
    match (entry.kind, entry.audience.as_deref()) {
        (EntryKind::Communication, Some(audience)) => audience,
        (EntryKind::Communication, None) => "said",
        (EntryKind::Observation, _) => "observe",
        (EntryKind::Unknown, _) => "other",
        (kind, _) => kind.word(),
    }
}

/// How a kind looks.
pub fn kind_tone(kind: EntryKind) -> Tone {
    match kind {
        EntryKind::Observation => Tone::KindObservation,
        EntryKind::Action => Tone::KindAction,
        EntryKind::Decision => Tone::KindDecision,
        EntryKind::Hypothesis => Tone::KindHypothesis,
        EntryKind::Communication => Tone::KindCommunication,
        EntryKind::Command => Tone::KindCommand,
        EntryKind::Evidence => Tone::KindEvidence,
        EntryKind::Validation => Tone::KindValidation,
        EntryKind::Note => Tone::KindNote,
        EntryKind::Alert => Tone::KindAlert,
        _ => Tone::KindEvent,
    }
}

/// `P1` or `P?`.
pub fn priority(priority: Option<Priority>) -> String {
    priority.map_or_else(|| "P?".into(), |priority| priority.to_string())
}

/// How a priority looks.
pub fn priority_tone(priority: Option<Priority>) -> Tone {
    match priority.map(Priority::level) {
        Some(1) => Tone::P1,
        Some(2) => Tone::P2,
        Some(3) => Tone::P3,
        Some(4) => Tone::P4,
        Some(_) => Tone::P5,
        None => Tone::PUnknown,
    }
}

/// `1 entry`, `3 entries`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

//! Marks: what a person types first to say what kind of line it is, or when it happened.

use chrono_tz::Tz;

use crate::domain::EntryKind;
use crate::domain::Outcome;
use crate::domain::Timestamp;
use crate::text::mention::is_of_name;
use crate::text::moment;
use crate::tui::write::Stamp;

/// Marks of one sign.
const SIGNS: [(&str, EntryKind); 6] = [
    ("!", EntryKind::Action),
    ("=", EntryKind::Decision),
    ("?", EntryKind::Hypothesis),
    (".", EntryKind::Observation),
    ("$", EntryKind::Command),
    ("#", EntryKind::Evidence),
];

/// The kinds in the order in which Tab walks them.
const WALK: [(EntryKind, Option<Outcome>); 10] = [
    (EntryKind::Note, None),
    (EntryKind::Action, None),
    (EntryKind::Decision, None),
    (EntryKind::Hypothesis, None),
    (EntryKind::Observation, None),
    (EntryKind::Communication, None),
    (EntryKind::Command, None),
    (EntryKind::Evidence, None),
    (EntryKind::Validation, Some(Outcome::Ok)),
    (EntryKind::Validation, Some(Outcome::Fail)),
];

/// What a word at the very start means once a space is typed behind it.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// A mark: what stands before the text now.
    Mark(Stamp),
    /// Meant as a time, but none; the sentence says why.
    NoTime(String),
    /// A word like any other.
    Word,
}

/// Reads the word typed first as a mark.
pub fn read(word: &str, stamp: &Stamp, now_ms: i64, zone: Tz) -> Reading {
    if let Some((_, kind)) = SIGNS.iter().find(|(sign, _)| *sign == word) {
        return Reading::Mark(Stamp { kind: *kind, outcome: None, audience: None, at: stamp.at });
    }
    if word == "+ok" || word == "+fail" {
        let outcome = Some(if word == "+ok" { Outcome::Ok } else { Outcome::Fail });
        return Reading::Mark(Stamp { kind: EntryKind::Validation, outcome, audience: None, at: stamp.at });
    }
    if let Some(audience) = word.strip_prefix('>').filter(|audience| audience.chars().all(is_of_name)) {
        let audience = (!audience.is_empty()).then(|| audience.to_owned());
        return Reading::Mark(Stamp { kind: EntryKind::Communication, outcome: None, audience, at: stamp.at });
    }
    match word.strip_prefix('@').filter(|time| looks_like_time(time)) {
        None => Reading::Word,
        Some(time) => match moment::read_time(time, now_ms, zone) {
            Ok(at_ms) => Reading::Mark(Stamp { at: Some(Timestamp::from_millis(at_ms)), ..stamp.clone() }),
            Err(why) => Reading::NoTime(why.to_string()),
        },
    }
}

/// The next kind in the walk, or the one before.
pub fn walk(stamp: &Stamp, backwards: bool) -> Stamp {
    let here = WALK.iter().position(|(kind, outcome)| *kind == stamp.kind && (*outcome == stamp.outcome || outcome.is_none())).unwrap_or(0);
    let steps = if backwards { WALK.len() - 1 } else { 1 };
    let (kind, outcome) = WALK[(here + steps) % WALK.len()];
    Stamp { kind, outcome, audience: None, at: stamp.at }
}

/// `@ana` names a person, `@14:02` and `@-5m` a time.
fn looks_like_time(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    digits.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_269_807_000;

    fn marked(word: &str) -> Option<String> {
        match read(word, &Stamp::default(), NOW_MS, Tz::UTC) {
            Reading::Mark(stamp) => Some(stamp.words()),
            Reading::NoTime(_) | Reading::Word => None,
        }
    }

    #[test]
    fn every_mark_has_its_kind() {
        for (word, kind) in [
            ("!", "action"),
            ("=", "decision"),
            ("?", "hypothesis"),
            (".", "observation"),
            ("$", "command"),
            ("#", "evidence"),
            (">", "communication"),
            (">customers", "communication to customers"),
            ("+ok", "validation ok"),
            ("+fail", "validation fail"),
        ] {
            assert_eq!(marked(word).as_deref(), Some(kind), "{word}");
        }
        for word in ["", "!!", "..", "+", "+okay", "-", ">a>b", "@ana", "@", "word", "^api"] {
            assert_eq!(marked(word), None, "{word}");
        }
    }

    #[test]
    fn times_are_read_or_said_to_be_none() {
        let read_at = |word: &str| read(word, &Stamp::default(), NOW_MS, Tz::UTC);
        let at = |ms| Reading::Mark(Stamp { at: Some(Timestamp::from_millis(ms)), ..Stamp::default() });
        assert_eq!(read_at("@-5m"), at(NOW_MS - 300_000));
        assert_eq!(read_at("@14:02"), at(NOW_MS - 87_000));
        assert!(matches!(read_at("@25:00"), Reading::NoTime(why) if why.contains("hours go from 00 to 23")));
    }

    #[test]
    fn tab_walks_all_kinds_and_comes_back() {
        let mut stamp = Stamp::default();
        let mut seen = Vec::new();
        for _ in 0..WALK.len() {
            seen.push(stamp.words());
            let next = walk(&stamp, false);
            assert_eq!(walk(&next, true), stamp);
            stamp = next;
        }
        assert_eq!(stamp, Stamp::default());
        seen.dedup();
        assert_eq!(seen.len(), WALK.len());
    }
}

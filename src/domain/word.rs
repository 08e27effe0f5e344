//! The closed vocabularies: statuses, severities, priorities, kinds of entry, outcomes. Each has its word and reads it back.

use serde::Deserialize;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// Writes a value in JSON as it is shown, and reads it from there.
macro_rules! json_as_shown {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use json_as_shown;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $what:literal { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it, as written in events, on the command line and on screen.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.word())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let lower = text.to_ascii_lowercase();
                Self::ALL.iter().copied().find(|value| value.word() == lower).ok_or_else(|| {
                    format!(concat!("`{}` is not ", $what, "; expected one of {}"), text, [$($word),+].join(", "))
                })
            }
        }
    };
}

words! {
    /// Where an incident stands. Any open status may follow any other; `resolved` and `closed` reopen with a reason.
    Status, "a status" {
        /// Just declared; nobody has said what it is.
        Triage = "triage",
        /// Somebody is looking for the cause.
        Investigating = "investigating",
        /// The cause is known.
        Identified = "identified",
        /// It no longer spreads.
        Contained = "contained",
        /// It is being repaired.
        Mitigating = "mitigating",
        /// Repaired, and watched.
        Monitoring = "monitoring",
        /// Over, with a validation or a stated reason.
        Resolved = "resolved",
        /// Resolved, and nothing is left to write.
        Closed = "closed",
        /// Was not an incident.
        Declined = "declined",
        /// Goes on as another incident.
        Merged = "merged",
    }
}

impl Status {
    /// Whether people still work on it.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Resolved | Self::Closed | Self::Declined | Self::Merged)
    }
}

words! {
    /// What a line of the timeline is. The first nine are written by people, the rest are drawn from events.
    EntryKind, "a kind of entry" {
        /// What was seen.
        Observation = "observation",
        /// What was done.
        Action = "action",
        /// What was decided.
        Decision = "decision",
        /// What may be the cause.
        Hypothesis = "hypothesis",
        /// What was said, and to whom.
        Communication = "communication",
        /// A command that was run.
        Command = "command",
        /// What must be kept.
        Evidence = "evidence",
        /// How the fix was checked.
        Validation = "validation",
        /// Anything else.
        Note = "note",
        /// A declaration, an edit, a merge, a split.
        Incident = "incident",
        /// A change of status.
        Status = "status",
        /// A severity, an assessment or an override.
        Rating = "rating",
        /// A role taken, given or given up.
        Role = "role",
        /// A task given, understood or done.
        Task = "task",
        /// An alert that fired or resolved.
        Alert = "alert",
        /// An event of a kind this program does not know.
        Unknown = "unknown",
    }
}

impl EntryKind {
    /// The nine kinds a person writes.
    pub const WRITTEN: &'static [Self] = &[
        Self::Observation,
        Self::Action,
        Self::Decision,
        Self::Hypothesis,
        Self::Communication,
        Self::Command,
        Self::Evidence,
        Self::Validation,
        Self::Note,
    ];

    /// Whether a person writes it, in contrast to lines drawn from other events.
    pub fn is_written(self) -> bool {
        self <= Self::Note
    }
}

words! {
    /// How a validation or a command ended.
    Outcome, "an outcome" {
        /// It worked.
        Ok = "ok",
        /// It did not.
        Fail = "fail",
    }
}

/// How bad it is by one word of a person: 1 is the worst, 5 the least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Severity(u8);

impl Severity {
    /// The severity for a number from 1 to 5.
    pub const fn new(level: u8) -> Option<Self> {
        if level >= 1 && level <= 5 { Some(Self(level)) } else { None }
    }

    /// The number, 1 to 5.
    pub const fn level(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Severity {
    type Error = String;

    fn try_from(level: u8) -> Result<Self, Self::Error> {
        Self::new(level).ok_or_else(|| format!("`{level}` is not a severity; expected 1 (worst) to 5"))
    }
}

impl From<Severity> for u8 {
    fn from(severity: Severity) -> Self {
        severity.0
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let level = text.parse().ok().and_then(Self::new);
        level.ok_or_else(|| format!("`{text}` is not a severity; expected 1 (worst) to 5"))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// What to work on first: `P1` before `P5`. Computed by the matrix, never stored, except where a person overrides it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Priority(u8);

impl Priority {
    /// The priority for a number, brought into 1 to 5.
    pub const fn clamped(level: u8) -> Self {
        Self(if level < 1 {
            1
        } else if level > 5 {
            5
        } else {
            level
        })
    }

    /// The number, 1 to 5.
    pub const fn level(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "P{}", self.0)
    }
}

impl FromStr for Priority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix(['P', 'p']).unwrap_or(text);
        let level = digits.parse().ok().filter(|level| (1..=5).contains(level));
        level.map(Self).ok_or_else(|| format!("`{text}` is not a priority; expected P1 to P5"))
    }
}

json_as_shown!(Priority);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for status in Status::ALL {
            assert_eq!(status.word().parse(), Ok(*status));
        }
        for kind in EntryKind::ALL {
            assert_eq!(kind.word().parse(), Ok(*kind));
            assert_eq!(kind.is_written(), EntryKind::WRITTEN.contains(kind));
        }
        assert!("gone".parse::<Status>().unwrap_err().contains("mitigating"));
        assert!(Severity::new(0).is_none() && Severity::new(6).is_none());
    }
}

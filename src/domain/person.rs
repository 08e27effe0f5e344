//! People, and what a token lets them do.

use serde::Deserialize;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// A person's short name ("ana"), or the name of a machine that reports. Shared, so that a clone is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Person(Arc<str>);

impl Person {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 64;

    /// A person by name. Any text makes a `Person`, so that old records always read; `check` says whether a new one is acceptable.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(Arc::from(name.as_ref()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Why this name may not be used in a new event: empty, too long, or holding white space or control characters.
    pub fn check(&self) -> Result<(), String> {
        let name = self.as_str();
        if name.is_empty() || name.chars().count() > Self::MAX_CHARS {
            return Err(format!("a person's name has 1 to {} characters", Self::MAX_CHARS));
        }
        match name.chars().find(|c| c.is_whitespace() || c.is_control()) {
            Some(_) => Err("a person's name is one word without spaces or control characters, such as `ana`".into()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", &*self.0)
    }
}

impl From<&str> for Person {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// What a token permits. A permission, not a duty: the incident commander is a role.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Only sends alerts.
    Intake,
    /// Reads.
    Viewer,
    /// Declares, writes, assesses, changes status, takes a vacant role.
    Responder,
    /// Also assumes command from another, resolves, merges, strikes others' entries.
    Commander,
    /// Also tokens, settings, redaction, restricted incidents.
    Admin,
}

impl Scope {
    /// Every scope with its word.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Viewer, "viewer"),
        (Self::Responder, "responder"),
        (Self::Commander, "commander"),
        (Self::Admin, "admin"),
        (Self::Intake, "intake"),
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(scope, _)| *scope == self).map_or("", |(_, word)| word)
    }

    /// Whether it covers what `needed` permits. Intake covers only itself, and only admin covers it.
    pub fn covers(self, needed: Self) -> bool {
        match (self, needed) {
            (Self::Intake, _) => needed == Self::Intake,
            (Self::Admin, _) => true,
            (_, Self::Intake) => false,
            _ => self >= needed,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl std::str::FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|(_, word)| *word == text).map(|(scope, _)| *scope);
        found.ok_or_else(|| format!("`{text}` is not a scope; scopes are viewer, responder, commander, admin, intake"))
    }
}

/// Who acts, as the server knows from the token, or as the replica knows from its configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Principal {
    /// The person the token stands for.
    pub person: Person,
    /// What the token permits.
    pub scope: Scope,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_cover_what_they_should() {
        assert!(Scope::Commander.covers(Scope::Responder) && Scope::Admin.covers(Scope::Intake));
        assert!(!Scope::Viewer.covers(Scope::Responder) && !Scope::Commander.covers(Scope::Intake));
        assert!(!Scope::Intake.covers(Scope::Viewer));
    }

    #[test]
    fn names_are_one_word() {
        assert!(Person::new("ana").check().is_ok());
        for bad in ["", "a b", "a\u{1b}[2J", &"x".repeat(65)] {
            assert!(Person::new(bad).check().is_err(), "{bad:?}");
        }
    }
}

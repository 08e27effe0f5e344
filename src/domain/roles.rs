//! Roles: duties in an incident, defined before they are needed. Definitions are data; the commander's role alone has rules of its own.

use crate::domain::Priority;
use serde::Deserialize;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// The short name of a role: `commander`, `operations`, …
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleId(Arc<str>);

impl RoleId {
    /// A role by its short name.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(Arc::from(name.as_ref()))
    }

    /// The incident commander.
    pub fn commander() -> Self {
        Self::new("commander")
    }

    /// The deputy, who may assume command with a reason.
    pub fn deputy() -> Self {
        Self::new("deputy")
    }

    /// Whether it is the incident commander.
    pub fn is_commander(&self) -> bool {
        &*self.0 == "commander"
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

impl fmt::Debug for RoleId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What a role is, as the organisation defines it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleDefinition {
    /// Short name, used in events.
    pub id: RoleId,
    /// "Incident commander".
    pub name: String,
    /// What fits in a narrow column: "IC".
    pub short: String,
    /// Other words that people type for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Whether several people may hold it at once.
    #[serde(default)]
    pub several: bool,
    /// Whether whoever holds it has no login here (an external partner).
    #[serde(default)]
    pub outside: bool,
    /// Where whoever holds it is reached: a channel, a number, a name. Empty if nothing is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub contact: String,
    /// From this priority on, a vacancy is an alarm.
    #[serde(default)]
    pub needed_from: Option<Priority>,
    /// The duty card, a line each.
    #[serde(default)]
    pub duties: Vec<String>,
}

impl RoleDefinition {
    /// Whether a person who typed `word` means this role.
    pub fn answers_to(&self, word: &str) -> bool {
        let names = [self.id.as_str(), &self.name, &self.short].into_iter().chain(self.aliases.iter().map(String::as_str));
        names.into_iter().any(|name| name.eq_ignore_ascii_case(word))
    }
}

//! What an organisation says of itself beside its matrix and its roles: the services it runs and the people it has.

use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::SettingsPublished;
use serde::Deserialize;
use serde::Serialize;

/// A service, as incidents name it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceDefinition {
    /// One word: what stands in incidents and filters.
    pub id: String,
    /// "Withdrawals of customers". Empty where the id says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Who answers for it: a person or a team. Empty if nobody is named.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
}

impl ServiceDefinition {
    /// Beside its id: what it is and whose.
    pub fn note(&self) -> String {
        let owner = (!self.owner.is_empty()).then(|| format!("of {}", self.owner));
        let parts = (!self.name.is_empty()).then(|| self.name.clone()).into_iter().chain(owner);
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// A person, as tokens and entries name them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonDefinition {
    /// The name in tokens, entries and roles: "ana".
    pub id: Person,
    /// "Ana Lima". Empty where the id says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The roles they are prepared for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleId>,
    /// Where they are reached. Empty if nothing is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub contact: String,
}

impl Default for SettingsPublished {
    /// Nothing published: all stays as it is.
    fn default() -> Self {
        Self { matrix: None, roles: None, services: None, people: None }
    }
}

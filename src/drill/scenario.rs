//! What a scenario is.

use std::collections::BTreeMap;

use crate::domain::NewEntry;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::Scope;
use crate::domain::Score;
use crate::domain::Severity;
use crate::domain::Status;
use crate::drill::AlertStep;
use crate::drill::ScenarioError;

/// The scenarios that ship with the program, by name.
pub const SHIPPED: &[(&str, &str)] = &[("hot-wallet-drain", include_str!("../../assets/drills/hot-wallet-drain.toml"))];

/// A story of an incident and the people in it.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    /// One word, as in `--scenario hot-wallet-drain`.
    pub name: String,
    /// One line.
    pub title: String,
    /// What a newcomer should know before it begins.
    pub about: String,
    /// Where a showing may begin live, in milliseconds of the story; what lies before is its past.
    pub live_from_ms: i64,
    /// Who plays.
    pub people: Vec<Cast>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// A person of a scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cast {
    pub person: Person,
    /// What they are, in words.
    pub about: String,
    /// What their token must permit.
    pub scope: Scope,
}

/// One thing that happens.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Milliseconds of the story since its beginning.
    pub at_ms: i64,
    /// Who does it; `None` for an alert.
    pub by: Option<Person>,
    /// The scenario's name for the incident it is about.
    pub incident: String,
    /// The scenario's name for what it makes, where a later step refers to it.
    pub label: Option<String>,
    pub act: Act,
}

/// What is done. Tasks and entries that are referred to are named by their labels.
#[derive(Clone, PartialEq, Debug)]
pub enum Act {
    Alert(AlertStep),
    Declare { title: String, summary: String, services: Vec<String>, severity: Option<Severity> },
    Edit { title: Option<String>, summary: Option<String>, services: Option<Vec<String>> },
    Entry(NewEntry),
    Amend { entry: String, text: String, reason: String },
    Strike { entry: String, reason: String },
    Status { status: Status, reason: String },
    Severity { severity: Severity, reason: String },
    Assess { scores: BTreeMap<String, Score>, reason: String },
    Take { reason: String },
    Offer { person: Person, briefing: String },
    Accept,
    Assign { role: RoleId, person: Person },
    Task { person: Person, text: String, within_ms: Option<i64> },
    Understood { task: String },
    Done { task: String, result: String },
}

impl Scenario {
    /// A scenario that ships with the program.
    ///
    /// # Errors
    /// Names the scenarios there are when this is none of them.
    pub fn shipped(name: &str) -> Result<Self, ScenarioError> {
        let names = || SHIPPED.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ");
        let found = SHIPPED.iter().find(|(known, _)| *known == name);
        let (name, text) = found.ok_or_else(|| ScenarioError {
            file: name.to_owned(),
            line: 0,
            why: format!("is not a scenario of this program; expected one of {}, or the path of a scenario file", names()),
        })?;
        Self::read(&format!("{name}.toml"), text)
    }

    /// How long the story takes, in milliseconds.
    pub fn length_ms(&self) -> i64 {
        self.steps.last().map_or(0, |step| step.at_ms)
    }

    /// A person of the scenario.
    pub fn cast(&self, person: &Person) -> Option<&Cast> {
        self.people.iter().find(|cast| cast.person == *person)
    }
}

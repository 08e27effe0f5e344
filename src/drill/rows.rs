//! A scenario file as it is written, before it is checked.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::domain::EntryKind;
use crate::domain::Outcome;
use crate::domain::Status;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    pub name: String,
    pub title: String,
    #[serde(default)]
    pub about: String,
    #[serde(default)]
    pub live_from: Option<Spanned<String>>,
    pub people: Vec<Spanned<CastRow>>,
    pub steps: Vec<Spanned<StepRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CastRow {
    pub name: String,
    #[serde(default)]
    pub about: String,
    pub scope: String,
}

/// One step: exactly one of its acts is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRow {
    pub after: String,
    #[serde(default)]
    pub by: Option<String>,
    pub incident: Option<String>,
    pub label: Option<String>,
    #[serde(default)]
    pub reason: String,
    pub alert: Option<AlertRow>,
    pub declare: Option<IncidentRow>,
    pub edit: Option<EditRow>,
    pub entry: Option<EntryRow>,
    pub amend: Option<CorrectionRow>,
    pub strike: Option<String>,
    pub status: Option<Status>,
    pub severity: Option<u8>,
    pub assess: Option<BTreeMap<String, ScoreRow>>,
    pub take: Option<bool>,
    pub offer: Option<OfferRow>,
    pub accept: Option<bool>,
    pub assign: Option<AssignRow>,
    pub task: Option<TaskRow>,
    pub understood: Option<String>,
    pub done: Option<DoneRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertRow {
    pub key: String,
    pub title: String,
    #[serde(default)]
    pub summary: String,
    #[serde(default = "firing")]
    pub status: String,
    #[serde(default = "warning")]
    pub severity: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

fn firing() -> String {
    "firing".to_owned()
}

fn warning() -> String {
    "warning".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentRow {
    pub title: String,
    #[serde(default)]
    pub summary: String,
    #[serde(default)]
    pub services: Vec<String>,
    pub severity: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditRow {
    pub title: Option<String>,
    pub summary: Option<String>,
    pub services: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryRow {
    pub kind: EntryKind,
    pub text: String,
    pub outcome: Option<Outcome>,
    pub audience: Option<String>,
    #[serde(default)]
    pub components: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionRow {
    pub entry: String,
    pub text: String,
}

/// A level, or an amount as in `"$480000"`.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum ScoreRow {
    Level(u8),
    Amount(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferRow {
    pub to: String,
    #[serde(default)]
    pub briefing: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignRow {
    pub role: String,
    pub to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskRow {
    pub to: String,
    pub text: String,
    pub within: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoneRow {
    pub task: String,
    #[serde(default)]
    pub result: String,
}

//! What the write box completes with: the people, components, audiences and commands known where it writes.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::RoleDefinition;
use crate::domain::Severity;
use crate::domain::Status;
use crate::tui::model::Model;
use crate::tui::verbs::people;
use crate::tui::verbs::slash;
use crate::tui::write::Topic;
use crate::tui::write::Vocabulary;
use crate::tui::write::Word;

/// Words people usually speak to, offered after `>`.
const AUDIENCES: [&str; 6] = ["customers", "management", "regulator", "partners", "internal", "press"];
/// What each severity means, as the assessment says it.
const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "notice"];
/// Lines looked at for what they are about and whom they spoke to.
const LINES_LOOKED_AT: usize = 500;

/// Everything that completes in a box of this incident.
pub fn vocabulary(model: &Model, id: IncidentId) -> Arc<Vocabulary> {
    let words = HashMap::from([
        (
            Topic::Command,
            slash::COMMANDS
                .iter()
                .map(|command| Word::new(command.word, command.usage.trim_start_matches('/').trim_start_matches(command.word).trim()))
                .collect(),
        ),
        (Topic::Person, persons(model, id)),
        (Topic::Service, services(model, id)),
        (Topic::Audience, audiences(model, id)),
        (
            Topic::Status,
            Status::ALL.iter().filter(|status| **status != Status::Merged).map(|status| Word::new(status.word(), "")).collect(),
        ),
        (
            Topic::Severity,
            (1..).zip(SEVERITIES).filter_map(|(level, means)| Some(Word::new(Severity::new(level)?.to_string(), means))).collect(),
        ),
        (Topic::Role, roles(model, id)),
        (Topic::Incident, incidents(model, id)),
        (Topic::Dimension, dimensions(model)),
    ]);
    let arguments = slash::COMMANDS.iter().map(|command| (command.word.to_owned(), command.arguments.to_vec())).collect();
    Arc::new(Vocabulary { words, arguments })
}

fn persons(model: &Model, id: IncidentId) -> Vec<Word> {
    let held = model.incident(id);
    let roles = |person: &Person| {
        let roles = held.map(|held| held.roles_of(person)).unwrap_or_default();
        let roles = roles.iter().map(|role| model.org().role_short(role).to_owned());
        let full = model.org().person(person).map(|known| known.name.clone()).filter(|name| !name.is_empty());
        roles.chain(full).collect::<Vec<_>>().join(", ")
    };
    people::people(model).into_iter().map(|person| Word::new(person.as_str(), roles(&person))).collect()
}

/// What this incident affects, what the others do, and what its lines were about.
fn services(model: &Model, id: IncidentId) -> Vec<Word> {
    let mut seen: BTreeMap<String, ()> = BTreeMap::new();
    let mut words = Vec::new();
    let mut add = |name: &str, note: &str| {
        if seen.insert(name.to_lowercase(), ()).is_none() {
            words.push(Word::new(name, note));
        }
    };
    model.header(id).into_iter().for_each(|header| header.services.iter().for_each(|name| add(name, "affected")));
    let lines = model.incident(id).into_iter().flat_map(|held| held.timeline.iter().rev().take(LINES_LOOKED_AT));
    lines.for_each(|entry| entry.components.iter().for_each(|name| add(name, "named here")));
    for row in &model.incidents.open {
        row.header.services.iter().for_each(|name| add(name, &row.header.code_text()));
    }
    model.org().services.iter().for_each(|service| add(&service.id, &service.note()));
    words
}

/// Who was spoken to here, then whom people usually speak to.
fn audiences(model: &Model, id: IncidentId) -> Vec<Word> {
    let lines = model.incident(id).into_iter().flat_map(|held| held.timeline.iter().rev().take(LINES_LOOKED_AT));
    let mut words: Vec<Word> = Vec::new();
    for name in lines.filter_map(|entry| entry.audience.as_deref()).map(str::to_owned).chain(AUDIENCES.map(str::to_owned)) {
        if !name.contains(char::is_whitespace) && words.iter().all(|word| word.word != name) {
            words.push(Word::new(name, ""));
        }
    }
    words
}

fn roles(model: &Model, id: IncidentId) -> Vec<Word> {
    let held = model.incident(id);
    let word = |role: &RoleDefinition| {
        let short = role.short.to_lowercase();
        let holders: Vec<&str> =
            held.and_then(|held| held.roles.get(&role.id)).into_iter().flatten().map(|holding| holding.person.as_str()).collect();
        let note = if holders.is_empty() { format!("{}, vacant", role.name) } else { format!("{}, {}", role.name, holders.join(", ")) };
        Word::new(if short.contains(char::is_whitespace) { role.id.as_str().to_owned() } else { short }, note)
    };
    model.org().roles.iter().map(word).collect()
}

fn incidents(model: &Model, id: IncidentId) -> Vec<Word> {
    let others = model.incidents.open.iter().filter(|row| row.header.id != id);
    others.map(|row| Word::new(row.header.code_text(), row.header.title.clone())).collect()
}

fn dimensions(model: &Model) -> Vec<Word> {
    let dimensions = model.org().matrix.dimensions.iter();
    dimensions
        .map(|dimension| Word::new(format!("{}=", dimension.id), format!("{}, 0 to {}", dimension.name, dimension.highest())))
        .collect()
}

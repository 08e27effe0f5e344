//! Who is known here, and the list one picks a person from.

use std::collections::BTreeSet;

use crate::domain::EntryKind;
use crate::domain::Incident;
use crate::domain::Person;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::presence;

/// Opens a list of people that narrows as one types; a name nobody has yet is taken as typed.
pub fn list(model: &mut Model, of: ListOf, title: String, incident: &Incident) -> Vec<Effect> {
    let clock = |at| model.clockface.write(at, incident.opened_at, model.look.local, 5);
    // Nobody offers command to themselves.
    let is_offer = matches!(of, ListOf::Successor(_));
    let rows = people(model).into_iter().filter(|person| !is_offer || *person != *model.me()).map(|person| {
        let roles = incident.roles_of(&person);
        let roles = roles.iter().map(|role| model.org().role_short(role).to_owned());
        let seen = presence::words(&model.snapshot, &person, incident.id, model.now(), clock).map(|(words, _)| words);
        let is_me = (person == *model.me()).then(|| "me".to_owned());
        let full = model.org().person(&person).map(|known| known.name.clone()).filter(|name| !name.is_empty());
        let notes: Vec<String> = full.into_iter().chain(is_me).chain(roles).chain(seen).collect();
        Row::new(Pick::Person(person.clone()), person.to_string()).note(notes.join(", "))
    });
    // Whoever is alone in a new home sees their own name only, and cannot guess that others are typed.
    let list = List::typing(of, format!("{title} (a new name, too)"), rows.collect()).or_says("type a name");
    model.open(Overlay::List(list))
}

/// Everyone who is known here: me, then whoever holds a role or a task in an open incident, then who wrote in the one in hand, then who
/// held something in any other, then whom the organisation names. Machines that report alerts are nobody.
pub fn people(model: &Model) -> Vec<Person> {
    let mut seen = BTreeSet::new();
    let held = model.incidents.open.iter().flat_map(|row| row.header.people.iter().chain(&row.header.commander));
    let lines = || model.current().into_iter().flat_map(|incident| incident.timeline.iter().rev().take(WRITERS_LOOKED_AT));
    let machines: BTreeSet<&Person> = lines().filter(|entry| entry.kind == EntryKind::Alert).map(|entry| entry.by()).collect();
    let wrote = lines().map(|entry| entry.by()).filter(|person| !machines.contains(person));
    let elsewhere = model.snapshot.headers.values().flat_map(|header| header.people.iter());
    let published = model.org().people.iter().map(|known| &known.id);
    let known: Vec<Person> = held.chain(wrote).chain(elsewhere).chain(published).filter(|person| person.check().is_ok()).cloned().collect();
    std::iter::once(model.me().clone()).chain(known).filter(|person| seen.insert(person.clone())).collect()
}

const WRITERS_LOOKED_AT: usize = 200;

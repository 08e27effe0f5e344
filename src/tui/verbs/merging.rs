//! Merging: which incident others go on as, and what that means before it is done.

use crate::domain::Command;
use crate::domain::IncidentId;
use crate::text::span;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Many;
use crate::tui::overlays::pick::Pick;
use crate::tui::panes::incidents;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::marks::codes;
use crate::tui::words;

/// Which incident the one in hand goes on as.
pub fn one(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else { return Vec::new() };
    choose(model, vec![incident.id])
}

/// Which incident these go on as: any other open one, found by a few letters.
pub fn choose(model: &mut Model, ids: Vec<IncidentId>) -> Vec<Effect> {
    let is_only = |id: IncidentId| ids.as_slice() == [id];
    let others = model.incidents.open.iter().filter(|row| !is_only(row.header.id));
    let rows: Vec<Row> = others.map(row_of).collect();
    let title = format!("Merge {} into", codes(model, &ids));
    let list = List::typing(ListOf::Many(ids, Many::Survivor), title, rows).or_says("there is no other open incident to merge into");
    model.open(Overlay::List(list))
}

fn row_of(row: &incidents::row::Row) -> Row {
    let header = &row.header;
    Row::new(Pick::Incident(header.id), header.title.clone())
        .lead(format!("{} {}", row.rating.label(), header.code_text()))
        .note(header.status.word())
}

/// Shows what each is and what follows, and asks.
pub fn preview(model: &mut Model, ids: Vec<IncidentId>, into: IncidentId) -> Vec<Effect> {
    let ids: Vec<IncidentId> = ids.into_iter().filter(|id| *id != into).collect();
    if ids.is_empty() {
        model.say("an incident cannot be merged into itself", Tone::Warn);
        return Vec::new();
    }
    let target = model.code_of(into);
    let code = |ids: &[IncidentId]| codes(model, ids);
    let says = match ids.as_slice() {
        [id] => {
            let back = model.look.keymap.hint(Intent::LastView, "goes back to it");
            format!("{}: merged into {target}, now in hand; {back}, `:split` takes it out again", code(&[*id]))
        }
        _ => format!("merged into {target}"),
    };
    let question = match ids.as_slice() {
        [id] => format!("Merge {} into {}?", model.name_of(*id), model.name_of(into)),
        _ => format!("Merge {} into {}?", code(&ids), model.name_of(into)),
    };
    let line = |words: &str, tone: Tone| (words.to_owned(), tone);
    let mut means: Vec<(String, Tone)> = ids.iter().flat_map(|id| facts(model, *id)).collect();
    means.extend([line("", Tone::Text), line("goes on as", Tone::Dim), line("", Tone::Text)]);
    means.extend(facts(model, into));
    means.extend([line("", Tone::Text), line("What happens", Tone::Dim)]);
    means.extend(ids.iter().flat_map(|id| follows(model, *id, into)).map(|words| (words, Tone::Text)));
    means.push((format!("· A line in {target} says so; nobody is paged. `:split` takes it out again."), Tone::Text));
    let yes = ids.into_iter().map(|id| (id, Command::Merge { into })).collect();
    verbs::ask(model, Confirm::new(question, means, yes, says))
}

/// What an incident is, in two lines.
fn facts(model: &Model, id: IncidentId) -> Vec<(String, Tone)> {
    let Some(header) = model.header(id) else { return Vec::new() };
    let label = words::priority(model.rating(id).and_then(|rating| rating.priority));
    let commander = header.commander.as_ref().map_or("no commander".into(), |person| format!("IC {person}"));
    let age = span::age(header.resolved_at.unwrap_or(model.now()).since_ms(header.opened_at));
    let mut facts = vec![header.status.to_string(), age, commander, words::count(header.entries, "entry", "entries")];
    facts.extend((header.tasks_open > 0).then(|| words::count(header.tasks_open, "open task", "open tasks")));
    facts.extend((header.alerts_firing > 0).then(|| format!("{} firing", words::count(header.alerts_firing, "alert", "alerts"))));
    facts.extend((!header.services.is_empty()).then(|| header.services.join(" ")));
    let name = format!("{label} {} {}", header.code_text(), header.title);
    vec![(name, Tone::Strong), (format!("   {}", facts.join(" · ")), Tone::Text)]
}

/// What follows for one of them.
fn follows(model: &Model, id: IncidentId, into: IncidentId) -> Vec<String> {
    let (Some(header), Some(other)) = (model.header(id), model.header(into)) else { return Vec::new() };
    let (code, target) = (header.code_text(), other.code_text());
    let entries = words::count(header.entries, "entry stays", "entries stay");
    let mut lines = vec![format!("· {code} becomes merged: its {entries} there to be read, new ones belong into {target}.")];
    let rank = |id| model.rating(id).map_or(u8::MAX, |rating| rating.rank());
    if rank(id) < rank(into) {
        let label = |id| words::priority(model.rating(id).and_then(|rating| rating.priority));
        lines.push(format!("· {code} is {}, {target} only {}: its rating does not go with it.", label(id), label(into)));
    }
    if let Some(person) = header.commander.as_ref().filter(|person| Some(*person) != other.commander.as_ref()) {
        lines.push(format!(
            "· {person} commands {code}, and {} {target}.",
            other.commander.as_ref().map_or("nobody", |person| person.as_str())
        ));
    }
    let roles = model.incident(id).map_or(0, |held| held.roles.values().map(Vec::len).sum());
    let mut behind = Vec::new();
    behind.extend((roles > 0).then(|| words::count(roles, "role", "roles")));
    behind.extend((header.tasks_open > 0).then(|| words::count(header.tasks_open, "open task", "open tasks")));
    if !behind.is_empty() {
        let without: Vec<&str> =
            header.people.iter().filter(|person| !other.people.contains(person)).map(|person| person.as_str()).collect();
        let tell = if without.is_empty() { String::new() } else { format!("; tell {}, who hold nothing in {target}", without.join(", ")) };
        lines.push(format!("· What is left behind: {}{tell}.", behind.join(" and ")));
    }
    let missing: Vec<&str> = header.services.iter().filter(|name| !other.services.contains(name)).map(String::as_str).collect();
    if !missing.is_empty() {
        lines.push(format!("· {target} does not name {}: E adds what it affects.", missing.join(", ")));
    }
    if header.alerts_firing > 0 {
        lines.push(format!("· Alerts of its source go to {target} from then on."));
    }
    lines
}

//! Less of a timeline: filters by what the selected entry is, and the way to a time.

use std::sync::Arc;

use crate::domain::Entry;
use crate::query;
use crate::text::Safe;
use crate::text::moment;
use crate::tui::clockface::Clockface;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::FormOf;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::panes::timeline;
use crate::tui::theme::Tone;
use crate::tui::update;
use crate::tui::verbs;
use crate::tui::verbs::filtering;
use crate::tui::verbs::go;

/// A term of the query language with what it leaves.
type Facet = (String, String);

/// Offers what the selected entry could be filtered by, a digit each.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let Some(entry) = selected(model) else { return Vec::new() };
    let typed = model.timeline.filter.text().unwrap_or_default();
    let facets = [Intent::OnlyKind, Intent::OnlyPerson, Intent::OnlyRole, Intent::OnlyComponent].into_iter();
    let mut facets: Vec<Facet> = facets.flat_map(|intent| facets_of(model, &entry, intent)).collect();
    facets.extend(entry.audience.iter().map(|to| (term("to", to), format!("only what went to {to}"))));
    facets.push(("is:written".into(), "only what people wrote".into()));
    facets.push(("is:unsent".into(), "only what waits for the server".into()));
    let mut rows: Vec<Row> = facets
        .into_iter()
        .map(|(term, says)| {
            let note = if has(typed, &term) { "now; takes it away" } else { "" };
            Row::new(Pick::Term(term.clone()), says).lead(term).note(note)
        })
        .collect();
    if model.timeline.filter.line.is_some() {
        rows.push(Row::new(Pick::Term(String::new()), "everything").lead("clear").note("takes the filter away"));
    }
    model.open(Overlay::List(List::choices(ListOf::Narrow, "Show only", rows)))
}

/// Filters by one thing the selected entry is; the first, where it is several.
pub fn only(model: &mut Model, intent: Intent) -> Vec<Effect> {
    let Some(entry) = selected(model) else { return Vec::new() };
    match facets_of(model, &entry, intent).into_iter().next() {
        Some((term, _)) => narrow(model, &term),
        None => {
            let what = if intent == Intent::OnlyRole { "its author held no role then" } else { "this entry names no component" };
            model.say(what, Tone::Dim);
            Vec::new()
        }
    }
}

/// Adds a term to the filter, or takes it away where it stands in it; nothing as a term takes the filter away.
pub fn narrow(model: &mut Model, term: &str) -> Vec<Effect> {
    go::to_pane(model, Pane::Timeline);
    if term.is_empty() {
        return clear(model);
    }
    let typed = model.timeline.filter.text().unwrap_or_default().trim();
    let text = match has(typed, term) {
        true => typed.replacen(term, "", 1).split_whitespace().collect::<Vec<_>>().join(" "),
        false => format!("{typed} {term}").trim().to_owned(),
    };
    if text.is_empty() {
        return clear(model);
    }
    model.timeline.filter.put(Some(text));
    update::refresh(model);
    Vec::new()
}

/// Takes the timeline's filter away, and what it found.
pub fn clear(model: &mut Model) -> Vec<Effect> {
    go::to_pane(model, Pane::Timeline);
    let effects = filtering::clear(model);
    model.timeline.sieve = None;
    effects
}

fn has(typed: &str, term: &str) -> bool {
    format!(" {typed} ").contains(&format!(" {term} "))
}

fn selected(model: &mut Model) -> Option<Entry> {
    let incident = verbs::in_hand(model)?;
    let entry = model.timeline.selected_entry(&incident).cloned();
    if entry.is_none() {
        model.say("there is no entry to filter by", Tone::Dim);
    }
    entry
}

fn facets_of(model: &Model, entry: &Entry, intent: Intent) -> Vec<Facet> {
    match intent {
        Intent::OnlyKind => vec![(term("kind", entry.kind.word()), format!("only {} lines", entry.kind))],
        Intent::OnlyPerson => vec![(term("by", entry.by().as_str()), format!("only what {} wrote", entry.by()))],
        Intent::OnlyRole => {
            let roles = entry.roles().iter();
            roles.map(|role| (term("role", role.as_str()), format!("only what was written as {}", model.org().role_name(role)))).collect()
        }
        _ => entry.components.iter().map(|name| (term("component", name), format!("only what is about {name}"))).collect(),
    }
}

fn term(key: &str, value: &str) -> String {
    let value = Safe::line(value);
    if value.as_str().contains([' ', ',', '"']) {
        format!("{key}:\"{}\"", value.as_str().replace('"', ""))
    } else {
        format!("{key}:{value}")
    }
}

/// Asks for a time to go to.
pub fn ask_time(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else { return Vec::new() };
    let zone = model.clockface.name(model.now(), model.look.local);
    let since = if model.clockface == Clockface::SinceStart { ", typed in UTC" } else { "" };
    let hint = format!("14:02, -5m, 2026-11-21 or 2026-11-21T14:02, in {zone}{since}");
    let form = Form::new(FormOf::Time(incident.id), "Go to a time", vec![Field::new("Time", hint)]);
    model.open(Overlay::Form(form))
}

/// Goes to the first entry at or after a time as it was typed.
///
/// # Errors
/// A sentence that says what a time is.
pub fn to_time(model: &mut Model, typed: &str) -> Result<(), String> {
    let incident = model.current().map(Arc::clone).ok_or("this incident is not loaded yet")?;
    let zone = model.clockface.zone(model.look.local);
    // "14:02" in an incident that ended last week is 14:02 of that day.
    let last = incident.timeline.last().map_or(model.now(), |entry| entry.at.plus_ms(1));
    let now = if incident.status.value.is_open() { model.now() } else { last.min(model.now()) };
    let at = match query::moment(typed, false, now, zone) {
        Some(at) => at,
        None => return Err(moment::read_time(typed, now.millis(), zone).err().map_or("a time is needed".into(), |why| why.to_string())),
    };
    model.overlays.pop();
    go::to_pane(model, Pane::Timeline);
    let found = update::with_ground(model, |pane, ground| {
        let found = timeline::update::to_time(pane, at, ground);
        (found.map(|found| ground.write(found, 12)), ground.write(at, 12))
    });
    match found {
        Some((Some(found), _)) => model.say(format!("the first entry from then on is at {found}"), Tone::Info),
        Some((None, at)) => model.say(format!("nothing was written at {at} or later; this is the newest entry"), Tone::Warn),
        None => {}
    }
    Ok(())
}

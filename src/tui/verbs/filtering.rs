//! Narrowing what a pane lists as one types, and walking what answered.

use crate::query::About;
use crate::query::Query;
use crate::tui::asked::Asked;
use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::edit::LineEdit;
use crate::tui::effect::Effect;
use crate::tui::filter::Filter;
use crate::tui::keymap::Intent;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::panes::timeline;
use crate::tui::theme::Tone;
use crate::tui::update;
use crate::tui::verbs::go;
use crate::tui::verbs::views;

/// Starts typing a filter; in panes without rows to filter it goes to the timeline's.
pub fn begin(model: &mut Model) -> Vec<Effect> {
    match model.focus {
        Pane::Incidents => model.incidents.filter.begin(),
        _ => {
            go::to_pane(model, Pane::Timeline);
            model.timeline.filter.begin();
        }
    }
    update::refresh(model);
    Vec::new()
}

/// The filter of the pane the hands are in.
fn filter(model: &Model) -> Option<&Filter> {
    match model.focus {
        Pane::Incidents => Some(&model.incidents.filter),
        Pane::Timeline => Some(&model.timeline.filter),
        Pane::Matrix | Pane::Roles => None,
    }
}

/// Whether keys go into a filter.
pub fn is_typing(model: &Model) -> bool {
    filter(model).is_some_and(|filter| filter.is_typing)
}

/// Whether the pane has a filter.
pub fn has_filter(model: &Model) -> bool {
    filter(model).is_some_and(|filter| filter.line.is_some())
}

/// The query that is being typed, and what it is asked of.
pub fn typed(model: &Model) -> Option<(&Query, &str, About)> {
    let text = filter(model).filter(|filter| filter.is_typing)?.text()?;
    match model.focus {
        Pane::Incidents => Some((&model.incidents.query, text, About::Incidents)),
        _ => Some((&model.timeline.sieve.as_ref()?.query, text, About::Entries)),
    }
}

/// A key while a filter is typed.
pub fn key(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let is_incidents = model.focus == Pane::Incidents;
    let filter = &mut model.incidents.filter;
    match chord.key {
        Key::Esc if is_incidents => filter.restore(),
        Key::Char('c') if is_incidents && chord.ctrl => filter.restore(),
        Key::Enter if is_incidents => {
            filter.keep();
            let mut effects = changed(model);
            // Whoever asked for these does not mean one that is not among them.
            let first = model.incidents.listed.first().map(|row| row.header.id);
            if first.is_some() && model.incidents.place(model.in_hand).is_none() {
                effects.extend(go::switch(model, first));
            }
            effects.extend(views::keep(model, Asked::View));
            return effects;
        }
        Key::Tab if is_incidents => {
            if !filter.complete(About::Incidents) {
                filter.keep();
            }
        }
        Key::Up | Key::Down if is_incidents => filter.recall(chord.key == Key::Up),
        Key::Esc => return clear(model),
        Key::Char('c') if chord.ctrl => return clear(model),
        Key::Enter | Key::Tab => {
            model.timeline.filter.is_typing = false;
            return if model.timeline.filter.text() == Some("") { clear(model) } else { Vec::new() };
        }
        Key::Up => return go::moved(model, Intent::Up),
        Key::Down => return go::moved(model, Intent::Down),
        _ => {
            if !line(model).is_some_and(|line| line.key(chord)) {
                return Vec::new();
            }
        }
    }
    changed(model)
}

/// Text that arrived at once while a filter is typed.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(line) = line(model) {
        line.insert(text);
    }
    changed(model)
}

fn line(model: &mut Model) -> Option<&mut LineEdit> {
    match model.focus {
        Pane::Incidents => model.incidents.filter.line.as_mut(),
        Pane::Timeline => model.timeline.filter.line.as_mut(),
        Pane::Matrix | Pane::Roles => None,
    }
}

fn changed(model: &mut Model) -> Vec<Effect> {
    update::refresh(model);
    Vec::new()
}

/// Takes the filter of the pane away; what was selected stays selected.
pub fn clear(model: &mut Model) -> Vec<Effect> {
    match model.focus {
        Pane::Timeline => {
            let selected = model.current().and_then(|incident| model.timeline.selected_entry(incident)).map(|entry| entry.id);
            let was_chosen = model.timeline.selected.is_some();
            if model.timeline.filter.text().is_none_or(|typed| typed.trim().is_empty()) {
                model.timeline.sieve = None;
            }
            model.timeline.filter.put(None);
            update::refresh(model);
            if let Some(id) = selected.filter(|_| was_chosen) {
                update::with_ground(model, |timeline, ground| timeline::update::reveal(timeline, id, ground));
            }
        }
        _ => {
            model.incidents.filter.put(None);
            update::refresh(model);
        }
    }
    Vec::new()
}

/// The next or previous row that fits what was last searched for.
pub fn next_match(model: &mut Model, is_forward: bool) -> Vec<Effect> {
    if model.focus != Pane::Incidents {
        let is_found = update::with_ground(model, |timeline, ground| timeline::update::next_match(timeline, is_forward, ground));
        return if is_found == Some(true) { Vec::new() } else { none(model) };
    }
    let (rows, query) = (&model.incidents.listed, &model.incidents.query);
    let ground = model.incidents_ground();
    let len = rows.len();
    let here = model.incidents.place(model.in_hand).unwrap_or(if is_forward { len.saturating_sub(1) } else { 0 });
    let mut ahead = (1..=len).map(|step| if is_forward { (here + step) % len } else { (here + len - step) % len });
    let found = ahead.find(|at| model.incidents.fits(query, &rows[*at], &ground)).map(|at| rows[at].header.id);
    match found.filter(|_| !query.is_empty()) {
        Some(id) => go::to_hand(model, Some(id)),
        None => none(model),
    }
}

fn none(model: &mut Model) -> Vec<Effect> {
    model.say("no match; / says what to look for", Tone::Dim);
    Vec::new()
}

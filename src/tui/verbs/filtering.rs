//! Narrowing what a pane lists as one types, and walking what answered.

use crate::query::About;
use crate::query::Query;
use crate::tui::asked::Asked;
use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::effect::Effect;
use crate::tui::filter::Filter;
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

/// The filter of the pane the hands are in, and what it is asked of.
fn filter(model: &Model) -> Option<(&Filter, About)> {
    match model.focus {
        Pane::Incidents => Some((&model.incidents.filter, About::Incidents)),
        Pane::Timeline => Some((&model.timeline.filter, About::Entries)),
        Pane::Matrix | Pane::Roles => None,
    }
}

fn filter_mut(model: &mut Model) -> Option<(&mut Filter, About)> {
    match model.focus {
        Pane::Incidents => Some((&mut model.incidents.filter, About::Incidents)),
        Pane::Timeline => Some((&mut model.timeline.filter, About::Entries)),
        Pane::Matrix | Pane::Roles => None,
    }
}

/// Whether keys go into a filter.
pub fn is_typing(model: &Model) -> bool {
    filter(model).is_some_and(|(filter, _)| filter.is_typing)
}

/// Whether the pane has a filter.
pub fn has_filter(model: &Model) -> bool {
    filter(model).is_some_and(|(filter, _)| filter.line.is_some())
}

/// The query that is being typed, and what it is asked of.
pub fn typed(model: &Model) -> Option<(&Query, &str, About)> {
    let (filter, about) = filter(model).filter(|(filter, _)| filter.is_typing)?;
    let query = match about {
        About::Incidents => &model.incidents.query,
        About::Entries | About::Everything => &model.timeline.sieve.as_ref()?.query,
    };
    Some((query, filter.text()?, about))
}

/// A key while a filter is typed.
pub fn key(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let Some((filter, about)) = filter_mut(model) else { return Vec::new() };
    match chord.key {
        Key::Esc => return change(model, Filter::restore),
        Key::Char('c') if chord.ctrl => return change(model, Filter::restore),
        Key::Enter => return keep(model),
        Key::Tab if !filter.complete(about) => return keep(model),
        Key::Tab => {}
        Key::Up | Key::Down => filter.recall(chord.key == Key::Up),
        _ => {
            if !filter.line.as_mut().is_some_and(|line| line.key(chord)) {
                return Vec::new();
            }
        }
    }
    update::refresh(model);
    Vec::new()
}

/// What is typed stays, and is recalled later.
fn keep(model: &mut Model) -> Vec<Effect> {
    let mut effects = change(model, Filter::keep);
    // Whoever asked for these does not mean one that is not among them.
    let first = model.incidents.listed.first().map(|row| row.header.id);
    if model.focus == Pane::Incidents && first.is_some() && model.incidents.place(model.in_hand).is_none() {
        effects.extend(go::switch(model, first));
    }
    effects.extend(views::keep(model, Asked::View));
    effects
}

/// Text that arrived at once while a filter is typed.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(line) = filter_mut(model).and_then(|(filter, _)| filter.line.as_mut()) {
        line.insert(text);
    }
    update::refresh(model);
    Vec::new()
}

/// Takes the filter of the pane away.
pub fn clear(model: &mut Model) -> Vec<Effect> {
    change(model, |filter| filter.put(None))
}

/// Another filter, or none; what was selected stays selected. What was looked for is still found by `n` when the filter is gone.
fn change(model: &mut Model, act: impl FnOnce(&mut Filter)) -> Vec<Effect> {
    let is_timeline = model.focus == Pane::Timeline;
    let selected = model.current().and_then(|incident| model.timeline.selected_entry(incident)).map(|entry| entry.id);
    let selected = selected.filter(|_| is_timeline && model.timeline.selected.is_some());
    if is_timeline && model.timeline.filter.text().is_none_or(|typed| typed.trim().is_empty()) {
        model.timeline.sieve = None;
    }
    if let Some((filter, _)) = filter_mut(model) {
        act(filter);
    }
    update::refresh(model);
    if let Some(id) = selected {
        update::with_ground(model, |timeline, ground| timeline::update::reveal(timeline, id, ground));
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

//! Marks for bulk work: one by one, as a range, all that are listed.

use crate::domain::IncidentId;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::model::Model;
use crate::tui::theme::Tone;

/// Marks or unmarks the incident in hand.
pub fn one(model: &mut Model) -> Vec<Effect> {
    model.incidents.range = None;
    if let Some(id) = model.in_hand
        && !model.incidents.marked.remove(&id)
    {
        model.incidents.marked.insert(id);
    }
    say(model)
}

/// Begins a range at the incident in hand, or ends it.
pub fn range(model: &mut Model) -> Vec<Effect> {
    if model.incidents.range.take().is_some() {
        return say(model);
    }
    let Some(id) = model.in_hand.filter(|id| model.incidents.place(Some(*id)).is_some()) else {
        model.say("no incident of the list is in hand", Tone::Dim);
        return Vec::new();
    };
    model.incidents.range = Some((id, model.incidents.marked.clone()));
    stretch(model);
    let key = model.look.keymap.key(model.place(), Intent::MarkRange);
    model.say(format!("a range begins here: move, then {key} ends it"), Tone::Info);
    Vec::new()
}

/// The range goes from where it began to the incident in hand.
pub fn stretch(model: &mut Model) {
    let Some((from, before)) = &model.incidents.range else { return };
    let ends = (model.incidents.place(Some(*from)), model.incidents.place(model.in_hand));
    if let (Some(from), Some(to)) = ends {
        let mut marked = before.clone();
        let rows = &model.incidents.listed[from.min(to)..=from.max(to)];
        marked.extend(rows.iter().map(|row| row.header.id));
        model.incidents.marked = marked;
    }
}

/// Marks everything in the list, or unmarks it where all of it is marked.
pub fn all(model: &mut Model) -> Vec<Effect> {
    model.incidents.range = None;
    let listed: Vec<_> = model.incidents.listed.iter().map(|row| row.header.id).collect();
    let is_all = listed.iter().all(|id| model.incidents.marked.contains(id));
    for id in listed {
        if is_all {
            model.incidents.marked.remove(&id);
        } else {
            model.incidents.marked.insert(id);
        }
    }
    say(model)
}

/// No mark is left.
pub fn clear(model: &mut Model) -> Vec<Effect> {
    model.incidents.range = None;
    model.incidents.marked.clear();
    say(model)
}

fn say(model: &mut Model) -> Vec<Effect> {
    let marked = model.incidents.marked_in_order();
    let words = match marked.len() {
        0 => "nothing is marked".to_owned(),
        number => format!("{number} marked: {}", codes(model, &marked)),
    };
    model.say(words, Tone::Info);
    Vec::new()
}

/// Codes one after the other.
pub fn codes(model: &Model, ids: &[IncidentId]) -> String {
    ids.iter().map(|id| model.code_of(*id)).collect::<Vec<_>>().join(", ")
}

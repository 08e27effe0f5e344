//! Moving: between rows, panes and incidents.

use std::sync::Arc;

use crate::domain::IncidentId;
use crate::replica::request::Request;
use crate::tui::ahead;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::edit::LineEdit;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::panes::incidents::model as incidents;
use crate::tui::panes::matrix::board::Board;
use crate::tui::panes::roster;
use crate::tui::panes::timeline;
use crate::tui::scroll::Scroll;
use crate::tui::seen;
use crate::tui::theme::Tone;
use crate::tui::update;
use crate::tui::verbs;

/// Brings an incident to hand; one that is not held in full is asked for.
pub fn to_hand(model: &mut Model, id: Option<IncidentId>) -> Vec<Effect> {
    if id != model.in_hand {
        model.callouts.retain(|line| Some(line.incident) != id);
    }
    model.in_hand = id;
    model.timeline.show(id);
    seen::arrived(model);
    model.roster.scroll = Scroll::default();
    if model.new_p1 == id {
        model.new_p1 = None;
    }
    update::look_at(model);
    let coming = id.filter(|id| model.incident(*id).is_none());
    ahead::comes(model, coming);
    coming.map(|id| asked::ask(model, Request::Open(id), Asked::Opened(id))).into_iter().collect()
}

/// Brings another incident to hand and remembers the one before for `-`.
pub fn switch(model: &mut Model, id: Option<IncidentId>) -> Vec<Effect> {
    if id != model.in_hand {
        model.last_view = Some((model.focus, model.in_hand));
    }
    to_hand(model, id)
}

/// Moves within the pane that has the hands.
pub fn moved(model: &mut Model, intent: Intent) -> Vec<Effect> {
    let areas = model.areas();
    match model.focus {
        Pane::Incidents => {
            let height = crate::tui::panes::incidents::view::fitting(areas.inside(Pane::Incidents), &model.incidents);
            let selected = model.incidents.place(model.in_hand).unwrap_or(0);
            let mut scroll = Scroll { selected, top: model.incidents.top };
            if !scroll.take(intent, model.incidents.listed.len(), height) {
                return to_pane(model, if intent == Intent::Right { Pane::Timeline } else { Pane::Incidents });
            }
            model.incidents.top = scroll.top;
            let id = model.incidents.listed.get(scroll.selected).map(|row| row.header.id);
            match id {
                Some(id) => to_hand(model, Some(id)),
                None => Vec::new(),
            }
        }
        Pane::Timeline => {
            let is_moved = update::with_ground(model, |timeline, ground| timeline::update::moved(timeline, intent, ground));
            match (is_moved, intent) {
                (Some(false), Intent::Left) => to_pane(model, Pane::Incidents),
                _ => Vec::new(),
            }
        }
        Pane::Matrix => {
            let board = Board::of(&model.org().matrix, &model.incidents.open);
            let to = match intent {
                Intent::Top => model.incidents.beside(None, true),
                Intent::Bottom => model.incidents.open.last().map(|row| row.header.id),
                intent => board.step(model.in_hand, intent),
            };
            match to {
                Some(id) => switch(model, Some(id)),
                None => Vec::new(),
            }
        }
        Pane::Roles => {
            let Some(incident) = verbs::in_hand(model) else {
                return Vec::new();
            };
            let priority = model.rating(incident.id).and_then(|rating| rating.priority);
            let len = roster::model::lines(&incident, model.org(), priority).len();
            let height = usize::from(areas.inside(Pane::Roles).height);
            if !model.roster.scroll.take(intent, len, height) {
                return to_pane(model, if intent == Intent::Right { Pane::Timeline } else { Pane::Matrix });
            }
            Vec::new()
        }
    }
}

/// Gives the hands to a pane.
pub fn to_pane(model: &mut Model, pane: Pane) -> Vec<Effect> {
    if pane != model.focus {
        model.last_view = Some((model.focus, model.in_hand));
        model.incidents.is_typing = false;
        model.timeline.is_typing = false;
    }
    model.focus = pane;
    update::settle(model);
    Vec::new()
}

/// The open incident before or after the one in hand; a new P1 comes first.
pub fn beside(model: &mut Model, is_forward: bool) -> Vec<Effect> {
    let to = match model.new_p1.filter(|_| is_forward) {
        Some(id) => Some(id),
        None => model.incidents.beside(model.in_hand, is_forward),
    };
    match to {
        Some(id) => switch(model, Some(id)),
        None => {
            model.say("no incident is open", Tone::Dim);
            Vec::new()
        }
    }
}

/// Back to the last pane and incident.
pub fn last_view(model: &mut Model) -> Vec<Effect> {
    let Some((pane, id)) = model.last_view.take() else {
        model.say("there is no view to go back to", Tone::Dim);
        return Vec::new();
    };
    let here = (model.focus, model.in_hand);
    model.focus = pane;
    let effects = if id == here.1 { Vec::new() } else { to_hand(model, id) };
    model.last_view = Some(here);
    update::settle(model);
    effects
}

/// The pane alone, without borders.
pub fn zoom(model: &mut Model) -> Vec<Effect> {
    model.is_zoomed = !model.is_zoomed;
    update::settle(model);
    Vec::new()
}

/// Opens what is selected.
pub fn open(model: &mut Model) -> Vec<Effect> {
    match model.focus {
        Pane::Incidents => {
            update::with_ground(model, timeline::update::read_news);
            to_pane(model, Pane::Timeline)
        }
        Pane::Timeline => match update::with_ground(model, timeline::update::read_news) {
            Some(true) => Vec::new(),
            _ => verbs::entries::open(model),
        },
        Pane::Matrix => verbs::rating::open_cell(model),
        Pane::Roles => verbs::roles::open_line(model),
    }
}

/// One step back: filter, marks, scroll, zoom, then to the incidents.
pub fn back(model: &mut Model) -> Vec<Effect> {
    let has_filter = match model.focus {
        Pane::Incidents => model.incidents.filter.is_some(),
        Pane::Timeline => model.timeline.filter.is_some(),
        Pane::Matrix | Pane::Roles => false,
    };
    if has_filter {
        return clear_filter(model);
    }
    if !model.incidents.marked.is_empty() {
        model.incidents.marked.clear();
    } else if model.focus == Pane::Timeline && !model.timeline.follows() {
        model.timeline.follow();
    } else if model.focus == Pane::Timeline && (model.timeline.news.is_some() || model.timeline.sieve.is_some()) {
        model.timeline.sieve = None;
        if let Some(news) = &mut model.timeline.news {
            news.answer(true);
        }
    } else if model.is_zoomed {
        return zoom(model);
    } else if model.focus != Pane::Incidents {
        return to_pane(model, Pane::Incidents);
    }
    Vec::new()
}

/// Marks or unmarks the incident in hand for bulk work.
pub fn mark(model: &mut Model) -> Vec<Effect> {
    if let Some(id) = model.in_hand
        && !model.incidents.marked.remove(&id)
    {
        model.incidents.marked.insert(id);
    }
    let codes: Vec<String> = model.incidents.marked.iter().map(|id| model.code_of(*id)).collect();
    let words = if codes.is_empty() { "nothing is marked".into() } else { format!("marked: {}", codes.join(", ")) };
    model.say(words, Tone::Info);
    Vec::new()
}

/// Starts typing a filter; in panes without rows to filter it goes to the timeline's.
pub fn filter(model: &mut Model) -> Vec<Effect> {
    match model.focus {
        Pane::Incidents => {
            model.incidents.filter.get_or_insert_with(LineEdit::default);
            model.incidents.is_typing = true;
        }
        _ => {
            to_pane(model, Pane::Timeline);
            model.timeline.filter.get_or_insert_with(LineEdit::default);
            model.timeline.is_typing = true;
        }
    }
    update::refresh(model);
    Vec::new()
}

/// Takes the filter of the pane away; what was selected stays selected.
pub fn clear_filter(model: &mut Model) -> Vec<Effect> {
    match model.focus {
        Pane::Timeline => {
            let selected = model.current().and_then(|incident| model.timeline.selected_entry(incident)).map(|entry| entry.id);
            let was_chosen = model.timeline.selected.is_some();
            let was_empty = model.timeline.filter.take().is_none_or(|filter| filter.text().trim().is_empty());
            model.timeline.is_typing = false;
            if was_empty {
                model.timeline.sieve = None;
            }
            update::refresh(model);
            if let Some(id) = selected.filter(|_| was_chosen) {
                update::with_ground(model, |timeline, ground| timeline::update::reveal(timeline, id, ground));
            }
        }
        _ => {
            model.incidents.filter = None;
            model.incidents.is_typing = false;
            update::refresh(model);
        }
    }
    Vec::new()
}

/// The next or previous row that fits what was last searched for.
pub fn next_match(model: &mut Model, is_forward: bool) -> Vec<Effect> {
    if model.focus == Pane::Incidents {
        let query = &model.incidents.query;
        let snapshot = &model.snapshot;
        let (now, unsent) = (model.now(), &*snapshot.unsent);
        let ground = incidents::Ground { matrix: &snapshot.board.org.matrix, me: model.me(), now, unsent };
        let rows = &model.incidents.listed;
        let here = model.incidents.place(model.in_hand).unwrap_or(0);
        let len = rows.len();
        let ahead = (1..=len).map(|step| if is_forward { (here + step) % len } else { (here + len - step) % len });
        let found = ahead.map(|at| &rows[at]).find(|row| model.incidents.fits(query, row, &ground));
        let id = found.map(|row| row.header.id).filter(|_| !query.is_empty());
        return match id {
            Some(id) => to_hand(model, Some(id)),
            None => no_match(model),
        };
    }
    let is_found = update::with_ground(model, |timeline, ground| timeline::update::next_match(timeline, is_forward, ground));
    if is_found == Some(true) { Vec::new() } else { no_match(model) }
}

fn no_match(model: &mut Model) -> Vec<Effect> {
    model.say("no match; / says what to look for", Tone::Dim);
    Vec::new()
}

/// The next clock.
pub fn times(model: &mut Model) -> Vec<Effect> {
    model.clockface = model.clockface.next();
    let name = model.clockface.name(model.now(), model.look.local);
    model.say(format!("times {name}"), Tone::Info);
    Vec::new()
}

/// Shows an entry of an incident in the timeline.
pub fn to_entry(model: &mut Model, incident: IncidentId, entry: crate::domain::EventId) -> Vec<Effect> {
    model.overlays.clear();
    let effects = switch(model, Some(incident));
    to_pane(model, Pane::Timeline);
    let is_held = model.current().map(Arc::clone).is_some_and(|incident| incident.timeline.find(entry).is_some());
    if is_held {
        update::with_ground(model, |timeline, ground| timeline::update::reveal(timeline, entry, ground));
    }
    effects
}

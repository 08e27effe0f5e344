//! Moving: between rows, panes and incidents.

use std::sync::Arc;

use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::replica::request::Request;
use crate::tui::ahead;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::callouts;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::panes::incidents::lay::Lay;
use crate::tui::panes::matrix::board::Board;
use crate::tui::panes::roster;
use crate::tui::panes::timeline;
use crate::tui::scroll::Scroll;
use crate::tui::seen;
use crate::tui::theme::Tone;
use crate::tui::update;
use crate::tui::verbs;
use crate::tui::verbs::filtering;
use crate::tui::verbs::marks;

/// Brings an incident to hand; one that is not held in full is asked for.
pub fn to_hand(model: &mut Model, id: Option<IncidentId>) -> Vec<Effect> {
    if id != model.in_hand {
        model.callouts.retain(|line| Some(line.incident) != id);
    }
    model.in_hand = id;
    model.timeline.show(id);
    seen::arrived(model);
    if let Some(id) = id {
        callouts::heard(model, id);
    }
    model.roster.scroll = Scroll::default();
    model.new_p1s.retain(|new| Some(*new) != id);
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
            let Some(selected) = rows_moved(model, intent) else {
                return to_pane(model, if intent == Intent::Right { Pane::Timeline } else { Pane::Incidents });
            };
            let id = model.incidents.listed.get(selected).map(|row| row.header.id);
            let effects = id.map_or_else(Vec::new, |id| to_hand(model, Some(id)));
            marks::stretch(model);
            effects
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

/// Moves in the list; `None` if the intent is no movement. An incident that left the list is gone from where it last stood.
fn rows_moved(model: &mut Model, intent: Intent) -> Option<usize> {
    let areas = model.areas();
    let lay = Lay::of(areas.inside(Pane::Incidents), &model.incidents, model.in_hand, areas.has_frames);
    let place = model.incidents.place(model.in_hand);
    let gone = model.incidents.last_place;
    let selected = match (place, intent) {
        (Some(place), _) => place,
        // The row that took its place is the next one down.
        (None, Intent::Down | Intent::PageDown | Intent::HalfDown) => gone.checked_sub(1).unwrap_or(usize::MAX),
        (None, _) => gone,
    };
    let len = model.incidents.listed.len();
    if selected == usize::MAX {
        return Some(0);
    }
    let mut scroll = Scroll { selected, top: model.incidents.top };
    scroll.take(intent, len, lay.fitting()).then(|| {
        model.incidents.top = scroll.top;
        scroll.selected
    })
}

/// Gives the hands to a pane.
pub fn to_pane(model: &mut Model, pane: Pane) -> Vec<Effect> {
    if pane != model.focus {
        model.last_view = Some((model.focus, model.in_hand));
        if model.incidents.filter.is_typing {
            model.incidents.filter.keep();
        }
        model.timeline.filter.is_typing = false;
    }
    model.focus = pane;
    update::settle(model);
    Vec::new()
}

/// The open incident before or after the one in hand; a new P1 comes first.
pub fn beside(model: &mut Model, is_forward: bool) -> Vec<Effect> {
    let to = match model.new_p1s.first().filter(|_| is_forward) {
        Some(id) => Some(*id),
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
    if filtering::has_filter(model) {
        return filtering::clear(model);
    }
    if !model.incidents.marked.is_empty() && model.focus == Pane::Incidents {
        return marks::clear(model);
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

/// The next order of the list; what is in hand stays where it is on the screen.
pub fn sort(model: &mut Model) -> Vec<Effect> {
    model.incidents.sort = model.incidents.sort.next();
    update::refresh(model);
    model.say(format!("incidents by {}", model.incidents.sort.word()), Tone::Info);
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
pub fn to_entry(model: &mut Model, incident: IncidentId, entry: EventId) -> Vec<Effect> {
    model.overlays.clear();
    let effects = switch(model, Some(incident));
    to_pane(model, Pane::Timeline);
    let is_held = model.current().map(Arc::clone).is_some_and(|incident| incident.timeline.find(entry).is_some());
    if is_held {
        update::with_ground(model, |timeline, ground| timeline::update::reveal(timeline, entry, ground));
    }
    effects
}

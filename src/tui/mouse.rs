//! The mouse, where a person wants it: a click selects what is under it, a second one opens it, the wheel scrolls what is under it.

use ratatui::layout::Position;
use ratatui::layout::Rect;

use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::effect::Effect;
use crate::tui::input::Touch;
use crate::tui::input::Touched;
use crate::tui::keymap::Intent;
use crate::tui::keys;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::panes::incidents::lay::Lay;
use crate::tui::panes::matrix;
use crate::tui::panes::timeline;
use crate::tui::tabs;
use crate::tui::theme::Tone;
use crate::tui::update;
use crate::tui::verbs;
use crate::tui::verbs::go;
use crate::tui::view;
use crate::tui::write;

/// Rows a notch of the wheel moves.
const NOTCH: usize = 3;

/// Turns the mouse on or off for as long as the program runs.
pub fn toggle(model: &mut Model) -> Vec<Effect> {
    model.custom.has_mouse = !model.custom.has_mouse;
    let words = match model.custom.has_mouse {
        true => "the mouse selects and scrolls; your terminal selects text with Shift held, or after the same command again",
        false => "the mouse is your terminal's again",
    };
    model.say(words, Tone::Info);
    vec![Effect::Mouse(model.custom.has_mouse)]
}

/// Takes a click or a notch of the wheel.
pub fn touched(model: &mut Model, touch: Touch) -> Vec<Effect> {
    if !model.custom.has_mouse {
        return Vec::new();
    }
    let at = Position { x: touch.x, y: touch.y };
    if !model.overlays.is_empty() {
        return match touch.what {
            Touched::Click => click_overlay(model, at),
            what => roll_overlay(model, what),
        };
    }
    let areas = model.areas();
    if let Some(editor) = model.write.as_mut().filter(|_| areas.write.contains(at)) {
        if touch.what == Touched::Click {
            write::click(editor, areas.write, at);
        }
        return Vec::new();
    }
    let under = Pane::ALL.into_iter().find(|pane| areas.pane(*pane).contains(at));
    match (touch.what, under) {
        // It may lie over the frames of panes.
        (Touched::Click, _) if areas.alarm.contains(at) => go::beside(model, true),
        (Touched::Click, _) if areas.write.contains(at) => verbs::perform(model, Intent::Write),
        (Touched::Click, Some(pane)) => click_pane(model, pane, at),
        (Touched::Click, None) if areas.tabs.contains(at) => match tabs::at(model, areas.tabs, at.x) {
            Some(pane) => go::to_pane(model, pane),
            None => Vec::new(),
        },
        (Touched::Click, None) => Vec::new(),
        (what, Some(pane)) => roll_pane(model, pane, what),
        (_, None) => Vec::new(),
    }
}

fn arrow(what: Touched) -> (Intent, Chord) {
    match what {
        Touched::WheelUp => (Intent::Up, Chord::plain(Key::Up)),
        _ => (Intent::Down, Chord::plain(Key::Down)),
    }
}

/// Lists, pages and questions scroll as they do with the arrows; a form stays in its field.
fn roll_overlay(model: &mut Model, what: Touched) -> Vec<Effect> {
    match model.overlays.last() {
        Some(Overlay::Form(_) | Overlay::Assess(_)) | None => Vec::new(),
        Some(_) => (0..NOTCH).flat_map(|_| keys::key(model, arrow(what).1)).collect(),
    }
}

fn click_overlay(model: &mut Model, at: Position) -> Vec<Effect> {
    let body = model.areas().body;
    match model.overlays.last_mut() {
        Some(Overlay::List(list)) => {
            let told = list.click(body, at);
            keys::list_told(model, told)
        }
        Some(Overlay::Form(form)) => {
            form.click(body, at);
            Vec::new()
        }
        Some(Overlay::Assess(_)) => {
            click_assess(model, body, at);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Goes to the field under a click. Only a digit chooses: what is recorded at once is not clicked by chance.
fn click_assess(model: &mut Model, body: Rect, at: Position) {
    let field = match model.overlays.last() {
        Some(Overlay::Assess(form)) => view::assess_scene(model, form)
            .and_then(|scene| matrix::assess::field_under(form, &scene, body, at))
            .filter(|_| form.amount.is_none()),
        _ => None,
    };
    if let (Some(field), Some(Overlay::Assess(form))) = (field, model.overlays.last_mut()) {
        form.field = field;
    }
}

/// The pane under the wheel moves; where the hands are stays.
fn roll_pane(model: &mut Model, pane: Pane, what: Touched) -> Vec<Effect> {
    // What is written goes to the incident in the box; the list does not walk away under it.
    if model.write.is_some() && pane == Pane::Incidents {
        return Vec::new();
    }
    let focus = std::mem::replace(&mut model.focus, pane);
    let effects = (0..NOTCH).flat_map(|_| go::moved(model, arrow(what).0)).collect();
    model.focus = focus;
    effects
}

fn click_pane(model: &mut Model, pane: Pane, at: Position) -> Vec<Effect> {
    let area = model.areas().inside(pane);
    let was_here = model.focus == pane;
    let mut effects = if model.write.is_some() { Vec::new() } else { go::to_pane(model, pane) };
    if !area.contains(at) {
        return effects;
    }
    let row = at.y - area.y;
    let is_again = match pane {
        Pane::Incidents => {
            let lay = Lay::of(area, &model.incidents, model.in_hand, model.areas().has_frames);
            let Some(id) = lay.at(&model.incidents, at.y).filter(|_| model.write.is_none()) else {
                return effects;
            };
            let is_again = model.in_hand == Some(id);
            if !is_again {
                effects.extend(go::to_hand(model, Some(id)));
            }
            is_again
        }
        Pane::Timeline => update::with_ground(model, |timeline, ground| timeline::update::select_row(timeline, ground, row)) == Some(true),
        Pane::Roles => click_role(model, area, row),
        Pane::Matrix => match matrix::view::under(&view::matrix_scene(model), area, at) {
            Some(id) if model.write.is_none() => {
                let is_again = model.in_hand == Some(id);
                effects.extend(go::to_hand(model, Some(id)));
                is_again
            }
            _ => false,
        },
    };
    if is_again && was_here && model.write.is_none() {
        effects.extend(verbs::perform(model, Intent::Open));
    }
    effects
}

/// Selects a line of the roles; answers whether it was selected already.
fn click_role(model: &mut Model, area: Rect, row: u16) -> bool {
    let scroll = &mut model.roster.scroll;
    let to = scroll.top + usize::from(row.min(area.height));
    let is_again = scroll.selected == to;
    scroll.selected = to;
    is_again
}

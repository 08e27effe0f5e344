//! Choosing a theme: each is put on as one walks over it, and Esc puts the old one back.

use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::theme::Tone;

/// The themes there are.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let worn = model.custom.worn.clone();
    let rows = model.custom.themes.iter().map(|name| {
        let row = Row::new(Pick::Theme(name.clone()), name.clone());
        if *name == worn { row.note("now") } else { row }
    });
    let list = List::choices(ListOf::Themes(worn.clone()), "Theme", rows.collect()).select(|row| row.label == worn);
    model.open(Overlay::List(list))
}

/// Puts a theme on for as long as the program runs.
pub fn wear(model: &mut Model, name: String) -> Vec<Effect> {
    model.say(format!("theme {name} until you quit; `theme = \"{name}\"` in config.toml keeps it"), Tone::Info);
    put_on(model, name)
}

/// Puts on what the selection of the open list stands on.
pub fn preview(model: &mut Model) -> Vec<Effect> {
    let selected = match model.overlays.last() {
        Some(Overlay::List(list)) if matches!(list.of, ListOf::Themes(_)) => list.selected(),
        _ => None,
    };
    match selected {
        Some(Pick::Theme(name)) if *name != model.custom.worn => {
            let name = name.clone();
            put_on(model, name)
        }
        _ => Vec::new(),
    }
}

/// The list was left without a choice.
pub fn put_back(model: &mut Model) -> Vec<Effect> {
    match model.overlays.last() {
        Some(Overlay::List(List { of: ListOf::Themes(before), .. })) if *before != model.custom.worn => {
            let before = before.clone();
            put_on(model, before)
        }
        _ => Vec::new(),
    }
}

fn put_on(model: &mut Model, name: String) -> Vec<Effect> {
    model.custom.worn.clone_from(&name);
    vec![Effect::Wear(name)]
}

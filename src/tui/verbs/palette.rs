//! The palette: every command by name with its key, every status, and every incident by its code.

use crate::domain::Code;
use crate::domain::Status;
use crate::tui::effect::Effect;
use crate::tui::keymap::Binding;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::go;
use crate::tui::verbs::incident;

/// So many commands stay on top, the last one first.
const RECENT_MAX: usize = 5;

/// Opens it: what was used last, then the commands of this place, of everywhere, the statuses and the open incidents.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let place = model.place();
    let keymap = &model.look.keymap;
    let commands: Vec<&Binding> =
        keymap.of_place(place).chain(keymap.of_place(Place::Everywhere)).filter(|binding| binding.intent != Intent::Palette).collect();
    let recent = model.recent.iter().filter_map(|intent| commands.iter().find(|binding| binding.intent == *intent));
    let others = commands.iter().filter(|binding| !model.recent.contains(&binding.intent));
    let mut rows: Vec<Row> = recent.chain(others).map(|binding| command(binding)).collect();
    if let Some(held) = model.current() {
        let code = held.code_text();
        let statuses = Status::ALL.iter().filter(|status| **status != held.status.value && **status != Status::Merged);
        rows.extend(
            statuses.map(|status| Row::new(Pick::Status(*status), format!("{code} becomes {status}")).lead(format!("status {status}"))),
        );
    }
    let others = model.incidents.open.iter().filter(|row| Some(row.header.id) != model.in_hand);
    rows.extend(
        others.map(|row| Row::new(Pick::Incident(row.header.id), row.header.title.clone()).lead(row.header.code_text()).note("go there")),
    );
    let themes = model.custom.themes.iter().filter(|name| **name != model.custom.worn);
    rows.extend(themes.map(|name| Row::new(Pick::Theme(name.clone()), format!("wear the theme {name}")).lead(format!("theme {name}"))));
    model.open(Overlay::List(List::typing(ListOf::Palette, "Commands", rows)))
}

fn command(binding: &Binding) -> Row {
    Row::new(Pick::Intent(binding.intent), binding.says.clone()).lead(binding.intent.name().replace('-', " ")).note(binding.keys_text())
}

/// A code or its number names an incident that is not listed, closed ones too.
pub fn typed(model: &mut Model) {
    let Some(Overlay::List(list)) =
        model.overlays.last_mut().filter(|overlay| matches!(overlay, Overlay::List(list) if list.of == ListOf::Palette))
    else {
        return;
    };
    const NOTE: &str = "closed, go there";
    list.rows.retain(|row| row.note != NOTE);
    let typed = list.query.as_ref().map(|query| query.text().trim().to_owned()).unwrap_or_default();
    let code: Option<Code> = typed.parse().ok().or_else(|| typed.parse().ok().map(Code));
    let found = code.and_then(|code| Some((code, model.snapshot.by_code(code)?)));
    let header = found.and_then(|(_, id)| model.snapshot.headers.get(&id));
    if let Some((code, id)) = found.filter(|_| header.is_none_or(|header| !header.status.is_open())) {
        let title = header.map_or_else(|| "an older incident".to_owned(), |header| header.title.clone());
        let row = Row::new(Pick::Incident(id), title).lead(code.to_string()).note(NOTE).tone(Tone::Dim);
        list.rows.insert(0, row);
    }
}

/// Does what was chosen in it.
pub fn chosen(model: &mut Model, pick: Pick) -> Vec<Effect> {
    match pick {
        Pick::Intent(intent) => {
            model.recent.retain(|known| *known != intent);
            model.recent.insert(0, intent);
            model.recent.truncate(RECENT_MAX);
            verbs::perform(model, intent)
        }
        Pick::Status(status) => match model.in_hand {
            Some(id) => incident::set_status(model, id, status),
            None => Vec::new(),
        },
        Pick::Incident(id) => go::switch(model, Some(id)),
        Pick::Theme(name) => verbs::themes::wear(model, name),
        _ => Vec::new(),
    }
}

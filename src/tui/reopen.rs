//! Where the program was: kept beside the drafts, so that it opens there again, the box included.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::IncidentId;
use crate::replica::request::Request;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::clockface::Clockface;
use crate::tui::effect::Effect;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::presenting;
use crate::tui::update;
use crate::tui::verbs::drafts;
use crate::tui::verbs::writing;

/// The key it is kept under.
pub const KEY: &str = "view";

/// Where the program was. Fields of other versions are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    incident: Option<IncidentId>,
    /// 1 to 4, as the keys.
    pane: usize,
    is_zoomed: bool,
    /// How often `t` was pressed.
    clock: usize,
    /// The draft in the open box.
    open_box: Option<String>,
    /// Onlookers may still be there.
    #[serde(default)]
    is_presenting: bool,
}

const FACES: [Clockface; 3] = [Clockface::Utc, Clockface::Local, Clockface::SinceStart];

impl View {
    fn of(model: &Model) -> Self {
        Self {
            incident: model.in_hand,
            pane: model.focus as usize + 1,
            is_zoomed: model.is_zoomed,
            clock: FACES.iter().position(|face| *face == model.clockface).unwrap_or(0),
            open_box: drafts::key_of_box(model),
            is_presenting: model.presented.is_some(),
        }
    }
}

/// Keeps where the program is, if that changed.
pub fn keep(model: &mut Model) -> Vec<Effect> {
    let view = View::of(model);
    if model.kept_view.as_ref() == Some(&view) {
        return Vec::new();
    }
    let Ok(body) = serde_json::to_string(&view) else { return Vec::new() };
    let incident = view.incident;
    model.kept_view = Some(view);
    vec![asked::ask(model, Request::KeepDraft { key: KEY.to_owned(), incident, body }, Asked::View)]
}

/// Goes back to where the program was, as far as that is still there.
pub fn restore(model: &mut Model) {
    let kept = model.snapshot.drafts.iter().find(|draft| draft.key == KEY && !draft.leased_elsewhere);
    let Some(view) = kept.and_then(|draft| serde_json::from_str::<View>(&draft.body).ok()) else { return };
    if view.is_presenting {
        presenting::set(model, true);
        update::refresh(model);
    }
    let is_held = |id: &IncidentId| model.header(*id).is_some_and(|header| header.status.is_open());
    if model.in_hand.is_some() {
        return;
    }
    model.in_hand = view.incident.filter(is_held);
    model.focus = view.pane.checked_sub(1).and_then(|at| Pane::ALL.get(at)).copied().unwrap_or(Pane::Incidents);
    model.is_zoomed = view.is_zoomed;
    model.clockface = FACES.get(view.clock).copied().unwrap_or_default();
    if let Some(key) = &view.open_box {
        writing::open_again(model, key);
    }
    model.kept_view = Some(view);
}

//! Where the program was: kept beside the drafts, so that it opens there again, the box included.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::domain::IncidentId;
use crate::replica::request::Request;
use crate::replica::snapshot::Held;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::clockface::Clockface;
use crate::tui::effect::Effect;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::panes::incidents::sort::Sort;
use crate::tui::panes::timeline::news::Seen;
use crate::tui::presenting;
use crate::tui::update;
use crate::tui::verbs::drafts;
use crate::tui::verbs::opening;

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
    /// What was last seen of each incident.
    #[serde(default)]
    seen: BTreeMap<IncidentId, Seen>,
    /// What the incidents pane lists, and in which order.
    #[serde(default)]
    list: Listing,
}

/// A view by name, the filter on it, the order by its word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Listing {
    view: String,
    filter: Option<String>,
    order: String,
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
            seen: seen(model),
            list: Listing {
                view: model.incidents.views.shown.name.clone(),
                filter: model.incidents.filter.text().map(str::to_owned),
                order: model.incidents.sort.word().to_owned(),
            },
        }
    }
}

/// Of so many incidents, those looked at last, it is kept what was seen.
const SEEN_MAX: usize = 128;
/// What was seen is kept this often while one works: a crash costs a few marks, a key costs no disk.
const SEEN_EVERY_MS: i64 = 60_000;

fn seen(model: &Model) -> BTreeMap<IncidentId, Seen> {
    let mut seen: Vec<_> = model.seen.iter().filter(|(id, _)| model.header(**id).is_some()).collect();
    seen.sort_by_key(|(_, seen)| std::cmp::Reverse(seen.at));
    seen.into_iter().take(SEEN_MAX).map(|(id, seen)| (*id, seen.clone())).collect()
}

/// Keeps what was seen, if anything new was and it was not kept for a while.
pub fn keep_seen(model: &mut Model) -> Vec<Effect> {
    let kept = model.kept_view.as_ref().map(|view| &view.seen);
    let was_kept = |id, seq| kept.and_then(|kept: &BTreeMap<IncidentId, Seen>| kept.get(id)).is_some_and(|kept| kept.seq == seq);
    let kept_at = kept.and_then(|kept| kept.values().map(|seen| seen.at).max());
    let is_due = kept_at.is_none_or(|at| model.now().since_ms(at) >= SEEN_EVERY_MS);
    if is_due && model.seen.iter().any(|(id, seen)| !was_kept(id, seen.seq)) { keep(model) } else { Vec::new() }
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
    let kept = model.snapshot.drafts.iter().find(|draft| draft.key == KEY && draft.held == Held::Here);
    let Some(view) = kept.and_then(|draft| serde_json::from_str::<View>(&draft.body).ok()) else { return };
    if view.is_presenting {
        presenting::set(model, true);
        update::refresh(model);
    }
    model.seen = view.seen.clone();
    if let Some(known) = model.incidents.views.named(&view.list.view) {
        model.incidents.views.shown = known;
    }
    model.incidents.sort = Sort::named(&view.list.order).unwrap_or_default();
    model.incidents.filter.put(view.list.filter.clone());
    if model.in_hand.is_some() {
        return;
    }
    model.in_hand = view.incident.filter(|id| model.header(*id).is_some_and(|header| header.status.is_open()));
    model.focus = view.pane.checked_sub(1).and_then(|at| Pane::ALL.get(at)).copied().unwrap_or(Pane::Incidents);
    model.is_zoomed = view.is_zoomed;
    model.clockface = FACES.get(view.clock).copied().unwrap_or_default();
    if let Some(key) = &view.open_box {
        opening::open_again(model, key);
    }
    model.kept_view = Some(view);
}

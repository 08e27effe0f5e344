//! Saved filters: choosing, saving and deleting them, and keeping them in the home.

use serde::Deserialize;
use serde::Serialize;

use crate::query::About;
use crate::replica::request::Request;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::FormOf;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::panes::incidents::views::Origin;
use crate::tui::panes::incidents::views::View;
use crate::tui::theme::Tone;
use crate::tui::update;
use crate::tui::verbs::go;

/// The key they are kept under, beside the drafts.
pub const KEY: &str = "views";

/// What is kept. Fields of other versions are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    views: Vec<View>,
    /// Queries typed before over incidents, the last one first.
    recent: Vec<String>,
    /// The same over entries.
    recent_of_entries: Vec<String>,
}

/// Which incidents are listed.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let shown = model.incidents.views.shown.name.clone();
    let rows = model.incidents.views.all().into_iter().enumerate().map(|(at, (view, origin, says))| {
        let origin = match origin {
            Origin::Program => "",
            Origin::Configuration => ", from the configuration",
            Origin::Own => ", yours: d deletes",
        };
        let now = if view.name == shown { ", now" } else { "" };
        Row::new(Pick::View(at), view.name).note(format!("{says}{origin}{now}"))
    });
    let mut rows: Vec<Row> = rows.collect();
    let at = rows.iter().position(|row| row.label == shown).unwrap_or(0);
    rows.push(match model.incidents.filter.text().filter(|text| !text.trim().is_empty()) {
        Some(text) => Row::new(Pick::SaveView, format!("save the filter as a view: {text}")),
        None => Row::new(Pick::SaveView, "save a new view: a query under a name"),
    });
    let list = List::choices(ListOf::Views, "Incidents", rows).select(|row| row.pick == Some(Pick::View(at)));
    model.open(Overlay::List(list))
}

/// Lists what a view lets through. The filter of the one before goes with it; the incident in hand stays.
pub fn show(model: &mut Model, at: usize) -> Vec<Effect> {
    let Some((view, _, _)) = model.incidents.views.all().into_iter().nth(at) else { return Vec::new() };
    model.incidents.views.shown = view;
    model.incidents.filter.put(None);
    model.incidents.top = 0;
    update::refresh(model);
    go::to_pane(model, Pane::Incidents);
    if let Some(problem) = model.incidents.view_query.problems.first().cloned() {
        model.say_no(format!("in the query of `{}`: {}", model.incidents.views.shown.name, problem.says));
    }
    let first = model.incidents.listed.first().map(|row| row.header.id);
    match model.incidents.place(model.in_hand) {
        None if first.is_some() => go::switch(model, first),
        _ => Vec::new(),
    }
}

/// Asks for the name under which the view and the filter on screen are saved.
pub fn save_form(model: &mut Model) -> Vec<Effect> {
    let filter = model.incidents.filter.text().unwrap_or_default().trim();
    let shown = &model.incidents.views.shown;
    let query = format!("{} {filter}", shown.query).trim().to_owned();
    let is_own = model.incidents.views.own.iter().any(|own| own.name == shown.name);
    let name = if is_own { shown.name.clone() } else { String::new() };
    let fields =
        vec![Field::new("Name", "one word, such as custody").with(name), Field::new("Query", "words and key:value terms").with(query)];
    let form = Form::new(FormOf::SaveView, "Save a view", fields);
    model.open(Overlay::Form(form.says("v lists it from then on, for you on this machine", Tone::Dim)))
}

/// Saves the form on top. A query of which a term means nothing is not saved.
///
/// # Errors
/// What is wrong with the name or the query.
pub fn save(model: &mut Model, name: &str, query: &str) -> Result<Vec<Effect>, String> {
    if let Some(problem) = model.read_query(query, About::Incidents).problems.first() {
        return Err(problem.says.clone());
    }
    let view = View { name: name.to_owned(), query: query.to_owned() };
    let is_known = model.incidents.views.own.iter().any(|own| own.name == view.name);
    model.incidents.views.save(view.clone())?;
    model.incidents.views.shown = view;
    model.incidents.filter.put(None);
    update::refresh(model);
    let says = format!("view `{name}` {}: v lists it", if is_known { "changed" } else { "saved" });
    Ok(keep(model, Asked::Says(says)))
}

/// Deletes an own view; one that is shown gives way to the open incidents.
pub fn delete(model: &mut Model, at: usize) -> Vec<Effect> {
    let Some((view, origin, _)) = model.incidents.views.all().into_iter().nth(at) else { return Vec::new() };
    if origin != Origin::Own {
        let whose = if origin == Origin::Program { "of the program" } else { "of the configuration file" };
        model.say(format!("`{}` is a view {whose}; only your own are deleted here", view.name), Tone::Warn);
        return Vec::new();
    }
    model.overlays.pop();
    model.incidents.views.own.retain(|own| own.name != view.name);
    let mut effects = Vec::new();
    if model.incidents.views.shown.name == view.name {
        effects.extend(show(model, 0));
    }
    effects.extend(keep(model, Asked::Says(format!("view `{}` deleted; its query was {}", view.name, view.query))));
    effects
}

/// Keeps views and queries in the home.
pub fn keep(model: &mut Model, asked: Asked) -> Vec<Effect> {
    let (incidents, entries) = (&model.incidents, &model.timeline);
    let (recent, recent_of_entries) = (incidents.filter.recent.clone(), entries.filter.recent.clone());
    let kept = Kept { views: incidents.views.own.clone(), recent, recent_of_entries };
    let Ok(body) = serde_json::to_string(&kept) else { return Vec::new() };
    vec![asked::ask(model, Request::KeepDraft { key: KEY.to_owned(), incident: None, body }, asked)]
}

/// Brings back what was kept last, by whichever program of this home.
pub fn restore(model: &mut Model) {
    let all = model.snapshot.drafts.iter().filter(|draft| draft.key == KEY);
    let newest = all.max_by_key(|draft| draft.kept_at);
    if let Some(kept) = newest.and_then(|draft| serde_json::from_str::<Kept>(&draft.body).ok()) {
        model.incidents.views.own = kept.views;
        model.incidents.filter.recent = kept.recent;
        model.timeline.filter.recent = kept.recent_of_entries;
    }
}

//! How bad it is: the assessment form and what it records, and how the priority moved.

use std::sync::Arc;

use crate::domain::Command;
use crate::domain::EntryState;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Severity;
use crate::replica::request::Request;
use crate::report;
use crate::secret;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::glyphs::PENDING;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::panes::incidents;
use crate::tui::panes::matrix::board::Board;
use crate::tui::panes::matrix::chart::Chart;
use crate::tui::panes::matrix::left;
use crate::tui::panes::matrix::left::Left;
use crate::tui::panes::matrix::model::Assess;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::drafts;
use crate::tui::words;

/// Opens the form at the severity: one digit records it. What was left in it unrecorded is there again.
pub fn open(model: &mut Model) -> Vec<Effect> {
    if let Some(incident) = verbs::in_hand(model) {
        let left = drafts::kept(model, &left::key(incident.id)).and_then(|body| serde_json::from_str::<Left>(&body).ok());
        let form = match left {
            Some(left) => {
                model.say("what you left unrecorded is here again; Backspace takes a line back", Tone::Info);
                Assess { kept: Some(left.clone()), ..left.form() }
            }
            None => Assess::new(incident.id, Some(&incident)),
        };
        model.open(Overlay::Assess(form));
    }
    Vec::new()
}

/// Leaves the form; what was chosen in it comes back with the next one.
pub fn leave(model: &mut Model) -> Vec<Effect> {
    let effects = drafts::keep_now(model);
    if let Some(Overlay::Assess(form)) = model.overlays.pop()
        && form.is_changed()
        && !form.is_waiting
    {
        let code = model.code_of(form.incident);
        let key = model.look.keymap.key(Place::Everywhere, Intent::Assess);
        model.say(format!("{code}: nothing recorded; {key} brings your changes back"), Tone::Info);
    }
    effects
}

/// Records a severity at once; dimensions that were changed beside it stay in the form.
pub fn severity(model: &mut Model, severity: Severity) -> Vec<Effect> {
    let Some(Overlay::Assess(form)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let (incident, stays) = (form.incident, form.is_changed());
    form.is_waiting = !stays;
    form.error.clear();
    let command = Command::SetSeverity { severity, reason: String::new() };
    let says = format!("{}: severity {severity}", model.code_of(incident));
    let asked = if stays { Asked::Says(says) } else { Asked::Assess(says, None) };
    vec![asked::ask(model, Request::Command { incident, command, draft: None }, asked)]
}

/// Records what was changed, unless another person changed the same meanwhile: that is said first.
pub fn record(model: &mut Model) -> Vec<Effect> {
    let (org, me, now) = (Arc::clone(model.org()), model.me().clone(), model.now());
    let current = match model.overlays.last() {
        Some(Overlay::Assess(form)) => model.incident(form.incident).map(Arc::clone),
        _ => None,
    };
    let (Some(Overlay::Assess(form)), Some(incident)) = (model.overlays.last_mut(), current) else {
        return Vec::new();
    };
    let mut command = match form.command(&incident, &org.matrix) {
        Ok(command) => command,
        Err(why) => {
            // What is missing is a reason wherever something was chosen.
            if form.overridden.is_some() {
                form.field = Assess::fields(&org.matrix) - 1;
            }
            form.error = why.into();
            return Vec::new();
        }
    };
    if let Some(told) = form.overwritten(&incident, &org.matrix, &me) {
        form.error = told;
        return Vec::new();
    }
    if let Some(told) = masked(&mut command).filter(|told| form.error != *told) {
        form.error = told;
        return Vec::new();
    }
    form.is_waiting = true;
    let after = form.preview(&incident, &org.matrix, &me, now);
    let before = org.matrix.rate(&incident.assessment, now);
    let moved = if before.priority == after.priority { String::new() } else { format!("{} → ", before.label()) };
    let says = format!("{}: assessed, {moved}{}", incident.code_text(), after.label());
    let draft = Some(left::key(incident.id));
    vec![asked::ask(model, Request::Command { incident: incident.id, command, draft: draft.clone() }, Asked::Assess(says, draft))]
}

/// Masks what looks like a secret in the reason; says so.
fn masked(command: &mut Command) -> Option<String> {
    let mut told = None;
    for (_, text) in command.texts_mut() {
        let finds = secret::find(text);
        if let Some(find) = finds.first() {
            let looks = find.secret.words();
            told = Some(format!("this looks like {looks}: Enter again records it masked; once recorded, every copy has it"));
            *text = secret::mask(text, &finds);
        }
    }
    told
}

/// Opens what stands in the cell of the incident in hand: the incident, or the list where there are several.
pub fn open_cell(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.in_hand else {
        return verbs::go::beside(model, true);
    };
    let rows = cell_rows(model, id);
    if rows.len() < 2 {
        return verbs::go::to_pane(model, Pane::Timeline);
    }
    let title = format!("{} incidents in this cell", rows.len());
    let list = List::choices(ListOf::Cell(id), title, rows).select(|row| row.pick == Some(Pick::Incident(id)));
    model.open(Overlay::List(list))
}

/// What stands where an incident stands, the most pressing first.
pub fn cell_rows(model: &Model, id: IncidentId) -> Vec<Row> {
    let board = Board::of(&model.org().matrix, &model.incidents.open);
    let here = board.find(Some(id)).map(|(place, _)| board.at(place)).unwrap_or_default();
    let row = |row: &&incidents::row::Row| {
        let why = row.rating.reason.split_once(": ").map_or(row.rating.reason.as_str(), |(_, why)| why);
        let lead = format!("{} {}", row.rating.label(), row.header.code_text());
        Row::new(Pick::Incident(row.header.id), row.header.title.clone()).lead(lead).note(why)
    };
    here.iter().map(row).collect()
}

/// How the priority of the incident in hand moved: a chart, and under it who, when and why.
pub fn history(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let title = format!("How the priority of {} moved", incident.code_text());
    let mut list = List::choices(ListOf::Ratings(incident.id), title, history_rows(model, &incident)).unnumbered();
    list.chart = Some(chart(model, &incident));
    model.open(Overlay::List(list.or_says("nobody has rated it yet")))
}

/// The chart over the list.
pub fn chart(model: &Model, incident: &Incident) -> Chart {
    let clock = |at| model.clockface.write(at, incident.opened_at, model.look.local, 5);
    Chart::of(incident, &model.org().matrix, model.now(), clock)
}

/// Every step with who, when and why, the newest first; Enter goes to its line.
pub fn history_rows(model: &Model, incident: &Incident) -> Vec<Row> {
    let clock = |at| model.clockface.write(at, incident.opened_at, model.look.local, 8);
    let steps = report::ratings(incident, &model.org().matrix, model.now());
    let row = |step: report::Moved| {
        let moved = match step.before == step.priority {
            true => words::priority(step.priority),
            false => format!("{} → {}", words::priority(step.before), words::priority(step.priority)),
        };
        let why = if step.why.is_empty() { String::new() } else { format!(": {}", step.why) };
        let by = step.by.as_ref().map_or("", |person| person.as_str());
        let waits = if step.event.is_some() && step.state == EntryState::Local { format!(" {PENDING} not sent") } else { String::new() };
        let label = format!("{moved:<8}  {}{why}{waits}", step.what);
        let row = Row { pick: step.event.map(|event| Pick::Entry(incident.id, event)), ..Row::says(label) };
        row.lead(format!("{} {by}", clock(step.at))).tone(if step.by.is_none() { Tone::Warn } else { Tone::Text })
    };
    steps.into_iter().rev().map(row).collect()
}

//! How bad it is: the assessment form and what it records.

use crate::domain::Command;
use crate::domain::Severity;
use crate::replica::request::Request;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::pick::FormOf;
use crate::tui::panes::matrix::model::Assess;
use crate::tui::verbs;

/// Opens the form at the severity: one digit records it.
pub fn open(model: &mut Model) -> Vec<Effect> {
    if let Some(incident) = verbs::in_hand(model) {
        model.overlays.push(Overlay::Assess(Assess::new(incident.id)));
    }
    Vec::new()
}

/// Records a severity at once, unless dimensions wait beside it.
pub fn severity(model: &mut Model, severity: Severity) -> Vec<Effect> {
    let Some(Overlay::Assess(form)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    form.is_waiting = true;
    let incident = form.incident;
    let command = Command::SetSeverity { severity, reason: String::new() };
    let says = format!("{}: severity {severity}", model.code_of(incident));
    vec![asked::ask(model, Request::Command { incident, command, draft: None }, Asked::Assess(says))]
}

/// Records the dimensions that changed.
pub fn record(model: &mut Model) -> Vec<Effect> {
    let matrix = model.org().matrix.clone();
    let current = match model.overlays.last() {
        Some(Overlay::Assess(form)) => model.incident(form.incident).map(std::sync::Arc::clone),
        _ => None,
    };
    let (Some(Overlay::Assess(form)), Some(incident)) = (model.overlays.last_mut(), current) else {
        return Vec::new();
    };
    let scores = form.scores(&incident, &matrix);
    if scores.is_empty() {
        form.error = "nothing changed: one digit scores the line, Esc leaves".into();
        return Vec::new();
    }
    form.is_waiting = true;
    let says = format!("{}: {}", incident.code_text(), crate::tui::words::count(scores.len(), "dimension scored", "dimensions scored"));
    let command = Command::Assess { scores, reason: String::new() };
    vec![asked::ask(model, Request::Command { incident: incident.id, command, draft: None }, Asked::Assess(says))]
}

/// Asks for the priority against the matrix, and why.
pub fn override_form(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Assess(form)) = model.overlays.last() else {
        return Vec::new();
    };
    let incident = form.incident;
    let title = format!("Override the priority of {}", model.code_of(incident));
    let fields =
        vec![Field::new("Priority", "1 … 5, or nothing to give it back to the matrix"), Field::new("Reason", "why the matrix is wrong")];
    model.overlays.pop();
    model.overlays.push(Overlay::Form(Form::new(FormOf::Override(incident), title, fields)));
    Vec::new()
}

//! What a filled-in form becomes. The form stays until the answer is there; a refusal leaves every word in place.

use crate::domain::Command;
use crate::domain::IncidentId;
use crate::replica::request::Request;
use crate::text::moment;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::pick::FormOf;
use crate::tui::panes::timeline;
use crate::tui::update;
use crate::tui::verbs;
use crate::tui::verbs::drafts;
use crate::tui::verbs::incident;
use crate::tui::verbs::record;

/// Sends the form on top, or says in it what is missing.
pub fn submit(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = model.overlays.last() else {
        return Vec::new();
    };
    if let FormOf::AmendReason(..) = form.of {
        let reason = form.text(0).to_owned();
        return match reason.is_empty() {
            true => {
                waiting(model, false, "amending another's line needs a reason; Esc goes back to your words");
                Vec::new()
            }
            false => record::reasoned(model, Some(reason)),
        };
    }
    if let FormOf::Time(_) = form.of {
        let typed = form.text(0).to_owned();
        if let Err(why) = verbs::narrow::to_time(model, &typed) {
            waiting(model, false, &why);
        }
        return Vec::new();
    }
    let (result, key) = (command(model, form), drafts::key_of_form(form));
    match result {
        Ok((incident, command, says)) => {
            if let Command::AmendEntry { entry, happened_at: Some(_), .. } = command {
                update::with_ground(model, |timeline, ground| timeline::update::pin(timeline, entry, ground));
            }
            let is_new = matches!(command, Command::Declare { .. });
            waiting(model, true, "");
            let asked = if is_new { Asked::Declared } else { Asked::Form(says) };
            vec![asked::ask(model, Request::Command { incident, command, draft: Some(key) }, asked)]
        }
        Err(why) => {
            waiting(model, false, &why);
            Vec::new()
        }
    }
}

/// Marks the form on top as sent, or puts a sentence into it.
pub fn waiting(model: &mut Model, is_waiting: bool, error: &str) {
    if let Some(Overlay::Form(form)) = model.overlays.last_mut() {
        form.is_waiting = is_waiting;
        form.error = error.to_owned();
    }
}

fn command(model: &Model, form: &Form) -> Result<(IncidentId, Command, String), String> {
    let first = form.text(0).to_owned();
    let code = |id: IncidentId| model.code_of(id);
    Ok(match &form.of {
        FormOf::Declare => (IncidentId::ORG, incident::declaration(&first)?, "declared".into()),
        FormOf::Edit(id) => (*id, edit(model, *id, form)?, format!("{}: edited", code(*id))),
        FormOf::StatusReason(id, status) => {
            let command = Command::SetStatus { status: *status, reason: needed(first, "a reason is needed here")? };
            (*id, command, format!("{}: {status}", code(*id)))
        }
        FormOf::TakeReason(id) => {
            let reason = needed(first, "taking command from someone needs a reason")?;
            (*id, Command::TakeCommand { reason }, format!("{}: you have command", code(*id)))
        }
        FormOf::AmendReason(id, command) => (*id, (**command).clone(), String::new()),
        FormOf::DeclineReason(id) => (*id, Command::DeclineCommand { reason: first }, format!("{}: declined", code(*id))),
        FormOf::StrikeReason(id, entry) => (*id, Command::StrikeEntry { entry: *entry, reason: first }, format!("{}: struck", code(*id))),
        FormOf::WithdrawReason(id, task) => {
            (*id, Command::WithdrawTask { task: *task, reason: first }, format!("{}: task withdrawn", code(*id)))
        }
        FormOf::TaskResult(id, task) => (*id, Command::FinishTask { task: *task, result: first }, format!("{}: task done", code(*id))),
        FormOf::Task(id, person) => {
            let text = needed(first, "a task needs words: what is to be done")?;
            let due_at = due(model, form.text(1))?;
            (*id, Command::GiveTask { person: person.clone(), text, due_at }, format!("{}: task given to {person}", code(*id)))
        }
        FormOf::Retime(id, entry) => {
            let zone = model.clockface.zone(model.look.local);
            let at_ms = moment::read_time(&first, model.now().millis(), zone).map_err(|why| why.to_string())?;
            let happened_at = Some(crate::domain::Timestamp::from_millis(at_ms));
            let command = Command::AmendEntry {
                entry: *entry,
                text: None,
                kind: None,
                outcome: None,
                audience: None,
                happened_at,
                reason: "the time was wrong".into(),
            };
            (*id, command, format!("{}: re-timed", code(*id)))
        }
        FormOf::Time(_) => return Err("a time is gone to, not recorded".into()),
    })
}

fn edit(model: &Model, id: IncidentId, form: &Form) -> Result<Command, String> {
    let incident = model.incident(id).ok_or("this incident is no longer held here")?;
    let changed = |text: &str, was: &str| (text != was).then(|| text.to_owned());
    let title = changed(form.text(0), &incident.title.value);
    if title.as_deref() == Some("") {
        return Err("an incident needs a title".into());
    }
    let services: Vec<String> = form.text(2).split([' ', ',']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let services = (services != incident.services.value).then_some(services);
    let summary = changed(form.text(1), &incident.summary.value);
    if title.is_none() && summary.is_none() && services.is_none() {
        return Err("nothing was changed; Esc leaves".into());
    }
    Ok(Command::Edit { title, summary, services })
}

fn needed(text: String, otherwise: &str) -> Result<String, String> {
    if text.is_empty() { Err(otherwise.to_owned()) } else { Ok(text) }
}

/// Until when something is to be done, as typed.
pub fn due(model: &Model, typed: &str) -> Result<Option<crate::domain::Timestamp>, String> {
    let zone = model.clockface.zone(model.look.local);
    Ok(moment::read_due(typed, model.now().millis(), zone)?.map(crate::domain::Timestamp::from_millis))
}

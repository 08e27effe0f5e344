//! What a filled-in form becomes. The form stays until the answer is there; a refusal leaves every word in place.

use crate::domain::Command;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::replica::request::Request;
use crate::secret;
use crate::text::clock;
use crate::text::moment;
use crate::text::span;
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
use crate::tui::verbs::bulk;
use crate::tui::verbs::drafts;
use crate::tui::verbs::incident;
use crate::tui::verbs::readers;
use crate::tui::verbs::record;
use crate::tui::verbs::redaction;
use crate::tui::verbs::views;

/// Sends the form on top, or says in it what is missing.
pub fn submit(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if !matches!(form.of, FormOf::Time(_) | FormOf::SaveView) && hides_secret(form) {
        return Vec::new();
    }
    let form = form.clone();
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
    if let FormOf::RedactReason(id, entry) = form.of {
        return redaction::asked(model, id, entry);
    }
    if let FormOf::Time(_) = form.of {
        let typed = form.text(0).to_owned();
        if let Err(why) = verbs::narrow::to_time(model, &typed) {
            waiting(model, false, &why);
        }
        return Vec::new();
    }
    match beside(model, &form) {
        Some(Ok(effects)) => return effects,
        Some(Err(why)) => {
            waiting(model, false, &why);
            return Vec::new();
        }
        None => {}
    }
    let (result, key) = (command(model, &form), drafts::key_of_form(&form));
    match result {
        Ok((incident, command, says)) => {
            if let Command::AmendEntry { entry, happened_at: Some(_), .. } = command {
                update::with_ground(model, |timeline, ground| timeline::update::pin(timeline, entry, ground));
            }
            let asked = if matches!(command, Command::Declare { .. }) { Asked::Declared } else { Asked::Form(says) };
            // Who it is goes ahead of what they did.
            let name = if asked == Asked::Declared { incident::name(model, &form) } else { Ok(None) };
            let mut effects: Vec<Effect> = match name {
                Ok(name) => name.into_iter().collect(),
                Err(why) => {
                    waiting(model, false, &why);
                    return Vec::new();
                }
            };
            waiting(model, true, "");
            effects.push(asked::ask(model, Request::Command { incident, command, draft: Some(key) }, asked));
            effects
        }
        Err(why) => {
            waiting(model, false, &why);
            Vec::new()
        }
    }
}

/// What a form becomes that is not one command about one incident; it closes once it is taken.
fn beside(model: &mut Model, form: &Form) -> Option<Result<Vec<Effect>, String>> {
    let reason = form.text(0).to_owned();
    let taken = match &form.of {
        FormOf::SaveView => views::save(model, &reason, form.text(1)),
        FormOf::StatusOfMany(ids, status) => needed(reason, "a reason is needed here; it goes on record in each of them").map(|reason| {
            let command = Command::SetStatus { status: *status, reason };
            bulk::give_all(model, status.to_string(), ids.clone(), &command)
        }),
        FormOf::TakeMany(ids) => needed(reason, "taking command from someone needs a reason").map(|reason| {
            let command = Command::TakeCommand { reason };
            bulk::give_all(model, "you have command".into(), ids.clone(), &command)
        }),
        FormOf::TaskOfMany(ids, person) => task(model, person, form).map(|command| {
            let what = format!("task given to {person}");
            bulk::give_all(model, what, ids.clone(), &command)
        }),
        _ => return None,
    };
    let taken = taken.map(|mut effects| {
        model.overlays.pop();
        effects.extend(match &form.of {
            FormOf::SaveView => drafts::forget(model, drafts::key_of_form(form)),
            // Its words are let go once all of them are recorded.
            _ => bulk::of_draft(model, drafts::key_of_form(form)),
        });
        effects
    });
    Some(taken)
}

fn task(model: &Model, person: &Person, form: &Form) -> Result<Command, String> {
    let text = needed(form.text(0).to_owned(), "a task needs words: what is to be done")?;
    let due_at = due(model, form.text(1))?;
    Ok(Command::GiveTask { person: person.clone(), text, due_at })
}

/// Whether a form is stopped, once: what looks like a secret in it is masked before the person's eyes, who may take that back.
fn hides_secret(form: &mut Form) -> bool {
    if std::mem::replace(&mut form.was_masked, false) {
        return false;
    }
    let mut looks = None;
    for (at, field) in form.fields.iter_mut().enumerate() {
        let finds = secret::find(field.line.text());
        if let Some(find) = finds.first() {
            field.line.put_over(&secret::mask(field.line.text(), &finds));
            looks = looks.or(Some((find.secret, at)));
        }
    }
    let Some((secret, at)) = looks else { return false };
    form.focus = at;
    form.was_masked = true;
    form.error = format!(
        "this looks like {}: Enter records it masked, Ctrl-z and Enter as it was; once recorded, every copy has it",
        secret.words()
    );
    true
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
        FormOf::Task(id, person) => (*id, task(model, person, form)?, format!("{}: task given to {person}", code(*id))),
        FormOf::Retime(id, entry) => {
            let zone = model.clockface.zone(model.look.local);
            let at_ms = moment::read_time(&first, model.now().millis(), zone).map_err(|why| why.to_string())?;
            let happened_at = Some(Timestamp::from_millis(at_ms));
            let command = Command::AmendEntry {
                entry: *entry,
                text: None,
                kind: None,
                outcome: None,
                audience: None,
                happened_at,
                reason: "the time was wrong".into(),
            };
            let (day, time) = (clock::day(at_ms, zone), clock::clock_s(at_ms, zone));
            // The day is said: a time of day that is still to come is yesterday's.
            let says = format!("{}: re-timed to {day} {time}, {}", code(*id), span::ago(at_ms, model.now().millis()));
            (*id, command, says)
        }
        FormOf::Restrict(id) => (*id, readers::restriction(model.org(), model.me(), form)?, format!("{}: restricted", code(*id))),
        FormOf::Time(_) => return Err("a time is gone to, not recorded".into()),
        // Taken before.
        FormOf::RedactReason(..) | FormOf::SaveView | FormOf::StatusOfMany(..) | FormOf::TakeMany(_) | FormOf::TaskOfMany(..) => {
            return Err(String::new());
        }
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
pub fn due(model: &Model, typed: &str) -> Result<Option<Timestamp>, String> {
    let zone = model.clockface.zone(model.look.local);
    Ok(moment::read_due(typed, model.now().millis(), zone)?.map(Timestamp::from_millis))
}

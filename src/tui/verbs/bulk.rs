//! One form, one pass over all marked incidents: each gets its own command, and the result says what became of each.

use std::sync::Arc;

use crate::domain::Command;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::Severity;
use crate::domain::Status;
use crate::replica::request::Request;
use crate::replica::snapshot::Answer;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::msg::Ticket;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::page::Page;
use crate::tui::overlays::page::PageOf;
use crate::tui::overlays::pick::FormOf;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Many;
use crate::tui::overlays::pick::Pick;
use crate::tui::paint;
use crate::tui::panes::matrix::model::SEVERITY_WORDS;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::command;
use crate::tui::verbs::copying;
use crate::tui::verbs::drafts;
use crate::tui::verbs::marks::codes;
use crate::tui::verbs::merging;
use crate::tui::verbs::people;
use crate::tui::verbs::tasks;
use crate::tui::words;

/// Codes are wrapped to so many cells under a list.
const CODES_CELLS: usize = 60;

/// One command to several incidents, while answers come in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pass {
    /// What is done, in words.
    what: String,
    waiting: usize,
    recorded: Vec<IncidentId>,
    /// What was recorded.
    events: Vec<EventId>,
    refused: Vec<(IncidentId, String)>,
    /// The draft of the form it came from.
    draft: Option<String>,
}

/// Does what a key means for the marked incidents, where it means something for several and the list of them is in hand.
pub fn perform(model: &mut Model, intent: Intent) -> Option<Vec<Effect>> {
    if model.focus != Pane::Incidents || model.incidents.marked.is_empty() {
        return None;
    }
    let ids = model.incidents.marked_in_order();
    let effects = match intent {
        Intent::Status => {
            let statuses = Status::ALL.iter().filter(|status| **status != Status::Merged);
            let rows = statuses.map(|status| Row::new(Pick::Status(*status), status.word())).collect();
            choose(model, ids, Many::Status, "Status of", rows)
        }
        Intent::Assess => {
            let rows =
                (1..=5).filter_map(Severity::new).zip(SEVERITY_WORDS).map(|(severity, words)| Row::new(Pick::Severity(severity), words));
            choose(model, ids, Many::Severity, "Severity of", rows.collect())
        }
        Intent::Assign => {
            // Command is offered or taken, with a briefing or a reason of its own.
            let roles = model.org().roles.iter().filter(|role| !role.id.is_commander());
            let rows = roles.map(|role| Row::new(Pick::Role(role.id.clone()), role.name.clone())).collect();
            choose(model, ids, Many::Role, "Assign a role in", rows)
        }
        Intent::GiveTask => person(model, ids, Many::Assignee, "Task in"),
        Intent::Offer => command::offer_all(model, &ids),
        Intent::TakeCommand => take(model, ids),
        Intent::Merge => merging::choose(model, ids),
        Intent::Copy => {
            let lines: Vec<String> = ids.iter().map(|id| model.name_of(*id)).collect();
            model.incidents.marked.clear();
            copying::send(model, lines.join("\n"))
        }
        _ => return None,
    };
    Some(effects)
}

fn choose(model: &mut Model, ids: Vec<IncidentId>, many: Many, title: &str, mut rows: Vec<Row>) -> Vec<Effect> {
    rows.extend(paint::wrapped(&codes(model, &ids), CODES_CELLS).into_iter().map(Row::says));
    let title = format!("{title} {}", words::count(ids.len(), "incident", "incidents"));
    model.open(Overlay::List(List::choices(ListOf::Many(ids, many), title, rows)))
}

fn person(model: &mut Model, ids: Vec<IncidentId>, many: Many, title: &str) -> Vec<Effect> {
    let title = format!("{title} {}: who?", codes(model, &ids));
    let rows = people::people(model).into_iter().map(|person| Row::new(Pick::Person(person.clone()), person.to_string())).collect();
    model.open(Overlay::List(List::typing(ListOf::Many(ids, many), title, rows).or_says("type a name")))
}

/// A choice in a list about several incidents.
pub fn chosen(model: &mut Model, ids: Vec<IncidentId>, many: Many, pick: Pick) -> Vec<Effect> {
    match (many, pick) {
        (Many::Status, Pick::Status(status)) => set_status(model, ids, status),
        (Many::Severity, Pick::Severity(severity)) => {
            let command = Command::SetSeverity { severity, reason: String::new() };
            give_all(model, format!("severity {severity}"), ids, &command)
        }
        (Many::Role, Pick::Role(role)) => {
            let title = format!("{} in", model.org().role_name(&role));
            person(model, ids, Many::Holder(role), &title)
        }
        (Many::Holder(role), Pick::Person(person)) => assign(model, ids, role, person),
        (Many::Assignee, Pick::Person(person)) => {
            let title = format!("Task for {person} in {}", codes(model, &ids));
            model.open(Overlay::Form(tasks::form(FormOf::TaskOfMany(ids, person), title)))
        }
        (Many::Survivor, Pick::Incident(into)) => merging::preview(model, ids, into),
        _ => Vec::new(),
    }
}

fn assign(model: &mut Model, ids: Vec<IncidentId>, role: RoleId, person: Person) -> Vec<Effect> {
    let what = format!("{person} is {}", model.org().role_name(&role));
    give_all(model, what, ids, &Command::AssignRole { role, person })
}

fn set_status(model: &mut Model, ids: Vec<IncidentId>, status: Status) -> Vec<Effect> {
    let is_there = |id: &IncidentId| model.header(*id).is_some_and(|header| header.status == status);
    let ids: Vec<IncidentId> = ids.into_iter().filter(|id| !is_there(id)).collect();
    if ids.is_empty() {
        model.say(format!("all of them are {status} already"), Tone::Dim);
        return Vec::new();
    }
    let why = |id: &IncidentId| {
        let was = model.header(*id).map(|header| header.status)?;
        let is_validated = model.incident(*id).is_some_and(|incident| incident.is_validated());
        match status {
            Status::Declined => Some("was not an incident, you say"),
            _ if !was.is_open() && status.is_open() => Some("is reopened"),
            Status::Resolved if !is_validated => Some("has no validation after its last action"),
            _ => None,
        }
    };
    let said: Vec<String> = ids.iter().filter_map(|id| Some(format!("{} {}", model.name_of(*id), why(id)?))).collect();
    let title = format!("{} → {status}", codes(model, &ids));
    if !said.is_empty() {
        let mut form = Form::new(FormOf::StatusOfMany(ids, status), title, vec![Field::new("Reason", "one for all of them")]);
        for line in said {
            form = form.says(line, Tone::Warn);
        }
        return model.open(Overlay::Form(form));
    }
    let command = Command::SetStatus { status, reason: String::new() };
    if status.is_open() {
        return give_all(model, status.to_string(), ids, &command);
    }
    let verb = if status == Status::Closed { "Close" } else { "Resolve" };
    let means = ids.iter().map(|id| {
        let open = model.header(*id).map_or(0, |header| header.tasks_open);
        let tasks = if open > 0 { format!(": {} still open", words::count(open, "task is", "tasks are")) } else { String::new() };
        (format!("{}{tasks}", model.name_of(*id)), Tone::Text)
    });
    let (question, means) = (format!("{verb} {}?", codes(model, &ids)), means.collect());
    let yes = ids.into_iter().map(|id| (id, command.clone())).collect();
    verbs::ask(model, Confirm::new(question, means, yes, status.to_string()))
}

/// Does what was asked about: one command as always, several in one pass.
pub fn confirmed(model: &mut Model, yes: Vec<(IncidentId, Command)>, says: String) -> Vec<Effect> {
    match yes.as_slice() {
        [(incident, command)] => {
            // One that was marked was meant by its mark.
            model.incidents.marked.remove(incident);
            asked::command(model, *incident, command.clone(), says)
        }
        _ => give(model, says, yes),
    }
}

fn held(model: &Model, ids: &[IncidentId]) -> Vec<Arc<Incident>> {
    ids.iter().filter_map(|id| model.incident(*id)).map(Arc::clone).collect()
}

fn take(model: &mut Model, ids: Vec<IncidentId>) -> Vec<Effect> {
    let me = model.me().clone();
    let (mut wanted, mut from, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for incident in held(model, &ids) {
        match incident.commander() {
            // Its briefing is read alone, before it is answered.
            _ if incident.offer.as_ref().is_some_and(|offer| offer.to == me) => {
                left.push(format!("{} is offered to you", incident.code_text()))
            }
            Some(holding) if holding.person == me => left.push(format!("{} is yours already", incident.code_text())),
            Some(holding) => {
                from.push(format!("{} is commanded by {}", model.name_of(incident.id), holding.person));
                wanted.push(incident.id);
            }
            None => wanted.push(incident.id),
        }
    }
    if wanted.is_empty() {
        model.say_no(format!("nothing to take: {}", left.join(", ")));
        return Vec::new();
    }
    if from.is_empty() {
        return give_all(model, "you have command".into(), wanted, &Command::TakeCommand { reason: String::new() });
    }
    let title = format!("Take command of {}", codes(model, &wanted));
    let mut form = Form::new(FormOf::TakeMany(wanted), title, vec![Field::new("Reason", "why now, and why you; one for all of them")]);
    for line in from.into_iter().chain(left) {
        form = form.says(line, Tone::Warn);
    }
    model.open(Overlay::Form(form))
}

/// Gives the same command to each.
pub fn give_all(model: &mut Model, what: String, ids: Vec<IncidentId>, command: &Command) -> Vec<Effect> {
    give(model, what, ids.into_iter().map(|id| (id, command.clone())).collect())
}

/// Gives each its command in one pass. The marks are used up.
pub fn give(model: &mut Model, what: String, commands: Vec<(IncidentId, Command)>) -> Vec<Effect> {
    model.incidents.marked.clear();
    model.incidents.range = None;
    let pass: Ticket = model.next_ticket;
    model.passes.insert(pass, Pass { what, waiting: commands.len(), ..Pass::default() });
    let ask = |(incident, command)| asked::ask(model, Request::Command { incident, command, draft: None }, Asked::OneOf(pass, incident));
    commands.into_iter().map(ask).collect()
}

/// Asks whether to take back all of the last pass, where the change of mine that would be taken back is part of it. Asked once: after a no
/// only the one in hand is taken back.
pub fn undo(model: &mut Model, event: EventId) -> Option<Vec<Effect>> {
    let pass = model.last_pass.clone().filter(|pass| pass.events.contains(&event) && pass.recorded.len() > 1)?;
    model.last_pass = None;
    let last = |id: &IncidentId| {
        let (event, _) = model.incident(*id)?.last_change_of(model.me())?;
        pass.events.contains(&event).then_some((*id, Command::TakeBack { event }))
    };
    let yes: Vec<(IncidentId, Command)> = pass.recorded.iter().filter_map(last).collect();
    let ids: Vec<IncidentId> = yes.iter().map(|(id, _)| *id).collect();
    let question = format!("Take back {} in {}?", pass.what, codes(model, &ids));
    let key = model.look.keymap.key(model.place(), Intent::Undo);
    let means = vec![(format!("It was one change to several. After no, {key} takes it back in the incident in hand alone."), Tone::Text)];
    Some(verbs::ask(model, Confirm::new(question, means, yes, format!("taken back, {}", pass.what))))
}

/// The pass that was just begun came from a form: its words stay kept until all of it is recorded.
pub fn of_draft(model: &mut Model, key: String) -> Vec<Effect> {
    let newest = model.passes.keys().max().copied();
    if let Some(pass) = newest.and_then(|pass| model.passes.get_mut(&pass)) {
        pass.draft = Some(key);
    }
    Vec::new()
}

/// One of them was answered; the last answer says what became of all.
pub fn answered(model: &mut Model, pass: Ticket, incident: IncidentId, answer: Answer) -> Vec<Effect> {
    let Some(mut told) = model.passes.remove(&pass) else { return Vec::new() };
    told.waiting = told.waiting.saturating_sub(1);
    match answer {
        Answer::Refused(refusal) => told.refused.push((incident, refusal.reason)),
        Answer::NotSaved(why) => told.refused.push((incident, format!("NOT SAVED: {why}"))),
        Answer::Recorded { events, .. } => {
            told.recorded.push(incident);
            told.events.extend(events);
        }
        _ => told.recorded.push(incident),
    }
    if told.waiting > 0 {
        model.passes.insert(pass, told);
        return Vec::new();
    }
    model.last_pass = Some(told.clone());
    let recorded = format!("{}: recorded in {}", told.what, codes(model, &told.recorded));
    if told.refused.is_empty() {
        model.note(recorded.clone());
        model.say(recorded, Tone::Good);
        return told.draft.map_or_else(Vec::new, |key| drafts::forget(model, key));
    }
    let all = told.recorded.len() + told.refused.len();
    let mut lines =
        vec![if told.recorded.is_empty() { (format!("{}: recorded nowhere", told.what), Tone::Loud) } else { (recorded, Tone::Good) }];
    for (id, why) in &told.refused {
        lines.push((String::new(), Tone::Text));
        lines.push((format!("{} refused", model.name_of(*id)), Tone::Loud));
        lines.push((format!("  {why}"), Tone::Text));
        model.note(format!("not done: {} {}: {why}", model.code_of(*id), told.what));
    }
    model.say_no(format!("{}: {} of {all} recorded; refused: {}", told.what, told.recorded.len(), {
        let refused: Vec<IncidentId> = told.refused.iter().map(|(id, _)| *id).collect();
        codes(model, &refused)
    }));
    // Words that are being written are not covered by it; the log keeps every line.
    if model.overlays.is_empty() && model.write.is_none() {
        let title = format!("{} of {all} recorded", told.recorded.len());
        model.open(Overlay::Page(Page::new(PageOf::Words, title, lines)));
    }
    Vec::new()
}

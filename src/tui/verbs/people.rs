//! Who does what: command, roles and tasks.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::Command;
use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::report;
use crate::text::span;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::page::Page;
use crate::tui::overlays::page::PageOf;
use crate::tui::overlays::pick::FormOf;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::overlays::pick::TaskAnswer;
use crate::tui::panes::roster;
use crate::tui::panes::roster::model::About;
use crate::tui::theme::Tone;
use crate::tui::verbs;

/// "I have command": vacant at once, offered after the briefing, held by another with a reason.
pub fn take_command(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let me = model.me().clone();
    if incident.offer.as_ref().is_some_and(|offer| offer.to == me) {
        return answer_offer(model, &incident);
    }
    match incident.commander() {
        None => {
            let says = format!("{}: you have command", incident.code_text());
            verbs::give(model, &incident, Command::TakeCommand { reason: String::new() }, says)
        }
        Some(holding) if holding.person == me => {
            model.say(format!("you have command of {} already", incident.code_text()), Tone::Dim);
            Vec::new()
        }
        Some(holding) => {
            let title = format!("Take command of {}", model.name_of(incident.id));
            let warning = format!("{} has command. Taking it is loud for everyone; a reason goes on record.", holding.person);
            let form = Form::new(FormOf::TakeReason(incident.id), title, vec![Field::new("Reason", "why now, and why you")]);
            model.overlays.push(Overlay::Form(form.says(warning, Tone::Warn)));
            Vec::new()
        }
    }
}

/// To whom command is offered; an offer that stands is withdrawn.
pub fn offer(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let me = model.me().clone();
    if let Some(offer) = incident.offer.as_ref().filter(|offer| offer.from == me) {
        let says = format!("{}: offer to {} withdrawn", incident.code_text(), offer.to);
        return verbs::give(model, &incident, Command::WithdrawOffer, says);
    }
    if incident.commander().is_none_or(|holding| holding.person != me) {
        model.say_no(format!(
            "only the commander offers command; {} takes it",
            model.look.keymap.key(model.place(), crate::tui::keymap::Intent::TakeCommand)
        ));
        return Vec::new();
    }
    let title = format!("Offer command of {} to", incident.code_text());
    person_list(model, ListOf::Successor(incident.id), title, &incident)
}

/// Someone was chosen to take over: the briefing is shown, then asked once.
pub fn offer_to(model: &mut Model, incident: &Incident, person: Person) -> Vec<Effect> {
    let unsent = model.snapshot.unsent.get(&incident.id).copied().unwrap_or(0);
    let briefing = report::briefing_text(&report::briefing(incident, model.org(), model.now(), unsent));
    let question = format!("Offer command of {} to {person}?", model.name_of(incident.id));
    let means = format!("This briefing goes with it; you keep command until {person} accepts.\n\n{briefing}");
    let command = Command::OfferCommand { person, briefing };
    verbs::confirm(model, question, means, incident, command)
}

/// Takes the offer to me.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let says = format!("{}: you have command", incident.code_text());
    verbs::give(model, &incident, Command::AcceptCommand, says)
}

/// Declines the offer to me, with a reason if there is one.
pub fn decline(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let title = format!("Decline command of {}", model.name_of(incident.id));
    let form = Form::new(FormOf::DeclineReason(incident.id), title, vec![Field::new("Reason", "may stay empty")]);
    model.overlays.push(Overlay::Form(form));
    Vec::new()
}

fn answer_offer(model: &mut Model, incident: &Incident) -> Vec<Effect> {
    let Some(offer) = &incident.offer else {
        return Vec::new();
    };
    let unsent = model.snapshot.unsent.get(&incident.id).copied().unwrap_or(0);
    let mut rows =
        vec![Row::new(Pick::Accept, format!("accept: you have command of {}", incident.code_text())), Row::new(Pick::Decline, "decline")];
    for section in report::briefing(incident, model.org(), model.now(), unsent) {
        rows.push(Row::says(section.heading).tone(Tone::Strong));
        rows.extend(section.lines.into_iter().map(Row::says));
    }
    let title = format!("{} offers you command of {}", offer.from, incident.code_text());
    model.overlays.push(Overlay::List(List::choices(ListOf::Offer(incident.id), title, rows)));
    Vec::new()
}

/// The briefing as a page.
pub fn brief(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let unsent = model.snapshot.unsent.get(&incident.id).copied().unwrap_or(0);
    let mut lines = Vec::new();
    for section in report::briefing(&incident, model.org(), model.now(), unsent) {
        lines.push((section.heading.to_owned(), Tone::Strong));
        lines.extend(section.lines.into_iter().map(|line| (format!("  {line}"), Tone::Text)));
    }
    let title = format!("Briefing {}", model.name_of(incident.id));
    model.overlays.push(Overlay::Page(Page::new(PageOf::Briefing(incident.id), title, lines)));
    Vec::new()
}

/// Which role; in the roles pane the selected one.
pub fn assign(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    if model.focus == crate::tui::layout::Pane::Roles
        && let Some(About::Role(role) | About::Holding(role, _)) = selected_line(model)
    {
        return assign_role(model, &incident, role);
    }
    let rows = model.org().roles.iter().map(|role| {
        let holders: Vec<String> = incident.roles.get(&role.id).into_iter().flatten().map(|holding| holding.person.to_string()).collect();
        let note = if holders.is_empty() { "vacant".into() } else { holders.join(", ") };
        Row::new(Pick::Role(role.id.clone()), role.name.clone()).note(note)
    });
    let title = format!("Assign which role in {}", incident.code_text());
    let list = List::choices(ListOf::Role(incident.id), title, rows.collect());
    model.overlays.push(Overlay::List(list));
    Vec::new()
}

/// Who gets the role; command is taken or offered, not assigned to others.
pub fn assign_role(model: &mut Model, incident: &Incident, role: RoleId) -> Vec<Effect> {
    if role.is_commander() {
        let is_mine = incident.commander().is_some_and(|holding| holding.person == *model.me());
        return if is_mine { offer(model) } else { take_command(model) };
    }
    let title = format!("{} in {}: who?", model.org().role_name(&role), incident.code_text());
    person_list(model, ListOf::Holder(incident.id, role), title, incident)
}

/// Which holding ends; in the roles pane the selected one.
pub fn release(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    if model.focus == crate::tui::layout::Pane::Roles
        && let Some(About::Holding(role, person)) = selected_line(model)
    {
        return release_role(model, &incident, role, person);
    }
    let holdings = incident.roles.iter().flat_map(|(role, holders)| holders.iter().map(move |holding| (role, holding)));
    let rows = holdings.map(|(role, holding)| {
        Row::new(Pick::Holding(role.clone(), holding.person.clone()), model.org().role_name(role)).note(holding.person.as_str())
    });
    let list = List::choices(ListOf::Holding(incident.id), format!("Release which role in {}", incident.code_text()), rows.collect());
    model.overlays.push(Overlay::List(list.or_says("nobody holds a role here")));
    Vec::new()
}

/// Ends a holding; taking command away leaves the incident without one, so that is asked.
pub fn release_role(model: &mut Model, incident: &Incident, role: RoleId, person: Person) -> Vec<Effect> {
    let says = format!("{}: {} no longer holds {}", incident.code_text(), person, model.org().role_name(&role));
    let command = Command::ReleaseRole { role: role.clone(), person: Some(person.clone()) };
    if role.is_commander() {
        let question = format!("Release {person} from command of {}?", model.name_of(incident.id));
        return verbs::confirm(model, question, "Nobody will have command until someone takes it.", incident, command);
    }
    verbs::give(model, incident, command, says)
}

/// Who gets a task.
pub fn give_task(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let title = format!("Task in {}: for whom?", incident.code_text());
    person_list(model, ListOf::Assignee(incident.id), title, &incident)
}

/// Which task is answered: mine first.
pub fn answer_task(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let list =
        List::choices(ListOf::Tasks(incident.id), format!("Answer which task in {}", incident.code_text()), task_rows(model, &incident));
    model.overlays.push(Overlay::List(list.or_says("no task is open here; b gives one")));
    Vec::new()
}

/// The open tasks of an incident as lines.
pub fn task_rows(model: &Model, incident: &Incident) -> Vec<Row> {
    let mut tasks: Vec<_> = incident.tasks.iter().filter(|task| task.is_open()).collect();
    tasks.sort_by_key(|task| (task.person != *model.me(), task.due_at.is_none(), task.due_at));
    let row = |task: &&crate::domain::Task| {
        let (left, tone) = roster::view::left(task, model.now());
        Row::new(Pick::Task(task.id), task.text.clone()).lead(task.person.to_string()).note(left).tone(tone)
    };
    tasks.iter().map(row).collect()
}

/// What is answered to a task.
pub fn answer_one(model: &mut Model, incident: &Arc<Incident>, id: EventId) -> Vec<Effect> {
    let Some(task) = incident.task(id) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    if task.understood_at.is_none() {
        rows.push(Row::new(Pick::Answer(TaskAnswer::Understood), "understood"));
    }
    rows.push(Row::new(Pick::Answer(TaskAnswer::Done), "done, with what came of it"));
    rows.push(Row::new(Pick::Answer(TaskAnswer::Withdraw), "withdraw: no longer wanted"));
    let given = span::ago(task.given_at.millis(), model.now().millis());
    rows.push(Row::says(format!("{}: {}", task.person, task.text)));
    rows.push(Row::says(format!("given by {} {given}, {}", task.given_by, roster::view::left(task, model.now()).0)));
    model.overlays.push(Overlay::List(List::choices(ListOf::TaskAnswer(incident.id, id), "Answer the task", rows)));
    Vec::new()
}

/// Opens the selected line of the roles pane: a task to answer it, a role for its duties and history.
pub fn open_line(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    match selected_line(model) {
        Some(About::Task(id)) => answer_one(model, &incident, id),
        Some(About::Role(role) | About::Holding(role, _)) => duty_card(model, &incident, &role),
        None => Vec::new(),
    }
}

fn selected_line(model: &Model) -> Option<About> {
    let incident = model.current()?;
    let priority = model.rating(incident.id).and_then(|rating| rating.priority);
    let lines = roster::model::lines(incident, model.org(), priority);
    lines.get(model.roster.scroll.selected.min(lines.len().saturating_sub(1))).map(roster::model::Line::about)
}

fn duty_card(model: &mut Model, incident: &Incident, role: &RoleId) -> Vec<Effect> {
    let mut lines = Vec::new();
    let clock = |at: crate::domain::Timestamp| model.clockface.write(at, incident.opened_at, model.look.local, 8);
    for holding in incident.roles.get(role).into_iter().flatten() {
        lines.push((format!("{} since {}", holding.person, clock(holding.since)), Tone::Strong));
    }
    if lines.is_empty() {
        lines.push(("VACANT".into(), Tone::Loud));
    }
    lines.push((String::new(), Tone::Text));
    if let Some(definition) = model.org().roles.iter().find(|definition| definition.id == *role) {
        lines.extend(definition.duties.iter().map(|duty| (format!("· {duty}"), Tone::Text)));
    }
    let past: Vec<_> = incident.past_roles.iter().filter(|(past, _, _)| past == role).collect();
    if !past.is_empty() {
        lines.push((String::new(), Tone::Text));
        lines.push(("before".into(), Tone::Dim));
    }
    for (_, holding, until) in past.iter().rev() {
        lines.push((format!("{} {} to {}", holding.person, clock(holding.since), clock(*until)), Tone::Dim));
    }
    let title = format!("{} in {}", model.org().role_name(role), incident.code_text());
    model.overlays.push(Overlay::Page(Page::new(PageOf::Words, title, lines)));
    Vec::new()
}

/// Opens a list of people that narrows as one types; a name nobody has yet is taken as typed.
fn person_list(model: &mut Model, of: ListOf, title: String, incident: &Incident) -> Vec<Effect> {
    let rows = people(model).into_iter().map(|person| {
        let roles: Vec<String> = incident.roles_of(&person).iter().map(|role| model.org().role_short(role).to_owned()).collect();
        Row::new(Pick::Person(person.clone()), person.to_string()).note(roles.join(", "))
    });
    let list = List::typing(of, title, rows.collect()).or_says("type a name");
    model.overlays.push(Overlay::List(list));
    Vec::new()
}

/// Everyone who is known here: me, then whoever holds a role or a task in an open incident, then who wrote in the one in hand, then who
/// held something in any other. Machines that report alerts are nobody.
pub fn people(model: &Model) -> Vec<Person> {
    let mut seen = BTreeSet::new();
    let held = model.incidents.open.iter().flat_map(|row| row.header.people.iter().chain(&row.header.commander));
    let lines = || model.current().into_iter().flat_map(|incident| incident.timeline.iter().rev().take(WRITERS_LOOKED_AT));
    let machines: BTreeSet<&Person> = lines().filter(|entry| entry.kind == EntryKind::Alert).map(|entry| &entry.by).collect();
    let wrote = lines().map(|entry| &entry.by).filter(|person| !machines.contains(person));
    let elsewhere = model.snapshot.headers.values().flat_map(|header| header.people.iter());
    let known: Vec<Person> = held.chain(wrote).chain(elsewhere).filter(|person| person.check().is_ok()).cloned().collect();
    std::iter::once(model.me().clone()).chain(known).filter(|person| seen.insert(person.clone())).collect()
}

const WRITERS_LOOKED_AT: usize = 200;

//! What a choice in a list does.

use std::sync::Arc;

use crate::domain::Command;
use crate::domain::EventId;
use crate::domain::Person;
use crate::replica::request::Request;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::page::Page;
use crate::tui::overlays::page::PageOf;
use crate::tui::overlays::pick::FormOf;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::bulk;
use crate::tui::verbs::command;
use crate::tui::verbs::drafts;
use crate::tui::verbs::go;
use crate::tui::verbs::incident;
use crate::tui::verbs::roles;
use crate::tui::verbs::tasks;
use crate::tui::verbs::views;

/// A row of the list on top was chosen.
pub fn chosen(model: &mut Model, pick: Pick) -> Vec<Effect> {
    let Some(Overlay::List(list)) = model.overlays.last() else {
        return Vec::new();
    };
    let (of, is_untouched) = (list.of.clone(), list.is_untouched());
    if matches!((&of, &pick), (ListOf::Log, _) | (_, Pick::Line(_))) {
        // A line that only says something is read in full.
        let lines = vec![(list.selected_text(), Tone::Text)];
        let page = Page::new(PageOf::Words, list.title.clone(), lines);
        return model.open(Overlay::Page(page));
    }
    model.overlays.pop();
    match (of, pick) {
        // Who only read the help and presses Enter wants it gone, not its first line done.
        (ListOf::Help(_), _) if is_untouched => Vec::new(),
        (ListOf::Help(place), Pick::Intent(intent)) if place.is_pane() => verbs::perform(model, intent),
        (ListOf::Palette, pick) => verbs::palette::chosen(model, pick),
        (ListOf::Copy(incident, entry), Pick::Copy(copied)) => verbs::copying::chosen(model, (incident, entry), copied),
        (ListOf::Themes(_), Pick::Theme(name)) => verbs::themes::wear(model, name),
        (ListOf::Views, Pick::View(at)) => views::show(model, at),
        (ListOf::Views, Pick::SaveView) => views::save_form(model),
        (ListOf::Many(ids, many), pick) => bulk::chosen(model, ids, many, pick),
        (ListOf::Attention, pick) => attended(model, pick),
        (ListOf::Drafts, Pick::Draft(key)) => drafts::open(model, &key),
        (ListOf::Narrow, Pick::Term(term)) => verbs::narrow::narrow(model, &term),
        (ListOf::Parked(event), Pick::Retry) => quietly(model, Request::RetryParked(event), "sent again"),
        (ListOf::Parked(event), Pick::Discard) => quietly(model, Request::DiscardParked(event), "let go"),
        (ListOf::Parked(event), Pick::MoveElsewhere) => move_parked(model, event),
        (ListOf::ParkedTo(event), Pick::Incident(to)) => quietly(model, Request::MoveParked { event, to }, "written there"),
        (ListOf::Search | ListOf::Ratings(_) | ListOf::Handovers(_), Pick::Entry(incident, entry)) => go::to_entry(model, incident, entry),
        (ListOf::Cell(_), Pick::Incident(id)) => {
            let effects = go::switch(model, Some(id));
            go::to_pane(model, Pane::Timeline);
            effects
        }
        (ListOf::Status(id), Pick::Status(status)) => incident::set_status(model, id, status),
        (ListOf::Successor(ids), Pick::Person(person)) => command::offer_to(model, &ids, &person),
        (of, pick) => about_people(model, of, pick),
    }
}

fn about_people(model: &mut Model, of: ListOf, pick: Pick) -> Vec<Effect> {
    let id = match &of {
        ListOf::Role(id)
        | ListOf::Holding(id)
        | ListOf::Holder(id, _)
        | ListOf::Assignee(id)
        | ListOf::Tasks(id)
        | ListOf::TaskAnswer(id, _) => *id,
        _ => return Vec::new(),
    };
    let Some(held) = model.incident(id).map(Arc::clone) else {
        return Vec::new();
    };
    let code = held.code_text();
    match (of, pick) {
        (ListOf::Role(_), Pick::Role(role)) => roles::assign_role(model, &held, role),
        (ListOf::Holding(_), Pick::Holding(role, person)) => roles::release_role(model, &held, role, person),
        (ListOf::Holder(_, role), Pick::Person(person)) => {
            let says = format!("{code}: {person} is {}", model.org().role_name(&role));
            verbs::give(model, &held, Command::AssignRole { role, person }, says)
        }
        (ListOf::Assignee(_), Pick::Person(person)) => {
            let title = format!("Task for {person} in {code}");
            model.open(Overlay::Form(tasks::form(FormOf::Task(id, person), title)))
        }
        (ListOf::Tasks(_), Pick::Task(task)) => tasks::answer_one(model, &held, task),
        (ListOf::TaskAnswer(_, task), Pick::Answer(answer)) => tasks::tell(model, &held, task, answer),
        _ => Vec::new(),
    }
}

fn quietly(model: &mut Model, request: Request, says: &str) -> Vec<Effect> {
    vec![asked::ask(model, request, Asked::Says(says.into()))]
}

fn move_parked(model: &mut Model, event: EventId) -> Vec<Effect> {
    let rows = model
        .incidents
        .open
        .iter()
        .map(|row| Row::new(Pick::Incident(row.header.id), row.header.title.clone()).lead(row.header.code_text()));
    let list = List::choices(ListOf::ParkedTo(event), "Write it into which incident", rows.collect());
    model.open(Overlay::List(list.or_says("no incident is open")))
}

/// Something that needs attention was chosen: what it is about opens.
fn attended(model: &mut Model, pick: Pick) -> Vec<Effect> {
    match pick {
        Pick::Parked(event) => verbs::lists::parked(model, event),
        Pick::Drafts => drafts::list(model),
        Pick::Alarm => {
            // Longer than a line, and worth every word of it: it stays in the list until it is said to be read.
            let words = model.snapshot.alarm.clone().unwrap_or_default();
            let lines = words.split_inclusive(". ").map(|sentence| (sentence.trim().to_owned(), Tone::Text)).collect();
            model.open(Overlay::Page(Page::new(PageOf::Words, "What happened to the log", lines)))
        }
        Pick::Incident(id) => {
            let mut effects = go::switch(model, Some(id));
            let is_offered = model.incident(id).and_then(|held| held.offer.as_ref()).is_some_and(|offer| offer.to == *model.me());
            if is_offered {
                effects.extend(command::take(model));
            }
            effects
        }
        Pick::RoleOf(id, role) => {
            let mut effects = go::switch(model, Some(id));
            if let Some(held) = model.incident(id).map(Arc::clone) {
                effects.extend(roles::duty_card(model, &held, &role));
            }
            effects
        }
        Pick::TaskOf(id, task) => {
            let mut effects = go::switch(model, Some(id));
            if let Some(held) = model.incident(id).map(Arc::clone) {
                effects.extend(tasks::answer_one(model, &held, task));
            }
            effects
        }
        Pick::Crossed(id, event) => {
            let held = model.incident(id).map(Arc::clone);
            let entry = held.and_then(|held| {
                held.timeline.iter().rev().find(|entry| entry.id == event || entry.version() == event).map(|entry| entry.id)
            });
            match entry {
                Some(entry) => go::to_entry(model, id, entry),
                None => go::switch(model, Some(id)),
            }
        }
        _ => Vec::new(),
    }
}

/// A key that is not a choice was pressed on a row.
pub fn asked(model: &mut Model, intent: Intent, pick: Option<Pick>) -> Vec<Effect> {
    match (intent, pick) {
        // `y` twice copies what is selected.
        (Intent::Copy, Some(pick @ Pick::Copy(_))) => chosen(model, pick),
        (Intent::Copy, _) => {
            let line = match model.overlays.last() {
                Some(Overlay::List(list)) => list.selected_text(),
                _ => String::new(),
            };
            verbs::copying::send(model, line)
        }
        (Intent::Decline, Some(Pick::Draft(key))) => drafts::let_go(model, &key),
        (Intent::Accept, Some(Pick::Alarm)) => {
            vec![asked::ask(model, Request::DismissAlarm, Asked::Quiet)]
        }
        (Intent::Accept, Some(Pick::Crossed(_, event))) => {
            vec![asked::ask(model, Request::Dismiss(event), Asked::Quiet)]
        }
        (Intent::Accept, Some(Pick::Parked(event))) => quietly(model, Request::RetryParked(event), "sent again"),
        (Intent::Decline, Some(Pick::Parked(event))) => quietly(model, Request::DiscardParked(event), "let go"),
        (Intent::Accept, Some(Pick::RoleOf(id, role))) => match model.incident(id).map(Arc::clone) {
            Some(held) => roles::acknowledge(model, &held, role),
            None => Vec::new(),
        },
        (Intent::Decline, Some(Pick::View(at))) => views::delete(model, at),
        (Intent::Accept | Intent::Decline, _) => {
            model.say("this line is not accepted or declined; Enter opens it", Tone::Dim);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// A name was typed that no row has: it is taken as it is.
pub fn typed_person(model: &mut Model) -> Option<Pick> {
    let Some(Overlay::List(list)) = model.overlays.last() else {
        return None;
    };
    if !list.of.is_of_people() {
        return None;
    }
    let name = list.query.as_ref()?.text().trim().to_owned();
    let person = Person::new(&name);
    match person.check() {
        Ok(()) => Some(Pick::Person(person)),
        Err(why) => {
            model.say(why, Tone::Warn);
            None
        }
    }
}

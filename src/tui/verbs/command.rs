//! Command: taken, offered with its briefing, accepted, declined, assumed with a reason.

use std::sync::Arc;

use crate::domain::Command;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::Scope;
use crate::report;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::page::Page;
use crate::tui::overlays::page::PageOf;
use crate::tui::overlays::pick::FormOf;
use crate::tui::overlays::pick::ListOf;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::people;

/// "I have command": vacant at once, offered after the briefing, held by another with a reason.
pub fn take(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let me = model.me().clone();
    if incident.offer.as_ref().is_some_and(|offer| offer.to == me) {
        return answer_offer(model, &incident);
    }
    let code = incident.code_text();
    match incident.commander() {
        None => verbs::give(model, &incident, Command::TakeCommand { reason: String::new() }, format!("{code}: you have command")),
        Some(holding) if holding.person == me => {
            model.say(format!("you have command of {code} already"), Tone::Dim);
            Vec::new()
        }
        Some(holding) if !may_assume(model, &incident) => {
            let who = &holding.person;
            model.say_no(format!(
                "{who} has command of {code}; taking it from {who} takes the deputy's role or a commander's token. Ask {who} to offer it"
            ));
            Vec::new()
        }
        Some(holding) => {
            let title = format!("Take command of {}", model.name_of(incident.id));
            let warning = format!("{} has command. Taking it is loud for everyone; a reason goes on record.", holding.person);
            let form = Form::new(FormOf::TakeReason(incident.id), title, vec![Field::new("Reason", "why now, and why you")]);
            model.open(Overlay::Form(form.says(warning, Tone::Warn)))
        }
    }
}

fn may_assume(model: &Model, incident: &Incident) -> bool {
    let me = &model.snapshot.me;
    me.scope.covers(Scope::Commander) || incident.holds(&me.person, &RoleId::deputy())
}

/// To whom command is offered; an offer that stands is withdrawn.
pub fn offer(model: &mut Model) -> Vec<Effect> {
    let me = model.me().clone();
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    if let Some(offer) = incident.offer.as_ref().filter(|offer| offer.from == me) {
        let says = format!("{}: offer to {} withdrawn; you keep command", incident.code_text(), offer.to);
        let question = format!("Withdraw the offer of {} to {}?", model.name_of(incident.id), offer.to);
        let yes = vec![(incident.id, Command::WithdrawOffer)];
        return verbs::ask(model, Confirm::new(question, Vec::new(), yes, says));
    }
    if !commands(&incident, &me) {
        let key = model.look.keymap.key(model.place(), Intent::TakeCommand);
        model.say_no(format!("only the commander offers command; {key} takes it"));
        return Vec::new();
    }
    let title = format!("Offer command of {} to", incident.code_text());
    people::list(model, ListOf::Successor(vec![incident.id]), title, &incident)
}

/// To whom command of several incidents is offered; those of another commander are left out.
pub fn offer_all(model: &mut Model, marked: &[IncidentId]) -> Vec<Effect> {
    let me = model.me().clone();
    let held: Vec<_> = marked.iter().filter_map(|id| model.incident(*id)).map(Arc::clone).collect();
    let (mine, others): (Vec<_>, Vec<_>) = held.iter().partition(|incident| commands(incident, &me));
    if mine.len() < marked.len() {
        let codes: Vec<_> = others.iter().map(|incident| incident.code_text()).collect();
        model.say(format!("not yours to offer, left out: {}", codes.join(", ")), Tone::Warn);
    }
    let Some(first) = mine.first() else {
        model.say_no("you command none of what is marked; only the commander offers command");
        return Vec::new();
    };
    let codes: Vec<_> = mine.iter().map(|incident| incident.code_text()).collect();
    let of = ListOf::Successor(mine.iter().map(|incident| incident.id).collect());
    people::list(model, of, format!("Offer command of {} to", codes.join(", ")), first)
}

fn commands(incident: &Incident, person: &Person) -> bool {
    incident.commander().is_some_and(|holding| holding.person == *person)
}

/// Someone was chosen to take over: the briefing is shown, then asked once.
pub fn offer_to(model: &mut Model, ids: &[IncidentId], person: &Person) -> Vec<Effect> {
    let incidents: Vec<_> = ids.iter().filter_map(|id| model.incident(*id)).map(Arc::clone).collect();
    let names: Vec<_> = match incidents.as_slice() {
        [only] => vec![model.name_of(only.id)],
        several => several.iter().map(|incident| incident.code_text()).collect(),
    };
    let mut means = vec![(format!("This briefing goes with it; you keep command until {person} accepts."), Tone::Text)];
    let mut yes = Vec::new();
    for incident in &incidents {
        means.push((String::new(), Tone::Text));
        if incidents.len() > 1 {
            means.push((model.name_of(incident.id), Tone::Question));
        }
        means.extend(briefing_lines(model, incident));
        let briefing = report::briefing_text(&briefing(model, incident));
        yes.push((incident.id, Command::OfferCommand { person: person.clone(), briefing }));
    }
    let codes: Vec<_> = incidents.iter().map(|incident| incident.code_text()).collect();
    let says = match codes.as_slice() {
        [only] => format!("{only}: command offered to {person}; you keep it until {person} accepts"),
        _ => format!("command offered to {person}, yours until {person} accepts"),
    };
    verbs::ask(model, Confirm::new(format!("Offer command of {} to {person}?", names.join(", ")), means, yes, says))
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
    model.open(Overlay::Form(form))
}

/// The briefing as it is now, asked once; declining is a key beside yes and no.
fn answer_offer(model: &mut Model, incident: &Incident) -> Vec<Effect> {
    let Some(offer) = &incident.offer else {
        return Vec::new();
    };
    let clock = model.clockface.write(offer.at, incident.opened_at, model.look.local, 5);
    let mut means =
        vec![(format!("Offered by {} at {clock}. No leaves the offer open.", offer.from), Tone::Text), (String::new(), Tone::Text)];
    means.extend(briefing_lines(model, incident));
    // What the one who offers had not sent is known from their briefing alone.
    let unsent = offer.briefing.lines().filter(|line| line.starts_with(report::NOT_SENT));
    means.extend(unsent.map(|line| (format!("{}, when they offered: {line}", offer.from), Tone::Warn)));
    let question = format!("Take command of {} from {}?", model.name_of(incident.id), offer.from);
    let says = format!("{}: you have command", incident.code_text());
    let confirm = Confirm::new(question, means, vec![(incident.id, Command::AcceptCommand)], says);
    verbs::ask(model, Confirm { may_decline: true, ..confirm })
}

/// The briefing as a page.
pub fn brief(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let lines = briefing_lines(model, &incident);
    let title = format!("Briefing {}", model.name_of(incident.id));
    model.open(Overlay::Page(Page::new(PageOf::Briefing(incident.id), title, lines)))
}

fn briefing(model: &Model, incident: &Incident) -> Vec<report::Section> {
    let unsent = model.snapshot.unsent.get(&incident.id).copied().unwrap_or(0);
    report::briefing(incident, model.org(), model.now(), unsent)
}

fn briefing_lines(model: &Model, incident: &Incident) -> Vec<(String, Tone)> {
    let section = |section: report::Section| {
        let head = (section.heading.to_owned(), Tone::Strong);
        std::iter::once(head).chain(section.lines.into_iter().map(|line| (format!("  {line}"), Tone::Text)))
    };
    briefing(model, incident).into_iter().flat_map(section).collect()
}

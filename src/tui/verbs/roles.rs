//! Roles: given, acknowledged, released, with the duty card and the history of each.

use crate::domain::Command;
use crate::domain::Handover;
use crate::domain::Incident;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::Timestamp;
use crate::domain::Turn;
use crate::tui::effect::Effect;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::page::Page;
use crate::tui::overlays::page::PageOf;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::panes::roster;
use crate::tui::panes::roster::card;
use crate::tui::panes::roster::model::About;
use crate::tui::panes::roster::model::is_needed;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::command;
use crate::tui::verbs::people;
use crate::tui::verbs::tasks;

/// Which role; in the roles pane the selected one. What is vacant and needed comes first.
pub fn assign(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    if let Some(About::Role(role) | About::Holding(role, _)) = selected(model) {
        return assign_role(model, &incident, role);
    }
    let priority = model.rating(incident.id).and_then(|rating| rating.priority);
    let mut rows: Vec<(bool, Row)> = Vec::new();
    for role in &model.org().roles {
        let holders: Vec<String> = incident.roles.get(&role.id).into_iter().flatten().map(|holding| holding.person.to_string()).collect();
        let is_missing = holders.is_empty() && is_needed(role, priority);
        let note = match (holders.is_empty(), is_missing) {
            (_, true) => "VACANT, needed".into(),
            (true, false) => "nobody".into(),
            (false, false) => holders.join(", "),
        };
        let row = Row::new(Pick::Role(role.id.clone()), role.name.clone()).note(note);
        rows.push((!is_missing, row.tone(if is_missing { Tone::Loud } else { Tone::Text })));
    }
    rows.sort_by_key(|(is_fine, _)| *is_fine);
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    let list = List::typing(ListOf::Role(incident.id), format!("Assign which role in {}", incident.code_text()), rows).numbered();
    model.open(Overlay::List(list))
}

/// Who gets the role; command is taken or offered, not assigned to others.
pub fn assign_role(model: &mut Model, incident: &Incident, role: RoleId) -> Vec<Effect> {
    if role.is_commander() {
        let is_mine = incident.commander().is_some_and(|holding| holding.person == *model.me());
        return if is_mine { command::offer(model) } else { command::take(model) };
    }
    let title = format!("{} in {}: who?", model.org().role_name(&role), incident.code_text());
    people::list(model, ListOf::Holder(incident.id, role), title, incident)
}

/// Which holding ends; in the roles pane the selected one, or the selected task.
pub fn release(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    match selected(model) {
        Some(About::Holding(role, person)) => return release_role(model, &incident, role, person),
        Some(About::Task(task)) => return tasks::withdraw(model, &incident, task),
        Some(About::Role(role)) => {
            model.say(format!("nobody holds {} here", model.org().role_name(&role)), Tone::Dim);
            return Vec::new();
        }
        None => {}
    }
    let holdings = incident.roles.iter().flat_map(|(role, holders)| holders.iter().map(move |holding| (role, holding)));
    let rows = holdings.map(|(role, holding)| {
        Row::new(Pick::Holding(role.clone(), holding.person.clone()), model.org().role_name(role)).note(holding.person.as_str())
    });
    let list = List::choices(ListOf::Holding(incident.id), format!("Release which role in {}", incident.code_text()), rows.collect());
    model.open(Overlay::List(list.or_says("nobody holds a role here")))
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

/// Says that I know of a role another gave me.
pub fn acknowledge(model: &mut Model, incident: &Incident, role: RoleId) -> Vec<Effect> {
    let says = format!("{}: you have acknowledged {}", incident.code_text(), model.org().role_name(&role));
    verbs::give(model, incident, Command::AcknowledgeRole { role }, says)
}

/// The roles another gave to a person who has not said yet that they know.
pub fn unacknowledged<'a>(incident: &'a Incident, person: &'a Person) -> impl Iterator<Item = &'a RoleId> {
    let held = incident.roles.iter().flat_map(|(role, holders)| holders.iter().map(move |holding| (role, holding)));
    held.filter(move |(_, holding)| holding.person == *person && holding.acknowledged_at.is_none()).map(|(role, _)| role)
}

/// Opens the selected line of the roles pane: a task to answer it, a role for its duties and history.
pub fn open_line(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    match selected(model) {
        Some(About::Task(id)) => tasks::answer_one(model, &incident, id),
        Some(About::Role(role) | About::Holding(role, _)) => duty_card(model, &incident, &role),
        None => Vec::new(),
    }
}

/// What the selected line of the roles pane is about, while the hands are there.
pub fn selected(model: &Model) -> Option<About> {
    let incident = model.current().filter(|_| model.focus == Pane::Roles)?;
    let priority = model.rating(incident.id).and_then(|rating| rating.priority);
    let lines = roster::model::lines(incident, model.org(), priority);
    lines.get(model.roster.scroll.selected.min(lines.len().saturating_sub(1))).map(roster::model::Line::about)
}

/// A role on a page: who has it, its duties, how its holder is reached, every turn it took.
pub fn duty_card(model: &mut Model, incident: &Incident, role: &RoleId) -> Vec<Effect> {
    let lines = card::of_role(&roster::view::Scene::of(model, incident, true), role);
    let title = format!("{} in {}", model.org().role_name(role), incident.code_text());
    model.open(Overlay::Page(Page::new(PageOf::Words, title, lines)))
}

/// Every turn the roles of the incident in hand took.
pub fn handovers(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let title = format!("Who had which role in {}", incident.code_text());
    let list = List::choices(ListOf::Handovers(incident.id), title, handover_rows(model, &incident)).unnumbered();
    model.open(Overlay::List(list.or_says("nobody has held a role here")))
}

/// The same as rows, the newest first; Enter goes to the line.
pub fn handover_rows(model: &Model, incident: &Incident) -> Vec<Row> {
    let clock = |at: Timestamp| model.clockface.write(at, incident.opened_at, model.look.local, 8);
    let row = |turn: &Handover| {
        let tone = if turn.turn == Turn::Assumed { Tone::Warn } else { Tone::Text };
        Row::new(Pick::Entry(incident.id, turn.event), card::told(turn)).lead(clock(turn.at)).tone(tone)
    };
    incident.handovers.iter().rev().map(row).collect()
}

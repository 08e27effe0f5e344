//! A role on a card: who has it, its duties, how its holder is reached, every turn it took. And a task, in full.

use crate::domain::EntryState;
use crate::domain::Handover;
use crate::domain::RoleId;
use crate::domain::Task;
use crate::domain::Timestamp;
use crate::text::span;
use crate::tui::glyphs::DOT;
use crate::tui::glyphs::PENDING;
use crate::tui::panes::roster::model::Line;
use crate::tui::panes::roster::model::is_needed;
use crate::tui::panes::roster::view;
use crate::tui::panes::roster::view::Scene;
use crate::tui::presence;
use crate::tui::theme::Tone;

/// The card of a line of the pane, under its name.
pub fn of_line(scene: &Scene<'_>, line: &Line<'_>) -> Vec<(String, Tone)> {
    let role = match line {
        Line::Held { role, .. } => (*role).clone(),
        Line::Vacant { role, .. } => role.id.clone(),
        Line::Task(task) => return of_task(scene, task),
    };
    let mut lines = vec![(scene.org.role_name(&role).to_owned(), Tone::Strong)];
    lines.extend(of_role(scene, &role));
    lines
}

/// The card of a role.
pub fn of_role(scene: &Scene<'_>, role: &RoleId) -> Vec<(String, Tone)> {
    let incident = scene.incident;
    let clock = |at: Timestamp| scene.clockface.write(at, incident.opened_at, scene.look.local, 8);
    let definition = scene.org.roles.iter().find(|definition| definition.id == *role);
    let mut lines = Vec::new();
    for holding in incident.roles.get(role).into_iter().flatten() {
        let ack = match holding.acknowledged_at {
            Some(at) if at == holding.since => String::new(),
            Some(at) => format!(", acknowledged {}", clock(at)),
            None if definition.is_some_and(|role| role.outside) => ", outside: has no login here".into(),
            None => ", NOT ACKNOWLEDGED".into(),
        };
        let seen = presence::words(scene.snapshot, &holding.person, incident.id, scene.now, clock);
        let seen = seen.map_or_else(String::new, |(words, _)| format!(", {words}"));
        let waits = if holding.state == EntryState::Local { format!(" {PENDING} not sent") } else { String::new() };
        let tone = if ack.contains("NOT") { Tone::Warn } else { Tone::Strong };
        lines.push((format!("{} since {}{ack}{seen}{waits}", holding.person, clock(holding.since)), tone));
    }
    if lines.is_empty() {
        let is_missing = definition.is_some_and(|role| is_needed(role, scene.priority)) && incident.status.value.is_open();
        lines.push(if is_missing { ("VACANT".into(), Tone::Loud) } else { ("nobody holds it".into(), Tone::Dim) });
    }
    let needed = definition.and_then(|role| role.needed_from).map(|from| format!("needed from {from} on"));
    let several = definition.filter(|role| role.several).map(|_| "several people may hold it at once".to_owned());
    lines.extend(needed.into_iter().chain(several).map(|words| (words, Tone::Dim)));
    if let Some(role) = definition {
        let reached = (!role.contact.is_empty()).then(|| (format!("reached at {}", role.contact), Tone::Text));
        lines.extend(reached);
        lines.push((String::new(), Tone::Text));
        lines.extend(role.duties.iter().map(|duty| (format!("{DOT} {duty}"), Tone::Text)));
    }
    let turns: Vec<&Handover> = incident.handovers.iter().filter(|turn| turn.role == *role).collect();
    if !turns.is_empty() {
        lines.push((String::new(), Tone::Text));
        lines.push(("what became of it, newest first".into(), Tone::Dim));
    }
    lines.extend(turns.iter().rev().map(|turn| (format!("{}  {}", clock(turn.at), told(turn)), Tone::Text)));
    lines
}

fn of_task(scene: &Scene<'_>, task: &Task) -> Vec<(String, Tone)> {
    let clock = |at: Timestamp| scene.clockface.write(at, scene.incident.opened_at, scene.look.local, 8);
    let (left, tone) = view::left(task, scene.now);
    let due = task.due_at.map_or_else(String::new, |due| format!(", due {}", clock(due)));
    let answered = task.understood_at.map_or_else(|| "not answered yet".into(), |at| format!("understood {}", clock(at)));
    let given = span::ago(task.given_at.millis(), scene.now.millis());
    vec![
        (format!("{}: {}", task.person, task.text), Tone::Strong),
        (format!("{left}{due}"), tone),
        (format!("given by {} {given}, {answered}", task.given_by), Tone::Dim),
    ]
}

/// What happened, and by whom where that is another than the one it is about.
pub fn told(turn: &Handover) -> String {
    let by = if turn.by == turn.person { String::new() } else { format!(", by {}", turn.by) };
    let waits = if turn.state == EntryState::Local { format!(" {PENDING} not sent") } else { String::new() };
    format!("{}{by}{waits}", turn.words())
}

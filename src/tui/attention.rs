//! What needs a person: refused lines, offers and tasks to me, what is overdue, who is missing, what crossed, who
//! speaks to me.

use crate::domain::IncidentId;
use crate::replica::snapshot::Link;
use crate::report;
use crate::text::span;
use crate::tui::keymap::Intent;
use crate::tui::model::Model;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::Pick;
use crate::tui::panes::roster::model::is_overdue;
use crate::tui::theme::Tone;
use crate::tui::verbs::drafts;
use crate::tui::verbs::roles;
use crate::tui::words;

/// What stands before a task of my own.
pub const MY_TASK: &str = "my task";

/// One thing that needs a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub pick: Pick,
    /// What kind of thing, in a word.
    pub lead: &'static str,
    pub words: String,
    pub note: String,
    pub tone: Tone,
}

impl Item {
    /// As a line of a list.
    pub fn row(&self) -> Row {
        Row::new(self.pick.clone(), self.words.clone()).lead(self.lead).note(self.note.clone()).tone(self.tone)
    }
}

/// Everything that needs a person now, the most pressing first.
pub fn items(model: &Model) -> Vec<Item> {
    let mut items = Vec::new();
    program(model, &mut items);
    for (incident, (by, words)) in model.calls.mentions.iter().filter(|(id, _)| model.header(**id).is_some()) {
        let (words, note) = (format!("{} {by} to you: {words}", model.code_of(*incident)), "Enter goes there".into());
        items.push(Item { pick: Pick::Incident(*incident), lead: "to you", words, note, tone: Tone::Loud });
    }
    for row in &model.incidents.open {
        incident(model, row.header.id, &mut items);
    }
    items.sort_by_key(|item| match item.tone {
        Tone::Alarm => 0,
        Tone::Loud | Tone::Refused => 1,
        Tone::Warn => 2,
        _ => 3,
    });
    items
}

fn program(model: &Model, items: &mut Vec<Item>) {
    let snapshot = &model.snapshot;
    let mut say = |lead, words: String, note: &str, tone, pick| items.push(Item { pick, lead, words, note: note.into(), tone });
    if let Some(trouble) = &snapshot.trouble {
        say("NOT SAVED", trouble.clone(), "", Tone::Alarm, Pick::Line(0));
    }
    if let Some(alarm) = &snapshot.alarm {
        let first = alarm.split_inclusive(". ").next().unwrap_or_default().trim().to_owned();
        say("log", first, "Enter: all of it, a: read", Tone::Alarm, Pick::Alarm);
    }
    if let Link::Refused { why } | Link::LockedOut { why } = &snapshot.link {
        say("server", why.clone(), "", Tone::Loud, Pick::Line(1));
    }
    if let Link::Unstored { why } = &snapshot.link {
        say(
            "disk",
            format!("what the server sends cannot be stored here: {why}; it is tried again by itself"),
            "",
            Tone::Loud,
            Pick::Line(1),
        );
    }
    if let Link::Offline { since, why, .. } = &snapshot.link {
        let silent = span::words(model.moment.wall.since_ms(*since));
        say("server", format!("out of reach for {silent}: {why}; it is tried again by itself"), "", Tone::Warn, Pick::Line(1));
    }
    let drafts = drafts::left(model);
    if drafts > 0 {
        let words = words::count(drafts, "draft: words written and not recorded", "drafts: words written and not recorded");
        say("drafts", words, "Enter lists them", Tone::Dim, Pick::Drafts);
    }
    for parked in snapshot.parked.iter().filter(|parked| parked.behind.is_none()) {
        let behind = snapshot.parked.iter().filter(|other| other.behind == Some(parked.event)).count();
        let waiting = if behind > 0 { format!(", {behind} wait behind it") } else { String::new() };
        let words = format!("{} {}: {}{waiting}", model.code_of(parked.incident), parked.words, parked.reason);
        say("refused", words, "Enter decides", Tone::Refused, Pick::Parked(parked.event));
    }
}

fn incident(model: &Model, id: IncidentId, items: &mut Vec<Item>) {
    let (Some(incident), me, now) = (model.incident(id), model.me(), model.now()) else {
        return;
    };
    let code = incident.code_text();
    let mut say = |lead, words: String, note: String, tone, pick| items.push(Item { pick, lead, words, note, tone });
    if let Some(offer) = incident.offer.as_ref().filter(|offer| offer.to == *me) {
        say("command", format!("{code} {} offers you command", offer.from), "Enter answers".into(), Tone::Loud, Pick::Incident(id));
    }
    let priority = model.rating(id).and_then(|rating| rating.priority);
    let missing: Vec<_> = report::vacancies(incident, model.org(), priority).collect();
    if !missing.is_empty() && incident.status.value.is_open() {
        let has_command = missing.iter().all(|role| !role.id.is_commander());
        let is_worst = priority.is_none_or(|priority| priority.level() == 1);
        let (tone, intent, does) = match (has_command, is_worst) {
            (false, true) => (Tone::Alarm, Intent::TakeCommand, "takes command"),
            (false, false) => (Tone::Loud, Intent::TakeCommand, "takes command"),
            (true, _) => (Tone::Warn, Intent::Assign, "assigns"),
        };
        // These keys mean something else in the list that shows this line.
        let there = format!("there: {}", model.look.keymap.hint(intent, does));
        let names = missing.iter().map(|role| role.short.as_str()).collect::<Vec<_>>().join(", ");
        say("vacant", format!("{code} {names}"), there, tone, Pick::Incident(id));
    }
    let row = model.incidents.open.iter().find(|row| row.header.id == id);
    if let Some(silent_ms) = row.and_then(|row| row.quiet_ms(now, model.incidents.quiet_p1_ms)) {
        let words = format!("{code} P1, and nobody wrote for {}", span::words(silent_ms));
        say("quiet", words, "i writes".into(), Tone::Loud, Pick::Incident(id));
    }
    for task in incident.tasks.iter().filter(|task| task.is_open()) {
        let is_mine = task.person == *me;
        let late = is_overdue(task, now);
        let is_unanswered = is_mine && task.understood_at.is_none();
        if !late && !is_unanswered {
            continue;
        }
        let left = task.due_at.map(|due| span::left(due.millis(), now.millis())).unwrap_or_default();
        let tone = if late { Tone::Loud } else { Tone::Warn };
        let lead = if is_mine { MY_TASK } else { "overdue" };
        say(lead, format!("{code} {}: {}", task.person, task.text), left, tone, Pick::TaskOf(id, task.id));
    }
    for role in roles::unacknowledged(incident, me).filter(|_| incident.status.value.is_open()) {
        let words = format!("{code} {}: another gave it to you", model.org().role_name(role));
        say("my role", words, "a: I know".into(), Tone::Warn, Pick::RoleOf(id, role.clone()));
    }
    for conflict in incident.conflicts.iter().filter(|conflict| !model.snapshot.dismissed.contains(&conflict.winner)) {
        let words = format!(
            "{code} {}: {} by {} stands, {} by {} was overtaken",
            conflict.field, conflict.stands, conflict.winner_by, conflict.lost, conflict.loser_by
        );
        let tone = if conflict.loser_by == *me { Tone::Loud } else { Tone::Warn };
        say("crossed", words, "a: seen".into(), tone, Pick::Crossed(id, conflict.winner));
    }
}

//! What stands before the timeline of a document: impact, roles, tasks, alerts.

use crate::domain::Axis;
use crate::domain::Dimension;
use crate::domain::Incident;
use crate::domain::Rating;
use crate::domain::RoleId;
use crate::domain::Scored;
use crate::domain::Timestamp;
use crate::report::Subject;
use crate::report::document::moment;
use crate::report::escape::inline;
use crate::text::money;

/// Adds what was scored and what follows from it.
pub fn add_impact(document: &mut String, subject: &Subject<'_>, rating: &Rating) {
    document.push_str("\n## Impact\n\n");
    document.push_str(&format!("{}\n", inline(&rating.reason)));
    if let Some(loss) = rating.loss_usd {
        let until = subject.incident.assessment.settled_at.map_or("by now", |_| "until it was over");
        document.push_str(&format!("\nMoney at stake {until}, by the lower bounds of what was scored: at least {}.\n", money::words(loss)));
    }
    let scores = &subject.incident.assessment.scores;
    if scores.is_empty() {
        return;
    }
    table(document, &["Dimension", "Side", "Level", "Meaning", "Scored", "By"]);
    for dimension in &subject.org.matrix.dimensions {
        let side = if dimension.axis == Axis::Impact { "impact" } else { "urgency" };
        match scores.get(&dimension.id) {
            Some(scored) => {
                let (level, meaning) = meaning(dimension, scored);
                row(document, &[inline(&dimension.name), side.into(), level, meaning, moment(scored.at), inline(scored.by.as_str())]);
            }
            None => row(document, &[inline(&dimension.name), side.into(), "unknown".into(), String::new(), String::new(), String::new()]),
        }
    }
}

fn meaning(dimension: &Dimension, scored: &Scored) -> (String, String) {
    let level = match scored.score.amount_usd {
        Some(amount) if dimension.in_money() => Some(dimension.level_for(amount)),
        _ => scored.score.level,
    };
    let words = level.map_or("", |level| dimension.words_for(level));
    let amount = scored.score.amount_usd.map(dollars);
    let meaning = match amount {
        Some(amount) if words.is_empty() => amount,
        Some(amount) => format!("{amount} ({})", inline(words)),
        None => inline(words),
    };
    (level.map_or_else(|| "unknown".into(), |level| level.to_string()), meaning)
}

/// Adds every holding of every role, with its times.
pub fn add_roles(document: &mut String, subject: &Subject<'_>) {
    document.push_str("\n## Roles\n");
    let rows = holdings(subject);
    if rows.is_empty() {
        document.push_str("\nNobody held a role.\n");
        return;
    }
    table(document, &["Role", "Person", "From", "Until"]);
    for (role, person, since, until, word) in rows {
        let until = until.map_or_else(|| "now".to_owned(), moment);
        row(document, &[inline(subject.org.role_name(role)), format!("{}{word}", inline(person)), moment(since), until]);
    }
    if let Some(offer) = &subject.incident.offer {
        let words = format!("Command is offered to {} by {}", offer.to, offer.from);
        document.push_str(&format!("\n{} since {}, not answered.\n", inline(&words), moment(offer.at)));
    }
}

type HeldRole<'a> = (&'a RoleId, &'a str, Timestamp, Option<Timestamp>, &'static str);

fn holdings<'a>(subject: &Subject<'a>) -> Vec<HeldRole<'a>> {
    let incident = subject.incident;
    let past = incident.past_roles.iter().map(|(role, holding, until)| (role, holding, Some(*until)));
    let held = incident.roles.iter().flat_map(|(role, holders)| holders.iter().map(move |holding| (role, holding, None)));
    let rows = past.chain(held);
    let mut rows: Vec<_> =
        rows.map(|(role, holding, until)| (role, holding.person.as_str(), holding.since, until, subject.mark(holding.state))).collect();
    // The commanders first, in the order in which they commanded.
    rows.sort_by_key(|(role, _, since, _, _)| (!role.is_commander(), (*role).clone(), *since));
    rows
}

/// Adds the tasks, oldest first; nothing where none was given.
pub fn add_tasks(document: &mut String, subject: &Subject<'_>) {
    let incident = subject.incident;
    if incident.tasks.is_empty() {
        return;
    }
    document.push_str("\n## Tasks\n");
    table(document, &["Task", "For", "Given", "Due", "Understood", "Done", "Result"]);
    for task in &incident.tasks {
        let given = format!("{} by {}{}", moment(task.given_at), inline(task.given_by.as_str()), subject.mark(task.state));
        let done = match (task.done_at, task.withdrawn_at) {
            (Some(done), _) => moment(done),
            (None, Some(withdrawn)) => format!("withdrawn {}", moment(withdrawn)),
            (None, None) => "open".to_owned(),
        };
        let when = |at: Option<Timestamp>| at.map(moment).unwrap_or_default();
        let words = [inline(&task.text), inline(task.person.as_str()), given, when(task.due_at), when(task.understood_at), done];
        row(document, &[&words[..], &[inline(&task.result)]].concat());
    }
}

/// Adds the alerts in the order they first fired; nothing where there are none.
pub fn add_alerts(document: &mut String, incident: &Incident) {
    if incident.alerts.is_empty() {
        return;
    }
    document.push_str("\n## Alerts\n");
    table(document, &["Alert", "Source", "Began", "Ended", "Fired"]);
    for alert in &incident.alerts {
        let words = if alert.summary.is_empty() { alert.title.clone() } else { format!("{}: {}", alert.title, alert.summary) };
        let ended = match alert.ends_at {
            _ if alert.firing => "still firing".to_owned(),
            Some(at) => moment(at),
            None => "resolved".to_owned(),
        };
        let times = if alert.times == 1 { "once".to_owned() } else { format!("{} times", alert.times) };
        row(document, &[inline(&words), inline(&alert.source), moment(alert.starts_at), ended, times]);
    }
}

fn table(document: &mut String, heads: &[&str]) {
    document.push_str(&format!("\n| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len())));
}

/// A row of a table: cells are escaped already.
pub fn row(document: &mut String, cells: &[String]) {
    document.push_str(&format!("| {} |\n", cells.join(" | ")));
}

/// `$1 234 567`, its sign escaped.
fn dollars(amount: u64) -> String {
    let digits = amount.to_string();
    let mut grouped = String::from("\\$");
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

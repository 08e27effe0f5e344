//! The briefing that goes with command: what the next commander must know, in the order they need it.

use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::Incident;
use crate::domain::Org;
use crate::domain::Priority;
use crate::domain::RoleDefinition;
use crate::domain::Timestamp;
use crate::report::lines::settled;
use std::collections::BTreeMap;

const DECISIONS_MAX: usize = 5;
const HYPOTHESES_MAX: usize = 3;
const UNSENT_MAX: usize = 5;
/// What stands before what the server does not have.
pub const NOT_SENT: &str = "Not sent yet";

/// A heading with its lines. Lines hold outside words: show them through `Safe`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// "Decisions".
    pub heading: &'static str,
    /// One thing each, never empty: where there is nothing to tell, the line says so.
    pub lines: Vec<String>,
}

/// The briefing of an incident at `now`; `unsent` is how many of the teller's own events the server does not have yet.
pub fn briefing(incident: &Incident, org: &Org, now: Timestamp, unsent: usize) -> Vec<Section> {
    let rating = org.matrix.rate(&incident.assessment, now);
    let commander = incident.commander().map_or_else(|| "vacant".into(), |holding| holding.person.to_string());
    let alerts = match incident.alerts_firing() {
        0 => "no alert fires".to_owned(),
        firing => format!("{firing} of {} alerts firing", incident.alerts.len()),
    };
    let settled = settled(incident);
    let recent = |kind: EntryKind, most: usize| -> Vec<String> {
        let is_open =
            |entry: &&Entry| entry.kind == kind && entry.stands() && !(kind == EntryKind::Hypothesis && settled.contains(&entry.id));
        let lines = incident.timeline.iter().rev().filter(is_open).take(most);
        lines.map(|entry| format!("{} {}: {}", clock(entry.at), entry.by(), first_line(&entry.text))).collect()
    };
    let tasks = incident.tasks.iter().filter(|task| task.is_open()).map(|task| {
        let due = task.due_at.map_or_else(String::new, |due| match due.since_ms(now) {
            left if left >= 0 => format!(", {} min left", left / 60_000),
            late => format!(", OVERDUE {} min", -late / 60_000),
        });
        let answer = if task.understood_at.is_some() { "" } else { ", not acknowledged" };
        format!("{}: {}{due}{answer}", task.person, first_line(&task.text))
    });
    let vacant = vacancies(incident, org, rating.priority).map(|role| role.name.clone());
    let holders = org.roles.iter().filter_map(|role| {
        let people: Vec<_> = incident.roles.get(&role.id)?.iter().map(|holding| holding.person.to_string()).collect();
        Some(format!("{}: {}", role.name, people.join(", ")))
    });
    let mut words = BTreeMap::new();
    for entry in incident.timeline.iter().filter(|entry| entry.kind == EntryKind::Communication && entry.stands()) {
        words.insert(entry.audience.as_deref().unwrap_or("unnamed audience"), entry);
    }
    let said = words.iter().map(|(audience, entry)| format!("{audience}, {}: {}", clock(entry.at), first_line(&entry.text)));
    let mut sections = vec![
        Section { heading: "Now", lines: vec![format!("{}, {alerts}, command: {commander}", incident.status.value), rating.reason] },
        section("Decisions", recent(EntryKind::Decision, DECISIONS_MAX), "none recorded"),
        section("Open hypotheses", recent(EntryKind::Hypothesis, HYPOTHESES_MAX), "none recorded"),
        section("Tasks", tasks.collect(), "none open"),
        section("Roles", holders.collect(), "nobody holds one"),
        section("Vacant and needed", vacant.collect(), "none"),
        section("Last word to each audience", said.collect(), "nothing was sent"),
    ];
    if unsent > 0 {
        let waiting = incident.timeline.iter().rev().filter(|entry| entry.is_pending()).take(UNSENT_MAX);
        let waiting = waiting.map(|entry| format!("{} {}", entry.kind, first_line(&entry.text)));
        let lines = std::iter::once(format!("{unsent} of my changes have not reached the server")).chain(waiting);
        sections.push(Section { heading: NOT_SENT, lines: lines.collect() });
    }
    sections
}

/// The same as plain text, as it is recorded with an offer of command.
pub fn briefing_text(sections: &[Section]) -> String {
    let part = |section: &Section| format!("{}: {}", section.heading, section.lines.join(" · "));
    sections.iter().map(part).collect::<Vec<_>>().join("\n")
}

/// The roles a priority demands and nobody holds.
pub fn vacancies<'a>(incident: &'a Incident, org: &'a Org, priority: Option<Priority>) -> impl Iterator<Item = &'a RoleDefinition> {
    // An incident nobody has rated is treated as the worst for command alone: somebody must look at it.
    let needed = move |role: &&RoleDefinition| match (role.needed_from, priority) {
        (Some(from), Some(priority)) => priority <= from,
        (Some(_), None) => role.id.is_commander(),
        (None, _) => false,
    };
    org.roles.iter().filter(needed).filter(|role| !incident.roles.contains_key(&role.id))
}

fn section(heading: &'static str, lines: Vec<String>, nothing: &str) -> Section {
    Section { heading, lines: if lines.is_empty() { vec![nothing.to_owned()] } else { lines } }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(11..16).unwrap_or_default().to_owned() + " UTC"
}

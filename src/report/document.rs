//! The record of an incident as a Markdown document.

use chrono_tz::Tz;

use crate::domain::EntryState;
use crate::domain::Holding;
use crate::domain::Incident;
use crate::domain::Timestamp;
use crate::report::Subject;
use crate::report::escape::inline;
use crate::report::escape::paragraph;
use crate::report::facts;
use crate::report::lines;
use crate::text::clock;
use crate::text::span;

/// The whole record: facts, summary, impact, roles, alerts, tasks, and the timeline to the millisecond with who acted in
/// which role, every amendment and every struck line. Times are UTC.
pub fn markdown(subject: &Subject<'_>) -> String {
    let incident = subject.incident;
    let rating = subject.org.matrix.rate(&incident.assessment, subject.now);
    let mut document = format!("# {}: {}\n", incident.code_text(), inline(&incident.title.value));
    if incident.drill {
        document.push_str("\n**DRILL. This was an exercise: nothing in it happened.**\n");
    }
    if let Some(readers) = &incident.readers.value {
        let words = inline(&format!("{readers}"));
        document.push_str(&format!("\n**RESTRICTED. Only {words} may see this: do not pass it on.**\n"));
    }
    document.push_str("\n| | |\n|---|---|\n");
    let mut fact = |name: &str, words: String| facts::row(&mut document, &[format!("**{name}**"), words]);
    fact("Status", format!("{} since {}", incident.status.value, moment(incident.status.at)));
    fact("Severity", incident.assessment.severity().map_or_else(|| "not set".to_owned(), |severity| severity.to_string()));
    fact("Priority", inline(&rating.reason));
    fact("Opened", format!("{} by {}", moment(incident.opened_at), inline(incident.declared_by.as_str())));
    fact("Resolved", incident.resolved_at.map_or_else(|| "not resolved".to_owned(), moment));
    fact("Duration", duration(subject));
    fact("Command", commanders(incident));
    let services = incident.services.value.join(", ");
    fact("Services", if services.is_empty() { "none named".to_owned() } else { inline(&services) });
    if let Some(into) = incident.merged_into {
        fact("Goes on as", format!("incident {into}"));
    }
    fact("Identity", incident.id.to_string());
    fact("Log", inline(subject.position.unwrap_or("not sent to a server yet")));
    fact("Made", moment(subject.now));
    warn_of_pending(&mut document, subject);
    if !incident.summary.value.is_empty() {
        document.push_str(&format!("\n## Summary\n\n{}\n", paragraph(&incident.summary.value)));
    }
    facts::add_impact(&mut document, subject, &rating);
    facts::add_roles(&mut document, subject);
    facts::add_alerts(&mut document, incident);
    facts::add_tasks(&mut document, subject);
    lines::add_timeline(&mut document, subject);
    document
}

/// `Sat 21 Nov 2026 12:16:03.113 UTC`
pub fn moment(at: Timestamp) -> String {
    format!("{} {} UTC", clock::day(at.millis(), Tz::UTC), clock::clock_ms(at.millis(), Tz::UTC))
}

fn duration(subject: &Subject<'_>) -> String {
    let incident = subject.incident;
    let until = incident.resolved_at.or(incident.assessment.settled_at);
    let full = span::in_full(until.unwrap_or(subject.now).since_ms(incident.opened_at));
    if until.is_some() { full } else { format!("{full} so far") }
}

/// Everyone who had command, in order.
fn commanders(incident: &Incident) -> String {
    let past = incident.past_roles.iter().filter(|(role, _, _)| role.is_commander()).map(|(_, holding, _)| holding);
    let names: Vec<String> = past.chain(incident.commander()).map(|holding: &Holding| inline(holding.person.as_str())).collect();
    if names.is_empty() { "nobody took command".to_owned() } else { names.join(", then ") }
}

/// A document made before the server answered says so, and what of it.
fn warn_of_pending(document: &mut String, subject: &Subject<'_>) {
    let incident = subject.incident;
    if subject.is_unsent() {
        document.push_str("\n**No server has accepted any of this yet**: it is the record of one machine, times are by its clock.\n");
    }
    let pending = if subject.is_unsent() { 0 } else { incident.timeline.iter().filter(|entry| entry.is_pending()).count() };
    let refused = incident.timeline.iter().filter(|entry| entry.state == EntryState::Refused).count();
    for (count, words) in [(pending, "not accepted by the server yet"), (refused, "refused by the server")] {
        if count > 0 {
            let lines = if count == 1 { "1 line is".to_owned() } else { format!("{count} lines are") };
            document.push_str(&format!("\n**{lines} {words}**, and marked so below.\n"));
        }
    }
}

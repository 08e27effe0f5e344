//! What an event says in one line, for lists of what waits.

use crate::domain::Body;
use crate::domain::Event;
use crate::domain::Readers;

/// One line about an event, and its whole text where it has one.
pub(super) fn words_of(event: &Event) -> (String, Option<String>) {
    let of = |text: &str| (first_line(text), Some(text.to_owned()));
    let line = |words: String| (words, None);
    match &event.body {
        Body::IncidentDeclared(data) => {
            let text = if data.summary.is_empty() { data.title.clone() } else { format!("{}\n\n{}", data.title, data.summary) };
            (format!("declared: {}", data.title), Some(text))
        }
        Body::EntryAdded(data) => of(&data.text),
        Body::EntryAmended(data) => data.text.as_deref().map_or_else(|| line("amends an entry".into()), of),
        Body::EntryRetracted(data) => line(format!("strikes an entry: {}", data.reason)),
        Body::IncidentEdited(data) => {
            of(&[data.title.as_deref(), data.summary.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("\n\n"))
        }
        Body::IncidentMerged(data) => line(format!("merges into {}", data.into_code)),
        Body::IncidentSplit(data) => line(format!("splits from {}", data.from_code)),
        Body::IncidentLinked(data) => line(format!("links {}", data.other_code)),
        Body::IncidentRestricted(data) => {
            let readers = Readers { people: data.people.clone(), roles: data.roles.clone() };
            with_reason(format!("restricts to {readers}"), &data.reason)
        }
        Body::RestrictionLifted(data) => with_reason("opens to everyone".into(), &data.reason),
        Body::StatusChanged(data) => with_reason(format!("status {}", data.status), &data.reason),
        Body::SeveritySet(data) => with_reason(format!("severity {}", data.severity), &data.reason),
        Body::ImpactAssessed(data) => {
            with_reason(format!("assesses {}", data.scores.keys().map(String::as_str).collect::<Vec<_>>().join(", ")), &data.reason)
        }
        Body::PriorityOverridden(data) => {
            with_reason(data.priority.map_or_else(|| "priority left to the matrix".into(), |to| format!("priority {to}")), &data.reason)
        }
        Body::RoleAssigned(data) => line(format!("{} → {}", data.role, data.person)),
        Body::RoleAcknowledged(data) => line(format!("acknowledges {}", data.role)),
        Body::RoleReleased(data) => line(format!("{} gives up {}", data.person, data.role)),
        Body::RoleOffered(data) => (format!("offers {} to {}", data.role, data.person), Some(data.briefing.clone())),
        Body::RoleWithdrawn(_) => line("withdraws an offer of command".into()),
        Body::RoleAccepted(_) => line("accepts command".into()),
        Body::RoleDeclined(data) => with_reason("declines command".into(), &data.reason),
        Body::RoleAssumed(data) => with_reason(format!("assumes {}", data.role), &data.reason),
        Body::TaskGiven(data) => (format!("task for {}: {}", data.person, first_line(&data.text)), Some(data.text.clone())),
        Body::TaskUnderstood(_) => line("understands a task".into()),
        Body::TaskDone(data) => with_reason("task done".into(), &data.result),
        Body::TaskWithdrawn(data) => with_reason("withdraws a task".into(), &data.reason),
        Body::AlertFired(data) => line(format!("{} firing", data.title)),
        Body::AlertResolved(data) => line(format!("alert {} resolved", data.key)),
        Body::AlertUnreadable(data) => line(format!("alert from {} could not be read", data.source)),
        Body::EventRedacted(data) => line(format!("redacts record {}: {}", data.seq, data.reason)),
        Body::KeyReplaced(_) => line("replaces the server's key".into()),
        Body::SettingsPublished(_) => line("publishes settings".into()),
        Body::Unknown { kind } => line(kind.clone()),
    }
}

fn with_reason(words: String, reason: &str) -> (String, Option<String>) {
    if reason.is_empty() { (words, None) } else { (format!("{words}: {}", first_line(reason)), Some(reason.to_owned())) }
}

fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

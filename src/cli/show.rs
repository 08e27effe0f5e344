//! One incident on paper: state, roles, tasks, alerts, last lines.

use crate::cli::answer;
use crate::cli::failure::Failure;
use crate::cli::find;
use crate::cli::output::Paint;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::cli::table::Table;
use crate::domain::Incident;
use crate::domain::Org;
use crate::text::Safe;
use crate::text::clock;
use crate::text::span;

const TEXT_CELLS: usize = 60;

/// Prints an incident with the last `lines` lines of its timeline (0: all).
pub fn print(session: &Session, incident: &Incident, org: &Org, lines: usize) -> Result<(), Failure> {
    let output = &session.output;
    let now = now();
    let rating = org.matrix.rate(&incident.assessment, now);
    output.line(answer::head(session, incident))?;
    let ended = incident.resolved_at.unwrap_or(now);
    output.line(format!("  {}  {}  T+{}", incident.status.value, rating.label(), span::age(ended.since_ms(incident.opened_at))))?;
    output.line(format!("  {}", Safe::line(&rating.reason)))?;
    if !incident.services.value.is_empty() {
        output.line(format!("  services: {}", Safe::line(&incident.services.value.join(", "))))?;
    }
    if let Some(readers) = &incident.readers.value {
        output.line(format!("  {} to {}", output.paint("RESTRICTED", Paint::Warm), Safe::line(&readers.to_string())))?;
    }
    if !incident.summary.value.trim().is_empty() {
        output.line(format!("  {}", Safe::lines(&incident.summary.value).as_str().replace('\n', "\n  ")))?;
    }
    print_roles(session, incident, org)?;
    print_tasks(session, incident)?;
    for alert in incident.alerts.iter().filter(|alert| alert.firing) {
        output.line(format!("  {} {}", output.paint("firing", Paint::Loud), Safe::clipped(&alert.title, TEXT_CELLS)))?;
    }
    let from = if lines == 0 { 0 } else { incident.timeline.len().saturating_sub(lines) };
    if from > 0 {
        output.line(format!("  {from} earlier lines (--lines 0 shows all)"))?;
    }
    let zone = clock::zone_name(now.millis(), session.zone);
    let mut day = String::new();
    for entry in incident.timeline.iter_from(from) {
        let this_day = clock::day(entry.at.millis(), session.zone);
        if this_day != day {
            output.line(output.paint(&format!("{this_day}, times {zone}"), Paint::Dim))?;
            day = this_day;
        }
        let waits = if entry.is_pending() { "  not sent" } else { "" };
        output.line(format!("{}{waits}", answer::line(session, entry)))?;
    }
    Ok(())
}

fn print_roles(session: &Session, incident: &Incident, org: &Org) -> Result<(), Failure> {
    let output = &session.output;
    let mut held = Vec::new();
    for role in &org.roles {
        let holders: Vec<_> = incident.roles.get(&role.id).into_iter().flatten().map(|holding| holding.person.as_str()).collect();
        match holders.as_slice() {
            [] if role.id.is_commander() => held.push(format!("{} {}", role.short, output.paint("VACANT", Paint::Loud))),
            [] => {}
            several => held.push(format!("{} {}", role.short, Safe::line(&several.join(", ")))),
        }
    }
    if let Some(offer) = &incident.offer {
        held.push(format!("command offered to {}", Safe::line(offer.to.as_str())));
    }
    output.line(format!("  {}", held.join("   ")))
}

fn print_tasks(session: &Session, incident: &Incident) -> Result<(), Failure> {
    let mut table = Table::new(&session.output, &["TASK", "FOR", "WHAT", "DUE"], TEXT_CELLS);
    for task in incident.tasks.iter().filter(|task| task.is_open()) {
        let now_ms = now().millis();
        let due = task.due_at.map_or_else(String::new, |due| span::left(due.millis(), now_ms));
        let overdue = if task.due_at.is_some_and(|due| due.millis() <= now_ms) { Paint::Loud } else { Paint::Plain };
        table.row([
            (&find::short(task.id), Paint::Plain),
            (task.person.as_str(), Paint::Plain),
            (&task.text, Paint::Plain),
            (&due, overdue),
        ]);
    }
    if table.is_empty() {
        return Ok(());
    }
    table.lines(&session.output).iter().try_for_each(|line| session.output.line(format!("  {line}")))
}

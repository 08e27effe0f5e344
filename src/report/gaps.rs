//! What a record lacks: each rule finds what is missing, says since when and for how long, and what would close it.
//!
//! The rules look only at the record; whether a gap matters is for people to say.

use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::Holding;
use crate::domain::Incident;
use crate::domain::Offer;
use crate::domain::Outcome;
use crate::domain::Priority;
use crate::domain::Rated;
use crate::domain::RoleId;
use crate::domain::Status;
use crate::domain::StatusChange;
use crate::domain::Task;
use crate::domain::Timestamp;
use crate::report::Moved;
use crate::report::Subject;
use crate::report::document::one_line;
use crate::report::lines::settled;
use crate::report::stretch;
use crate::text::Safe;
use crate::text::span;
use serde::Serialize;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// For so long nobody may be silent while an incident is worked on.
const SILENCE_MS: i64 = HOUR_MS;
/// While it is only watched, so long.
const SILENCE_WATCHING_MS: i64 = 4 * HOUR_MS;
/// For so long a P1 may be without command: somebody must have time to take it.
const COMMAND_MS: i64 = 5 * MINUTE_MS;
/// What is written within so long of a change of status explains it.
const EXPLAINED_WITHIN_MS: i64 = 5 * MINUTE_MS;
/// For so long a person may leave a task or a role unanswered.
const ANSWER_MS: i64 = 10 * MINUTE_MS;
/// For so long a P1 or P2 that goes on may be told to nobody.
const TELL_MS: i64 = HOUR_MS;
/// So many gaps of one rule are told one by one.
const TOLD_MAX: usize = 8;
/// Cells of an outside text that names something.
const NAME_CELLS: usize = 120;

/// Something the record lacks.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Gap {
    /// The rule: `validation`, `silence`, `command`, …
    pub rule: &'static str,
    /// Since when.
    pub from: Timestamp,
    /// Until when; nothing where it is of a moment, or still so.
    pub until: Option<Timestamp>,
    /// What is missing, in a sentence.
    pub what: String,
    /// What would close it, in words.
    pub remedy: &'static str,
    /// The command that does it; empty where none does.
    pub command: &'static str,
}

/// What the rules look at.
struct Record<'a> {
    incident: &'a Incident,
    now: Timestamp,
    moves: &'a [Moved],
    /// When it was resolved, while it is.
    resolved_at: Option<Timestamp>,
}

/// Every gap, by time.
pub fn find(subject: &Subject<'_>, moves: &[Moved]) -> Vec<Gap> {
    let incident = subject.incident;
    let is_resolved = matches!(incident.status.value, Status::Resolved | Status::Closed);
    let record = Record { incident, now: subject.now, moves, resolved_at: incident.resolved_at.filter(|_| is_resolved) };
    let rules = [
        validation,
        silence,
        command,
        unexplained,
        unrated,
        untold,
        undecided,
        tasks,
        hypotheses,
        roles,
        offer,
        alerts,
        conflicts,
        summary,
    ];
    let mut gaps: Vec<Gap> = rules.iter().flat_map(|rule| told(rule(&record))).collect();
    gaps.sort_by_key(|gap| gap.from);
    gaps
}

/// The first of many, and how many more there are.
fn told(mut gaps: Vec<Gap>) -> Vec<Gap> {
    gaps.sort_by_key(|gap| gap.from);
    let rest = gaps.split_off(gaps.len().min(TOLD_MAX));
    if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
        let what = format!("{} more like the {TOLD_MAX} before.", rest.len());
        gaps.push(Gap { what, until: Some(last.until.unwrap_or(last.from)), ..first.clone() });
    }
    gaps
}

fn gap(rule: &'static str, from: Timestamp, until: Option<Timestamp>, what: String, remedy: &'static str) -> Gap {
    // A remedy may end in a command.
    let (remedy, command) = remedy.split_once(": warroom ").map_or((remedy, ""), |(words, _)| (words, &remedy[words.len() + 2..]));
    Gap { rule, from, until, what, remedy, command }
}

/// Resolved, and no validation with outcome ok is later than the last action.
fn validation(record: &Record<'_>) -> Vec<Gap> {
    let Some(at) = record.resolved_at.filter(|_| !record.incident.is_validated()) else { return Vec::new() };
    let failed = record.incident.timeline.iter().rev().find(|entry| entry.kind == EntryKind::Validation && entry.stands());
    let what = match failed.map(|entry| entry.outcome) {
        None => "It was resolved, and no validation says how the fix was checked.",
        Some(Some(Outcome::Ok)) => "It was resolved, and no validation is later than the last action or command.",
        Some(_) => "It was resolved, and the last validation did not end well.",
    };
    vec![gap("validation", at, None, what.into(), "Check the fix and write down how: warroom log \"…\" --kind validation --outcome ok")]
}

/// Nobody wrote or did anything for an hour while it was worked on, or for four while it was only watched.
fn silence(record: &Record<'_>) -> Vec<Gap> {
    let phases = record.incident.phases();
    let heard = record.incident.timeline.iter().filter(|entry| entry.kind != EntryKind::Alert).map(|entry| entry.at);
    let mut moments: Vec<Timestamp> = heard.chain(phases.iter().map(|phase| phase.from)).chain([record.now]).collect();
    moments.sort();
    let status_at = |at: Timestamp| phases.iter().rfind(|phase| phase.from <= at).map(|phase| phase.status);
    let is_silence = |(from, until): &(Timestamp, Timestamp)| match status_at(*from) {
        Some(Status::Monitoring) => until.since_ms(*from) >= SILENCE_WATCHING_MS,
        Some(status) => status.is_open() && until.since_ms(*from) >= SILENCE_MS,
        None => false,
    };
    let pairs = moments.iter().copied().zip(moments.iter().copied().skip(1));
    let say = |(from, until): (Timestamp, Timestamp)| {
        let what = format!(
            "Nobody wrote anything for {} while the status was {}.",
            in_full(from, until),
            status_at(from).map_or("open", Status::word)
        );
        let remedy = "Ask who was at work and add what they did then: warroom log \"…\" --at TIME";
        gap("silence", from, (until < record.now).then_some(until), what, remedy)
    };
    pairs.filter(is_silence).map(say).collect()
}

/// A P1 that was open without anybody in command.
fn command(record: &Record<'_>) -> Vec<Gap> {
    let first = |priority: Option<Priority>| priority.is_some_and(|priority| priority.level() == 1);
    let p1 = stretch::rated(record.moves, record.now).into_iter().filter(|(priority, _)| first(*priority)).map(|(_, stretch)| stretch);
    let p1 = stretch::common(&stretch::joined(p1.collect()), &stretch::open(record.incident, record.now));
    let alone = stretch::without(&p1, &stretch::commanded(record.incident, record.now));
    let long = alone.into_iter().filter(|(from, until)| until.since_ms(*from) >= COMMAND_MS);
    let say = |(from, until): (Timestamp, Timestamp)| {
        let is_over = until < record.now;
        let what = format!("Nobody had command of a P1 for {}.", in_full(from, until));
        let remedy = if is_over { "Write down who decided then: warroom log \"…\" --at TIME" } else { "Take command: warroom take" };
        gap("command", from, is_over.then_some(until), what, remedy)
    };
    long.map(say).collect()
}

/// A status was changed without a reason, and nothing written near it gives one.
fn unexplained(record: &Record<'_>) -> Vec<Gap> {
    let timeline = &record.incident.timeline;
    let is_explained = |change: &&StatusChange| {
        let near = timeline.iter_from(timeline.place_at(change.at.plus_ms(-EXPLAINED_WITHIN_MS)));
        let near = near.take_while(|entry| entry.at <= change.at.plus_ms(EXPLAINED_WITHIN_MS));
        !change.reason.is_empty()
            || near.filter(|entry| entry.kind.is_written()).any(Entry::stands)
            || (change.to == Status::Resolved && record.incident.is_validated())
            || (change.from, change.to) == (Status::Resolved, Status::Closed)
    };
    let say = |change: &StatusChange| {
        let what =
            format!("{} changed the status from {} to {}, and nothing near it says why.", name(change.by.as_str()), change.from, change.to);
        gap("status", change.at, None, what, "Write down what was known then: warroom log \"…\" --at TIME")
    };
    record.incident.statuses.iter().filter(|change| !is_explained(change)).map(say).collect()
}

/// Resolved, and nobody ever said how bad it was.
fn unrated(record: &Record<'_>) -> Vec<Gap> {
    let is_rated = record.incident.ratings.iter().any(|change| !matches!(change.what, Rated::Settled(_)));
    let Some(at) = record.resolved_at.filter(|_| !is_rated) else { return Vec::new() };
    let what = "It was resolved, and nobody scored its impact or set a severity.";
    vec![gap("impact", at, None, what.into(), "Score what is known by now: warroom assess DIM=LEVEL…")]
}

/// A P1 or P2, and nobody outside was told anything.
fn untold(record: &Record<'_>) -> Vec<Gap> {
    let Some(since) = first_urgent(record) else { return Vec::new() };
    let is_long = record.resolved_at.is_some() || record.now.since_ms(since) >= TELL_MS;
    let was_told = record.incident.timeline.iter().any(|entry| entry.kind == EntryKind::Communication && entry.stands());
    if was_told || !is_long || record.incident.drill {
        return Vec::new();
    }
    let what = "It was a P1 or P2, and the record holds no communication to anybody.";
    vec![gap(
        "communication",
        since,
        None,
        what.into(),
        "Add what was said, and to whom: warroom log \"…\" --kind communication --audience NAME",
    )]
}

/// A P1 or P2 was resolved without a decision.
fn undecided(record: &Record<'_>) -> Vec<Gap> {
    let (Some(_), Some(at)) = (first_urgent(record), record.resolved_at) else { return Vec::new() };
    if record.incident.timeline.iter().any(|entry| entry.kind == EntryKind::Decision && entry.stands()) {
        return Vec::new();
    }
    let what = "A P1 or P2 was resolved, and the record holds no decision.";
    vec![gap("decision", at, None, what.into(), "Add what was decided, and by whom: warroom log \"…\" --kind decision --at TIME")]
}

fn first_urgent(record: &Record<'_>) -> Option<Timestamp> {
    record.moves.iter().find(|step| step.priority.is_some_and(|priority| priority.level() <= 2)).map(|step| step.at)
}

/// A task nobody answered, or nobody ended.
fn tasks(record: &Record<'_>) -> Vec<Gap> {
    let say = |task: &Task| {
        let is_answered = task.understood_at.is_some() || record.now.since_ms(task.given_at) < ANSWER_MS;
        let missed = task.due_at.filter(|due| *due < record.now);
        let (words, since) = match (record.resolved_at, missed, is_answered) {
            (Some(_), _, true) => ("was never ended", task.given_at),
            (Some(_), _, false) => ("was never answered and never ended", task.given_at),
            (None, Some(due), true) => ("is overdue", due),
            (None, Some(due), false) => ("was never answered and is overdue", due),
            (None, None, false) => ("was never answered", task.given_at),
            (None, None, true) => return None,
        };
        let what = format!("A task for {} {words}: {}", name(task.person.as_str()), name(&task.text));
        Some(gap("task", since, None, what, "Ask its holder, and end it or withdraw it: warroom done TASK"))
    };
    record.incident.tasks.iter().filter(|task| task.is_open()).filter_map(say).collect()
}

/// Resolved, and a hypothesis was neither taken up nor ruled out.
fn hypotheses(record: &Record<'_>) -> Vec<Gap> {
    if record.resolved_at.is_none() {
        return Vec::new();
    }
    let settled = settled(record.incident);
    let is_open = |entry: &&Entry| entry.kind == EntryKind::Hypothesis && entry.stands() && !settled.contains(&entry.id);
    let say = |entry: &Entry| {
        let what = format!("Nobody decided a hypothesis of {}: {}", name(entry.by().as_str()), name(&entry.text));
        gap("hypothesis", entry.at, None, what, "Reply to it in the war room with a decision or a validation")
    };
    record.incident.timeline.iter().filter(is_open).map(say).collect()
}

/// A role given to somebody who never said that they know.
fn roles(record: &Record<'_>) -> Vec<Gap> {
    let ignored = record.incident.holdings().filter(|(_, holding, until)| {
        let long = until.unwrap_or(record.now).since_ms(holding.since) >= ANSWER_MS;
        long && holding.acknowledged_at.is_none()
    });
    let say = |(role, holding, until): (&RoleId, &Holding, Option<Timestamp>)| {
        let what = format!("{} was given the role {} and never said that they know.", name(holding.person.as_str()), name(role.as_str()));
        gap("role", holding.since, until, what, "Ask them whether they acted in it, and let them say so: warroom ack ROLE")
    };
    ignored.map(say).collect()
}

/// Command was offered, and nobody answered before it was over.
fn offer(record: &Record<'_>) -> Vec<Gap> {
    let offers = record.incident.offer.iter().filter(|_| record.resolved_at.is_some());
    let say = |offer: &Offer| {
        let what = format!("{} offered command to {}, who never answered.", name(offer.from.as_str()), name(offer.to.as_str()));
        gap("offer", offer.at, None, what, "Answer it, or withdraw it: warroom offer --withdraw")
    };
    offers.map(say).collect()
}

/// Resolved while alerts fire.
fn alerts(record: &Record<'_>) -> Vec<Gap> {
    let Some(at) = record.resolved_at else { return Vec::new() };
    let firing: Vec<_> = record.incident.alerts.iter().filter(|alert| alert.firing && alert.starts_at <= at).collect();
    let Some(first) = firing.first() else { return Vec::new() };
    let more = if firing.len() == 1 { String::new() } else { format!(" and {} more", firing.len() - 1) };
    let what = format!("It was resolved while alerts fired that have not resolved since: {}{more}.", name(&first.title));
    vec![gap("alert", at, None, what, "Say why they do not count: warroom log \"…\" --kind decision")]
}

/// Two versions of a line stand against each other.
fn conflicts(record: &Record<'_>) -> Vec<Gap> {
    let say = |entry: &Entry| {
        let what = format!("Two versions of a line stand against each other: {}", name(&entry.text));
        gap("conflict", entry.at, None, what, "Merge them: M on the line in the war room")
    };
    record.incident.timeline.iter().filter(|entry| entry.conflict && entry.stands()).map(say).collect()
}

/// Resolved, and no summary says what it was.
fn summary(record: &Record<'_>) -> Vec<Gap> {
    let Some(at) = record.resolved_at.filter(|_| record.incident.summary.value.trim().is_empty()) else { return Vec::new() };
    let what = "It was resolved, and no summary says what it was.";
    vec![gap("summary", at, None, what.into(), "Say it in a few sentences: warroom edit --summary \"…\"")]
}

fn in_full(from: Timestamp, until: Timestamp) -> String {
    span::in_full(until.since_ms(from))
}

/// Outside words that name something: one line of them, cut.
fn name(words: &str) -> String {
    one_line(Safe::clipped(words, NAME_CELLS).as_str())
}

//! The timeline as a document tells it: every line to the millisecond, who acted in which role, what was amended and struck.

use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::Outcome;
use crate::domain::Place;
use crate::domain::Revision;
use crate::domain::Timestamp;
use crate::report::Subject;
use crate::report::document::one_line;
use crate::report::document::several_lines;
use crate::text::clock;
use chrono_tz::Tz;
use serde::Serialize;
use std::collections::HashMap;
use std::collections::HashSet;

/// A day with its lines.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Day {
    /// "Sat 21 Nov 2026".
    pub name: String,
    /// "2026-11-21".
    pub date: String,
    pub lines: Vec<Line>,
}

/// A line of the timeline.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Line {
    /// What a link to it names, unique in the document.
    pub anchor: String,
    pub id: EventId,
    pub seq: Option<u64>,
    /// `local`, `accepted` or `refused`.
    pub state: &'static str,
    pub at: Timestamp,
    pub kind: &'static str,
    /// A person wrote it; every other line is drawn from what was done.
    pub written: bool,
    pub text: String,
    pub by: String,
    /// The roles `by` held then, as the organisation calls them.
    pub roles: Vec<String>,
    /// Who wrote it down, where that is another person than `by`.
    pub recorded_by: Option<String>,
    pub outcome: Option<Outcome>,
    pub audience: Option<String>,
    pub components: Vec<String>,
    /// The line it answers.
    pub reply_to: Option<Reply>,
    /// Where it stood before, where it was moved here.
    pub moved_from: Option<String>,
    /// What no server has accepted of it, in words.
    pub mark: &'static str,
    /// Earlier versions, oldest first.
    pub amendments: Vec<Amendment>,
    pub struck: Option<Struck>,
    /// Two versions stand against each other, and nobody has merged them.
    pub conflict: bool,
}

/// The line that another answers.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Reply {
    pub id: EventId,
    pub anchor: String,
    pub at: Timestamp,
}

/// What a line said before, and who changed it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Amendment {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
    pub before_text: String,
    pub before_kind: &'static str,
    /// When it was said to have happened, where the amendment changed that.
    pub before_at: Option<Timestamp>,
    /// What no server has accepted of it, in words.
    pub mark: &'static str,
}

/// Why a line no longer counts.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Struck {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
    /// The incident it went to.
    pub moved_to: Option<String>,
    /// What no server has accepted of it, in words.
    pub mark: &'static str,
}

/// Every line, oldest first.
pub(super) fn lines(subject: &Subject<'_>) -> Vec<Line> {
    let timeline = &subject.incident.timeline;
    let asked: HashSet<EventId> = timeline.iter().filter_map(|entry| entry.reply_to).collect();
    let found = timeline.iter().filter(|entry| asked.contains(&entry.id));
    let asked: HashMap<EventId, Timestamp> = found.map(|entry| (entry.id, entry.at)).collect();
    timeline.iter().map(|entry| line(entry, subject, &asked)).collect()
}

fn line(entry: &Entry, subject: &Subject<'_>, asked: &HashMap<EventId, Timestamp>) -> Line {
    let reply = |to: EventId| asked.get(&to).map(|at| Reply { id: to, anchor: anchor(to), at: *at });
    Line {
        anchor: anchor(entry.id),
        id: entry.id,
        seq: entry.state.seq(),
        state: entry.state.word(),
        at: entry.at,
        kind: kind_word(entry.kind),
        written: entry.kind.is_written(),
        text: several_lines(&entry.text),
        by: one_line(entry.by().as_str()),
        roles: entry.roles().iter().map(|role| one_line(subject.org.role_name(role))).collect(),
        recorded_by: entry.recorded_by.as_ref().map(|person| one_line(person.as_str())),
        outcome: entry.outcome,
        audience: entry.audience.as_deref().map(one_line),
        components: entry.components.iter().map(|component| one_line(component)).collect(),
        reply_to: entry.reply_to.and_then(reply),
        moved_from: entry.moved_from.map(place_words),
        mark: subject.mark(entry.state),
        amendments: entry.history.iter().enumerate().map(|(index, revision)| amendment(entry, index, revision, subject)).collect(),
        struck: entry.struck.as_deref().map(|strike| Struck {
            at: strike.at,
            by: one_line(strike.by.as_str()),
            reason: one_line(&strike.reason),
            moved_to: strike.moved_to.map(place_words),
            mark: subject.mark(strike.state),
        }),
        conflict: entry.conflict,
    }
}

fn amendment(entry: &Entry, index: usize, revision: &Revision, subject: &Subject<'_>) -> Amendment {
    let next_at = entry.history.get(index + 1).map_or(entry.at, |next| next.at);
    Amendment {
        at: revision.amended_at,
        by: one_line(revision.by.as_str()),
        reason: one_line(&revision.reason),
        before_text: several_lines(&revision.text),
        before_kind: kind_word(revision.kind),
        before_at: (revision.at != next_at).then_some(revision.at),
        mark: subject.mark(revision.state),
    }
}

/// The lines in groups, one a day in UTC.
pub(super) fn by_day(lines: Vec<Line>) -> Vec<Day> {
    let mut days: Vec<(i32, Day)> = Vec::new();
    for line in lines {
        let at_ms = line.at.millis();
        let number = clock::day_number(at_ms, Tz::UTC);
        if days.last().is_none_or(|(last, _)| *last != number) {
            let date = line.at.to_string().get(..10).unwrap_or_default().to_owned();
            days.push((number, Day { name: clock::day(at_ms, Tz::UTC), date, lines: Vec::new() }));
        }
        if let Some((_, day)) = days.last_mut() {
            day.lines.push(line);
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

/// What is still to be answered: hypotheses without a decision or a validation, and questions to which nobody replied.
pub(super) fn questions(incident: &Incident, lines: &[Line]) -> Vec<Line> {
    let settled = settled(incident);
    let answered: HashSet<EventId> = incident.timeline.iter().filter(|entry| entry.stands()).filter_map(|entry| entry.reply_to).collect();
    let is_open = |line: &&Line| match line.kind {
        _ if line.struck.is_some() => false,
        "hypothesis" => !settled.contains(&line.id),
        "observation" | "note" => line.text.trim_end().ends_with('?') && !answered.contains(&line.id),
        _ => false,
    };
    lines.iter().filter(is_open).cloned().collect()
}

/// What a decision or a validation that stands answers: a hypothesis among them is open no more.
pub(super) fn settled(incident: &Incident) -> HashSet<EventId> {
    let settles = |entry: &&Entry| entry.stands() && matches!(entry.kind, EntryKind::Decision | EntryKind::Validation);
    incident.timeline.iter().filter(settles).filter_map(|entry| entry.reply_to).collect()
}

/// What a link to a line names: the last twelve digits of its id, which no other line of an incident shares by chance.
pub(super) fn anchor(id: EventId) -> String {
    let digits = id.0.simple().to_string();
    format!("e{}", &digits[digits.len() - 12..])
}

/// The word for a kind in a document.
pub(super) fn kind_word(kind: EntryKind) -> &'static str {
    if kind == EntryKind::Rating { "assessment" } else { kind.word() }
}

fn place_words(place: Place) -> String {
    format!("incident {}", place.incident)
}

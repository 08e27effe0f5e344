//! From row to row: what changed, as events.

use crate::domain::Body;
use crate::domain::EntryAdded;
use crate::domain::EntryKind;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::ImpactAssessed;
use crate::domain::IncidentDeclared;
use crate::domain::Person;
use crate::domain::Retrospective;
use crate::domain::RoleAssigned;
use crate::domain::RoleId;
use crate::domain::RoleReleased;
use crate::domain::Score;
use crate::domain::Severity;
use crate::domain::SeveritySet;
use crate::domain::Status;
use crate::domain::StatusChanged;
use crate::domain::Timestamp;
use crate::domain::WrittenKind;
use crate::import::Finding;
use crate::import::Past;
use crate::import::servicenow::SOURCE;
use crate::import::servicenow::columns::Columns;
use crate::import::servicenow::row::KEPT;
use crate::import::servicenow::row::Row;
use crate::import::telling::Telling;
use crate::import::telling::Told;
use crate::import::zone;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use csv::ByteRecord;
use std::collections::HashMap;

/// The dimensions of a 3 × 3 matrix, where 3 is high.
const IMPACT: &str = "impact";
const URGENCY: &str = "urgency";
/// The longest title, in characters.
const TITLE_CHARS: usize = 200;

/// Reads a log row by row.
#[derive(Debug)]
pub struct Plan {
    columns: Columns,
    zone: Tz,
    courses: HashMap<String, Course>,
    /// The incident of the last rows, and its events so far.
    current: Option<(String, Vec<Event>)>,
    findings: Vec<Finding>,
}

/// An incident as far as it was told.
#[derive(Debug)]
struct Course {
    telling: Telling,
    row: Row,
    /// When and how often it had been saved, for each row so far: what names a row.
    rows: Vec<(NaiveDateTime, u64)>,
    status: Status,
    status_event: Option<EventId>,
    rating_event: Option<EventId>,
    severity_event: Option<EventId>,
    group_event: Option<EventId>,
    assignee_event: Option<EventId>,
    last_at: Timestamp,
}

impl Plan {
    /// Begins behind the header. Times in the log are those of a zone's clock.
    pub fn new(columns: Columns, zone: Tz) -> Self {
        Self { columns, zone, courses: HashMap::new(), current: None, findings: Vec::new() }
    }

    /// Reads the row on a line; answers the incident before it, once a row is of another one.
    pub fn row(&mut self, line: u64, record: &ByteRecord) -> Option<Past> {
        let row = match Row::read(&self.columns, record) {
            Ok(row) => row,
            Err(why) => return self.leave(line, record, why),
        };
        let ended = if self.current.as_ref().is_some_and(|(number, _)| *number != row.number) { self.end() } else { None };
        let moment = zone::moment(row.updated_at, self.zone);
        moment.doubt.into_iter().for_each(|doubt| self.find(line, doubt, false));
        if row.state.status.is_none() {
            self.find(line, format!("`{}` is no state that is known here: kept as a note", row.state.label), false);
        }
        let number = row.number.clone();
        let events = match self.courses.get_mut(&number) {
            Some(course) => course.go_on(row, moment.at),
            None => {
                let opened = row.opened_at.filter(|opened| *opened != row.updated_at).map(|opened| zone::moment(opened, self.zone));
                let opened = opened.map(|opened| {
                    opened.doubt.into_iter().for_each(|doubt| self.find(line, doubt, false));
                    opened.at
                });
                let (course, events) = Course::begin(row, moment.at, opened);
                self.courses.insert(number.clone(), course);
                events
            }
        };
        self.current.get_or_insert_with(|| (number, Vec::new())).1.extend(events);
        ended
    }

    /// Leaves a row out, and says why; answers no incident.
    pub fn leave(&mut self, line: u64, record: &ByteRecord, why: String) -> Option<Past> {
        let of = Row::number_of(&self.columns, record).map_or_else(String::new, |number| format!("{number}: "));
        self.find(line, format!("{of}{why}"), true);
        None
    }

    /// The last incident, behind the last row; or the one in hand before something else is read.
    pub fn end(&mut self) -> Option<Past> {
        let (number, mut events) = self.current.take()?;
        let course = self.courses.get_mut(&number)?;
        events.extend(course.close());
        Some(Past { number, events, priority: course.row.priority })
    }

    /// What was found since this was last asked.
    pub fn findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    fn find(&mut self, line: u64, says: String, is_left_out: bool) {
        self.findings.push(Finding { line, says, is_left_out });
    }
}

/// What a row adds.
struct Step<'a> {
    course: &'a mut Course,
    key: String,
    at: Timestamp,
    by: Person,
    words: String,
    events: Vec<Event>,
}

impl Step<'_> {
    fn tell(&mut self, slot: &str, replaces: Option<EventId>, body: impl Into<Body>) -> EventId {
        let key = format!("{} {slot}", self.key);
        let shown_ms = zone::shown_ms(self.course.row.updated_at);
        let told = Told { key: &key, shown_ms, at: self.at, by: &self.by, words: &self.words, replaces };
        let event = self.course.telling.tell(told, body);
        let id = event.id;
        self.events.push(event);
        id
    }

    fn note(&mut self, slot: &str, text: String) {
        if let Some(kind) = WrittenKind::new(EntryKind::Note) {
            self.tell(slot, None, EntryAdded::plain(kind, text));
        }
    }

    fn status(&mut self, slot: &str, status: Status, reason: String) {
        let event = self.tell(slot, self.course.status_event, StatusChanged { status, reason });
        (self.course.status, self.course.status_event) = (status, Some(event));
    }

    /// The state went on to what the row says, from what it was.
    fn state(&mut self, before: &str, reopened: bool) {
        let (label, status) = (self.course.row.state.label.clone(), self.course.row.state.status);
        let reason = if reopened { format!("{label}, reopened (count {})", self.course.row.reopened) } else { label.clone() };
        match status {
            Some(status) if status != self.course.status => {
                if status == Status::Closed && self.course.status.is_open() {
                    self.status("resolved", Status::Resolved, format!("{label} without having been resolved"));
                }
                self.status("status", status, reason);
            }
            _ if label != before => self.note("state", format!("state {before} → {reason}")),
            _ if reopened => self.note("reopened", format!("reopened (count {})", self.course.row.reopened)),
            _ => {}
        }
    }

    fn rating(&mut self) {
        // 1 is high in the log, 3 in the matrix.
        let level = |level: Option<u8>| level.map(|level| Score { level: Some(4 - level), amount_usd: None });
        let row = &self.course.row;
        let scores = [(IMPACT, level(row.impact)), (URGENCY, level(row.urgency))];
        let scores = scores.into_iter().filter_map(|(id, score)| Some((id.to_owned(), score?))).collect();
        let event = self.tell("rating", self.course.rating_event, ImpactAssessed { scores, reason: String::new() });
        self.course.rating_event = Some(event);
    }

    fn severity(&mut self) {
        let Some(severity) = self.course.row.priority.and_then(Severity::new) else { return };
        let reason = format!("priority {severity} in the log");
        let event = self.tell("severity", self.course.severity_event, SeveritySet { severity, reason });
        self.course.severity_event = Some(event);
    }

    fn role(&mut self, slot: &str, was: Option<Person>, is: Option<Person>, event: Option<EventId>) -> Option<EventId> {
        let role = RoleId::new(slot);
        match (was, is) {
            (was, Some(person)) if was.as_ref() != Some(&person) => {
                Some(self.tell(slot, event, RoleAssigned { role, person, beside: false }))
            }
            (Some(person), None) => {
                self.tell(slot, event, RoleReleased { role, person });
                None
            }
            _ => event,
        }
    }

    fn roles(&mut self, was: [Option<Person>; 2]) {
        let [group, assignee] = was;
        let (now, event) = (self.course.row.group.clone(), self.course.group_event);
        self.course.group_event = self.role("assignment_group", group, now, event);
        let (now, event) = (self.course.row.assignee.clone(), self.course.assignee_event);
        self.course.assignee_event = self.role("assigned_to", assignee, now, event);
    }
}

impl Course {
    fn begin(row: Row, at: Timestamp, opened_at: Option<Timestamp>) -> (Self, Vec<Event>) {
        let by = row.opened_by.clone().or_else(|| row.updated_by.clone()).unwrap_or_else(|| SOURCE.into());
        let mut telling = Telling::of(SOURCE, &row.number);
        let words = row.words();
        let shown_ms = zone::shown_ms(row.opened_at.unwrap_or(row.updated_at));
        let told = Told { key: "declared", shown_ms, at: opened_at.unwrap_or(at), by: &by, words: &words, replaces: None };
        let declared = IncidentDeclared {
            summary: summary(&row),
            services: row.kept[4].iter().map(|item| item.chars().take(100).collect()).collect(),
            severity: row.priority.and_then(Severity::new),
            retrospective: Some(Retrospective { source: SOURCE.into(), number: row.number.chars().take(TITLE_CHARS).collect() }),
            ..IncidentDeclared::titled(title(&row))
        };
        let declared = telling.tell(told, declared);
        let mut course = Self {
            telling,
            rows: Vec::new(),
            status: Status::Triage,
            status_event: Some(declared.id),
            rating_event: None,
            severity_event: row.priority.map(|_| declared.id),
            group_event: None,
            assignee_event: None,
            last_at: at,
            row,
        };
        let mut step = course.step(at);
        step.rating();
        step.state("New", false);
        step.roles([None, None]);
        let mut events = vec![declared];
        events.extend(step.events);
        (course, events)
    }

    fn go_on(&mut self, row: Row, at: Timestamp) -> Vec<Event> {
        let was = std::mem::replace(&mut self.row, row);
        let changed = KEPT.iter().zip(was.kept.iter().zip(&self.row.kept)).filter(|(_, (was, is))| was != is);
        let named = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".into());
        let changed: Vec<_> = changed.map(|((_, name), (was, is))| format!("{name} {} → {}", named(was), named(is))).collect();
        let rated = (was.impact, was.urgency) != (self.row.impact, self.row.urgency);
        let counted = was.priority != self.row.priority;
        let reopened = was.reopened < self.row.reopened;
        let moved = (&was.group, &was.assignee) != (&self.row.group, &self.row.assignee);
        let reassigned = was.reassigned < self.row.reassigned && !moved;
        let mut step = self.step(at);
        step.state(&was.state.label, reopened);
        step.roles([was.group, was.assignee]);
        if reassigned {
            step.note("reassigned", format!("reassigned (count {})", step.course.row.reassigned));
        }
        if rated {
            step.rating();
        }
        if counted {
            step.severity();
        }
        if !changed.is_empty() {
            step.note("changed", changed.join(", "));
        }
        step.events
    }

    /// What the log leaves open is closed where it ends, and said to be.
    fn close(&mut self) -> Vec<Event> {
        if !self.status.is_open() {
            return Vec::new();
        }
        let mut step = self.step_named("end", self.last_at);
        let reason = format!("the log ends here, in the state {}", step.course.row.state.label);
        step.status("resolved", Status::Resolved, reason.clone());
        step.status("closed", Status::Closed, reason);
        step.events
    }

    fn step(&mut self, at: Timestamp) -> Step<'_> {
        let named = (self.row.updated_at, self.row.modified);
        let times = self.rows.iter().filter(|row| **row == named).count();
        self.rows.push(named);
        self.step_named(&times.to_string(), at)
    }

    /// A step of the row in hand: `what` tells several of one row apart.
    fn step_named(&mut self, what: &str, at: Timestamp) -> Step<'_> {
        self.last_at = at;
        Step {
            key: format!("{} {} {what}", self.row.updated_at, self.row.modified),
            at,
            by: self.row.updated_by.clone().unwrap_or_else(|| SOURCE.into()),
            words: self.row.words(),
            events: Vec::new(),
            course: self,
        }
    }
}

/// What it is called: the log's own words, or what kind of trouble it is.
fn title(row: &Row) -> String {
    let about = row.title.clone().unwrap_or_else(|| {
        let parts: Vec<&str> = row.kept[..3].iter().flatten().map(String::as_str).collect();
        parts.join(", ")
    });
    let title = if about.is_empty() { row.number.clone() } else { format!("{}: {about}", row.number) };
    title.chars().take(TITLE_CHARS).collect()
}

fn summary(row: &Row) -> String {
    let more = [("caller", &row.caller), ("contact", &row.contact), ("location", &row.kept[3])];
    let said = more.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?)));
    said.collect::<Vec<_>>().join("\n")
}

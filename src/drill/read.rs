//! Reading a scenario file. Every mistake is told with its file, its line and what is expected there.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::domain::EntryKind;
use crate::domain::NewEntry;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::Scope;
use crate::domain::Score;
use crate::domain::Severity;
use crate::drill::Act;
use crate::drill::AlertStep;
use crate::drill::Cast;
use crate::drill::Scenario;
use crate::drill::Step;
use crate::drill::rows::AlertRow;
use crate::drill::rows::CastRow;
use crate::drill::rows::CorrectionRow;
use crate::drill::rows::EditRow;
use crate::drill::rows::EntryRow;
use crate::drill::rows::IncidentRow;
use crate::drill::rows::ScenarioFile;
use crate::drill::rows::ScoreRow;
use crate::drill::rows::StepRow;

/// What is wrong with a scenario.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}{}: {why}", if *.line > 0 { format!(":{line}") } else { String::new() })]
pub struct ScenarioError {
    pub file: String,
    /// Counted from 1; 0 where the whole file is meant.
    pub line: usize,
    pub why: String,
}

impl Scenario {
    /// Reads a scenario file; `file` names it in errors.
    ///
    /// # Errors
    /// File, line, what is wrong and what is expected.
    pub fn read(file: &str, text: &str) -> Result<Self, ScenarioError> {
        let fail = |at: usize, why: String| {
            let before = text.get(..at.min(text.len())).unwrap_or(text);
            ScenarioError { file: file.to_owned(), line: before.matches('\n').count() + 1, why }
        };
        let read: ScenarioFile =
            toml::from_str(text).map_err(|error| fail(error.span().map_or(0, |span| span.start), error.message().replace('\n', "; ")))?;
        let mut people = Vec::new();
        for row in &read.people {
            let cast = cast(row.get_ref()).map_err(|why| fail(row.span().start, why))?;
            people.push(cast);
        }
        let mut told = Told { people: &people, incidents: BTreeSet::new(), labels: BTreeSet::new(), last: None };
        let mut steps = Vec::new();
        let mut at_ms: i64 = 0;
        for row in read.steps {
            let at = row.span().start;
            let row = row.into_inner();
            let after_ms = span(&row.after).map_err(|why| fail(at, format!("after: {why}")))?;
            at_ms = at_ms.saturating_add(after_ms);
            steps.push(told.step(row, at_ms).map_err(|why| fail(at, why))?);
        }
        if steps.is_empty() {
            return Err(fail(text.len(), "a scenario needs at least one [[steps]]".to_owned()));
        }
        let live_from_ms = match &read.live_from {
            Some(words) => span(words.get_ref()).map_err(|why| fail(words.span().start, format!("live_from: {why}")))?,
            None => 0,
        };
        Ok(Self { name: read.name, title: read.title, about: read.about, live_from_ms, people, steps })
    }
}

fn cast(row: &CastRow) -> Result<Cast, String> {
    let person = Person::new(&row.name);
    person.check()?;
    let scope: Scope = row.scope.parse()?;
    Ok(Cast { person, about: row.about.clone(), scope })
}

/// What the steps so far have named.
struct Told<'a> {
    people: &'a [Cast],
    incidents: BTreeSet<String>,
    labels: BTreeSet<String>,
    last: Option<String>,
}

impl Told<'_> {
    fn step(&mut self, row: StepRow, at_ms: i64) -> Result<Step, String> {
        let incident = row.incident.clone().or_else(|| self.last.clone());
        let incident = incident.ok_or("the first step must say which `incident` it is about, by any name")?;
        let by = row.by.as_deref().map(|name| self.person(name)).transpose()?;
        let label = row.label.clone();
        let act = self.act(row, &incident)?;
        match (&by, &act) {
            (Some(_), Act::Alert(_)) => return Err("an alert is sent by a machine: leave `by` out".to_owned()),
            (None, Act::Alert(_)) | (Some(_), _) => {}
            (None, _) => return Err(format!("`by` is missing; expected one of {}", self.names())),
        }
        if matches!(act, Act::Declare { .. } | Act::Alert(_)) {
            self.incidents.insert(incident.clone());
        } else if !self.incidents.contains(&incident) {
            return Err(format!("no alert or `declare` before this step begins the incident `{incident}`"));
        }
        if let Some(label) = &label
            && !self.labels.insert(label.clone())
        {
            return Err(format!("the label `{label}` is given twice"));
        }
        self.last = Some(incident.clone());
        Ok(Step { at_ms, by, incident, label, act })
    }

    fn act(&self, row: StepRow, incident: &str) -> Result<Act, String> {
        let reason = row.reason;
        let alert = |alert: AlertRow| {
            let firing = match alert.status.as_str() {
                "firing" => true,
                "resolved" => false,
                other => return Err(format!("`{other}` is not the status of an alert; expected firing or resolved")),
            };
            let AlertRow { key, title, summary, severity, labels, .. } = alert;
            Ok(Act::Alert(AlertStep { key, title, summary, firing, severity, group: incident.to_owned(), labels }))
        };
        let acts: [Option<Result<Act, String>>; 16] = [
            row.alert.map(alert),
            row.declare.map(|IncidentRow { title, summary, services, severity }| {
                Ok(Act::Declare { title, summary, services, severity: severity.map(level).transpose()? })
            }),
            row.edit.map(|EditRow { title, summary, services }| Ok(Act::Edit { title, summary, services })),
            row.entry.map(entry),
            row.amend.map(|CorrectionRow { entry, text }| Ok(Act::Amend { entry: self.label(entry)?, text, reason: reason.clone() })),
            row.strike.map(|entry| Ok(Act::Strike { entry: self.label(entry)?, reason: reason.clone() })),
            row.status.map(|status| Ok(Act::Status { status, reason: reason.clone() })),
            row.severity.map(|severity| Ok(Act::Severity { severity: level(severity)?, reason: reason.clone() })),
            row.assess.map(|scores| Ok(Act::Assess { scores: scored(scores)?, reason: reason.clone() })),
            row.take.filter(|take| *take).map(|_| Ok(Act::Take { reason: reason.clone() })),
            row.offer.map(|offer| Ok(Act::Offer { person: self.person(&offer.to)?, briefing: offer.briefing })),
            row.accept.filter(|accept| *accept).map(|_| Ok(Act::Accept)),
            row.assign.map(|assign| Ok(Act::Assign { role: RoleId::new(&assign.role), person: self.person(&assign.to)? })),
            row.task.map(|task| {
                let within_ms = task.within.as_deref().map(span).transpose()?;
                Ok(Act::Task { person: self.person(&task.to)?, text: task.text, within_ms })
            }),
            row.understood.map(|task| Ok(Act::Understood { task: self.label(task)? })),
            row.done.map(|done| Ok(Act::Done { task: self.label(done.task)?, result: done.result })),
        ];
        let mut said = acts.into_iter().flatten();
        match (said.next(), said.next()) {
            (Some(act), None) => act,
            (None, _) => Err("the step does nothing; expected one of alert, declare, edit, entry, amend, strike, status, severity, \
                              assess, take, offer, accept, assign, task, understood, done"
                .to_owned()),
            (Some(_), Some(_)) => Err("the step does two things at once; write two steps, the second with after = \"0s\"".to_owned()),
        }
    }

    fn person(&self, name: &str) -> Result<Person, String> {
        let known = self.people.iter().find(|cast| cast.person.as_str() == name);
        known.map(|cast| cast.person.clone()).ok_or_else(|| format!("`{name}` is not in [[people]]; expected one of {}", self.names()))
    }

    fn names(&self) -> String {
        self.people.iter().map(|cast| cast.person.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn label(&self, label: String) -> Result<String, String> {
        if self.labels.contains(&label) {
            return Ok(label);
        }
        Err(format!("no step before this one has the label `{label}`"))
    }
}

fn entry(row: EntryRow) -> Result<Act, String> {
    if !row.kind.is_written() {
        let kinds = EntryKind::WRITTEN.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ");
        return Err(format!("people do not write entries of the kind `{}`; expected one of {kinds}", row.kind));
    }
    let EntryRow { kind, text, outcome, audience, components } = row;
    Ok(Act::Entry(NewEntry { outcome, audience, components, ..NewEntry::new(kind, text) }))
}

fn level(severity: u8) -> Result<Severity, String> {
    Severity::new(severity).ok_or_else(|| format!("{severity} is not a severity; expected 1 to 5"))
}

fn scored(rows: BTreeMap<String, ScoreRow>) -> Result<BTreeMap<String, Score>, String> {
    let score = |row| -> Result<Score, String> {
        match row {
            ScoreRow::Level(level) => Ok(Score { level: Some(level), amount_usd: None }),
            ScoreRow::Amount(words) => {
                let amount = words.strip_prefix('$').and_then(|digits| digits.replace('_', "").parse().ok());
                let amount = amount
                    .ok_or_else(|| format!("`{words}` is not a score; expected a level such as 3 or an amount such as \"$480000\""))?;
                Ok(Score { level: None, amount_usd: Some(amount) })
            }
        }
    };
    rows.into_iter().map(|(dimension, row)| Ok((dimension, score(row)?))).collect()
}

/// `1m30s`, in milliseconds.
fn span(words: &str) -> Result<i64, String> {
    let wrong = || format!("`{words}` is not a span of time; expected one such as 40s, 1m30s or 1h05m");
    let mut total: i64 = 0;
    let mut rest = words;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count: i64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit_ms = match rest.as_bytes().get(digits) {
            Some(b'h') => 3_600_000,
            Some(b'm') => 60_000,
            Some(b's') => 1_000,
            _ => return Err(wrong()),
        };
        total = count.checked_mul(unit_ms).and_then(|span_ms| total.checked_add(span_ms)).ok_or_else(wrong)?;
        rest = &rest[digits + 1..];
    }
    if words.is_empty() { Err(wrong()) } else { Ok(total) }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;

//! Past incidents on their way into the replica, and what is told of them in the end.

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::here::gave_way;
use crate::cli::masking;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Refusal;
use crate::domain::Scope;
use crate::import::Finding;
use crate::import::Past;
use crate::import::markdown;
use crate::replica::Imported;
use crate::text::Safe;
use chrono_tz::Tz;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::time::Instant;

/// So many events are one transaction: some ten milliseconds, and a few megabytes.
const EVENTS_AT_ONCE: usize = 2_000;
/// So many findings are told to people; programs get all.
const FINDINGS_TOLD: usize = 30;
/// So many lines are named of one thing that is true of several.
const LINES_TOLD: usize = 8;

/// An import in the middle of it.
pub(super) struct Batch<'a> {
    desk: Desk<'a>,
    session: &'a Session,
    zone: Option<Tz>,
    began: Instant,
    file: PathBuf,
    findings: Vec<(PathBuf, Finding)>,
    waiting: Vec<Vec<Event>>,
    masked: usize,
    events: usize,
    imported: Imported,
    /// By incident: its number in the record, and the priority it has there.
    told: BTreeMap<IncidentId, (String, Option<u8>)>,
    last: Option<EventId>,
    documents: Vec<Value>,
    titles: Vec<String>,
    /// Rows read, where a record has rows.
    pub rows: u64,
}

impl<'a> Batch<'a> {
    /// Opens the replica of whoever may tell a past.
    ///
    /// # Errors
    /// When nothing may be written here, or not by this token.
    pub fn begin(session: &'a Session, zone: Option<Tz>) -> Result<Self, Failure> {
        session.may_write()?;
        let desk = Desk::open(session)?;
        // What is on the server already need not be told again.
        desk.refresh();
        let me = desk.snapshot().me.clone();
        if !me.scope.covers(Scope::Commander) {
            let reason = format!("{} has a {} token; importing past incidents takes a commander's", me.person, me.scope);
            return Err(Failure::Refused { code: "scope".into(), reason });
        }
        Ok(Self {
            desk,
            session,
            zone,
            began: Instant::now(),
            file: PathBuf::new(),
            findings: Vec::new(),
            waiting: Vec::new(),
            masked: 0,
            events: 0,
            imported: Imported::default(),
            told: BTreeMap::new(),
            last: None,
            documents: Vec::new(),
            titles: Vec::new(),
            rows: 0,
        })
    }

    /// What follows is of this file.
    pub fn file(&mut self, path: &Path) {
        self.file = path.to_owned();
    }

    /// Keeps what was found.
    pub fn find(&mut self, findings: Vec<Finding>) {
        self.findings.extend(findings.into_iter().map(|finding| (self.file.clone(), finding)));
    }

    /// Keeps why a file holds nothing that could be imported.
    pub fn leave_file(&mut self, why: String) {
        self.find(vec![Finding { line: 1, says: format!("the document cannot be imported: {why}"), is_left_out: true }]);
    }

    /// Whether an incident is held here.
    pub fn is_held(&self, incident: IncidentId) -> bool {
        self.desk.snapshot().headers.contains_key(&incident)
    }

    /// Notes an incident that is held here under its own id: nothing of it is added.
    pub fn pass_over(&mut self, past: &Past) {
        self.imported.known += past.events.len();
        let says = format!("{} is held here itself: nothing is added", past.number);
        self.find(vec![Finding { line: 1, says, is_left_out: false }]);
    }

    /// Keeps what is told of a document.
    pub fn document(&mut self, read: &markdown::Read) {
        let entries = read.entries.iter().map(|entry| json!({"line": entry.line, "at": entry.at, "only_day": entry.is_day}));
        let days = read.entries.iter().filter(|entry| entry.is_day).count();
        self.documents.push(json!({
            "file": self.file.display().to_string(), "title": read.title, "incident": read.past.incident(), "entries": entries.collect::<Vec<_>>(),
            "only_day": days, "untimed": read.untimed,
        }));
        let without = if read.untimed > 0 { format!(", {} kept as words", counted(read.untimed, "line")) } else { String::new() };
        let days = if days > 0 { format!(" ({days} by the day)") } else { String::new() };
        self.titles.push(format!("{}: {}{days}{without}", Safe::clipped(&read.title, 60), entries_of(read.entries.len())));
    }

    /// Takes an incident; it is durable once enough came together.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn take(&mut self, mut past: Past) -> Result<(), Failure> {
        let masked = masking::past(self.session, &mut past.events);
        if masked > 0 {
            past.salt_anew();
        }
        self.masked += masked;
        if let Some(id) = past.incident() {
            self.told.insert(id, (past.number, past.priority));
        }
        self.last = past.events.last().map(|event| event.id).or(self.last);
        self.events += past.events.len();
        self.waiting.push(past.events);
        if self.events >= EVENTS_AT_ONCE { self.save() } else { Ok(()) }
    }

    fn save(&mut self) -> Result<(), Failure> {
        self.events = 0;
        let done = self.desk.here.replica.import(std::mem::take(&mut self.waiting));
        self.imported.add(done.map_err(|fault| self.stopped(fault.into()))?);
        Ok(())
    }

    /// Why it stops in the middle, and what stays of it.
    pub fn stopped(&self, why: Failure) -> Failure {
        let added = counted(self.imported.added, "event");
        let stay = |why| format!("{why}. {added} were saved before that and stay; import again, and only what is missing is added");
        match why {
            Failure::NotSaved(why) if self.imported.added > 0 => Failure::NotSaved(stay(why)),
            Failure::Failed(why) if self.imported.added > 0 => Failure::Failed(stay(why)),
            other => other,
        }
    }

    /// Saves the rest, sends for a moment, and tells what came of it.
    ///
    /// # Errors
    /// When it could not be saved, or nothing of the record could be read.
    pub fn end(mut self) -> Result<(), Failure> {
        self.save()?;
        // From here on the snapshot has it all.
        self.desk.here.replica.read_closed()?;
        if let Some((id, refusal)) = self.imported.refused.first().filter(|_| self.imported.added + self.imported.known == 0) {
            self.tell_findings();
            let reason = format!("{}: {}", self.not_imported(*id), refusal.reason);
            return Err(Refusal { reason, ..refusal.clone() }.into());
        }
        if self.told.is_empty() && self.imported.known == 0 {
            self.tell_findings();
            return Err(Failure::Failed(format!("{} holds no incident that could be read; nothing was imported", self.file.display())));
        }
        let before = self.desk.here.gave_way();
        let sent = match self.last.filter(|_| self.imported.added > 0) {
            Some(last) => Some(self.desk.send(&[last])?),
            None => None,
        };
        let gone = self.desk.here.gave_way().unwrap_or(0).saturating_sub(before.unwrap_or(0));
        if gone > 0 {
            self.session.output.note(&gave_way(gone));
        }
        if self.session.output.json {
            return self.session.output.object(&self.object(sent.as_ref().map_or("accepted", |sent| sent.word())));
        }
        self.tell_findings();
        self.tell()?;
        sent.iter().for_each(|sent| sent.warn(self.session));
        Ok(())
    }

    fn tell(&self) -> Result<(), Failure> {
        let (output, imported) = (&self.session.output, &self.imported);
        let rows = if self.rows > 0 { format!(" from {}", counted(self.rows as usize, "row")) } else { String::new() };
        let zone = self.zone.map_or_else(String::new, |zone| format!(", times read in {zone}"));
        let (incidents, events) = (counted(imported.incidents, "incident"), counted(imported.added, "event"));
        if self.masked > 0 {
            let places = counted(self.masked, "secret");
            output.note(&format!("{places} masked before they were recorded; --record-secrets records them as they are"));
        }
        self.titles.iter().try_for_each(|title| output.line(title))?;
        output.line(format!("{incidents} added, {events}{rows}, in {:.1} s{zone}", self.began.elapsed().as_secs_f64()))?;
        if imported.known > 0 {
            output.line(format!("{} held here already, nothing added for them", counted(imported.known, "event")))?;
        }
        if !imported.differing.is_empty() {
            let events = counted(imported.differing.len(), "event");
            output.note(&format!(
                "{events} held here with other words (an earlier version of the record, or another --zone); they stay as they are"
            ));
        }
        for (id, refusal) in imported.refused.iter().take(FINDINGS_TOLD) {
            output.note(&format!("{}: {}", self.not_imported(*id), Safe::line(&refusal.reason)));
        }
        let priorities = self.priorities();
        if priorities.recorded > 0 {
            let (equal, recorded) = (priorities.recorded - priorities.unequal.len(), priorities.recorded);
            let matrix = &self.desk.snapshot().board.org.matrix.name;
            output.line(format!(
                "priority by the matrix in force ({}) equals the recorded one for {equal} of {recorded}",
                Safe::line(matrix)
            ))?;
        }
        for (number, recorded, computed) in priorities.unequal.iter().take(FINDINGS_TOLD) {
            output.note(&format!("{}: P{recorded} in the record, {computed} by the matrix", Safe::line(number)));
        }
        Ok(())
    }

    fn not_imported(&self, incident: IncidentId) -> String {
        let number = self.told.get(&incident).map_or("", |(number, _)| number.as_str());
        format!("{} is not imported", Safe::clipped(number, 60))
    }

    /// What was found, each thing once with the lines it is true of.
    fn tell_findings(&self) {
        let mut alike: Vec<(&Path, String, Vec<u64>)> = Vec::new();
        for (path, finding) in &self.findings {
            let left_out = if finding.is_left_out { " (left out)" } else { "" };
            let says = format!("{}{left_out}", finding.says);
            match alike.iter_mut().rev().take(FINDINGS_TOLD).find(|(of, known, _)| of == path && *known == says) {
                Some((.., lines)) => lines.push(finding.line),
                None => alike.push((path, says, vec![finding.line])),
            }
        }
        let several = alike.iter().any(|(path, ..)| *path != alike[0].0);
        for (path, says, lines) in alike.iter().take(FINDINGS_TOLD) {
            let of = if several { format!("{}, ", path.display()) } else { String::new() };
            let more = if lines.len() > LINES_TOLD { format!(" and {} more", lines.len() - LINES_TOLD) } else { String::new() };
            let named: Vec<String> = lines.iter().take(LINES_TOLD).map(u64::to_string).collect();
            let word = if lines.len() == 1 { "line" } else { "lines" };
            self.session.output.note(&format!("{of}{word} {}{more}: {}", named.join(", "), Safe::line(says)));
        }
        if alike.len() > FINDINGS_TOLD {
            self.session.output.note(&format!("and {} more (--json lists them all)", alike.len() - FINDINGS_TOLD));
        }
    }

    fn object(&self, state: &str) -> Value {
        let imported = &self.imported;
        let findings = self.findings.iter().map(|(path, finding)| {
            json!({"file": path.display().to_string(), "line": finding.line, "says": finding.says, "left_out": finding.is_left_out})
        });
        let refused = imported.refused.iter().map(|(id, refusal)| {
            json!({"incident": id, "number": self.told.get(id).map(|told| &told.0), "code": refusal.code, "reason": refusal.reason})
        });
        let priorities = self.priorities();
        let unequal = priorities.unequal.iter();
        let unequal =
            unequal.map(|(number, recorded, computed)| json!({"number": number, "recorded": format!("P{recorded}"), "computed": computed}));
        json!({
            "incidents": imported.incidents, "events": imported.added, "known": imported.known, "differing": imported.differing.len(),
            "masked": self.masked, "read": self.told.len(), "rows": self.rows, "left_out": self.findings.iter().filter(|(_, finding)| finding.is_left_out).count(),
            "documents": self.documents, "findings": findings.collect::<Vec<_>>(), "refused": refused.collect::<Vec<_>>(),
            "priorities": {"recorded": priorities.recorded, "unequal": unequal.collect::<Vec<_>>()},
            "zone": self.zone.map(|zone| zone.name()), "seconds": self.began.elapsed().as_secs_f64(), "state": state,
        })
    }

    /// The priorities of the record beside those that the matrix in force computes.
    fn priorities(&self) -> Priorities {
        let (snapshot, now) = (self.desk.snapshot(), now());
        let mut found = Priorities { recorded: 0, unequal: Vec::new() };
        for (id, (number, recorded)) in &self.told {
            let (Some(recorded), Some(header)) = (recorded, snapshot.headers.get(id)) else { continue };
            found.recorded += 1;
            let computed = header.rate(&snapshot.board.org.matrix, now);
            if computed.priority.map(|priority| priority.level()) != Some(*recorded) {
                found.unequal.push((number.clone(), *recorded, computed.label()));
            }
        }
        found
    }
}

struct Priorities {
    recorded: usize,
    unequal: Vec<(String, u8, String)>,
}

fn entries_of(count: usize) -> String {
    if count == 1 { "1 entry with its time".into() } else { format!("{count} entries with their times") }
}

/// `1 row`, `2 rows`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

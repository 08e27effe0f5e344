//! Post-mortems: documents that people wrote. Title, summary, root cause and timeline become a past incident; everything else of the text stays with it
//! as notes. Times are read in the forms people use; what a document leaves open is reported with its line and kept as words.

mod dates;
mod layout;
mod sections;
mod stamp;
mod timeline;
mod zones;

use crate::domain::EntryAdded;
use crate::domain::EntryKind;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentDeclared;
use crate::domain::Person;
use crate::domain::Retrospective;
use crate::domain::Status;
use crate::domain::StatusChanged;
use crate::domain::TEXT_MAX_BYTES;
use crate::domain::TITLE_MAX_CHARS;
use crate::domain::Timestamp;
use crate::domain::WrittenKind;
use crate::import::Finding;
use crate::import::Past;
use crate::import::telling::Telling;
use crate::import::telling::Told;
use crate::import::zone;
use chrono::NaiveDateTime;
use chrono::NaiveTime;
use chrono_tz::Tz;
use dates::Order;
use sections::Document;
use timeline::Ground;

/// What its incidents are marked as coming from.
pub const SOURCE: &str = "markdown";
/// Who tells what a document tells.
const AUTHOR: &str = "post-mortem";

/// What a person decides where a document does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decided {
    /// The zone of times that name none.
    pub zone: Option<Tz>,
    /// `3/4/2021` is 3 April (true) or 4 March (false).
    pub day_first: Option<bool>,
}

/// An entry that has a time.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Its line in the document.
    pub line: u64,
    /// When it was.
    pub at: Timestamp,
    /// Only its day is known: `at` is the beginning of it.
    pub is_day: bool,
}

/// A document, read.
#[derive(Clone, PartialEq, Debug)]
pub struct Read {
    /// The incident it tells.
    pub past: Past,
    /// What it is called.
    pub title: String,
    /// The entries of its timeline that have a time, in its order.
    pub entries: Vec<Entry>,
    /// How many lines of its timeline have none that can be told.
    pub untimed: usize,
    /// What it leaves open.
    pub findings: Vec<Finding>,
}

/// Reads a document; `name` is its file's name without folder and ending.
///
/// # Errors
/// Why it is no post-mortem, in words.
pub fn read(text: &str, name: &str, decided: Decided) -> Result<Read, String> {
    let lines = layout::lines(text);
    if lines.is_empty() {
        return Err("it is empty".into());
    }
    let mut document = Document::read(&lines, name);
    let named = dates::find(name).into_iter().find_map(|day| timeline::known(day, &Ground::default()));
    let shown = Order::shown(text);
    let order = match (decided.day_first, named) {
        (Some(day_first), _) => Order { day_first, month_first: !day_first },
        (None, Some(named)) if shown == Order::default() => Order::shown_by_name(text, named),
        _ => shown,
    };
    if order.is_known() && decided.day_first.is_none() && order != shown {
        let first = if order.day_first { "day" } else { "month" };
        let says = format!("in days such as 3/4/2021 the {first} is read first, as the day in the document's name suggests");
        document.findings.push(Finding { line: 1, says, is_left_out: false });
    }
    let mut ground = Ground { decided: decided.zone, order, written_on: named, title_day: None, zone: document.zone };
    ground.title_day = dates::find(&document.title).into_iter().find_map(|day| timeline::known(day, &ground));
    let mut told = timeline::Read::default();
    for (heading, lines) in std::mem::take(&mut document.timelines) {
        let read = timeline::read(heading, lines, &ground);
        told.timed.extend(read.timed);
        told.untimed.extend(read.untimed);
        told.findings.extend(read.findings);
    }
    let mut findings = std::mem::take(&mut document.findings);
    findings.extend(told.findings);
    let ends = told.timed.iter().map(|timed| (timed.at, timed.shown));
    let (first, last) = match (ends.clone().min(), ends.max()) {
        (Some(first), Some(last)) => (first, last),
        _ => {
            let day = ground.title_day.or(ground.written_on).ok_or("nothing in it, nor its name, says when it was")?;
            let line = lines.first().map_or(1, |line| line.number);
            findings.push(Finding {
                line,
                says: format!("it has no entry with a time: stands at the beginning of {day} UTC, after its title or name"),
                is_left_out: false,
            });
            let shown = day.and_time(NaiveTime::MIN);
            ((shown.and_utc().into(), shown), (shown.and_utc().into(), shown))
        }
    };
    let teller =
        Teller { telling: Telling::of(SOURCE, format!("{name}\n{}", document.title)), author: Person::new(AUTHOR), events: Vec::new() };
    let entries = told.timed.iter().map(|timed| Entry { line: timed.line, at: timed.at, is_day: timed.is_day }).collect();
    let untimed = told.untimed.len();
    let (past, clipped) = teller.tell(name, &document, &told.timed, &told.untimed, first, last);
    findings.extend(clipped.map(|says| Finding { line: 1, says, is_left_out: false }));
    findings.sort_by_key(|finding| finding.line);
    Ok(Read { past, title: document.title, entries, untimed, findings })
}

struct Teller {
    telling: Telling,
    author: Person,
    events: Vec<Event>,
}

type End = (Timestamp, NaiveDateTime);

impl Teller {
    fn tell(
        mut self,
        name: &str,
        document: &Document<'_>,
        timed: &[timeline::Timed],
        untimed: &[String],
        first: End,
        last: End,
    ) -> (Past, Option<String>) {
        let mut clipped = None;
        let mut fit = |text: &str| {
            let end = text.floor_char_boundary(TEXT_MAX_BYTES);
            if end < text.len() {
                clipped = Some(format!("a text of {} KiB is cut to {} KiB", text.len() / 1024, TEXT_MAX_BYTES / 1024));
            }
            text[..end].to_owned()
        };
        let number = name.chars().take(TITLE_MAX_CHARS).collect();
        let declared = IncidentDeclared {
            summary: fit(&document.summary),
            retrospective: Some(Retrospective { source: SOURCE.into(), number }),
            ..IncidentDeclared::titled(document.title.chars().take(TITLE_MAX_CHARS).collect::<String>())
        };
        self.event("declared", first, None, declared);
        for (place, timed) in timed.iter().enumerate() {
            self.entry(&format!("entry {place}"), (timed.at, timed.shown), EntryKind::Observation, &[], fit(&timed.text));
        }
        if !untimed.is_empty() {
            let text = format!("Of the timeline, without a time that can be told:\n\n{}", untimed.join("\n"));
            self.entry("untimed", last, EntryKind::Note, &[], fit(&text));
        }
        for (place, (heading, text)) in document.others.iter().enumerate() {
            let is_cause = heading.to_lowercase().contains("cause");
            let components: &[&str] = if is_cause { &["root-cause"] } else { &[] };
            self.entry(&format!("section {place}"), last, EntryKind::Note, components, fit(&format!("## {heading}\n\n{text}")));
        }
        let reason = String::from("told afterwards, in a post-mortem");
        let declared = self.events.first().map(|event| event.id);
        let resolved = self.event("resolved", last, declared, StatusChanged { status: Status::Resolved, reason: reason.clone() });
        self.event("closed", last, Some(resolved), StatusChanged { status: Status::Closed, reason });
        (Past { number: name.to_owned(), events: self.events, priority: None }, clipped)
    }

    fn entry(&mut self, key: &str, end: End, kind: EntryKind, components: &[&str], text: String) {
        let Some(kind) = WrittenKind::new(kind).filter(|_| !text.trim().is_empty()) else { return };
        let components = components.iter().map(|component| (*component).to_owned()).collect();
        self.event(key, end, None, EntryAdded { components, ..EntryAdded::plain(kind, text) });
    }

    fn event(&mut self, key: &str, (at, shown): End, replaces: Option<EventId>, body: impl Into<crate::domain::Body>) -> EventId {
        let body = body.into();
        // The words of an entry are its own; a title alone says little.
        let words = format!("{body:?}");
        let told = Told { key, shown_ms: zone::shown_ms(shown), at, by: &self.author, words: &words, replaces };
        let event = self.telling.tell(told, body);
        let id = event.id;
        self.events.push(event);
        id
    }
}

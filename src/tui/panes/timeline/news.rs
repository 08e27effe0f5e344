//! What happened while nobody looked: from what was last seen of an incident and its timeline now. Pure.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::Person;
use crate::domain::Status;
use crate::domain::Timestamp;
use crate::text::span;
use crate::tui::words;

/// More new entries than this are counted no further.
const COUNTED_MAX: usize = 9_999;
/// How far back, in entries, late ones are looked for.
const REACH: usize = 20_000;

/// What a person last saw of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When they looked.
    pub at: Timestamp,
    /// The last record in it.
    pub seq: u64,
    /// How many entries it had.
    pub entries: usize,
    pub status: Status,
    #[serde(default)]
    pub commander: Option<Person>,
}

impl Seen {
    /// What there is to see of an incident now.
    pub fn of(incident: &Incident, now: Timestamp) -> Self {
        Self {
            at: now,
            seq: incident.seq,
            entries: incident.timeline.len(),
            status: incident.status.value,
            commander: incident.commander().map(|holding| holding.person.clone()),
        }
    }
}

/// What is new to a person who comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// What they had seen.
    pub seen: Seen,
    /// The last record that is news; what comes later is read as it comes.
    until_seq: u64,
    /// The line "new since" stands above this entry.
    pub first: EventId,
    /// How many entries.
    pub entries: usize,
    /// How many of them stand above that line, because they happened before.
    pub late: usize,
    /// `command ana → bo`, `status mitigating → resolved`.
    pub changes: Vec<String>,
    pub stage: Stage,
}

/// How far a person got with what is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Said in the first row until a key answers it.
    Greeting,
    /// A key answered; the line stays.
    Answered,
    /// The line stays, and what it marks counts as seen.
    Noted,
    /// The newest entry was reached, or it was waved away: the line goes.
    Done,
}

impl News {
    /// What is new in an incident since it was last seen, if anything is that others did.
    pub fn since(seen: &Seen, incident: &Incident, me: &Person) -> Option<Self> {
        let added = incident.timeline.len().saturating_sub(seen.entries);
        if added == 0 || incident.seq <= seen.seq {
            return None;
        }
        let mut news = Self {
            seen: seen.clone(),
            until_seq: incident.seq,
            first: EventId(uuid::Uuid::nil()),
            entries: 0,
            late: 0,
            changes: Vec::new(),
            stage: Stage::Greeting,
        };
        let (mut found, mut first_late) = (0, None);
        for entry in incident.timeline.iter().rev().take(REACH) {
            let is_later = entry.state.seq().is_none_or(|seq| seq > seen.seq);
            found += usize::from(is_later);
            if news.holds(entry) && entry.by() != me {
                news.entries += 1;
                if entry.at >= seen.at {
                    news.first = entry.id;
                } else {
                    news.late += 1;
                    first_late = Some(entry.id);
                }
            }
            if found >= added || news.entries >= COUNTED_MAX {
                break;
            }
        }
        if news.entries == 0 {
            return None;
        }
        if news.late == news.entries {
            // All of it happened before the last look: the line stands above the first of them.
            news.first = first_late?;
            news.late = 0;
        }
        let commander = incident.commander().map(|holding| &holding.person);
        let name = |person: Option<&Person>| person.map_or_else(|| "nobody".to_owned(), ToString::to_string);
        if commander != seen.commander.as_ref() {
            news.changes.push(format!("command {} → {}", name(seen.commander.as_ref()), name(commander)));
        }
        if incident.status.value != seen.status {
            news.changes.push(format!("status {} → {}", seen.status, incident.status.value));
        }
        Some(news)
    }

    /// Whether it is still said in the first row.
    pub fn is_greeting(&self) -> bool {
        self.stage == Stage::Greeting
    }

    /// A key answered; with `is_done` the person is through with it.
    pub fn answer(&mut self, is_done: bool) {
        if is_done {
            self.stage = Stage::Done;
        } else if self.is_greeting() {
            self.stage = Stage::Answered;
        }
    }

    /// Whether an entry came while nobody looked.
    pub fn holds(&self, entry: &Entry) -> bool {
        entry.state.seq().is_some_and(|seq| seq > self.seen.seq && seq <= self.until_seq)
    }

    /// `back after 21 min: 14 entries, command ana → bo`.
    pub fn words(&self, now: Timestamp) -> String {
        let mut said = vec![words::count(self.entries, "entry", "entries")];
        if self.late > 0 {
            said[0].push_str(&format!(" ({} late)", self.late));
        }
        said.extend(self.changes.iter().cloned());
        format!("back after {}: {}", span::words(now.since_ms(self.seen.at)), said.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_by_a_later_program() {
        let kept = r#"{"at":"2026-11-21T12:00:00.000Z","seq":7,"entries":3,"status":"triage","more":1}"#;
        let seen: Seen = serde_json::from_str(kept).unwrap();
        assert_eq!((seen.seq, seen.entries, seen.status, seen.commander), (7, 3, Status::Triage, None));
    }
}

//! This program's own export, taken back: its events as they were, under ids of their own, marked as told afterwards.

use crate::domain::Body;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Retrospective;
use crate::domain::Status;
use crate::domain::StatusChanged;
use crate::import::Finding;
use crate::import::Past;
use crate::import::telling::Telling;
use crate::import::telling::Told;
use crate::ledger::EventBytes;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What its incidents are marked as coming from.
pub const SOURCE: &str = "json";

#[derive(Deserialize)]
struct File {
    incident: Head,
    #[serde(default)]
    events: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Head {
    id: IncidentId,
    code: String,
}

/// An export, read.
#[derive(Clone, PartialEq, Debug)]
pub struct Read {
    /// The incident it tells.
    pub past: Past,
    /// The incident it was made of.
    pub original: IncidentId,
    /// What cannot be told again.
    pub findings: Vec<Finding>,
}

/// Reads an export.
///
/// # Errors
/// Why it is none, in words.
pub fn read(text: &str) -> Result<Read, String> {
    let file: File = serde_json::from_str(text).map_err(|why| format!("it is not what `warroom export --format json` writes: {why}"))?;
    let events = file.events.ok_or("it holds no events: an older warroom wrote it; export the incident again")?;
    let read = |(place, text): (usize, &String)| match EventBytes::take(text.as_bytes()) {
        Ok((_, event)) if event.incident == file.incident.id => Ok(event),
        Ok((_, event)) => Err(format!("its event {} is of another incident, {}", place + 1, event.incident)),
        Err(why) => Err(format!("its event {} is {why}", place + 1)),
    };
    let events = events.iter().enumerate().map(read).collect::<Result<Vec<Event>, String>>()?;
    if !events.first().is_some_and(|first| matches!(first.body, Body::IncidentDeclared(_))) {
        return Err("its events do not begin with the declaration of its incident".into());
    }
    let mut teller = Teller {
        telling: Telling::of(SOURCE, file.incident.id.to_string()),
        code: file.incident.code.clone(),
        ids: BTreeMap::new(),
        status: Status::Triage,
        events: Vec::new(),
        left: BTreeMap::new(),
        again: 0,
    };
    events.iter().for_each(|event| teller.tell(event));
    teller.close();
    let left = teller.left.iter().map(|(kind, count)| format!("{count} of kind {kind} cannot be told without the log they come from"));
    let again = (teller.again > 0).then(|| format!("{} stand in it under an id that came before: the first of each counts", teller.again));
    let findings = left.chain(again).map(|says| Finding { line: 1, says, is_left_out: false }).collect();
    Ok(Read { past: Past { number: file.incident.code, events: teller.events, priority: None }, original: file.incident.id, findings })
}

struct Teller {
    telling: Telling,
    code: String,
    /// What each event is called now.
    ids: BTreeMap<EventId, EventId>,
    status: Status,
    events: Vec<Event>,
    /// What was left out, by kind.
    left: BTreeMap<String, usize>,
    /// How many were there already, under their id.
    again: usize,
}

impl Teller {
    fn tell(&mut self, event: &Event) {
        if self.ids.contains_key(&event.id) {
            self.again += 1;
            return;
        }
        let Some(body) = self.body(&event.body) else {
            *self.left.entry(event.body.kind().to_owned()).or_default() += 1;
            return;
        };
        if let Body::StatusChanged(change) = &body {
            self.status = change.status;
        }
        let key = event.id.to_string();
        // A salt of its own was random; one of a past comes from words.
        let words = format!("{}{:?}", event.salt, event.body);
        let replaces = event.replaces.map(|replaced| self.is_now(replaced));
        let shown_ms = (event.id.0.as_u128() >> 80) as i64;
        let told = self.telling.tell(Told { key: &key, shown_ms, at: event.at, by: &event.by, words: &words, replaces }, body);
        self.ids.insert(event.id, told.id);
        self.events.push(told);
    }

    /// What an event says, of this incident alone; none for what makes sense only beside another one, or in another log.
    fn body(&self, body: &Body) -> Option<Body> {
        let mut body = body.clone();
        match &mut body {
            Body::IncidentDeclared(data) => {
                (data.source, data.follows, data.follows_code) = (None, None, String::new());
                data.retrospective = Some(Retrospective { source: SOURCE.into(), number: self.code.clone() });
            }
            Body::EntryAdded(data) => {
                data.reply_to = data.reply_to.map(|entry| self.is_now(entry));
                data.moved_from = None;
            }
            Body::EntryAmended(data) => {
                data.entry = self.is_now(data.entry);
                data.merges = data.merges.map(|version| self.is_now(version));
            }
            Body::EntryRetracted(data) => {
                data.entry = self.is_now(data.entry);
                data.moved_to = None;
            }
            Body::TaskUnderstood(data) => data.task = self.is_now(data.task),
            Body::TaskDone(data) => data.task = self.is_now(data.task),
            Body::TaskWithdrawn(data) => data.task = self.is_now(data.task),
            Body::RoleAccepted(data) => data.offer = self.is_now(data.offer),
            Body::RoleDeclined(data) => data.offer = self.is_now(data.offer),
            Body::RoleWithdrawn(data) => data.offer = self.is_now(data.offer),
            Body::IncidentMerged(data) => {
                let reason = format!("merged into {}", data.into_code);
                return Some(StatusChanged { status: Status::Resolved, reason }.into());
            }
            Body::IncidentSplit(data) => {
                let reason = format!("split from {}", data.from_code);
                return Some(StatusChanged { status: data.status, reason }.into());
            }
            // What was redacted stands as its stub already.
            Body::IncidentLinked(_) | Body::EventRedacted(_) | Body::SettingsPublished(_) | Body::KeyReplaced(_) | Body::Unknown { .. } => {
                return None;
            }
            _ => {}
        }
        Some(body)
    }

    fn is_now(&self, id: EventId) -> EventId {
        self.ids.get(&id).copied().unwrap_or(id)
    }

    /// What was open when it was exported is closed where its record ends, and said to be.
    fn close(&mut self) {
        let Some(last) = self.events.last().filter(|_| self.status.is_open()).cloned() else { return };
        let reason = format!("the record ends here, in the status {}", self.status);
        for (key, status) in [("end resolved", Status::Resolved), ("end closed", Status::Closed)] {
            let shown_ms = (last.id.0.as_u128() >> 80) as i64;
            let told = Told { key, shown_ms, at: last.at, by: &last.by, words: &last.salt, replaces: None };
            let event = self.telling.tell(told, StatusChanged { status, reason: reason.clone() });
            self.events.push(event);
        }
    }
}

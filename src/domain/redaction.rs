//! Redaction: the words of an event are deleted everywhere; what it did to its incident stays, as a stub that says the rest.
//!
//! Whoever folds an incident takes the stub in the place of a redacted event, whether its words are still there or not: so every copy agrees.

use crate::domain::Body;
use crate::domain::Event;
use crate::domain::EventRedacted;

/// What stands where words were.
pub const REDACTED: &str = "[redacted]";

impl Event {
    /// The same event without its words, and without the salt, by which deleted words could be guessed against their hash. `None` for one that holds
    /// no words of a person or a sender, or must not be without them.
    pub fn stub(&self) -> Option<Self> {
        let mut body = self.body.clone();
        match &mut body {
            Body::IncidentDeclared(data) => {
                data.title = REDACTED.into();
                blank(&mut data.summary);
                data.retrospective.iter_mut().for_each(|from| blank(&mut from.number));
            }
            Body::IncidentEdited(data) => [&mut data.title, &mut data.summary].into_iter().flatten().for_each(blank),
            Body::IncidentRestricted(data) => blank(&mut data.reason),
            Body::RestrictionLifted(data) => blank(&mut data.reason),
            Body::StatusChanged(data) => blank(&mut data.reason),
            Body::SeveritySet(data) => blank(&mut data.reason),
            Body::ImpactAssessed(data) => blank(&mut data.reason),
            Body::PriorityOverridden(data) => blank(&mut data.reason),
            Body::RoleOffered(data) => blank(&mut data.briefing),
            Body::RoleDeclined(data) => blank(&mut data.reason),
            Body::RoleAssumed(data) => blank(&mut data.reason),
            Body::TaskGiven(data) => blank(&mut data.text),
            Body::TaskDone(data) => blank(&mut data.result),
            Body::TaskWithdrawn(data) => blank(&mut data.reason),
            Body::EntryAdded(data) => {
                blank(&mut data.text);
                data.components.clear();
                data.audience.iter_mut().for_each(blank);
            }
            Body::EntryAmended(data) => {
                [&mut data.text, &mut data.audience].into_iter().flatten().for_each(blank);
                blank(&mut data.reason);
            }
            Body::EntryRetracted(data) => blank(&mut data.reason),
            Body::AlertFired(data) => {
                data.title = REDACTED.into();
                blank(&mut data.summary);
                data.labels.clear();
                data.url.clear();
            }
            Body::AlertUnreadable(data) => {
                [&mut data.why, &mut data.beginning].into_iter().for_each(blank);
                data.sha256.clear();
            }
            _ => return None,
        }
        Some(Self { body, salt: String::new(), ..self.clone() })
    }
}

impl EventRedacted {
    /// The line it draws.
    pub(super) fn words(&self) -> String {
        format!("the words of record {} were redacted: {}", self.seq, self.reason)
    }
}

fn blank(words: &mut String) {
    if !words.is_empty() {
        *words = REDACTED.into();
    }
}

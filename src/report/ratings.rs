//! How the priority moved: every change of the rating and every step that growing loss took by itself, folded over the incident.

use crate::domain::Assessment;
use crate::domain::EntryState;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::Matrix;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::Rated;
use crate::domain::RatingChange;
use crate::domain::Timestamp;
use crate::text::money;

/// More steps of growth between two changes than any matrix has levels.
const GROWTH_STEPS_MAX: usize = 16;

/// One step of the history.
#[derive(Clone, PartialEq, Debug)]
pub struct Moved {
    /// When it took effect; never before the step before it, whatever the clock of its author said.
    pub at: Timestamp,
    /// The priority from then on; `None`: not rated.
    pub priority: Option<Priority>,
    /// What it was before.
    pub before: Option<Priority>,
    /// What moved it, in words: "severity 2", "loss 4, users unknown", "override P1", "the loss grew past $250k".
    pub what: String,
    /// Why, as its author said; may be empty.
    pub why: String,
    /// Who; `None` for growth, which nobody did.
    pub by: Option<Person>,
    /// The event; `None` for growth.
    pub event: Option<EventId>,
    /// How far that event got.
    pub state: EntryState,
}

/// The history of a priority up to `now`, oldest first.
pub fn ratings(incident: &Incident, matrix: &Matrix, now: Timestamp) -> Vec<Moved> {
    let mut history = Vec::new();
    let mut assessment = Assessment::default();
    let mut at = incident.opened_at;
    let mut priority = None;
    for change in &incident.ratings {
        let until = change.at.max(at);
        grow(&mut history, &assessment, matrix, (&mut at, &mut priority), until);
        assessment.take(change);
        at = until;
        let before = std::mem::replace(&mut priority, matrix.rate(&assessment, at).priority);
        let (by, event, why) = (Some(change.by.clone()), Some(change.event), change.reason.clone());
        history.push(Moved { at, priority, before, what: what(change, matrix), why, by, event, state: change.state });
    }
    grow(&mut history, &assessment, matrix, (&mut at, &mut priority), now);
    history
}

/// Adds what growing loss did to the priority from one moment until another.
fn grow(
    history: &mut Vec<Moved>,
    assessment: &Assessment,
    matrix: &Matrix,
    (at, priority): (&mut Timestamp, &mut Option<Priority>),
    until: Timestamp,
) {
    for _ in 0..GROWTH_STEPS_MAX {
        let Some((moment, to)) = matrix.rate(assessment, *at).next_priority.filter(|(moment, _)| *moment <= until) else { return };
        let loss = matrix.rate(assessment, moment).loss_usd.map_or_else(String::new, |loss| format!(" to {}", money::words(loss)));
        let before = priority.replace(to);
        let (what, state) = (format!("the loss grew{loss}"), EntryState::Local);
        history.push(Moved { at: moment, priority: Some(to), before, what, why: "by itself".into(), by: None, event: None, state });
        *at = moment;
    }
}

fn what(change: &RatingChange, matrix: &Matrix) -> String {
    match &change.what {
        Rated::Severity(severity) => format!("severity {severity}"),
        Rated::Scores(scores) => {
            let said = scores.iter().map(|(id, score)| {
                let short =
                    matrix.dimensions.iter().find(|dimension| dimension.id == *id).map_or(id.as_str(), |known| known.short.as_str());
                let value = score.amount_usd.map_or_else(|| score.words(), money::words);
                format!("{short} {value}")
            });
            said.collect::<Vec<_>>().join(", ")
        }
        Rated::Override(Some(priority)) => format!("set to {priority} against the matrix"),
        Rated::Override(None) => "given back to the matrix".into(),
        Rated::Settled(Some(_)) => "over: no more money leaves".into(),
        Rated::Settled(None) => "open again".into(),
    }
}

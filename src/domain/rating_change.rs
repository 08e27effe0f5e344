//! Every change of how bad an incident is said to be, in the order of the log: the history of its priority is folded from them.

use crate::domain::Assessment;
use crate::domain::Conflict;
use crate::domain::EntryState;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::Field;
use crate::domain::Incident;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::PriorityOverride;
use crate::domain::Score;
use crate::domain::Scored;
use crate::domain::Severity;
use crate::domain::Timestamp;
use crate::domain::apply::Step;
use std::collections::BTreeMap;

/// One change of an assessment.
#[derive(Clone, PartialEq, Debug)]
pub struct RatingChange {
    /// The event.
    pub event: EventId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Person,
    /// Why, if it was said.
    pub reason: String,
    /// How far it got.
    pub state: EntryState,
    /// What was said.
    pub what: Rated,
}

/// What was said about how bad it is.
#[derive(Clone, PartialEq, Debug)]
pub enum Rated {
    /// By one word.
    Severity(Severity),
    /// By dimension.
    Scores(BTreeMap<String, Score>),
    /// Against the matrix; `None` gives it back to the matrix.
    Override(Option<Priority>),
    /// Money no longer leaves since then; `None`: it is open again.
    Settled(Option<Timestamp>),
}

impl RatingChange {
    /// A change as an event says it.
    pub(super) fn new(event: &Event, state: EntryState, what: Rated, reason: &str) -> Self {
        Self { event: event.id, at: event.at, by: event.by.clone(), reason: reason.to_owned(), state, what }
    }
}

impl Assessment {
    /// Folds a change in.
    pub fn take(&mut self, change: &RatingChange) {
        match &change.what {
            Rated::Severity(severity) => {
                let previous = self.severity();
                let (event, by, at, state) = (change.event, change.by.clone(), change.at, change.state);
                self.severity = Some(Field { value: *severity, event, by, at, previous, state });
            }
            Rated::Scores(scores) => {
                for (dimension, score) in scores {
                    let previous = self.scores.get(dimension).map(|scored| scored.score);
                    if *score == Score::default() {
                        self.scores.remove(dimension);
                        continue;
                    }
                    let scored = Scored { score: *score, at: change.at, by: change.by.clone(), event: change.event, previous };
                    self.scores.insert(dimension.clone(), scored);
                }
            }
            Rated::Override(priority) => {
                self.priority_override =
                    priority.map(|priority| PriorityOverride { priority, reason: change.reason.clone(), by: change.by.clone() });
            }
            Rated::Settled(at) => self.settled_at = *at,
        }
    }
}

impl Incident {
    /// Folds a change of the rating in and keeps it; what its author had not seen of others is noted as crossed.
    pub(super) fn rate_anew(&mut self, step: &Step<'_>, what: Rated, reason: &str) {
        let change = RatingChange::new(step.event, step.state, what, reason);
        let crossed = self.crossed_by(step.event, &change);
        self.conflicts.extend(crossed);
        self.assessment.take(&change);
        self.ratings.push(change);
    }

    /// What others changed after the last change the author of an event had seen, where the event changes the same to something else.
    fn crossed_by(&self, event: &Event, change: &RatingChange) -> Vec<Conflict> {
        let seen = event.replaces.and_then(|seen| self.ratings.iter().rposition(|known| known.event == seen));
        let unseen = seen.map_or(&[][..], |seen| &self.ratings[seen + 1..]);
        let others: Vec<_> = unseen.iter().filter(|known| known.by != change.by).collect();
        let conflict = |known: &RatingChange, field: &str, stands: String, lost: String| Conflict {
            field: field.to_owned(),
            winner: change.event,
            winner_by: change.by.clone(),
            stands,
            loser: known.event,
            loser_by: known.by.clone(),
            lost,
            at: change.at,
        };
        match &change.what {
            Rated::Scores(scores) => {
                let crossed = scores.iter().filter_map(|(dimension, score)| {
                    let (known, lost) = others.iter().rev().find_map(|known| Some((known, known.score(dimension)?)))?;
                    (lost != *score).then(|| conflict(known, dimension, score.words(), lost.words()))
                });
                crossed.collect()
            }
            Rated::Override(stands) => {
                let words = |priority: &Option<Priority>| priority.map_or_else(|| "the matrix".into(), |priority| priority.to_string());
                let lost = others.iter().rev().find_map(|known| match &known.what {
                    Rated::Override(lost) if lost != stands => Some((known, words(lost))),
                    _ => None,
                });
                lost.map(|(known, lost)| conflict(known, "priority", words(stands), lost)).into_iter().collect()
            }
            // A severity names the event that set the one its author saw, as every field does.
            Rated::Severity(_) | Rated::Settled(_) => Vec::new(),
        }
    }
}

impl RatingChange {
    fn score(&self, dimension: &str) -> Option<Score> {
        match &self.what {
            Rated::Scores(scores) => scores.get(dimension).copied(),
            _ => None,
        }
    }
}

impl Score {
    /// `4`, `$1 200 000` or `unknown`.
    pub fn words(self) -> String {
        match (self.amount_usd, self.level) {
            (Some(amount), _) => format!("${}", grouped(amount)),
            (None, Some(level)) => level.to_string(),
            (None, None) => "unknown".into(),
        }
    }
}

/// `1 234 567`.
fn grouped(amount: u64) -> String {
    let digits = amount.to_string();
    let first = digits.len() % 3;
    let rest = digits.as_bytes()[first..].chunks(3).map(|three| String::from_utf8_lossy(three).into_owned());
    std::iter::once(digits[..first].to_owned()).filter(|head| !head.is_empty()).chain(rest).collect::<Vec<_>>().join(" ")
}

//! The assessment being made: changes on top of what is recorded, with the priority they would give, and what others changed meanwhile.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::domain::Assessment;
use crate::domain::Command;
use crate::domain::Dimension;
use crate::domain::EntryState;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Matrix;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::Rated;
use crate::domain::Rating;
use crate::domain::RatingChange;
use crate::domain::Score;
use crate::domain::Timestamp;
use crate::tui::edit::LineEdit;
use crate::tui::panes::matrix::left::Left;

/// The assessment form of one incident. The first field is the severity; the dimensions of the matrix, the override and the reason follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Assess {
    pub incident: IncidentId,
    pub field: usize,
    /// Scores chosen here and not recorded yet; the empty score makes a dimension unknown again.
    pub changed: BTreeMap<String, Score>,
    /// The override chosen here; `Some(None)` gives the priority back to the matrix.
    pub overridden: Option<Option<Priority>>,
    pub reason: LineEdit,
    /// The amount being typed into the dimension in focus.
    pub amount: Option<LineEdit>,
    /// The digit that scored the dimension before this one, which may turn out to begin an amount.
    pub digit: Option<char>,
    /// Changes of the rating that were there when the form was opened, or that its owner has answered since.
    pub seen: BTreeSet<EventId>,
    pub error: String,
    pub is_waiting: bool,
    /// What of it is kept.
    pub kept: Option<Left>,
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Field<'a> {
    Severity,
    Dimension(&'a Dimension),
    Override,
    Reason,
}

/// What a severity means, from 1 on.
pub const SEVERITY_WORDS: [&str; 5] =
    ["critical: everyone, now", "major: a team, now", "moderate: today", "minor: when there is time", "for the record"];

impl Assess {
    /// The form of an incident as it stands, nothing changed, at the severity.
    pub fn new(incident: IncidentId, current: Option<&Incident>) -> Self {
        Self {
            incident,
            field: 0,
            changed: BTreeMap::new(),
            overridden: None,
            reason: LineEdit::default(),
            amount: None,
            digit: None,
            seen: current.into_iter().flat_map(|incident| incident.ratings.iter().map(|change| change.event)).collect(),
            error: String::new(),
            is_waiting: false,
            kept: None,
        }
    }

    /// How many fields there are.
    pub fn fields(matrix: &Matrix) -> usize {
        matrix.dimensions.len() + 3
    }

    /// What the field of a number is.
    pub fn field_at(matrix: &Matrix, number: usize) -> Field<'_> {
        match number.checked_sub(1) {
            None => Field::Severity,
            Some(at) => match matrix.dimensions.get(at) {
                Some(dimension) => Field::Dimension(dimension),
                None if at == matrix.dimensions.len() => Field::Override,
                None => Field::Reason,
            },
        }
    }

    /// The field in focus.
    pub fn focus<'a>(&self, matrix: &'a Matrix) -> Field<'a> {
        Self::field_at(matrix, self.field)
    }

    /// Whether something was chosen or typed that would be lost.
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty() || self.overridden.is_some() || !self.reason.is_empty()
    }

    /// The score a dimension would have.
    pub fn score(&self, dimension: &Dimension, assessment: &Assessment) -> Score {
        let recorded = || assessment.scores.get(&dimension.id).map(|scored| scored.score).unwrap_or_default();
        self.changed.get(&dimension.id).copied().unwrap_or_else(recorded)
    }

    /// The override the incident would have.
    pub fn priority_override(&self, assessment: &Assessment) -> Option<Priority> {
        self.overridden.unwrap_or(assessment.priority_override.as_ref().map(|known| known.priority))
    }

    /// Scores the dimension in focus.
    pub fn set(&mut self, matrix: &Matrix, score: Score) {
        if let Field::Dimension(dimension) = self.focus(matrix) {
            let level = score.level.map(|level| level.min(dimension.highest()));
            self.changed.insert(dimension.id.clone(), Score { level, ..score });
            self.error.clear();
        }
    }

    /// What the priority would be.
    pub fn preview(&self, incident: &Incident, matrix: &Matrix, me: &Person, now: Timestamp) -> Rating {
        let mut assessment = incident.assessment.clone();
        let change = |what| RatingChange {
            event: EventId(incident.id.0),
            at: now,
            by: me.clone(),
            reason: self.reason.text().trim().to_owned(),
            state: EntryState::Local,
            what,
        };
        assessment.take(&change(Rated::Scores(self.scores(incident, matrix))));
        if let Some(priority) = self.overridden {
            assessment.take(&change(Rated::Override(priority)));
        }
        matrix.rate(&assessment, now)
    }

    /// The scores to record: what really changes.
    fn scores(&self, incident: &Incident, matrix: &Matrix) -> BTreeMap<String, Score> {
        let differs = |(id, score): &(&String, &Score)| {
            let dimension = matrix.dimensions.iter().find(|dimension| dimension.id == **id);
            let recorded = incident.assessment.scores.get(*id).map(|scored| scored.score).unwrap_or_default();
            // An amount stands for the level it reaches.
            let level = |score: Score| dimension.and_then(|dimension| level_of(dimension, score));
            let is_same = if score.amount_usd.is_some() { **score == recorded } else { level(**score) == level(recorded) };
            dimension.is_some() && !is_same
        };
        self.changed.iter().filter(differs).map(|(id, score)| (id.clone(), *score)).collect()
    }

    /// The command that records what was changed here.
    ///
    /// # Errors
    /// What is missing, as a sentence.
    pub fn command(&self, incident: &Incident, matrix: &Matrix) -> Result<Command, &'static str> {
        let reason = self.reason.text().trim().to_owned();
        let scores = self.scores(incident, matrix);
        let recorded = incident.assessment.priority_override.as_ref().map(|known| known.priority);
        let overridden = self.overridden.filter(|priority| *priority != recorded);
        if overridden.is_some() && reason.is_empty() {
            return Err("an override, and taking one off, needs a reason: type it here");
        }
        let mut commands = Vec::new();
        if !scores.is_empty() {
            commands.push(Command::Assess { scores, reason: reason.clone() });
        }
        commands.extend(overridden.map(|priority| Command::OverridePriority { priority, reason }));
        match commands.len() {
            0 => Err("nothing changed: one digit scores the line, Esc leaves"),
            1 => Ok(commands.remove(0)),
            _ => Ok(Command::Together(commands)),
        }
    }

    /// What others changed of a field since the form was opened, the newest.
    pub fn news<'a>(&self, field: Field<'_>, incident: &'a Incident, me: &Person) -> Option<&'a RatingChange> {
        let is_of = |change: &&RatingChange| match (&change.what, field) {
            (Rated::Severity(_), Field::Severity) | (Rated::Override(_), Field::Override) => true,
            (Rated::Scores(scores), Field::Dimension(dimension)) => scores.contains_key(&dimension.id),
            _ => false,
        };
        incident.ratings.iter().rev().filter(|change| change.by != *me && !self.seen.contains(&change.event)).find(is_of)
    }

    /// The changes of others that a record of this form would overwrite: told once each, then theirs to overwrite.
    pub fn overwritten(&mut self, incident: &Incident, matrix: &Matrix, me: &Person) -> Option<String> {
        let fields = (0..Self::fields(matrix)).map(|number| Self::field_at(matrix, number));
        let is_mine = |field: &Field<'_>| match field {
            Field::Dimension(dimension) => self.changed.contains_key(&dimension.id),
            Field::Override => self.overridden.is_some(),
            Field::Severity | Field::Reason => false,
        };
        let crossed: Vec<_> = fields.filter(is_mine).filter_map(|field| Some((field, self.news(field, incident, me)?))).collect();
        let said: Vec<String> = crossed.iter().map(|(field, change)| said(*field, change)).collect();
        self.seen.extend(crossed.iter().map(|(_, change)| change.event).collect::<Vec<_>>());
        (!said.is_empty()).then(|| format!("{} meanwhile: Enter again records yours, Backspace takes theirs", said.join(", ")))
    }
}

/// `bo set Users affected to 4`.
pub fn said(field: Field<'_>, change: &RatingChange) -> String {
    let (by, what) = (&change.by, &change.what);
    match (field, what) {
        (Field::Dimension(dimension), Rated::Scores(scores)) => {
            let score = scores.get(&dimension.id).copied().unwrap_or_default();
            format!("{by} set {} to {}", dimension.name, score.words())
        }
        (_, Rated::Severity(severity)) => format!("{by} set severity {severity}"),
        (_, Rated::Override(Some(priority))) => format!("{by} set {priority}"),
        _ => format!("{by} gave it back to the matrix"),
    }
}

/// The level of a score; an amount of money stands for the level it reaches.
pub fn level_of(dimension: &Dimension, score: Score) -> Option<u8> {
    match score.amount_usd {
        Some(amount) if dimension.in_money() => Some(dimension.level_for(amount)),
        _ => score.level,
    }
}

//! The assessment being made: changes on top of what is recorded, with the priority they would give.

use std::collections::BTreeMap;

use crate::domain::Assessment;
use crate::domain::Dimension;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Matrix;
use crate::domain::Person;
use crate::domain::Rating;
use crate::domain::Score;
use crate::domain::Scored;
use crate::domain::Timestamp;

/// The assessment form of one incident. The first field is the severity, the dimensions of the matrix follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Assess {
    pub incident: IncidentId,
    /// 0 is the severity, 1 the first dimension.
    pub field: usize,
    /// Levels chosen here and not recorded yet; `None` makes a dimension unknown again.
    pub changed: BTreeMap<String, Option<u8>>,
    pub error: String,
    pub is_waiting: bool,
}

/// What a severity means, from 1 on.
pub const SEVERITY_WORDS: [&str; 5] =
    ["critical: everyone, now", "major: a team, now", "moderate: today", "minor: when there is time", "for the record"];

impl Assess {
    /// The form of an incident, nothing changed, at the severity.
    pub fn new(incident: IncidentId) -> Self {
        Self { incident, field: 0, changed: BTreeMap::new(), error: String::new(), is_waiting: false }
    }

    /// The dimension in focus.
    pub fn dimension<'a>(&self, matrix: &'a Matrix) -> Option<&'a Dimension> {
        matrix.dimensions.get(self.field.checked_sub(1)?)
    }

    /// The level a dimension would have.
    pub fn level(&self, dimension: &Dimension, assessment: &Assessment) -> Option<u8> {
        match self.changed.get(&dimension.id) {
            Some(level) => *level,
            None => recorded(dimension, assessment),
        }
    }

    /// Sets the dimension in focus.
    pub fn set(&mut self, matrix: &Matrix, level: Option<u8>) {
        if let Some(dimension) = self.dimension(matrix) {
            self.changed.insert(dimension.id.clone(), level.map(|level| level.min(dimension.highest())));
            self.error.clear();
        }
    }

    /// What the priority would be.
    pub fn preview(&self, incident: &Incident, matrix: &Matrix, me: &Person, now: Timestamp) -> Rating {
        let mut assessment = incident.assessment.clone();
        for (id, score) in self.scores(incident, matrix) {
            let previous = assessment.scores.get(&id).map(|scored| scored.score);
            assessment.scores.insert(id, Scored { score, at: now, by: me.clone(), event: EventId(incident.id.0), previous });
        }
        matrix.rate(&assessment, now)
    }

    /// The scores to record: what really changes.
    pub fn scores(&self, incident: &Incident, matrix: &Matrix) -> BTreeMap<String, Score> {
        let differs = |id: &String, level: &Option<u8>| {
            let dimension = matrix.dimensions.iter().find(|dimension| dimension.id == *id);
            dimension.is_some_and(|dimension| recorded(dimension, &incident.assessment) != *level)
        };
        let changed = self.changed.iter().filter(|(id, level)| differs(id, level));
        changed.map(|(id, level)| (id.clone(), Score { level: *level, amount_usd: None })).collect()
    }
}

/// The level of a dimension as it is recorded; an amount of money stands for the level it reaches.
fn recorded(dimension: &Dimension, assessment: &Assessment) -> Option<u8> {
    let score = assessment.scores.get(&dimension.id)?.score;
    match score.amount_usd {
        Some(amount) if dimension.in_money() => Some(dimension.level_for(amount)),
        _ => score.level,
    }
}

//! How bad it was: what was scored, what follows from it, and how the priority moved.

use crate::domain::Axis;
use crate::domain::Dimension;
use crate::domain::Priority;
use crate::domain::Scored;
use crate::domain::Timestamp;
use crate::report::Moved;
use crate::report::Subject;
use crate::report::document::one_line;
use crate::text::money;
use serde::Serialize;

/// The section on impact.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Impact {
    /// The priority and why, in one line.
    pub reason: String,
    /// What was lost at least, in words; nothing where money was not scored.
    pub loss: Option<String>,
    /// What was scored, in the order of the matrix.
    pub scored: Vec<DimensionRow>,
    /// The names of what was not.
    pub unscored: Vec<String>,
    /// How the priority moved, oldest first.
    pub moves: Vec<MoveRow>,
}

/// One dimension that was scored.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DimensionRow {
    pub name: String,
    /// `impact` or `urgency`.
    pub side: &'static str,
    pub level: Option<u8>,
    pub meaning: String,
    pub at: Timestamp,
    pub by: String,
}

/// One move of the priority.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MoveRow {
    pub at: Timestamp,
    /// `None`: not rated.
    pub before: Option<Priority>,
    pub priority: Option<Priority>,
    pub what: String,
    pub why: String,
    /// Nobody, where growing loss did it.
    pub by: String,
    /// What no server has accepted of it, in words.
    pub mark: &'static str,
}

impl Impact {
    /// What was scored of an incident, and the moves of its priority.
    pub fn of(subject: &Subject<'_>, moves: Vec<Moved>) -> Self {
        let incident = subject.incident;
        let rating = subject.org.matrix.rate(&incident.assessment, subject.now);
        let until = incident.assessment.settled_at.map_or("by now", |_| "until it was over");
        let scores = &incident.assessment.scores;
        let dimensions = &subject.org.matrix.dimensions;
        let row = |dimension: &Dimension| scores.get(&dimension.id).map(|scored| dimension_row(dimension, scored));
        let unscored = dimensions.iter().filter(|dimension| !scores.contains_key(&dimension.id));
        let moved = |step: Moved| MoveRow {
            at: step.at,
            before: step.before,
            priority: step.priority,
            what: one_line(&step.what),
            why: one_line(&step.why),
            by: step.by.map_or_else(String::new, |person| one_line(person.as_str())),
            mark: step.event.map_or("", |_| subject.mark(step.state)),
        };
        Self {
            reason: one_line(&rating.reason),
            loss: rating
                .loss_usd
                .map(|loss| format!("Money at stake {until}, by the lower bounds of what was scored: at least {}.", money::words(loss))),
            scored: dimensions.iter().filter_map(row).collect(),
            unscored: unscored.map(|dimension| one_line(&dimension.name)).collect(),
            moves: moves.into_iter().map(moved).collect(),
        }
    }
}

fn dimension_row(dimension: &Dimension, scored: &Scored) -> DimensionRow {
    let level = match scored.score.amount_usd {
        Some(amount) if dimension.in_money() => Some(dimension.level_for(amount)),
        _ => scored.score.level,
    };
    let words = level.map_or("", |level| dimension.words_for(level));
    let meaning = match scored.score.amount_usd {
        Some(_) if words.is_empty() => scored.score.words(),
        Some(_) => format!("{} ({words})", scored.score.words()),
        None => words.to_owned(),
    };
    DimensionRow {
        name: one_line(&dimension.name),
        side: if dimension.axis == Axis::Impact { "impact" } else { "urgency" },
        level,
        meaning: one_line(&meaning),
        at: scored.at,
        by: one_line(scored.by.as_str()),
    }
}

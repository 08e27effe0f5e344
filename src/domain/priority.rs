//! Priority: what to work on first, computed from the matrix, the assessment and the time. Never stored, always with its reason.

use crate::domain::EventId;
use crate::domain::Field;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::Score;
use crate::domain::Severity;
use crate::domain::Timestamp;
use crate::domain::matrix::Axis;
use crate::domain::matrix::Dimension;
use crate::domain::matrix::Matrix;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything people said about how bad an incident is.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Assessment {
    /// The severity by one word.
    pub severity: Option<Field<Severity>>,
    /// The dimensions scored so far, by id.
    pub scores: BTreeMap<String, Scored>,
    /// A person's decision against the matrix.
    pub priority_override: Option<PriorityOverride>,
    /// From when on money no longer leaves: the incident is over.
    pub settled_at: Option<Timestamp>,
}

/// One dimension as it stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Scored {
    /// What was scored.
    pub score: Score,
    /// When it was true.
    pub at: Timestamp,
    /// Who said so.
    pub by: Person,
    /// The event that said so.
    pub event: EventId,
    /// What it was before, to take the change back.
    pub previous: Option<Score>,
}

/// A priority set by a person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PriorityOverride {
    /// The priority they chose.
    pub priority: Priority,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: Person,
}

/// The priority of an incident at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Rating {
    /// `None`: nobody has rated it yet (`P?`).
    pub priority: Option<Priority>,
    /// Why, in one line.
    pub reason: String,
    /// The impact, if anything of it was scored.
    pub impact: Option<Level>,
    /// The urgency, if anything of it was scored.
    pub urgency: Option<Level>,
    /// How many dimensions were scored …
    pub scored: usize,
    /// … of how many.
    pub dimensions: usize,
    /// What was lost by now, in whole US dollars, where the money dimensions say so.
    pub loss_usd: Option<u64>,
    /// What leaves each minute, in whole US dollars, while it grows.
    pub usd_per_minute: Option<u64>,
    /// When growing loss changes the level, if nothing else happens first.
    pub next_change: Option<Timestamp>,
    /// When growing loss changes the priority, and to which.
    pub next_priority: Option<(Timestamp, Priority)>,
}

impl Rating {
    /// `P1` or `P?`.
    pub fn label(&self) -> String {
        self.priority.map_or_else(|| "P?".into(), |priority| priority.to_string())
    }

    /// Whether it is less urgent than a severity, and too little is scored to say so.
    fn falls_short_of(&self, severity: Severity) -> bool {
        self.scored * 2 < self.dimensions && self.priority.is_some_and(|priority| priority.level() > severity.level())
    }

    /// For sorting: P1, then not yet rated, then the rest.
    pub fn rank(&self) -> u8 {
        self.priority.map_or(15, |priority| priority.level() * 10)
    }
}

/// The level of an axis and what decided it.
#[derive(Clone, PartialEq, Debug)]
pub struct Level {
    /// 0 to the axis' highest.
    pub value: u8,
    /// The dimension that decided it, with its word: "loss 4 (over $1M)".
    pub because: String,
}

impl Assessment {
    /// The severity by one word, if any.
    pub fn severity(&self) -> Option<Severity> {
        self.severity.as_ref().map(|field| field.value)
    }
}

impl Matrix {
    /// Rates an incident at `now`: an override, else impact × urgency once any dimension is scored, else the severity alone. Until half of
    /// the dimensions are scored the matrix raises what the severity says, and does not lower it.
    pub fn rate(&self, assessment: &Assessment, now: Timestamp) -> Rating {
        let mut rating = self.rate_at(assessment, now);
        let mut step = rating.next_change;
        while let Some(at) = step {
            let then = self.rate_at(assessment, at);
            if then.priority != rating.priority {
                rating.next_priority = then.priority.map(|priority| (at, priority));
                break;
            }
            step = then.next_change;
        }
        rating
    }

    fn rate_at(&self, assessment: &Assessment, now: Timestamp) -> Rating {
        let until = assessment.settled_at.map_or(now, |settled| settled.min(now));
        let loss = Loss::of(self, assessment);
        let mut rating = Rating {
            priority: assessment.severity().map(|severity| Priority::clamped(severity.level())),
            reason: String::new(),
            impact: self.level(Axis::Impact, assessment, &loss, until),
            urgency: self.level(Axis::Urgency, assessment, &loss, until),
            scored: self.dimensions.iter().filter(|dimension| scored(assessment, dimension).is_some()).count(),
            dimensions: self.dimensions.len(),
            loss_usd: loss.as_ref().map(|loss| loss.at(until)),
            usd_per_minute: None,
            next_change: None,
            next_priority: None,
        };
        let tally = format!("{} of {} scored", rating.scored, rating.dimensions);
        let why = match (&rating.impact, &rating.urgency) {
            (None, None) => match assessment.severity() {
                Some(severity) => format!("severity {severity}, not assessed"),
                None => "not rated yet".into(),
            },
            (Some(impact), urgency) => {
                let assumed = self.unknown_urgency;
                rating.priority = Some(self.cell(impact.value, urgency.as_ref().map_or(assumed, |level| level.value)));
                let pressing = urgency
                    .as_ref()
                    .map_or_else(|| format!("{} (urgency unknown)", self.row_name(assumed)), |level| self.row_name(level.value).to_owned());
                format!("{}, {pressing}; {tally}", impact.because)
            }
            (None, Some(urgency)) => match assessment.severity() {
                Some(severity) => {
                    let impact = self.impact_of(severity);
                    rating.priority = Some(self.cell(impact, urgency.value));
                    format!("severity {severity}, impact not scored, {} ({}); {tally}", self.row_name(urgency.value), urgency.because)
                }
                None => format!("impact not scored; {tally}"),
            },
        };
        // What is not known yet may be what made it severe: little knowledge raises a priority and does not lower it.
        let why = match assessment.severity().filter(|severity| rating.falls_short_of(*severity)) {
            Some(severity) => {
                let computed = rating.label();
                rating.priority = Some(Priority::clamped(severity.level()));
                format!("severity {severity} stands until half is scored; so far {computed}: {why}")
            }
            None => why,
        };
        if let Some(decided) = &assessment.priority_override {
            let computed = rating.label();
            rating.priority = Some(decided.priority);
            rating.reason = format!("{}: set by {}: {} (matrix: {computed})", rating.label(), decided.by, decided.reason);
        } else {
            rating.reason = format!("{}: {why}", rating.label());
        }
        if assessment.settled_at.is_none() {
            rating.usd_per_minute = loss.as_ref().map(|loss| loss.usd_per_minute).filter(|usd| *usd > 0);
            rating.next_change = loss.and_then(|loss| self.next_money_step(&loss, now));
        }
        rating
    }

    /// The highest weighted level decides an axis; the first dimension in the matrix wins a tie.
    fn level(&self, axis: Axis, assessment: &Assessment, loss: &Option<Loss>, now: Timestamp) -> Option<Level> {
        let mut best: Option<(u32, Level)> = None;
        for dimension in self.dimensions.iter().filter(|dimension| dimension.axis == axis) {
            let grown = loss.as_ref().filter(|_| dimension.is_total()).map(|loss| dimension.level_for(loss.at(now)));
            let Some(value) = scored(assessment, dimension).max(grown) else { continue };
            let weighted = u32::from(value) * u32::from(dimension.weight_percent);
            if best.as_ref().is_none_or(|(most, _)| weighted > *most) {
                let words = dimension.words_for(value);
                let because = if words.is_empty() {
                    format!("{} {value}", dimension.short)
                } else {
                    format!("{} {value} ({words})", dimension.short)
                };
                best = Some((weighted, Level { value: ((weighted + 50) / 100) as u8, because }));
            }
        }
        best.map(|(_, level)| level)
    }

    /// When growing loss reaches the next level of the dimension in total money.
    fn next_money_step(&self, loss: &Loss, now: Timestamp) -> Option<Timestamp> {
        let total = self.dimensions.iter().find(|dimension| dimension.is_total())?;
        let current = loss.at(now);
        let next = total.levels.iter().filter_map(|level| level.from_usd).filter(|from| *from > current).min()?;
        loss.reaches(next).filter(|at| *at > now)
    }
}

/// The level a person gave a dimension, if any; an amount decides the level where both are given.
fn scored(assessment: &Assessment, dimension: &Dimension) -> Option<u8> {
    let score = assessment.scores.get(&dimension.id)?.score;
    match score.amount_usd {
        Some(amount) if dimension.in_money() => Some(dimension.level_for(amount)),
        _ => score.level.map(|level| level.min(dimension.highest())),
    }
}

/// Money that left, growing by so much a minute since it was last counted.
struct Loss {
    base_usd: u64,
    usd_per_minute: u64,
    since: Timestamp,
}

impl Loss {
    /// The loss as scored: from amounts, or from the lower bounds of levels, so that it never exaggerates.
    fn of(matrix: &Matrix, assessment: &Assessment) -> Option<Self> {
        let total = matrix.dimensions.iter().find(|dimension| dimension.is_total())?;
        let counted = assessment.scores.get(&total.id);
        let base_usd = counted.and_then(|scored| total.amount_of(scored.score));
        let rate = matrix.dimensions.iter().find(|dimension| dimension.is_rate());
        let leaving = rate.and_then(|dimension| assessment.scores.get(&dimension.id).map(|scored| (dimension, scored)));
        let usd_per_minute = leaving.and_then(|(dimension, scored)| dimension.amount_of(scored.score));
        if base_usd.is_none() && usd_per_minute.is_none() {
            return None;
        }
        let since = counted.map(|scored| scored.at).into_iter().chain(leaving.map(|(_, scored)| scored.at)).max()?;
        Some(Self { base_usd: base_usd.unwrap_or(0), usd_per_minute: usd_per_minute.unwrap_or(0), since })
    }

    fn at(&self, now: Timestamp) -> u64 {
        let minutes_ms = now.since_ms(self.since).max(0) as u64;
        let grown = u128::from(self.usd_per_minute) * u128::from(minutes_ms) / 60_000;
        self.base_usd.saturating_add(u64::try_from(grown).unwrap_or(u64::MAX))
    }

    fn reaches(&self, amount_usd: u64) -> Option<Timestamp> {
        if self.usd_per_minute == 0 {
            return None;
        }
        let missing = u128::from(amount_usd.saturating_sub(self.base_usd)) * 60_000;
        let wait_ms = missing.div_ceil(u128::from(self.usd_per_minute));
        i64::try_from(wait_ms).ok().map(|wait_ms| self.since.plus_ms(wait_ms))
    }
}

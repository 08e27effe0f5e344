//! The matrix: which dimensions are scored, what their levels mean, and which priority a cell has. Data, read from `assets/matrix.toml`.

use crate::domain::Priority;
use crate::domain::Score;
use crate::domain::Severity;
use serde::Deserialize;
use serde::Serialize;

/// Impact × urgency → priority, with the dimensions that are scored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// What it is called.
    pub name: String,
    /// The urgency level that stands in where none was scored.
    pub unknown_urgency: u8,
    /// The priority number for each urgency level (outer, from 0) and impact level (inner, from 0).
    pub cells: Vec<Vec<u8>>,
    /// The impact that a severity stands for where only urgency was scored, for severities 1 to 5.
    pub impact_of_severity: Vec<u8>,
    /// The columns drawn on screen, from the lowest.
    pub columns: Vec<Band>,
    /// The rows drawn on screen, from the lowest.
    pub rows: Vec<Band>,
    /// What can be scored.
    pub dimensions: Vec<Dimension>,
}

/// A column or a row: everything from this level to the next band.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Its head: "high", "now".
    pub name: String,
    /// The lowest level in it.
    pub from: u8,
}

/// Which side of the matrix a dimension counts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// How much harm.
    Impact,
    /// How soon.
    Urgency,
}

/// Whether a dimension is money, and which.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Money {
    /// Lost or at risk in all.
    Total,
    /// Leaving each minute.
    PerMinute,
}

/// One thing that is scored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// Its name in events and on the command line.
    pub id: String,
    /// "Money at risk".
    pub name: String,
    /// One word for a reason line: "loss".
    pub short: String,
    /// Impact or urgency.
    pub axis: Axis,
    /// How much a level counts, 100 is in full.
    pub weight_percent: u8,
    /// Whether it is money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<Money>,
    /// What each level means; the first is level 0.
    pub levels: Vec<Anchor>,
}

/// What a level means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// In words: "over $1M".
    pub words: String,
    /// For money: the least amount in whole US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_usd: Option<u64>,
}

impl Matrix {
    /// The dimension with this id, or whose short name or unique beginning a person typed.
    pub fn dimension(&self, word: &str) -> Option<&Dimension> {
        let exact = self.dimensions.iter().find(|dimension| dimension.id == word || dimension.short.eq_ignore_ascii_case(word));
        exact.or_else(|| {
            let mut starting = self.dimensions.iter().filter(|dimension| !word.is_empty() && dimension.id.starts_with(word));
            starting.next().filter(|_| starting.next().is_none())
        })
    }

    /// The priority in a cell; levels beyond the edge are taken as the edge.
    pub fn cell(&self, impact: u8, urgency: u8) -> Priority {
        let row = self.cells.get(usize::from(urgency)).or(self.cells.last());
        let level = row.and_then(|row| row.get(usize::from(impact)).or(row.last())).copied();
        Priority::clamped(level.unwrap_or(3))
    }

    /// The name of the row an urgency level falls into.
    pub fn row_name(&self, urgency: u8) -> &str {
        band(&self.rows, urgency).map_or("", |index| &self.rows[index].name)
    }

    /// The column and row on screen for an impact and an urgency level.
    pub fn place(&self, impact: u8, urgency: u8) -> Option<(usize, usize)> {
        Some((band(&self.columns, impact)?, band(&self.rows, urgency)?))
    }

    /// The impact level a severity stands for.
    pub fn impact_of(&self, severity: Severity) -> u8 {
        self.impact_of_severity.get(usize::from(severity.level()) - 1).copied().unwrap_or(0)
    }

    /// What is wrong with it, in words a person can act on.
    ///
    /// # Errors
    /// When a cell, a band or a dimension cannot work.
    pub fn check(&self) -> Result<(), String> {
        let fail = |what: String| Err(format!("matrix `{}`: {what}", self.name));
        if self.cells.is_empty() || self.cells.iter().any(|row| row.is_empty() || row.len() != self.cells[0].len()) {
            return fail("`cells` needs one row an urgency level, all of the same length".into());
        }
        if let Some(cell) = self.cells.iter().flatten().find(|cell| !(1..=5).contains(*cell)) {
            return fail(format!("cell {cell} is not a priority; expected 1 to 5"));
        }
        if self.impact_of_severity.len() != 5 {
            return fail("`impact_of_severity` needs five levels, for severities 1 to 5".into());
        }
        for (name, bands) in [("columns", &self.columns), ("rows", &self.rows)] {
            if bands.first().is_none_or(|band| band.from != 0) || !bands.is_sorted_by(|a, b| a.from < b.from) {
                return fail(format!("`{name}` start at level 0 and rise"));
            }
        }
        for dimension in &self.dimensions {
            if dimension.levels.len() < 2 || dimension.levels.len() > 10 {
                return fail(format!("dimension `{}` needs 2 to 10 levels, one digit each", dimension.id));
            }
            if dimension.weight_percent == 0 || dimension.weight_percent > 100 {
                return fail(format!("`weight_percent` of `{}` is 1 to 100", dimension.id));
            }
            let amounts: Vec<_> = dimension.levels.iter().filter_map(|anchor| anchor.from_usd).collect();
            if dimension.in_money() && (amounts.len() != dimension.levels.len() || !amounts.is_sorted()) {
                return fail(format!("every level of `{}` needs `from_usd`, rising", dimension.id));
            }
            if self.dimensions.iter().filter(|other| other.id == dimension.id).count() > 1 {
                return fail(format!("dimension `{}` stands twice", dimension.id));
            }
        }
        Ok(())
    }
}

impl Dimension {
    /// The highest level it has.
    pub fn highest(&self) -> u8 {
        self.levels.len().saturating_sub(1).min(9) as u8
    }

    /// What a level means.
    pub fn words_for(&self, level: u8) -> &str {
        self.levels.get(usize::from(level)).map_or("", |anchor| &anchor.words)
    }

    /// Whether its levels are amounts of money.
    pub fn in_money(&self) -> bool {
        self.money.is_some()
    }

    /// Whether it is the money lost or at risk in all.
    pub fn is_total(&self) -> bool {
        self.money == Some(Money::Total)
    }

    /// Whether it is the money leaving each minute.
    pub fn is_rate(&self) -> bool {
        self.money == Some(Money::PerMinute)
    }

    /// The level an amount in whole US dollars reaches.
    pub fn level_for(&self, amount_usd: u64) -> u8 {
        let reached = self.levels.iter().rposition(|anchor| anchor.from_usd.is_some_and(|from| amount_usd >= from));
        reached.unwrap_or(0).min(9) as u8
    }

    /// The amount a score stands for at least.
    pub fn amount_of(&self, score: Score) -> Option<u64> {
        let by_level = || self.levels.get(usize::from(score.level?)).and_then(|anchor| anchor.from_usd);
        score.amount_usd.or_else(by_level)
    }
}

fn band(bands: &[Band], level: u8) -> Option<usize> {
    bands.iter().rposition(|band| level >= band.from)
}

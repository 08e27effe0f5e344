//! What was chosen in an assessment and is not recorded: kept like a draft, so that leaving the form or losing the program loses none of it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Matrix;
use crate::domain::Priority;
use crate::domain::Score;
use crate::tui::edit::LineEdit;
use crate::tui::panes::matrix::model::Assess;

/// The choices of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Left {
    pub incident: IncidentId,
    changed: BTreeMap<String, Score>,
    overridden: Option<Overridden>,
    reason: String,
    /// What its owner had seen of the rating.
    seen: BTreeSet<EventId>,
}

/// An override, or its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Overridden {
    by: Option<Priority>,
}

impl Left {
    /// What is chosen in a form; `None` where nothing is.
    pub fn of(form: &Assess) -> Option<Self> {
        form.is_changed().then(|| Self {
            incident: form.incident,
            changed: form.changed.clone(),
            overridden: form.overridden.map(|by| Overridden { by }),
            reason: form.reason.text().to_owned(),
            seen: form.seen.clone(),
        })
    }

    /// The form with these choices, at the severity.
    pub fn form(self) -> Assess {
        Assess {
            changed: self.changed,
            overridden: self.overridden.map(|overridden| overridden.by),
            reason: LineEdit::with(self.reason),
            seen: self.seen,
            ..Assess::new(self.incident, None)
        }
    }

    /// `Money at risk 4, Spread unknown, P1 whatever the matrix says: why`.
    pub fn words(&self, matrix: &Matrix) -> String {
        let name =
            |id: &str| matrix.dimensions.iter().find(|dimension| dimension.id == id).map_or(id.to_owned(), |known| known.name.clone());
        let score = |(id, score): (&String, &Score)| match (score.amount_usd, score.level) {
            (Some(amount), _) => format!("{} ${amount}", name(id)),
            (None, Some(level)) => format!("{} {level}", name(id)),
            (None, None) => format!("{} unknown", name(id)),
        };
        let mut words: Vec<String> = self.changed.iter().map(score).collect();
        words.extend(self.overridden.as_ref().map(|overridden| match overridden.by {
            Some(priority) => format!("{priority} whatever the matrix says"),
            None => "back to the matrix".to_owned(),
        }));
        let reason = if self.reason.trim().is_empty() { String::new() } else { format!(": {}", self.reason.trim()) };
        format!("{}{reason}", words.join(", "))
    }
}

/// Under which key the choices for an incident are kept.
pub fn key(incident: IncidentId) -> String {
    format!("assess:{incident}")
}

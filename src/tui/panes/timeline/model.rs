//! What the timeline pane remembers: what is selected, what is at the top, what is filtered.

use std::sync::Arc;

use chrono_tz::Tz;

use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Org;
use crate::query::Query;
use crate::tui::edit::LineEdit;
use crate::tui::panes::timeline::row::Columns;
use crate::tui::panes::timeline::window::Anchor;
use crate::tui::panes::timeline::window::Measure;
use crate::tui::panes::timeline::window::Shown;

/// An entry and where it stood when it was last looked up, so that it is found again without a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    pub id: EventId,
    pub at: usize,
}

/// The pane's own state.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The incident it shows; another one starts at its newest entry.
    pub incident: Option<IncidentId>,
    /// The selected entry; `None` follows the newest.
    pub selected: Option<Pin>,
    /// The entry at the top, and how many of its lines are above it; `None` keeps the newest at the bottom.
    pub top: Option<(Pin, usize)>,
    /// What was typed after `/`, while anything is.
    pub filter: Option<LineEdit>,
    /// Keys go into the filter.
    pub is_typing: bool,
    /// The filter as it was read; `n` still looks for it after the filter is gone.
    pub query: Query,
    /// Places the filter lets through; `None` without a filter.
    pub places: Option<Vec<usize>>,
}

impl Model {
    /// What is shown of an incident's timeline.
    pub fn shown<'a>(&'a self, incident: &'a Incident) -> Shown<'a> {
        Shown { timeline: &incident.timeline, places: self.places.as_deref() }
    }

    /// How the shown entries are measured at a width.
    pub fn measure<'a>(&'a self, incident: &'a Incident, org: &'a Org, width: u16, zone: Tz) -> Measure<'a> {
        Measure { shown: self.shown(incident), org, columns: Columns::of(usize::from(width)), zone }
    }

    /// What is held in place.
    pub fn anchor(&self, incident: &Incident) -> Anchor {
        let shown = self.shown(incident);
        let top = self.top.and_then(|(pin, skip)| Some((place(&shown, pin)?, skip)));
        top.map_or(Anchor::Bottom, |(at, skip)| Anchor::Top { at, skip })
    }

    /// Whether new entries pull the screen along.
    pub fn follows(&self) -> bool {
        self.top.is_none() && self.selected.is_none()
    }

    /// The place of the selected entry among those shown; the newest one when nothing else is.
    pub fn selected_place(&self, incident: &Incident) -> Option<usize> {
        let shown = self.shown(incident);
        let last = shown.len().checked_sub(1)?;
        Some(self.selected.and_then(|pin| place(&shown, pin)).unwrap_or(last))
    }

    /// The selected entry.
    pub fn selected_entry<'a>(&'a self, incident: &'a Incident) -> Option<&'a Arc<Entry>> {
        self.shown(incident).get(self.selected_place(incident)?)
    }

    /// Starts over on another incident.
    pub fn show(&mut self, incident: Option<IncidentId>) {
        if self.incident != incident {
            *self = Self { incident, ..Self::default() };
        }
    }

    /// Looks the places that fit a query up again; called when the filter or the timeline changed.
    pub fn refilter(&mut self, incident: Option<&Incident>, query: Option<Query>) {
        self.places = match (&query, incident) {
            (Some(query), Some(incident)) if !query.is_empty() => {
                let fitting = incident.timeline.iter().enumerate().filter(|(_, entry)| query.matches_entry(entry, false));
                Some(fitting.map(|(at, _)| at).collect())
            }
            _ => None,
        };
        if let Some(query) = query {
            self.query = query;
        }
    }
}

fn place(shown: &Shown<'_>, pin: Pin) -> Option<usize> {
    // Nearly always the entry is where it was; else it moved a little, or far when something was re-timed.
    let is_at = |at: usize| shown.get(at).is_some_and(|entry| entry.id == pin.id);
    let near = (0..64).flat_map(|step| [pin.at + step, pin.at.saturating_sub(step)]).find(|at| is_at(*at));
    near.or_else(|| match shown.places {
        None => shown.timeline.position(pin.id),
        Some(places) => {
            let whole = shown.timeline.position(pin.id)?;
            places.binary_search(&whole).ok()
        }
    })
}

//! What the timeline pane remembers: what is selected, what is at the top, what is filtered, what is new.

use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Timeline;
use crate::tui::filter::Filter;
use crate::tui::panes::timeline::news::News;
use crate::tui::panes::timeline::row::Columns;
use crate::tui::panes::timeline::sieve::Sieve;
use crate::tui::panes::timeline::update::Ground;
use crate::tui::panes::timeline::window::Anchor;
use crate::tui::panes::timeline::window::Line;
use crate::tui::panes::timeline::window::Measure;
use crate::tui::panes::timeline::window::Shown;

/// How far from where it was an entry is looked for before everything is.
const REACH: usize = 64;

/// An entry and its place in the whole timeline when it was last looked up, so that it is found again without a search.
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
    /// How many lines of the screen were above the selected entry before news came; negative where its first ones were above the screen.
    pub(super) held: Option<isize>,
    /// What was typed after `/`.
    pub filter: Filter,
    /// What the filter, or the search it became, finds.
    pub sieve: Option<Sieve>,
    /// What happened while nobody looked, until it was read.
    pub news: Option<News>,
    /// Whether what was new at opening was looked for already.
    pub is_opened: bool,
}

impl Model {
    /// What is shown of an incident's timeline.
    pub fn shown<'a>(&'a self, incident: &'a Incident) -> Shown<'a> {
        let sieve = self.sieve.as_ref().filter(|sieve| self.filter.line.is_some() && !sieve.query.is_empty());
        Shown { timeline: &incident.timeline, places: sieve.map(Sieve::places) }
    }

    /// How the shown entries are measured where they stand.
    pub fn measure<'a>(&'a self, ground: &Ground<'a>) -> Measure<'a> {
        Measure {
            shown: self.shown(ground.incident),
            ground: *ground,
            columns: Columns::of(usize::from(ground.area.width), ground.is_alone, ground.incident.retrospective.is_some()),
            news: self.news.as_ref().map(|news| news.first),
        }
    }

    /// What is held in place, as it was left.
    pub fn anchor(&self, measure: &Measure<'_>) -> Anchor {
        let top = self.top.and_then(|(pin, skip)| Some((place(&measure.shown, pin)?, skip)));
        top.map_or(Anchor::Bottom, |(at, skip)| Anchor::Top { at, skip })
    }

    /// What is on screen: what is held in place, moved as little as brings the selected entry onto it, and its lines.
    pub fn window(&self, measure: &Measure<'_>) -> (Anchor, Vec<Line>) {
        let anchor = self.anchor(measure);
        let lines = measure.window(anchor);
        let selected = self.selected.and_then(|pin| place(&measure.shown, pin));
        match selected.filter(|at| !measure.is_whole(&lines, *at)) {
            Some(at) => {
                let anchor = measure.reveal(anchor, at);
                (anchor, measure.window(anchor))
            }
            None => (anchor, lines),
        }
    }

    /// Whether new entries pull the screen along.
    pub fn follows(&self) -> bool {
        self.top.is_none() && self.selected.is_none()
    }

    /// Goes back to the newest entry and follows it.
    pub fn follow(&mut self) {
        self.selected = None;
        self.top = None;
    }

    /// The place of the selected entry among those shown; the newest one when nothing else is.
    pub fn selected_place(&self, incident: &Incident) -> Option<usize> {
        let shown = self.shown(incident);
        let last = shown.len().checked_sub(1)?;
        Some(self.selected.and_then(|pin| place(&shown, pin)).unwrap_or(last))
    }

    /// The selected entry.
    pub fn selected_entry<'a>(&'a self, incident: &'a Incident) -> Option<&'a Entry> {
        self.shown(incident).get(self.selected_place(incident)?)
    }

    /// Starts over on another incident.
    pub fn show(&mut self, incident: Option<IncidentId>) {
        if self.incident != incident {
            let filter = Filter::remembering(std::mem::take(&mut self.filter.recent));
            *self = Self { incident, filter, ..Self::default() };
        }
    }

    /// Brings what the filter finds up to what is there now, at most about so many entries of it.
    pub fn sift(&mut self, incident: Option<&Incident>, most: usize) {
        if let (Some(sieve), Some(incident)) = (&mut self.sieve, incident) {
            sieve.sift(&incident.timeline, self.news.as_ref(), most);
        }
    }
}

/// Where a pinned entry is in the whole timeline.
pub(super) fn whole(timeline: &Timeline, pin: Pin) -> Option<usize> {
    // Nearly always the entry is where it was; else it moved a little, or far when something was re-timed.
    timeline.near(pin.id, pin.at, REACH).or_else(|| timeline.position(pin.id))
}

/// Where a pinned entry is among those shown; where it would be if it is not shown.
pub(super) fn place(shown: &Shown<'_>, pin: Pin) -> Option<usize> {
    let whole = whole(shown.timeline, pin)?;
    match shown.places {
        None => Some(whole),
        Some(places) => Some(places.partition_point(|place| *place < whole).min(places.len().checked_sub(1)?)),
    }
}

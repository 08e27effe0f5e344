//! Where every open incident stands on impact × urgency, and how a selection walks from one to the next.

use std::collections::BTreeMap;

use crate::domain::IncidentId;
use crate::domain::Matrix;
use crate::tui::keymap::Intent;
use crate::tui::panes::incidents::row::Row;

/// A cell by column and row, both from the lowest; `None` is the shelf under the grid, for what nobody has rated.
pub type Place = Option<(usize, usize)>;

/// Every open incident where it stands, each place in the order of the list.
#[derive(Debug, Default)]
pub struct Board<'a> {
    places: BTreeMap<Place, Vec<&'a Row>>,
}

impl<'a> Board<'a> {
    /// Places the incidents.
    pub fn of(matrix: &Matrix, rows: &'a [Row]) -> Self {
        let mut places: BTreeMap<Place, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            places.entry(place_of(matrix, row)).or_default().push(row);
        }
        Self { places }
    }

    /// The incidents of a place, the most pressing first.
    pub fn at(&self, place: Place) -> &[&'a Row] {
        self.places.get(&place).map_or(&[], Vec::as_slice)
    }

    /// All of them, place by place.
    pub fn all(&self) -> impl Iterator<Item = &'a Row> {
        self.places.values().flatten().copied()
    }

    /// Where an incident stands, and at which place among those there.
    pub fn find(&self, id: Option<IncidentId>) -> Option<(Place, usize)> {
        self.places.iter().find_map(|(place, rows)| Some((*place, rows.iter().position(|row| Some(row.header.id) == id)?)))
    }

    /// The incident a movement leads to; `None` where there is no further one that way.
    pub fn step(&self, from: Option<IncidentId>, intent: Intent) -> Option<IncidentId> {
        let Some((place, at)) = self.find(from) else {
            return self.places.values().next_back()?.first().map(|row| row.header.id);
        };
        let here = self.at(place);
        let beside = |at: Option<usize>| at.and_then(|at| here.get(at)).map(|row| row.header.id);
        let is_shelf = place.is_none();
        match intent {
            Intent::Down => beside(at.checked_add(1)).or_else(|| self.nearest(place, Way::Down, true)),
            Intent::Up => beside(at.checked_sub(1)).or_else(|| self.nearest(place, Way::Up, false)),
            Intent::Right if is_shelf => beside(at.checked_add(1)),
            Intent::Left if is_shelf => beside(at.checked_sub(1)),
            Intent::Right => self.nearest(place, Way::Right, true),
            Intent::Left => self.nearest(place, Way::Left, true),
            Intent::PageDown | Intent::HalfDown => self.nearest(place, Way::Down, true),
            Intent::PageUp | Intent::HalfUp => self.nearest(place, Way::Up, true),
            _ => None,
        }
    }

    /// The first or last incident of the nearest place that has any, that way; straight ahead before aslant.
    fn nearest(&self, from: Place, way: Way, is_first: bool) -> Option<IncidentId> {
        // The shelf lies under the lowest row, at the left.
        let point = |place: Place| place.map_or((0, -1), |(column, row)| (column as i64, row as i64));
        let here = point(from);
        let ahead = self.places.iter().filter_map(|(place, rows)| {
            let there = point(*place);
            let (across, up) = (there.0 - here.0, there.1 - here.1);
            let (forward, aslant) = match way {
                Way::Right => (across, up),
                Way::Left => (-across, up),
                Way::Up => (up, across),
                Way::Down => (-up, across),
            };
            // Sideways one stays in the row as long as it has something further on; up and down one leaves it by the nearest.
            let key = if matches!(way, Way::Left | Way::Right) { (aslant.abs(), forward) } else { (forward, aslant.abs()) };
            let is_ahead = forward > 0 && !(place.is_none() && matches!(way, Way::Left | Way::Right));
            is_ahead.then_some((key, rows))
        });
        let (_, rows) = ahead.min_by_key(|(key, _)| *key)?;
        if is_first { rows.first() } else { rows.last() }.map(|row| row.header.id)
    }
}

#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
    Left,
    Right,
}

/// Whether it stands where it does by its severity alone: nobody has scored a dimension.
pub fn is_guess(row: &Row) -> bool {
    row.rating.scored == 0
}

/// The column and row of an incident; by its severity while nothing of its impact was scored.
fn place_of(matrix: &Matrix, row: &Row) -> Place {
    let severity = row.header.assessment.severity.as_ref().map(|field| field.value);
    let impact = row.rating.impact.as_ref().map(|level| level.value).or_else(|| severity.map(|severity| matrix.impact_of(severity)))?;
    let urgency = row.rating.urgency.as_ref().map_or(matrix.unknown_urgency, |level| level.value);
    matrix.place(impact, urgency)
}
